"""Made-up series of counts whose truth is known: lives without a crisis, and cascades put into them.

For measuring detectors over many brands and months, where posts (`detectors.simulation`) would cost too much.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["DAY_MINUTES", "Cascade", "Ordinary", "cascade_per_min", "dispersion", "ordinary_counts"]

DAY_MINUTES: Final = 1440
_WANDERING_MINUTES: Final = 60

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Ordinary:
    """The life of one brand without a crisis, minute by minute from a Monday, 00:00 UTC, on.

    `rate_per_min` is the mean over the first weekdays. Each brand draws its own rhythm: when its day peaks, how
    deep its night is, how quiet its weekend. Counts are negative-binomial (variance = mean + alpha mean^2, alpha from
    0.05 to 0.4 by minute); with `wandering` half of that variance comes from a rate that wanders over an
    hour, as conversations do. With `drift` the level moves as a random walk of 5 % a day, by up to 1 % a day on top.
    """

    rate_per_min: float
    seed: int
    days: int = 56
    drift: bool = False
    wandering: bool = False


@dataclass(frozen=True)
class Cascade:
    """A wave of negative posts: it doubles every `doubling_min`, peaks at `peak_times` the usual, fades as slowly."""

    start_min: int
    doubling_min: float
    peak_times: float


def ordinary_counts(life: Ordinary) -> tuple[Counts, NDArray[np.float64]]:
    """Counts by minute, and the true rate they were drawn from.

    >>> counts, rates = ordinary_counts(Ordinary(2.0, seed=1, days=7))
    >>> len(counts), bool(1.2 < rates.mean() < 2.2), bool(0.9 < counts.mean() / rates.mean() < 1.1)
    (10080, True, True)
    """
    rates, alpha, share, rng = _habits(life)
    shaken = rates * rng.gamma(1 / (alpha * share), alpha * share, len(rates))
    if life.wandering:
        shaken *= _wander(rng, len(rates), alpha * (1 - share))
    return rng.poisson(shaken), rates


def dispersion(life: Ordinary) -> float:
    """The alpha of what is new in each minute: all of it, or the half that does not wander.

    >>> steady, wandering = (dispersion(Ordinary(2.0, seed=1, wandering=wandering)) for wandering in (False, True))
    >>> 0.05 <= steady <= 0.4, wandering == steady / 2
    (True, True)
    """
    _, alpha, share, _ = _habits(life)
    return alpha * share


def cascade_per_min(cascade: Cascade, rates: NDArray[np.float64]) -> NDArray[np.float64]:
    """What the cascade adds to the mean of each minute of a life with these rates.

    It starts at a twentieth of the usual rate and at no less than one post an hour; the peak is measured in
    the mean rate of the day around the start, of an hour-long mean of one post at least.

    >>> extra = cascade_per_min(Cascade(100, doubling_min=10, peak_times=8), np.full(400, 2.0))
    >>> bool(extra[:100].any()), round(float(extra.max()), 1), int(extra.argmax())
    (False, 15.8, 173)
    """
    start, doubling = cascade.start_min, cascade.doubling_min
    usual = max(float(rates[max(0, start - 720) : start + 720].mean()), 1 / 60)
    first, peak = max(usual / 20, 1 / 60), usual * cascade.peak_times
    rise = doubling * np.log2(peak / first)
    age = np.arange(len(rates)) - start
    level = np.where(
        age <= rise,
        first * 2.0 ** (np.clip(age, 0, rise) / doubling),
        peak * 0.5 ** (np.maximum(age - rise, 0) / (2 * doubling)),
    )
    return np.asarray(np.where((age < 0) | (age > rise + 16 * doubling), 0.0, level))


def _habits(life: Ordinary) -> tuple[NDArray[np.float64], float, float, np.random.Generator]:
    """Rates by minute, alpha, the share of it that is new in each minute, and the dice for the counts."""
    rng = np.random.default_rng([life.seed, round(life.rate_per_min * 1000)])
    minutes = np.arange(life.days * DAY_MINUTES)
    rates = life.rate_per_min * _rhythm(rng, minutes)
    drift_rng, count_rng = np.random.default_rng(rng.integers(2**63)), np.random.default_rng(rng.integers(2**63))
    if life.drift:
        rates = rates * _drift(drift_rng, life.days)
    return rates, drift_rng.uniform(0.05, 0.4), 0.5 if life.wandering else 1.0, count_rng


def _rhythm(rng: np.random.Generator, minutes: NDArray[np.int64]) -> NDArray[np.float64]:
    peak_hour, depth, second = rng.uniform(10, 21), rng.uniform(0.3, 0.9), rng.uniform(0.0, 0.25)
    weekend = rng.uniform(0.5, 1.1)
    angle = 2 * np.pi * (minutes / 60 - peak_hour) / 24
    shape = 1 + depth * np.cos(angle) + second * np.cos(2 * angle)
    return np.asarray(np.maximum(shape, 0.05) * np.where(minutes // DAY_MINUTES % 7 >= 5, weekend, 1.0))


def _drift(rng: np.random.Generator, days: int) -> NDArray[np.float64]:
    steps = rng.normal(rng.uniform(-0.01, 0.01), 0.05, days + 1)
    walk = np.concatenate([[0.0], np.cumsum(steps)])
    return np.asarray(np.exp(np.interp(np.arange(days * DAY_MINUTES) / DAY_MINUTES, np.arange(days + 2), walk)))


def _wander(rng: np.random.Generator, minutes: int, variance: float) -> NDArray[np.float64]:
    """A positive process of mean 1 with this variance, whose memory is an hour."""
    knots = minutes // 10 + 2
    keep = float(np.exp(-10 / _WANDERING_MINUTES))
    noise = rng.normal(0, np.sqrt(1 - keep * keep), knots)
    noise[0] = rng.normal()
    for knot in range(1, knots):
        noise[knot] += keep * noise[knot - 1]
    spread = np.sqrt(np.log1p(variance))
    wave = np.interp(np.arange(minutes) / 10, np.arange(knots), noise)
    return np.asarray(np.exp(spread * wave - spread**2 / 2))
