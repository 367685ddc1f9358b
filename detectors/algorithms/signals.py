"""The four signals of surge: decayed sums of them, what is usual of each, and how far above that they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from math import log, sqrt
from typing import Final

import msgspec

from detectors.model import MinuteCounts

__all__ = ["NOTHING", "SIGNALS", "TAU_MINUTES", "Signals", "SignalsState", "Sums", "fade", "statistic"]

TAU_MINUTES: Final = (20.0, 80.0, 320.0)
_KEEP: Final = [
    (keep := math.exp(-1 / minutes), keep * keep, 1.0 - keep, minutes == TAU_MINUTES[-1]) for minutes in TAU_MINUTES
]
_TAUS: Final = len(TAU_MINUTES)
SIGNALS: Final = ("negative", "authors", "share", "reposts")

Sums = tuple[float, float, float, float, float, float, float]
"""Decayed sums over one time constant: negative mentions, their expectation, its variance, authors, mentions of any
sentiment, reposts; and the doubt (relative variance of the expectation because little is known), averaged."""
NOTHING: Final[Sums] = (0.0,) * 7

POWER: Final = 0.86
"""The deviance to this power: between its root, whose tail is lighter than Gumbel's, and itself, whose is heavier."""
_MISREAD: Final = 0.04
"""So much of what is not negative may be read as if it were: a contest brings many mentions."""
_SPREAD_KEEP: Final = 0.5 ** (5 / (14 * 1440))
_SPREAD_PRIOR: Final = 720 / 5
"""Spreads are learned every five minutes, half of it forgotten in two weeks; the prior is worth half a day."""
_RECENT: Final = 4.0
"""At most so many times the larger of the shorter ones counts the longest sum: it remembers waves that are over."""
_TELLING: Final = 0.04
"""A squared relative error is told from chance where this part of the mean squared is as large as the variance."""
_RATIO_MEMORY: Final = 4000.0
"""Ratios remember so many mentions."""
_RATIO_SPREAD: Final = 0.04


class SignalsState(msgspec.Struct, array_like=True):
    """What is usual: (numerator, denominator) sums of each ratio, and of the squared relative errors.

    `spreads` are those of the expectation over each time constant, then of the share and of the repost share.
    """

    spreads: list[tuple[float, float]]
    authors: tuple[float, float] = (19.0, 20.0)
    share: tuple[float, float] = (4.0, 20.0)
    reposts: tuple[float, float] = (2.0, 20.0)

    @classmethod
    def new(cls, spread: float) -> SignalsState:
        """Before anything is known: expectations are wrong by `spread` (relative), ratios by a fifth."""
        square = spread * spread
        return cls(
            [(_SPREAD_PRIOR * square, _SPREAD_PRIOR)] * _TAUS + [(_SPREAD_PRIOR * _RATIO_SPREAD, _SPREAD_PRIOR)] * 2
        )


def fade(sums: Sequence[Sums], buckets: int) -> list[Sums]:
    """The sums after so many buckets without data: what was recent is less so."""
    faded: list[Sums] = []
    for (keep, keep_squared, *_), (y, m, v, a, n, r, doubt) in zip(_KEEP, sums, strict=True):
        kept, kept_squared = keep**buckets, keep_squared**buckets
        faded.append((y * kept, m * kept, v * kept_squared, a * kept, n * kept, r * kept, doubt))
    return faded


