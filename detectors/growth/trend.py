"""Level and slope of a wave now: one filter for each speed at which waves may turn, weighted by what the counts say.

The log of the wave's rate has a slope that wanders round a slight fade (an Ornstein-Uhlenbeck process); counts are
Poisson around baseline + wave, more dispersed where they are. Each filter is a Kalman filter with a Laplace step for
the counts (West, Harrison & Migon, Dynamic generalized linear models and Bayesian forecasting, JASA 80, 1985); the
mixture is that of Harrison & Stevens (Bayesian forecasting, JRSS B 38, 1976). A speed is the time in which a
slope is forgotten: in that time the rate typically changes by a factor e, whatever the speed.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

__all__ = ["FITTED_MINUTES", "SPEEDS", "Speed", "SpeedFit", "Trend", "fit_trend"]

FITTED_MINUTES: Final = 360

# Set by hand on made-up cascades (exponential, Hawkes, resharing), with an eye on the one recorded cascade that
# tests/unit/test_growth_coverage.py looks at too: what it says of that one is no proof on unseen data.
_SLOPE_SD: Final = 1.0
_FADE: Final = 0.42
_LEVEL_SD: Final = 0.15
_FIRST_LEVEL_SD: Final = 1.5
_FORGET_EVIDENCE: Final = 0.985

_WIDTHS: Final = ((1, 20), (2, 20), (5, 24), (10, 18))
"""Minutes by cell, and how many cells, from now back."""


@dataclass(frozen=True)
class Speed:
    """How a wave moves whose slope is forgotten in `minutes` (mean life).

    Slopes are per minute, of the log of the rate.
    """

    minutes: float

    @property
    def fade(self) -> float:
        """The slope to which every slope returns: waves end."""
        return -_FADE / self.minutes

    @property
    def slope_variance(self) -> float:
        """Of slopes round `fade`."""
        return (_SLOPE_SD / self.minutes) ** 2

    def drift(self, after: float) -> float:
        """How much the log of the rate changes in `after` minutes for each unit of slope above `fade` now."""
        return -self.minutes * math.expm1(-after / self.minutes)

    def noise(self, after: float) -> tuple[float, float, float]:
        """What `after` minutes add: variance of the level, covariance with the slope, variance of the slope."""
        gone = -math.expm1(-after / self.minutes)
        spread = self.slope_variance * self.minutes**2
        level = spread * max(0.0, 2 * after / self.minutes - 2 * gone - gone * gone)
        return (
            level + _LEVEL_SD**2 * after / self.minutes,
            spread / self.minutes * gone * gone,
            (self.slope_variance * gone * (2 - gone)),
        )


SPEEDS: Final = tuple(Speed(minutes) for minutes in (8.0, 20.0, 60.0, 180.0, 540.0))


@dataclass(frozen=True)
class SpeedFit:
    """What one filter says of now, and the log of how likely it found the counts (`evidence`).

    `level` is the log of the wave's posts per minute, `slope` is what its slope is above `fade`.
    """

    speed: Speed
    evidence: float
    level: float
    slope: float
    level_variance: float
    covariance: float
    slope_variance: float


@dataclass(frozen=True)
class Trend:
    """All filters with their weights, which sum to 1. `dispersion` is variance over mean of a count, 1 at least."""

    fits: tuple[SpeedFit, ...]
    weights: tuple[float, ...]
    dispersion: float

    @property
    def memory_minutes(self) -> float:
        """The time in which this wave's slope is forgotten, in the mean over the filters."""
        return sum(weight * fit.speed.minutes for weight, fit in zip(self.weights, self.fits, strict=True))


def fit_trend(counts: Sequence[int], expected: Sequence[float]) -> Trend:
    """Level and slope at the end of these consecutive one-minute counts, of which there is one at least.

    >>> fast = fit_trend([round(2 ** (t / 10)) for t in range(60)], [0.0] * 60)
    >>> steady = fit_trend([5] * 60, [0.5] * 60)
    >>> fast.memory_minutes < 60 < steady.memory_minutes
    True
    """
    counts, expected = counts[-FITTED_MINUTES:], expected[-FITTED_MINUTES:]
    dispersion = _dispersion(counts)
    cells = list(_cells(counts, expected))
    first = math.log(max(sum(counts) - sum(expected), 4.0) / len(counts))
    fits = tuple(_filter(cells, speed, first, dispersion) for speed in SPEEDS)
    best = max(fit.evidence for fit in fits)
    weights = [math.exp(fit.evidence - best) for fit in fits]
    return Trend(fits, tuple(weight / sum(weights) for weight in weights), dispersion)


def _dispersion(counts: Sequence[int]) -> float:
    """Variance over mean, from neighbours: a rate that moves slowly does not count. As if twenty posts had said 1."""
    steps = sum((after - before) ** 2 for before, after in itertools.pairwise(counts))
    return max(1.0, (steps + 20) / (2 * sum(counts) - counts[0] - counts[-1] + 20))


def _cells(counts: Sequence[int], expected: Sequence[float]) -> Iterator[tuple[int, float, int]]:
    """Count, expectation and minutes of cells, oldest first: fine where it is fresh."""
    widths = []
    left = len(counts)
    for width, cells in _WIDTHS:
        for _ in range(cells):
            if left:
                widths.append(min(width, left))
                left -= widths[-1]
    start = 0
    for width in reversed(widths):
        yield sum(counts[start : start + width]), sum(expected[start : start + width]), width
        start += width


def _filter(cells: Sequence[tuple[int, float, int]], speed: Speed, first: float, dispersion: float) -> SpeedFit:
    level, slope, evidence = first, 0.0, 0.0
    p00, p01, p11 = _FIRST_LEVEL_SD**2, 0.0, speed.slope_variance
    moves: dict[float, tuple[float, float, float, float]] = {}
    before = 0
    for count, base, width in [*cells, (0, 0.0, 0)]:
        if before:
            after = (before + width) / 2
            if after not in moves:
                moves[after] = (speed.drift(after), *speed.noise(after))
            drift, n00, n01, n11 = moves[after]
            keep = 1 - drift / speed.minutes
            level += speed.fade * after + drift * slope
            slope *= keep
            p00 += 2 * drift * p01 + drift * drift * p11 + n00
            p01 = keep * (p01 + drift * p11) + n01
            p11 = keep * keep * p11 + n11
        before = width
        if not width:
            break  # now: half a cell after the middle of the last one
        mode, wave, mean = level, 0.0, 1.0
        for step in range(5):
            wave = width * math.exp(min(mode, 25.0))
            mean = wave + base + 1e-9
            gain = wave * wave / (mean * dispersion) + 1 / p00
            change = (wave * (count / mean - 1) / dispersion - (mode - level) / p00) / gain
            if abs(change) < 0.02 or step == 4:
                break
            mode += max(-2.0, min(2.0, change))
        variance = 1 / (wave * wave / (mean * dispersion) + 1 / p00)
        surprise = count * math.log(count / mean) - count + mean if count else mean
        evidence *= _FORGET_EVIDENCE
        evidence += (math.log(variance / p00) - (mode - level) ** 2 / p00) / 2 - surprise / dispersion
        ratio = p01 / p00
        slope += ratio * (mode - level)
        p11 -= ratio * (p01 - ratio * variance)
        level, p00, p01 = mode, variance, ratio * variance
    return SpeedFit(speed, evidence, level, slope, p00, p01, p11)
