"""From scores to alerts, from alerts to the one open incident of a brand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from detectors.alerting.severity import level, severity_parts
from detectors.model import (
    Alert,
    AlertState,
    Brand,
    Explanation,
    Incident,
    IncidentState,
    Score,
    ScoreStatus,
    from_ms,
    to_ms,
)
from detectors.privacy import forget_texts

__all__ = ["IMPOSTOR", "AlertBook", "AlertBookState", "alert_id"]

IMPOSTOR = "impostor"
"""Who finds look-alikes of the brand: a detector that scores no wave."""

REFRACTORY_MS = 6 * 3_600_000
"""A detector that fires again so soon after it fired means the same story."""
MONTH_MS = 30 * 24 * 3_600_000
CALM_BUCKETS = 60
"""An alert is over when its score stayed under half its threshold for so many minutes."""


def alert_id(brand: str, detector: str, onset: datetime) -> str:
    """The same finding has the same name however often the log is read.

    >>> from datetime import UTC
    >>> alert_id("acme", "surge", datetime(2026, 3, 1, 9, 5, tzinfo=UTC))
    'acme-surge-20260301T0905Z'
    """
    return f"{brand}-{detector}-{onset:%Y%m%dT%H%M}Z"


class AlertBookState(msgspec.Struct):
    """The newest alert of each detector, for how long each has been calm, and the newest incident."""

    alerts: dict[str, Alert] = {}
    calm: dict[str, int] = {}
    incident: Incident | None = None
    fired: dict[str, list[int]] = {}
    """When each detector's alerts of the newest month first fired, in ms."""
    told: float = 0.0
    """Posts above expectation in the newest version of the incident that people saw."""


