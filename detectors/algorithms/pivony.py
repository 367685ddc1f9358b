"""Pivony's hourly alert: the last hour against the average hour of a day."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec

from detectors.algorithms.base import Params
from detectors.algorithms.rule import DAY, HOUR, Comparison, WindowRule, ratio

__all__ = ["Pivony", "PivonyParams"]


class PivonyParams(Params, frozen=True):
    """How many times the average hour the last one must exceed; 24 cannot be, the last hour being one of them."""

    factor: Annotated[float, msgspec.Meta(ge=1.1, le=20.0)] = 2.0


class Pivony(WindowRule):
    """Negative mentions of the last hour over the hourly average of the last 24 hours, checked every two hours.

    Documented ("Alerts", https://pivony.notion.site/Alerts-af7cd882384d496f9a76c8de44d7cb9b): alerts are checked
    every 2 hours; hourly, the number of posts of the last hour is compared to the hourly average of the last 24
    hours, and an alarm comes when the difference in per cent exceeds the threshold that the user has set.

    Left open, and chosen here: the percentage (100, hence a factor of 2); that checks fall on even hours (UTC). The
    24 hours hold the last one, as the words say. Its daily and weekly comparisons are not taken: a finding of the
    last week is no early warning. Says WARMING_UP for a day.

    >>> from detectors.model import MinuteCounts
    >>> rule = Pivony(false_alarms_per_month=1, timezone="UTC")
    >>> for minute in range(1440 + 119):
    ...     rule.learn(MinuteCounts.bare(1 if minute < 1440 + 60 else 5), minute * 60_000, alerting=False)
    >>> score, = rule.score([MinuteCounts.bare(5)], (1440 + 119) * 60_000)
    >>> score.observed, score.expected, score.exceeds    # 300 of (23 * 60 + 300) / 24
    (300.0, 70.0, True)
    """

    name: ClassVar[str] = "pivony"
    PARAMS: ClassVar[type[Params]] = PivonyParams
    KEPT_MINUTES: ClassVar[int] = DAY
    WARM_UP_MINUTES: ClassVar[int] = DAY
    CHECK_MINUTES: ClassVar[int] = 2 * HOUR

    params: PivonyParams

    def _compare(self, count: int) -> Comparison:
        observed, known = self.windows.since(HOUR, count), min(DAY, self.windows.known)
        usual = self.windows.since(known, count) / known
        return Comparison(observed, usual * HOUR, ratio(observed, usual * HOUR), usual)
