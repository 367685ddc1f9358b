"""Reading a topic of ours from its beginning to its end, as commands and reports do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TypeVar

import msgspec
from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition

from detectors.errors import Unavailable
from streams.settings import Settings
from streams.topics import describe_topics

__all__ = ["POLL_MS", "decoded", "read_decoded", "read_to_end", "skip_to_end", "topic_reader"]

T = TypeVar("T")

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


async def read_decoded(
    settings: Settings, name: str, decoder: msgspec.json.Decoder[T], take: Callable[[T], object]
) -> None:
    """Give everything that lies on a topic to `take`; what cannot be read (of a newer badbuzz, say) is left out.

    Raises:
        Unavailable: no broker, no such topic, or it could not be read to its end in 30 s.
    """

    def keep(value: bytes | None) -> None:
        if (found := decoded(decoder, value)) is not None:
            take(found)

    async with topic_reader(settings, name) as (consumer, partitions):
        await read_to_end(consumer, partitions, keep)


def decoded(decoder: msgspec.json.Decoder[T], value: bytes | None) -> T | None:
    """What a record says, or None where it cannot be read."""
    if value is None:
        return None
    try:
        return decoder.decode(value)
    except msgspec.DecodeError:
        return None


async def skip_to_end(consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition]) -> None:
    """Go on where the partitions end now. By the high water mark of a Fetch, as `_at_the_end`.

    Raises:
        Unavailable: not within 30 s.
    """
    try:
        async with asyncio.timeout(TIMEOUT_S):
            consumer.assign(list(partitions))
            await consumer.seek_to_beginning(*partitions)
            while None in (ends := [consumer.highwater(partition) for partition in partitions]):
                await consumer.getmany(timeout_ms=POLL_MS)
    except TimeoutError:
        raise Unavailable(f"{partitions[0].topic}: its end is not known within {TIMEOUT_S:g} s") from None
    for partition, end in zip(partitions, ends, strict=True):
        consumer.seek(partition, end)


async def _at_the_end(consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition]) -> bool:
    """By the high water mark of a Fetch: the embedded broker's list of offsets is wrong."""
    for partition in partitions:
        end = consumer.highwater(partition)
        if end is None or await consumer.position(partition) < end:
            return False
    return True