class AlertBook:
    """The alerts of one brand and its incident. Every method returns what changed, in order.

    An incident opens with the first alert, changes when the number of posts has doubled since it was last
    told or another detector joins, and is resolved with the last alert.

    The alert of an impostor is one of them, but it is no wave: nothing grows by it.
    """

    def __init__(self, brand: Brand, state: AlertBookState | None = None) -> None:
        self.brand = brand
        self.state = state or AlertBookState()
        self._firing = {name for name, alert in self.state.alerts.items() if alert.state is AlertState.FIRING}

    def firing(self, detector: str) -> bool:
        """Whether this detector's alert is on."""
        return detector in self._firing

    @property
    def any_firing(self) -> bool:
        """Whether any alert of the brand is on."""
        return bool(self._firing)

    @property
    def wave_on(self) -> bool:
        """Whether an alert is on that is of a wave, not only one of an impostor."""
        return len(self._firing) > (IMPOSTOR in self._firing)

    def same_story(self, detector: str, at_ms: int) -> bool:
        """Whether an alert of this detector at that time would be the one of before, on again."""
        last = self.state.alerts.get(detector)
        return last is not None and at_ms - to_ms(last.at) < REFRACTORY_MS

    def per_month(self, detector: str, *, since_ms: int, now_ms: int) -> float:
        """Alerts of this detector per month of 30 days, in the newest month or since then, if that is later.

        Of what is watched for less than a day nothing can be said: 0.
        """
        watched_ms = min(MONTH_MS, now_ms - since_ms)
        if watched_ms < MONTH_MS / 30:
            return 0.0
        fired = sum(now_ms - fired_ms < MONTH_MS for fired_ms in self.state.fired.get(detector, ()))
        return fired * MONTH_MS / watched_ms

    def fire(
        self, detector: str, score: Score, *, onset_ms: int, at_ms: int, why: Explanation
    ) -> list[Alert | Incident]:
        """A score exceeded its threshold while this detector's alert was off."""
        state = self.state
        if self.same_story(detector, at_ms):
            last = state.alerts[detector]
            alert = msgspec.structs.replace(last, state=AlertState.FIRING, score=score, why=why, resolved_at=None)
        else:
            onset = from_ms(onset_ms)
            alert = Alert(
                id=alert_id(self.brand.id, detector, onset),
                brand=self.brand.id,
                detector=detector,
                state=AlertState.FIRING,
                onset=onset,
                at=from_ms(at_ms),
                score=score,
                why=why,
            )
            newest = [fired_ms for fired_ms in state.fired.get(detector, ()) if at_ms - fired_ms < MONTH_MS]
            state.fired[detector] = [*newest, at_ms]
        state.alerts[detector] = alert
        self._firing.add(detector)
        state.calm[detector] = 0
        return [alert, self._join(alert, at_ms)]

    def doubled(self, excess: float) -> bool:
        """Whether a wave is on and its incident has twice the posts above expectation that people were told of."""
        return self.wave_on and excess >= 2 * max(1.0, self.state.told)

    def grow(self, score: Score, why: Explanation, *, at_ms: int) -> Incident:
        """The open incident has grown so much that people hear of it again."""
        assert self.state.incident is not None
        return self._change(self.state.incident, at_ms, score=score, why=why)

    def close_bucket(
        self, scores: dict[str, Score], *, at_ms: int, explain: Callable[[], Explanation]
    ) -> list[Alert | Incident]:
        """A bucket closed with these scores: alerts that have been calm for long enough are over.

        So is the alert of a detector without a score: the brand no longer has it. What is over carries its
        final explanation.
        """
        state = self.state
        over: list[str] = []
        for detector in state.alerts:
            if not self.firing(detector):
                continue
            score = scores.get(detector)
            if score is None:
                over.append(detector)
                continue
            if score.surprise is None or score.threshold is None or score.surprise >= score.threshold / 2:
                state.calm[detector] = 0
                continue
            state.calm[detector] += 1
            if state.calm[detector] >= CALM_BUCKETS:
                over.append(detector)
        return self._resolve(over, at_ms, explain()) if over else []

    def forget_texts(self, *, resolved_before_ms: int) -> list[Alert | Incident]:
        """Keep no post of what was over by then; an incident that loses some is told again, in the same version."""
        state, told = self.state, list[Alert | Incident]()
        for name, alert in state.alerts.items():
            if _is_kept_too_long(alert.resolved_at, alert.why, resolved_before_ms):
                state.alerts[name] = msgspec.structs.replace(alert, why=forget_texts(alert.why))
        incident = state.incident
        if incident is not None and _is_kept_too_long(incident.resolved_at, incident.why, resolved_before_ms):
            state.incident = msgspec.structs.replace(incident, why=forget_texts(incident.why))
            told.append(state.incident)
        return told

    def _resolve(self, detectors: list[str], at_ms: int, why: Explanation) -> list[Alert | Incident]:
        changed: list[Alert | Incident] = []
        for detector in detectors:
            alert = self.state.alerts[detector]
            alert = msgspec.structs.replace(alert, state=AlertState.RESOLVED, resolved_at=from_ms(at_ms), why=why)
            self.state.alerts[detector] = alert
            self._firing.discard(detector)
            changed.append(alert)
        incident = self.state.incident
        if incident is not None and not self.any_firing:
            resolved = IncidentState.RESOLVED
            changed.append(self._change(incident, at_ms, state=resolved, resolved_at=from_ms(at_ms), why=why))
        return changed

    def _join(self, alert: Alert, at_ms: int) -> Incident:
        incident = self.state.incident
        # What is on again within 6 h belongs to the newest incident, even if another one was its own: that is over.
        again = to_ms(alert.at) < at_ms
        if incident is not None and (again or incident.state is not IncidentState.RESOLVED):
            alerts = incident.alerts if alert.id in incident.alerts else [*incident.alerts, alert.id]
            opened = IncidentState.OPEN if incident.state is IncidentState.RESOLVED else incident.state
            signals = list(dict.fromkeys([*incident.signals, *alert.score.signals]))
            if incident.alerts == [self._impostor_id] != alerts:  # so far without a scale of its own
                incident = msgspec.structs.replace(incident, **_scale(alert.score))
            return self._change(
                incident, at_ms, why=alert.why, alerts=alerts, state=opened, resolved_at=None, signals=signals
            )
        self.state.incident = _graded(
            Incident(
                id=f"incident-{alert.id}",
                brand=self.brand.id,
                brand_name=self.brand.name,
                state=IncidentState.OPEN,
                version=1,
                onset=alert.onset,
                opened_at=from_ms(at_ms),
                updated_at=from_ms(at_ms),
                alerts=[alert.id],
                why=alert.why,
                signals=alert.score.signals,
                **_scale(alert.score),
            )
        )
        self.state.told = _excess(alert.why)
        return self.state.incident

    @property
    def _impostor_id(self) -> str | None:
        alert = self.state.alerts.get(IMPOSTOR)
        return alert.id if alert is not None else None

    def _change(self, incident: Incident, at_ms: int, *, score: Score | None = None, **changes: object) -> Incident:
        if score is not None and score.surprise is not None:
            changes["peak_surprise"] = max(incident.peak_surprise, score.surprise)
        incident = _graded(
            msgspec.structs.replace(incident, version=incident.version + 1, updated_at=from_ms(at_ms), **changes)
        )
        self.state.incident = incident
        self.state.told = max(self.state.told, _excess(incident.why))
        return incident


def _graded(incident: Incident) -> Incident:
    """The incident with its severity, which may rise by itself; when a wave fades, what it was stays told."""
    parts = severity_parts(incident.why, peak_surprise=incident.peak_surprise, threshold=incident.threshold)
    severity = level(parts)
    if incident.severity_parts and not severity.at_least(incident.severity):
        return incident
    return msgspec.structs.replace(incident, severity=severity, severity_parts=parts)


def _scale(score: Score) -> dict[str, Any]:
    """How sure the first detector of a wave is, on its own scale."""
    assert score.surprise is not None and score.threshold is not None
    little = score.status is ScoreStatus.LITTLE_HISTORY
    return {"peak_surprise": score.surprise, "threshold": score.threshold, "little_history": little}


def _is_kept_too_long(resolved_at: datetime | None, why: Explanation, before_ms: int) -> bool:
    texts = why.first_post is not None or bool(why.top_posts)
    return texts and resolved_at is not None and to_ms(resolved_at) < before_ms


def _excess(why: Explanation) -> float:
    return why.observed - why.expected
