"""Alerts against labels: what was found, when, and what was cried for nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from statistics import median
from typing import Final, Protocol

import msgspec

from detectors.alerting import WITHOUT_WAVE
from detectors.backtest.labels import Crisis, Labels, Span
from detectors.backtest.replay import Replay
from detectors.model import Alert, Brand, Sentiment

__all__ = [
    "DAYS_PER_MONTH",
    "AlertRow",
    "BacktestResult",
    "BrandRow",
    "ComparedRow",
    "Comparison",
    "CrisisRow",
    "FalseAlarm",
    "RateRow",
    "ShadowAlertRow",
    "ShadowRow",
    "crisis_rows",
    "evaluate",
    "is_false",
    "middle",
    "per_brand_month",
]

DAYS_PER_MONTH: Final = 30.0


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
    """What one brand saw. `posts` are its mentions.

    `budget_per_month` is how many false alarms a month of 30 days may have, `achieved_per_month` how many such a month
    had at the rate of this file; None without labels, or without time.
    """

    posts: int
    negative: int
    alerts: list[AlertRow]
    budget_per_month: float
    achieved_per_month: float | None = None


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


class ShadowAlertRow(msgspec.Struct, frozen=True):
    """The alert that a shadow detector would have given; `false_alarm` is None where no labels say it."""

    brand: str
    onset: datetime
    at: datetime
    surprise: float | None
    false_alarm: bool | None


class RateRow(msgspec.Struct, frozen=True):
    """What one brand would have heard from a shadow detector; the rates are those of `BrandRow`."""

    alerts: int
    budget_per_month: float
    achieved_per_month: float | None = None


class ShadowRow(msgspec.Struct, frozen=True, kw_only=True):
    """A shadow detector at its own threshold. Without labels, nothing is said of crises and false alarms."""

    alerts: list[ShadowAlertRow]
    brands: dict[str, RateRow]
    crises: list[CrisisRow] = []
    false_alarms: int | None = None
    false_alarms_per_brand_month: float | None = None
    detected: int = 0
    of: int = 0


class ComparedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One of several detectors at the rate of false alarms that all of them have (see `detectors.backtest.compare`).

    `own_threshold`, `own_false_alarms` and `own_detected` are what it has as it comes, the others what it has at
    `threshold`; both thresholds are on its own scale of surprise, the median where they change, None where it never
    got as far as a score. `delay_s` and `lead_s` are medians over the crises found.
    """

    detector: str
    own_threshold: float | None
    own_false_alarms: int
    own_detected: int
    threshold: float | None
    false_alarms: int
    false_alarms_per_brand_month: float | None
    detected: int
    of: int
    delay_s: float | None
    lead_s: float | None
    crises: list[CrisisRow]


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Detectors side by side, at the number of false alarms that the first has; not `labelled`: of alerts."""

    labelled: bool
    false_alarms: int
    detectors: list[ComparedRow]


class BacktestResult(msgspec.Struct, frozen=True, kw_only=True):
    """What `badbuzz backtest --json` writes. Without labels, nothing is said of crises and false alarms.

    `warm_up_posts` were read before `since`, to learn from; the other counts are of what came after. `detectors` alert
    people, the first of them leads; `shadows` alert nobody. `us_per_bucket` is what each detector cost, in microseconds
    for each minute of each brand, a look ahead at every post included; empty where nobody measured.
    """

    posts: int
    posts_per_s: float
    rejected: int
    days: float
    since: datetime | None = None
    until: datetime | None = None
    warm_up_posts: int = 0
    detectors: list[str] = []
    brands: dict[str, BrandRow]
    crises: list[CrisisRow] = []
    false_alarms: list[FalseAlarm] = []
    false_alarms_per_brand_month: float | None = None
    detected: int = 0
    of: int = 0
    shadows: dict[str, ShadowRow] = {}
    comparison: Comparison | None = None
    us_per_bucket: dict[str, float] = {}


class Found(Protocol):
    """Whatever cries that something is wrong: an alert of a brand at a moment."""

    @property
    def brand(self) -> str:
        """The brand's id."""

    @property
    def at(self) -> datetime:
        """When people would have heard of it."""


