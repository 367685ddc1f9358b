"""Kleinberg's burst automaton: is it cheaper to say that a burst is on?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Self

import msgspec

from detectors.algorithms.base import Params, read_state
from detectors.model import MinuteCounts, Score, ScoreStatus

__all__ = ["Kleinberg", "KleinbergParams", "KleinbergState"]

VERSION = 1
BIN_MINUTES = 10
BINS_PER_MONTH = 30 * 1440 // BIN_MINUTES


class KleinbergParams(Params, frozen=True):
    """How many times the usual rate a burst has (s of the paper), and the cost of entering one (gamma)."""

    scaling: Annotated[float, msgspec.Meta(ge=1.2, le=10.0)] = 2.0
    gamma: Annotated[float, msgspec.Meta(ge=0.1, le=10.0)] = 1.0


class KleinbergState(msgspec.Struct, array_like=True):
    """The bin that is filling, the usual rate as a discounted count and its minutes, and the cost difference.

    `lead` is the cost of the cheapest path that ends in the quiet state less that of the cheapest that ends in the
    burst, after the last full bin.
    """

    version: int = 0
    learned: int = 0
    filled: int = 0
    filling: int = 0
    usual_count: float = 0.0
    usual_minutes: float = 0.0
    lead: float = 0.0
    frozen: int = 0


class Kleinberg:
    """Two states, quiet and burst, over bins of ten minutes; the cheapest path is known at every minute.

    A state costs the negative log-likelihood of the bin's Poisson count at its rate, the usual one or `scaling` times
    that; entering the burst costs gamma ln n, leaving it nothing. A path is cheaper by the log-likelihood ratio count
    ln s - minutes rate (s - 1) of every bin in the burst, so that only the difference need be kept (Viterbi,
    forward). The surprise is that difference plus the cost of entering: the evidence since the last quiet moment.
    Above the threshold, gamma ln n, the cheapest path ends in the burst.

    Left open by the paper, which looks back at a finished series, and chosen here: n is the bins of a month; the
    usual rate is a mean with a memory that halves in a week, and stands still while an alert is on (for 12 h at
    most). Bins are ten minutes, as Poisson counts of the bin that is filling can be judged as far as it has come.
    Neither day nor week is taken out. Says WARMING_UP for three days.

    Source: Kleinberg, Bursty and hierarchical structure in streams, KDD 2002,
    https://www.cs.cornell.edu/home/kleinber/bhs.pdf; s = 2 and gamma = 1 as there.

    >>> bursts = Kleinberg(false_alarms_per_month=1, timezone="UTC")
    >>> for minute in range(4 * 1440):
    ...     bursts.learn(MinuteCounts.bare(1), minute * 60_000, alerting=False)
    >>> scores = bursts.score([MinuteCounts.bare(5)] * 4, 4 * 1440 * 60_000)
    >>> [round(score.surprise, 1) for score in scores], round(scores[0].threshold, 1), scores[-1].exceeds
    ([2.5, 5.0, 7.4, 9.9], 8.4, True)
    """

    name: ClassVar[str] = "kleinberg"
    PARAMS: ClassVar[type[Params]] = KleinbergParams
    keeps_budget: ClassVar[bool] = False

    WARM_UP_MINUTES: ClassVar[int] = 3 * 1440
    MAX_FROZEN_MINUTES: ClassVar[int] = 720
    KEEP: ClassVar[float] = 0.5 ** (BIN_MINUTES / (7 * 1440))

    def __init__(
        self,
        *,
        false_alarms_per_month: float,
        timezone: str,
        params: KleinbergParams | None = None,
        state: KleinbergState | None = None,
    ) -> None:
        self.params = params or KleinbergParams()
        self._log_scaling = math.log(self.params.scaling)
        self._entering = self.params.gamma * math.log(BINS_PER_MONTH)
        self.state = state or KleinbergState(VERSION, lead=-self._entering)

    def score(self, counts: Sequence[MinuteCounts], start_ms: int) -> list[Score]:
        """See `Detector.score`. `surprise` is in nats."""
        state = self.state if len(counts) == 1 else msgspec.structs.replace(self.state)
        scores: list[Score] = []
        for position, count in enumerate(counts):
            if position:
                self._close(state, counts[position - 1].negative, alerting=False)
            warm = state.learned >= self.WARM_UP_MINUTES
            rate = self._rate(state)
            scores.append(
                Score(
                    status=ScoreStatus.OK if warm else ScoreStatus.WARMING_UP,
                    surprise=self._lead(state, count.negative) + self._entering if warm else None,
                    threshold=self._entering if warm else None,
                    observed=float(state.filling + count.negative),
                    expected=rate * (state.filled + 1),
                    expected_per_min=rate,
                )
            )
        return scores

    def learn(self, counts: MinuteCounts, start_ms: int, *, alerting: bool) -> None:
        """See `Detector.learn`."""
        self._close(self.state, counts.negative, alerting=alerting)

    def skip(self, buckets: int) -> None:
        """See `Detector.skip`: the automaton is quiet again."""
        self.state.filled = self.state.filling = 0
        self.state.lead = -self._entering

    def snapshot(self) -> bytes:
        """See `Detector.snapshot`."""
        return msgspec.msgpack.encode(self.state)

    @classmethod
    def restore(cls, snapshot: bytes, *, false_alarms_per_month: float, timezone: str, params: Any = None) -> Self:
        """See `Detector.restore`."""
        state = read_state(snapshot, KleinbergState, version=VERSION, detector=cls.name)
        return cls(false_alarms_per_month=false_alarms_per_month, timezone=timezone, params=params, state=state)

    def _rate(self, state: KleinbergState) -> float:
        """Usual mentions a minute; for a brand that never had one, one in the time it was watched."""
        return (state.usual_count + 1.0) / (state.usual_minutes + 60.0)

    def _lead(self, state: KleinbergState, count: int) -> float:
        """What `lead` is once the minute with this count is in, were the bin to end there."""
        usual = self._rate(state) * (state.filled + 1)
        gain = (state.filling + count) * self._log_scaling - usual * (self.params.scaling - 1.0)
        return gain + max(-self._entering, min(0.0, state.lead))

    def _close(self, state: KleinbergState, count: int, *, alerting: bool) -> None:
        lead = self._lead(state, count)
        state.filling += count
        state.filled += 1
        state.learned += 1
        if state.filled < BIN_MINUTES:
            return
        state.lead = lead
        if alerting and state.frozen < self.MAX_FROZEN_MINUTES:
            state.frozen += BIN_MINUTES
        else:
            if not alerting:
                state.frozen = max(0, state.frozen - BIN_MINUTES)
            state.usual_count = self.KEEP * state.usual_count + state.filling
            state.usual_minutes = self.KEEP * state.usual_minutes + BIN_MINUTES
        state.filled = state.filling = 0
