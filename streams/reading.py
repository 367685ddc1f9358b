"""Reading a topic of ours from its beginning to its end, as commands and reports do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition

from detectors.errors import Unavailable
from streams.settings import Settings
from streams.topics import describe_topics

__all__ = ["POLL_MS", "read_to_end", "topic_reader"]

TIMEOUT_S = 30.0
POLL_MS = 100


@asynccontextmanager
async def topic_reader(settings: Settings, name: str) -> AsyncIterator[tuple[AIOKafkaConsumer, list[TopicPartition]]]:
    """A consumer without a group for one of our topics, and its partitions, which are not assigned yet.

    Raises:
        Unavailable: no broker, or no such topic.
    """
    topic = settings.topic(name)
    partitions = {status.name: status.partitions for status in await describe_topics(settings)}[topic]
    if partitions is None:
        raise Unavailable(f"{topic}: no such topic; a worker makes it, and so does `badbuzz topics`")
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.brokers, enable_auto_commit=False, fetch_max_wait_ms=50)
    await consumer.start()
    try:
        yield consumer, [TopicPartition(topic, number) for number in range(partitions)]
    finally:
        await consumer.stop()


async def read_to_end(
    consumer: AIOKafkaConsumer,
    partitions: Sequence[TopicPartition],
    take: Callable[[bytes | None], object],
    *,
    since: datetime | None = None,
    timeout_s: float = TIMEOUT_S,
) -> None:
    """Give every value to `take`, from the beginning to where the partitions end now.

    What was published before `since` may be left out.

    Raises:
        Unavailable: not within `timeout_s`.
    """
    try:
        async with asyncio.timeout(timeout_s):
            consumer.assign(list(partitions))
            await consumer.seek_to_beginning(*partitions)
            if since is not None:
                times = dict.fromkeys(partitions, round(since.timestamp() * 1000))
                for partition, found in (await consumer.offsets_for_times(times)).items():
                    if found is not None:
                        consumer.seek(partition, found.offset)
            while not await _at_the_end(consumer, partitions):
                for records in (await consumer.getmany(timeout_ms=POLL_MS)).values():
                    for record in records:
                        take(record.value)
    except TimeoutError:
        topics = ", ".join(sorted({partition.topic for partition in partitions}))
        raise Unavailable(f"{topics}: not read to its end within {timeout_s:g} s") from None


async def _at_the_end(consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition]) -> bool:
    """By the high water mark of a Fetch: the embedded broker's list of offsets is wrong."""
    for partition in partitions:
        end = consumer.highwater(partition)
        if end is None or await consumer.position(partition) < end:
            return False
    return True
