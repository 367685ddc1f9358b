"""EARS C2: the hour against a week that ends two hours before it."""

from __future__ import annotations

from typing import ClassVar

from detectors.algorithms.base import Params
from detectors.algorithms.ears import GUARD_HOURS
from detectors.algorithms.ears_c1 import EarsC1, EarsC1Params

__all__ = ["EarsC2"]


class EarsC2(EarsC1):
    """C2-MEDIUM: C1 with a guard band of two steps, so that the first hours of a wave are not part of what is usual.

    See `Ears` for the sources and for what differs from counts by day.

    >>> from detectors.model import MinuteCounts
    >>> rule = EarsC2(false_alarms_per_month=1, timezone="UTC")
    >>> for minute in range(4 * 1440):    # hours of 60 and 120 mentions in turn, then two of 180
    ...     hour = minute // 60
    ...     rule.learn(MinuteCounts.bare(3 if hour >= 94 else 1 + hour % 2), minute * 60_000, alerting=False)
    >>> score, = rule.score([MinuteCounts.bare(181)], 4 * 1440 * 60_000)
    >>> score.expected, score.exceeds
    (90.0, True)
    """

    name: ClassVar[str] = "ears-c2"
    PARAMS: ClassVar[type[Params]] = EarsC1Params
    GUARD: ClassVar[int] = GUARD_HOURS
