"""Agility PR's coverage surge alert: the last hour against the average hour of seven days."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec

from detectors.algorithms.base import Params
from detectors.algorithms.rule import DAY, HOUR, WEEK, Comparison, WindowRule, ratio

__all__ = ["Agility", "AgilityParams"]


class AgilityParams(Params, frozen=True):
    """How many times the average hour of the last 7 days the last hour must exceed (1.5 is their "150 %")."""

    factor: Annotated[float, msgspec.Meta(ge=1.1, le=20.0)] = 1.5


class Agility(WindowRule):
    """Negative mentions of the last 60 minutes over the average hour of the 7 days before.

    Documented ("How to Set Up a Coverage Surge Alert",
    https://help.agilitypr.com/en/articles/9272018-how-to-set-up-a-coverage-surge-alert): thresholds come from
    comparing the average hourly mention volume against the previous 7 days; the sensitivity is a percentage of that
    7-day average, 150 % in the example; after an alert a cool-down period, chosen by the user, holds the next one
    back.

    Left open, and chosen here: that the average hourly volume is that of the last hour, looked at every minute, and
    that the 7 days end where it starts. No cool-down is built in: none has a default, and the life of an alert has
    one of its own. Says WARMING_UP for three days, the average being that of the days there are.

    >>> from detectors.model import MinuteCounts
    >>> rule = Agility(false_alarms_per_month=1, timezone="UTC")
    >>> for minute in range(4 * 1440):
    ...     rule.learn(MinuteCounts.bare(1), minute * 60_000, alerting=False)
    >>> calm, loud = (rule.score([MinuteCounts.bare(count)], 4 * 1440 * 60_000)[0] for count in (31, 32))
    >>> calm.surprise, calm.exceeds, loud.exceeds    # 59 + 31 is one and a half times 60, 59 + 32 is more
    (1.5, False, True)
    """

    name: ClassVar[str] = "agility"
    PARAMS: ClassVar[type[Params]] = AgilityParams
    KEPT_MINUTES: ClassVar[int] = HOUR + WEEK
    WARM_UP_MINUTES: ClassVar[int] = 3 * DAY

    params: AgilityParams

    def _compare(self, count: int) -> Comparison:
        observed, usual = self.windows.since(HOUR, count), self.windows.per_min(HOUR, HOUR + WEEK)
        return Comparison(observed, usual * HOUR, ratio(observed, usual * HOUR), usual)
