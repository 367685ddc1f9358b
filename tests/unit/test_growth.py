"""How fast a wave grows, and when nobody can say."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.growth import doubling_minutes
from support.series import poisson


@pytest.mark.parametrize("doubling", [5.0, 20.0, 60.0])
@pytest.mark.parametrize("baseline", [0.0, 0.5])
def test_it_finds_the_doubling_time_of_a_wave(doubling: float, baseline: float) -> None:
    # Forty minutes of Poisson counts on top of ordinary life: within a third, in the median of 61 waves.
    found = []
    for seed in range(61):
        rng = random.Random(seed)
        counts = [poisson(rng, baseline + 4 * 2 ** ((t - 20) / doubling)) for t in range(40)]
        found.append(doubling_minutes(counts, [baseline] * 40) or math.inf)
    assert sorted(found)[30] == pytest.approx(doubling, rel=1 / 3)


@pytest.mark.parametrize(
    "counts, expected",
    [
        ([], []),
        ([100, 200], [0.0, 0.0]),  # two minutes are no series
        ([1, 2, 3], [0.0] * 3),  # six posts are too few
        ([20, 20, 20], [20.0] * 3),  # nothing above the usual
        ([40, 20, 10, 5], [0.0] * 4),  # it falls
        ([10] * 120, [0.0] * 120),  # much, but no more than before
        ([0] * 120, [0.0] * 120),
    ],
)
def test_it_says_that_it_cannot_tell(counts: list[int], expected: list[float]) -> None:
    assert doubling_minutes(counts, expected) is None


@given(
    st.lists(st.tuples(st.one_of(st.integers(0, 50), st.just(10**6)), st.floats(0, 1e4)), max_size=120),
)
def test_no_series_breaks_it(minutes: list[tuple[int, float]]) -> None:
    doubling = doubling_minutes([count for count, _ in minutes], [mean for _, mean in minutes])
    assert doubling is None or (math.isfinite(doubling) and 0 < doubling <= 1440)
