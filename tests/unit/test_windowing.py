"""Whose clock it is: the time of a source partition, silences, and the time of a monitor."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.model import MINUTE_MS, Gap, MentionBatch
from detectors.windowing import (
    MAX_SOURCES,
    MonitorClock,
    MonitorClockState,
    SourceClock,
    SourceClockState,
    bucket_start,
)

HOUR = 60 * MINUTE_MS
T0 = 1_772_409_600_000


def source_clock(state: SourceClockState | None = None) -> SourceClock:
    return SourceClock(lateness_ms=MINUTE_MS, no_data_after_ms=2 * HOUR, state=state)


def gaps_of(clock: SourceClock, source: str) -> dict[int, int | None]:
    """What the newest word on each silence is, those without length left out."""
    newest = {gap.start_ms: gap.end_ms for gap in clock.take_gaps() if gap.source == source}
    return {start: end for start, end in newest.items() if start != end}


@given(st.integers(0, 10**14))
def test_a_moment_lies_in_its_bucket(ms: int) -> None:
    assert bucket_start(ms) <= ms < bucket_start(ms) + MINUTE_MS
    assert bucket_start(ms) % MINUTE_MS == 0


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 5 * HOUR)), min_size=1, max_size=50))
def test_the_watermark_never_goes_back(posts: list[tuple[str, int]]) -> None:
    clock = source_clock()
    marks: list[int] = []
    for source, offset in posts:
        clock.arrive(source, T0 + offset, T0 + 10 * HOUR)
        marks.append(clock.watermark_ms or 0)
    assert marks == sorted(marks)
    assert marks[-1] == T0 + max(offset for _, offset in posts) - MINUTE_MS


def test_a_post_from_the_future_counts_in_the_time_of_the_log() -> None:
    clock = source_clock()
    clock.arrive("a", T0, T0)
    assert clock.arrive("a", T0 + 10**12, T0 + 5) == (T0, True)
    assert clock.watermark_ms == T0 - MINUTE_MS
    # A clock that is fast by less than the lateness is believed: phones are.
    assert clock.arrive("a", T0 + 30_000, T0) == (T0 + 30_000, False)


def test_a_first_post_from_the_future_counts_when_it_was_published() -> None:
    assert source_clock().arrive("a", T0 + 10**12, T0) == (T0, True)


def test_a_silence_is_found_by_others_and_closed_by_the_source() -> None:
    clock = source_clock()
    clock.arrive("a", T0, T0)
    for minutes in range(0, 200, 10):
        clock.arrive("b", T0 + minutes * MINUTE_MS, T0 + 10 * HOUR)
    assert gaps_of(clock, "a") == {T0 + 2 * HOUR: None}
    assert gaps_of(clock, "a") == {}  # told once
    clock.arrive("a", T0 + 4 * HOUR, T0 + 10 * HOUR)
    assert gaps_of(clock, "a") == {T0 + 2 * HOUR: T0 + 4 * HOUR}


def test_a_silence_that_nobody_else_saw_is_told_whole() -> None:
    clock = source_clock()
    clock.arrive("a", T0, T0)
    clock.arrive("a", T0 + 5 * HOUR, T0 + 5 * HOUR)
    assert gaps_of(clock, "a") == {T0 + 2 * HOUR: T0 + 5 * HOUR}


def test_a_backlog_is_still_silence_until_it_has_caught_up() -> None:
    clock = source_clock()
    clock.arrive("a", T0, T0)
    for minutes in range(0, 300, 10):
        clock.arrive("b", T0 + minutes * MINUTE_MS, T0 + 10 * HOUR)
    clock.take_gaps()
    # The connector is back, five hours late: what it brings now nobody waited for.
    for minutes in range(1, 160, 2):
        clock.arrive("a", T0 + minutes * MINUTE_MS, T0 + 10 * HOUR)
    assert gaps_of(clock, "a") == {}
    now = T0 + 290 * MINUTE_MS
    for minutes in range(160, 291, 2):
        clock.arrive("a", T0 + minutes * MINUTE_MS, T0 + 10 * HOUR)
    # An open silence that is never closed would mean that the source is never heard again.
    assert gaps_of(clock, "a") == {T0 + 2 * HOUR: now}


def test_time_passes_for_an_idle_partition_and_finds_silences() -> None:
    clock = source_clock()
    clock.arrive("a", T0, T0)
    clock.pass_time(90_000)
    assert clock.watermark_ms == T0 + 30_000
    clock.take_gaps()
    clock.pass_time(2 * HOUR)
    assert gaps_of(clock, "a") == {T0 + 2 * HOUR: None}


def test_a_partition_that_never_spoke_has_no_time() -> None:
    clock = source_clock()
    clock.pass_time(1_000)
    assert clock.watermark_ms is None  # never the bare wall clock


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 12 * HOUR)), min_size=2, max_size=40),
    st.integers(0, 40),
)
def test_a_restored_clock_tells_the_same_silences(posts: list[tuple[str, int]], crash: int) -> None:
    one, other = source_clock(), source_clock()
    told: tuple[list[Gap], list[Gap]] = ([], [])
    for place, (source, offset) in enumerate(posts):
        if place == crash:
            other = source_clock(msgspec.msgpack.decode(msgspec.msgpack.encode(other.state), type=SourceClockState))
        for clock, gaps in ((one, told[0]), (other, told[1])):
            clock.arrive(source, T0 + offset, T0 + 24 * HOUR)
            gaps += clock.take_gaps()
    assert told[0] == told[1]


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 12 * HOUR)), min_size=1, max_size=60))
def test_a_source_that_speaks_now_has_no_open_silence(posts: list[tuple[str, int]]) -> None:
    clock = source_clock()
    for source, offset in posts:
        clock.arrive(source, T0 + offset, T0 + 24 * HOUR)
    now = T0 + max(offset for _, offset in posts)
    clock.arrive("a", now, T0 + 24 * HOUR)
    spans: dict[int, int | None] = {gap.start_ms: gap.end_ms for gap in clock.take_gaps() if gap.source == "a"}
    assert None not in spans.values()


def test_a_hostile_source_name_costs_no_memory() -> None:
    clock = source_clock()
    for number in range(MAX_SOURCES * 3):
        clock.arrive(f"source{number}", T0 + number, T0 + HOUR)
    assert len(clock.state.sources) == MAX_SOURCES


# ------------------------------------------------------------------------------------ MonitorClock


def monitor_clock(partitions: int) -> MonitorClock:
    return MonitorClock(MonitorClockState(partitions=partitions))


def record(partition: int, *gaps: Gap, partitions: int = 1, idle: bool = False) -> MentionBatch:
    return MentionBatch(None, partition, partitions, None, idle=idle, gaps=list(gaps))


def test_the_slowest_active_partition_is_the_time() -> None:
    clock = monitor_clock(3)
    assert clock.move(0, T0 + 30) is None
    assert clock.move(1, T0 + 20) is None
    assert clock.move(2, T0 + 10) == T0 + 10
    assert clock.move(2, T0 + 25) == T0 + 20


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1000), st.booleans()), max_size=60))
def test_a_monitors_time_never_goes_back(moves: list[tuple[int, int, bool]]) -> None:
    clock = monitor_clock(3)
    before = -1
    for partition, watermark, idle in moves:
        clock.take(record(partition, partitions=3, idle=idle))
        time = clock.move(partition, watermark)
        assert time is None or before <= time <= 1000
        before = before if time is None else time


def test_a_partition_more_than_was_known_holds_the_others() -> None:
    clock = monitor_clock(1)
    assert clock.move(0, T0) == T0
    clock.take(record(0, partitions=2))
    assert clock.move(0, T0 + 5) == T0


def test_all_partitions_idle_stop_the_time() -> None:
    clock = monitor_clock(2)
    for partition in (0, 1):
        clock.take(record(partition, partitions=2, idle=True))
        assert clock.move(partition, None) is None


def test_a_source_is_silent_where_every_partition_that_carries_it_is() -> None:
    clock = monitor_clock(2)
    clock.take(record(0, Gap("a", T0, T0), Gap("a", T0 + 10, None)))
    assert clock.silent(["a", "b"], T0 + 20) == ({"a"}, None)
    clock.take(record(1, Gap("a", T0, T0)))
    assert clock.silent(["a"], T0 + 20) == (set(), None)
    clock.take(record(1, Gap("a", T0 + 15, T0 + 40)))
    assert clock.silent(["a"], T0 + 20) == ({"a"}, T0 + 40)
    assert clock.silent(["a"], T0 + 12) == (set(), None)
    assert clock.silent(["a"], T0 + 40) == (set(), None)


def test_a_silence_told_twice_is_one() -> None:
    clock = monitor_clock(1)
    for _ in range(3):
        clock.take(record(0, Gap("a", T0, None)))
        clock.take(record(0, Gap("a", T0, T0 + 50)))
    assert clock.state.gaps["a"][0] == [(T0, T0 + 50)]


def test_old_silences_are_forgotten_but_not_who_carries_a_source() -> None:
    clock = monitor_clock(1)
    clock.take(record(0, *(Gap("a", T0 + n * HOUR, T0 + n * HOUR + 1) for n in range(5)), Gap("a", T0 + 6 * HOUR)))
    clock.move(0, T0 + 26 * HOUR)
    clock.prune()
    assert clock.state.gaps["a"][0] == [(T0 + n * HOUR, T0 + n * HOUR + 1) for n in (2, 3, 4)] + [(T0 + 6 * HOUR, None)]
    clock.move(0, T0 + 900 * HOUR)
    clock.prune()
    assert clock.state.gaps["a"][0] == [(T0 + 6 * HOUR, None)]


@pytest.mark.parametrize("partition", [0, 1])
def test_others_leaves_the_asking_partition_out(partition: int) -> None:
    clock = monitor_clock(2)
    clock.move(0, 100)
    clock.move(1, 200)
    assert clock.others(partition) == (200, 100)[partition]
