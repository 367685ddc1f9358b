"""Half-space trees: the last minutes lie where the days before had hardly ever been (river)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

import msgspec

from detectors.algorithms.base import Params
from detectors.algorithms.residuals import ResidualDetector

if TYPE_CHECKING:
    from river.anomaly import HalfSpaceTrees

__all__ = ["HalfSpaceTreesParams", "HalfSpaces"]

SEED = 20150222
HOUR_BINS = 6


class HalfSpaceTreesParams(Params, frozen=True):
    """The window in bins of ten minutes (river's default, 42 hours), and the score that is an anomaly."""

    window_bins: Annotated[int, msgspec.Meta(ge=144, le=1008)] = 250
    anomaly: Annotated[float, msgspec.Meta(ge=0.5, le=0.9999)] = 0.995


class HalfSpaces(ResidualDetector):
    """river's half-space trees on two features of ten-minute residuals: the last bin and the mean of the last six.

    The trees hold how many of the last window fell where; the surprise is river's score, 0 to 1, of the newest bin
    before it is learned, and 0 where it lies below the mean: less criticism is no alert. The forest is always the
    same (it is seeded and knows the range of its features), and its masses count the last full window and the one
    that fills: it is rebuilt from these bins. Ten minutes, because a window of hours would take ten days.

    No budget: the score is an order, not a probability; the paper names no threshold, 0.995 is that of river's
    example of a filter (`ThresholdFilter`). river warns that anomalies which come packed, as a lasting wave does,
    are not its strength: they are soon taken for normal. See `ResidualDetector` for the rest.

    Source: Tan, Ting, Liu, Fast anomaly detection for streaming data, IJCAI 2011,
    https://www.ijcai.org/Proceedings/11/Papers/254.pdf.

    >>> from detectors.model import MinuteCounts
    >>> trees = HalfSpaces(false_alarms_per_month=1, timezone="UTC")
    >>> for minute in range(5 * 1440 + 60):
    ...     count = (minute * 7) % 5 if minute < 5 * 1440 else 20
    ...     trees.learn(MinuteCounts.bare(count), minute * 60_000, alerting=False)
    >>> trees.score([MinuteCounts()], (5 * 1440 + 60) * 60_000)[0].exceeds
    True
    """

    name: ClassVar[str] = "half-space-trees"
    PARAMS: ClassVar[type[Params]] = HalfSpaceTreesParams
    keeps_budget: ClassVar[bool] = False

    params: HalfSpaceTreesParams

    def _limit(self) -> float:
        """On the scale of river's score."""
        return self.params.anomaly

    def _prepare(self) -> None:
        self._forest: HalfSpaceTrees | None = None  # planted at the first full bin: it takes some 20 ms

    def _plant(self) -> HalfSpaceTrees:
        from river.anomaly import HalfSpaceTrees  # see `DETECTORS`

        forest = HalfSpaceTrees(window_size=self.params.window_bins, seed=SEED)
        kept = self.state.kept
        for position in range(HOUR_BINS - 1, len(kept)):
            forest.learn_one(_features(kept[position - HOUR_BINS + 1 : position + 1]))  # type: ignore[no-untyped-call]
        return forest

    def _take(self, residual: float) -> float:
        kept, window = self.state.kept, self.params.window_bins
        self._forest = forest = self._forest or self._plant()
        kept.append(residual)
        if len(kept) < HOUR_BINS:
            return 0.0
        features = _features(kept[-HOUR_BINS:])
        surprise = float(forest.score_one(features)) if residual > 0 else 0.0  # type: ignore[no-untyped-call]
        forest.learn_one(features)  # type: ignore[no-untyped-call]
        if len(kept) == 2 * window + HOUR_BINS - 1:
            del kept[:window]
        return surprise


def _features(residuals: list[float]) -> dict[str, float]:
    """-3 to 6 standard deviations become 0 to 1."""
    mean = sum(residuals) / len(residuals)
    return {"bin": (residuals[-1] + 3) / 9, "hour": (mean + 3) / 9}
