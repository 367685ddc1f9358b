"""In how many minutes a wave doubles now."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from detectors.growth.trend import FITTED_MINUTES, Trend

__all__ = ["doubling_minutes"]

_MEMORY: Final = 0.5
"""Mean age of what counts, in mean lives of the wave's slope."""
_SLOWEST: Final = math.log(2) / 1440
"""A doubling a day."""
_STEPS: Final = 30


def doubling_minutes(trend: Trend, counts: Sequence[int], expected: Sequence[float]) -> float | None:
    """Minutes in which the excess over the baseline doubles, fitted to the one-minute counts of `trend`.

    The counts are Poisson around baseline + exp(a + g t); g is the maximum-likelihood growth, found by Fisher scoring
    (McCullagh & Nelder, Generalized Linear Models, 1989, ch. 2). Minutes count the less the older they are, the sooner
    so the faster the wave turns: one that has peaked doubles no more. None where there is no growth that one could
    call one: slower than a doubling a day, or less than its standard error.

    >>> from detectors.growth.trend import fit_trend
    >>> counts, usual = [round(2 ** (t / 10)) for t in range(60)], [0.0] * 60
    >>> 9 < doubling_minutes(fit_trend(counts, usual), counts, usual) < 11
    True
    >>> doubling_minutes(fit_trend([5] * 60, [1.0] * 60), [5] * 60, [1.0] * 60) is None
    True
    """
    count = np.array(counts[-FITTED_MINUTES:], dtype=float)
    base = np.array(expected[-FITTED_MINUTES:], dtype=float) + 1e-6
    minute = np.arange(1.0 - len(count), 1.0)
    weight = np.exp(minute / (_MEMORY * trend.memory_minutes))
    minute -= float(minute @ weight / weight.sum())
    level = math.log(max(float((count - base) @ weight), 0.5) / float(weight.sum()))
    growth, error = 0.0, math.inf
    for _ in range(_STEPS):
        wave = np.exp(np.clip(level + growth * minute, -30.0, 30.0))
        rate = wave + base
        score = weight * wave * (count / rate - 1)
        information = weight * wave * wave / rate
        s0, s1 = float(score.sum()), float(score @ minute)
        h00, h01, h11 = float(information.sum()), float(information @ minute), float(information @ minute**2)
        determinant = h00 * h11 - h01 * h01
        if determinant <= 1e-9:
            return None
        step_level = (h11 * s0 - h01 * s1) / determinant
        step_growth = (h00 * s1 - h01 * s0) / determinant
        level += max(-1.0, min(1.0, step_level))
        growth += max(-0.5, min(0.5, step_growth))
        error = math.sqrt(trend.dispersion * h00 / determinant)
        if abs(step_growth) < 1e-6 and abs(step_level) < 1e-4:
            break
    if growth <= max(_SLOWEST, error):
        return None
    return round(math.log(2) / growth, 2)
