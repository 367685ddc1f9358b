"""What the rules have in common that compare a count of the last hours with what the days before brought."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any, ClassVar, NamedTuple, Self

import msgspec

from detectors.algorithms.base import Params, read_state
from detectors.algorithms.windows import Windows, WindowsState
from detectors.model import MINUTE_MS, MinuteCounts, Score, ScoreStatus

__all__ = ["DAY", "HOUR", "WEEK", "Comparison", "RuleState", "WindowRule", "ratio"]

VERSION = 1
HOUR = 60
DAY = 24 * HOUR
WEEK = 7 * DAY
LEAST_EXPECTED = 1.0


class Comparison(NamedTuple):
    """What a rule found: the count, what is usual for it, their surprise, the usual count per minute."""

    observed: float
    expected: float
    surprise: float
    expected_per_min: float


def ratio(observed: float, expected: float) -> float:
    """How many times the usual; less than one mention is no usual to be a multiple of, and counts as one.

    >>> ratio(6, 2.0), ratio(0, 0.0), ratio(3, 0.01)
    (3.0, 0.0, 3.0)
    """
    return observed / max(expected, LEAST_EXPECTED)


class RuleState(msgspec.Struct, array_like=True, kw_only=True):
    """The windows, and what the last check found, for a rule that does not check every minute."""

    version: int = 0
    windows: WindowsState = msgspec.field(default_factory=WindowsState)
    checked: Comparison | None = None


class WindowRule:
    """A rule with a fixed threshold: it keeps that and no budget of false alarms.

    A rule tells its windows and its threshold as class variables and compares in `_compare`. It knows no
    alert: as with those who publish such rules, its windows take in every count, `alerting` or not. Minutes
    without data count as usual ones. See `Detector` for the methods.
    """

    name: ClassVar[str]
    PARAMS: ClassVar[type[Params]]
    keeps_budget: ClassVar[bool] = False

    STATE: ClassVar[type[RuleState]] = RuleState
    BIN_MINUTES: ClassVar[int] = 5
    KEPT_MINUTES: ClassVar[int]
    WARM_UP_MINUTES: ClassVar[int]
    CHECK_MINUTES: ClassVar[int] = 1
    """The rule looks when the clock (UTC) is at a multiple of this; in between its last finding stands."""

    params: Any

    def __init__(
        self,
        *,
        false_alarms_per_month: float,
        timezone: str,
        params: Params | None = None,
        state: RuleState | None = None,
    ) -> None:
        self.params = params if params is not None else self.PARAMS()
        self.state = state or self.STATE(version=VERSION)
        self.windows = Windows(self.BIN_MINUTES, self.KEPT_MINUTES, self.state.windows)
        self._threshold = self._limit()

    def score(self, counts: Sequence[MinuteCounts], start_ms: int) -> list[Score]:
        """See `Detector.score`."""
        rule = self if len(counts) == 1 else self._twin()
        scores: list[Score] = []
        for position, count in enumerate(counts):
            if position:
                rule._close(counts[position - 1].negative, start_ms)
                start_ms += MINUTE_MS
            found = rule._judge(count.negative, start_ms)
            warm = rule.windows.learned >= self.WARM_UP_MINUTES
            scores.append(
                Score(
                    status=ScoreStatus.OK if warm else ScoreStatus.WARMING_UP,
                    surprise=found.surprise if warm else None,
                    threshold=self._threshold if warm else None,
                    observed=found.observed,
                    expected=found.expected,
                    expected_per_min=found.expected_per_min,
                )
            )
        return scores

    def learn(self, counts: MinuteCounts, start_ms: int, *, alerting: bool) -> None:
        """See `Detector.learn`."""
        self._close(counts.negative, start_ms)

    def skip(self, buckets: int) -> None:
        """See `Detector.skip`."""
        self.windows.skip(buckets)
        self.state.checked = None

    def snapshot(self) -> bytes:
        """See `Detector.snapshot`."""
        self.state.windows = self.windows.state()
        return msgspec.msgpack.encode(self.state)

    @classmethod
    def restore(cls, snapshot: bytes, *, false_alarms_per_month: float, timezone: str, params: Any = None) -> Self:
        """See `Detector.restore`."""
        state = read_state(snapshot, cls.STATE, version=VERSION, detector=cls.name)
        return cls(false_alarms_per_month=false_alarms_per_month, timezone=timezone, params=params, state=state)

    def _limit(self) -> float:
        """What the surprise must exceed."""
        return float(self.params.factor)

    def _compare(self, count: int) -> Comparison:
        """What the rule finds in the windows and in the minute that closes with this count."""
        raise NotImplementedError

    def _judge(self, count: int, start_ms: int) -> Comparison:
        if self.state.checked is not None and not self._checks(start_ms):
            return self.state.checked
        return self._compare(count)

    def _close(self, count: int, start_ms: int) -> None:
        if self.CHECK_MINUTES > 1 and self._checks(start_ms):
            self.state.checked = self._compare(count)
        self.windows.add(count)

    def _checks(self, start_ms: int) -> bool:
        return (start_ms // MINUTE_MS + 1) % self.CHECK_MINUTES == 0

    def _twin(self) -> Self:
        twin = copy(self)
        twin.state, twin.windows = copy(self.state), self.windows.copy()
        return twin
