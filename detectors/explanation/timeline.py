"""The last hours of a brand in bins of five minutes: counted, expected, and what an ordinary count is."""

from __future__ import annotations

import math
from typing import Final

import msgspec

from detectors.model import MINUTE_MS, TimelinePoint, from_ms

__all__ = ["KEPT_BINS", "Timeline", "ordinary_range"]

BIN_MS: Final = 5 * MINUTE_MS
KEPT_BINS: Final = 36
SPREAD: Final = 0.2
"""How much the rate of an ordinary moment differs from its expectation, as its standard deviation over its mean."""
_Z: Final = 1.6449
"""Nine tenths of a normal distribution lie within so many standard deviations."""


class Timeline(msgspec.Struct):
    """The newest three hours: counts and expectations of consecutive bins, None where nothing is known.

    `until_ms` is the end of the newest minute in it. Minutes without data or without an expectation are left out.
    """

    until_ms: int = 0
    counts: list[int] = []
    expected: list[float | None] = []

    def add(self, start_ms: int, count: int, expected: float) -> None:
        """The next minute, not before `until_ms`."""
        turned = start_ms // BIN_MS - (self.until_ms - 1) // BIN_MS
        if turned:
            missing = min(turned - 1, KEPT_BINS) if self.counts else 0
            self.counts += [0] * missing + [count]
            self.expected += [None] * missing + [expected]
            del self.counts[:-KEPT_BINS], self.expected[:-KEPT_BINS]
        else:
            self.counts[-1] += count
            self.expected[-1] = (self.expected[-1] or 0.0) + expected
        self.until_ms = start_ms + MINUTE_MS

    def copy(self) -> Timeline:
        """One that can be added to without changing this one."""
        return Timeline(self.until_ms, self.counts[:], self.expected[:])

    def points(self) -> list[TimelinePoint]:
        """The bins of which something is known, the oldest first."""
        first_ms = ((self.until_ms - 1) // BIN_MS - len(self.counts) + 1) * BIN_MS
        return [
            TimelinePoint(from_ms(first_ms + place * BIN_MS), count, round(expected, 3), *ordinary_range(expected))
            for place, (count, expected) in enumerate(zip(self.counts, self.expected, strict=True))
            if expected is not None
        ]


def ordinary_range(expected: float) -> tuple[int, int]:
    """The counts between which nine of ten ordinary ones lie, both included.

    An ordinary count is taken as negative binomial with mean m and variance m + (m / 5)^2: Poisson around a rate
    that itself varies by a fifth (`SPREAD`). Its quantiles are those of the gamma distribution with the same mean and
    variance (Wilson & Hilferty, "The distribution of chi-square", PNAS 17, 1931), within a count or two.

    >>> ordinary_range(0.02), ordinary_range(0.5), ordinary_range(5.0), ordinary_range(200.0)
    ((0, 0), (0, 2), (2, 10), (136, 274))
    """
    if expected < 0.01:  # then a single one is out of the ordinary
        return 0, 0
    variance = expected + (SPREAD * expected) ** 2
    shape, scale = expected * expected / variance, variance / expected
    low, high = (
        math.ceil(shape * scale * max(0.0, 1 - 1 / (9 * shape) + z / (3 * math.sqrt(shape))) ** 3 - 0.5)
        for z in (-_Z, _Z)
    )
    return max(low, 0), max(high, 0)
