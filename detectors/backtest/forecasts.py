"""How well waves are forecast: what came, against the ranges that were given at many moments of many waves."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from detectors.growth import growth
from detectors.model import Range

__all__ = ["Accuracy", "Coverage", "Wave", "coverage", "moments"]

HOUR = 60
NOTICED_POSTS = 8
NOTICED_DEVIATIONS = 5.0
"""A wave is noticed when an hour is so far above its expectation, in roots of that expectation ..."""
OVER_SHARE = 0.05
"""... and over when an hour's excess is below this share of the highest."""
AHEAD_MINUTES = 720
"""The busiest hour is looked for so far ahead."""


@dataclass(frozen=True)
class Wave:
    """Consecutive one-minute counts, what was expected of each, and the minutes at whose start a forecast is made."""

    counts: Sequence[int]
    expected: Sequence[float]
    moments: Sequence[int]


@dataclass(frozen=True)
class Accuracy:
    """Of `forecasts`: the shares that came within the ranges of half and of nine tenths, and the typical miss.

    `median_error` is the median over forecasts of |median of the range - what came| / max(what came, 1).
    """

    forecasts: int
    inside_50: float
    inside_90: float
    median_error: float


@dataclass(frozen=True)
class Coverage:
    """Accuracy of both forecasts; None where none was made."""

    next_hour: Accuracy | None
    peak_hour: Accuracy | None


def moments(counts: Sequence[int], expected: Sequence[float], *, every_minutes: int) -> list[int]:
    """Minutes at which to forecast a wave, from when it is noticed until it is over, using nothing that comes later.

    After each there is at least an hour of counts.

    >>> counts = [1] * 100 + [9] * 30 + [1] * 200
    >>> found = moments(counts, [1.0] * 330, every_minutes=20)
    >>> found[0], found[-1]
    (105, 185)
    """
    excess = np.cumsum([0.0, *np.subtract(counts, expected)])
    usual = np.cumsum([0.0, *expected])
    found: list[int] = []
    highest = 0.0
    for minute in range(1, len(counts) - HOUR + 1):
        before = max(0, minute - HOUR)
        hour = float(excess[minute] - excess[before])
        spread = math.sqrt(float(usual[minute] - usual[before]))
        highest = max(highest, hour)
        if found and hour < max(OVER_SHARE * highest, NOTICED_POSTS, 2 * spread):
            break
        if found or hour >= max(NOTICED_POSTS, NOTICED_DEVIATIONS * spread):
            found.append(minute)
    return found[::every_minutes]


def coverage(waves: Iterable[Wave], *, kept_minutes: int) -> Coverage:
    """Forecast each wave at its moments from the newest `kept_minutes` of counts, and compare with what came.

    The busiest hour is judged while it may still be to come: at moments whose newest hour is the busiest of those kept.
    Once it is past, it is a count and no forecast. Moments at which it was too early to say are left out.

    >>> wave = Wave([4] * 240, [0.5] * 240, [90, 120, 180])
    >>> coverage([wave], kept_minutes=120).next_hour.inside_90
    1.0
    """
    hours: list[tuple[Range, int]] = []
    peaks: list[tuple[Range, int]] = []
    for wave in waves:
        for now in wave.moments:
            first = max(0, now - kept_minutes)
            counts = [int(count) for count in wave.counts[first:now]]
            told = growth(counts, [float(mean) for mean in wave.expected[first:now]])
            if told.next_hour is None or told.peak_hour is None:
                continue
            hours.append((told.next_hour, int(sum(wave.counts[now : now + HOUR]))))
            if sum(counts[-HOUR:]) >= _busiest_hour(counts):
                peaks.append((told.peak_hour, _busiest_hour(wave.counts[first : now + AHEAD_MINUTES])))
    return Coverage(_accuracy(hours), _accuracy(peaks))


def _busiest_hour(counts: Sequence[int]) -> int:
    total = np.cumsum([0, *counts])
    return int((total[HOUR:] - total[:-HOUR]).max()) if len(counts) >= HOUR else int(total[-1])


def _accuracy(forecasts: Sequence[tuple[Range, int]]) -> Accuracy | None:
    if not forecasts:
        return None
    return Accuracy(
        forecasts=len(forecasts),
        inside_50=float(np.mean([told.low_50 <= came <= told.high_50 for told, came in forecasts])),
        inside_90=float(np.mean([told.low_90 <= came <= told.high_90 for told, came in forecasts])),
        median_error=float(np.median([abs(told.median - came) / max(came, 1) for told, came in forecasts])),
    )
