"""Socialmetrix' variation alert: the average of a day against that of a week and its standard deviation."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import msgspec

from detectors.algorithms.base import Params
from detectors.algorithms.rule import DAY, HOUR, WEEK, Comparison, WindowRule

__all__ = ["Socialmetrix", "SocialmetrixParams"]


class SocialmetrixParams(Params, frozen=True):
    """The threshold in standard deviations: 1.5 is their "low", with which they advise to start, 2 medium, 3 high."""

    deviations: Annotated[float, msgspec.Meta(ge=0.25, le=4.0)] = 1.5


class Socialmetrix(WindowRule):
    """The mean hour of the last 24, in standard deviations of the hours of the last 7 days above their mean.

    Documented ("Variation alerts",
    https://socialmetrix.freshdesk.com/support/solutions/articles/1000143951-variation-alerts): [average last 24
    hours] > [average last 7 days] + [standard deviation] * [1.5, 2 or 3], looked for once per hour. The deviation is
    there because noon brings more mentions than midnight, so it is that of the hours.

    Follows from that formula, whoever uses it: even a lasting rise without limit reaches 1.5 only after ten hours,
    and at most 2.44, for the rise is in the deviation too; "high" never fires on it.

    Hours with a hole are left out. Says WARMING_UP for three days, with the hours there are.

    >>> from detectors.model import MinuteCounts
    >>> rule = Socialmetrix(false_alarms_per_month=1, timezone="UTC")
    >>> for minute in range(7 * 1440 + 600):
    ...     rule.learn(MinuteCounts.bare(1 if minute < 7 * 1440 else 1000), minute * 60_000, alerting=False)
    >>> round(rule.score([MinuteCounts.bare(1000)], (7 * 1440 + 600) * 60_000)[0].surprise, 2)
    1.5
    """

    name: ClassVar[str] = "socialmetrix"
    PARAMS: ClassVar[type[Params]] = SocialmetrixParams
    BIN_MINUTES: ClassVar[int] = HOUR
    KEPT_MINUTES: ClassVar[int] = WEEK
    WARM_UP_MINUTES: ClassVar[int] = 3 * DAY
    CHECK_MINUTES: ClassVar[int] = HOUR

    params: SocialmetrixParams

    def _limit(self) -> float:
        """In standard deviations."""
        return self.params.deviations

    def skip(self, buckets: int) -> None:
        """See `Detector.skip`. Made-up hours, all alike, would make the deviation too small."""
        self.windows.drop_open()
        self.state.checked = None

    def _compare(self, count: int) -> Comparison:
        known = min(WEEK, self.windows.known)
        usual = self.windows.since(known, count) / known * HOUR
        observed = self.windows.since(DAY, count) / min(DAY, known) * HOUR
        deviation = self._deviation(self.windows.filling + count)
        surprise = (observed - usual) / deviation if deviation > 0 else 0.0
        return Comparison(observed, usual, surprise, usual / HOUR)

    def _deviation(self, hour: int) -> float:
        """Standard deviation of the hours of the week, the one that closes with this count among them."""
        hours, mean, deviation = self.windows.moments(WEEK // HOUR - 1)
        if not hours:
            return 0.0
        return math.sqrt(((hours - 1) * deviation**2 + (hour - mean) ** 2 * hours / (hours + 1)) / hours)

    def _checks(self, start_ms: int) -> bool:
        return self.windows.filled == HOUR - 1
