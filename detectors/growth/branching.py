"""How many posts one post brings: the branching ratio of a Hawkes process, from counts by minute.

The counts are an integer autoregression, which a Hawkes process is in the limit of short bins (Kirchner, Hawkes and
INAR(infinity) processes, Stochastic Processes and their Applications 126, 2016): the mean of a minute is what comes by
itself, plus the ratio times the posts before it, seen through a kernel of mass 1. Newton steps find the ratio of
greatest likelihood for each of several kernels; the answer is their mean by likelihood. Newer minutes weigh more, as in
SEISMIC (Zhao et al., KDD 2015, https://arxiv.org/abs/1506.02594), whose memory of posts is among the kernels.

What comes by itself is read in two ways, and the likelihood decides: all that is expected, or only that part of it
which is not itself brought by the usual posts.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.growth.trend import FITTED_MINUTES

__all__ = ["branching_ratio"]

Floats = NDArray[np.float64]

_MEAN_MINUTES: Final = (1.5, 4.0, 10.0, 25.0, 60.0)
"""Of exponential kernels."""
_POWER_LAWS: Final = ((5.0, 0.242), (3.0, 0.7))
"""Even for so many minutes, then falling with this exponent + 1. The first is that of SEISMIC."""
_DOUBT: Final = 1.5
"""Log odds against the second reading."""
_HIGHEST: Final = 3.0
_NEWTON_STEPS: Final = 10
_LEAST_SHARE: Final = 0.1
"""No minute's mean falls below this share of its expectation."""


def branching_ratio(counts: Sequence[int], expected: Sequence[float]) -> float:
    """Posts that one post brings, 0 to 3, from the newest six hours of consecutive one-minute counts.

    Below 1 a wave dies of itself, above it feeds itself.

    >>> branching_ratio([40, 20, 10, 5, 2, 1, 1, 0, 0, 0], [0.1] * 10) < 1
    True
    """
    count = np.array(counts[-FITTED_MINUTES:], dtype=float)
    usual = np.array(expected[-FITTED_MINUTES:], dtype=float) + 1e-3
    minutes = len(count)
    kernels = [kernel[:minutes] for kernel in _kernels()]
    of_all = np.array([np.convolve(count, kernel)[:minutes] for kernel in kernels])
    of_usual = np.array([np.convolve(usual, kernel)[:minutes] for kernel in kernels])
    brought = np.concatenate([of_all, of_all - of_usual])
    weight = np.arange(1, minutes + 1) / minutes
    least = _LEAST_SHARE * usual
    ratio = np.full(len(brought), 0.6)
    for _ in range(_NEWTON_STEPS):
        mean = usual + ratio[:, None] * brought
        slope = np.where(mean > least, brought, 0.0)
        mean = np.maximum(mean, least)
        share = count / mean
        gradient = ((share - 1) * slope) @ weight
        curvature = (share / mean * slope * slope) @ weight
        ratio = np.clip(ratio + np.clip(gradient / (curvature + 1e-9), -0.4, 0.4), 0.0, _HIGHEST)
    mean = np.maximum(usual + ratio[:, None] * brought, least)
    likelihood = (count * np.log(mean) - mean) @ weight
    likelihood[len(kernels) :] -= _DOUBT
    odds = np.exp(likelihood - likelihood.max())
    return round(float(odds @ ratio / odds.sum()), 2)


@functools.cache
def _kernels() -> tuple[Floats, ...]:
    """By minutes since a post, from the same minute (nothing: those come in the next) on; each of mass 1, for ever."""
    edge = np.maximum(np.arange(FITTED_MINUTES + 1) - 0.5, 0.0)
    left = [np.exp(-edge / mean) for mean in _MEAN_MINUTES]
    for even, exponent in _POWER_LAWS:
        early = exponent / (1 + exponent)
        tail = (1 - early) * np.maximum(edge / even, 1.0) ** -exponent
        left.append(np.where(edge < even, 1 - early * edge / even, tail))
    return tuple(np.concatenate([[0.0], (gone[1:-1] - gone[2:]) / gone[1]]) for gone in left)
