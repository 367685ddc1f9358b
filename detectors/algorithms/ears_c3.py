"""EARS C3: what the last three hours had too much, together."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec

from detectors.algorithms.base import Params
from detectors.algorithms.ears import GUARD_HOURS, SUMMED_HOURS, Ears, EarsParams

__all__ = ["EarsC3", "EarsC3Params"]


class EarsC3Params(EarsParams, frozen=True):
    """The threshold of the paper: two standard deviations, in sum."""

    deviations: Annotated[float, msgspec.Meta(ge=0.5, le=40.0)] = 2.0


class EarsC3(Ears):
    """C3-HIGH: the sum over this hour and the two before of max(0, C2 - 1).

    See `Ears` for the sources and for what differs from counts by day.

    >>> from detectors.model import MinuteCounts
    >>> rule = EarsC3(false_alarms_per_month=1, timezone="UTC")
    >>> for minute in range(4 * 1440):    # hours of 60 and 120 mentions in turn, then two of 150: C2 of 1.99 each
    ...     count = 2 + minute % 2 if minute // 60 >= 94 else 1 + minute // 60 % 2
    ...     rule.learn(MinuteCounts.bare(count), minute * 60_000, alerting=False)
    >>> under, over = (rule.score([MinuteCounts.bare(count)], 4 * 1440 * 60_000)[0] for count in (120, 122))
    >>> round(under.surprise, 2), under.exceeds, over.exceeds
    (1.99, False, True)
    """

    name: ClassVar[str] = "ears-c3"
    PARAMS: ClassVar[type[Params]] = EarsC3Params
    GUARD: ClassVar[int] = GUARD_HOURS

    params: EarsC3Params

    def _limit(self) -> float:
        """In standard deviations."""
        return self.params.deviations

    def _surprise(self, observed: int) -> float:
        windows = self.windows
        counts = [observed, *(windows.full_bin(back) for back in range(SUMMED_HOURS - 1))]
        return sum(max(0.0, self._deviations(count, hours_ago=ago) - 1.0) for ago, count in enumerate(counts))
