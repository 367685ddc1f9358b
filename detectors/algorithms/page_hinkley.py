"""The Page-Hinkley test: a slow rise of a brand's level, hour after hour, that no single hour betrays (river)."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import msgspec

from detectors.algorithms.base import Params
from detectors.algorithms.residuals import ResidualDetector, ResidualState

__all__ = ["PageHinkleyParams", "PageHinkleyState", "PageHinkleyTest"]


class PageHinkleyParams(Params, frozen=True):
    """By how many standard deviations an hour may lie above the mean without counting (delta)."""

    delta: Annotated[float, msgspec.Meta(ge=0.05, le=2.0)] = 0.5


class PageHinkleyState(ResidualState, array_like=True, kw_only=True):
    """What every such detector keeps, and the numbers a `PageHinkley` is made of."""

    hours: int = 0
    hours_mean: float = 0.0
    sum_increase: float = 0.0
    min_increase: float | None = None


class PageHinkleyTest(ResidualDetector):
    """river's Page-Hinkley test on the residuals of hourly counts, upwards only; surprise in standard deviations.

    river does this well: a change of the mean that grows slowly, at the cost of two additions an hour; an hour,
    because a rise that lasts is what it is for. The threshold follows from the budget: for unit-variance residuals
    with allowance delta, the run length between false alarms is about exp(2 delta h) / (2 delta^2) (Siegmund,
    Sequential Analysis, 1985; Page, Biometrika 41, 1954). See `ResidualDetector` for the rest.

    >>> from detectors.model import MinuteCounts
    >>> test = PageHinkleyTest(false_alarms_per_month=1, timezone="UTC")
    >>> test.score([MinuteCounts()], 0)[0].status.value
    'warming_up'
    """

    name: ClassVar[str] = "page-hinkley"
    PARAMS: ClassVar[type[Params]] = PageHinkleyParams
    STATE: ClassVar[type[ResidualState]] = PageHinkleyState
    keeps_budget: ClassVar[bool] = True
    BIN_MINUTES: ClassVar[int] = 60

    params: PageHinkleyParams
    state: PageHinkleyState

    def _limit(self) -> float:
        """In standard deviations."""
        delta = self.params.delta
        return max(1.0, math.log(2 * delta**2 * self._bins_per_alarm) / (2 * delta))

    def _prepare(self) -> None:
        from river.drift import PageHinkley  # see `DETECTORS`
        from river.stats import Mean

        # river's own threshold is out of reach: the alert's life is ours, and a reset would lose the mean.
        self._test = PageHinkley(min_instances=1, delta=self.params.delta, threshold=math.inf, alpha=1.0, mode="up")
        if self.state.hours:
            self._test._x_mean = Mean._from_state(self.state.hours, self.state.hours_mean)
            self._test._sum_increase = self.state.sum_increase
            self._test._min_increase = math.inf if self.state.min_increase is None else self.state.min_increase

    def _take(self, residual: float) -> float:
        test, state = self._test, self.state
        test.update(residual)  # type: ignore[no-untyped-call]
        # These have names of river's own; the contract test on snapshots notices if they change.
        state.hours, state.hours_mean = int(test._x_mean.n), test._x_mean.get()
        state.sum_increase, state.min_increase = test._sum_increase, test._min_increase
        return test._sum_increase - test._min_increase
