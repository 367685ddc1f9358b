"""The kept week of a series."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.history import CHUNK_BUCKETS, KEPT_CHUNKS, History
from detectors.model import MinuteCounts

NUMBERS = st.one_of(st.integers(0, 300), st.sampled_from([127, 128, 16_383, 10**6, 2**40]))


def minute(negative: int, others: int, authors: int, reposts: int) -> MinuteCounts:
    return MinuteCounts(negative, min(authors, negative), negative + others, min(reposts, negative))


Minutes = list[MinuteCounts | None]
COUNTS = st.lists(st.one_of(st.none(), st.builds(minute, NUMBERS, NUMBERS, NUMBERS, NUMBERS)))


@settings(deadline=None)
@given(counts=COUNTS, times=st.integers(1, 60))
def test_it_gives_back_what_it_was_given(counts: Minutes, times: int) -> None:
    history = History(start_ms=0)
    for count in counts * times:
        history.append(count)
    kept = list(history.counts())
    assert len(history) == len(kept)
    assert kept == (counts * times)[len(counts) * times - len(kept) :]
    assert history.start_ms == (len(counts) * times - len(kept)) * 60_000


def test_it_keeps_a_week_and_knows_where_it_begins() -> None:
    history = History(start_ms=60_000)
    for number in range(CHUNK_BUCKETS * (KEPT_CHUNKS + 2) + 5):
        history.append(MinuteCounts.bare(number))
    # The chunk that is filling comes on top of the full ones.
    assert len(history) == CHUNK_BUCKETS * KEPT_CHUNKS + 5
    assert next(history.counts()) == MinuteCounts.bare(2 * CHUNK_BUCKETS)
    assert history.start_ms == 60_000 + 2 * CHUNK_BUCKETS * 60_000


def test_a_week_is_small() -> None:
    history = History(start_ms=0)
    for number in range(7 * 1440):
        history.append(MinuteCounts.bare(number % 7 == 0))
    assert len(msgspec.msgpack.encode(history)) < 4096


@settings(deadline=None)
@given(before=COUNTS, after=COUNTS)
def test_it_goes_on_after_a_restart_of_the_process(before: Minutes, after: Minutes) -> None:
    history = History(start_ms=0)
    for count in before * 50:
        history.append(count)
    copy = msgspec.msgpack.decode(msgspec.msgpack.encode(history), type=History)
    for count in after:
        history.append(count)
        copy.append(count)
    assert list(copy.counts()) == list(history.counts())
    assert copy == history


def test_it_starts_anew() -> None:
    history = History(start_ms=0)
    for _ in range(1000):
        history.append(MinuteCounts.bare(1))
    history.restart(600_000)
    assert (len(history), list(history.counts()), history.start_ms) == (0, [], 600_000)


def test_two_histories_share_nothing() -> None:
    one, other = History(start_ms=0), History(start_ms=0)
    one.append(MinuteCounts.bare(1))
    assert len(other) == 0
