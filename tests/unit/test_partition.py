"""One `mentions` partition: batches, crashes, replays, several source partitions."""

from __future__ import annotations

import functools
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from detectors.algorithms.surge import Surge
from detectors.errors import StateError
from detectors.intake import Intake, RawRecord, decode_post
from detectors.model import (
    MINUTE_MS,
    Alert,
    Brand,
    Bucket,
    Incident,
    Match,
    Mention,
    MentionBatch,
    Sentiment,
    Watch,
    from_ms,
    to_ms,
)
from detectors.monitor import Event
from detectors.partition import PartitionMonitor
from support.mentions_log import START, STORY, WATCH, Told, heartbeat, log, post, run, states, story, told
from support.scenario import NoModel
from support.series import MONDAY_MS

FEELINGS = ["negative", "negative", "neutral"]
SLOW = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
CUTS = st.one_of(
    st.lists(st.integers(1, len(STORY) - 1), max_size=40),
    st.integers(1, 400).map(lambda size: list(range(0, len(STORY), size))),
)


@functools.cache
def undisturbed() -> tuple[Told, dict[str, object]]:
    """The story one post a batch: what must come of it however it is cut."""
    partition = PartitionMonitor(WATCH.brands)
    events = run(partition, log(STORY, range(len(STORY))))
    return told(events), states(partition)


def test_the_story_is_one() -> None:
    events, _ = undisturbed()
    assert len(events["incidents of acme"]) >= 4
    assert "incidents of globex" not in events
    assert any(b'"no_data"' in bucket for bucket in events["buckets of acme"])


@SLOW
@given(cuts=CUTS)
@example(cuts=[])
def test_how_posts_were_cut_into_batches_changes_nothing(cuts: list[int]) -> None:
    partition = PartitionMonitor(WATCH.brands)
    events = run(partition, log(STORY, cuts))
    assert (told(events), states(partition)) == undisturbed()


@SLOW
@given(cuts=CUTS, rng=st.randoms(use_true_random=False))
def test_heartbeats_in_between_change_nothing(cuts: list[int], rng: random.Random) -> None:
    partition = PartitionMonitor(WATCH.brands)
    events = run(partition, log(STORY, cuts, beats=rng))
    assert (told(events), states(partition)) == undisturbed()


@SLOW
@given(data=st.data())
def test_records_read_again_change_nothing(data: st.DataObject) -> None:
    batches = log(STORY, range(0, len(STORY), 20))
    partition = PartitionMonitor(WATCH.brands)
    events: list[Event] = []
    place = 0
    while place < len(batches):
        until = data.draw(st.integers(place + 1, len(batches)), label="read until")
        events += run(partition, batches[place:until])
        place = until
        back = data.draw(st.integers(0, until), label="and again from")
        if data.draw(st.booleans(), label="crash"):
            events += run(partition, batches[back:until])
    assert (told(events), states(partition)) == undisturbed()


@SLOW
@given(data=st.data())
def test_a_crash_at_any_record_changes_nothing(data: st.DataObject) -> None:
    """The partition's own record is the oldest of a cut; brands may be newer, each by its own."""
    batches = log(STORY, range(0, len(STORY), 20))
    own_at = data.draw(st.integers(0, len(batches) - 1), label="the partition's own record")
    brand_at = {
        brand.id: data.draw(st.integers(own_at, len(batches) - 1), label=f"record of {brand.id}")
        for brand in WATCH.brands
    }
    first = PartitionMonitor(WATCH.brands)
    own: bytes | None = None
    by_brand: dict[str, bytes] = {}
    published: list[Event] = []
    for place, batch in enumerate(batches[: max(brand_at.values()) + 1]):
        if place == own_at and place:
            own = first.snapshot()
        for name, at in brand_at.items():
            if place == at and name in first.monitors:
                by_brand[name] = first.monitors[name].snapshot()
        published += first.take(batch)
    second = PartitionMonitor.restore(WATCH.brands, own, by_brand)
    again = run(second, batches[own_at if own is not None else 0 :])
    assert states(second) == undisturbed()[1]
    # What is told twice is told the same; nothing is missing.
    before, after, expected = told(published), told(again), undisturbed()[0]
    for kind, values in expected.items():
        assert {*before.get(kind, []), *after.get(kind, [])} == set(values), kind


def test_a_restart_after_every_record() -> None:
    batches = log(STORY, range(0, len(STORY), 60))
    partition = PartitionMonitor(WATCH.brands)
    events: list[Event] = []
    for batch in batches:
        events += partition.take(batch)
        by_brand = {name: monitor.snapshot() for name, monitor in partition.monitors.items()}
        partition = PartitionMonitor.restore(WATCH.brands, partition.snapshot(), by_brand)
    assert (told(events), states(partition)) == undisturbed()


