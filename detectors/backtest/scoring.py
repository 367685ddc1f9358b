"""Alerts against labels: what was found, when, and what was cried for nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from detectors.backtest.labels import Labels
from detectors.backtest.replay import Replay
from detectors.model import Alert, Sentiment

__all__ = ["AlertRow", "BacktestResult", "BrandRow", "CrisisRow", "FalseAlarm", "evaluate"]

EARLY = timedelta(minutes=30)
"""An alert may come this much before the labelled onset, which people set by hand."""
DAYS_PER_MONTH = 30.0


class AlertRow(msgspec.Struct, frozen=True):
    """An alert as it first fired."""

    id: str
    detector: str
    onset: datetime
    at: datetime
    observed: int
    expected: float
    surprise: float | None


class BrandRow(msgspec.Struct, frozen=True):
    """What one brand saw. `posts` are its mentions."""

    posts: int
    negative: int
    alerts: list[AlertRow]


class CrisisRow(msgspec.Struct, frozen=True):
    """Whether a crisis was found; seconds from its onset to the alert, and from the alert to its peak."""

    id: str
    brand: str
    grade: str
    detected: bool
    alert_at: datetime | None
    delay_s: float | None
    lead_s: float | None


class FalseAlarm(msgspec.Struct, frozen=True):
    """An alert outside of every crisis; `trap` names the trap it fell into."""

    alert: str
    brand: str
    at: datetime
    trap: str | None


class BacktestResult(msgspec.Struct, frozen=True, kw_only=True):
    """What `badbuzz backtest --json` writes. Without labels, nothing is said of crises and false alarms."""

    posts: int
    posts_per_s: float
    rejected: int
    days: float
    brands: dict[str, BrandRow]
    crises: list[CrisisRow] = []
    false_alarms: list[FalseAlarm] = []
    false_alarms_per_brand_month: float | None = None
    detected: int = 0
    of: int = 0


def evaluate(replay: Replay, labels: Labels | None, *, posts_per_s: float) -> BacktestResult:
    """Score a finished replay.

    A crisis is detected by the first alert of its brand in [onset - 30 min, end]; several count once. Any
    alert outside of a crisis and of an `ignore` span is a false alarm, in a trap too.
    """
    counts = replay.counts()
    firings = {brand.id: replay.first_firings(brand) for brand in replay.watch.brands}
    result = BacktestResult(
        posts=replay.posts,
        posts_per_s=round(posts_per_s, 1),
        rejected=len(replay.rejected),
        days=round(replay.days, 3),
        brands={
            brand.id: BrandRow(
                posts=counts[brand.id].total(),
                negative=counts[brand.id][Sentiment.NEGATIVE],
                alerts=[_alert_row(alert) for alert in firings[brand.id]],
            )
            for brand in replay.watch.brands
        },
    )
    if labels is None:
        return result
    crises: list[CrisisRow] = []
    for crisis in labels.crises:
        hits = [alert.at for alert in firings.get(crisis.brand, []) if crisis.onset - EARLY <= alert.at <= crisis.end]
        at = min(hits, default=None)
        crises.append(
            CrisisRow(
                id=crisis.id,
                brand=crisis.brand,
                grade=crisis.grade,
                detected=at is not None,
                alert_at=at,
                delay_s=(at - crisis.onset).total_seconds() if at else None,
                lead_s=(crisis.peak - at).total_seconds() if at else None,
            )
        )
    false_alarms = [
        FalseAlarm(alert=alert.id, brand=alert.brand, at=alert.at, trap=_trap(alert, labels))
        for alerts in firings.values()
        for alert in alerts
        if not _excused(alert, labels)
    ]
    brand_months = len(replay.watch.brands) * replay.days / DAYS_PER_MONTH
    return msgspec.structs.replace(
        result,
        crises=crises,
        false_alarms=false_alarms,
        false_alarms_per_brand_month=round(len(false_alarms) / brand_months, 3) if brand_months else None,
        detected=sum(row.detected for row in crises),
        of=len(crises),
    )


def _alert_row(alert: Alert) -> AlertRow:
    return AlertRow(
        id=alert.id,
        detector=alert.detector,
        onset=alert.onset,
        at=alert.at,
        observed=alert.why.observed,
        expected=alert.why.expected,
        surprise=alert.score.surprise,
    )


def _excused(alert: Alert, labels: Labels) -> bool:
    in_crisis = any(c.brand == alert.brand and c.onset - EARLY <= alert.at <= c.end for c in labels.crises)
    return in_crisis or any(s.brand == alert.brand and s.start <= alert.at <= s.until for s in labels.ignore)


def _trap(alert: Alert, labels: Labels) -> str | None:
    return next((s.id for s in labels.traps if s.brand == alert.brand and s.start <= alert.at <= s.until), None)
