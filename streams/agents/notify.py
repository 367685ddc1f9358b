"""Notify: incidents in, messages to people out, each version once for each channel."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence

import msgspec
import structlog
from aiokafka.structs import ConsumerRecord

from detectors.errors import DeliveryError, Reason, RetriableDeliveryError
from detectors.model import Incident
from streams.agents.durable import Cut, DurableAgent, Slot
from streams.notifiers import Notifier, hears, is_silenced
from streams.runtime import Runtime
from streams.state import partition_key

__all__ = ["NotifyAgent"]

log = structlog.get_logger("badbuzz")

ATTEMPTS = 4
FIRST_PAUSE_S = 1.0
REMEMBERED_INCIDENTS = 5_000


class DeliveryLog(msgspec.Struct):
    """The newest version of each incident that each channel has had: incident -> channel -> version."""

    next_offset: int | None = None
    delivered: dict[str, dict[str, int]] = {}


class NotifyAgent(DurableAgent[DeliveryLog]):
    """Reads the `incidents` topic; the state of a partition is its delivery log.

    A message can reach somebody twice only if the worker dies between the service's yes and the record
    of it; whoever fails for good is told of in `dead-letters`.
    """

    name = "notify"
    topic = "incidents"
    compacted = True
    at_once = True

    def __init__(self, runtime: Runtime, notifiers: Sequence[Notifier]) -> None:
        super().__init__(runtime)
        self._notifiers = notifiers

    def load(self, partition: int) -> tuple[DeliveryLog, int | None]:
        """See `DurableAgent.load`."""
        raw = self.table.get(partition_key(partition))
        state = msgspec.msgpack.decode(raw, type=DeliveryLog) if raw is not None else DeliveryLog()
        return state, state.next_offset

    def cut(self, slot: Slot[DeliveryLog]) -> Cut:
        """See `DurableAgent.cut`."""
        slot.state.next_offset = slot.next_offset
        return Cut([], (partition_key(slot.partition), msgspec.msgpack.encode(slot.state)))

    async def take(self, slot: Slot[DeliveryLog], records: Sequence[ConsumerRecord[bytes, bytes]]) -> None:
        """See `DurableAgent.take`."""
        for record in records:
            if record.value is None:
                continue
            try:
                incident = msgspec.json.decode(record.value, type=Incident)
            except msgspec.DecodeError as error:
                await self.bury(slot, record, Reason.INTERNAL, error)
                continue
            had = slot.state.delivered.setdefault(incident.id, {})
            told = hears(self.runtime.watch, incident, [notifier.id for notifier in self._notifiers], [*had])
            if is_silenced(self.runtime.watch, incident):
                self.runtime.metrics.silenced.labels(incident.brand).inc()
            due = [one for one in self._notifiers if one.id in told and had.get(one.id, 0) < incident.version]
            failures = await asyncio.gather(*(self._deliver(notifier, incident) for notifier in due))
            for notifier, failure in zip(due, failures, strict=True):
                had[notifier.id] = incident.version
                if failure is not None:
                    await self.bury(slot, record, Reason.UNDELIVERED, failure)
            while len(slot.state.delivered) > REMEMBERED_INCIDENTS:
                del slot.state.delivered[next(iter(slot.state.delivered))]

    async def _deliver(self, notifier: Notifier, incident: Incident) -> str | None:
        """Try, with growing pauses; what went wrong in the end, or None."""
        results = self.runtime.metrics.deliveries
        pause = FIRST_PAUSE_S
        for attempt in range(1, ATTEMPTS + 1):
            self.runtime.health.progress[self.name] = time.monotonic()
            try:
                await notifier.deliver(incident)
            except RetriableDeliveryError as error:
                results.labels(notifier.id, "failed").inc()
                log.warning("not delivered", channel=notifier.id, incident=incident.id, attempt=attempt)
                if attempt == ATTEMPTS:
                    return str(error)
                wished = error.retry_after.total_seconds() if error.retry_after else 0.0
                # Not all at the same moment, where one service has refused many.
                await asyncio.sleep(max(wished, pause * (0.5 + random.random())))
                pause *= 3
            except DeliveryError as error:
                results.labels(notifier.id, "refused").inc()
                return str(error)
            else:
                results.labels(notifier.id, "delivered").inc()
                return None
        return None
