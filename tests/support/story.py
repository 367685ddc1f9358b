"""Recorded posts for tests of the stream, what the brain in memory says of them, and reading a stream's answer."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from detectors.backtest import Replay
from detectors.intake import RawRecord
from detectors.model import Alert, Bucket, Incident, Watch
from detectors.text import load_negativity
from streams.config import load_watch
from support.kafka_io import read_topic

__all__ = ["CONFIG", "Answer", "answer_in_memory", "read_answer", "story_posts", "write_config"]

CONFIG = """
defaults: {timezone: UTC}
brands:
  - {id: acme, name: Acme, match: {any: [acme, "@acme", "#acme"]}}
  - {id: globex, name: Globex, match: {any: [globex]}}
  - {id: initech, name: Initech, match: {any: [initech]}}
"""


def write_config(directory: Path, content: str = CONFIG) -> Path:
    """A brands.yaml."""
    path = directory / "brands.yaml"
    path.write_text(content)
    return path


def story_posts(*, days: float = 4.2, seed: int = 7, scale: float = 1.0) -> list[bytes]:
    """Four days of three brands' ordinary life, a crisis of Acme at the end; some posts late, some of nobody."""
    rng = random.Random(seed)
    start = datetime(2026, 3, 2, tzinfo=UTC)
    crisis = start + timedelta(days=days) - timedelta(hours=2)
    moments: list[tuple[datetime, str, str]] = []
    for brand, per_hour in (("Acme", 25.0), ("Globex", 12.0), ("Initech", 3.0), ("the weather", 10.0)):
        at = start
        while (at := at + timedelta(hours=rng.expovariate(per_hour * scale))) < start + timedelta(days=days):
            moments.append((at, brand, rng.choices(["negative", "neutral", "positive"], [2, 5, 3])[0]))
    for _ in range(round(260 * scale)):
        minute = 120 * rng.random() ** 0.5
        moments.append((crisis + timedelta(minutes=minute), "Acme", "negative"))
    moments.sort()
    posts = []
    for number, (at, brand, sentiment) in enumerate(moments):
        late = timedelta(seconds=rng.choice([0, 0, 0, 20, 50]))
        posts.append(
            json.dumps(
                {
                    "id": str(number),
                    "source": rng.choice(["twitter", "forum"]),
                    "author": f"u{rng.randrange(500)}",
                    "text": f"{brand}, once more, number {number}",
                    "created_at": (at - late).isoformat(),
                    "sentiment": sentiment,
                    "followers": rng.randrange(1000),
                }
            ).encode()
        )
    return posts


@dataclass(frozen=True, slots=True)
class Answer:
    """What came out: each closed bucket by brand and start, and each change of alerts and incidents, as bytes."""

    buckets: dict[tuple[str, datetime], bytes]
    alerts: dict[str, list[bytes]]
    incidents: dict[str, list[bytes]]

    def until(self, other: Answer) -> Answer:
        """Without the buckets that `other` does not have: a stream's time goes on after its last post."""
        return Answer({k: v for k, v in self.buckets.items() if k in other.buckets}, self.alerts, self.incidents)


def answer_in_memory(config: Path, posts: Sequence[bytes]) -> Answer:
    """The backtest's answer."""
    watch: Watch = load_watch(config, {})
    replay = Replay(watch, load_negativity())
    events = replay.feed([RawRecord(offset, post, 2**45) for offset, post in enumerate(posts)])
    encode = msgspec.json.encode
    return _answer([encode(e) for e in events if isinstance(e, Bucket)], replay.alerts, replay.incidents)


async def read_answer(bootstrap: str, prefix: str) -> Answer:
    """The stream's answer. What was written twice must be the same twice."""
    buckets = [record.value for record in await read_topic(bootstrap, f"{prefix}brand-signals")]
    alerts = [record.value for record in await read_topic(bootstrap, f"{prefix}alerts")]
    incidents = [record.value for record in await read_topic(bootstrap, f"{prefix}incidents")]
    return _answer(
        [value for value in buckets if value],
        [msgspec.json.decode(value, type=Alert) for value in alerts if value],
        [msgspec.json.decode(value, type=Incident) for value in incidents if value],
    )


def _answer(buckets: Sequence[bytes], alerts: Sequence[Alert], incidents: Sequence[Incident]) -> Answer:
    answer = Answer({}, {}, {})
    for raw in buckets:
        bucket = msgspec.json.decode(raw, type=Bucket)
        assert answer.buckets.setdefault((bucket.brand, bucket.start), raw) == raw, "a bucket was told in two ways"
    for told, events in ((answer.alerts, alerts), (answer.incidents, incidents)):
        for event in events:
            raw = msgspec.json.encode(event)
            if raw not in told.setdefault(event.id, []):
                told[event.id].append(raw)
    return answer
