"""A brand's own rhythm: how many negative mentions a minute of this hour usually brings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from detectors.model import from_ms

__all__ = ["SLOTS", "Baseline", "BaselineState", "LocalSlots", "usual_shape"]

SLOTS: Final = 48
DAY: Final = 1440
NEW_KIND_DOUBT: Final = 0.004
"""The doubt of a kind of day, a weekday or one of a weekend, of which none was seen."""
NEW_BRAND_DOUBT: Final = 1.0
"""The doubt of the hours of a brand of which no day was seen; it halves four times a day."""
YOUNG_DAYS: Final = 14.0
"""After that, what is wrong with the level shows in the spread that was learned."""
_QUARTER_MS: Final = 15 * 60_000

_WAKING_DAY: Final = (
    *(0.56, 0.39, 0.29, 0.22, 0.22, 0.31, 0.51, 0.77, 1.02, 1.22, 1.33, 1.38),
    *(1.38, 1.38, 1.38, 1.38, 1.38, 1.38, 1.33, 1.28, 1.28, 1.22, 1.07, 0.82),
)
"""How much people write in each hour of their day, 1 on average: asleep at 4 h, awake from 8 h to 22 h."""
_WEEKEND: Final = 0.8


def usual_shape(timezone: str) -> list[float]:
    """What is thought of a day before anything is known of the brand: the share of the level in each slot.

    For a time zone it is people's waking day. "UTC" is what a brand has whose place nobody told: flat.

    >>> usual_shape("UTC") == [1.0] * 48
    True
    >>> usual_shape("Europe/Paris")[4] < 0.3 < 1 < usual_shape("Europe/Paris")[14]
    True
    """
    if timezone == "UTC":
        return [1.0] * SLOTS
    return [*_WAKING_DAY, *(_WEEKEND * share for share in _WAKING_DAY)]


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
    """Discounted sums: counts and exposures of the level and of each slot, and of the dispersion.

    `shape` is what was thought of the day before anything was known; `days` says of weekdays and of weekends how
    many days of them were learned. `slot` is the newest that was learned, and `share` what was thought of it when it
    began: within its hour that stays, so an hour is not measured against itself.
    """

    level_count: float = 0.0
    level_exposure: float = 0.0
    slot_counts: list[float] = msgspec.field(default_factory=lambda: [0.0] * SLOTS)
    slot_exposures: list[float] = msgspec.field(default_factory=lambda: [0.0] * SLOTS)
    excess: float = 0.0
    squares: float = 1e-9
    alpha: float = 0.3
    buckets: int = 0
    days: list[float] = msgspec.field(default_factory=lambda: [0.0, 0.0])
    shape: list[float] = []
    slot: int = -1
    share: float = 1.0


class Baseline:
    """Level x slot, both discounted gamma-Poisson (West & Harrison, Bayesian Forecasting, 1997, ch. 10).

    Counts are taken as negative-binomial: variance = mean + alpha * mean**2, with alpha by the method of
    moments, forgetting. All rates are per bucket of one minute.

    The first day is measured against the prior shape alone: its level runs after the hours, so hours measured
    against that would come out wrong, and stay so for weeks. Its slots count plain minutes, which are weighed
    with the day's own level when the day is over. From then on a slot leans on its hour of the day, that on its
    neighbours (1:2:1), and those on the prior shape; each the less the more is known.
    """

    DISPERSION_KEEP = 0.5 ** (1 / 4320)
    SHAPE_PRIOR = 20.0
    CLIP = 5.0
    """A count further than this many standard deviations above the mean is learned as if it were there."""
    NEW_KIND = 1.0
    """A day of a kind of which nothing is known moves the level by this part of what a known day does."""

    def __init__(
        self,
        timezone: str,
        state: BaselineState | None = None,
        *,
        level_half_life_days: float = 4.0,
        slot_half_life_days: float = 14.0,
        slot_prior: float = 10.0,
    ) -> None:
        self.state = state or BaselineState()
        if not self.state.shape:
            self.state.shape = usual_shape(timezone)
        self._slots = LocalSlots(timezone)
        self._level_keep = 0.5 ** (1 / (level_half_life_days * DAY))
        self._slot_keep = 0.5 ** (1 / (slot_half_life_days * 60))  # a slot lives 60 minutes a day
        self._slot_prior = slot_prior

    def start_from(self, shape: Sequence[float]) -> None:
        """Think of the day as `shape` says (48 shares), as long as nothing was learned."""
        if not self.state.buckets:
            self.state.shape = list(shape)

    def expect(self, start_ms: int) -> tuple[float, float]:
        """Mean and variance of the count of the bucket that starts then."""
        mean, variance, _ = self.outlook(start_ms)
        return mean, variance

    def outlook(self, start_ms: int) -> tuple[float, float, float]:
        """Mean, variance, and doubt: how wrong the mean may be because little was learned yet (relative variance).

        The doubt has three parts: of this kind of day, of any hour, and of the level, so few posts being known.
        """
        state = self.state
        slot = self._slots.slot(start_ms)
        share = state.share if slot == state.slot else self._share(slot)
        mean = (state.level_count + 0.02) / (state.level_exposure + 0.1) * share
        if mean < 1e-4:
            mean = 1e-4
        days = state.days
        age = days[0] + days[1]
        doubt = NEW_KIND_DOUBT / (1.0 + days[slot >= 24])
        if age < YOUNG_DAYS:
            doubt += NEW_BRAND_DOUBT * 0.5 ** (4.0 * age) + 0.5**age / (1.0 + state.level_count)
        return mean, mean + state.alpha * mean * mean, doubt

    def learn(self, count: int, start_ms: int) -> None:
        """Take the closed bucket into the habits."""
        state = self.state
        slot = self._slots.slot(start_ms)
        if slot != state.slot:
            state.share, state.slot = self._share(slot), slot
        share, keep = state.share, self._level_keep
        level = (state.level_count + 0.02) / (state.level_exposure + 0.1)
        mean = level * share
        if mean < 1e-4:
            mean = 1e-4
        squared = mean * mean
        clipped: float = count
        if count > mean + 1:
            clipped = min(count, mean + self.CLIP * math.sqrt(mean + state.alpha * squared) + 1)
        days, kind = state.days, slot // 24
        known = days[kind] + self.NEW_KIND
        weight = known / (known + 1)
        days[kind] += 1 / DAY
        state.level_count = keep * state.level_count + weight * clipped
        state.level_exposure = keep * state.level_exposure + weight * share
        keep = self._slot_keep
        state.slot_counts[slot] = keep * state.slot_counts[slot] + clipped
        state.slot_exposures[slot] = keep * state.slot_exposures[slot] + (level if state.buckets >= DAY else 1.0)
        state.buckets += 1
        if state.buckets == DAY:
            level = (state.level_count + 0.02) / (state.level_exposure + 0.1)
            state.slot_exposures = [exposure * level for exposure in state.slot_exposures]
        error = clipped - mean
        keep = self.DISPERSION_KEEP
        state.excess = keep * state.excess + (error * error - mean)
        state.squares = keep * state.squares + squared
        alpha = (state.excess + 0.4) / (state.squares + 2)
        state.alpha = 0.005 if alpha < 0.005 else min(alpha, 5.0)

    def shape(self) -> list[float]:
        """The 48 shares as they are known now, 1 on average over a weekday: for brands that are still to come."""
        shares = [self._share(slot) for slot in range(SLOTS)]
        mean = sum(shares[:24]) / 24
        return [share / mean for share in shares]

    def _share(self, slot: int) -> float:
        """The slot's share of the level, from all that is known now."""
        state = self.state
        if state.buckets < DAY:
            return state.shape[slot]
        counts, exposures, shape = state.slot_counts, state.slot_exposures, state.shape
        hour = slot % 24
        before, after = (hour + 23) % 24, (hour + 1) % 24
        count = exposure = thought = 0.0
        for near, weight in ((before, 0.5), (hour, 1.0), (after, 0.5)):
            count += weight * (counts[near] + counts[near + 24])
            exposure += weight * (exposures[near] + exposures[near + 24])
            thought += weight * shape[near]
        thought /= 2
        share = (count + self.SHAPE_PRIOR * thought) / (exposure + self.SHAPE_PRIOR) * shape[slot] / thought
        prior = self._slot_prior
        return (counts[slot] + prior * share) / (exposures[slot] + prior)
