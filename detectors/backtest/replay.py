"""Recorded posts through the brain, in memory: the same intake and monitors that the stream runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from detectors.intake import Intake, RawRecord, Rejected
from detectors.mentions import MentionFinder
from detectors.model import Alert, Brand, Bucket, Incident, Sentiment, Watch
from detectors.monitor import Event
from detectors.partition import PartitionMonitor

__all__ = ["Replay"]


class Replay:
    """Posts in, alerts and incidents out, as one partition of posts and one of mentions would give them.

    `alerts` and `incidents` hold every change of state, in order; `rejected` the records that are no posts.
    The replay ends with the watermark of the last post: what is still open then stays open.
    """

    def __init__(self, watch: Watch, finder: MentionFinder) -> None:
        self.watch = watch
        self.alerts: list[Alert] = []
        self.incidents: list[Incident] = []
        self.rejected: list[Rejected] = []
        self.posts = 0
        self.partition = PartitionMonitor(watch.brands)
        self._intake = Intake(watch, finder)
        self._first: datetime | None = None
        self._last: datetime | None = None

    def feed(self, records: Sequence[RawRecord]) -> list[Event]:
        """The next records of the file; what came of them."""
        taken = self._intake.take(0, records)
        self.posts += taken.posts
        self.rejected += taken.rejected
        events: list[Event] = []
        for batch in taken.records(1, 1, lambda _: 0)[0]:
            events += self.partition.take(batch)
        for event in events:
            if isinstance(event, Bucket):
                self._first = self._first or event.start
                self._last = event.start
        self.alerts += [event for event in events if isinstance(event, Alert)]
        self.incidents += [event for event in events if isinstance(event, Incident)]
        return events

    def hand_over(self) -> dict[str, bytes]:
        """End the replay as a start for live monitors: the snapshot of each brand that was mentioned."""
        snapshots: dict[str, bytes] = {}
        for name, monitor in self.partition.monitors.items():
            monitor.hand_over()
            snapshots[name] = monitor.snapshot()
        return snapshots

    def counts(self) -> dict[str, Counter[Sentiment]]:
        """Mentions of each brand by sentiment."""
        counts: dict[str, Counter[Sentiment]] = {brand.id: Counter() for brand in self.watch.brands}
        for (brand, sentiment), count in self.partition.tally.counted.items():
            counts[brand][sentiment] += count
        return counts

    def first_firings(self, brand: Brand) -> list[Alert]:
        """Each alert of a brand as it first fired."""
        firings: dict[str, Alert] = {}
        for alert in self.alerts:
            if alert.brand == brand.id:
                firings.setdefault(alert.id, alert)
        return list(firings.values())

    @property
    def days(self) -> float:
        """Days of event time between the first and the last bucket."""
        if self._first is None or self._last is None:
            return 0.0
        return (self._last - self._first).total_seconds() / 86_400
