"""EARS C1: the hour against the week right before it."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec

from detectors.algorithms.base import Params
from detectors.algorithms.ears import Ears, EarsParams

__all__ = ["EarsC1", "EarsC1Params"]


class EarsC1Params(EarsParams, frozen=True):
    """The threshold of the paper: three standard deviations."""

    deviations: Annotated[float, msgspec.Meta(ge=1.0, le=20.0)] = 3.0


class EarsC1(Ears):
    """C1-MILD: the count less the mean of the baseline, in its standard deviations.

    The baseline ends where the hour starts.

    See `Ears` for the sources and for what differs from counts by day.

    >>> from detectors.model import MinuteCounts
    >>> rule = EarsC1(false_alarms_per_month=1, timezone="UTC")
    >>> for minute in range(4 * 1440):    # hours of 60 and 120 mentions in turn: mean 90, deviation 30.2
    ...     rule.learn(MinuteCounts.bare(1 + minute // 60 % 2), minute * 60_000, alerting=False)
    >>> under, over = (rule.score([MinuteCounts.bare(count)], 4 * 1440 * 60_000)[0] for count in (180, 181))
    >>> round(under.surprise, 2), under.exceeds, over.exceeds
    (2.98, False, True)
    """

    name: ClassVar[str] = "ears-c1"
    PARAMS: ClassVar[type[Params]] = EarsC1Params

    params: EarsC1Params

    def _limit(self) -> float:
        """In standard deviations."""
        return self.params.deviations
