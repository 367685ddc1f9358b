"""The topics badbuzz lives on: their settings, and making them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, for_code
from aiokafka.partitioner import murmur2

from detectors.errors import Unavailable
from streams.settings import Settings

__all__ = [
    "TOPICS",
    "TopicSpec",
    "TopicStatus",
    "admin",
    "describe_topics",
    "ensure_topics",
    "partition_of",
    "state_config",
    "topic_specs",
]


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """What a topic is for and how it is kept: for `days`, or as long as texts are if it has `keep_texts`.

    Topics with `keep_texts` hold what people wrote, and who they are unless pseudonyms are on. Kafka deletes and
    compacts by the file, full ones only, so that a file of theirs is full after an eighth of the time. What is deleted
    is gone after nine eighths of it and a few minutes. What is only compacted ("incidents") keeps the newest
    version of each record for ever, with the texts of its top posts; older versions are gone as the others are.
    Single-partition topics are those few people read (`spread` False).
    """

    name: str
    carries: str
    cleanup: str
    days: float | None = None
    keep_texts: timedelta | None = None
    spread: bool = True

    @property
    def retention_days(self) -> float | None:
        """How long records stay; None is for ever."""
        if self.keep_texts is None or "delete" not in self.cleanup:
            return self.days
        days = self.keep_texts / timedelta(days=1)
        return int(days) if days.is_integer() else round(days, 2)

    def config(self) -> dict[str, str]:
        """The settings Kafka is given.

        >>> TOPICS["alerts"].config()
        {'cleanup.policy': 'compact,delete', 'segment.ms': '75600000', 'max.compaction.lag.ms': '604800000',
         'retention.ms': '604800000'}
        """
        config = {"cleanup.policy": self.cleanup}
        if self.keep_texts is not None:
            config["segment.ms"] = _ms(self.keep_texts / 8)
            if "compact" in self.cleanup:
                config["max.compaction.lag.ms"] = _ms(self.keep_texts)
            if "delete" in self.cleanup:
                config["retention.ms"] = _ms(self.keep_texts)
        elif self.days is not None:
            config["retention.ms"] = _ms(timedelta(days=self.days))
        return config


def _ms(span: timedelta) -> str:
    return str(round(span / timedelta(milliseconds=1)))


_WEEK = timedelta(days=7)

TOPICS: dict[str, TopicSpec] = {
    spec.name: spec
    for spec in (
        TopicSpec("posts", "one Post a record, JSON", "delete", keep_texts=_WEEK),
        TopicSpec("mentions", "the mentions of one brand in one batch, with its time", "delete", keep_texts=_WEEK),
        TopicSpec("brand-signals", "one closed bucket of one brand, with its scores", "delete", 30),
        TopicSpec("alerts", "an alert at each change of state", "compact,delete", keep_texts=_WEEK, spread=False),
        TopicSpec("incidents", "the newest state of an incident", "compact", keep_texts=_WEEK, spread=False),
        TopicSpec("commands", "what a person did", "delete", 30),
        TopicSpec("journal", "what a command came to, what was sent to whom", "delete", 30, spread=False),
        TopicSpec(
            "dead-letters",
            "records that could not be used, with the reason",
            "delete",
            keep_texts=_WEEK,  # as they came: to be replayed they have to be whole
            spread=False,
        ),
    )
}
"""As they are by default; `topic_specs` has them as they are configured."""


def topic_specs(settings: Settings) -> dict[str, TopicSpec]:
    """Our topics, with texts kept as long as the settings say.

    >>> specs = topic_specs(Settings(keep_texts="12h"))
    >>> [(name, spec.retention_days) for name, spec in specs.items() if spec.keep_texts]
    [('posts', 0.5), ('mentions', 0.5), ('alerts', 0.5), ('incidents', None), ('dead-letters', 0.5)]
    """
    kept = settings.keep_texts
    return {name: replace(spec, keep_texts=kept) if spec.keep_texts else spec for name, spec in TOPICS.items()}


def state_config(settings: Settings) -> dict[str, str]:
    """Settings of the topics in which snapshots lie: what a newer one has replaced is gone as texts are.

    >>> state_config(Settings(keep_texts="8h"))
    {'segment.ms': '3600000', 'max.compaction.lag.ms': '28800000'}
    """
    return {"segment.ms": _ms(settings.keep_texts / 8), "max.compaction.lag.ms": _ms(settings.keep_texts)}


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
    specs = topic_specs(settings)
    return [TopicStatus(spec, settings.topic(name), counts.get(settings.topic(name))) for name, spec in specs.items()]


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
