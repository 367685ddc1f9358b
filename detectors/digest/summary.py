"""From buckets and incidents to a digest, one bucket at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Final

from detectors.digest.counting import Spoken, change, share, talk
from detectors.digest.happened import happened
from detectors.digest.model import BrandDigest, Digest, IncidentLine, Rival
from detectors.model import Brand, Bucket, BucketStatus, Incident, Severity, Watch

__all__ = ["MOST_SPAN", "Summary", "summarise"]

MOST_SPAN: Final = timedelta(days=366)
_MINUTE: Final = timedelta(minutes=1)


def summarise(
    watch: Watch,
    buckets: Iterable[Bucket],
    incidents: Iterable[Incident],
    since: datetime,
    until: datetime,
    brands: Collection[str] | None,
) -> Digest:
    """What happened from `since` up to `until` to these brands, or to all that are watched.

    Buckets may come in any order, and from any time: those of the span before are compared with, others passed over.
    One that is told twice counts once. Incidents are looked at in their newest version.

    Raises:
        ValueError: see `Summary`.

    >>> from datetime import UTC
    >>> from detectors.model import Match
    >>> since = datetime(2026, 3, 1, tzinfo=UTC)
    >>> watch = Watch(brands=[Brand(id="acme", name="Acme", match=Match(any=["acme"]))])
    >>> minute = Bucket(brand="acme", start=since, seconds=60, status=BucketStatus.COUNTED, negative=1, positive=3)
    >>> digest = summarise(watch, [minute, minute], [], since, since + timedelta(days=1), None)
    >>> digest.quiet, digest.talk.said.mentions, digest.talk.said.negative_share
    (True, 4, 0.25)
    """
    summary = Summary(watch, since, until, brands)
    for bucket in buckets:
        summary.take(bucket)
    return summary.digest(incidents)


class _Brand:
    """The counters of a brand, in the span and in the one before, and one bit for each minute of both."""

    __slots__ = ("before", "now", "seen")

    def __init__(self, minutes: int) -> None:
        self.now = Spoken()
        self.before = Spoken()
        self.seen = bytearray(minutes // 8 + 1)

    def is_new(self, minute: int) -> bool:
        place, bit = minute >> 3, 1 << (minute & 7)
        if self.seen[place] & bit:
            return False
        self.seen[place] |= bit
        return True


class Summary:
    """A digest that grows by bucket: `take` them all, then ask for the `digest`.

    It keeps counters and, to know which minutes it has, two bits for each minute of the span: 360 bytes a brand and
    day. `brands` are the ids of those to show, None is all; their competitors are counted with them.

    Raises:
        ValueError: a span that is empty or longer than `MOST_SPAN`, or that begins too early to compare.
    """

    def __init__(self, watch: Watch, since: datetime, until: datetime, brands: Collection[str] | None = None) -> None:
        length = until - since
        if not timedelta(0) < length <= MOST_SPAN:
            raise ValueError(f"a span of {length}; expected more than nothing, and {MOST_SPAN.days} days at most")
        try:
            self.first = since - length
        except OverflowError:
            raise ValueError(f"nothing is before {since}") from None
        self.since, self.until = since, until
        self._watch = watch
        self._shown = [brand for brand in watch.brands if brands is None or brand.id in brands]
        self._ids = {brand.id for brand in self._shown}
        rivals = {name for brand in self._shown for name in brand.competitors}
        self._names = {brand.id: brand.name for brand in watch.brands}
        self._wanted = self._ids | (rivals & self._names.keys())
        self._minutes = -(-2 * length // _MINUTE) + 1
        self._known_until: datetime | None = None
        self._brands: dict[str, _Brand] = {}

    def take(self, bucket: Bucket) -> None:
        """Count a bucket; what is of another time or another brand, or told again, is passed over. About 2 us."""
        start = bucket.start
        if not self.first <= start < self.until or bucket.brand not in self._wanted:
            return
        brand = self._brands.get(bucket.brand)
        if brand is None:
            brand = self._brands[bucket.brand] = _Brand(self._minutes)
        if not brand.is_new((start - self.first) // _MINUTE):
            return
        counted = bucket.status is BucketStatus.COUNTED
        if start < self.since:
            brand.before.take(bucket, age_s=None)
            brand.before.minutes += counted
            return
        end = start + _MINUTE
        brand.now.take(bucket, age_s=(end - self.since).total_seconds())
        if counted:
            brand.now.minutes += 1
            if bucket.brand in self._ids and (self._known_until is None or end > self._known_until):
                self._known_until = end

    def digest(self, incidents: Iterable[Incident]) -> Digest:
        """What happened, with these incidents."""
        owners = {topic.id: topic.team for topic in self._watch.topics}
        found = happened(self._watch, incidents, self.since, self.until, self._ids)
        now, before = Spoken(), Spoken()
        brands: list[BrandDigest] = []
        for brand in self._shown:
            brands.append(self._brand(brand, owners, found.get(brand.id, [])))
            if (counted := self._brands.get(brand.id)) is not None:
                now.add(counted.now)
                before.add(counted.before)
        return Digest(
            since=self.since,
            until=self.until,
            known_until=None if self._known_until is None else min(self._known_until, self.until),
            talk=talk(now, owners),
            change=change(now, before),
            brands=sorted(brands, key=_order),
            teams={team.id: team.name for team in self._watch.teams},
            quiet=all(brand.quiet for brand in brands),
        )

    def _brand(self, brand: Brand, owners: dict[str, str | None], incidents: list[IncidentLine]) -> BrandDigest:
        counted = self._brands.get(brand.id)
        now = counted.now if counted is not None else Spoken()
        before = counted.before if counted is not None else Spoken()
        return BrandDigest(
            brand=brand.id,
            name=brand.name,
            talk=talk(now, owners),
            change=change(now, before),
            minutes_without_data=max((self.until - self.since) // _MINUTE - now.minutes, 0),
            heard=bool(now.minutes or before.minutes),
            incidents=incidents,
            rivals=self._rivals(brand),
            quiet=not incidents,
        )

    def _rivals(self, brand: Brand) -> list[Rival]:
        """Who was heard, with the parts of each in what was said of them all."""
        spoken = {
            name: self._brands[name].now
            for name in dict.fromkeys([brand.id, *brand.competitors])
            if name in self._brands and (name == brand.id or self._brands[name].now.minutes)
        }
        if brand.id not in spoken or len(spoken) < 2:
            return []
        mentions = sum(one.mentions for one in spoken.values())
        negative = sum(one.negative for one in spoken.values())
        return [
            Rival(
                brand=name,
                name=self._names[name],
                mentions=one.mentions,
                share=share(one.mentions, mentions),
                negative=one.negative,
                negative_share=share(one.negative, negative),
            )
            for name, one in sorted(spoken.items(), key=lambda pair: (pair[0] != brand.id, -pair[1].mentions, pair[0]))
        ]


def _order(brand: BrandDigest) -> tuple[bool, bool, int, int, str]:
    """The busiest first: what is open, how bad it is, how much is said."""
    worst = max((list(Severity).index(line.incident.severity) for line in brand.incidents), default=-1)
    calm = not any(line.open for line in brand.incidents)
    return brand.quiet, calm, -worst, -brand.talk.said.negative, brand.brand