def _mention(offset: int, event_ms: int, watermark_ms: int) -> Mention:
    return Mention(offset, event_ms, watermark_ms, offset, "twitter", Sentiment.NEGATIVE)


def test_one_brands_time_never_makes_the_others_mentions_late() -> None:
    # One batch of an hour: Acme's record comes first and ends an hour later than Globex's begins.
    start = to_ms(START)
    minutes = range(0, 60, 5)
    batch = {
        name: [_mention(2 * m + k, start + m * MINUTE_MS, start + (m - 1) * MINUTE_MS) for m in minutes]
        for k, name in enumerate(("acme", "globex"))
    }
    partition = PartitionMonitor(WATCH.brands)
    partition.take(MentionBatch("acme", 0, 1, None, mentions=batch["acme"]))
    partition.take(MentionBatch("globex", 0, 1, start + 54 * MINUTE_MS, mentions=batch["globex"]))
    assert partition.tally.late == {}
    assert partition.tally.counted == {(name, Sentiment.NEGATIVE): 12 for name in batch}


def test_a_brand_that_is_no_longer_watched_is_passed_over() -> None:
    partition = PartitionMonitor([])
    assert run(partition, log(STORY[:200], [])) == []
    assert partition.monitors == {}


def test_statuses_counts_every_brand_once() -> None:
    partition = PartitionMonitor(WATCH.brands)
    run(partition, log(STORY[:200], []))
    assert partition.statuses() == {"firing": 0, "ok": 0, "little_history": 2, "warming_up": 0, "no_data": 0}


@pytest.mark.parametrize("own", [b"", b"\xff", b"\x90", msgspec.msgpack.encode({"version": 2})])
def test_a_record_that_cannot_be_used_is_refused(own: bytes) -> None:
    with pytest.raises(StateError):
        PartitionMonitor.restore(WATCH.brands, own, {})


# --------------------------------------------------------------------------- several source partitions


def _interleaved(records: list[RawRecord], rng: random.Random, *, partitions: int = 4) -> list[MentionBatch]:
    """The same posts in several partitions, read by turns of chance; none runs far ahead of the others.

    A live worker reads what is there: batches of different partitions overlap by seconds, at times by minutes.
    """
    intake = Intake(WATCH, NoModel())
    waiting: list[list[RawRecord]] = [[] for _ in range(partitions)]
    for record in records:
        number = rng.randrange(partitions)
        waiting[number].append(RawRecord(record.offset, record.value, record.published_ms))
    places = [0] * partitions
    batches = [heartbeat(number, partitions, None) for number in range(partitions)]
    while any(place < len(all_) for place, all_ in zip(places, waiting, strict=True)):
        heads = {n: waiting[n][places[n]].published_ms for n in range(partitions) if places[n] < len(waiting[n])}
        horizon = min(heads.values()) + 5 * MINUTE_MS
        number = rng.choice([n for n, head in heads.items() if head <= horizon])
        end = places[number]
        while end < len(waiting[number]) and waiting[number][end].published_ms <= horizon and end - places[number] < 7:
            end += 1
        taken = intake.take(number, waiting[number][places[number] : end])
        places[number] = end
        batches += taken.records(partitions, 1, lambda _: 0)[0]
    # Then all of them fall silent, and time goes on.
    last_ms = records[-1].published_ms
    return [*batches, *(heartbeat(number, partitions, last_ms) for number in range(partitions))]


def _onsets(events: list[Event]) -> list[tuple[str, str, object]]:
    firsts: dict[str, tuple[str, str, object]] = {}
    for event in events:
        if isinstance(event, Incident):
            firsts.setdefault(event.id, (event.brand, event.id, event.onset))
    return list(firsts.values())


@functools.cache
def orderly_story() -> list[RawRecord]:
    """Without posts that are late beyond the lateness: these count or not, as the partitions go."""
    records = [r for r in story(seed=11) if r.published_ms - _created_ms(r) <= MINUTE_MS]
    return [RawRecord(offset, r.value, r.published_ms) for offset, r in enumerate(records)]


def _created_ms(record: RawRecord) -> int:
    return to_ms(decode_post(record.value).created_at)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10_000))
def test_four_source_partitions_give_the_incidents_of_one(seed: int) -> None:
    one = run(PartitionMonitor(WATCH.brands), log(orderly_story(), range(0, len(STORY), 50)))
    four = run(PartitionMonitor(WATCH.brands), _interleaved(orderly_story(), random.Random(seed)))
    assert _onsets(one) and _onsets(four) == _onsets(one)