class Signals:
    """The statistics of the four signals, and the learning of what is usual of them.

    Each sums, over the time constants, the root of the negative-binomial deviance between a decayed sum and its
    expectation, 0 where it is not above (see `statistic`). The dispersion of a decayed sum is that
    of the counts; what the expectation may be wrong by, `spread` and the doubt of a young brand, is the
    heterogeneity. `negative` and `authors` are expected by the baseline; `share` (negative authors among all) and
    `reposts` (among the negative) are expected by their usual ratio, and scored in minutes with a
    negative mention only, since they can rise only there. Spreads are learned by the method of moments.

    Source: McCullagh & Nelder, Generalized Linear Models (1989), ch. 6 and 11.
    """

    def __init__(self, spread: float, state: SignalsState | None = None) -> None:
        self.state = state or SignalsState.new(spread)
        self._priors = [spread * spread] * _TAUS + [_RATIO_SPREAD] * 2
        self._refresh()
        self._refresh_spreads()

    def _refresh(self) -> None:
        state = self.state
        self._author_ratio = state.authors[0] / state.authors[1]
        self._share = state.share[0] / state.share[1]
        self._repost_share = state.reposts[0] / state.reposts[1]

    def _refresh_spreads(self) -> None:
        self._spreads = [max(1e-6, error / weight) for error, weight in self.state.spreads]

    def forward(
        self, sums: Sequence[Sums], counts: MinuteCounts, mean: float, variance: float, doubt: float
    ) -> tuple[list[Sums], tuple[float, float, float, float]]:
        """The sums one minute further, and the signals after it: their summed root deviances."""
        x, new_authors, mentions, reposts = counts.negative, counts.authors, counts.mentions, counts.reposts
        author_ratio, share, repost_share = self._author_ratio, self._share, self._repost_share
        misread = share / 2
        if misread > _MISREAD:
            misread = _MISREAD
        further: list[Sums] = []
        negative = authors = shares = repeats = recent = recent_authors = 0.0
        for (keep, squared, rest, longest), (y, m, v, a, n, r, e), spread in zip(_KEEP, sums, self._spreads):  # noqa: B905
            y = y * keep + x
            m = m * keep + mean
            v = v * squared + variance
            a = a * keep + new_authors
            n = n * keep + mentions
            r = r * keep + reposts
            e = e * keep + rest * doubt
            further.append((y, m, v, a, n, r, e))
            expected = misread * (n - y)
            if expected < m:
                expected = m
            size = m / v
            wrong = spread + e
            # `_root_deviance` twice, written out: these two are most of what a minute costs.
            if y > expected:
                observed, wide = size * y, 1.0 / wrong
                beyond = observed + wide
                deviance = observed * log(y / expected) - beyond * log(beyond / (size * expected + wide))
                if deviance > 0.0:
                    root = sqrt(deviance)
                    if not longest:
                        if root > recent:
                            recent = root
                    elif root > _RECENT * recent:
                        root = _RECENT * recent
                    negative += root
            expected *= author_ratio
            if a > expected:
                observed, wide = size * a, 1.0 / wrong
                beyond = observed + wide
                deviance = observed * log(a / expected) - beyond * log(beyond / (size * expected + wide))
                if deviance > 0.0:
                    root = sqrt(deviance)
                    if not longest:
                        if root > recent_authors:
                            recent_authors = root
                    elif root > _RECENT * recent_authors:
                        root = _RECENT * recent_authors
                    authors += root
            if x:
                expected = share * (n - y + a)
                if a > expected:
                    size = 2.0 / (1.0 - share)
                    shares += _root_deviance(size * a, size * expected, self._spreads[-2])
                expected = repost_share * y
                if r > expected:
                    size = 2.0 / (1.0 - repost_share)
                    repeats += _root_deviance(size * r, size * expected, self._spreads[-1])
        return further, (negative, authors, shares, repeats)

    def learn(self, counts: MinuteCounts) -> None:
        """Take the closed minute into the ratios."""
        state = self.state
        state.share = _remember(state.share, counts.authors, counts.mentions - counts.negative + counts.authors)
        if counts.negative:
            state.authors = _remember(state.authors, counts.authors, counts.negative)
            state.reposts = _remember(state.reposts, counts.reposts, counts.negative)
        self._refresh()

    def learn_spreads(self, sums: Sequence[Sums]) -> None:
        """Take the errors that these sums show into the spreads."""
        y, _, _, a, n, r, _ = sums[1]
        share, repost_share = self._share, self._repost_share
        errors = [(y - m, m, v) for y, m, v, *_ in sums]
        for expected, observed, ratio in ((share * (n - y + a), a, share), (repost_share * y, r, repost_share)):
            errors.append((observed - expected, expected, 0.5 * expected * (1.0 - ratio)))
        known = zip(self.state.spreads, errors, self._priors, strict=True)
        self.state.spreads = [_widen(spread, *error, prior) for spread, error, prior in known]
        self._refresh_spreads()


def statistic(roots: float) -> float:
    """What is calibrated: from the sum of the root deviances over the time constants, as `Signals.forward` gives it.

    >>> statistic(0.0), round(statistic(6.0), 2)
    (0.0, 5.98)
    """
    mean = roots / _TAUS
    unusual: float = (2.0 * mean * mean) ** POWER
    return unusual


def _root_deviance(observed: float, expected: float, wrong: float) -> float:
    """Root of half the negative-binomial deviance of a count above its mean, which is wrong by this (rel. variance).

    >>> round(_root_deviance(10.0, 5.0, 1e-6), 3), _root_deviance(10.0, 5.0, 0.5) < 1.0
    (1.39, True)
    """
    size = 1.0 / wrong
    deviance = observed * log(observed / expected) - (observed + size) * log((observed + size) / (expected + size))
    return sqrt(deviance) if deviance > 0.0 else 0.0


def _remember(ratio: tuple[float, float], part: int, whole: int) -> tuple[float, float]:
    keep = max(0.0, 1.0 - whole / _RATIO_MEMORY)
    return ratio[0] * keep + part, ratio[1] * keep + whole


def _widen(
    spread: tuple[float, float], error: float, expected: float, variance: float, prior: float
) -> tuple[float, float]:
    """One more squared relative error, beyond what chance explains, weighted by how well it can be told from chance."""
    square = expected * expected + 1e-12
    weight = (square * _TELLING / (variance + square * _TELLING + 1e-12)) ** 2
    limit = 9.0 * (variance + max(0.0, spread[0] / spread[1]) * square)
    beyond = (min(error * error, limit) - variance) / square
    keep = _SPREAD_KEEP
    added = (1.0 - keep) * _SPREAD_PRIOR
    return spread[0] * keep + weight * beyond + added * prior, spread[1] * keep + weight + added
