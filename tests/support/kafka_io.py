"""Short words for what tests do on a broker: make topics, write records, read a topic whole."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import NodeNotReadyError, for_code

__all__ = ["Record", "TopicMaker", "admin_client", "create_topics", "produce", "read_topic"]

TopicMaker = Callable[..., Awaitable[str]]
"""What the fixture `new_topic` gives: `(name, *, partitions=1, **config) -> full name`."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it was written or read; `partition`, `offset` and `timestamp_ms` are filled in by reading."""

    value: bytes | None
    key: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()
    timestamp_ms: int | None = None
    partition: int | None = None
    offset: int | None = None


@asynccontextmanager
async def admin_client(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    """A started admin client, closed at the end."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


async def create_topics(
    bootstrap: str, partitions: Mapping[str, int], *, config: Mapping[str, str] | None = None
) -> None:
    """Create topics, each with its number of partitions and one replica; raises the broker's error."""
    async with admin_client(bootstrap) as admin:
        answer = await admin.create_topics(
            [
                NewTopic(name=name, num_partitions=count, replication_factor=1, topic_configs=dict(config or {}))
                for name, count in partitions.items()
            ]
        )
        for name, code, *_ in answer.topic_errors:
            if code:
                raise for_code(code)(name)


async def produce(bootstrap: str, topic: str, records: Sequence[Record]) -> None:
    """Write records in order and return when the broker has them all."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, linger_ms=5)
    await producer.start()
    try:
        sent = [
            await producer.send(
                topic,
                value=record.value,
                key=record.key,
                partition=record.partition,
                timestamp_ms=record.timestamp_ms,
                headers=list(record.headers),
            )
            for record in records
        ]
        await asyncio.gather(*sent)
    finally:
        await producer.stop()


async def read_topic(
    bootstrap: str, topic: str, *, at_least: int = 0, within: timedelta = timedelta(seconds=20)
) -> list[Record]:
    """Every record of a topic, from the beginning, ordered by partition and offset.

    Reads until each partition's end (as a Fetch tells it: the embedded broker's ListOffsets is wrong) is reached
    and there are `at_least` records. Raises TimeoutError, with what it has seen, when that does not come true.
    """
    deadline = time.monotonic() + within.total_seconds()
    while not (ids := await _partitions(bootstrap, topic)):
        if time.monotonic() > deadline:
            raise TimeoutError(f"no topic {topic}")
        await asyncio.sleep(0.05)
    assigned = [TopicPartition(topic, number) for number in sorted(ids)]
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, fetch_max_wait_ms=50)
    await consumer.start()
    try:
        consumer.assign(assigned)
        await consumer.seek_to_beginning(*assigned)
        records: list[Record] = []
        while True:
            for found in (await consumer.getmany(timeout_ms=100)).values():
                records.extend(
                    Record(
                        value=record.value,
                        key=record.key,
                        headers=tuple(record.headers),
                        timestamp_ms=record.timestamp,
                        partition=record.partition,
                        offset=record.offset,
                    )
                    for record in found
                )
            ends = [(consumer.highwater(each), await consumer.position(each)) for each in assigned]
            if len(records) >= at_least and all(end is not None and at >= end for end, at in ends):
                return sorted(records, key=lambda record: (record.partition, record.offset))
            if time.monotonic() > deadline:
                raise TimeoutError(f"{topic}: {len(records)} records, expected at least {at_least}; {ends}")
    finally:
        await consumer.stop()


async def _partitions(bootstrap: str, topic: str) -> set[int]:
    """None yet where the topic is not there, or its broker is busy waking up."""
    async with admin_client(bootstrap) as admin:
        try:
            (found,) = await admin.describe_topics([topic])
        except NodeNotReadyError:
            return set()
        return {partition["partition"] for partition in found["partitions"]}