def crisis_rows(found: Sequence[Found], labels: Labels) -> list[CrisisRow]:
    """What these alerts are worth for each crisis: it is detected by the first that it covers, several count once."""
    rows: list[CrisisRow] = []
    for crisis in labels.crises:
        at = min((alert.at for alert in found if crisis.covers(alert.brand, alert.at)), default=None)
        rows.append(
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
    return rows


def is_false(alert: Found, labels: Labels) -> bool:
    """Whether an alert lies outside of every crisis and of every span to ignore; one in a trap does."""
    lists: tuple[Sequence[Crisis | Span], ...] = (labels.crises, labels.ignore)
    return not any(label.covers(alert.brand, alert.at) for known in lists for label in known)


def per_brand_month(count: int, brands: int, days: float) -> float | None:
    """A count as a rate by brand and month of 30 days; None where there was no time.

    >>> per_brand_month(2, brands=4, days=15.0), per_brand_month(0, brands=1, days=0.0)
    (1.0, None)
    """
    brand_months = brands * days / DAYS_PER_MONTH
    return round(count / brand_months, 3) if brand_months else None


def middle(seconds: Iterable[float | None]) -> float | None:
    """The median of what is known; None where nothing is.

    >>> middle([60.0, None, 180.0]), middle([None])
    (120.0, None)
    """
    known = [second for second in seconds if second is not None]
    return median(known) if known else None


def evaluate(
    replay: Replay,
    labels: Labels | None,
    *,
    posts_per_s: float,
    until: datetime | None = None,
    warm_up_posts: int = 0,
) -> BacktestResult:
    """Score a finished replay, from its `since` on.

    A crisis is detected by the first alert of its brand in [onset - 30 min, end]; several count once. Any alert
    outside of a crisis and of an `ignore` span is a false alarm, in a trap too. Nothing later than `until` was read,
    `warm_up_posts` of the posts came before `since`; `labels` are those in between (see `Labels.between`).
    """
    counts = replay.counts()
    brands = replay.watch.brands
    # Whoever passes for the brand is no wave, nor is a late answer, or a second story of one: labels say nothing of it.
    firings = {
        brand.id: [alert for alert in replay.first_firings(brand) if alert.detector not in WITHOUT_WAVE]
        for brand in brands
    }
    alerts = [alert for brand in brands for alert in firings[brand.id]]
    false = None if labels is None else [alert for alert in alerts if is_false(alert, labels)]
    result = BacktestResult(
        posts=replay.posts - warm_up_posts,
        posts_per_s=round(posts_per_s, 1),
        rejected=len(replay.rejected),
        days=round(replay.days, 3),
        since=replay.since,
        until=until,
        warm_up_posts=warm_up_posts,
        detectors=list(dict.fromkeys(name for brand in brands for name in brand.detectors)),
        brands={
            brand.id: BrandRow(
                posts=counts[brand.id].total(),
                negative=counts[brand.id][Sentiment.NEGATIVE],
                alerts=[_alert_row(alert) for alert in firings[brand.id]],
                budget_per_month=brand.false_alarms_per_month,
                achieved_per_month=_achieved(false, [brand], replay.days),
            )
            for brand in brands
        },
        shadows=_shadow_rows(replay, labels),
        us_per_bucket=_cost(replay),
    )
    if labels is None or false is None:
        return result
    crises = crisis_rows(alerts, labels)
    return msgspec.structs.replace(
        result,
        crises=crises,
        false_alarms=[
            FalseAlarm(alert=alert.id, brand=alert.brand, at=alert.at, trap=_trap(alert, labels)) for alert in false
        ],
        false_alarms_per_brand_month=_achieved(false, brands, replay.days),
        detected=sum(row.detected for row in crises),
        of=len(crises),
    )


def _shadow_rows(replay: Replay, labels: Labels | None) -> dict[str, ShadowRow]:
    rows: dict[str, ShadowRow] = {}
    for name in dict.fromkeys(name for brand in replay.watch.brands for name in brand.shadow_detectors):
        brands = [brand for brand in replay.watch.brands if name in brand.shadow_detectors]
        watched = {brand.id for brand in brands}
        alerts = [alert for alert in replay.shadow_firings() if alert.detector == name]
        false = None if labels is None else [alert for alert in alerts if is_false(alert, labels)]
        crises = [] if labels is None else [row for row in crisis_rows(alerts, labels) if row.brand in watched]
        rows[name] = ShadowRow(
            alerts=[
                ShadowAlertRow(
                    brand=alert.brand,
                    onset=alert.onset,
                    at=alert.at,
                    surprise=alert.score.surprise,
                    false_alarm=None if false is None else alert in false,
                )
                for alert in alerts
            ],
            brands={
                brand.id: RateRow(
                    alerts=sum(alert.brand == brand.id for alert in alerts),
                    budget_per_month=brand.false_alarms_per_month,
                    achieved_per_month=_achieved(false, [brand], replay.days),
                )
                for brand in brands
            },
            crises=crises,
            false_alarms=None if false is None else len(false),
            false_alarms_per_brand_month=_achieved(false, brands, replay.days),
            detected=sum(row.detected for row in crises),
            of=len(crises),
        )
    return rows


def _achieved(false: Sequence[Found] | None, brands: Sequence[Brand], days: float) -> float | None:
    """The false alarms of these brands as a rate; None where nobody knows which are false."""
    if false is None:
        return None
    names = {brand.id for brand in brands}
    return per_brand_month(sum(alert.brand in names for alert in false), len(brands), days)


def _cost(replay: Replay) -> dict[str, float]:
    """Microseconds that each detector took for a closed bucket of one brand that has it."""
    cost: dict[str, float] = {}
    for name, spent_s in replay.partition.tally.spent_s.items():
        brands = [b.id for b in replay.watch.brands if name in b.detectors or name in b.shadow_detectors]
        buckets = sum(replay.buckets[brand] for brand in brands)
        if buckets:
            cost[name] = round(spent_s * 1e6 / buckets, 2)
    return cost


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


def _trap(alert: Found, labels: Labels) -> str | None:
    return next((span.id for span in labels.traps if span.covers(alert.brand, alert.at)), None)
