"""What the three detectors of EARS have in common."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec

from detectors.algorithms.base import Params
from detectors.algorithms.rule import DAY, HOUR, WEEK, Comparison, WindowRule

__all__ = ["Ears", "EarsParams"]

GUARD_HOURS = 2
SUMMED_HOURS = 3


class EarsParams(Params, frozen=True):
    """The baseline in hours, and the least standard deviation it is taken to have."""

    baseline_hours: Annotated[int, msgspec.Meta(ge=24, le=168)] = 168
    least_deviation: Annotated[float, msgspec.Meta(ge=0.25, le=5.0)] = 1.0


class Ears(WindowRule):
    """Counts by hour against mean and standard deviation of the hours before.

    EARS was made for counts by day, which come too late here: its step is an hour for us. Its baseline stays what it
    is in the paper, 7 days: 168 hours, for the last 7 steps alone would call every morning an outbreak. The guard
    band and the sum are steps, hence hours. The hour that is filling is compared as far as it has come. Sparse counts
    can have a deviation of 0; `least_deviation` is what R's surveillance calls minSigma
    (https://surveillance.r-forge.r-project.org/pkgdown/reference/earsC.html: 0.5 or 1, after Burkom).

    Hours with a hole are left out. Says WARMING_UP for three days, the baseline being the hours there are.

    Sources: Hutwagner, Thompson, Seeman, Treadwell, The bioterrorism preparedness and response Early Aberration
    Reporting System (EARS), Journal of Urban Health 80 (2003); the formulas as in Fricker, Hegler, Dunfee, Comparing
    syndromic surveillance detection methods, Statistics in Medicine 27 (2008), https://doi.org/10.1002/sim.3197.
    """

    BIN_MINUTES: ClassVar[int] = HOUR
    KEPT_MINUTES: ClassVar[int] = WEEK + (GUARD_HOURS + SUMMED_HOURS) * HOUR
    WARM_UP_MINUTES: ClassVar[int] = 3 * DAY
    GUARD: ClassVar[int] = 0
    """Hours between the baseline and the hour that is judged."""

    params: EarsParams

    def skip(self, buckets: int) -> None:
        """See `Detector.skip`. Made-up hours, all alike, would make the deviation too small."""
        self.windows.drop_open()

    def _deviations(self, count: int, *, hours_ago: int = 0) -> float:
        """By how many standard deviations an hour, the one that is filling or an earlier one, is above its baseline."""
        _, mean, deviation = self.windows.moments(self.params.baseline_hours, self.GUARD + hours_ago)
        return (count - mean) / max(deviation, self.params.least_deviation)

    def _compare(self, count: int) -> Comparison:
        observed = self.windows.filling + count
        _, usual, _ = self.windows.moments(self.params.baseline_hours, self.GUARD)
        return Comparison(float(observed), usual, self._surprise(observed), usual / HOUR)

    def _surprise(self, observed: int) -> float:
        return self._deviations(observed)
