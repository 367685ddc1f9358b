"""Surge: the velocity of negative mentions against the brand's own rhythm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Final, NamedTuple, Self

import msgspec

from detectors.algorithms.base import Params, read_state
from detectors.algorithms.baseline import Baseline, BaselineState
from detectors.algorithms.calibration import BlockMaxima, BlockMaximaState, gumbel_threshold
from detectors.algorithms.signals import NOTHING, SIGNALS, TAU_MINUTES, Signals, SignalsState, Sums, fade, statistic
from detectors.model import MINUTE_MS, MinuteCounts, Score, ScoreStatus

__all__ = ["Surge", "SurgeParams", "SurgeState"]

VERSION = 2
DAY = 1440
SPREAD_MS = 5 * MINUTE_MS


class SurgeParams(Params, frozen=True):
    """What of surge can be set. The defaults were chosen on made-up lives, recorded crises and NAB's tweets together.

    `gate` is the statistic above which habits are not learned; `spread` is the relative error that is thought of an
    expectation before the brand has shown its own.
    """

    level_half_life_days: Annotated[float, msgspec.Meta(ge=0.5, le=30.0)] = 4.0
    slot_half_life_days: Annotated[float, msgspec.Meta(ge=2.0, le=60.0)] = 14.0
    slot_prior: Annotated[float, msgspec.Meta(ge=1.0, le=500.0)] = 10.0
    gate: Annotated[float, msgspec.Meta(ge=1.5, le=50.0)] = 2.4
    spread: Annotated[float, msgspec.Meta(ge=0.01, le=1.0)] = 0.11


class SurgeState(msgspec.Struct, array_like=True):
    """Everything a `Surge` remembers: about 220 numbers, under 2 kB."""

    version: int
    signals: SignalsState
    maxima: BlockMaximaState
    baseline: BaselineState = msgspec.field(default_factory=BaselineState)
    sums: list[Sums] = msgspec.field(default_factory=lambda: [NOTHING] * len(TAU_MINUTES))
    buckets: int = 0
    frozen: int = 0


class _Step(NamedTuple):
    """One minute further: the sums after it, what was expected of it, and how the signals deviate then."""

    counts: MinuteCounts
    start_ms: int
    sums: list[Sums]
    mean: float
    statistic: float
    roots: tuple[float, float, float, float]


class Surge:
    """Four signals of a brand against their expectation, calibrated on the brand itself, under one budget.

    Counts are summed with exponential decay over 20, 80 and 320 minutes: a ramp shows in one of them, steep or slow.
    Each sum gives the root of its negative-binomial deviance from the expectation, 0 where it is not above. The
    heterogeneity of that distribution is what expectations of this brand are usually wrong by, learned for each
    time constant: for a busy brand that is more than chance. The square of their mean, to a power at which
    the maxima of 6 h blocks have the same tail at any rate, is the statistic (see `Signals`).

    The signals: `negative` mentions and their distinct `authors` against the baseline, the `share` of
    negative authors in all mentions and the `reposts` among the negative against what is usual. The statistic
    is the largest of them, none further than `BEYOND_AUTHORS` above that of the authors: two people who quarrel
    are no crisis. Its surprise is a reduced Gumbel variate (see `BlockMaxima`), calibrated on that largest, so the
    union of the signals keeps the budget.

    Says WARMING_UP for three hours and LITTLE_HISTORY until the third day is over: what is known of
    people's days, or of the brands that are already watched, stands in for the brand's own habits, and
    only what is plain against all that doubt is told. While the statistic is hot the brand's habits stand
    still (for 12 h at most), so that a crisis is not the new normal.

    Sources: McCullagh & Nelder, Generalized Linear Models (1989), for the deviance; Roberts, Control chart tests
    based on geometric moving averages, Technometrics 1 (1959), for the decayed sums.

    >>> surge = Surge(false_alarms_per_month=1, timezone="UTC")
    >>> for minute in range(4 * 1440):
    ...     surge.learn(MinuteCounts.bare(minute % 5 == 0), minute * 60_000, alerting=False)
    >>> quiet, loud = surge.score([MinuteCounts.bare(1), MinuteCounts.bare(40)], 4 * 1440 * 60_000)
    >>> quiet.exceeds, loud.exceeds
    (False, True)
    """

    name: ClassVar[str] = "surge"
    PARAMS: ClassVar[type[Params]] = SurgeParams
    keeps_budget: ClassVar[bool] = True

    LOCATION: Final = 2.1
    SCALE: Final = 1.05
    """Of the maxima of blocks, before the brand has shown its own: by simulation, over rates of 0.02 to 50 a minute."""
    REPORTED: ClassVar[int] = 0
    """The time constant whose counts a score shows: 20 minutes."""
    SILENT_BUCKETS: ClassVar[int] = 180
    WARM_UP_BUCKETS: ClassVar[int] = 3 * 1440
    LITTLE_HISTORY_MARGIN: ClassVar[float] = 1.5
    """Gumbel units by which the threshold is higher until then."""
    MAX_FROZEN_BUCKETS: ClassVar[int] = 720
    FEW_POSTS: ClassVar[float] = 3.0
    """So few in the newest 20 minutes are learned, however unusual: else a quiet brand learned only its silences."""
    BEYOND_AUTHORS: ClassVar[float] = 3.0

    def __init__(
        self,
        *,
        false_alarms_per_month: float,
        timezone: str,
        params: SurgeParams | None = None,
        state: SurgeState | None = None,
    ) -> None:
        self.params = params or SurgeParams()
        own = self.params
        self._signals = Signals(own.spread, state.signals if state else None)
        self._maxima = BlockMaxima(self.LOCATION, self.SCALE, state.maxima if state else None)
        self.state = state or SurgeState(VERSION, self._signals.state, self._maxima.state)
        self._baseline = Baseline(
            timezone,
            self.state.baseline,
            level_half_life_days=own.level_half_life_days,
            slot_half_life_days=own.slot_half_life_days,
            slot_prior=own.slot_prior,
        )
        self._threshold = gumbel_threshold(false_alarms_per_month)
        self._step: _Step | None = None

    def start_from(self, shape: Sequence[float]) -> None:
        """Expect days as other brands have them (48 shares, see `Baseline`), as long as nothing was learned."""
        self._baseline.start_from(shape)

    def shape(self) -> list[float] | None:
        """The days of this brand, for brands that are still to come; None while its week is not known."""
        return self._baseline.shape() if self.state.baseline.buckets >= 7 * 1440 else None

    def score(self, counts: Sequence[MinuteCounts], start_ms: int) -> list[Score]:
        """See `Detector.score`. `surprise` is in Gumbel units of a 6 h block."""
        sums, scores = self.state.sums, list[Score]()
        for position, minute in enumerate(counts):
            step = self._forward(sums, minute, start_ms + position * MINUTE_MS)
            if not position:
                self._step = step
            sums = step.sums
            scores.append(self._judge(step, self.state.buckets + position))
        return scores

    def _judge(self, step: _Step, buckets: int) -> Score:
        surprise: float | None = None
        threshold: float | None = None
        signals: list[str] = []
        if buckets < self.SILENT_BUCKETS:
            status = ScoreStatus.WARMING_UP
        else:
            surprise, threshold = self._maxima.surprise(step.statistic), self._threshold
            status = ScoreStatus.OK
            if buckets < self.WARM_UP_BUCKETS:
                status = ScoreStatus.LITTLE_HISTORY
                threshold += self.LITTLE_HISTORY_MARGIN
            if surprise > threshold:
                own = zip(SIGNALS, step.roots, strict=True)
                signals = [name for name, sum_ in own if self._maxima.surprise(statistic(sum_)) > threshold]
        shown = step.sums[self.REPORTED]
        return Score(
            status=status,
            surprise=surprise,
            threshold=threshold,
            observed=shown[0],
            expected=shown[1],
            expected_per_min=step.mean,
            signals=signals,
        )

    def learn(self, counts: MinuteCounts, start_ms: int, *, alerting: bool) -> None:
        """See `Detector.learn`."""
        state, step = self.state, self._step
        if step is None or step.start_ms != start_ms or (step.counts is not counts and step.counts != counts):
            step = self._forward(state.sums, counts, start_ms)
        self._step = None
        state.sums = step.sums
        state.buckets += 1
        warm = state.buckets > self.WARM_UP_BUCKETS
        if warm:  # before, the statistic speaks of what the baseline has not learned yet
            self._maxima.learn(step.statistic)
        many = step.sums[0][0] > self.FEW_POSTS
        hot = alerting or (warm and many and step.statistic > self.params.gate)
        if hot and state.frozen < self.MAX_FROZEN_BUCKETS:
            state.frozen += 1
            return
        if state.frozen:
            state.frozen -= 1
        self._baseline.learn(counts.negative, start_ms)
        if counts.mentions:
            self._signals.learn(counts)
        if start_ms % SPREAD_MS == 0 and state.buckets > DAY:
            self._signals.learn_spreads(state.sums)

    def skip(self, buckets: int) -> None:
        """See `Detector.skip`."""
        self._step = None
        self.state.sums = fade(self.state.sums, min(buckets, 10_000))

    def snapshot(self) -> bytes:
        """See `Detector.snapshot`."""
        return msgspec.msgpack.encode(self.state)

    @classmethod
    def restore(cls, snapshot: bytes, *, false_alarms_per_month: float, timezone: str, params: Any = None) -> Self:
        """See `Detector.restore`."""
        state = read_state(snapshot, SurgeState, version=VERSION, detector=cls.name)
        return cls(false_alarms_per_month=false_alarms_per_month, timezone=timezone, params=params, state=state)

    def _forward(self, sums: Sequence[Sums], counts: MinuteCounts, start_ms: int) -> _Step:
        mean, variance, doubt = self._baseline.outlook(start_ms)
        sums, roots = self._signals.forward(sums, counts, mean, variance, doubt)
        authors, largest = roots[1], max(roots)
        unusual = statistic(authors)
        if largest > authors:
            unusual = min(statistic(largest), unusual + self.BEYOND_AUTHORS)
        return _Step(counts, start_ms, sums, mean, unusual, roots)
