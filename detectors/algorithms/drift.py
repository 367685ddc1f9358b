"""Drift: a slow rise of a brand's level, hour after hour, that no single hour betrays (river)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar, Self

import msgspec
from river.drift import PageHinkley
from river.stats import Mean

from detectors.algorithms.base import read_state
from detectors.algorithms.baseline import Baseline, BaselineState
from detectors.model import Score, ScoreStatus

__all__ = ["Drift", "DriftState"]

VERSION = 1
HOURS_PER_MONTH = 720


class DriftState(msgspec.Struct, array_like=True):
    """The hour that is filling, the baseline, and the numbers a `PageHinkley` is made of."""

    version: int = 0
    buckets: int = 0
    count: int = 0
    mean: float = 0.0
    variance: float = 0.0
    hours: int = 0
    hours_mean: float = 0.0
    sum_increase: float = 0.0
    min_increase: float | None = None
    residual_square: float = 1.0
    frozen: int = 0
    baseline: BaselineState = msgspec.field(default_factory=BaselineState)


class Drift:
    """river's Page-Hinkley test on the standardised residuals of hourly counts, upwards only.

    river does this well: a change of the mean that grows slowly, at the cost of two additions an hour. What
    it cannot know, day and week, is taken out first by the same baseline that surge uses. The threshold
    follows from the budget: for unit-variance residuals with allowance delta, the run length between false
    alarms is about exp(2 delta h) / (2 delta^2) (Siegmund, Sequential Analysis, 1985; Page, Biometrika 41, 1954).
    The score changes when an hour is full; in between it stays. Says WARMING_UP for three days.

    >>> drift = Drift(false_alarms_per_month=1, timezone="UTC")
    >>> drift.score([0], 0)[0].status.value
    'warming_up'
    """

    name: ClassVar[str] = "drift"

    DELTA: ClassVar[float] = 0.5
    HOUR: ClassVar[int] = 60
    WARM_UP_BUCKETS: ClassVar[int] = 3 * 1440
    MAX_FROZEN_BUCKETS: ClassVar[int] = 720
    SPREAD_FORGET: ClassVar[float] = 1 - 0.5 ** (1 / 72)
    """What it usually misses by is remembered for three days."""

    def __init__(self, *, false_alarms_per_month: float, timezone: str, state: DriftState | None = None) -> None:
        self.state = state or DriftState(VERSION)
        self._baseline = Baseline(timezone, self.state.baseline)
        run_length = HOURS_PER_MONTH / false_alarms_per_month
        self._threshold = max(1.0, math.log(2 * self.DELTA**2 * run_length) / (2 * self.DELTA))
        # river's own threshold is out of reach: the alert's life is ours, and a reset would lose the mean.
        self._test = PageHinkley(min_instances=1, delta=self.DELTA, threshold=math.inf, alpha=1.0, mode="up")
        if self.state.hours:
            self._test._x_mean = Mean._from_state(self.state.hours, self.state.hours_mean)
            self._test._sum_increase = self.state.sum_increase
            self._test._min_increase = math.inf if self.state.min_increase is None else self.state.min_increase

    def score(self, counts: Sequence[int], start_ms: int) -> list[Score]:
        """See `Detector.score`. `surprise` is the test's statistic in standard deviations."""
        state = self.state
        warm = state.buckets >= self.WARM_UP_BUCKETS
        statistic = state.sum_increase - state.min_increase if state.min_increase is not None else 0.0
        scores: list[Score] = []
        observed, expected = state.count, state.mean
        for position, count in enumerate(counts):
            mean, _ = self._baseline.expect(start_ms + position * 60_000)
            if position and (state.buckets + position) % self.HOUR == 0:
                observed, expected = 0, 0.0
            observed += count
            expected += mean
            scores.append(
                Score(
                    status=ScoreStatus.OK if warm else ScoreStatus.WARMING_UP,
                    surprise=statistic if warm else None,
                    threshold=self._threshold if warm else None,
                    observed=float(observed),
                    expected=expected,
                    expected_per_min=mean,
                )
            )
        return scores

    def learn(self, count: int, start_ms: int, *, alerting: bool) -> None:
        """See `Detector.learn`."""
        state = self.state
        mean, variance = self._baseline.expect(start_ms)
        state.count += count
        state.mean += mean
        state.variance += variance
        state.buckets += 1
        if alerting and state.frozen < self.MAX_FROZEN_BUCKETS:
            state.frozen += 1
        else:
            if not alerting:
                state.frozen = max(0, state.frozen - 1)
            self._baseline.learn(count, start_ms)
        if state.buckets % self.HOUR:
            return
        if state.buckets > self.WARM_UP_BUCKETS:
            residual = (state.count - state.mean) / math.sqrt(state.variance)
            # The baseline of a busy brand is less exact than its counts: what it misses by usually is one.
            spread = math.sqrt(max(1.0, state.residual_square))
            self._test.update(max(-3.0, min(6.0, residual / spread)))  # type: ignore[no-untyped-call]
            self._remember()
            state.residual_square += self.SPREAD_FORGET * (min(residual, 3 * spread) ** 2 - state.residual_square)
        state.count, state.mean, state.variance = 0, 0.0, 0.0

    def skip(self, buckets: int) -> None:
        """See `Detector.skip`: the hour that was filling is not judged."""
        self.state.count, self.state.mean, self.state.variance = 0, 0.0, 0.0
        self.state.buckets -= self.state.buckets % self.HOUR

    def snapshot(self) -> bytes:
        """See `Detector.snapshot`. Plain numbers: a pickle of river's object would not outlive its version."""
        return msgspec.msgpack.encode(self.state)

    @classmethod
    def restore(cls, snapshot: bytes, *, false_alarms_per_month: float, timezone: str) -> Self:
        """See `Detector.restore`."""
        state = read_state(snapshot, DriftState, version=VERSION, detector=cls.name)
        return cls(false_alarms_per_month=false_alarms_per_month, timezone=timezone, state=state)

    def _remember(self) -> None:
        """These have names of river's own; the contract test on snapshots notices if they change."""
        self.state.hours = int(self._test._x_mean.n)
        self.state.hours_mean = self._test._x_mean.get()
        self.state.sum_increase = self._test._sum_increase
        self.state.min_increase = None if math.isinf(self._test._min_increase) else self._test._min_increase
