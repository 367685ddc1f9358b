"""Parts that add up: what each name of a dimension was expected to bring, and what it brought."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from detectors.explanation.evidence import NONE, OTHER
from detectors.model import Part

__all__ = ["FRACTION", "apportion", "parts"]

FRACTION: Final = 256
"""Expectations are whole 256ths of a mention: floats hold and add these exactly, so no sum is off by a hair."""
SHOWN_NAMES: Final = 8


def apportion(total: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Whole numbers in proportion to `weights` that add up to `total`: by largest remainder, ties by name.

    Weights are 0 or more, not all of them 0.

    >>> apportion(10, {"a": 1, "b": 1, "c": 1})
    {'a': 4, 'b': 3, 'c': 3}
    """
    sum_ = sum(weights.values())
    shares = {name: total * weight // sum_ for name, weight in weights.items()}
    by_remainder = sorted(weights, key=lambda name: (-(total * weights[name] % sum_), name))
    for name in by_remainder[: total - sum(shares.values())]:
        shares[name] += 1
    return shares


def parts(seen: Mapping[str, int], usual: Mapping[str, int], *, observed: int, expected: int) -> list[Part]:
    """The parts of one dimension, those with the largest excess first.

    `seen` are the counts of the run, `usual` those of the brand's ordinary life, in whose proportions `expected` (in
    256ths of a mention) is divided; where no ordinary life is known, in those of the run: then no part stands
    out. The sums of the parts are `observed` and `expected`, always: what `seen` lacks is "other". Shown are the eight
    largest names, observed or expected, that were seen or to which half a mention was due, and "none"; the rest
    is in "other".

    >>> for part in parts({"forum": 40, "x": 10}, {"forum": 1, "x": 3}, observed=50, expected=4 * FRACTION):
    ...     part.name, part.observed, part.expected, part.excess
    ('forum', 40, 1.0, 39.0)
    ('x', 10, 3.0, 7.0)
    """
    missing = observed - sum(seen.values())
    counts = dict(seen)
    if missing or not counts:
        counts[OTHER] = counts.get(OTHER, 0) + missing
    shares = apportion(expected, next(w for w in (usual, counts, {OTHER: 1}) if sum(w.values())))
    names = counts.keys() | shares.keys()
    size = {name: max(counts.get(name, 0) * FRACTION, shares.get(name, 0)) for name in names}
    own = sorted(
        (name for name in names - {NONE, OTHER} if 2 * size[name] >= FRACTION), key=lambda name: (-size[name], name)
    )
    told = {name: (counts.get(name, 0), shares.get(name, 0)) for name in [*own[:SHOWN_NAMES], *({NONE} & names)]}
    rest = [name for name in names if name not in told]
    told[OTHER] = sum(counts.get(name, 0) for name in rest), sum(shares.get(name, 0) for name in rest)
    return sorted(
        (
            Part(name=name, observed=count, expected=share / FRACTION)
            for name, (count, share) in told.items()
            if count or share
        ),
        key=lambda part: (-part.excess, part.name),
    )
