"""The run: the stretch in which a brand has been above its expectation, minute by minute."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from detectors.explanation.evidence import NONE, Evidence
from detectors.model import MINUTE_MS, Mention, MinuteCounts, Response, Sentiment
from detectors.stories.facts import Facts

__all__ = ["OpenBucket", "Recent", "Run", "most_frequent"]

KEPT_MINUTES: Final = 360
KEPT_POSTS: Final = 5
SAMPLED_POSTS: Final = 12
"""Of a minute: enough to tell what is spoken of. Those with the least hashes, whatever order they came in."""
KEPT_HASHTAGS: Final = 64
"""Of a minute: the most frequent, at least so many and at most twice as many."""
RECENT_MINUTES: Final = 60
RECENT_POSTS: Final = 240


class Recent(msgspec.Struct, frozen=True, array_like=True):
    """One post of the last hour that stands for `weight` of its minute."""

    start_ms: int
    weight: float
    mention: Mention


class OpenBucket(msgspec.Struct):
    """Counts of one minute that may still receive posts. The rest is of negative mentions, if there are any.

    But `facts`, which are there too where another mention has marks. Copies of a text are no `reposts`: which of two
    is the copy depends on the order of their partitions, which is free, and detectors must not. Of its `hashtags` a
    mention counts for each.
    """

    negative: int = 0
    neutral: int = 0
    positive: int = 0
    unknown: int = 0
    reposts: int = 0
    authors: int = 0
    last_ms: int = 0
    evidence: Evidence | None = None
    facts: Facts | None = None
    first: Mention | None = None
    top: list[Mention] = []
    sample: list[Mention] = []
    complaints: dict[str, int] = {}
    responses: list[Response] = []
    hashtags: dict[str, int] = {}

    @property
    def counts(self) -> MinuteCounts:
        """What detectors see of it."""
        mentions = self.negative + self.neutral + self.positive + self.unknown
        return MinuteCounts(self.negative, self.authors, mentions, self.reposts)

    @property
    def by_channel(self) -> dict[str, int]:
        """Negative mentions by source."""
        return self.by("channel")

    def by(self, dimension: str) -> dict[str, int]:
        """Negative mentions by name in a dimension (see `Evidence`)."""
        counts: dict[str, int] = getattr(self.evidence, dimension, {})
        return counts

    def add(self, mention: Mention, *, new_author: bool, copy_of: int | None = None) -> None:
        """Count one mention.

        `new_author` if its author was not counted in the hour before, `copy_of` the number of the text it copies.
        """
        if mention.marks is not None or mention.sentiment is Sentiment.NEGATIVE:
            if self.facts is None:
                self.facts = Facts()
            self.facts.add(mention, copy_of=copy_of)
        match mention.sentiment:
            case Sentiment.NEGATIVE:
                self.negative += 1
            case Sentiment.NEUTRAL:
                self.neutral += 1
                return
            case Sentiment.POSITIVE:
                self.positive += 1
                return
            case Sentiment.UNKNOWN:
                self.unknown += 1
                return
        copied = copy_of is not None and not mention.is_repost
        self.reposts += mention.is_repost
        self.authors += new_author
        self.last_ms = max(self.last_ms, mention.event_ms)
        if self.evidence is None:
            self.evidence = Evidence()
        self.evidence.add(mention, new_author=new_author, copied=copied)
        if mention.hashtags:
            self._tag(mention.hashtags)
        self.first = _earlier(self.first, mention)
        # In a busy minute most come after the best five: one comparison then, no sorting (2.0 us to 1.2 us each).
        if len(self.top) < KEPT_POSTS or _rank(mention) < _rank(self.top[-1]):
            self.top = _best([*self.top, mention])
        if len(self.sample) < SAMPLED_POSTS:
            self.sample.append(mention)
        elif mention.key < (most := max(one.key for one in self.sample)):
            self.sample = [*(one for one in self.sample if one.key != most), mention]

    def _tag(self, hashtags: Iterable[str]) -> None:
        counts = self.hashtags
        for name in hashtags:
            counts[name] = counts.get(name, 0) + 1
        if len(counts) > 2 * KEPT_HASHTAGS:
            self.hashtags = most_frequent(counts, KEPT_HASHTAGS)

    def complain(self, mention: Mention) -> None:
        """Count a complaint to the brand itself."""
        topic = mention.topics[0] if mention.topics else NONE
        self.complaints[topic] = self.complaints.get(topic, 0) + 1

    def recent(self, start_ms: int) -> list[Recent]:
        """What stands for its negative mentions."""
        if not self.sample:
            return []
        weight = self.negative / len(self.sample)
        return [Recent(start_ms, weight, one) for one in sorted(self.sample, key=lambda one: one.key)]


class Run(msgspec.Struct):
    """Totals of the closed buckets since the run began, in negative mentions.

    `counts` and `expectations` are the newest six hours of it, minute by minute, until `end_ms`. `alerted` says that
    an alert was on at some time since it began. `facts` are of mentions of any sentiment. `first` and `top` have no
    marks; `recent` stands for what was said in the last hour.
    """

    start_ms: int
    end_ms: int = 0
    alerted: bool = False
    observed: int = 0
    expected: float = 0.0
    evidence: Evidence | None = None
    facts: Facts | None = None
    first: Mention | None = None
    top: list[Mention] = []
    counts: list[int] = []
    expectations: list[float] = []
    recent: list[Recent] = []

    def extend(self, start_ms: int, bucket: OpenBucket | None, expected_per_min: float) -> None:
        """Add the bucket that starts then, the next one; None is a bucket without mentions."""
        self.end_ms = start_ms + MINUTE_MS
        self.expected += expected_per_min
        self.counts.append(bucket.negative if bucket else 0)
        self.expectations.append(expected_per_min)
        if len(self.counts) > KEPT_MINUTES:
            del self.counts[0], self.expectations[0]
        if bucket is None:
            return
        if bucket.facts is not None:
            if self.facts is None:
                self.facts = Facts()
            self.facts.merge(bucket.facts)
        if not bucket.negative:
            return
        self.observed += bucket.negative
        oldest_ms = start_ms - RECENT_MINUTES * MINUTE_MS
        kept = [one for one in self.recent if one.start_ms >= oldest_ms]
        self.recent = [*kept, *bucket.recent(start_ms)][-RECENT_POSTS:]
        if bucket.evidence is not None:
            if self.evidence is None:
                self.evidence = Evidence()
            self.evidence.merge(bucket.evidence)
        if bucket.first is not None:
            self.first = _unmarked(_earlier(self.first, bucket.first))
        self.top = [_unmarked(mention) for mention in _best([*self.top, *bucket.top])]

    def without(self, mentions: Iterable[Mention]) -> None:
        """Take out posts of the last hour that are of another story."""
        gone = {mention.key: mention for mention in mentions}
        here = [one for one in self.recent if one.mention.key in gone]
        self.recent = [one for one in self.recent if one.mention.key not in gone]
        for one in here:
            if one.weight != 1.0:  # a sample of its minute: who else was of that story is not known
                continue
            self.observed -= 1
            if self.evidence is not None:
                self.evidence.remove(one.mention)
            place = len(self.counts) - (self.end_ms - one.start_ms) // MINUTE_MS
            if 0 <= place < len(self.counts) and self.counts[place]:
                self.counts[place] -= 1
        self.top = [mention for mention in self.top if mention.key not in gone]

    def minutes(self) -> Iterator[tuple[int, int, float]]:
        """Start, count and expectation of each of the newest six hours, the oldest first."""
        first_ms = self.end_ms - len(self.counts) * MINUTE_MS
        for place, (count, expected) in enumerate(zip(self.counts, self.expectations, strict=True)):
            yield first_ms + place * MINUTE_MS, count, expected

    def copy(self) -> Run:
        """A run that can be extended without changing this one."""
        return msgspec.structs.replace(
            self,
            evidence=self.evidence.copy() if self.evidence is not None else None,
            facts=self.facts.copy() if self.facts is not None else None,
            counts=self.counts[:],
            expectations=self.expectations[:],
        )


def most_frequent(counts: dict[str, int], most: int) -> dict[str, int]:
    """So many of them, the most frequent first, ties by name.

    >>> most_frequent({"#b": 1, "#a": 1, "#c": 2}, 2)
    {'#c': 2, '#a': 1}
    """
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:most])


def _unmarked(mention: Mention) -> Mention:
    return mention if mention.marks is None else msgspec.structs.replace(mention, marks=None)


def _earlier(one: Mention | None, other: Mention) -> Mention:
    return other if one is None or (other.event_ms, other.key) < (one.event_ms, one.key) else one


def _best(mentions: Iterable[Mention]) -> list[Mention]:
    return sorted(mentions, key=_rank)[:KEPT_POSTS]


def _rank(mention: Mention) -> tuple[int, int, int, int]:
    """The most reshared, then those with most followers, then the oldest: a total order, whoever came first."""
    return -mention.reposts, -mention.followers, mention.event_ms, mention.key
