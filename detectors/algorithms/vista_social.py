"""Vista Social's listener alert: so many mentions in an hour, then a pause."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec

from detectors.algorithms.base import Params
from detectors.algorithms.rule import HOUR, Comparison, RuleState, WindowRule

__all__ = ["VistaSocial", "VistaSocialParams", "VistaSocialState"]


class VistaSocialParams(Params, frozen=True):
    """How many mentions the last hour must exceed, and for how long it is quiet after it did."""

    mentions: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 50
    cooldown_minutes: Annotated[int, msgspec.Meta(ge=15, le=1440)] = 60


class VistaSocialState(RuleState, array_like=True, kw_only=True):
    """What every rule keeps, and the minutes of the cooldown that are left."""

    cooling: int = 0


class VistaSocial(WindowRule):
    """More than a fixed number of negative mentions in 60 minutes, silent for an hour after it fired.

    Documented ("How to set listener alerts",
    https://support.vistasocial.com/hc/en-us/articles/51285805877403-How-to-set-listener-alerts): a window of 1 hour
    by default, and a cooldown, 60 minutes by default, that suppresses re-fires while a condition holds. The
    page also speaks of a recent baseline and of a sensitivity without saying what they are; this is
    the plain threshold, which can be repeated.

    Left open, and chosen here: the number, 50. Inside the cooldown the surprise is cut at the threshold, so that
    nothing fires, yet a spike that lasts is not taken for calm. Says WARMING_UP for an hour.

    >>> from detectors.model import MinuteCounts
    >>> rule = VistaSocial(false_alarms_per_month=1, timezone="UTC")
    >>> for minute in range(60):
    ...     rule.learn(MinuteCounts(), minute * 60_000, alerting=False)
    >>> scores = rule.score([MinuteCounts.bare(51)] * 63, 60 * 60_000)
    >>> [minute for minute, score in enumerate(scores) if score.exceeds], scores[1].surprise
    ([0, 61], 50.0)
    """

    name: ClassVar[str] = "vista-social"
    PARAMS: ClassVar[type[Params]] = VistaSocialParams
    STATE: ClassVar[type[RuleState]] = VistaSocialState
    KEPT_MINUTES: ClassVar[int] = HOUR
    WARM_UP_MINUTES: ClassVar[int] = HOUR

    params: VistaSocialParams
    state: VistaSocialState

    def skip(self, buckets: int) -> None:
        """See `Detector.skip`. The cooldown runs on."""
        super().skip(buckets)
        self.state.cooling = max(0, self.state.cooling - buckets)

    def _limit(self) -> float:
        return float(self.params.mentions)

    def _compare(self, count: int) -> Comparison:
        observed = self.windows.since(HOUR, count)
        surprise = float(min(observed, self.params.mentions) if self.state.cooling else observed)
        return Comparison(observed, float(self.params.mentions), surprise, observed / HOUR)

    def _close(self, count: int, start_ms: int) -> None:
        warm = self.windows.learned >= self.WARM_UP_MINUTES
        if self.state.cooling:
            self.state.cooling -= 1
        elif warm and self._compare(count).surprise > self.params.mentions:
            self.state.cooling = self.params.cooldown_minutes
        super()._close(count, start_ms)
