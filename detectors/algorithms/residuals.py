"""The base of the detectors that put river to work: standardised residuals of binned counts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar, Self

import msgspec

from detectors.algorithms.base import Params, read_state
from detectors.algorithms.baseline import Baseline, BaselineState
from detectors.model import MINUTE_MS, MinuteCounts, Score, ScoreStatus

__all__ = ["ResidualDetector", "ResidualState"]

VERSION = 1
MINUTES_PER_MONTH = 30 * 1440


class ResidualState(msgspec.Struct, array_like=True, kw_only=True):
    """The bin that is filling (count, mean and variance), the baseline, and what a detector's river is rebuilt from."""

    version: int = 0
    buckets: int = 0
    count: int = 0
    mean: float = 0.0
    variance: float = 0.0
    residual_square: float = 1.0
    frozen: int = 0
    surprise: float = 0.0
    """What the detector said of the last full bin."""
    kept: list[float] = []
    """The inputs that river still has in mind."""
    baseline: BaselineState = msgspec.field(default_factory=BaselineState)


class ResidualDetector:
    """Feeds a method of river with the residual of each full bin, less day, week and level, which river cannot know.

    The baseline is the one surge uses. What it usually misses by is remembered for three days: the baseline of a busy
    brand is less exact than its counts. The score changes when a bin is full; in between it stays. While alerting the
    baseline stands still (for 12 h at most). Says WARMING_UP for three days, in which river is told nothing.

    Thresholds that follow from the budget take the bins to be independent, given the rhythm. Conversations are not:
    on made-up lives whose rate wanders by the hour and drifts by the day (`backtest.synthetic`) there were 5 to 20
    false alarms for each one that was granted, 0 to 4 for a brand of one mention an hour.

    State is plain numbers: a pickle of river's objects would not outlive its version. See `Detector` for the methods.
    """

    name: ClassVar[str]
    PARAMS: ClassVar[type[Params]]
    keeps_budget: ClassVar[bool]

    STATE: ClassVar[type[ResidualState]] = ResidualState
    BIN_MINUTES: ClassVar[int] = 10
    WARM_UP_BUCKETS: ClassVar[int] = 3 * 1440
    MAX_FROZEN_BUCKETS: ClassVar[int] = 720
    SPREAD_MINUTES: ClassVar[int] = 3 * 1440

    params: Any

    def __init__(
        self,
        *,
        false_alarms_per_month: float,
        timezone: str,
        params: Params | None = None,
        state: ResidualState | None = None,
    ) -> None:
        self.params = params if params is not None else self.PARAMS()
        self.state = state or self.STATE(version=VERSION)
        self._baseline = Baseline(timezone, self.state.baseline)
        self._forget = 1 - 0.5 ** (self.BIN_MINUTES / self.SPREAD_MINUTES)
        self._bins_per_alarm = MINUTES_PER_MONTH / self.BIN_MINUTES / false_alarms_per_month
        self._threshold = self._limit()
        self._prepare()

    def _limit(self) -> float:
        """What the surprise must exceed."""
        raise NotImplementedError

    def _prepare(self) -> None:
        """Build river's object out of the state."""
        raise NotImplementedError

    def _take(self, residual: float) -> float:
        """Give the residual of a full bin, -3 to 6 standard deviations, to river; the surprise that follows."""
        raise NotImplementedError

    def score(self, counts: Sequence[MinuteCounts], start_ms: int) -> list[Score]:
        """See `Detector.score`."""
        state = self.state
        scores: list[Score] = []
        observed, expected = state.count, state.mean
        for position, count in enumerate(counts):
            warm = state.buckets + position >= self.WARM_UP_BUCKETS
            mean, _ = self._baseline.expect(start_ms + position * MINUTE_MS)
            if position and (state.buckets + position) % self.BIN_MINUTES == 0:
                observed, expected = 0, 0.0
            observed += count.negative
            expected += mean
            scores.append(
                Score(
                    status=ScoreStatus.OK if warm else ScoreStatus.WARMING_UP,
                    surprise=state.surprise if warm else None,
                    threshold=self._threshold if warm else None,
                    observed=float(observed),
                    expected=expected,
                    expected_per_min=mean,
                )
            )
        return scores

    def learn(self, counts: MinuteCounts, start_ms: int, *, alerting: bool) -> None:
        """See `Detector.learn`."""
        state = self.state
        mean, variance = self._baseline.expect(start_ms)
        state.count += counts.negative
        state.mean += mean
        state.variance += variance
        state.buckets += 1
        if alerting and state.frozen < self.MAX_FROZEN_BUCKETS:
            state.frozen += 1
        else:
            if not alerting:
                state.frozen = max(0, state.frozen - 1)
            self._baseline.learn(counts.negative, start_ms)
        if state.buckets % self.BIN_MINUTES:
            return
        if state.buckets > self.WARM_UP_BUCKETS:
            residual = (state.count - state.mean) / math.sqrt(state.variance)
            spread = math.sqrt(max(1.0, state.residual_square))
            state.surprise = self._take(max(-3.0, min(6.0, residual / spread)))
            state.residual_square += self._forget * (min(residual, 3 * spread) ** 2 - state.residual_square)
        state.count, state.mean, state.variance = 0, 0.0, 0.0

    def skip(self, buckets: int) -> None:
        """See `Detector.skip`: the bin that was filling is not judged."""
        self.state.count, self.state.mean, self.state.variance = 0, 0.0, 0.0
        self.state.buckets -= self.state.buckets % self.BIN_MINUTES

    def snapshot(self) -> bytes:
        """See `Detector.snapshot`."""
        return msgspec.msgpack.encode(self.state)

    @classmethod
    def restore(cls, snapshot: bytes, *, false_alarms_per_month: float, timezone: str, params: Any = None) -> Self:
        """See `Detector.restore`."""
        state = read_state(snapshot, cls.STATE, version=VERSION, detector=cls.name)
        return cls(false_alarms_per_month=false_alarms_per_month, timezone=timezone, params=params, state=state)
