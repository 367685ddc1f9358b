"""ADWIN: the newest part of a window of residuals, however long, has another mean than the rest (river)."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import msgspec

from detectors.algorithms.base import Params
from detectors.algorithms.residuals import ResidualDetector

__all__ = ["Adwin", "AdwinParams"]

LEAST_BINS = 5
"""Each part of a cut has so many at least: river's default."""


class AdwinParams(Params, frozen=True):
    """How many bins of ten minutes the window may hold, a week to a month."""

    window_bins: Annotated[int, msgspec.Meta(ge=1008, le=4320)] = 2016


class Adwin(ResidualDetector):
    """river's ADWIN on the residuals of ten-minute counts, upwards only.

    river keeps the window as long as no cut divides it in two parts whose means differ by more than sqrt(2 m v d) +
    2/3 m d, with m = 1/n0 + 1/n1, v the variance and d = ln(2 ln n / delta), and starts anew once one does. The
    surprise is the -log10 of the delta at which the newest 5, 7, 9, 12, ... bins would just be cut from the rest, 0
    where they are not above it; so it is a number before river cuts, too. The threshold is the -log10 of river's
    delta. By the theorem of the paper delta bounds the false alarms of each test; there is a test every ten minutes,
    so it follows from the budget. An hour would be too coarse a bin: the newer part needs five.

    The window is kept as it went in and given to river again after a restart. Where it is full its older half is
    dropped. See `ResidualDetector` for the rest.

    Source: Bifet & Gavaldà, Learning from time-changing data with adaptive windowing, SIAM Data Mining 2007,
    https://doi.org/10.1137/1.9781611972771.42.

    >>> from detectors.model import MinuteCounts
    >>> adwin = Adwin(false_alarms_per_month=1, timezone="UTC")
    >>> for minute in range(5 * 1440 + 120):
    ...     adwin.learn(MinuteCounts.bare(1 if minute < 5 * 1440 else 4), minute * 60_000, alerting=False)
    ...     if minute >= 5 * 1440 and adwin.score([MinuteCounts()], (minute + 1) * 60_000)[0].exceeds:
    ...         print(minute - 5 * 1440)
    ...         break
    29
    """

    name: ClassVar[str] = "adwin"
    PARAMS: ClassVar[type[Params]] = AdwinParams
    keeps_budget: ClassVar[bool] = True

    params: AdwinParams

    def _limit(self) -> float:
        """In powers of ten."""
        return -math.log10(self._delta)

    @property
    def _delta(self) -> float:
        return min(0.5, 1 / self._bins_per_alarm)

    def _prepare(self) -> None:
        from river.drift import ADWIN  # see `DETECTORS`

        self._adwin = ADWIN(delta=self._delta, clock=1)  # type: ignore[no-untyped-call]
        for residual in self.state.kept:
            self._adwin.update(residual)  # type: ignore[no-untyped-call]

    def _take(self, residual: float) -> float:
        kept = self.state.kept
        before, error = self._adwin.width, residual - self._adwin.estimation
        squares = self._adwin.variance + error * error * before / (before + 1)  # of the errors: river gives their sum
        kept.append(residual)
        surprise = _evidence(kept, squares / len(kept))
        self._adwin.update(residual)  # type: ignore[no-untyped-call]
        if self._adwin.drift_detected:
            kept.clear()
        elif len(kept) >= self.params.window_bins:
            del kept[: len(kept) // 2]
        else:
            return surprise
        self._prepare()
        return surprise


def _evidence(kept: list[float], variance: float) -> float:
    """-log10 of the least delta that keeps the window whole, over the cuts that are looked at."""
    size, total = len(kept), sum(kept)
    newer, looked_at, cut, highest = 0.0, 0, LEAST_BINS, 0.0
    while cut <= size - LEAST_BINS:
        newer += sum(kept[size - cut : size - looked_at])
        rise = newer / cut - (total - newer) / (size - cut)
        if rise > 0:
            inverse = 1 / cut + 1 / (size - cut)
            linear, square = math.sqrt(2 * inverse * variance), 2 / 3 * inverse
            root = (math.sqrt(linear * linear + 4 * square * rise) - linear) / (2 * square)
            highest = max(highest, root * root)
        looked_at, cut = cut, cut * 7 // 5
    return max(0.0, (highest - math.log(2 * math.log(size))) / math.log(10)) if highest else 0.0
