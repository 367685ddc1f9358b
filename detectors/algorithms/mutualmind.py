"""MutualMind's keyword alert: ten minutes that bring double the usual."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec

from detectors.algorithms.base import Params
from detectors.algorithms.rule import DAY, HOUR, Comparison, WindowRule, ratio

__all__ = ["MutualMind", "MutualMindParams"]

BUCKETS = 36


class MutualMindParams(Params, frozen=True):
    """How many times the average bucket the current one must exceed."""

    factor: Annotated[float, msgspec.Meta(ge=1.1, le=20.0)] = 2.0


class MutualMind(WindowRule):
    """Negative mentions of the current 10 minutes over the average 10 minutes of the last 6 hours.

    Documented ("Keyword Alerts", http://support.mutualmind.com/knowledgebase/articles/333686-keyword-alerts): the
    last six hours are broken into ten-minute buckets and averaged; when the current bucket is double the average, a
    notification is sent, up to six an hour.

    Left open, and chosen here: that the average is of the 36 full buckets before the current one, that this one
    counts as far as it is filled, and that double means more than double. Says WARMING_UP for a day, though six hours
    would do: a night tells nothing of a morning.

    >>> from detectors.model import MinuteCounts
    >>> rule = MutualMind(false_alarms_per_month=1, timezone="UTC")
    >>> for minute in range(1440):
    ...     rule.learn(MinuteCounts.bare(1), minute * 60_000, alerting=False)
    >>> [score.surprise for score in rule.score([MinuteCounts.bare(12), MinuteCounts.bare(12)], 1440 * 60_000)]
    [1.2, 2.4]
    """

    name: ClassVar[str] = "mutualmind"
    PARAMS: ClassVar[type[Params]] = MutualMindParams
    BIN_MINUTES: ClassVar[int] = 10
    KEPT_MINUTES: ClassVar[int] = 6 * HOUR
    WARM_UP_MINUTES: ClassVar[int] = DAY

    params: MutualMindParams

    def _compare(self, count: int) -> Comparison:
        observed = float(self.windows.filling + count)
        _, usual, _ = self.windows.moments(BUCKETS)
        return Comparison(observed, usual, ratio(observed, usual), usual / self.BIN_MINUTES)
