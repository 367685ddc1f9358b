"""The rules of others, each against a small example that can be worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pytest

from detectors.algorithms import DETECTORS, Detector
from detectors.algorithms.adwin import Adwin
from detectors.algorithms.nb_cusum import NbCusum
from detectors.model import MINUTE_MS, Score, ScoreStatus
from support.series import bare, calm, teach

HOUR, DAY, WEEK = 60, 1440, 7 * 1440


def watching(name: str, counts: Iterable[int], **params: float) -> tuple[Detector, int]:
    """A detector that has seen these minutes, and the start of the next."""
    kind = DETECTORS[name]
    detector = kind(false_alarms_per_month=1, timezone="UTC", params=kind.PARAMS(**params))
    next_ms, _ = teach(detector, counts, score=False)
    return detector, next_ms


def next_score(name: str, counts: list[int], **params: float) -> Score:
    """What a detector says of the last of these minutes, after it has learned the others."""
    detector, next_ms = watching(name, counts[:-1], **params)
    (score,) = detector.score(bare(counts[-1]), next_ms)
    assert score.status is ScoreStatus.OK and score.surprise is not None
    return score


def hours(*counts: int) -> list[int]:
    """Hours with so many mentions, all of them in the last minute."""
    return [count for hour in counts for count in [0] * 59 + [hour]]


FIXED_RULES = [
    # An hour of 60 is usual; the last hour brings so many.
    ("meltwater", [60] * 48 + [120], 2.0, False),
    ("meltwater", [60] * 48 + [121], 121 / 60, True),
    # The past twelve hours brought 12 each, but the mean hour of the week before is 48: that is what is usual.
    ("meltwater", [60] * 36 + [12] * 12 + [100], 100 / 48, True),
    ("meltwater", [60] * 36 + [12] * 12 + [95], 95 / 48, False),
    # Six days of 60 an hour and one of 90: 90 over (6 * 60 + 90) / 7; a day of 120 is half more than the average.
    ("cision", [60] * 144 + [90] * 24, 90 / (450 / 7), False),
    ("cision", [60] * 144 + [120] * 24, 120 / (480 / 7), True),
    # Seven days of 60 an hour; 90 is their "150 %", 91 is more.
    ("agility", [60] * 168 + [90], 1.5, False),
    ("agility", [60] * 168 + [91], 91 / 60, True),
    # The average of 24 hours holds the last one: 23 of 60 and one of 132 make 63.
    ("pivony", [60] * 47 + [120], 120 / 62.5, False),
    ("pivony", [60] * 47 + [132], 132 / 63, True),
    ("vista-social", [10] * 48 + [50], 50.0, False),
    ("vista-social", [10] * 48 + [51], 51.0, True),
]


@pytest.mark.parametrize("name, by_hour, times, fires", FIXED_RULES)
def test_a_rule_compares_the_hours_it_says(name: str, by_hour: list[int], times: float, fires: bool) -> None:
    score = next_score(name, hours(*by_hour))
    assert score.surprise == pytest.approx(times)
    assert score.exceeds is fires


def test_less_than_one_mention_is_no_usual_to_be_a_multiple_of() -> None:
    # A brand that nobody speaks of: two posts in an hour are two times one, not infinitely often nothing.
    assert next_score("agility", [0] * 4 * DAY + [1]).surprise == 1.0
    assert next_score("meltwater", [0] * 4 * DAY + [0]).surprise == 0.0


def test_salesforce_compares_with_the_same_hour_of_the_weeks_before() -> None:
    # Monday, 9 h, brings 100, 200, 300 and 400; every other hour 10. The average of the four is 250.
    quiet, nine = [10] * 9, [10] * (WEEK // HOUR - 10)
    weeks = [hour for monday in (100, 200, 300, 400) for hour in (*quiet, monday, *nine)]
    score = next_score("salesforce-social-hub", hours(*weeks, *quiet, 501))
    assert (score.observed, score.expected, score.exceeds) == (501, 250, True)
    assert not next_score("salesforce-social-hub", hours(*weeks, *quiet, 500)).exceeds
    # A young brand has one week to compare with, the last one.
    assert next_score("salesforce-social-hub", hours(*weeks[: WEEK // HOUR], *quiet, 150)).expected == 100
    # The next hour is another slot.
    assert next_score("salesforce-social-hub", hours(*weeks, *quiet, 500, 50)).expected == 10


def test_mutualmind_compares_ten_minutes_with_the_mean_of_six_hours() -> None:
    # 36 buckets of 10; the current one has 19, 20, 21 in its fourth minute.
    before = [1] * 2 * DAY + [0, 0, 0]
    assert [next_score("mutualmind", [*before, count]).exceeds for count in (19, 20, 21)] == [False, False, True]
    # Six hours of silence are all that it remembers.
    assert next_score("mutualmind", [100] * 2 * DAY + [0] * 6 * HOUR + [3]).surprise == 3.0


def test_pivony_looks_every_two_hours() -> None:
    detector, next_ms = watching("pivony", [1] * 2 * DAY)
    _, scores = teach(detector, [10] * 2 * HOUR, next_ms)
    assert [minute for minute, score in enumerate(scores) if score.exceeds] == [119]
    # What it found stands until it looks again.
    _, scores = teach(detector, [1] * 2 * HOUR, next_ms + 2 * HOUR * MINUTE_MS)
    assert [score.exceeds for score in scores] == [True] * 119 + [False]


def test_vista_social_is_quiet_for_an_hour_after_it_fired() -> None:
    detector, next_ms = watching("vista-social", [0] * 2 * DAY, cooldown_minutes=60)
    _, scores = teach(detector, [30] * 130, next_ms)
    fired = [minute for minute, score in enumerate(scores) if score.exceeds]
    assert fired == [1, 62, 123]
    assert all(score.surprise == 50.0 for score in scores[2:62])


def test_socialmetrix_measures_the_day_in_standard_deviations_of_the_week() -> None:
    # Six days of 60 an hour and one of 120: mean 480 / 7, deviation 60 sqrt(1/7 * 6/7 * 168/167).
    score = next_score("socialmetrix", hours(*[60] * 144, *[120] * 24))
    deviation = 60 * math.sqrt(6 / 49 * 168 / 167)
    assert score.surprise == pytest.approx((120 - 480 / 7) / deviation)
    assert score.exceeds
    # However large the rise, "high" cannot come.
    assert not next_score("socialmetrix", hours(*[1] * 144, *[10**6] * 24), deviations=3.0).exceeds


# Hours of 60 and 120 in turn: mean 90, deviation 30 sqrt(168/167).
SWINGING = [60, 120] * 84


def test_ears_c1_asks_for_three_deviations() -> None:
    score = next_score("ears-c1", hours(*SWINGING, 181))
    assert score.surprise == pytest.approx(91 / (30 * math.sqrt(168 / 167)))
    assert score.exceeds and not next_score("ears-c1", hours(*SWINGING, 180)).exceeds


def test_ears_c2_does_not_learn_from_the_two_hours_before() -> None:
    # A wave that has begun: C1 has it in its baseline already, C2 has not.
    wave = hours(*SWINGING, 300, 300, 185)
    assert next_score("ears-c2", wave).surprise == pytest.approx(95 / (30 * math.sqrt(168 / 167)))
    assert next_score("ears-c2", wave).exceeds and not next_score("ears-c1", wave).exceeds


def test_ears_c3_adds_up_what_three_hours_have_beyond_one_deviation() -> None:
    # Hours of 150, 150, 140: none is three deviations above 90; 2 - 1, 2 - 1 and 1.67 - 1 are more than 2.
    wave = hours(*SWINGING, 150, 150, 140)
    score = next_score("ears-c3", wave)
    assert score.surprise == pytest.approx(2.64, abs=0.05)
    assert score.exceeds and not next_score("ears-c2", wave).exceeds
    # An hour below takes nothing back.
    assert next_score("ears-c3", hours(*SWINGING, 150, 0, 150)).surprise == pytest.approx(1.97, abs=0.05)


def test_ears_takes_sparse_counts_to_have_a_deviation() -> None:
    # Not one mention in a week: four in an hour are more than three deviations of 1.
    assert not next_score("ears-c1", hours(*[0] * 168, 3)).exceeds
    assert next_score("ears-c1", hours(*[0] * 168, 4)).exceeds


def test_kleinberg_enters_a_burst_where_that_is_cheaper() -> None:
    # One a minute is usual. Ten minutes of three a minute are cheaper by 30 ln 2 - 10 in the burst: 10.8 nats, more
    # than the ln 4320 = 8.4 of entering it; ten minutes of two and a half, 7.3, are not. Ten more of them are.
    usual = [1] * 4 * DAY
    entering = math.log(4320)
    assert next_score("kleinberg", usual + [3] * 10).surprise == pytest.approx(30 * math.log(2) - 10, abs=0.2)
    assert next_score("kleinberg", usual + [3] * 10).exceeds
    assert next_score("kleinberg", usual + [2, 3] * 5).surprise == pytest.approx(25 * math.log(2) - 10, abs=0.2)
    assert not next_score("kleinberg", usual + [2, 3] * 5).exceeds
    assert next_score("kleinberg", usual + [2, 3] * 10).exceeds
    # Ten minutes as usual are 3 nats for the quiet state, and quiet long enough is quiet altogether.
    assert next_score("kleinberg", usual).surprise == pytest.approx(10 * math.log(2) - 10, abs=0.2)
    # Leaving the burst costs nothing: right after it, a quiet bin ends it, and it needs less to come back.
    after = next_score("kleinberg", usual + [9] * 10 + [1] * 10)
    assert after.surprise == pytest.approx(entering + 10 * math.log(2) - 10, abs=0.2)
    assert not after.exceeds


def test_the_cusum_adds_up_log_likelihood_ratios() -> None:
    detector, next_ms = watching("nb-cusum", calm(0.5, days=4))
    assert isinstance(detector, NbCusum)
    mean, variance = detector._baseline.expect(next_ms)
    alpha = (variance - mean) / mean**2
    evidence = detector.state.evidence

    def log_density(count: int, mean: float) -> float:
        """Of the negative binomial distribution, less what does not depend on the mean."""
        return count * math.log(mean / (1 + alpha * mean)) - math.log1p(alpha * mean) / alpha

    scores = detector.score(bare(3, 0, 4), next_ms)
    for count, score in zip((3, 0, 4), scores, strict=True):
        evidence = max(0.0, evidence + log_density(count, 2 * mean) - log_density(count, mean))
        assert score.surprise == pytest.approx(evidence)
    assert scores[0].threshold == pytest.approx(math.log(30 * DAY))


def test_river_cuts_where_adwin_says_so() -> None:
    # What is reported is not another method: once river cuts its window, the surprise was over the threshold.
    detector, next_ms = watching("adwin", calm(1.0, days=5))
    assert isinstance(detector, Adwin)
    for count in calm(2.5, days=0.5, seed=2):
        kept = len(detector.state.kept)
        next_ms, _ = teach(detector, [count], next_ms, score=False)
        (score,) = detector.score(bare(0), next_ms)
        if len(detector.state.kept) < kept:
            assert score.exceeds
            break
    else:
        pytest.fail("river never cut")


def test_without_data_there_is_nothing_to_compare_with_but_the_usual() -> None:
    # An hour of ten times the usual, then ten hours without data: the last hour was a usual one, for all we know.
    detector, next_ms = watching("agility", [1] * WEEK + [10] * HOUR)
    detector.skip(10 * HOUR)
    (score,) = detector.score(bare(1), next_ms + 10 * HOUR * MINUTE_MS)
    assert score.observed == pytest.approx(60, rel=0.1) and not score.exceeds
