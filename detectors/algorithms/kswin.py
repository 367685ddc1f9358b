"""KSWIN: the residuals of the last hours are not distributed as those of the hours before (river)."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import msgspec

from detectors.algorithms.base import Params
from detectors.algorithms.residuals import ResidualDetector

__all__ = ["Kswin", "KswinParams"]

SEED = 20150222


class KswinParams(Params, frozen=True):
    """The bins of ten minutes in the window, and the newest that are compared with the rest: river's defaults."""

    window_bins: Annotated[int, msgspec.Meta(ge=60, le=432)] = 100
    newest_bins: Annotated[int, msgspec.Meta(ge=6, le=30)] = 30


class Kswin(ResidualDetector):
    """river's KSWIN on the residuals of ten-minute counts, upwards only; surprise is -log10 of its p-value.

    The newest bins are compared with as many drawn from the older ones by the two-sample test of Kolmogorov and
    Smirnov; where their mean is not higher the surprise is 0. What lies below the expectation is given as 0:
    otherwise the empty bins of a quiet brand, whose residual moves with the baseline, would look like a change. The
    threshold is -log10 of the p-value that the budget grants to each of the tests, one every ten minutes. The bin is
    ten minutes because the test needs its 30 newest: five hours, where hours would take more than a day.

    river's alpha is 0, so that it never starts its window anew: the alert's life is ours. The draw is seeded by the
    number of the bin, so a restart changes nothing. The test costs some 300 us every ten minutes, most of what this
    detector costs. See `ResidualDetector` for the rest.

    Source: Raab, Heusinger, Schleif, Reactive soft prototype computing for concept drift streams, Neurocomputing 416
    (2020), https://doi.org/10.1016/j.neucom.2019.11.111.

    >>> from detectors.model import MinuteCounts
    >>> kswin = Kswin(false_alarms_per_month=1, timezone="UTC")
    >>> for minute in range(5 * 1440 + 300):
    ...     kswin.learn(MinuteCounts.bare(1 if minute < 5 * 1440 else 4), minute * 60_000, alerting=False)
    >>> score, = kswin.score([MinuteCounts()], (5 * 1440 + 300) * 60_000)
    >>> round(score.threshold, 2), score.surprise > 10
    (3.64, True)
    """

    name: ClassVar[str] = "kswin"
    PARAMS: ClassVar[type[Params]] = KswinParams
    keeps_budget: ClassVar[bool] = True

    params: KswinParams

    def _limit(self) -> float:
        """In powers of ten."""
        return max(0.3, math.log10(self._bins_per_alarm))

    def _prepare(self) -> None:
        """Nothing to build: river's object is made of the kept window at each bin."""

    def _take(self, residual: float) -> float:
        from river.drift import KSWIN  # see `DETECTORS`

        kept, size, newest = self.state.kept, self.params.window_bins, self.params.newest_bins
        test = KSWIN(alpha=0.0, window_size=size, stat_size=newest, window=kept, seed=SEED + self.state.buckets)
        above = max(0.0, residual)
        test.update(above)  # type: ignore[no-untyped-call]
        kept.append(above)
        if len(kept) < size:
            return 0.0
        del kept[: len(kept) - size]
        newer, older = sum(kept[-newest:]) / newest, sum(kept[:-newest]) / (size - newest)
        return -math.log10(max(float(test.p_value), 1e-300)) if newer > older else 0.0
