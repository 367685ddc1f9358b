"""The parts of surge: the rhythm it begins with, the signals, the threshold it learns."""

from __future__ import annotations

import math
import random

import pytest

from detectors.algorithms.baseline import Baseline, usual_shape
from detectors.algorithms.calibration import BLOCK_BUCKETS, BlockMaxima, gumbel_threshold
from detectors.algorithms.signals import NOTHING, TAU_MINUTES, Signals, statistic
from detectors.algorithms.surge import Surge
from detectors.backtest.trials import alarm_minutes
from detectors.model import MINUTE_MS, MinuteCounts, ScoreStatus
from support.series import MONDAY_MS, bare, calm, rhythm, teach

DAY = 1440


def maxima(blocks: list[float]) -> BlockMaxima:
    """Calibrated on blocks with these maxima."""
    calibrated = BlockMaxima(2.0, 1.0)
    for highest in blocks:
        for _ in range(BLOCK_BUCKETS - 1):
            calibrated.learn(0.0)
        calibrated.learn(highest)
    return calibrated


def gumbel(rng: random.Random) -> float:
    return -math.log(-math.log(rng.random()))


def test_the_threshold_is_crossed_as_often_as_the_budget_allows() -> None:
    # Two hundred years of a series whose blocks have a Gumbel maximum of location 3 and scale 0.8.
    rng = random.Random(1)
    calibrated, crossed = maxima([3 + 0.8 * gumbel(rng) for _ in range(400)]), 0
    months = 2000
    for _ in range(months * 120):
        crossed += calibrated.surprise(3 + 0.8 * gumbel(rng)) > gumbel_threshold(1.0)
    assert 0.6 < crossed / months < 1.6


def test_a_life_with_outbursts_learns_that_it_has_them() -> None:
    rng = random.Random(2)
    ordinary = [2 + gumbel(rng) for _ in range(120)]
    bursts = [block + 20 * (place % 6 == 0) for place, block in enumerate(ordinary)]
    assert maxima(ordinary).state.shape < 0.1
    assert maxima(bursts).state.shape > 0.15
    assert maxima(bursts).surprise(12.0) < maxima(ordinary).surprise(12.0) / 2


def test_one_crisis_makes_nobody_deaf() -> None:
    rng = random.Random(3)
    ordinary = [2 + gumbel(rng) for _ in range(60)]
    before, after = maxima(ordinary), maxima([*ordinary[:-1], 10_000.0])
    assert after.surprise(12.0) > before.surprise(12.0) * 0.8


def test_a_block_with_an_alert_teaches_no_more_than_one_that_just_reached_the_threshold() -> None:
    rng = random.Random(5)
    ordinary = [2 + gumbel(rng) for _ in range(60)]
    before = maxima(ordinary)
    reached = next(step / 10 for step in range(500) if before.surprise(step / 10) > gumbel_threshold(1.0))
    barely, by_far = maxima(ordinary), maxima(ordinary)
    for calibrated, highest in ((barely, reached), (by_far, 10_000.0)):
        for _ in range(4 * BLOCK_BUCKETS):
            calibrated.learn(highest)
    assert by_far.surprise(12.0) == pytest.approx(barely.surprise(12.0))


def test_a_wave_on_each_of_seven_days_is_found_each_day_and_so_is_the_storm_after_them() -> None:
    rng = random.Random(6)
    counts = calm(4 / 60, days=23, seed=6)
    starts = [(14 + day) * DAY + 12 * 60 for day in range(7)]
    storm = 21 * DAY + 15 * 60
    for start, minutes in [*((start, 240) for start in starts), (storm, 180)]:
        for _ in range(130):
            counts[start + rng.randrange(minutes)] += 1
    surge = Surge(false_alarms_per_month=1, timezone="UTC")
    alarms = list(alarm_minutes(surge, counts, first=0))
    for start in [*starts, storm]:
        assert any(start <= alarm < start + 120 for alarm in alarms), (start, alarms)


def test_what_few_blocks_say_is_believed_less() -> None:
    assert maxima([2.6] * 2).surprise(12.0) < maxima([2.6] * 2 + [2.0, 2.5, 3.5] * 30).surprise(12.0) * 1.5
    assert maxima([]).surprise(8.0) < 6.0  # reduced it is 6


