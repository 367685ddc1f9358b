"""Commands: what people did goes into the log of mentions, at its place, and comes to the monitor in that order.

So a brand's mentions and commands have one order, whoever reads them again after a crash.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import msgspec
import structlog
from aiokafka.structs import ConsumerRecord

from detectors.commands import decode_command
from detectors.errors import InvalidCommand
from detectors.model import Answer, Given, MentionBatch, Outcome, from_ms
from streams.agents.durable import Cut, DurableAgent, Slot
from streams.runtime import Runtime
from streams.state import partition_key
from streams.topics import partition_of

__all__ = ["CommandAgent"]

log = structlog.get_logger("badbuzz")


class CommandState(msgspec.Struct):
    """What is kept of one partition of commands."""

    next_offset: int | None = None


class CommandAgent(DurableAgent[CommandState]):
    """Reads the `commands` topic, which has the partitions of `mentions`. What cannot be read is answered at once."""

    name = "command"
    topic = "commands"

    def __init__(self, runtime: Runtime) -> None:
        super().__init__(runtime)
        self._outputs = runtime.counts["mentions"]
        self._encode = msgspec.msgpack.Encoder().encode

    def load(self, partition: int) -> tuple[CommandState, int | None]:
        """See `DurableAgent.load`."""
        raw = self.table.get(partition_key(partition))
        state = msgspec.msgpack.decode(raw, type=CommandState) if raw is not None else CommandState()
        return state, state.next_offset

    def cut(self, slot: Slot[CommandState]) -> Cut:
        """See `DurableAgent.cut`."""
        slot.state.next_offset = slot.next_offset
        return Cut([], (partition_key(slot.partition), self._encode(slot.state)))

    async def take(self, slot: Slot[CommandState], records: Sequence[ConsumerRecord[bytes, bytes]]) -> None:
        """See `DurableAgent.take`."""
        now_ms = round(time.time() * 1000)
        for record in records:
            # A client's clock may be ahead: nothing was done later than it came.
            at_ms = min(record.timestamp, now_ms)
            try:
                command = decode_command(record.value)
            except InvalidCommand as error:
                await self.bury(slot, record, error.reason, error)
                self.runtime.metrics.commands.labels(Outcome.UNREADABLE.value).inc()
                await self._refuse(slot, error, at_ms)
                continue
            brand = command.brand.encode()
            batch = MentionBatch(
                brand=command.brand,
                partition=slot.partition,
                partitions=self._outputs,
                watermark_ms=None,
                commands=[Given(record.offset, at_ms, command)],
            )
            output = partition_of(brand, self._outputs)
            await self.send(slot, "mentions", brand, self._encode(batch), partition=output)

    async def _refuse(self, slot: Slot[CommandState], error: InvalidCommand, at_ms: int) -> None:
        if not error.command:
            return
        answer = Answer(
            command=error.command,
            brand="",
            incident=None,
            outcome=Outcome.UNREADABLE,
            at=from_ms(at_ms),
            text=str(error),
        )
        await self.send(slot, "journal", error.command.encode(), msgspec.json.encode(answer))
