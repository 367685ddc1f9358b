"""Meltwater's spike detection: the last hour against the past twelve."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec

from detectors.algorithms.base import Params
from detectors.algorithms.rule import DAY, HOUR, WEEK, Comparison, WindowRule, ratio

__all__ = ["Meltwater", "MeltwaterParams"]


class MeltwaterParams(Params, frozen=True):
    """How many times the usual the last hour must exceed."""

    factor: Annotated[float, msgspec.Meta(ge=1.1, le=20.0)] = 2.0


class Meltwater(WindowRule):
    """Negative mentions of the last 60 minutes over the usual hour.

    Documented ("Understanding Alert Types",
    https://community.meltwater.com/alerts-205/understanding-alert-types-8057): a spike alert is sent when a search is
    much higher than its baseline; for social searches the last hour is compared with the past 12 hours, and "to make
    sure the results are really unusual" with the previous day and week.

    Left open, and chosen here: the factor (users choose between fewer, balanced and more alerts; the example, a rise
    from 200 to 500, fires with our 2); that the 12 hours end where the last hour starts; and that day and week
    are compared by their mean hour, so the usual is the highest of three means. Says WARMING_UP for a day.

    >>> from detectors.model import MinuteCounts
    >>> rule = Meltwater(false_alarms_per_month=1, timezone="UTC")
    >>> for minute in range(2 * 1440 - 1):
    ...     rule.learn(MinuteCounts.bare(2), minute * 60_000, alerting=False)
    >>> calm, spike = (rule.score([MinuteCounts.bare(count)], (2 * 1440 - 1) * 60_000)[0] for count in (2, 200))
    >>> calm.surprise, spike.observed, spike.expected, spike.exceeds
    (1.0, 318.0, 120.0, True)
    """

    name: ClassVar[str] = "meltwater"
    PARAMS: ClassVar[type[Params]] = MeltwaterParams
    KEPT_MINUTES: ClassVar[int] = HOUR + WEEK
    WARM_UP_MINUTES: ClassVar[int] = DAY

    params: MeltwaterParams

    def _compare(self, count: int) -> Comparison:
        observed = self.windows.since(HOUR, count)
        usual = self.windows.per_min(HOUR, HOUR + 12 * HOUR, HOUR + DAY, HOUR + WEEK)
        return Comparison(observed, usual * HOUR, ratio(observed, usual * HOUR), usual)
