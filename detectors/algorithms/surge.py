"""Surge: the velocity of negative mentions against the brand's own rhythm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar, Self

import msgspec

from detectors.algorithms.base import read_state
from detectors.algorithms.baseline import Baseline, BaselineState
from detectors.algorithms.calibration import BlockMaxima, BlockMaximaState, gumbel_threshold
from detectors.model import Score, ScoreStatus

__all__ = ["Surge", "SurgeState"]

VERSION = 1


class SurgeState(msgspec.Struct, array_like=True):
    """Everything a `Surge` remembers: about 120 numbers.

    `observed`, `expected` and `variance` are decayed sums, one for each time constant.
    """

    version: int = 0
    buckets: int = 0
    frozen: int = 0
    observed: list[float] = msgspec.field(default_factory=lambda: [0.0] * 4)
    expected: list[float] = msgspec.field(default_factory=lambda: [0.0] * 4)
    variance: list[float] = msgspec.field(default_factory=lambda: [0.0] * 4)
    baseline: BaselineState = msgspec.field(default_factory=BaselineState)
    maxima: BlockMaximaState = msgspec.field(default_factory=BlockMaximaState)


class Surge:
    """Decayed counts against their expectation, calibrated on the series itself.

    The statistic is the root mean square, over time constants of 8, 20, 60 and 180 minutes, of the root of the
    scaled Poisson deviance between the exponentially decayed count and its expectation (0 where not
    above); a ramp shows in one of them, steep or slow. Its surprise is a reduced Gumbel variate (see `BlockMaxima`),
    the threshold follows from the budget of false alarms. Says WARMING_UP for three days. While the
    statistic is hot the brand's habits stand still (for 12 h at most), so that a crisis is not the new normal.

    Sources: McCullagh & Nelder, Generalized Linear Models (1989), for the scaled deviance; Roberts, Control
    chart tests based on geometric moving averages, Technometrics 1 (1959), for the decayed sums.

    >>> surge = Surge(false_alarms_per_month=1, timezone="UTC")
    >>> for minute in range(4 * 1440):
    ...     surge.learn(1 if minute % 5 == 0 else 0, minute * 60_000, alerting=False)
    >>> quiet, loud = surge.score([1, 40], 4 * 1440 * 60_000)
    >>> quiet.exceeds, loud.exceeds
    (False, True)
    """

    name: ClassVar[str] = "surge"

    KEEP: ClassVar[list[float]] = [math.exp(-1 / minutes) for minutes in (8.0, 20.0, 60.0, 180.0)]
    REPORTED: ClassVar[int] = 1
    """The time constant whose counts a score shows: 20 minutes."""
    WARM_UP_BUCKETS: ClassVar[int] = 3 * 1440
    GATE: ClassVar[float] = 3.0
    MAX_FROZEN_BUCKETS: ClassVar[int] = 720

    def __init__(self, *, false_alarms_per_month: float, timezone: str, state: SurgeState | None = None) -> None:
        self.state = state or SurgeState(VERSION)
        self._baseline = Baseline(timezone, self.state.baseline)
        self._maxima = BlockMaxima(self.state.maxima)
        self._threshold = gumbel_threshold(false_alarms_per_month)

    def score(self, counts: Sequence[int], start_ms: int) -> list[Score]:
        """See `Detector.score`. `surprise` is in Gumbel units of a 6 h block."""
        observed, expected, variance = self.state.observed[:], self.state.expected[:], self.state.variance[:]
        warm = self.state.buckets >= self.WARM_UP_BUCKETS
        scores: list[Score] = []
        for position, count in enumerate(counts):
            mean, statistic = self._roll(observed, expected, variance, count, start_ms + position * 60_000)
            surprise = self._maxima.surprise(statistic) if warm else None
            scores.append(
                Score(
                    status=ScoreStatus.OK if warm else ScoreStatus.WARMING_UP,
                    surprise=surprise,
                    threshold=self._threshold if warm else None,
                    observed=observed[self.REPORTED],
                    expected=expected[self.REPORTED],
                    expected_per_min=mean,
                )
            )
        return scores

    def learn(self, count: int, start_ms: int, *, alerting: bool) -> None:
        """See `Detector.learn`."""
        state = self.state
        _, statistic = self._roll(state.observed, state.expected, state.variance, count, start_ms)
        state.buckets += 1
        warm = state.buckets > self.WARM_UP_BUCKETS
        if warm:  # before, the statistic speaks of what the baseline has not learned yet
            self._maxima.learn(statistic)
        hot = alerting or (warm and statistic > self.GATE)
        if hot and state.frozen < self.MAX_FROZEN_BUCKETS:
            state.frozen += 1
            return
        state.frozen = max(0, state.frozen - 1)
        self._baseline.learn(count, start_ms)

    def skip(self, buckets: int) -> None:
        """See `Detector.skip`."""
        for index, keep in enumerate(self.KEEP):
            fade = keep ** min(buckets, 10_000)
            self.state.observed[index] *= fade
            self.state.expected[index] *= fade
            self.state.variance[index] *= fade * fade

    def snapshot(self) -> bytes:
        """See `Detector.snapshot`."""
        return msgspec.msgpack.encode(self.state)

    @classmethod
    def restore(cls, snapshot: bytes, *, false_alarms_per_month: float, timezone: str) -> Self:
        """See `Detector.restore`."""
        state = read_state(snapshot, SurgeState, version=VERSION, detector=cls.name)
        return cls(false_alarms_per_month=false_alarms_per_month, timezone=timezone, state=state)

    def _roll(
        self, observed: list[float], expected: list[float], variance: list[float], count: int, start_ms: int
    ) -> tuple[float, float]:
        """Move the decayed sums, in place, over one bucket; the bucket's mean, and the statistic after it."""
        mean, spread = self._baseline.expect(start_ms)
        squares = 0.0
        for index, keep in enumerate(self.KEEP):
            y = observed[index] = observed[index] * keep + count
            m = expected[index] = expected[index] * keep + mean
            v = variance[index] = variance[index] * keep * keep + spread
            if y > m:
                squares += max(0.0, 2 * m / v * (y * math.log(y / m) - (y - m)))
        return mean, math.sqrt(squares / len(self.KEEP))
