"""The incidents there are: the newest state of each, from the topic that holds them."""

from __future__ import annotations

import asyncio

import msgspec
from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition

from detectors.errors import Unavailable
from detectors.model import Incident
from streams.settings import Settings
from streams.topics import describe_topics

__all__ = ["read_incidents"]

TIMEOUT_S = 30.0
POLL_MS = 100


async def read_incidents(settings: Settings) -> list[Incident]:
    """Every incident in its newest state, the one that opened last first.

    What cannot be read as one (of a newer badbuzz, say) is left out.

    Raises:
        Unavailable: no broker, no such topic, or it could not be read to its end in 30 s.
    """
    topic = settings.topic("incidents")
    partitions = {status.name: status.partitions for status in await describe_topics(settings)}[topic]
    if partitions is None:
        raise Unavailable(f"{topic}: no such topic; a worker makes it, and so does `badbuzz topics`")
    assigned = [TopicPartition(topic, number) for number in range(partitions)]
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.brokers, enable_auto_commit=False, fetch_max_wait_ms=50)
    await consumer.start()
    newest: dict[str, Incident] = {}
    try:
        async with asyncio.timeout(TIMEOUT_S):
            consumer.assign(assigned)
            await consumer.seek_to_beginning(*assigned)
            while not await _at_the_end(consumer, assigned):
                for records in (await consumer.getmany(timeout_ms=POLL_MS)).values():
                    for record in records:
                        incident = _incident(record.value)
                        if incident is not None:
                            newest[incident.id] = incident
    except TimeoutError:
        raise Unavailable(f"{topic}: not read to its end within {TIMEOUT_S:g} s") from None
    finally:
        await consumer.stop()
    return sorted(newest.values(), key=lambda incident: (incident.opened_at, incident.id), reverse=True)


async def _at_the_end(consumer: AIOKafkaConsumer, assigned: list[TopicPartition]) -> bool:
    """By the high water mark of a Fetch: the embedded broker's list of offsets is wrong."""
    for partition in assigned:
        end = consumer.highwater(partition)
        if end is None or await consumer.position(partition) < end:
            return False
    return True


def _incident(value: bytes | None) -> Incident | None:
    if value is None:
        return None
    try:
        return msgspec.json.decode(value, type=Incident)
    except msgspec.DecodeError:
        return None
