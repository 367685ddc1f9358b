"""What every detector promises (detectors/algorithms/base.py), over all of the registry."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache

import msgspec
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from detectors.algorithms import DETECTORS, Detector
from detectors.errors import StateError
from detectors.model import MINUTE_MS, MinuteCounts, Score, ScoreStatus, to_ms
from support.series import MONDAY_MS, bare, calm, rhythm, teach

pytestmark = pytest.mark.parametrize("name", sorted(DETECTORS))

QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
WARM_DAYS = 8
"""Salesforce compares with the week before: none takes longer to know."""
COUNTS = st.lists(st.one_of(st.integers(0, 50), st.sampled_from([0, 1, 10**6])), min_size=1, max_size=10)


def new(name: str, *, budget: float = 1.0, timezone: str = "UTC") -> Detector:
    return DETECTORS[name](false_alarms_per_month=budget, timezone=timezone)


def revived(name: str, snapshot: bytes, *, budget: float = 1.0, timezone: str = "UTC") -> Detector:
    return DETECTORS[name].restore(snapshot, false_alarms_per_month=budget, timezone=timezone)


@cache
def warm_snapshot(name: str, rate: float = 0.5) -> tuple[bytes, int]:
    detector = new(name)
    next_ms, _ = teach(detector, rhythm(rate, days=WARM_DAYS), score=False)
    return detector.snapshot(), next_ms


def warm(name: str, rate: float = 0.5, *, budget: float = 1.0) -> tuple[Detector, int]:
    """A detector with eight days behind it, and the start of its next bucket."""
    snapshot, next_ms = warm_snapshot(name, rate)
    return revived(name, snapshot, budget=budget), next_ms


def firings(scores: list[Score], *, quiet_minutes: int = 360) -> list[int]:
    """The buckets at which an alert would start: those that exceed, one story being six hours."""
    found: list[int] = []
    for position, score in enumerate(scores):
        if score.exceeds and (not found or position - found[-1] >= quiet_minutes):
            found.append(position)
    return found


def sound(score: Score) -> bool:
    """Every number of it is one."""
    numbers = [score.observed, score.expected, score.expected_per_min, score.surprise or 0.0, score.threshold or 0.0]
    return all(math.isfinite(number) for number in numbers) and score.expected_per_min >= 0


def test_it_is_registered_under_its_own_name(name: str) -> None:
    assert DETECTORS[name].name == name


def test_every_parameter_has_a_range_with_its_default_inside(name: str) -> None:
    # What a configuration may hold, and what `badbuzz tune` searches.
    kind = DETECTORS[name].PARAMS
    for field in msgspec.inspect.type_info(kind).fields:  # type: ignore[attr-defined]
        assert isinstance(field.type, msgspec.inspect.IntType | msgspec.inspect.FloatType), field.name
        assert field.type.ge is not None and field.type.le is not None, field.name
        assert field.type.ge <= field.default <= field.type.le, field.name


def test_its_memory_is_small(name: str) -> None:
    # It travels with every snapshot of a brand; four weeks of a busy one are the most that any detector keeps.
    detector, next_ms = warm(name)
    assert len(detector.snapshot()) < 64_000
    teach(detector, [10**6] * 1440, next_ms, score=False)
    assert len(detector.snapshot()) < 64_000


@QUICK
@given(counts=COUNTS)
def test_scoring_never_learns(name: str, counts: list[int]) -> None:
    detector, next_ms = warm(name)
    before = detector.snapshot()
    first = detector.score(bare(*counts), next_ms)
    assert detector.snapshot() == before
    assert detector.score(bare(*counts), next_ms) == first


@QUICK
@given(counts=COUNTS, split=st.integers(0, 10))
def test_a_restored_detector_goes_on_bit_for_bit(name: str, counts: list[int], split: int) -> None:
    # Production restarts, a backtest does not: both must say the same.
    one, next_ms = warm(name)
    other, _ = warm(name)
    for position, count in enumerate(counts * 10):
        start_ms = next_ms + position * MINUTE_MS
        if position % 10 == split:
            other = revived(name, other.snapshot())
        assert one.score(bare(count), start_ms) == other.score(bare(count), start_ms)
        for detector in (one, other):
            detector.learn(MinuteCounts.bare(count), start_ms, alerting=position % 7 == 3)
    assert one.snapshot() == other.snapshot()


def test_a_snapshot_every_hour_of_a_week_changes_nothing(name: str) -> None:
    one, other = new(name), new(name)
    for hour in range(7 * 24):
        counts = rhythm(1.0, days=1 / 24, seed=hour)
        start_ms = MONDAY_MS + hour * 60 * MINUTE_MS
        _, scores = teach(one, counts, start_ms)
        _, others = teach(other, counts, start_ms)
        assert scores == others
        other = revived(name, other.snapshot())


def test_it_says_that_it_does_not_know_yet(name: str) -> None:
    detector = new(name)
    next_ms = MONDAY_MS
    for count in [0, 1, 5000]:
        (score,) = detector.score(bare(count), next_ms)
        assert score.status is ScoreStatus.WARMING_UP
        assert score.surprise is None and score.threshold is None and not score.exceeds
        detector.learn(MinuteCounts.bare(count), next_ms, alerting=False)
        next_ms += MINUTE_MS
    # It comes to know within a week, and then says so for good.
    _, scores = teach(detector, calm(0.5, days=7), next_ms)
    statuses = [score.status for score in scores]
    assert statuses[-1] is ScoreStatus.OK
    first = statuses.index(ScoreStatus.OK)
    assert set(statuses[first:]) == {ScoreStatus.OK}


@QUICK
@given(counts=COUNTS, minutes_before=st.integers(0, 130))
def test_scoring_open_buckets_counts_as_closing_them_would(name: str, counts: list[int], minutes_before: int) -> None:
    detector, next_ms = warm(name)
    # Hours and blocks must not begin at the buckets that are scored ahead.
    next_ms, _ = teach(detector, [0] * minutes_before, next_ms, score=False)
    ahead = detector.score(bare(*counts), next_ms)
    _, closed = teach(detector, counts, next_ms)
    assert [score.observed for score in ahead] == pytest.approx([score.observed for score in closed])
    assert ahead[0] == closed[0]


@pytest.mark.parametrize("rate, jump", [(0.02, 2), (0.5, 10), (20.0, 200)])
def test_a_huge_rise_is_found_within_a_day(name: str, rate: float, jump: int) -> None:
    detector = new(name)
    next_ms, _ = teach(detector, calm(rate, days=7), score=False)
    _, scores = teach(detector, [jump] * 1440, next_ms)
    assert any(score.exceeds for score in scores)


@pytest.mark.parametrize("rate, seed", [(0.0, 1), (0.02, 1), (0.02, 2), (0.5, 1), (0.5, 2), (20.0, 1)])
def test_three_calm_weeks_keep_the_budget_of_one_a_month(name: str, rate: float, seed: int) -> None:
    detector = new(name)
    _, scores = teach(detector, calm(rate, days=21 if DETECTORS[name].keeps_budget else WARM_DAYS, seed=seed))
    assert all(map(sound, scores))
    # A rule that people know by its fixed threshold keeps that, and fires as often as it does.
    assert len(firings(scores)) <= 2 or not DETECTORS[name].keeps_budget, f"alerts at minutes {firings(scores)}"


def test_a_day_that_is_not_a_night_is_no_alarm(name: str) -> None:
    # The third week of a brand with a rhythm: five times as many posts at noon as at night is what is usual.
    detector = new(name)
    next_ms, _ = teach(detector, rhythm(1.0, days=14), score=False)
    _, scores = teach(detector, rhythm(1.0, days=7, seed=2), next_ms)
    # Most of the fixed rules know no day: their users live with an alarm every noon.
    assert len(firings(scores)) <= 1 or not DETECTORS[name].keeps_budget


@QUICK
@given(counts=COUNTS, more=st.integers(1, 10**6), rate=st.sampled_from([0.02, 0.5]))
def test_more_posts_are_never_less_surprising(name: str, counts: list[int], more: int, rate: float) -> None:
    detector, next_ms = warm(name, rate)
    less = detector.score(bare(*counts), next_ms)[-1].surprise
    greater = detector.score(bare(*counts[:-1], counts[-1] + more), next_ms)[-1].surprise
    assert less is not None and greater is not None and greater >= less


@QUICK
@given(budgets=st.tuples(st.floats(1e-6, 1e4), st.floats(1e-6, 1e4)))
def test_a_larger_budget_never_raises_the_threshold(name: str, budgets: tuple[float, float]) -> None:
    snapshot, next_ms = warm_snapshot(name)
    thresholds = []
    for budget in sorted(budgets):
        (score,) = revived(name, snapshot, budget=budget).score(bare(1), next_ms)
        assert score.threshold is not None and math.isfinite(score.threshold)
        thresholds.append(score.threshold)
    assert thresholds[0] >= thresholds[1]


@QUICK
@given(pattern=st.lists(st.sampled_from([0, 1, 10**6]), min_size=1, max_size=8), alerting=st.booleans())
def test_extreme_counts_break_nothing(name: str, pattern: list[int], alerting: bool) -> None:
    for detector, next_ms in (warm(name), (new(name), MONDAY_MS)):
        for position, count in enumerate(pattern * 40):
            start_ms = next_ms + position * MINUTE_MS
            assert sound(detector.score(bare(count), start_ms)[0])
            detector.learn(MinuteCounts.bare(count), start_ms, alerting=alerting)


def test_a_week_of_a_million_a_minute_and_then_nothing(name: str) -> None:
    detector, next_ms = warm(name)
    next_ms, scores = teach(detector, [10**6] * 10_080, next_ms)
    _, after = teach(detector, [0] * 4_320, next_ms)
    assert all(map(sound, scores + after))


@QUICK
@given(
    garbage=st.one_of(st.binary(max_size=200), st.sampled_from([b"", b"\x90", b"\x80", b"\xc0", b"null", b"\x91\x00"]))
)
def test_garbage_is_no_state(name: str, garbage: bytes) -> None:
    assume(not garbage.startswith(b"\x91" + warm_snapshot(name)[0][1:2]))  # [version]: all the rest by default
    with pytest.raises(StateError):
        revived(name, garbage)


def test_a_state_of_a_newer_version_is_refused(name: str) -> None:
    # A rollback must warm up again, not misread what the newer one wrote.
    state = msgspec.msgpack.decode(warm_snapshot(name)[0])
    newer = [state[0] + 1, *state[1:]] if isinstance(state, list) else {**state, "version": state["version"] + 1}
    with pytest.raises(StateError, match="version"):
        revived(name, msgspec.msgpack.encode(newer))
    with pytest.raises(StateError):
        revived(name, warm_snapshot(name)[0][:-3])


@QUICK
@given(gaps=st.lists(st.sampled_from([1, 7, 60, 1440, 30 * 1440, 10**8]), min_size=1, max_size=4))
def test_it_goes_on_after_silences_of_any_length(name: str, gaps: list[int]) -> None:
    detector, next_ms = warm(name)
    for gap in gaps:
        detector.skip(gap)
        next_ms += gap * MINUTE_MS % (400 * 1440 * MINUTE_MS)
        next_ms, scores = teach(detector, [0, 1, 0, 2], next_ms)
        # Silence taught it nothing and took nothing away: it still knows.
        assert all(sound(score) and score.status is ScoreStatus.OK for score in scores)


def test_a_silence_makes_no_alert_by_itself(name: str) -> None:
    detector = new(name)
    # The same every hour: whatever is seen then is of the silence, also for rules that alert in an ordinary week.
    next_ms, _ = teach(detector, [1, 0] * 5040, score=False)
    detector.skip(600)
    _, scores = teach(detector, [1, 0] * 720, next_ms + 600 * MINUTE_MS)
    assert not any(score.exceeds for score in scores)


def test_skipping_is_not_scoring(name: str) -> None:
    one, next_ms = warm(name)
    other, _ = warm(name)
    for detector in (one, other):
        detector.learn(MinuteCounts.bare(3), next_ms, alerting=False)
    one.skip(30)
    assert one.snapshot() != other.snapshot()
    assert one.score(bare(0), next_ms + 31 * MINUTE_MS)[0].surprise is not None


def _changes() -> Iterator[tuple[str, datetime]]:
    for zone in ("Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"):
        for day in (datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)):
            yield zone, day


@pytest.mark.parametrize("zone, day", list(_changes()))
def test_clocks_that_change_break_nothing(name: str, zone: str, day: datetime) -> None:
    # Paris has no 02:30 on 29 March 2026 and has it twice on 25 October; Lord Howe changes by half an hour.
    detector = new(name, timezone=zone)
    _, scores = teach(detector, rhythm(0.5, days=WARM_DAYS), to_ms(day) - 7 * 1440 * MINUTE_MS)
    assert all(map(sound, scores))
    assert scores[-1].status is ScoreStatus.OK
    copy = revived(name, detector.snapshot(), timezone=zone)
    end_ms = to_ms(day) + 1440 * MINUTE_MS
    assert copy.score(bare(3), end_ms) == detector.score(bare(3), end_ms)


def test_a_rise_in_the_hour_that_comes_twice_is_found(name: str) -> None:
    detector = new(name, timezone="Europe/Paris")
    change_ms = to_ms(datetime(2026, 10, 25, 0, 30, tzinfo=UTC))
    next_ms, _ = teach(detector, calm(0.5, days=7), change_ms - 7 * 1440 * MINUTE_MS, score=False)
    assert next_ms == change_ms
    _, scores = teach(detector, [20] * 720, next_ms)
    assert any(score.exceeds for score in scores)
