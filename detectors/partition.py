"""The brands of one `mentions` partition: one clock, many monitors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from detectors.errors import StateError
from detectors.memory import Tally
from detectors.model import HOUR_MS, Answer, Brand, Given, MentionBatch, Outcome, ScoreStatus, from_ms
from detectors.monitor import BrandMonitor, Event
from detectors.windowing import FOREVER_MS, MonitorClock, MonitorClockState, bucket_start

__all__ = ["PartitionMonitor", "PartitionState"]

VERSION = 1
DAY_MS = 24 * HOUR_MS


class PartitionState(msgspec.Struct):
    """What a partition remembers beside its brands. `next_offset` is the first record not contained.

    `days` is how days go in each time zone, learned from the brands there at the start of day `days_of` (UTC).
    """

    version: int = VERSION
    next_offset: int = 0
    clock: MonitorClockState = msgspec.field(default_factory=MonitorClockState)
    days: dict[str, list[float]] = {}
    days_of: int = 0


class PartitionMonitor:
    """Gives each record of a `mentions` partition to its brand, and the time to all of them.

    A record's mentions move only their own brand, each at its own watermark; the watermark of the record
    as a whole, which stands in the last record of an ingest batch, moves all. So no brand's time runs
    ahead of mentions that are still to come.
    """

    def __init__(self, brands: Iterable[Brand], state: PartitionState | None = None) -> None:
        self.state = state or PartitionState()
        self.clock = MonitorClock(self.state.clock)
        self.tally = Tally()
        self.monitors: dict[str, BrandMonitor] = {}
        self.changed: set[str] = set()
        self._brands = {brand.id: brand for brand in brands}
        self._advanced_ms = -FOREVER_MS

    def take(self, batch: MentionBatch) -> list[Event]:
        """What came of one record. A brand that is no longer watched is passed over."""
        if batch.commands:
            return self._obey(batch)
        self.clock.take(batch)
        events: list[Event] = []
        brand = self._brands.get(batch.brand) if batch.brand is not None else None
        if brand is not None and batch.mentions:
            self.changed.add(brand.id)
            monitor = self._monitor(brand)
            others = self.clock.others(batch.partition)
            for mention in batch.mentions:
                if others is not None:
                    time = min(others, mention.watermark_ms)
                    if time >= monitor.closes_at_ms:
                        events += monitor.advance(time)
                events += monitor.observe(batch.partition, mention)
        time_ms = self.clock.move(batch.partition, batch.watermark_ms)
        if time_ms is not None and bucket_start(time_ms) > self._advanced_ms:
            if time_ms // DAY_MS != self.state.days_of:
                self.state.days_of = time_ms // DAY_MS
                self._learn_days()
            self._advanced_ms = bucket_start(time_ms)
            events += self._advance_all(time_ms)
        return events

    def _monitor(self, brand: Brand) -> BrandMonitor:
        monitor = self.monitors.get(brand.id)
        if monitor is None:
            monitor = self.monitors[brand.id] = BrandMonitor(
                brand, self.clock, self.tally, days=self.state.days.get(brand.timezone, ())
            )
        return monitor

    def _obey(self, batch: MentionBatch) -> list[Event]:
        """What people did to a brand's incidents; it moves no time."""
        brand = self._brands.get(batch.brand or "")
        if brand is None:
            return [_unwatched(given) for given in batch.commands]
        self.changed.add(brand.id)
        monitor = self._monitor(brand)
        return [event for given in batch.commands for event in monitor.command(batch.partition, given)]

    def _advance_all(self, time_ms: int) -> Iterator[Event]:
        for name, monitor in self.monitors.items():
            if time_ms >= monitor.closes_at_ms:
                self.changed.add(name)
                yield from monitor.advance(time_ms)
        self.clock.prune()

    def _learn_days(self) -> None:
        """Take from the brands what new ones of their time zone may expect.

        Once a day and rounded: a brand that a crash has left a moment ahead of its partition changes nothing.
        """
        known: dict[str, list[list[float]]] = {}
        for monitor in self.monitors.values():
            if (shape := monitor.days()) is not None:
                known.setdefault(monitor.brand.timezone, []).append(shape)
        for timezone, shapes in known.items():
            self.state.days[timezone] = [round(sum(shares) / len(shares), 2) for shares in zip(*shapes, strict=True)]

    def statuses(self) -> dict[str, int]:
        """How many brands are in each state: firing, or the status of their newest score."""
        counts = dict.fromkeys(["firing", *ScoreStatus], 0)
        for monitor in self.monitors.values():
            counts["firing" if monitor.firing else monitor.state.status] += 1
        return counts

    def snapshot(self) -> bytes:
        """The partition's own record; the brands have theirs (`BrandMonitor.snapshot`)."""
        return msgspec.msgpack.encode(self.state)

    @classmethod
    def restore(cls, brands: Iterable[Brand], own: bytes | None, by_brand: dict[str, bytes]) -> PartitionMonitor:
        """The partition as it was, from its own record and those of its brands.

        Raises:
            StateError: written by a newer badbuzz, or damaged.
        """
        try:
            state = msgspec.msgpack.decode(own, type=PartitionState) if own is not None else PartitionState()
        except msgspec.MsgspecError as error:
            raise StateError(f"state of a mentions partition: {error}") from error
        if state.version > VERSION:
            raise StateError(
                f"state of a mentions partition is of version {state.version}, this badbuzz knows {VERSION}"
            )
        partition = cls(brands, state)
        for brand in partition._brands.values():
            if (snapshot := by_brand.get(brand.id)) is not None:
                partition.monitors[brand.id] = BrandMonitor.restore(snapshot, brand, partition.clock, partition.tally)
        return partition


def _unwatched(given: Given) -> Answer:
    """The answer to a command on a brand that is not watched."""
    command = given.command
    return Answer(
        command=command.id,
        brand=command.brand,
        incident=command.incident,
        outcome=Outcome.GONE,
        at=from_ms(given.at_ms),
        text=f"{command.brand}: no such brand is watched",
    )
