"""How fast a wave grows and where it goes, from counts by minute alone.

| file | what |
|---|---|
| `trend.py` | level and slope of the wave now, at several speeds at once, each with what the counts say for it |
| `doubling.py` | in how many minutes it doubles |
| `forecast.py` | from there the next hour and the busiest hour, as ranges |
| `branching.py` | how many posts one post brings |
"""

from __future__ import annotations

from collections.abc import Sequence

from detectors.growth.branching import branching_ratio
from detectors.growth.doubling import doubling_minutes
from detectors.growth.forecast import hour_ranges
from detectors.growth.trend import fit_trend
from detectors.model import Growth

__all__ = ["MIN_EVENTS", "MIN_MINUTES", "growth"]

MIN_EVENTS = 8
"""With fewer posts above expectation it is too early to say."""
MIN_MINUTES = 3


def growth(counts: Sequence[int], expected: Sequence[float]) -> Growth:
    """How fast a wave grows and where it goes.

    `counts` are negative mentions in consecutive minutes from the onset on, the last one ending now; `expected` are
    the counts that were usual in these minutes. The newest six hours are fitted; the busiest hour so far is
    looked for in all of them, so more minutes mean that an older peak is remembered. 1 to 3 ms, and nothing random.

    >>> growth([1, 2, 1], [0.0] * 3).too_early
    True
    >>> wave = growth([round(2 ** (t / 10)) for t in range(60)], [0.0] * 60)
    >>> 9 < wave.doubling_minutes < 11, wave.branching_ratio > 1, wave.next_hour.low_50 > 865
    (True, True, True)
    """
    if len(counts) < MIN_MINUTES or sum(counts) - sum(expected) < MIN_EVENTS:
        return Growth()
    trend = fit_trend(counts, expected)
    next_hour, peak_hour = hour_ranges(trend, counts, expected)
    return Growth(
        too_early=False,
        doubling_minutes=doubling_minutes(trend, counts, expected),
        branching_ratio=branching_ratio(counts, expected),
        next_hour=next_hour,
        peak_hour=peak_hour,
    )
