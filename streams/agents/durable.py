"""What all agents have in common: state by partition, snapshots, and acknowledgement after them.

Faust acknowledges in `finally`, so a stream is read with `noack()` and a batch is acknowledged only when
its effect is durable: everything it sent is with the brokers, and so is a snapshot of the state that
contains it. After a crash records are read again, and the state knows which of them it contains.
"""

from __future__ import annotations

import abc
import asyncio
import contextlib
import time
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

import structlog
from aiokafka.structs import ConsumerRecord
from faust.types import TP

from detectors.errors import BadbuzzError, OffsetGap, Reason
from streams.batching import Batch, batch_topic
from streams.runtime import Runtime
from streams.state import table_name
from streams.topics import state_config

__all__ = ["Cut", "DurableAgent", "Slot"]

log = structlog.get_logger("badbuzz")

StateT = TypeVar("StateT")

EMPTY_AFTER_S = 10.0
READ_AGAIN_S = 5.0
MAX_UNACKNOWLEDGED = 64
"""Batches that may wait for a snapshot; then one is taken at once, so that memory stays bounded."""


@dataclass(slots=True)
class Slot(Generic[StateT]):
    """One assigned partition: its state, and what was done since the last snapshot.

    `next_offset` is the first record that the state does not contain; None where nothing is known yet.
    """

    partition: int
    state: StateT
    next_offset: int | None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)
    events: list[Any] = field(default_factory=list)
    sends: list[Awaitable[object]] = field(default_factory=list)
    touched: bool = False
    last_batch: float = field(default_factory=time.monotonic)
    reading_again_since: float | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """A consistent copy of a partition's state: `parts` are written first, then `own` says they are whole.

    A part that is None is gone.
    """

    parts: Sequence[tuple[bytes, bytes | None]]
    own: tuple[bytes, bytes]


