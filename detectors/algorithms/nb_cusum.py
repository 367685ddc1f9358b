"""The negative binomial CUSUM: evidence, minute by minute, that the rate has doubled."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Self

import msgspec

from detectors.algorithms.base import Params, read_state
from detectors.algorithms.baseline import Baseline, BaselineState
from detectors.model import MINUTE_MS, MinuteCounts, Score, ScoreStatus

__all__ = ["NbCusum", "NbCusumParams", "NbCusumState"]

VERSION = 1
MINUTES_PER_MONTH = 30 * 1440


class NbCusumParams(Params, frozen=True):
    """How many times the usual rate the one to be found has (kappa, on the scale of the rate)."""

    kappa: Annotated[float, msgspec.Meta(ge=1.1, le=10.0)] = 2.0


class NbCusumState(msgspec.Struct, array_like=True):
    """The CUSUM, and what was counted and expected since it was last 0."""

    version: int = 0
    buckets: int = 0
    frozen: int = 0
    evidence: float = 0.0
    observed: float = 0.0
    expected: float = 0.0
    baseline: BaselineState = msgspec.field(default_factory=BaselineState)


class NbCusum:
    """The likelihood-ratio CUSUM of counts that are negative binomial about the brand's own rhythm.

    S = max(0, S + log f(count; kappa mu) - log f(count; mu)), mu and the dispersion being those of the baseline that
    surge uses too; the ratio's logarithm is count ln kappa - (count + 1/alpha) ln((1 + alpha kappa mu) / (1 + alpha
    mu)). The threshold follows from the budget: a CUSUM of log-likelihood ratios runs at least exp(h) steps between
    false alarms (Lorden, Annals of Mathematical Statistics 42, 1971), so h is the logarithm of the minutes the budget
    grants to each. That errs on the safe side, most for brands with few mentions, if minutes are independent given
    the rhythm. Conversations are not: on made-up lives whose rate wanders by the hour and drifts by the day
    (`backtest.synthetic`) there were 20 to 50 false alarms for each one granted, except for a brand of one mention an
    hour. Where the paper starts again after an alarm, the sum goes on up to `CEILING`, for the life of the alert is
    not ours. While alerting the baseline stands still (for 12 h at most). Says WARMING_UP for three days.

    Source: Höhle & Paul, Count data regression charts for the monitoring of surveillance time series, Computational
    Statistics & Data Analysis 52 (2008), https://doi.org/10.1016/j.csda.2008.02.015; as `algo.glrnb` in R's
    surveillance with a known theta, https://rdrr.io/rforge/surveillance/man/algo.glrnb.html.

    >>> cusum = NbCusum(false_alarms_per_month=1, timezone="UTC")
    >>> for minute in range(4 * 1440):
    ...     cusum.learn(MinuteCounts.bare(minute % 2), minute * 60_000, alerting=False)
    >>> scores = cusum.score([MinuteCounts.bare(6)] * 4, 4 * 1440 * 60_000)
    >>> [score.exceeds for score in scores], round(scores[0].threshold, 1)
    ([False, False, True, True], 10.7)
    """

    name: ClassVar[str] = "nb-cusum"
    PARAMS: ClassVar[type[Params]] = NbCusumParams
    keeps_budget: ClassVar[bool] = True

    WARM_UP_BUCKETS: ClassVar[int] = 3 * 1440
    MAX_FROZEN_BUCKETS: ClassVar[int] = 720
    CEILING: ClassVar[float] = 30.0
    """No budget asks for more evidence: exp(30) minutes are 20 million years."""
    FADE: ClassVar[float] = 0.5 ** (1 / 60)
    """Evidence halves in an hour without data."""

    def __init__(
        self,
        *,
        false_alarms_per_month: float,
        timezone: str,
        params: NbCusumParams | None = None,
        state: NbCusumState | None = None,
    ) -> None:
        self.params = params or NbCusumParams()
        self.state = state or NbCusumState(VERSION)
        self._baseline = Baseline(timezone, self.state.baseline)
        self._log_kappa = math.log(self.params.kappa)
        self._threshold = max(1.0, math.log(MINUTES_PER_MONTH / false_alarms_per_month))

    def score(self, counts: Sequence[MinuteCounts], start_ms: int) -> list[Score]:
        """See `Detector.score`. `surprise` is in nats."""
        state = self.state
        evidence, observed, expected = state.evidence, state.observed, state.expected
        scores: list[Score] = []
        for position, count in enumerate(counts):
            warm = state.buckets + position >= self.WARM_UP_BUCKETS
            mean, variance = self._baseline.expect(start_ms + position * MINUTE_MS)
            if not evidence:
                observed = expected = 0.0
            if warm:
                evidence = self._add(evidence, count.negative, mean, variance)
            observed += count.negative
            expected += mean
            scores.append(
                Score(
                    status=ScoreStatus.OK if warm else ScoreStatus.WARMING_UP,
                    surprise=evidence if warm else None,
                    threshold=self._threshold if warm else None,
                    observed=observed,
                    expected=expected,
                    expected_per_min=mean,
                )
            )
        return scores

    def learn(self, counts: MinuteCounts, start_ms: int, *, alerting: bool) -> None:
        """See `Detector.learn`."""
        state, count = self.state, counts.negative
        mean, variance = self._baseline.expect(start_ms)
        if not state.evidence:
            state.observed = state.expected = 0.0
        if state.buckets >= self.WARM_UP_BUCKETS:  # before, the baseline is not to be believed
            state.evidence = self._add(state.evidence, count, mean, variance)
        state.observed += count
        state.expected += mean
        state.buckets += 1
        if alerting and state.frozen < self.MAX_FROZEN_BUCKETS:
            state.frozen += 1
            return
        if not alerting:
            state.frozen = max(0, state.frozen - 1)
        self._baseline.learn(count, start_ms)

    def skip(self, buckets: int) -> None:
        """See `Detector.skip`."""
        fade = self.FADE ** min(buckets, 10_000)
        self.state.evidence *= fade
        self.state.observed *= fade
        self.state.expected *= fade

    def snapshot(self) -> bytes:
        """See `Detector.snapshot`."""
        return msgspec.msgpack.encode(self.state)

    @classmethod
    def restore(cls, snapshot: bytes, *, false_alarms_per_month: float, timezone: str, params: Any = None) -> Self:
        """See `Detector.restore`."""
        state = read_state(snapshot, NbCusumState, version=VERSION, detector=cls.name)
        return cls(false_alarms_per_month=false_alarms_per_month, timezone=timezone, params=params, state=state)

    def _add(self, evidence: float, count: int, mean: float, variance: float) -> float:
        """The CUSUM after a minute with this count."""
        kappa, excess = self.params.kappa, (variance - mean) / mean  # alpha times the mean
        if excess > 1e-9:
            cost = (count + mean / excess) * math.log((1 + kappa * excess) / (1 + excess))
        else:
            cost = (kappa - 1) * mean
        return min(self.CEILING, max(0.0, evidence + count * self._log_kappa - cost))
