"""What one brand's monitor remembers: all of it in one struct, and bounded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from zlib import crc32

import msgspec

from detectors.alerting import AlertBookState, IncidentBookState
from detectors.alerting.strands import Strands
from detectors.explanation import Background, OpenBucket, Run
from detectors.history import History
from detectors.model import HOUR_MS, MINUTE_MS, Marks, Mention, Score, ScoreStatus, Sentiment
from detectors.stories import Desk, Impostors
from detectors.text.copies import MEMORY_MS, Copies
from detectors.windowing import bucket_start

__all__ = ["REMEMBERED_KEYS", "VERSION", "BrandState", "Tally"]

VERSION = 3
REMEMBERED_KEYS = 8192
REMEMBERED_MS = 24 * HOUR_MS
REMEMBERED_AUTHORS = 8192


@dataclass(slots=True)
class Tally:
    """What happened to mentions, for the metrics: counts since somebody last looked.

    `keep_texts_ms` is how long after its end the posts of an incident are kept (a week, unless told otherwise).
    `spent_s` is what each detector cost, in seconds of `timer`; nothing is timed without one. `on_shadow_scores`,
    if given, hears what the shadow detectors of a brand made of each bucket: brand, start in ms, scores by name.
    """

    timer: Callable[[], float] | None = None
    keep_texts_ms: int = 7 * 24 * HOUR_MS
    on_shadow_scores: Callable[[str, int, dict[str, Score]], None] | None = None
    spent_s: dict[str, float] = field(default_factory=dict)
    counted: dict[tuple[str, Sentiment], int] = field(default_factory=dict)
    late: dict[str, int] = field(default_factory=dict)
    duplicate: dict[str, int] = field(default_factory=dict)


class BrandState(msgspec.Struct):
    """All that one brand's monitor remembers.

    `seen` is the newest offset counted from each source partition, `keys` maps the hash of a post to its time,
    `authors` those who were counted within the last hour or two, with that hour, to the time of it, `carried` says
    how much each source usually brings, `since_ms` is when its time began, `closed_until_ms` the start of the first
    bucket that is not closed, `newest_mention_ms` that of the newest closed bucket with a mention, `silent_buckets`
    counts those without data that the detectors do not know of. `copies` are the texts of the last two days, `desk`
    holds the complaints to the brand, `impostors` the look-alikes that were about last. `borne_out` are the
    detectors whose alert is on and was exceeded by a closed minute too; `strands` are the stories of a wave,
    `response` says whether complaints wait for longer than usual. `parameters` are those that each of `detectors`
    was made with.
    """

    version: int = VERSION
    timezone: str = "UTC"
    since_ms: int = 0
    closed_until_ms: int | None = None
    seen: dict[int, int] = {}
    keys: dict[int, int] = {}
    authors: dict[str, int] = {}
    carried: dict[str, float] = {}
    open: dict[int, OpenBucket] = {}
    run: Run | None = None
    background: Background = msgspec.field(default_factory=Background)
    copies: Copies | None = None
    desk: Desk | None = None
    impostors: Impostors | None = None
    newest_mention_ms: int = 0
    silent_buckets: int = 0
    handed_over: bool = False
    status: ScoreStatus = ScoreStatus.WARMING_UP
    borne_out: list[str] = []
    alerts: AlertBookState = msgspec.field(default_factory=AlertBookState)
    shadow_alerts: AlertBookState = msgspec.field(default_factory=AlertBookState)
    incidents: IncidentBookState = msgspec.field(default_factory=IncidentBookState)
    strands: Strands | None = None
    response: Score | None = None
    history: History | None = None
    detectors: dict[str, bytes] = {}
    parameters: dict[str, dict[str, int | float]] = {}

    def open_at(self, start_ms: int) -> list[OpenBucket]:
        """The minute from then on as it is so far: of the first story of a wave, and of the others."""
        strands = self.strands.others if self.strands is not None else ()
        return [
            bucket
            for bucket in (self.open.get(start_ms), *(strand.open.get(start_ms) for strand in strands))
            if bucket is not None
        ]

    def take_strands(self, start_ms: int) -> dict[str, OpenBucket]:
        """What the other stories of a wave have of a minute that is over, by the keys of their alerts."""
        if self.strands is None:
            return {}
        found = {strand.key: strand.open.pop(start_ms, None) for strand in self.strands.others}
        return {key: bucket for key, bucket in found.items() if bucket is not None}

    def remember(self, mention: Mention) -> bool:
        """Whether this post is new. Bounded: about a day, and about `REMEMBERED_KEYS` posts."""
        keys = self.keys
        if mention.key in keys:
            return False
        keys[mention.key] = mention.event_ms
        # In one go now and then: to take the oldest out of a dict one by one costs 5 us each.
        if len(keys) >= REMEMBERED_KEYS + REMEMBERED_KEYS // 8:
            self.keys = dict(islice(keys.items(), len(keys) - REMEMBERED_KEYS, None))
        return True

    def is_new_author(self, mention: Mention) -> bool:
        """Whether this author counts in this mention's minute: once an hour. One whom nobody names is always new.

        Everybody has hours of their own, which begin at a minute that the name tells: partitions have no order between
        them, and an hour that began with the first mention would depend on it. In that hour counts what was said first.
        """
        if mention.author is None:
            return True
        name, start = f"{mention.source} {mention.author}", bucket_start(mention.event_ms)
        hour = (start + crc32(name.encode("utf-8", "replace")) % 60 * MINUTE_MS) // HOUR_MS
        authors, author = self.authors, f"{hour} {name}"
        counted_ms = authors.get(author)
        if counted_ms is not None:
            if counted_ms <= start:
                return False
            if (later := self.open.get(counted_ms)) is not None:
                later.authors -= 1
        authors[author] = start
        if len(authors) >= REMEMBERED_AUTHORS + REMEMBERED_AUTHORS // 8:
            self.authors = dict(islice(authors.items(), len(authors) - REMEMBERED_AUTHORS, None))
        return True

    def copy_of(self, mention: Mention, marks: Marks) -> int | None:
        """A number for the text that this one copies, None if it is new or says nothing that could be told again.

        A repost is known as one; it would make a group of what one post said.
        """
        if not marks.prints or mention.is_repost:
            return None
        if self.copies is None:
            self.copies = Copies()
        copies = self.copies
        # The group that was seen last stands last.
        return next(reversed(copies.groups)) if copies.see(marks.prints, mention.event_ms) else None

    def carry(self, source: str) -> None:
        """Count what this source brings."""
        carried = self.carried
        carried[source] = carried.get(source, 0.0) + 1.0
        if carried[source] > 1000.0:
            self.carried = {name: count / 2 for name, count in carried.items() if count > 1.0}

    def forget(self, start_ms: int) -> None:
        """Let go, at the full hour, of posts, authors and texts that were kept for long enough."""
        if self.copies is not None:
            self.copies = _newer(self.copies, start_ms - MEMORY_MS)
        if self.keys:
            oldest_ms = start_ms - REMEMBERED_MS
            self.keys = {key: event_ms for key, event_ms in self.keys.items() if event_ms >= oldest_ms}
        if self.authors:
            hour_ago_ms = start_ms - HOUR_MS
            self.authors = {author: at_ms for author, at_ms in self.authors.items() if at_ms > hour_ago_ms}


def _newer(copies: Copies, oldest_ms: int) -> Copies | None:
    """Without the texts that were not seen since then: most brands have few complaints, and 100,000 are watched."""
    # The one that was seen last stands last.
    if not copies.groups or next(iter(copies.groups.values())).last_ms >= oldest_ms:
        return copies
    groups = {name: group for name, group in copies.groups.items() if group.last_ms >= oldest_ms}
    return Copies(groups, copies.newest_ms) if groups else None
