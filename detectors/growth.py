"""How fast a wave grows."""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["MIN_EVENTS", "doubling_minutes"]

MIN_EVENTS = 8
"""With fewer posts above expectation it is too early to say."""


def doubling_minutes(counts: Sequence[int], expected: Sequence[float]) -> float | None:
    """Minutes in which the excess over the baseline doubles, fitted to consecutive one-minute counts.

    The counts are Poisson around baseline + exp(a + g t); g is the maximum-likelihood growth, found by
    Fisher scoring (McCullagh & Nelder, Generalized Linear Models, 1989, ch. 2). None where there are too few
    posts, fewer than three minutes, or no growth that one could call one (slower than a doubling a day).

    >>> counts = [round(2 ** (t / 10)) for t in range(60)]
    >>> 9 < doubling_minutes(counts, [0.0] * 60) < 11
    True
    >>> doubling_minutes([5] * 60, [1.0] * 60) is None
    True
    """
    total = sum(counts)
    if len(counts) < 3 or total - sum(expected) < MIN_EVENTS:
        return None
    middle = (len(counts) - 1) / 2
    level, growth = math.log(max(total - sum(expected), 0.5) / len(counts)), 0.0
    for _ in range(30):
        s0 = s1 = h00 = h01 = h11 = 0.0
        for minute, (count, base) in enumerate(zip(counts, expected, strict=True)):
            t = minute - middle
            wave = math.exp(max(-30.0, min(30.0, level + growth * t)))
            rate = wave + base + 1e-6
            score = wave * (count / rate - 1)
            weight = wave * wave / rate
            s0 += score
            s1 += score * t
            h00 += weight
            h01 += weight * t
            h11 += weight * t * t
        determinant = h00 * h11 - h01 * h01
        if determinant <= 1e-9:
            return None
        step_level = (h11 * s0 - h01 * s1) / determinant
        step_growth = (h00 * s1 - h01 * s0) / determinant
        level += max(-1.0, min(1.0, step_level))
        growth += max(-0.5, min(0.5, step_growth))
        if abs(step_growth) < 1e-6 and abs(step_level) < 1e-6:
            break
    if growth <= math.log(2) / 1440:
        return None
    return math.log(2) / growth
