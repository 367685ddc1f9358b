"""From scores to alerts: one for each detector of a brand, that fires, is on, and is over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

import msgspec

from detectors.model import HOUR_MS, Alert, AlertState, Explanation, Score, from_ms, to_ms
from detectors.privacy import forget_texts

__all__ = ["IMPOSTOR", "RESPONSE", "STORY", "WITHOUT_WAVE", "AlertBook", "AlertBookState", "alert_id"]

IMPOSTOR: Final = "impostor"
"""Who finds look-alikes of the brand: a detector that scores no wave."""
RESPONSE: Final = "response"
"""Who finds that complaints wait for longer than the brand lets them wait: no wave either."""
STORY: Final = "story"
"""Who finds another story within a wave; each has an alert of its own, by the key "story/ONSET"."""

WITHOUT_WAVE: Final = (IMPOSTOR, RESPONSE, STORY)
"""Whose alerts say nothing new about how much is said."""

REFRACTORY_MS: Final = 6 * HOUR_MS
"""A detector that fires again so soon after it fired means the same story, unless its words say otherwise."""
MONTH_MS: Final = 30 * 24 * HOUR_MS
CALM_BUCKETS: Final = 60
"""An alert is over when its score stayed under half its threshold for so many minutes."""


def alert_id(brand: str, detector: str, onset: datetime) -> str:
    """The same finding has the same name however often the log is read.

    >>> from datetime import UTC
    >>> alert_id("acme", "surge", datetime(2026, 3, 1, 9, 5, tzinfo=UTC))
    'acme-surge-20260301T0905Z'
    """
    return f"{brand}-{detector}-{onset:%Y%m%dT%H%M}Z"


class AlertBookState(msgspec.Struct):
    """The newest alert by key (its detector, or "story/..."), and for how many minutes each has been calm."""

    alerts: dict[str, Alert] = {}
    calm: dict[str, int] = {}
    fired: dict[str, list[int]] = {}
    """When each detector's alerts of the newest month first fired, in ms."""


class AlertBook:
    """The alerts of one brand. Every method returns what changed, in order."""

    def __init__(self, brand: str, state: AlertBookState | None = None) -> None:
        self.brand = brand
        self.state = state or AlertBookState()
        self._firing = {key for key, alert in self.state.alerts.items() if alert.state is AlertState.FIRING}

    def firing(self, key: str) -> bool:
        """Whether this alert is on."""
        return key in self._firing

    @property
    def any_firing(self) -> bool:
        """Whether any alert of the brand is on."""
        return bool(self._firing)

    @property
    def keys_firing(self) -> list[str]:
        """The keys of the alerts that are on, in the order of the alerts."""
        return [key for key in self.state.alerts if key in self._firing]

    @property
    def wave_on(self) -> bool:
        """Whether a detector of waves has its alert on, not only one of an impostor, say."""
        return any(not _is_apart(key) for key in self._firing)

    def same_story(self, key: str, at_ms: int) -> bool:
        """Whether an alert by this key at that time would be the one of before, on again."""
        last = self.state.alerts.get(key)
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
        self, key: str, score: Score, *, onset_ms: int, at_ms: int, why: Explanation, another: bool = False
    ) -> Alert:
        """A score exceeded its threshold while this alert was off; `another` story than that of six hours ago."""
        state = self.state
        if self.same_story(key, at_ms) and not another:
            last = state.alerts[key]
            alert = msgspec.structs.replace(last, state=AlertState.FIRING, score=score, why=why, resolved_at=None)
        else:
            onset, detector = from_ms(onset_ms), key.partition("/")[0]
            alert = Alert(
                id=alert_id(self.brand, detector, onset),
                brand=self.brand,
                detector=detector,
                state=AlertState.FIRING,
                onset=onset,
                at=from_ms(at_ms),
                score=score,
                why=why,
            )
            newest = [fired_ms for fired_ms in state.fired.get(detector, ()) if at_ms - fired_ms < MONTH_MS]
            state.fired[detector] = [*newest, at_ms]
        state.alerts[key] = alert
        self._firing.add(key)
        state.calm[key] = 0
        return alert

    def close_bucket(
        self, scores: Mapping[str, Score], *, at_ms: int, explain: Callable[[str], Explanation]
    ) -> list[tuple[str, Alert]]:
        """A bucket closed with these scores: alerts that have been calm for long enough are over, told by their keys.

        So is the alert of a detector without a score: the brand no longer has it. What is over carries its
        final explanation.
        """
        state = self.state
        over: list[str] = []
        for key in self.keys_firing:
            score = scores.get(key)
            if score is None:
                over.append(key)
                continue
            if score.surprise is None or score.threshold is None or score.surprise >= score.threshold / 2:
                state.calm[key] = 0
                continue
            state.calm[key] += 1
            if state.calm[key] >= CALM_BUCKETS:
                over.append(key)
        return [(key, self._resolve(key, at_ms, explain(key))) for key in over]

    def _resolve(self, key: str, at_ms: int, why: Explanation) -> Alert:
        alert = msgspec.structs.replace(
            self.state.alerts[key], state=AlertState.RESOLVED, resolved_at=from_ms(at_ms), why=why
        )
        self._firing.discard(key)
        if key.startswith(f"{STORY}/"):  # the next one has another key
            del self.state.alerts[key], self.state.calm[key]
        else:
            self.state.alerts[key] = alert
        return alert

    def forget_texts(self, *, resolved_before_ms: int) -> None:
        """Keep no post of what was over by then."""
        for key, alert in self.state.alerts.items():
            if is_kept_too_long(alert.resolved_at, alert.why, resolved_before_ms):
                self.state.alerts[key] = msgspec.structs.replace(alert, why=forget_texts(alert.why))


def is_kept_too_long(resolved_at: datetime | None, why: Explanation, before_ms: int) -> bool:
    """Whether an explanation still has posts of what was over by then."""
    texts = why.first_post is not None or bool(why.top_posts)
    return texts and resolved_at is not None and to_ms(resolved_at) < before_ms


def _is_apart(key: str) -> bool:
    return key.partition("/")[0] in WITHOUT_WAVE
