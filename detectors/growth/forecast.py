"""Where a wave goes: posts of the next hour and of the busiest hour, as quantiles over many futures of its trend.

The futures are the same ones each time: normal deviates at the points of a low-discrepancy sequence
(https://extremelearning.com.au/unreasonable-effectiveness-of-quasirandom-sequences/), put through the main
components of what the slope of each speed may do. A future counts as much as its speed has weight.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.growth.trend import Speed, SpeedFit, Trend
from detectors.model import Range

__all__ = ["hour_ranges"]

Floats = NDArray[np.float64]

_FUTURES: Final = 128
_COMPONENTS: Final = 5
_BASELINE_SD: Final = 0.2
"""Of the log of the baseline: what is usual is not known to the last post."""
# What comes strays less from the median than the futures do, by these powers, most so in the middle: set with the
# constants of the trend. Of the busiest hour only what is above: futures do not know that people run out.
_HOUR_POWERS: Final = np.array([0.92, 0.86, 1.0, 0.86, 0.92])
_PEAK_POWERS: Final = np.array([1.0, 1.0, 1.0, 0.65, 0.65])
_HIGHEST_LOG: Final = 25.0
_QUANTILES: Final = np.array([0.05, 0.25, 0.5, 0.75, 0.95])

# The ends of the stretches of the future, in minutes. Past the first hour, that of an hour before is always among them.
_ENDS: Final = np.array(
    [*range(0, 60, 5), *range(60, 120, 10), *range(120, 360, 20), *range(360, 721, 60)], dtype=float
)
_FIRST_HOUR: Final = int(np.searchsorted(_ENDS, 60))
_HOUR_BEFORE: Final = np.searchsorted(_ENDS, _ENDS[_FIRST_HOUR:] - 60)
_IS_HOUR: Final = _ENDS[_HOUR_BEFORE] == _ENDS[_FIRST_HOUR:] - 60


def hour_ranges(trend: Trend, counts: Sequence[int], expected: Sequence[float]) -> tuple[Range, Range]:
    """Negative mentions of the next hour, and of the busiest hour of the wave, past or within twelve hours to come.

    The baseline stays as it was in the newest hour. No busiest hour is below what was already seen.
    """
    usual = float(np.mean(expected[-60:]))
    recent = np.cumsum([0, *reversed(counts[-60:])])
    seen = float(_busiest_hour(counts))
    # An hour that ends in s minutes holds the newest 60 - s minutes too.
    already = recent[np.minimum(60 - _ENDS[1:_FIRST_HOUR].astype(int), len(recent) - 1)]
    next_hours, peaks, weights = [], [], []
    for fit, weight in zip(trend.fits, trend.weights, strict=True):
        if weight < 0.005:
            continue
        total = _futures(fit, usual)
        luck = _deviates()[:, -1]
        mean = total[:, _FIRST_HOUR]
        # A Poisson count is nearly normal by its root (Anscombe, Biometrika 35, 1948).
        root = np.sqrt(mean + 0.375) + luck * math.sqrt(trend.dispersion) / 2
        next_hours.append(np.maximum(0.0, np.maximum(0.0, root) ** 2 - 0.375))
        hours = np.concatenate(
            [total[:, 1:_FIRST_HOUR], (total[:, _FIRST_HOUR:] - total[:, _HOUR_BEFORE])[:, _IS_HOUR]], axis=1
        )
        hours += luck[:, None] * np.sqrt(trend.dispersion * hours)
        hours[:, : len(already)] += already
        peaks.append(np.maximum(seen, hours.max(axis=1)))
        weights.append(np.full(len(total), weight))
    weight_of = np.concatenate(weights)
    next_hour = _quantiles(np.concatenate(next_hours), weight_of)
    peak_hour = _quantiles(np.concatenate(peaks), weight_of)
    return _range(_drawn_in(next_hour, _HOUR_POWERS)), _range(_drawn_in(peak_hour, _PEAK_POWERS))


def _busiest_hour(counts: Sequence[int]) -> int:
    total = np.cumsum([0, *counts])
    return int(total[-1]) if len(counts) < 60 else int((total[60:] - total[:-60]).max())


def _futures(fit: SpeedFit, usual: float) -> Floats:
    """Posts from now to each of `_ENDS`, one future a row."""
    deviates = _deviates()
    level_sd = math.sqrt(fit.level_variance)
    shared = fit.covariance / level_sd
    slope_sd = math.sqrt(max(0.0, fit.slope_variance - shared * shared))
    drift = _drift(fit.speed)
    level = level_sd * deviates[:, 0]
    slope = shared * deviates[:, 0] + slope_sd * deviates[:, 1]
    log_rate = fit.level + fit.speed.fade * _ENDS + fit.slope * drift + level[:, None] + slope[:, None] * drift
    log_rate += deviates[:, 2 : 2 + _COMPONENTS] @ _components(fit.speed)
    log_rate = np.minimum(log_rate, _HIGHEST_LOG)
    rate = np.exp(log_rate)
    # Between two ends the log is a straight line: the mean rate there is the logarithmic mean.
    change = np.diff(log_rate, axis=1)
    flat = np.abs(change) < 0.01
    mean_rate = np.where(flat, (rate[:, 1:] + rate[:, :-1]) / 2, np.diff(rate, axis=1) / np.where(flat, 1.0, change))
    mean_rate += usual * np.exp(_BASELINE_SD * deviates[:, -2])[:, None]
    return np.concatenate([np.zeros((len(rate), 1)), np.cumsum(mean_rate * np.diff(_ENDS), axis=1)], axis=1)


@functools.cache
def _drift(speed: Speed) -> Floats:
    return np.array([speed.drift(end) for end in _ENDS])


@functools.cache
def _components(speed: Speed) -> Floats:
    """The main components (rows) of the log rate at `_ENDS`, of what is not known now."""
    noise = [speed.noise(end) for end in _ENDS]
    covariance = np.empty((len(_ENDS), len(_ENDS)))
    for i, (level, shared, _) in enumerate(noise):
        for j in range(i, len(_ENDS)):
            covariance[i, j] = covariance[j, i] = level + shared * speed.drift(_ENDS[j] - _ENDS[i])
    values, vectors = np.linalg.eigh(covariance)
    main = np.argsort(values)[::-1][:_COMPONENTS]
    rows: Floats = (vectors[:, main] * np.sqrt(np.maximum(values[main], 0.0))).T
    return rows


@functools.cache
def _deviates() -> Floats:
    """Standard normal deviates, a future a row: level, slope, components of the noise, baseline, luck of the count."""
    dimensions = _COMPONENTS + 4
    root = 2.0
    for _ in range(60):
        root = (1 + root) ** (1 / (dimensions + 1))
    steps = root ** -np.arange(1.0, dimensions + 1)
    points = (0.5 + np.outer(np.arange(1, _FUTURES + 1), steps)) % 1.0
    normal = NormalDist()
    deviates = np.array([[normal.inv_cdf(point) for point in row] for row in points])
    deviates -= deviates.mean(axis=0)
    return np.asarray(deviates / deviates.std(axis=0))


def _quantiles(values: Floats, weights: Floats) -> Floats:
    order = np.argsort(values)
    share = np.cumsum(weights[order]) - weights[order] / 2
    return np.asarray(np.interp(_QUANTILES * weights.sum(), share, values[order]))


def _drawn_in(quantiles: Floats, powers: Floats) -> Floats:
    median = quantiles[2] + 1
    return np.asarray(median * ((quantiles + 1) / median) ** powers - 1)


def _range(quantiles: Floats) -> Range:
    # One digit: people read these; and the last bits of a matrix product depend on the processor.
    low_90, low_50, median, high_50, high_90 = (round(float(quantile), 1) for quantile in quantiles)
    return Range(median=median, low_50=low_50, high_50=high_50, low_90=low_90, high_90=high_90)