class DurableAgent(abc.ABC, Generic[StateT]):
    """An agent over one topic. Sub-classes decode, call one pure method and publish.

    A gap between the state and the next record is read again; if the log has lost the records, that stops the
    worker. Only of a compacted topic (`compacted`) a gap means nothing.
    """

    name: str
    topic: str
    compacted = False
    at_once = False
    """Whether each batch is made durable before the next, because what it did cannot be undone."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.slots: dict[int, Slot[StateT]] = {}
        app = runtime.app
        self.full_topic = runtime.settings.topic(self.topic)
        partitions = runtime.counts[self.topic]
        self.table = cast(
            Any,
            app.Table(
                table_name(self.name),
                partitions=partitions,
                key_type=bytes,
                value_type=bytes,
                extra_topic_configs=state_config(runtime.settings),
            ),
        )
        self.table.key_serializer = self.table.value_serializer = "raw"

        async def run(stream: Any) -> None:
            async for event in stream.noack().events():
                await self._handle(event)

        app.agent(batch_topic(app, self.full_topic), name=self.name)(run)
        app.on_partitions_revoked.connect(self._on_revoked, weak=False)
        app.on_before_shutdown.connect(self._on_shutdown, weak=False)
        runtime.every(runtime.settings.snapshot_interval_s, self._snapshot_all, f"{self.name}: snapshot")

    # --------------------------------------------------------------------- what an agent is

    @abc.abstractmethod
    def load(self, partition: int) -> tuple[StateT, int | None]:
        """The state of a partition from the table, and the first offset it does not contain."""

    @abc.abstractmethod
    async def take(self, slot: Slot[StateT], records: Sequence[ConsumerRecord[bytes, bytes]]) -> None:
        """Handle consecutive records that the state does not contain yet."""

    @abc.abstractmethod
    def cut(self, slot: Slot[StateT]) -> Cut:
        """The state as bytes. Must not await: it is a cut at one offset."""

    # ------------------------------------------------------------------------------ the way

    async def send(self, slot: Slot[StateT], topic: str, key: bytes | None, value: bytes | None, **how: Any) -> None:
        """Publish on behalf of a partition: its next snapshot waits until the brokers have it."""
        slot.sends.append(await self.runtime.publish(topic, key, value, **how))
        slot.touched = True

    async def bury(
        self, slot: Slot[StateT], record: ConsumerRecord[bytes, bytes], reason: Reason, error: object
    ) -> None:
        """A record that cannot be used, as it came, to the dead letters; the reason in headers beside its own."""
        own = [*record.headers, ("badbuzz-offset", b"%d" % record.offset)]
        await self.give_up(slot, record.key, record.value, reason, error, headers=own)

    async def give_up(
        self,
        slot: Slot[StateT],
        key: bytes | None,
        value: bytes | None,
        reason: Reason,
        error: object,
        *,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> None:
        """What came to nothing in this partition, to the dead letters, with the reason in headers."""
        self.runtime.metrics.dead_letters.labels(reason.value).inc()
        told = [
            *headers,
            ("badbuzz-reason", reason.value.encode()),
            ("badbuzz-topic", self.full_topic.encode()),
            ("badbuzz-partition", b"%d" % slot.partition),
            ("badbuzz-error", str(error).encode(errors="replace")),
        ]
        await self.send(slot, "dead-letters", key, value, headers=told)

    def slot(self, partition: int) -> Slot[StateT]:
        """The slot of an assigned partition, loaded where it is new."""
        slot = self.slots.get(partition)
        if slot is None:
            state, next_offset = self.load(partition)
            slot = self.slots[partition] = Slot(partition, state, next_offset)
            log.info("partition loaded", agent=self.name, partition=partition, next_offset=next_offset)
        return slot

    async def _handle(self, event: Any) -> None:
        app = self.runtime.app
        batch: Batch = event.value
        await self.runtime.recovered.wait()
        # A batch fetched before a rebalance may be somebody else's by now; if it is ours, it is fetched again.
        if event.message.generation_id != app.consumer_generation_id:
            return
        started = time.monotonic()
        try:
            slot = self.slot(batch.partition)
            async with slot.turn:
                if self.slots.get(batch.partition) is not slot:
                    return
                if await self._take_batch(slot, batch):
                    slot.events.append(event)
            if self.at_once or len(slot.events) >= MAX_UNACKNOWLEDGED:
                await self.snapshot(slot)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            await self.runtime.fatal(error, f"{self.name}: {batch.topic}-{batch.partition} at {batch.first_offset}")
            return
        self.runtime.metrics.batch_seconds.labels(self.name).observe(time.monotonic() - started)

    async def _take_batch(self, slot: Slot[StateT], batch: Batch) -> bool:
        """Handle a batch; False where it comes too early, because records before it have yet to be read."""
        known = slot.next_offset
        records = batch.records
        if known is not None:
            if batch.first_offset > known and not self.compacted:
                await self._read_again(slot, known, batch)
                return False
            if batch.first_offset < known:
                records = [record for record in records if record.offset >= known]
        if records:
            await self.take(slot, records)
            slot.next_offset = batch.offset + 1
            slot.touched = True
        slot.last_batch = time.monotonic()
        self._measure(slot, batch)
        batch.records = ()
        return True

    async def _read_again(self, slot: Slot[StateT], known: int, batch: Batch) -> None:
        """Records between the state and this batch did not reach us: fetch them, if the log still has them."""
        now = time.monotonic()
        if slot.reading_again_since is not None and now - slot.reading_again_since < READ_AGAIN_S:
            return  # still what was in the queue before
        tp = TP(batch.topic, batch.partition)
        earliest = (await self.runtime.app.consumer.earliest_offsets(tp)).get(tp, 0)
        if earliest > known:
            raise OffsetGap(
                f"{batch.topic}-{batch.partition} begins at {earliest}, but {known} is the next record that has "
                f"not been counted: the log has lost records (its retention is shorter than the pause was)"
            )
        log.warning("reading again", agent=self.name, partition=slot.partition, at=known, came=batch.first_offset)
        slot.reading_again_since = now
        await self.runtime.app.consumer.seek(tp, known)

    def _measure(self, slot: Slot[StateT], batch: Batch) -> None:
        metrics, partition = self.runtime.metrics, str(slot.partition)
        behind = self.records_behind(slot)
        metrics.lag_records.labels(self.full_topic, partition).set(behind)
        age = max(0.0, time.time() - batch.timestamp / 1000) if behind else 0.0
        metrics.lag_seconds.labels(self.full_topic, partition).set(age)
        self.runtime.health.progress[self.name] = time.monotonic()

    def records_behind(self, slot: Slot[StateT]) -> int:
        """Records of the partition that are known to lie ahead."""
        end = self._end(slot)
        return max(0, end - slot.next_offset) if end is not None and slot.next_offset is not None else 0

    def caught_up(self, slot: Slot[StateT]) -> bool:
        """Whether the broker said just now that there is nothing more to read."""
        end = self._end(slot)
        if end is None:
            return False
        if slot.next_offset is None:  # nothing read yet: an empty partition, or one whose log was emptied
            return end == 0 or time.monotonic() - slot.last_batch > EMPTY_AFTER_S
        return slot.next_offset >= end

    def _end(self, slot: Slot[StateT]) -> int | None:
        consumer: Any = self.runtime.app.consumer
        end: int | None = consumer.end_offset(TP(self.full_topic, slot.partition))
        return end

    # ---------------------------------------------------------------------------- snapshots

    async def snapshot(self, slot: Slot[StateT]) -> None:
        """Make what was done durable, then acknowledge it. One at a time: an older one never follows a newer."""
        async with slot.writing:
            async with slot.turn:
                if not slot.touched and not slot.events:
                    return
                events, slot.events = slot.events, []
                sends, slot.sends = slot.sends, []
                cut = self.cut(slot)
                slot.touched = False
            await asyncio.gather(*sends)
            await asyncio.gather(*[await self._write(slot.partition, *part) for part in cut.parts])
            await (await self._write(slot.partition, *cut.own))
            for event in events:
                event.ack()
        size = len(cut.own[1]) + sum(len(value or b"") for _, value in cut.parts)
        self.runtime.metrics.snapshot_bytes.labels(self.name, str(slot.partition)).set(size)
        self.runtime.metrics.snapshot_time.labels(self.name).set(time.time())

    async def _write(self, partition: int, key: bytes, value: bytes | None) -> Awaitable[object]:
        sent: Awaitable[object] = await self.runtime.app.producer.send(
            self.table.changelog_topic_name, key, value, partition, None, None
        )
        return sent

    async def _snapshot_all(self) -> None:
        await asyncio.gather(*(self.snapshot(slot) for slot in list(self.slots.values())))
        if not any(self.records_behind(slot) for slot in self.slots.values()):
            self.runtime.health.progress[self.name] = time.monotonic()

    async def _on_revoked(self, *args: Any, **_: Any) -> None:
        _, revoked = args
        partitions = {tp.partition for tp in revoked if tp.topic == self.full_topic}
        leaving = [slot for partition, slot in self.slots.items() if partition in partitions]
        await self._leave(leaving)

    async def _on_shutdown(self, *_: Any, **__: Any) -> None:
        await self._leave(list(self.slots.values()))

    async def _leave(self, slots: list[Slot[StateT]]) -> None:
        """A last snapshot where that goes quickly; without it, whoever comes next reads a little more again."""
        if self.runtime.failure is None:
            with contextlib.suppress(TimeoutError, BadbuzzError):
                await asyncio.wait_for(asyncio.gather(*(self.snapshot(slot) for slot in slots)), timeout=5)
        for slot in slots:
            self.slots.pop(slot.partition, None)
            self.forget(slot.partition)

    def forget(self, partition: int) -> None:
        """A partition is no longer ours."""
