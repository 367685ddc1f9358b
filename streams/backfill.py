"""Backfill: learn the brands' habits from recorded posts, tell nobody, and leave them for the live workers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import NewTopic
from aiokafka.structs import TopicPartition

from detectors.backtest import Replay
from detectors.errors import ConfigError, ConfigProblem
from detectors.intake import RawRecord
from detectors.model import Watch
from streams.models import load_judge
from streams.settings import Settings
from streams.state import brand_key, state_topic
from streams.topics import admin, ensure_topics, partition_of, state_config

__all__ = ["BackfillResult", "backfill"]

CHUNK = 500


@dataclass(frozen=True, slots=True)
class BackfillResult:
    """What was learned. `brands` are those that were mentioned, `rejected` counts records that are no posts."""

    posts: int
    rejected: int
    days: float
    brands: list[str]


async def backfill(
    settings: Settings, watch: Watch, records: Iterable[RawRecord], *, progress: Callable[[int], None]
) -> BackfillResult:
    """Run recorded posts, oldest first, through the brain and write its state to where workers look for it.

    For a group that has not started yet: a running worker would not see it, and a state that live posts have
    made is not overwritten. `progress` is told how many records have been read since it was last told.

    Raises:
        ConfigError: the group has state already.
        Unavailable: no broker.
    """
    counts, _ = await ensure_topics(settings)
    await _claim(settings, counts["mentions"])
    replay = Replay(watch, load_judge(settings.negativity_dir), pseudonym_key=settings.author_key)
    source = iter(records)
    while chunk := list(islice(source, CHUNK)):
        replay.feed(chunk)
        progress(len(chunk))
        await asyncio.sleep(0)
    snapshots = replay.hand_over()
    producer = AIOKafkaProducer(bootstrap_servers=settings.brokers, acks="all")
    await producer.start()
    try:
        topic = state_topic(settings, "monitor")
        for brand, snapshot in snapshots.items():
            partition = partition_of(brand.encode(), counts["mentions"])
            await producer.send_and_wait(topic, snapshot, brand_key(partition, brand), partition)
    finally:
        await producer.stop()
    return BackfillResult(replay.posts, len(replay.rejected), replay.days, sorted(snapshots))


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
