"""A `mentions` log without a broker: posts through Intake in batches of one's choice, and what a monitor made of it."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import msgspec

from detectors.intake import Intake, RawRecord, Taken, decode_post
from detectors.model import Alert, Brand, Bucket, Incident, Match, MentionBatch, Watch, to_ms
from detectors.monitor import Event
from detectors.partition import PartitionMonitor
from support.scenario import NoModel

__all__ = ["START", "STORY", "WATCH", "Told", "heartbeat", "log", "post", "run", "states", "story", "told"]

WATCH = Watch(
    brands=[
        Brand(id="acme", name="Acme", match=Match(any=["acme"]), detectors=["surge", "page-hinkley"]),
        Brand(id="globex", name="Globex", match=Match(any=["globex"])),
    ]
)
START = datetime(2026, 3, 2, tzinfo=UTC)
Told = dict[str, list[bytes]]


def post(number: int, at: datetime, brand: str = "acme", **fields: object) -> bytes:
    """The JSON of a made-up negative post."""
    given = {"id": f"p{number}", "source": "twitter", "text": f"{brand} again", "created_at": at.isoformat()}
    return json.dumps({**given, "sentiment": "negative", **fields}).encode()


def story(*, seed: int = 5, days: float = 3.6) -> list[RawRecord]:
    """Two brands' quiet days, two waves against Acme, a silence; in the order of arrival, some late, some twice."""
    rng = random.Random(seed)
    crisis = START + timedelta(days=days) - timedelta(hours=14)
    written: list[tuple[datetime, str, str]] = []
    for name, per_hour in (("acme", 9.0), ("globex", 6.0), ("the weather", 6.0)):
        at = START
        while (at := at + timedelta(hours=rng.expovariate(per_hour))) < START + timedelta(days=days):
            written.append((at, name, rng.choices(["negative", "neutral", "positive"], [3, 2, 1])[0]))
    for hours, count in ((0.0, 60), (4.0, 90)):
        for _ in range(count):
            minute = 20 * rng.random() ** 0.5
            written.append((crisis + timedelta(hours=hours, minutes=minute), "acme", "negative"))
    silence = (crisis + timedelta(hours=8), crisis + timedelta(hours=12))
    arrivals: list[tuple[datetime, bytes]] = []
    for number, (at, name, sentiment) in enumerate(written):
        source = rng.choice(["twitter", "twitter", "forum"]) if name != "the weather" else "radio"
        if source != "radio" and silence[0] < at < silence[1]:
            continue
        delay = rng.choice([0.0, 0.0, 1.0, 30.0, 55.0, 200.0])
        value = post(
            number,
            at,
            name,
            source=source,
            sentiment=sentiment,
            author=f"u{rng.randrange(40)}",
            followers=rng.randrange(1000),
            reposts=rng.randrange(3),
            repost_of="p1" if rng.random() < 0.2 else None,
        )
        arrivals.append((at + timedelta(seconds=delay), value))
        if rng.random() < 0.05:
            arrivals.append((at + timedelta(seconds=delay + 20), value))
    arrivals.sort()
    return [RawRecord(offset, value, to_ms(at)) for offset, (at, value) in enumerate(arrivals)]


STORY = story()


def heartbeat(partition: int, partitions: int, watermark_ms: int | None, *, idle: bool = False) -> MentionBatch:
    """Only the time."""
    return MentionBatch(None, partition, partitions, watermark_ms, idle=idle)


def log(
    records: Sequence[RawRecord], cuts: Iterable[int], *, beats: random.Random | None = None, watch: Watch = WATCH
) -> list[MentionBatch]:
    """The `mentions` log of one source partition whose batches ended at these places.

    With `beats`, heartbeats stand between some batches, as an idle partition sends them: its time goes on, but not
    beyond the next post.
    """
    intake = Intake(watch, NoModel())
    batches: list[MentionBatch] = []
    ends = sorted({cut for cut in cuts if 0 < cut < len(records)} | {len(records)})
    for start, end in pairwise([0, *ends]):
        clock = intake.clock(0)
        now_ms = clock.state.now_ms
        if beats is not None and now_ms is not None and beats.random() < 0.5:
            next_ms = to_ms(decode_post(records[start].value).created_at)
            clock.pass_time(round(beats.random() * max(0, next_ms - now_ms)))
            idle = Taken(0, clock.watermark_ms, gaps=clock.take_gaps())
            batches += idle.records(1, 1, lambda _: 0)[0]
        batches += intake.take(0, records[start:end]).records(1, 1, lambda _: 0)[0]
    return batches


def run(partition: PartitionMonitor, batches: Iterable[MentionBatch]) -> list[Event]:
    """All that came of these records."""
    return [event for batch in batches for event in partition.take(batch)]


def told(events: Iterable[Event]) -> Told:
    """Alerts and incidents in order, and closed buckets by brand, as the bytes that are published."""
    kinds: Told = {}
    for event in events:
        kind = {Alert: "alerts", Incident: "incidents", Bucket: "buckets"}[type(event)]
        kinds.setdefault(f"{kind} of {event.brand}", []).append(msgspec.json.encode(event))
    return kinds


def states(partition: PartitionMonitor) -> dict[str, object]:
    """All that each brand remembers."""
    return {name: msgspec.msgpack.decode(snapshot) for name, snapshot in _snapshots(partition)}


def _snapshots(partition: PartitionMonitor) -> Iterator[tuple[str, bytes]]:
    for name, monitor in sorted(partition.monitors.items()):
        yield name, monitor.snapshot()
