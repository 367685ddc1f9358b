"""Salesforce Social Hub's threshold alert: this hour against the same one of the four weeks before."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec

from detectors.algorithms.base import Params
from detectors.algorithms.rule import DAY, HOUR, WEEK, Comparison, WindowRule, ratio

__all__ = ["Salesforce", "SalesforceParams"]

WEEKS = 4


class SalesforceParams(Params, frozen=True):
    """The window that is compared, and how many times its average of the weeks before it must exceed."""

    factor: Annotated[float, msgspec.Meta(ge=1.1, le=20.0)] = 2.0
    timespan_hours: Annotated[int, msgspec.Meta(ge=1, le=24)] = 1


class Salesforce(WindowRule):
    """Negative mentions of the last hour over the average of the same hour in the four weeks before.

    Documented ("Threshold for Percentile Threshold Alerts check frequency",
    https://help.salesforce.com/apex/HTViewSolution?id=000232591&language=en_US): checked every minute; the volume of
    a timespan that ends now is compared with the average of the same window one, two, ... weeks ago, as far back
    as four weeks where data is available; an alert comes when it exceeds that by the defined percentage.

    Left open, and chosen here: the percentage (100, hence a factor of 2) and the timespan (the user's; 24 hours and 7
    days are the examples there; an hour is what can warn early). Weeks that are not known are left out. Says
    WARMING_UP for a week; what lies before the first minute ever seen counts as usual.

    >>> from detectors.model import MinuteCounts
    >>> rule = Salesforce(false_alarms_per_month=1, timezone="UTC")
    >>> for minute in range(9 * 1440):    # noon is loud, every day
    ...     rule.learn(MinuteCounts.bare(9 if minute % 1440 // 60 == 12 else 1), minute * 60_000, alerting=False)
    >>> for minute in range(9 * 1440, 9 * 1440 + 12 * 60 + 59):
    ...     rule.learn(MinuteCounts.bare(9 if minute % 1440 // 60 == 12 else 1), minute * 60_000, alerting=False)
    >>> noon, = rule.score([MinuteCounts.bare(9)], (9 * 1440 + 12 * 60 + 59) * 60_000)
    >>> noon.observed, noon.expected, noon.surprise
    (540.0, 540.0, 1.0)
    """

    name: ClassVar[str] = "salesforce-social-hub"
    PARAMS: ClassVar[type[Params]] = SalesforceParams
    BIN_MINUTES: ClassVar[int] = 10
    KEPT_MINUTES: ClassVar[int] = WEEKS * WEEK + DAY
    WARM_UP_MINUTES: ClassVar[int] = WEEK

    params: SalesforceParams

    def _compare(self, count: int) -> Comparison:
        windows, span = self.windows, self.params.timespan_hours * HOUR
        observed, known = windows.since(span, count), windows.known
        total, weeks = 0.0, 0
        for ago in range(WEEK, WEEKS * WEEK + 1, WEEK):
            if ago >= known:
                break
            missing = max(0, ago + span - known)
            total += windows.since(ago + span) - windows.since(ago)
            if missing:
                total += missing * windows.since(known) / known
            weeks += 1
        usual = total / weeks if weeks else 0.0
        return Comparison(observed, usual, ratio(observed, usual), usual / span)
