"""A brand's own rhythm: how many negative mentions a minute of this hour usually brings."""

from __future__ import annotations

import math
from zoneinfo import ZoneInfo

import msgspec

from detectors.model import from_ms

__all__ = ["Baseline", "BaselineState", "LocalSlots"]

SLOTS = 48
DAY = 1440
_QUARTER_MS = 15 * 60_000


class LocalSlots:
    """Which slot of the week (hour of the local day, 24 more on weekends) a moment falls in.

    >>> LocalSlots("Europe/Paris").slot(0)      # Thursday, 1 January 1970, 01:00 in Paris
    1
    """

    def __init__(self, timezone: str) -> None:
        self._zone = ZoneInfo(timezone)
        self._quarter = -1
        self._slot = 0

    def slot(self, start_ms: int) -> int:
        """0 to 47. Offsets of time zones are multiples of 15 minutes, so one look-up serves a quarter."""
        quarter = start_ms // _QUARTER_MS
        if quarter != self._quarter:
            local = from_ms(start_ms).astimezone(self._zone)
            self._slot = local.hour + (24 if local.weekday() >= 5 else 0)
            self._quarter = quarter
        return self._slot


class BaselineState(msgspec.Struct, array_like=True):
    """Discounted sums: counts and exposures of the level and of each slot, and of the dispersion."""

    level_count: float = 0.0
    level_exposure: float = 0.0
    slot_counts: list[float] = msgspec.field(default_factory=lambda: [0.0] * SLOTS)
    slot_exposures: list[float] = msgspec.field(default_factory=lambda: [0.0] * SLOTS)
    excess: float = 0.0
    squares: float = 1e-9
    alpha: float = 0.3
    buckets: int = 0


class Baseline:
    """Level x slot, both discounted gamma-Poisson (West & Harrison, Bayesian Forecasting, 1997, ch. 10).

    Counts are taken as negative-binomial: variance = mean + alpha * mean**2, with alpha by the method of
    moments, forgetting. All rates are per bucket of one minute.

    The first day has no shape yet: its level runs after the hours, so hours measured against it would come out
    wrong, and stay so for weeks. Its slots count plain minutes, which are weighed with the day's own level when
    the day is over.
    """

    LEVEL_KEEP = 0.5 ** (1 / 2880)
    """The level halves its memory in two days."""
    SLOT_KEEP = 0.5 ** (1 / (14 * 60))
    """A slot lives 60 minutes a day: its memory halves in 14 of its days."""
    DISPERSION_KEEP = 0.5 ** (1 / 4320)
    SLOT_PRIOR = 20.0
    CLIP = 5.0
    """A count further than this many standard deviations above the mean is learned as if it were there."""

    def __init__(self, timezone: str, state: BaselineState | None = None) -> None:
        self.state = state or BaselineState()
        self._slots = LocalSlots(timezone)

    def expect(self, start_ms: int) -> tuple[float, float]:
        """Mean and variance of the count of the bucket that starts then."""
        level, share, _ = self._parts(start_ms)
        mean = max(level * share, 1e-4)
        return mean, mean + self.state.alpha * mean * mean

    def learn(self, count: int, start_ms: int) -> None:
        """Take the closed bucket into the habits."""
        state = self.state
        level, share, slot = self._parts(start_ms)
        mean = max(level * share, 1e-4)
        variance = mean + state.alpha * mean * mean
        clipped = min(count, mean + self.CLIP * math.sqrt(variance) + 1)
        state.level_count = self.LEVEL_KEEP * state.level_count + clipped
        state.level_exposure = self.LEVEL_KEEP * state.level_exposure + share
        state.slot_counts[slot] = self.SLOT_KEEP * state.slot_counts[slot] + clipped
        exposure = level if state.buckets >= DAY else 1.0
        state.slot_exposures[slot] = self.SLOT_KEEP * state.slot_exposures[slot] + exposure
        state.buckets += 1
        if state.buckets == DAY:
            state.slot_exposures = [exposure * self._level() for exposure in state.slot_exposures]
        error = clipped - mean
        state.excess = self.DISPERSION_KEEP * state.excess + (error * error - mean)
        state.squares = self.DISPERSION_KEEP * state.squares + mean * mean
        state.alpha = min(5.0, max(0.005, (state.excess + 0.4) / (state.squares + 2)))

    def _parts(self, start_ms: int) -> tuple[float, float, int]:
        """Level, the slot's share of it, and the slot.

        A slot that is young leans on its hour: the neighbouring hours of all days, in the ratio 1:2:1.
        """
        state = self.state
        slot = self._slots.slot(start_ms)
        if state.buckets < DAY:
            return self._level(), 1.0, slot
        counts, exposures, prior = state.slot_counts, state.slot_exposures, self.SLOT_PRIOR
        hour_count = hour_exposure = 0.0
        for offset, weight in ((-1, 0.5), (0, 1.0), (1, 0.5)):
            hour = (slot + offset) % 24
            hour_count += weight * (counts[hour] + counts[hour + 24])
            hour_exposure += weight * (exposures[hour] + exposures[hour + 24])
        hour_share = (hour_count + prior) / (hour_exposure + prior)
        share = (counts[slot] + prior * hour_share) / (exposures[slot] + prior)
        return self._level(), share, slot

    def _level(self) -> float:
        return (self.state.level_count + 0.02) / (self.state.level_exposure + 0.1)
