"""Monitor: mentions in, buckets, alerts and incidents out."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence

import msgspec
import structlog
from aiokafka.structs import ConsumerRecord

from detectors.errors import Reason
from detectors.model import Alert, Answer, Bucket, Incident, MentionBatch, ShadowAlert
from detectors.monitor import Event
from detectors.partition import PartitionMonitor
from streams.agents.durable import Cut, DurableAgent, Slot
from streams.runtime import Runtime
from streams.state import brand_key, partition_key

__all__ = ["MonitorAgent"]

COUNT_STATES_S = 2.0
COUNT_ALERTS_S = 30.0

log = structlog.get_logger("badbuzz")


class MonitorAgent(DurableAgent[PartitionMonitor]):
    """Reads the `mentions` topic; the state of a partition is a `PartitionMonitor`."""

    name = "monitor"
    topic = "mentions"

    def __init__(self, runtime: Runtime) -> None:
        super().__init__(runtime)
        runtime.every(COUNT_STATES_S, self._count_states, "monitor: brand states")
        runtime.every(COUNT_ALERTS_S, self._count_alerts, "monitor: alerts per month")
        self._decode = msgspec.msgpack.Decoder(MentionBatch).decode
        self._encode = msgspec.json.Encoder().encode

    def load(self, partition: int) -> tuple[PartitionMonitor, int | None]:
        """See `DurableAgent.load`."""
        own = self.table.get(partition_key(partition))
        by_brand = {
            brand.id: raw
            for brand in self.runtime.watch.brands
            if (raw := self.table.get(brand_key(partition, brand.id))) is not None
        }
        monitor = PartitionMonitor.restore(self.runtime.watch.brands, own, by_brand)
        monitor.tally.timer = time.perf_counter
        monitor.tally.keep_texts_ms = round(self.runtime.settings.keep_texts.total_seconds() * 1000)
        return monitor, monitor.state.next_offset if own is not None else None

    def cut(self, slot: Slot[PartitionMonitor]) -> Cut:
        """See `DurableAgent.cut`: the brands that changed, then the partition."""
        monitor = slot.state
        changed, monitor.changed = monitor.changed, set()
        monitor.state.next_offset = slot.next_offset or 0
        return Cut(
            [(brand_key(slot.partition, name), monitor.monitors[name].snapshot()) for name in changed],
            (partition_key(slot.partition), monitor.snapshot()),
        )

    async def take(self, slot: Slot[PartitionMonitor], records: Sequence[ConsumerRecord[bytes, bytes]]) -> None:
        """See `DurableAgent.take`."""
        for record in records:
            try:
                batch = self._decode(record.value or b"")
            except msgspec.DecodeError as error:
                await self.bury(slot, record, Reason.INTERNAL, error)
                continue
            for event in slot.state.take(batch):
                await self._publish(slot, event)
        self._measure_state(slot)

    async def _publish(self, slot: Slot[PartitionMonitor], event: Event) -> None:
        metrics = self.runtime.metrics
        if isinstance(event, ShadowAlert):
            metrics.shadow_alerts.labels(event.brand, event.detector).inc()
            log.info("shadow alert", brand=event.brand, detector=event.detector, at=event.at.isoformat())
            return
        value = self._encode(event)
        match event:
            case Bucket():
                if event.complaints:
                    metrics.complaints.labels(event.brand).inc(sum(event.complaints.values()))
                for response in event.responses:
                    metrics.response_seconds.labels(event.brand).observe(response.took_s)
                await self.send(slot, "brand-signals", event.brand.encode(), value)
            case Alert():
                metrics.alerts.labels(event.detector, event.state.value).inc()
                log.info("alert", alert=event.id, state=event.state.value, at=event.at.isoformat())
                await self.send(slot, "alerts", event.id.encode(), value)
            case Incident():
                metrics.incidents.labels(event.state.value).inc()
                await self.send(slot, "incidents", event.id.encode(), value)
            case Answer():
                metrics.commands.labels(event.outcome.value).inc()
                log.info("command", command=event.command, incident=event.incident, outcome=event.outcome.value)
                await self.send(slot, "journal", event.command.encode(), value)

    def _measure_state(self, slot: Slot[PartitionMonitor]) -> None:
        metrics, tally = self.runtime.metrics, slot.state.tally
        for (brand, sentiment), count in tally.counted.items():
            metrics.mentions.labels(brand, sentiment.value).inc(count)
        for brand, count in tally.late.items():
            metrics.late.labels(brand).inc(count)
        for brand, count in tally.duplicate.items():
            metrics.duplicate.labels(brand).inc(count)
        for detector, seconds in tally.spent_s.items():
            metrics.detector_seconds.labels(detector).inc(seconds)
        tally.spent_s.clear()
        tally.counted.clear()
        tally.late.clear()
        tally.duplicate.clear()
        time_ms = slot.state.clock.state.time_ms
        if time_ms is not None:
            metrics.watermark.labels(str(slot.partition)).set(time_ms / 1000)

    async def _count_states(self) -> None:
        states: Counter[str] = Counter()
        for other in self.slots.values():
            states.update(other.state.statuses())
        for state, count in states.items():
            self.runtime.metrics.brands.labels(state).set(count)

    async def _count_alerts(self) -> None:
        metrics = self.runtime.metrics
        for other in self.slots.values():
            for name, monitor in other.state.monitors.items():
                metrics.false_alarm_budget.labels(name).set(monitor.brand.false_alarms_per_month)
                for detector, rate in monitor.alerts_per_month().items():
                    metrics.alerts_per_month.labels(name, detector).set(rate)