def test_a_partition_that_never_spoke_holds_the_others_until_it_is_idle() -> None:
    partition = PartitionMonitor(WATCH.brands)
    minutes = [_mention(m, to_ms(START) + m * MINUTE_MS, to_ms(START) + (m - 1) * MINUTE_MS) for m in range(30)]
    batch = MentionBatch("acme", 0, 2, minutes[-1].watermark_ms, mentions=minutes)
    assert partition.take(batch) == []
    events = partition.take(heartbeat(1, 2, None, idle=True))
    # Partition 0 alone moves the time again, with its next word.
    events += partition.take(heartbeat(0, 2, minutes[-1].watermark_ms + 1))
    buckets = [event for event in events if isinstance(event, Bucket)]
    assert sum(bucket.negative for bucket in buckets) == 28
    assert buckets[0].start == START - timedelta(minutes=1)  # a minute before its first mention


def test_one_post_of_1970_while_a_partition_holds_does_not_begin_in_1970() -> None:
    # Closing every minute since 1970 would take the worker a quarter of an hour.
    now = to_ms(START)
    partition = PartitionMonitor(WATCH.brands)
    mentions = [_mention(0, now, now - MINUTE_MS), _mention(1, 0, now - MINUTE_MS), _mention(2, now, now - MINUTE_MS)]
    partition.take(MentionBatch("acme", 0, 2, now - MINUTE_MS, mentions=mentions))
    events = partition.take(heartbeat(1, 2, now + 5 * MINUTE_MS))
    events += partition.take(heartbeat(0, 2, now + 5 * MINUTE_MS))
    assert partition.tally.late == {"acme": 1}
    starts = [event.start for event in events if isinstance(event, Bucket)]
    assert min(starts) >= START - timedelta(minutes=2)
    assert Counter(starts).most_common(1)[0][1] == 1


def test_a_partition_that_is_declared_idle_and_then_speaks_holds_again() -> None:
    partition = PartitionMonitor(WATCH.brands)
    now = to_ms(START)
    partition.take(heartbeat(1, 2, None, idle=True))
    partition.take(heartbeat(0, 2, now))
    assert partition.clock.state.time_ms == now
    # It brings what is older than the time that went on without it: late, but the time never goes back.
    partition.take(MentionBatch("acme", 1, 2, now - 60 * MINUTE_MS, mentions=[_mention(0, now, now - 60 * MINUTE_MS)]))
    partition.take(heartbeat(0, 2, now + 10 * MINUTE_MS))
    assert partition.clock.state.time_ms == now
    partition.take(heartbeat(1, 2, now + 20 * MINUTE_MS))
    assert partition.clock.state.time_ms == now + 10 * MINUTE_MS


def test_time_is_in_utc_milliseconds() -> None:
    watch = Watch(brands=WATCH.brands)
    partition = PartitionMonitor(watch.brands)
    run(partition, log(STORY[:50], [], watch=watch))
    time_ms = partition.clock.state.time_ms
    assert time_ms is not None and from_ms(time_ms).tzinfo is not None
    assert time_ms <= STORY[49].published_ms - MINUTE_MS


def test_one_post_of_1970_in_a_partition_of_its_own_does_not_hold_the_others() -> None:
    # A provider forgot the date. The post is alone in its partition, which then falls idle in 1970.
    monitor = PartitionMonitor(WATCH.brands)
    wrong = Mention(0, 0, -60_000, 1, "forum", Sentiment.NEGATIVE)
    monitor.take(MentionBatch("acme", 0, 2, -60_000, mentions=[wrong]))
    now = to_ms(START)
    mentions = [
        Mention(n, now + n * 1000, now + n * 1000 - 60_000, 10 + n, "forum", Sentiment.NEGATIVE) for n in range(600)
    ]
    monitor.take(MentionBatch("acme", 1, 2, mentions[-1].watermark_ms, mentions=mentions))
    assert monitor.clock.state.time_ms == -60_000, "so far it may still bring older posts"
    events = monitor.take(heartbeat(0, 2, -59_000, idle=True))
    assert monitor.clock.state.time_ms == mentions[-1].watermark_ms
    counted = [event for event in events if isinstance(event, Bucket) and event.status == "counted"]
    assert sum(bucket.negative for bucket in counted if bucket.start >= START) == 480, "eight whole minutes"
    # Fifty-six years are not closed minute by minute: after a month without a mention the brand is dormant.
    assert len(counted) < 31 * 1440 + 10


