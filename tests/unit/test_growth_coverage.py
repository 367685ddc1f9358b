"""Whether forecasts keep their word: half of what comes within the narrow range, nine tenths within the wide one."""

from __future__ import annotations

import csv
import math
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from detectors.backtest.forecasts import Accuracy, Wave, coverage, moments
from detectors.backtest.synthetic import Cascade, cascade_per_min
from support.hawkes import Hawkes, hawkes_counts
from support.series import poisson

KEPT_MINUTES = [120, 360]


def _some_moments(counts: Sequence[int], expected: Sequence[float], rng: random.Random, most: int = 6) -> Wave:
    """A wave and moments all along it; each wave counts as much, however long it takes."""
    found = moments(counts, expected, every_minutes=1)
    return Wave(counts, expected, sorted(rng.sample(found, min(most, len(found)))))


def _log_uniform(rng: random.Random, low: float, high: float) -> float:
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def _cascades(seed: int, number: int) -> list[Wave]:
    """Waves that rise and fade exponentially, over 0.05 to 20 posts a minute."""
    rng, waves = random.Random(seed), []
    for _ in range(number):
        rate, doubling, peak = _log_uniform(rng, 0.05, 20), _log_uniform(rng, 5, 60), _log_uniform(rng, 8, 40)
        minutes = int(28 * doubling) + 200
        rates = np.full(minutes, rate)
        extra = cascade_per_min(Cascade(0, doubling_min=doubling, peak_times=peak), rates)
        counts = [poisson(rng, mean) for mean in rates + extra]
        waves.append(_some_moments(counts, [rate] * minutes, rng))
    return waves


def _self_exciting(seed: int, number: int) -> list[Wave]:
    """Hawkes processes over a Poisson background that something sets off, with short and with long memory."""
    rng, waves = random.Random(seed), []
    for position in range(number):
        process = Hawkes(
            background_per_min=_log_uniform(rng, 0.02, 3),
            branching=rng.uniform(0.3, 0.95),
            mean_delay_min=_log_uniform(rng, 3, 40),
            spark=int(_log_uniform(rng, 15, 300)),
            power_law=rng.uniform(0.3, 0.9) if position % 2 else None,
        )
        counts = hawkes_counts(process, minutes=900, seed=seed + position)
        waves.append(_some_moments(counts, [process.usual_per_min] * 900, rng))
    return waves


def _keeps_its_word(accuracy: Accuracy | None) -> bool:
    return accuracy is not None and 0.40 <= accuracy.inside_50 <= 0.60 and 0.83 <= accuracy.inside_90 <= 0.95


@pytest.mark.parametrize("kept_minutes", KEPT_MINUTES)
def test_waves_that_rise_and_fade_stay_within_their_ranges(kept_minutes: int) -> None:
    found = coverage(_cascades(7, 160), kept_minutes=kept_minutes)
    assert _keeps_its_word(found.next_hour)
    assert _keeps_its_word(found.peak_hour)


@pytest.mark.parametrize("kept_minutes", KEPT_MINUTES)
def test_waves_that_feed_themselves_stay_within_their_ranges(kept_minutes: int) -> None:
    found = coverage(_self_exciting(7, 160), kept_minutes=kept_minutes)
    assert _keeps_its_word(found.next_hour)
    assert _keeps_its_word(found.peak_hour)


def _resharing(path: Path) -> list[int]:
    with path.open() as lines:
        minutes = [int(row["relative_time_second"]) // 60 for row in csv.DictReader(lines)]
    counts = [0] * (max(minutes) + 1)
    for minute in minutes:
        counts[minute] += 1
    return counts


@pytest.mark.parametrize("kept_minutes", KEPT_MINUTES)
def test_a_post_that_15000_people_reshared_stays_within_its_ranges(shared_data: Path, kept_minutes: int) -> None:
    path = shared_data / "cascades" / "seismic.csv"
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    # Two days: from then on two dozen an hour are left of 1,800.
    counts = _resharing(path)[: 49 * 60]
    expected = [0.0] * len(counts)
    found = coverage([Wave(counts, expected, range(10, 48 * 60, 10))], kept_minutes=kept_minutes)
    assert _keeps_its_word(found.next_hour)
