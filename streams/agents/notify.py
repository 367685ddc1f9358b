"""Notify: incidents in, messages to people out, each change that matters once to each channel."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Sequence
from typing import Any

import msgspec
import structlog
from aiokafka.structs import ConsumerRecord

from detectors.alerting.outbox import Followed, Outbox, Send
from detectors.digest.plan import Due
from detectors.errors import DeliveryError, Reason, RetriableDeliveryError
from detectors.model import Delivery, DeliveryResult, Incident, Team
from streams.agents.digests import DigestSender
from streams.agents.durable import Cut, DurableAgent, Slot
from streams.notifiers import Notifier, channel_of
from streams.runtime import Runtime
from streams.state import incident_key, partition_key

__all__ = ["NotifyAgent"]

log = structlog.get_logger("badbuzz")

DIGESTS_S = 20.0
LOOK_S = 0.2
"""How often the outbox is asked what is due."""
FINISH_S = 5.0
"""So long a worker that leaves waits for the messages that it is sending."""


class NotifyState(msgspec.Struct):
    """What is kept of a partition beside its incidents: when each channel was told something in the last hour.

    `digests` says until when each team had its digest, in ms.
    """

    next_offset: int | None = None
    sent: dict[str, list[int]] = {}
    digests: dict[str, int] = {}


class NotifyAgent(DurableAgent[Outbox]):
    """Reads the `incidents` topic; the state of a partition is its `Outbox`, which decides who is told what.

    A message is marked before it is sent and again when it is known how that went, both durably. Each channel has a
    task of its own. What is given up goes to `dead-letters`, all that happens to a message to `journal`.
    """

    name = "notify"
    topic = "incidents"
    compacted = True
    at_once = True

    def __init__(self, runtime: Runtime, notifiers: Sequence[Notifier]) -> None:
        super().__init__(runtime)
        self._notifiers = {notifier.id: notifier for notifier in notifiers}
        self._sending: dict[int, set[asyncio.Task[None]]] = {}
        self._unknown: dict[int, list[Delivery]] = {}
        self._digests: dict[int, dict[str, int]] = {}
        self._digest_sender = DigestSender(runtime, self._notifiers)
        runtime.every(LOOK_S, self._look, "notify: messages")
        runtime.every(DIGESTS_S, self._send_digests, "notify: digests")

    def load(self, partition: int) -> tuple[Outbox, int | None]:
        """See `DurableAgent.load`."""
        raw = self.table.get(partition_key(partition))
        state = msgspec.msgpack.decode(raw, type=NotifyState) if raw is not None else NotifyState()
        prefix = incident_key(partition)
        followed = {
            one.incident.id: one
            for key, value in self.table.items()
            if key.startswith(prefix) and value
            for one in [msgspec.msgpack.decode(value, type=Followed)]
        }
        outbox = Outbox(self.runtime.watch, [channel_of(notifier) for notifier in self._notifiers.values()])
        self._digests[partition] = state.digests
        self._unknown[partition] = outbox.restore(followed, state.sent, _now_ms())
        return outbox, state.next_offset

    def cut(self, slot: Slot[Outbox]) -> Cut:
        """See `DurableAgent.cut`: the incidents that changed, then the partition."""
        outbox = slot.state
        changed, outbox.changed = outbox.changed, set()
        parts = [
            (
                incident_key(slot.partition, name),
                msgspec.msgpack.encode(outbox.followed[name]) if name in outbox.followed else None,
            )
            for name in changed
        ]
        own = NotifyState(slot.next_offset, outbox.sent, self._digests.get(slot.partition, {}))
        return Cut(parts, (partition_key(slot.partition), msgspec.msgpack.encode(own)))

    def forget(self, partition: int) -> None:
        """See `DurableAgent.forget`."""
        self._digests.pop(partition, None)
        for task in self._sending.pop(partition, ()):
            task.cancel()

    async def take(self, slot: Slot[Outbox], records: Sequence[ConsumerRecord[bytes, bytes]]) -> None:
        """See `DurableAgent.take`."""
        for record in records:
            if record.value is None:
                continue
            try:
                incident = msgspec.json.decode(record.value, type=Incident)
            except msgspec.DecodeError as error:
                await self.bury(slot, record, Reason.INTERNAL, error)
                continue
            slot.state.take(incident, _now_ms())

    # ------------------------------------------------------------------------------- sending

    async def _look(self) -> None:
        if not self.runtime.recovered.is_set():
            return
        for tp in list(self.runtime.app.consumer.assignment()):
            if tp.topic == self.full_topic:
                await self._send_due(self.slot(tp.partition))
        self.runtime.metrics.waiting.set(sum(slot.state.waiting for slot in self.slots.values()))

    async def _send_due(self, slot: Slot[Outbox]) -> None:
        async with slot.turn:
            if self.slots.get(slot.partition) is not slot:
                return
            for delivery in self._unknown.pop(slot.partition, ()):
                await self._tell(slot, delivery)
            sends, quiet = slot.state.start(_now_ms())
            for delivery in quiet:
                await self._tell(slot, delivery)
            if slot.state.changed:
                slot.touched = True
        if sends:
            await self.snapshot(slot)
        for send in sends:
            self._run(slot, self._send(slot, send))

    def _run(self, slot: Slot[Outbox], work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        running = self._sending.setdefault(slot.partition, set())
        running.add(task)
        task.add_done_callback(running.discard)

    async def _send(self, slot: Slot[Outbox], send: Send) -> None:
        failure: str | None = None
        again, maybe, after_s = False, False, 0.0
        try:
            await self._notifiers[send.channel].deliver(send.incident, send.telling)
        except RetriableDeliveryError as error:
            failure, again, maybe = str(error), True, error.maybe
            after_s = error.retry_after.total_seconds() if error.retry_after else 0.0
        except DeliveryError as error:
            failure = str(error)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # a channel's own mistake must not stop the others, nor quote what it was told
            failure = f"{send.channel}: {type(error).__name__}"
        try:
            async with slot.turn:
                if self.slots.get(slot.partition) is not slot:
                    return
                delivery = slot.state.finish(
                    send, _now_ms(), failure=failure, again=again, after_s=after_s, maybe=maybe
                )
                slot.state.trim()
                await self._tell(slot, delivery)
            await self.snapshot(slot)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            await self.runtime.fatal(error, f"{self.name}: {send.channel}")

    async def _send_digests(self) -> None:
        """Whoever has the first partition sends them; that it is done is durable before, so nobody gets one twice."""
        slot, had = self.slots.get(0), self._digests.get(0)
        if slot is None or had is None or not self.runtime.recovered.is_set():
            return
        async with slot.turn:
            before = dict(had)
            due = self._digest_sender.due(had)
            slot.touched = slot.touched or had != before
        if due:
            await self.snapshot(slot)
        for team, what in due:
            self._run(slot, self._send_digest(team, what))

    async def _send_digest(self, team: Team, due: Due) -> None:
        try:
            await self._digest_sender.send(team, due)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # a digest is not worth a worker
            log.warning("no digest", team=team.id, kind=type(error).__name__)

    async def _tell(self, slot: Slot[Outbox], delivery: Delivery) -> None:
        """What became of a message: for the journal, the metrics, and the dead letters if nobody was told."""
        metrics, result = self.runtime.metrics, delivery.result
        if result in (DeliveryResult.SILENCED, DeliveryResult.INHIBITED):
            metrics.silenced.labels(delivery.brand, result.value).inc()
        else:
            metrics.deliveries.labels(delivery.channel, result.value).inc()
        if result is not DeliveryResult.DELIVERED:
            log.warning(
                "not told",
                incident=delivery.incident,
                version=delivery.version,
                channel=delivery.channel,
                result=result.value,
            )
        value = msgspec.json.encode(delivery)
        await self.send(slot, "journal", delivery.incident.encode(), value)
        if result in (DeliveryResult.GIVEN_UP, DeliveryResult.UNKNOWN):
            error = f"{delivery.channel}: {delivery.text}"
            await self.give_up(slot, delivery.incident.encode(), value, Reason.UNDELIVERED, error)

    async def _leave(self, slots: list[Slot[Outbox]]) -> None:
        """What is being sent may still end, so that it is known how."""
        running = [task for slot in slots for task in self._sending.get(slot.partition, ())]
        if running and self.runtime.failure is None:
            await asyncio.wait(running, timeout=FINISH_S)
        await super()._leave(slots)


def _now_ms() -> int:
    return round(time.time() * 1000)
