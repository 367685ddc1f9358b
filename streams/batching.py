"""Micro-batches through Faust: many records in one event, by documented settings (ConsumerScheduler, schema).

What Faust does for each message (an event, a queue, an acknowledgement) it does here once for up to
`BATCH_RECORDS` of them. The measurements behind this are in the design notes; `badbuzz bench` repeats them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import faust
from aiokafka import AIOKafkaConsumer
from aiokafka.structs import ConsumerRecord
from faust.transport.drivers import aiokafka as driver
from faust.transport.utils import DefaultSchedulingStrategy
from faust.types import TP, TopicT

__all__ = ["BATCH_RECORDS", "Batch", "Transport", "batch_scheduler", "batch_topic"]

BATCH_RECORDS = 500
FRESH_MS = 3_000


class Batch:
    """Consecutive records of one partition; looks to Faust like one record at the offset of the last."""

    __slots__ = ("first_offset", "offset", "partition", "records", "timestamp", "topic")

    # What Faust reads of a record beside these:
    timestamp_type = 0
    headers: Sequence[tuple[str, bytes]] = ()
    key = None
    checksum = None
    serialized_key_size = 0
    serialized_value_size = 0

    def __init__(self, records: Sequence[ConsumerRecord[bytes, bytes]]) -> None:
        last = records[-1]
        self.topic: str = last.topic
        self.partition: int = last.partition
        self.records = records
        self.first_offset: int = records[0].offset
        self.offset: int = last.offset
        self.timestamp: int = last.timestamp

    @property
    def value(self) -> Batch:
        """The batch itself: it is the value of its event."""
        return self


def batch_scheduler(topics: set[str]) -> type[DefaultSchedulingStrategy]:
    """A consumer scheduler that hands out the records of these topics in batches."""

    class BatchScheduler(DefaultSchedulingStrategy):
        def iterate(self, records: Mapping[TP, list[Any]]) -> Iterator[tuple[TP, Any]]:
            return super().iterate({tp: _cut(some) if tp.topic in topics else some for tp, some in records.items()})

    return BatchScheduler


def _cut(records: list[Any]) -> list[Any]:
    return [Batch(records[start : start + BATCH_RECORDS]) for start in range(0, len(records), BATCH_RECORDS)]


class _BatchSchema(faust.Schema[bytes, bytes]):
    """Passes a batch through as the value of its event."""

    def compile(self, app: Any, **_: Any) -> Any:
        async def decode(message: Any, *, propagate: bool = False) -> Any:
            return app.create_event(None, message.value, message.headers, message)

        return decode


def batch_topic(app: faust.App, name: str) -> TopicT:
    """A topic whose events are batches. The buffer is small: a batch is large."""
    schema = _BatchSchema(key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")
    return app.topic(name, schema=schema, maxsize=16)


class _ConsumerThread(driver.AIOKafkaConsumerThread):
    """Two mends for the embedded broker, harmless on Apache Kafka."""

    def _create_worker_consumer(self, transport: Any) -> AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        # Faust hard-codes 1500 ms; Apache Kafka answers as soon as there is data, the embedded broker sleeps it out.
        consumer._fetch_max_wait_ms = 50
        return consumer

    async def _highwaters(self, partitions: list[TP]) -> Mapping[TP, int]:
        """The end of each partition, as fetching says it: the embedded broker's ListOffsets(latest) is wrong."""
        ends: dict[TP, int] = dict(await super()._highwaters(partitions))
        unsure = {tp: end for tp, end in ends.items() if end}
        if not unsure:
            return ends
        transport: Any = self.transport
        servers = driver.server_list(transport.url, transport.default_port)
        consumer = AIOKafkaConsumer(bootstrap_servers=servers, enable_auto_commit=False, fetch_max_wait_ms=50)
        await consumer.start()
        try:
            consumer.assign([driver.ensure_aiokafka_TP(tp) for tp in unsure])
            for tp, end in unsure.items():
                consumer.seek(driver.ensure_aiokafka_TP(tp), end - 1)
            deadline = time.monotonic() + 10
            while unsure and time.monotonic() < deadline:
                await consumer.getmany(timeout_ms=100)
                for tp in list(unsure):
                    end = consumer.highwater(driver.ensure_aiokafka_TP(tp))
                    if end is not None:
                        ends[tp] = max(ends[tp], end)
                        del unsure[tp]
        finally:
            await consumer.stop()
        return ends


class _Consumer(driver.Consumer):
    def end_offset(self, tp: TP) -> int | None:
        """The end of a partition, if the broker told it within the last seconds; None while we are cut off."""
        thread: Any = self._thread
        consumer = thread._consumer
        if consumer is None:
            return None
        told_ms = consumer.last_poll_timestamp(tp)
        if told_ms is None or time.time() * 1000 - told_ms > FRESH_MS:
            return None
        end: int | None = consumer.highwater(tp)
        return end

    async def perform_seek(self) -> None:
        """Seek to the committed offsets, with nothing in flight.

        After a recovery Faust seeks while it fetches already, then empties its queues and goes on: what was
        fetched before or in between is lost. Recovery resumes the flow itself, right after this.
        """
        if self.flow_active:
            self.stop_flow()
        await super().perform_seek()
        await self._seek_the_uncommitted()

    async def _seek_the_uncommitted(self) -> None:
        """To the first record where a group has committed nothing: aiokafka leaves such a partition where it is.

        A worker that was killed before its first commit would otherwise never read again what it had taken.
        """
        tables = self.app.tables.changelog_topics
        inputs = [tp for tp in self.assignment() if tp.topic not in tables]
        fresh = [driver.ensure_aiokafka_TP(tp) for tp in inputs if not self._committed_offset[tp]]
        if fresh:
            thread: Any = self._thread
            await thread.seek_to_beginning(*fresh)

    def _new_consumer_thread(self) -> _ConsumerThread:
        return _ConsumerThread(self, loop=self.loop, beacon=self.beacon)


class Transport(driver.Transport):
    """Faust's own transport over aiokafka, with the mended consumer."""

    Consumer = _Consumer
