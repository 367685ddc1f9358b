"""The topics badbuzz lives on: their settings, and making them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, for_code
from aiokafka.partitioner import murmur2

from detectors.errors import Unavailable
from streams.settings import Settings

__all__ = ["TOPICS", "TopicSpec", "TopicStatus", "admin", "describe_topics", "ensure_topics", "partition_of"]

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """What a topic is for and how it is kept. Single-partition topics are those few people read."""

    name: str
    carries: str
    cleanup: str
    retention_days: int | None
    spread: bool = True

    def config(self) -> dict[str, str]:
        """The settings Kafka is given."""
        config = {"cleanup.policy": self.cleanup}
        if self.retention_days is not None:
            config["retention.ms"] = str(self.retention_days * DAY_MS)
        return config


TOPICS: dict[str, TopicSpec] = {
    spec.name: spec
    for spec in (
        TopicSpec("posts", "one Post a record, JSON", "delete", 7),
        TopicSpec("mentions", "the mentions of one brand in one batch, with its time", "delete", 7),
        TopicSpec("brand-signals", "one closed bucket of one brand, with its scores", "delete", 30),
        TopicSpec("alerts", "an alert at each change of state", "compact,delete", 365, spread=False),
        TopicSpec("incidents", "the newest state of an incident", "compact", None, spread=False),
        TopicSpec("commands", "what a person did", "delete", 30),
        TopicSpec("dead-letters", "records that could not be used, with the reason", "delete", 30, spread=False),
    )
}


@dataclass(frozen=True, slots=True)
class TopicStatus:
    """A topic as it is on the cluster; `partitions` is None where it is missing."""

    spec: TopicSpec
    name: str
    partitions: int | None


def partition_of(key: bytes, partitions: int) -> int:
    """The partition of a key, as every Kafka client chooses it.

    >>> partition_of(b"acme", 4)
    0
    """
    return (int(murmur2(key)) & 0x7FFFFFFF) % partitions


@asynccontextmanager
async def admin(settings: Settings) -> AsyncIterator[AIOKafkaAdminClient]:
    """An admin client of the cluster.

    Raises:
        Unavailable: nobody answers at `settings.brokers`.
    """
    client = AIOKafkaAdminClient(bootstrap_servers=settings.brokers, request_timeout_ms=20_000)
    try:
        try:
            await asyncio.wait_for(client.start(), timeout=20)
        except (KafkaError, OSError, TimeoutError) as error:
            raise Unavailable(f"no Kafka broker answers at {settings.brokers}") from error
        yield client
    finally:
        await client.close()


async def describe_topics(settings: Settings) -> list[TopicStatus]:
    """Each of our topics as the cluster has it.

    Raises:
        Unavailable: no broker.
    """
    async with admin(settings) as client:
        return await _statuses(client, settings)


async def _statuses(client: AIOKafkaAdminClient, settings: Settings) -> list[TopicStatus]:
    known = set(await client.list_topics())
    names = [settings.topic(name) for name in TOPICS if settings.topic(name) in known]
    described = await client.describe_topics(names) if names else []
    counts = {entry["topic"]: len(entry["partitions"]) for entry in described if not entry["error_code"]}
    return [TopicStatus(spec, settings.topic(name), counts.get(settings.topic(name))) for name, spec in TOPICS.items()]


async def ensure_topics(settings: Settings) -> tuple[dict[str, int], list[str]]:
    """Make the topics that are missing; the number of partitions of each, and the names of the new ones.

    Raises:
        Unavailable: no broker, or it refused.
    """
    async with admin(settings) as client:
        missing = [status for status in await _statuses(client, settings) if status.partitions is None]
        if missing:
            response = await client.create_topics(
                [
                    NewTopic(
                        name=status.name,
                        num_partitions=settings.partitions if status.spec.spread else 1,
                        replication_factor=settings.replication,
                        topic_configs=status.spec.config(),
                    )
                    for status in missing
                ]
            )
            for topic, code, *message in response.topic_errors:
                if code not in (0, 36):  # 36: another worker was faster
                    why = message[0] if message else for_code(code).__name__
                    raise Unavailable(f"cannot create topic {topic}: {why}")
        for _ in range(100):
            counts: Mapping[str, int | None] = {s.spec.name: s.partitions for s in await _statuses(client, settings)}
            if all(counts.values()):
                return {name: count for name, count in counts.items() if count}, [status.name for status in missing]
            await asyncio.sleep(0.1)
        raise Unavailable(f"topics {', '.join(status.name for status in missing)} were created but do not appear")
