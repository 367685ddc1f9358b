"""Trials: where alarms start, which threshold makes detectors equal, how soon a wave is found, how soon it could be."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
import pytest

from detectors.algorithms import Detector, Params
from detectors.backtest.floor import Floor, floor_of, information
from detectors.backtest.synthetic import DAY_MINUTES, Ordinary, dispersion, ordinary_counts
from detectors.backtest.trials import (
    BANDS,
    GRACE_MIN,
    WARM_DAYS,
    Alarms,
    alarm_minutes,
    band_of,
    count_alarms,
    equal_threshold,
    lives,
    new_detector,
    teach,
    trial,
    waves,
)
from detectors.model import MinuteCounts, Score, ScoreStatus

HOUR = 60


class Naive:
    """Its surprise is the count itself, its threshold 5; a hundred is more than it can understand."""

    name: ClassVar[str] = "naive"
    PARAMS: ClassVar[type[Params]] = Params
    keeps_budget: ClassVar[bool] = False

    def __init__(self, *, false_alarms_per_month: float, timezone: str, params: Any = None) -> None:
        self.alerting: list[bool] = []

    def score(self, counts: Sequence[MinuteCounts], start_ms: int) -> list[Score]:
        return [
            Score(status=ScoreStatus.OK, surprise=float(count.negative), threshold=5.0)
            if count.negative != 100
            else Score(status=ScoreStatus.NO_DATA)
            for count in counts
        ]

    def learn(self, counts: MinuteCounts, start_ms: int, *, alerting: bool) -> None:
        self.alerting.append(alerting)

    def skip(self, buckets: int) -> None: ...

    def snapshot(self) -> bytes:
        return b"%d" % len(self.alerting)

    @classmethod
    def restore(cls, snapshot: bytes, *, false_alarms_per_month: float, timezone: str, params: Any = None) -> Self:
        naive = cls(false_alarms_per_month=false_alarms_per_month, timezone=timezone)
        naive.alerting = [False] * int(snapshot)
        return naive


def naive() -> Naive:
    return Naive(false_alarms_per_month=1, timezone="UTC")


def series(length: int, **spikes: int) -> list[int]:
    """Zeros, but for `m120=9`: nine in minute 120."""
    counts = [0] * length
    for minute, count in spikes.items():
        counts[int(minute[1:])] = count
    return counts


def found(counts: list[int], *, threshold: float | None = None, first: int = 0) -> list[int]:
    return list(alarm_minutes(naive(), counts, first=first, threshold=threshold))


# --------------------------------------------------------------------------------------------- alarms


def test_an_alarm_starts_where_the_threshold_is_exceeded() -> None:
    assert found(series(100, m20=5, m30=6)) == [30]


def test_another_threshold_than_its_own() -> None:
    assert found(series(100, m20=5, m30=6), threshold=4.5) == [20]
    assert found(series(100, m20=5, m30=6), threshold=6.0) == []


def test_minutes_are_counted_from_the_start_of_the_life() -> None:
    assert found(series(100, m30=6), first=5000) == [5030]


def test_what_fires_again_within_six_hours_is_the_same_story() -> None:
    assert found(series(2000, m100=6, m300=6, m459=6)) == [100]
    # It was over at 519 and six hours had passed since it first fired, however often it came back.
    assert found(series(2000, m100=6, m300=6, m459=6, m600=6)) == [100, 600]


def test_a_story_that_goes_on_for_a_day_is_one_alarm() -> None:
    assert found([0] * 10 + [9] * DAY_MINUTES + [0] * 100) == [10]


def test_habits_are_not_learned_while_an_alert_is_on() -> None:
    detector = naive()
    assert list(alarm_minutes(detector, series(200, m50=6, m60=4), first=0)) == [50]
    # The 4 of minute 60 is over half the threshold; sixty calm minutes later the alert is over.
    assert [minute for minute, on in enumerate(detector.alerting) if on] == list(range(50, 121))


def test_a_minute_that_it_knows_nothing_of_calms_nobody() -> None:
    detector = naive()
    assert list(alarm_minutes(detector, series(200, m50=6, m60=100), first=0)) == [50]
    assert detector.alerting.count(True) == 71


@pytest.mark.parametrize("seed", range(20))
def test_counting_all_at_once_finds_as_many(seed: int) -> None:
    rng = random.Random(seed)
    rare = rng.choice([0.001, 0.01, 0.1])
    counts = [rng.choice([3, 6, 9, 100]) if rng.random() < rare else rng.choice([0, 1, 2]) for _ in range(6000)]
    surprise = np.array([math.nan if count == 100 else float(count) for count in counts])
    for threshold in (3.5, 5.0, 7.0):
        assert count_alarms(surprise, threshold) == len(found(counts, threshold=threshold))


def test_the_first_days_are_only_learned() -> None:
    detector = naive()
    teach(detector, [9] * 30)
    assert detector.alerting == [False] * 30


# ------------------------------------------------------------------------------------------ thresholds


def test_the_threshold_that_gives_so_many_alarms() -> None:
    rng = np.random.default_rng(4)
    calm = [rng.gumbel(size=20_000) for _ in range(3)]
    threshold = equal_threshold(calm, alarms=7)
    assert sum(count_alarms(one, threshold) for one in calm) == 7
    values = np.unique(np.concatenate(calm))
    lower = float(values[np.searchsorted(values, threshold) - 1])
    assert sum(count_alarms(one, lower) for one in calm) > 7


def test_a_threshold_is_not_so_low_that_one_alarm_lasts_for_ever() -> None:
    calm = np.tile([8.0] + [1.0] * 599 + [6.0] + [1.0] * 599, 50)
    assert [count_alarms(calm, threshold) for threshold in (8.0, 6.0, 1.0)] == [0, 50, 1]
    assert equal_threshold([calm], alarms=1) == 8.0


def test_who_is_never_surprised_has_no_threshold() -> None:
    assert equal_threshold([np.zeros(1000), np.full(1000, np.nan)], alarms=3) == math.inf


# ------------------------------------------------------------------------------------ lives and waves


def test_brands_are_spread_over_all_bands() -> None:
    population = lives(50, days=56, seed=1)
    assert len(population) == 100
    assert {band_of(life.rate_per_min) for life in population} == set(range(len(BANDS)))
    assert sum(life.wandering for life in population) == sum(life.drift for life in population) == 50
    assert len({(life.seed, life.rate_per_min) for life in population}) == 100


def test_a_wave_lies_in_an_ordinary_life() -> None:
    life = Ordinary(2.0, seed=3, days=31, drift=True)
    warm = WARM_DAYS * DAY_MINUTES
    ordinary = ordinary_counts(life)[0][warm:].tolist()
    for wave in waves(life, 20):
        assert 0 <= wave.start_min < DAY_MINUTES
        assert wave.counts[: wave.start_min] == ordinary[: wave.start_min]
        assert all(counted >= usual for counted, usual in zip(wave.counts, ordinary, strict=False))
        assert len(wave.extra) == len(wave.rates) == len(wave.counts) - wave.start_min
        assert len(wave.extra) - int(wave.extra.argmax()) <= GRACE_MIN + 1
        assert wave.extra[0] > 0


def test_waves_are_the_same_every_time() -> None:
    life = Ordinary(2.0, seed=3, days=31)
    assert [wave.counts for wave in waves(life, 3)] == [wave.counts for wave in waves(life, 3)]
    assert len({wave.start_min for wave in waves(life, 9)}) > 1


def test_a_trial() -> None:
    brands = [Ordinary(rate, seed=5, days=35) for rate in (0.5, 0.6)]
    result = trial(Naive, brands, waves_each=10)
    assert result.threshold is not None
    assert result.achieved.brand_months == pytest.approx(14 / 30)
    assert result.achieved.count <= 1  # it learns nothing, so its second life is its first
    assert result.own.count > result.achieved.count or result.threshold < 5
    assert len(result.delays_min) == 20
    delays = [delay for delay in result.delays_min if delay is not None]
    assert len(delays) > 10
    assert all(delay > 0 for delay in delays)
    assert trial(Naive, brands, waves_each=10) == result


def test_a_trial_asks_no_more_of_a_detector_than_its_contract() -> None:
    kind: type[Detector] = Naive
    assert isinstance(new_detector(kind, false_alarms_per_month=4), Naive)


# --------------------------------------------------------------------------------------------- the floor


def test_the_information_of_a_poisson_minute() -> None:
    for rate, extra in ((0.05, 0.1), (2.0, 4.0), (50.0, 25.0)):
        both = rate + extra
        assert information(rate, extra, 0.0) == pytest.approx(both * math.log(both / rate) - extra, rel=1e-6)
    assert information(2.0, 0.0, 0.2) == 0.0


def test_what_shakes_anyway_tells_less() -> None:
    told = [information(20.0, 10.0, alpha) for alpha in (0.0, 0.05, 0.2, 0.4)]
    assert told == sorted(told, reverse=True)
    assert told[-1] > 0


def test_a_steady_change_is_known_after_ln_arl_over_kl() -> None:
    rates = np.full(600, 0.5)
    needed = math.log(43_200) / information(0.5, 0.5, 0.1)
    floor = floor_of(rates, rates, alpha=0.1)
    assert floor.lorden_min == math.ceil(needed)
    assert floor.cusum_min is not None and floor.cusum_min < needed


def test_the_cusum_s_delay_is_what_one_needs() -> None:
    # At 5000 minutes between false alarms, 0.5 to 1 a minute: 29.6 minutes in a simulation of the exact CUSUM.
    rates = np.full(600, 0.5)
    floor = floor_of(rates, rates, alpha=0.0, run_length_min=5000)
    assert floor.cusum_min is not None
    assert 28 <= floor.cusum_min <= 32


def test_a_wave_that_is_over_before_is_never_known() -> None:
    assert floor_of(np.full(10, 0.02), np.full(10, 0.02), alpha=0.1) == Floor(None, None)


def test_only_what_is_new_each_minute_is_known_not_to_wander() -> None:
    life = Ordinary(5.0, seed=7, days=28)
    counts, rates = ordinary_counts(life)
    fitted = float(((counts - rates) ** 2 - rates).sum() / (rates**2).sum())
    assert fitted == pytest.approx(dispersion(life), rel=0.05)


# --------------------------------------------------------------------------------------- false alarms


def test_alarms_of_several_bands_add_up() -> None:
    assert Alarms(2, 10.0) + Alarms(1, 5.0) == Alarms(3, 15.0)
    assert Alarms(3, 15.0).per_month == 0.2


@pytest.mark.parametrize(
    "count, low, high", [(0, 0.0, 3.689), (1, 0.0253, 5.572), (10, 4.795, 18.39), (100, 81.36, 121.63)]
)
def test_the_uncertainty_of_a_poisson_count(count: int, low: float, high: float) -> None:
    assert Alarms(count, 1.0).interval == pytest.approx((low, high), rel=1e-3)