def test_a_new_brand_expects_the_days_of_those_that_are_watched() -> None:
    # Nine days of a brand in Paris; the next one there begins with what those days were like.
    old, new = (Brand(id=name, name=name, match=Match(any=[name]), timezone="Europe/Paris") for name in ("old", "new"))
    partition = PartitionMonitor([old, new])
    offset = 0

    def mention(brand: str, at_ms: int) -> None:
        nonlocal offset
        offset += 1
        said = Mention(offset, at_ms, at_ms, offset, "x", Sentiment.NEGATIVE, f"u{offset}")
        partition.take(MentionBatch(brand=brand, partition=0, partitions=1, watermark_ms=at_ms, mentions=[said]))

    for hour in range(9 * 24):
        for minute in range(0, 60, 20 if hour % 24 < 6 else 2):
            mention("old", MONDAY_MS + (hour * 60 + minute) * MINUTE_MS)
    days = partition.state.days["Europe/Paris"]
    assert len(days) == 48 and days[12] > 3 * days[3]
    mention("new", MONDAY_MS + 9 * 24 * 60 * MINUTE_MS)
    detector = partition.monitors["new"]._live["surge"]
    assert isinstance(detector, Surge)
    assert detector.state.baseline.shape == days
    # It is part of the state: after a restart a newcomer begins with the same.
    assert PartitionMonitor.restore([old, new], partition.snapshot(), {}).state.days == partition.state.days


def test_partitions_may_come_in_any_order() -> None:
    # Few people who say much: most of their posts are of an hour in which they were counted already. Who counts as new
    # must not depend on which partition was faster.
    dice = random.Random(3)
    minutes = sorted(dice.random() * 8 * 60 for _ in range(1500))
    records = [
        RawRecord(number, post(number, at, author=f"u{dice.randrange(12)}", sentiment=dice.choice(FEELINGS)), to_ms(at))
        for number, at in enumerate(START + timedelta(minutes=minute) for minute in minutes)
    ]
    expected = buckets_of(shuffled(records, 1, random.Random(0)))
    for seed in range(5):
        found = buckets_of(shuffled(records, 4, random.Random(seed)))
        # The slowest partition says until when all is known.
        assert expected.keys() >= found.keys() and len(found) > len(expected) - 10
        assert {start: expected[start] for start in found} == found


def test_an_alert_in_an_open_minute_changes_nothing_that_is_learned() -> None:
    # Through one partition the wave is seen while the minute before it is open; through four, where the one it lies
    # in is far ahead, when it closes. If what is open were learned as part of the alert, the baseline would know that
    # minute in one order and not in the other.
    dice = random.Random(4)
    wave = START + timedelta(days=2, minutes=30)
    quiet = [START + timedelta(minutes=minute) for minute in sorted(dice.random() * 48 * 60 for _ in range(600))]
    later = [wave + timedelta(minutes=5 * number) for number in range(1, 81)]
    told_of = [(at, "acme") for at in quiet]
    told_of += [(wave + timedelta(seconds=second), name) for second in range(55) for name in ["acme", *["rain"] * 3]]
    told_of += [(at, "acme") for at in later]
    records = [
        RawRecord(number, post(number, at, name, author=f"u{number}"), to_ms(at))
        for number, (at, name) in enumerate(told_of)
    ]
    once = run(PartitionMonitor(WATCH.brands), shuffled(records, 1, random.Random(0)))
    fired = next(event for event in once if isinstance(event, Alert))
    closed = [event.start for event in once[: once.index(fired)] if isinstance(event, Bucket)]
    assert fired.at >= closed[-1] + timedelta(minutes=2)  # a minute before the one of the alert was still open
    expected = buckets_of(shuffled(records, 1, random.Random(0)))
    for seed in range(5):
        batches = list(shuffled(records, 4, random.Random(seed)))
        found = buckets_of(batches)
        assert {start: expected[start] for start in found} == found
        incidents = {event.id for event in run(PartitionMonitor(WATCH.brands), batches) if isinstance(event, Incident)}
        assert incidents == {event.id for event in once if isinstance(event, Incident)}


def buckets_of(batches: Iterable[MentionBatch]) -> dict[datetime, bytes]:
    events = run(PartitionMonitor(WATCH.brands), batches)
    return {event.start: msgspec.json.encode(event) for event in events if isinstance(event, Bucket)}


def shuffled(records: Sequence[RawRecord], partitions: int, dice: random.Random) -> Iterator[MentionBatch]:
    """The `mentions` of source partitions that are read at their own pace."""
    intake = Intake(WATCH, NoModel())
    rest = [list(records[number::partitions]) for number in range(partitions)]
    while any(rest):
        number = dice.choice([number for number in range(partitions) if rest[number]])
        size = dice.choice([1, 20, 200])
        yield from intake.take(number, rest[number][:size]).records(partitions, 1, lambda _: 0)[0]
        del rest[number][:size]
