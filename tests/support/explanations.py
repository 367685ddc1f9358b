"""What every explanation keeps, and looking up its parts."""

from __future__ import annotations

from detectors.explanation.evidence import DIMENSIONS
from detectors.model import Explanation, Part

__all__ = ["expect_sums", "part"]


def expect_sums(why: Explanation) -> None:
    """The parts of every dimension add up to the whole: plain sums of floats, compared without a tolerance."""
    assert set(why.parts) == set(DIMENSIONS)
    for dimension, parts in why.parts.items():
        assert sum(part.observed for part in parts) == why.observed, dimension
        assert sum(part.expected for part in parts) == why.expected, dimension
        assert sum(part.excess for part in parts) == why.excess, dimension
        assert all(part.observed >= 0 and part.expected >= 0 for part in parts), dimension
        assert len({part.name for part in parts}) == len(parts) <= 10, dimension


def part(why: Explanation, dimension: str, name: str) -> Part:
    """The part of this name; nothing seen and nothing expected where it is not told."""
    told = {part.name: part for part in why.parts[dimension]}
    return told.get(name, Part(name=name, observed=0, expected=0.0))
