"""Follows the topics and keeps the read model up to date; when Kafka is away, until it is back."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final, ParamSpec, TypeVar

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord, TopicPartition

from detectors.errors import Unavailable
from streams.console.hub import Hub, Link
from streams.console.readmodel import TOPICS, Changes, Taken, Writer
from streams.settings import Settings
from streams.topics import describe_topics

__all__ = ["Feed"]

AGAIN_S: Final = 1.0
AWAY_S: Final = 3.0
POLL_MS: Final = 200
RECORDS: Final = 4000

P = ParamSpec("P")
T = TypeVar("T")

log = structlog.get_logger("badbuzz")


class Feed:
    """Reads what the workers publish, from where the read model goes on, into the read model.

    Where the topics are other ones than before (they end earlier than we have read), everything is read again.
    """

    def __init__(self, settings: Settings, writer: Writer, hub: Hub) -> None:
        self._settings = settings
        self._writer = writer
        self._hub = hub
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="read model")
        self._next: dict[TopicPartition, int] = {}
        self._names = {settings.topic(name): name for name in TOPICS}

    async def run(self) -> None:
        """Follow the topics until cancelled."""
        try:
            while True:
                try:
                    await self._follow()
                except (KafkaError, Unavailable, OSError) as error:
                    self._away(str(error))
                await asyncio.sleep(AGAIN_S)
        finally:
            self._thread.shutdown()

    def _away(self, why: str) -> None:
        if self._hub.link.connected or not self._hub.link.why:
            log.warning("Kafka is away", why=why)
        self._hub.set_link(Link(False, self._hub.link.caught_up, self._hub.link.progress, why or "it does not answer"))

    async def _follow(self) -> None:
        counts = {one.spec.name: one.partitions for one in await describe_topics(self._settings)}
        missing = [self._settings.topic(name) for name in TOPICS if counts[name] is None]
        if missing:
            raise Unavailable(f"no topic {', '.join(missing)}: a worker makes them, and so does `badbuzz topics`")
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._settings.brokers,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=50,
        )
        await consumer.start()
        try:
            partitions = [
                TopicPartition(full, number)
                for full, name in self._names.items()
                for number in range(counts[name] or 0)
            ]
            consumer.assign(partitions)
            self._next = await self._places(consumer, partitions)
            while True:
                found = await consumer.getmany(timeout_ms=POLL_MS, max_records=RECORDS)
                if self._are_others(consumer, found):
                    log.warning("the topics are other ones: everything is read again")
                    await self._in_thread(self._writer.clear)
                    self._hub.set_link(Link(connected=True))
                    return
                if found:
                    self._hub.tell(await self._apply(found))
                self._say_where(consumer, partitions)
        finally:
            await consumer.stop()

    async def _places(self, consumer: AIOKafkaConsumer, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        """Go on where the read model ends, at the first record where it has none."""
        known = await self._in_thread(self._writer.offsets)
        places = {}
        for partition in partitions:
            place = known.get((self._names[partition.topic], partition.partition))
            if place is None:
                await consumer.seek_to_beginning(partition)
            else:
                consumer.seek(partition, place)
                places[partition] = place
        return places

    def _are_others(
        self, consumer: AIOKafkaConsumer, found: Mapping[TopicPartition, list[ConsumerRecord[bytes, bytes]]]
    ) -> bool:
        """Whether these topics are not those that were read before: they end, or go on, earlier."""
        for partition, place in self._next.items():
            end = consumer.highwater(partition)
            records = found.get(partition)
            if (end is not None and end < place) or (records and records[0].offset < place):
                return True
        return False

    async def _apply(self, found: Mapping[TopicPartition, list[ConsumerRecord[bytes, bytes]]]) -> Changes:
        taken, ends = [], {}
        for partition, records in found.items():
            name = self._names[partition.topic]
            taken += [Taken(name, partition.partition, one.offset, one.timestamp, one.value) for one in records]
            self._next[partition] = ends[name, partition.partition] = records[-1].offset + 1
        return await self._in_thread(self._writer.apply, taken, {(key[0], key[1]): end for key, end in ends.items()})

    def _say_where(self, consumer: AIOKafkaConsumer, partitions: list[TopicPartition]) -> None:
        """Tell how far we are, and whether the brokers still answer."""
        now_ms = time.time() * 1000
        told = [consumer.last_poll_timestamp(partition) for partition in partitions]
        if any(at is not None and now_ms - at > AWAY_S * 1000 for at in told):
            self._away("it does not answer")
            return
        if any(at is None for at in told):
            return  # just connected
        ends = {partition: consumer.highwater(partition) or 0 for partition in partitions}
        # A partition of which nothing is left ends where it begins: it has been read.
        behind = sum(max(0, end - self._next.get(one, 0)) for one, end in ends.items() if end)
        whole = sum(ends.values())
        caught_up = self._hub.link.caught_up or behind == 0
        progress = 1.0 if caught_up or not whole else round(1 - behind / whole, 2)
        if caught_up and not self._hub.link.caught_up:
            log.info("caught up", records=whole)
        self._hub.set_link(Link(True, caught_up, progress))

    async def _in_thread(self, do: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, functools.partial(do, *arguments, **named)
        )
