"""Recorded posts through the brain, in memory: the same intake and monitors that the stream runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from detectors.intake import Intake, RawRecord, Rejected
from detectors.model import Alert, Brand, Bucket, BucketStatus, Incident, Sentiment, ShadowAlert, Watch
from detectors.monitor import Event
from detectors.partition import PartitionMonitor
from detectors.text.negativity import Negativity

__all__ = ["Replay"]


class Replay:
    """Posts in, alerts and incidents out, as one partition of posts and one of mentions would give them.

    `alerts` and `incidents` hold every change of state, in order; `rejected` the records that are no posts.
    The replay ends with the watermark of the last post: what is still open then stays open. What came before `since`
    is only there to learn from: `counts`, `first_firings`, `shadow_firings` and `days` leave it out.
    """

    def __init__(
        self,
        watch: Watch,
        negativity: Negativity,
        *,
        since: datetime | None = None,
        pseudonym_key: bytes | None = None,
    ) -> None:
        self.watch = watch
        self.since = since
        self.alerts: list[Alert] = []
        self.incidents: list[Incident] = []
        self.shadow_alerts: list[ShadowAlert] = []
        self.rejected: list[Rejected] = []
        self.posts = 0
        self.buckets: Counter[str] = Counter()
        """How many buckets of each brand closed with data, those that it only learned from too."""
        self.partition = PartitionMonitor(watch.brands)
        self._intake = Intake(watch, negativity, pseudonym_key=pseudonym_key)
        self._first: datetime | None = None
        self._last: datetime | None = None
        self._early: Counter[tuple[str, Sentiment]] = Counter()

    def feed(self, records: Sequence[RawRecord]) -> list[Event]:
        """The next records of the file; what came of them."""
        taken = self._intake.take(0, records)
        self.posts += taken.posts
        self.rejected += taken.rejected
        events: list[Event] = []
        for batch in taken.records(1, 1, lambda _: 0)[0]:
            events += self.partition.take(batch)
        self._take(events)
        return events

    def _take(self, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, Bucket):
                self._take_bucket(event)
        self.alerts += [event for event in events if isinstance(event, Alert)]
        self.shadow_alerts += [event for event in events if isinstance(event, ShadowAlert)]
        self.incidents += [event for event in events if isinstance(event, Incident)]

    def _take_bucket(self, bucket: Bucket) -> None:
        self.buckets[bucket.brand] += bucket.status is BucketStatus.COUNTED
        if self.since is not None and bucket.start < self.since:
            for sentiment in Sentiment:
                self._early[bucket.brand, sentiment] += getattr(bucket, sentiment)
            return
        self._first = self._first or bucket.start
        self._last = bucket.start

    def hand_over(self) -> tuple[list[Event], dict[str, bytes]]:
        """End the replay as a start for live monitors: what came of its end, and each mentioned brand's snapshot."""
        monitors = self.partition.monitors
        events = [event for monitor in monitors.values() for event in monitor.hand_over()]
        self._take(events)
        return events, {name: monitor.snapshot() for name, monitor in monitors.items()}

    def counts(self) -> dict[str, Counter[Sentiment]]:
        """Mentions of each brand by sentiment."""
        counts: dict[str, Counter[Sentiment]] = {brand.id: Counter() for brand in self.watch.brands}
        for (brand, sentiment), count in self.partition.tally.counted.items():
            counts[brand][sentiment] += count - self._early[brand, sentiment]
        return counts

    def first_firings(self, brand: Brand) -> list[Alert]:
        """Each alert of a brand as it first fired."""
        firings: dict[str, Alert] = {}
        for alert in self.alerts:
            if alert.brand == brand.id:
                firings.setdefault(alert.id, alert)
        return [alert for alert in firings.values() if self._counts(alert.at)]

    def shadow_firings(self) -> list[ShadowAlert]:
        """The alerts that shadow detectors would have given, of all brands."""
        return [alert for alert in self.shadow_alerts if self._counts(alert.at)]

    def _counts(self, at: datetime) -> bool:
        return self.since is None or self.since <= at

    @property
    def days(self) -> float:
        """Days of event time between the first and the last bucket."""
        if self._first is None or self._last is None:
            return 0.0
        return (self._last - self._first).total_seconds() / 86_400
