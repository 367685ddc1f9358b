"""Cision's spike alert: the last day against the daily average of seven."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec

from detectors.algorithms.base import Params
from detectors.algorithms.rule import DAY, WEEK, Comparison, WindowRule, ratio

__all__ = ["Cision", "CisionParams"]


class CisionParams(Params, frozen=True):
    """How many times the average day the last one must exceed; it is one of the 7, so more than 7 cannot be."""

    factor: Annotated[float, msgspec.Meta(ge=1.05, le=6.5)] = 1.5


class Cision(WindowRule):
    """Negative mentions of the last 24 hours over the daily average of the last 7 days, checked every 5 minutes.

    Documented (CisionOne help, "Comment configurer des alertes pour mes recherches enregistrées",
    https://help.cision.one/fr/articles/10568726-comment-configurer-des-alertes-pour-mes-recherches-enregistrees):
    spike alerts rest on the daily average of the mentions of the last 7 days, are updated every 5 minutes, and
    are sent when the rise passes a percentage that the user selects.

    Left open, and chosen here: the percentage (50, hence a factor of 1.5); that what is compared is the last 24
    hours; that it looks at negative mentions. The 7 days hold the last one, as the words say. Says WARMING_UP for
    three days, the average being that of the days there are.

    >>> from detectors.model import MinuteCounts
    >>> rule = Cision(false_alarms_per_month=1, timezone="UTC")
    >>> for minute in range(8 * 1440):
    ...     rule.learn(MinuteCounts.bare(1 if minute < 7 * 1440 else 3), minute * 60_000, alerting=False)
    >>> score, = rule.score([MinuteCounts.bare(3)], 8 * 1440 * 60_000)
    >>> score.observed, score.expected, score.surprise, score.exceeds    # 3 days of mentions in one of 7: 3 / (9 / 7)
    (4320.0, 1851.4..., 2.33..., True)
    """

    name: ClassVar[str] = "cision"
    PARAMS: ClassVar[type[Params]] = CisionParams
    KEPT_MINUTES: ClassVar[int] = WEEK
    WARM_UP_MINUTES: ClassVar[int] = 3 * DAY
    CHECK_MINUTES: ClassVar[int] = 5

    params: CisionParams

    def _compare(self, count: int) -> Comparison:
        observed, known = self.windows.since(DAY, count), min(WEEK, self.windows.known)
        usual = self.windows.since(known, count) / known
        return Comparison(observed, usual * DAY, ratio(observed, usual * DAY), usual)
