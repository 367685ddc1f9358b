"""How fast a wave grows and where it goes, and when nobody can say."""

from __future__ import annotations

import math
import random
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.growth import MIN_EVENTS, growth
from detectors.model import Growth, Range
from support.hawkes import Hawkes, hawkes_counts
from support.series import poisson


def _wave(seed: int, minutes: int, doubling: float, baseline: float, start_per_min: float = 1.0) -> list[int]:
    rng = random.Random(seed)
    return [poisson(rng, baseline + start_per_min * 2 ** (minute / doubling)) for minute in range(minutes)]


@pytest.mark.parametrize("doubling", [5.0, 20.0, 60.0])
@pytest.mark.parametrize("baseline", [0.0, 0.5])
def test_it_finds_the_doubling_time_of_a_wave(doubling: float, baseline: float) -> None:
    # Poisson counts on top of ordinary life, for three doublings: within a third, in the median of 31 waves.
    found = [
        growth(_wave(seed, int(3 * doubling), doubling, baseline), [baseline] * int(3 * doubling)).doubling_minutes
        for seed in range(31)
    ]
    assert median(minutes or math.inf for minutes in found) == pytest.approx(doubling, rel=1 / 3)


@pytest.mark.parametrize(
    "counts, expected",
    [
        ([], []),
        ([100, 200], [0.0, 0.0]),  # two minutes are no series
        ([1, 2, 3], [0.0] * 3),  # six posts are too few
        ([20, 20, 20], [20.0] * 3),  # nothing above the usual
        ([0] * 120, [0.0] * 120),
    ],
)
def test_it_says_that_it_is_too_early(counts: list[int], expected: list[float]) -> None:
    assert growth(counts, expected) == Growth()
    assert sum(counts) - sum(expected) < MIN_EVENTS or len(counts) < 3


@pytest.mark.parametrize(
    "counts",
    [
        [40, 20, 10, 5],  # it falls
        [10] * 120,  # much, but no more than before
        [round(2 ** (t / 10)) for t in range(80)] + [round(256 * 2 ** (-t / 10)) for t in range(30)],  # it has peaked
    ],
)
def test_what_does_not_grow_has_no_doubling_time(counts: list[int]) -> None:
    told = growth(counts, [0.1] * len(counts))
    assert not told.too_early
    assert told.doubling_minutes is None


def test_a_second_wave_is_judged_by_itself() -> None:
    # Three hours fading, then twice as many every ten minutes: what is told is of now.
    first = [round(200 * 2 ** (-t / 30)) for t in range(180)]
    told = growth(first + [round(4 * 2 ** (t / 10)) for t in range(50)], [0.1] * 230)
    assert told.doubling_minutes == pytest.approx(10, rel=0.25)


@pytest.mark.parametrize("power_law", [None, 0.5])
@pytest.mark.parametrize("branching", [0.3, 0.5, 0.7, 0.9, 0.95])
def test_it_finds_how_many_posts_one_post_brings(branching: float, power_law: float | None) -> None:
    # Known are the posts that come by themselves, two a minute. Within 0.12, in the median of 15 times six hours.
    process = Hawkes(2.0, branching, mean_delay_min=8.0 if power_law is None else 3.0, power_law=power_law)
    told = [growth(hawkes_counts(process, minutes=360, seed=seed), [2.0] * 360).branching_ratio for seed in range(15)]
    assert median(ratio or 0.0 for ratio in told) == pytest.approx(branching, abs=0.12)


def test_what_rises_feeds_itself_and_what_fades_does_not() -> None:
    rising = growth(_wave(1, 60, 10, 0.2), [0.2] * 60).branching_ratio
    fading = growth(_wave(1, 60, 10, 0.2)[::-1], [0.2] * 60).branching_ratio
    assert rising is not None and fading is not None
    assert fading < 1 < rising


def test_a_steady_stream_is_forecast_as_it_is() -> None:
    told = growth([10] * 240, [1.0] * 240)
    assert told.next_hour is not None and told.peak_hour is not None
    assert told.next_hour.median == pytest.approx(600, rel=0.15)
    assert told.next_hour.low_90 < 600 < told.next_hour.high_90


def test_a_faster_wave_has_more_to_come() -> None:
    slow, fast = (growth(_wave(3, 60, doubling, 0.1), [0.1] * 60).next_hour for doubling in (40.0, 10.0))
    assert slow is not None and fast is not None
    assert fast.median > 2 * slow.median


def test_the_busiest_hour_that_is_past_stays_known() -> None:
    # A thousand posts in one hour, then hardly any for six: nobody expects more than there have been.
    told = growth([0] * 10 + [17] * 60 + [1] * 400, [0.5] * 470)
    assert told.peak_hour is not None
    assert told.peak_hour.median == told.peak_hour.high_50 == told.peak_hour.low_90 == 17 * 60


def test_the_same_counts_are_told_the_same() -> None:
    counts = _wave(5, 90, 15, 0.3)
    assert growth(counts, [0.3] * 90) == growth(list(counts), tuple([0.3] * 90))


def _in_order(told: Range) -> bool:
    numbers = [told.low_90, told.low_50, told.median, told.high_50, told.high_90]
    return all(math.isfinite(number) and number >= 0 for number in numbers) and numbers == sorted(numbers)


@given(
    st.lists(st.tuples(st.one_of(st.integers(0, 50), st.just(10**6)), st.floats(0, 1e4)), max_size=400),
)
def test_no_series_breaks_it(minutes: list[tuple[int, float]]) -> None:
    counts = [count for count, _ in minutes]
    told = growth(counts, [mean for _, mean in minutes])
    if told.too_early:
        return
    assert told.doubling_minutes is None or 0 < told.doubling_minutes <= 1440
    assert told.branching_ratio is not None and 0 <= told.branching_ratio <= 3
    assert told.next_hour is not None and _in_order(told.next_hour)
    assert told.peak_hour is not None and _in_order(told.peak_hour)
    seen = max(sum(counts[first : first + 60]) for first in range(max(1, len(counts) - 59)))
    assert told.peak_hour.low_90 >= seen
