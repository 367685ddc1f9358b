"""From a budget of false alarms to a threshold: what is unusual for this very series."""

from __future__ import annotations

import math
from typing import Final

import msgspec

__all__ = ["BlockMaxima", "BlockMaximaState", "gumbel_threshold"]

BLOCK_BUCKETS: Final = 360
BLOCKS_PER_MONTH: Final = 30 * 24 / 6
_EULER: Final = 0.5772156649
_SD: Final = math.pi / math.sqrt(6)
"""Mean and standard deviation of the reduced Gumbel variate."""


def gumbel_threshold(false_alarms_per_month: float) -> float:
    """The reduced Gumbel variate that the maximum of a 6 h block exceeds so often in a month of 30 days.

    >>> round(gumbel_threshold(1.0), 2)
    4.78
    """
    return -math.log(-math.log1p(-min(0.999, false_alarms_per_month / BLOCKS_PER_MONTH)))


class BlockMaximaState(msgspec.Struct, array_like=True):
    """Mean and variance of the block maxima, forgetting, over so many `blocks` beyond the prior.

    `far` of `counted` blocks, forgetting, had their maximum far out; `shape` follows from it.
    """

    mean: float
    variance: float
    blocks: int = 0
    buckets: int = 0
    highest: float = 0.0
    far: float = 0.0
    counted: float = 0.0
    shape: float = 0.0


class BlockMaxima:
    """An extreme-value distribution over the maxima of a statistic in blocks of 6 h.

    Location and scale by the method of moments, as of a Gumbel distribution (Statistics of Extremes, 1958). They start
    from what many series have in common, worth `PRIOR_BLOCKS`; the scale, which moments of few blocks tell badly,
    leans on the prior's ratio to the mean for longer. A block's maximum is cut at `CUT` scales above the location:
    one crisis does not make the series deaf.

    The shape is for lives with real outbursts, which a Gumbel tail does not know (Coles, An Introduction to Statistical
    Modeling of Extreme Values, 2001, ch. 3): where more blocks than it foresees have their maximum beyond `FAR`
    scales, the tail is as heavy as their share says, up to `HEAVIEST`. Only how many are counted, not how far out they
    were: blocks with an alert among them, since a tail without its farthest maxima is too light for the budget.

    A scale that few blocks have told is uncertain; so what lies far out is less surprising than it says: the predictive
    distribution of an exponential tail, which is a Pareto tail (Smith, Predictive inference, rare events and
    hierarchical models, 1998), fading with the number of blocks.
    """

    FORGET: Final = 1 - 0.5 ** (1 / 40)
    """Half is forgotten in 40 blocks: ten days."""
    FORGET_FAR: Final = 0.5 ** (1 / 40)
    PRIOR_BLOCKS: Final = 4
    LEANING_BLOCKS: Final = 5
    CUT: Final = 4.0
    FAR: Final = 3.0
    FAR_PRIOR_BLOCKS: Final = 60.0
    HEAVIEST: Final = 0.3
    """Beyond that, a wave on each of a few days raised the bar tenfold: neither it nor a storm reached it."""

    def __init__(self, location: float, scale: float, state: BlockMaximaState | None = None) -> None:
        mean = location + _EULER * scale
        self.state = state or BlockMaximaState(mean, (_SD * scale) ** 2)
        self._ratio = scale / mean
        self._fit()

    def _fit(self) -> None:
        state = self.state
        known = min(state.blocks, 1 / self.FORGET)
        leaning = self.LEANING_BLOCKS / (self.LEANING_BLOCKS + known)
        scale = leaning * self._ratio * state.mean + (1 - leaning) * math.sqrt(state.variance) / _SD
        self._scale = max(scale, 0.05 * state.mean)
        self._location = state.mean - _EULER * self._scale

    def surprise(self, statistic: float) -> float:
        """How unusual the statistic is for the maximum of a block: the reduced Gumbel variate that is as rare."""
        state = self.state
        reduced = (statistic - self._location) / self._scale
        if reduced <= 0.0:
            return reduced
        if state.shape > 0.0:
            reduced = math.log1p(state.shape * reduced) / state.shape
        known = self.PRIOR_BLOCKS + state.blocks
        return known * math.log1p(reduced / known)

    def learn(self, statistic: float) -> None:
        """Take the statistic of a closed bucket."""
        state = self.state
        if statistic > state.highest:
            state.highest = statistic
        state.buckets += 1
        if state.buckets < BLOCK_BUCKETS:
            return
        reduced = (state.highest - self._location) / self._scale
        state.far = self.FORGET_FAR * state.far + (reduced > self.FAR)
        state.counted = self.FORGET_FAR * state.counted + 1.0
        prior = self.FAR_PRIOR_BLOCKS
        foreseen = -math.expm1(-math.exp(-self.FAR))
        share = (prior * foreseen + state.far) / (prior + state.counted)
        state.shape = _shape(self.FAR, share, self.HEAVIEST) if share > foreseen else 0.0
        error = self._location + min(reduced, self.CUT) * self._scale - state.mean
        weight = max(self.FORGET, 1 / (self.PRIOR_BLOCKS + state.blocks + 1))
        state.mean += weight * error
        state.variance = (1 - weight) * (state.variance + weight * error * error)
        state.blocks += 1
        state.buckets, state.highest = 0, 0.0
        self._fit()


def _shape(reduced: float, share: float, heaviest: float) -> float:
    """The shape of the tail that leaves this share of maxima beyond `reduced` scales, by bisection, up to `heaviest`.

    >>> round(_shape(3.0, 0.1, heaviest=0.4), 2), round(_shape(3.0, 0.06, heaviest=0.4), 2)
    (0.22, 0.05)
    """
    low, high = 0.0, heaviest
    for _ in range(30):
        middle = (low + high) / 2
        if math.log1p(middle * reduced) / middle > -math.log(share):
            low = middle
        else:
            high = middle
    return high
