"""Ingest: posts in, mentions out, one record a brand and batch."""

from __future__ import annotations

import time
from collections.abc import Sequence

import msgspec
from aiokafka.structs import ConsumerRecord

from detectors.intake import Intake, RawRecord, Taken
from detectors.windowing import SourceClock, SourceClockState
from streams.agents.durable import Cut, DurableAgent, Slot
from streams.runtime import Runtime
from streams.state import partition_key
from streams.topics import partition_of

__all__ = ["IngestAgent"]

IDLE_S = 1.0
NEVER_SPOKEN_S = 10.0


class IngestState(msgspec.Struct):
    """What is kept of one posts partition: its clock, and at what wall time that was."""

    next_offset: int | None
    clock: SourceClockState
    wall_s: float


class IngestAgent(DurableAgent[SourceClock]):
    """Reads the `posts` topic through the shared `Intake`; the state of a partition is its clock."""

    name = "ingest"
    topic = "posts"

    def __init__(self, runtime: Runtime, intake: Intake) -> None:
        super().__init__(runtime)
        self._intake = intake
        self._sources = runtime.counts["posts"]
        self._outputs = runtime.counts["mentions"]
        self._outputs_of: dict[str, int] = {}
        self._beaten: dict[int, float] = {}
        self._declared_idle: set[int] = set()
        self._encode = msgspec.msgpack.Encoder().encode
        runtime.every(IDLE_S, self._heartbeat, "ingest: heartbeat")

    def load(self, partition: int) -> tuple[SourceClock, int | None]:
        """See `DurableAgent.load`. The time that passed since then counts as silence."""
        raw = self.table.get(partition_key(partition))
        now = time.monotonic()
        if raw is None:
            self._beaten[partition] = now
            return self._intake.clock(partition), None
        state = msgspec.msgpack.decode(raw, type=IngestState)
        self._beaten[partition] = now - max(0.0, time.time() - state.wall_s)
        return self._intake.clock(partition, state.clock), state.next_offset

    def forget(self, partition: int) -> None:
        """See `DurableAgent.forget`."""
        self._intake.clocks.pop(partition, None)
        self._beaten.pop(partition, None)
        self._declared_idle.discard(partition)

    def cut(self, slot: Slot[SourceClock]) -> Cut:
        """See `DurableAgent.cut`."""
        state = IngestState(slot.next_offset, slot.state.state, time.time())
        return Cut([], (partition_key(slot.partition), self._encode(state)))

    async def take(self, slot: Slot[SourceClock], records: Sequence[ConsumerRecord[bytes, bytes]]) -> None:
        """See `DurableAgent.take`."""
        raw = [RawRecord(record.offset, record.value, record.timestamp) for record in records]
        taken = self._intake.take(slot.partition, raw)
        self._beaten[slot.partition] = time.monotonic()
        metrics = self.runtime.metrics
        metrics.posts.inc(taken.posts)
        metrics.unmatched.inc(taken.unmatched)
        metrics.future.inc(taken.future)
        if taken.rejected:
            originals = {record.offset: record for record in records}
            for rejected in taken.rejected:
                record = originals[rejected.record.offset]
                await self.bury(slot, record, rejected.error.reason, rejected.error)
        await self._publish(slot, taken)

    async def _publish(self, slot: Slot[SourceClock], taken: Taken, *, idle: bool = False) -> None:
        for output, batches in taken.records(self._sources, self._outputs, self._output_of).items():
            for batch in batches:
                key = batch.brand.encode() if batch.brand is not None else None
                value = self._encode(msgspec.structs.replace(batch, idle=True) if idle else batch)
                await self.send(slot, "mentions", key, value, partition=output)

    def _output_of(self, brand: str) -> int:
        output = self._outputs_of.get(brand)
        if output is None:
            output = self._outputs_of[brand] = partition_of(brand.encode(), self._outputs)
        return output

    async def _heartbeat(self) -> None:
        """Idle partitions: their time goes on with the wall's, and who never spoke stops holding the others."""
        if not self.runtime.recovered.is_set():
            return
        for tp in list(self.runtime.app.consumer.assignment()):
            if tp.topic == self.full_topic:
                slot = self.slot(tp.partition)
                async with slot.turn:
                    if self.slots.get(tp.partition) is slot:
                        await self._beat(slot)

    async def _beat(self, slot: Slot[SourceClock]) -> None:
        now = time.monotonic()
        idle_s = now - self._beaten[slot.partition]
        if idle_s < IDLE_S or not self.caught_up(slot):
            return
        clock = slot.state
        if clock.watermark_ms is None:
            if now - slot.last_batch >= NEVER_SPOKEN_S and slot.partition not in self._declared_idle:
                self._declared_idle.add(slot.partition)
                await self._publish(slot, Taken(slot.partition, None), idle=True)
            return
        self._beaten[slot.partition] = now
        clock.pass_time(round(idle_s * 1000))
        await self._publish(slot, Taken(slot.partition, clock.watermark_ms, gaps=clock.take_gaps()), idle=True)
