"""Backfill: learn the brands' habits from recorded posts, tell nobody, and leave what was learned to those who live.

Habits for the workers, and for whoever looks back the minutes and the incidents that there were.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Final

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import NewTopic
from aiokafka.structs import TopicPartition

from detectors.backtest import Replay
from detectors.errors import ConfigError, ConfigProblem
from detectors.intake import RawRecord
from detectors.model import Bucket, Watch
from streams.models import load_judge
from streams.settings import Settings
from streams.state import brand_key, state_topic
from streams.topics import admin, ensure_topics, partition_of, state_config

__all__ = ["BackfillResult", "backfill"]

CHUNK: Final = 500
ON_THEIR_WAY: Final = 1000


@dataclass(frozen=True, slots=True)
class BackfillResult:
    """What was learned. `brands` are those that were mentioned, `rejected` counts records that are no posts."""

    posts: int
    rejected: int
    days: float
    brands: list[str]
    incidents: int


async def backfill(
    settings: Settings, watch: Watch, records: Iterable[RawRecord], *, progress: Callable[[int], None]
) -> BackfillResult:
    """Run recorded posts, oldest first, through the brain; publish what it made of them as a worker would.

    The minutes go to `brand-signals` and the incidents, each as it was in the end, to `incidents`, where nobody is told
    of them; the state goes last, to where workers look for it. So after a failure it can be done again: the same
    posts give the same records, and whoever reads them counts each once.

    For a group that has not started yet: a running worker would not see it, and a state that live posts have
    made is not overwritten. `progress` is told how many records have been read since it was last told.

    Raises:
        ConfigError: the group has state already.
        Unavailable: no broker.
    """
    counts, _ = await ensure_topics(settings)
    await _claim(settings, counts["mentions"])
    replay = Replay(watch, load_judge(settings.negativity_dir), pseudonym_key=settings.author_key)
    replay.partition.tally.keep_texts_ms = round(settings.keep_texts.total_seconds() * 1000)
    encode = msgspec.json.Encoder().encode
    producer = AIOKafkaProducer(bootstrap_servers=settings.brokers, acks="all", linger_ms=5, max_batch_size=2**17)
    await producer.start()
    try:
        publish = _Publisher(producer)
        signals, source = settings.topic("brand-signals"), iter(records)
        while chunk := list(islice(source, CHUNK)):
            for event in replay.feed(chunk):
                if isinstance(event, Bucket):
                    await publish(signals, event.brand.encode(), encode(event))
            progress(len(chunk))
            await asyncio.sleep(0)
        last, snapshots = replay.hand_over()
        for event in last:
            if isinstance(event, Bucket):
                await publish(signals, event.brand.encode(), encode(event))
        incidents = {one.id: msgspec.structs.replace(one, recorded=True) for one in replay.incidents}
        for name, incident in incidents.items():
            await publish(settings.topic("incidents"), name.encode(), encode(incident))
        await publish.settle()
        for brand, snapshot in snapshots.items():
            partition = partition_of(brand.encode(), counts["mentions"])
            await publish(state_topic(settings, "monitor"), brand_key(partition, brand), snapshot, partition)
        await publish.settle()
    finally:
        await producer.stop()
    return BackfillResult(replay.posts, len(replay.rejected), replay.days, sorted(snapshots), len(incidents))


class _Publisher:
    """Gives records to the brokers, of which `ON_THEIR_WAY` at most are not theirs yet."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer
        self._sent: list[asyncio.Future[object]] = []

    async def __call__(self, topic: str, key: bytes, value: bytes, partition: int | None = None) -> None:
        self._sent.append(await self._producer.send(topic, value, key, partition))
        if len(self._sent) == ON_THEIR_WAY:
            await self.settle()

    async def settle(self) -> None:
        """Wait until the brokers have all of them."""
        sent, self._sent = self._sent, []
        await asyncio.gather(*sent)


async def _claim(settings: Settings, partitions: int) -> None:
    """Make the state topic as Faust would, and refuse one that is in use."""
    topic = state_topic(settings, "monitor")
    async with admin(settings) as client:
        if topic not in await client.list_topics():
            await client.create_topics(
                [
                    NewTopic(
                        name=topic,
                        num_partitions=partitions,
                        replication_factor=settings.replication,
                        topic_configs={"cleanup.policy": "compact", **state_config(settings)},
                    )
                ]
            )
            return
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.brokers, enable_auto_commit=False, fetch_max_wait_ms=50)
    await consumer.start()
    try:
        ends = await consumer.end_offsets([TopicPartition(topic, number) for number in range(partitions)])
    finally:
        await consumer.stop()
    if any(ends.values()):
        message = f"the group {settings.app_id} has state already: backfill comes before its first worker"
        raise ConfigError([ConfigProblem(path=topic, message=message)], source="backfill")