def test_a_brand_begins_with_the_days_of_people_where_it_lives() -> None:
    paris, nowhere = Baseline("Europe/Paris"), Baseline("UTC")
    night, noon = MONDAY_MS + 3 * 60 * MINUTE_MS, MONDAY_MS + 12 * 60 * MINUTE_MS
    assert paris.expect(noon)[0] > 4 * paris.expect(night)[0]
    assert nowhere.expect(noon) == nowhere.expect(night)
    assert usual_shape("Europe/Paris")[24 + 14] == pytest.approx(0.8 * usual_shape("Europe/Paris")[14])


def test_a_brand_may_begin_with_the_days_of_others() -> None:
    teacher, pupil, late = (Surge(false_alarms_per_month=1, timezone="UTC") for _ in range(3))
    assert teacher.shape() is None
    teach(teacher, rhythm(2.0, days=8), score=False)
    shape = teacher.shape()
    assert shape is not None and len(shape) == 48
    assert shape[15] > 4 * shape[3]  # the day of `rhythm`
    pupil.start_from(shape)
    noon = MONDAY_MS + 15 * 60 * MINUTE_MS
    night = MONDAY_MS + 3 * 60 * MINUTE_MS
    means = [pupil.score(bare(0), at)[0].expected_per_min for at in (night, noon)]
    assert means[1] > 4 * means[0]
    teach(late, calm(1.0, days=1), score=False)
    late.start_from(shape)
    assert late.state.baseline.shape == [1.0] * 48  # what was learned is not thrown away


def test_it_says_how_much_it_knows() -> None:
    surge = Surge(false_alarms_per_month=1, timezone="UTC")
    _, scores = teach(surge, calm(0.2, days=4))
    statuses = [score.status for score in scores]
    assert statuses[:180] == [ScoreStatus.WARMING_UP] * 180
    assert statuses[180 : 3 * DAY] == [ScoreStatus.LITTLE_HISTORY] * (3 * DAY - 180)
    assert set(statuses[3 * DAY :]) == {ScoreStatus.OK}
    young, old = scores[200].threshold, scores[-1].threshold
    assert young is not None and old is not None and young > old


def test_each_signal_rises_with_what_it_is_about() -> None:
    signals = Signals(0.1)
    usual = MinuteCounts(negative=1, authors=1, mentions=5)
    sums = [NOTHING] * len(TAU_MINUTES)
    for _ in range(3 * DAY):
        sums, _ = signals.forward(sums, usual, 1.0, 1.0, 0.0)
        signals.learn(usual)

    def after(minute: MinuteCounts) -> list[float]:
        further = sums
        roots = (0.0, 0.0, 0.0, 0.0)
        for _ in range(20):
            further, roots = signals.forward(further, minute, 1.0, 1.0, 0.0)
        return [round(statistic(root), 1) for root in roots]

    nothing_new = after(usual)
    assert max(nothing_new) < 0.5
    negative, authors, share, reposts = after(MinuteCounts(negative=8, authors=1, mentions=12))
    assert negative > 10 and authors < 0.5 and share < 0.5 and reposts == 0
    negative, authors, share, reposts = after(MinuteCounts(negative=8, authors=8, mentions=40))
    assert negative > 10 and authors > 10 and share < 1
    negative, authors, share, reposts = after(MinuteCounts(negative=1, authors=1, mentions=1))
    assert negative < 0.5 and authors < 0.5 and share > 1
    negative, authors, share, reposts = after(MinuteCounts(negative=3, authors=3, mentions=15, reposts=3))
    assert reposts > 10


def test_twice_the_mentions_with_as_few_misread_are_no_wave() -> None:
    signals = Signals(0.1)
    sums = [NOTHING] * len(TAU_MINUTES)
    usual = MinuteCounts(negative=1, authors=1, mentions=8)
    for _ in range(2 * DAY):
        sums, _ = signals.forward(sums, usual, 1.0, 1.0, 0.0)
        signals.learn(usual)
    contest = MinuteCounts(negative=4, authors=4, mentions=120)
    storm = MinuteCounts(negative=4, authors=4, mentions=11)
    roots: dict[str, float] = {}
    for name, minute in (("contest", contest), ("storm", storm)):
        further = sums
        for _ in range(30):
            further, (negative, *_) = signals.forward(further, minute, 1.0, 1.0, 0.0)
            roots[name] = negative
    assert roots["contest"] < roots["storm"] / 4
