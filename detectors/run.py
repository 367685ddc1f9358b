"""The run: the stretch in which a brand has been above its expectation, and what stands in it."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from detectors.growth import doubling_minutes
from detectors.model import Explanation, Mention, Sentiment, TopPost, from_ms

__all__ = ["OpenBucket", "Run", "explain"]

KEPT_MINUTES = 120
KEPT_POSTS = 5
TEXT_CHARS = 500
"""More of a text is not carried to people."""


class OpenBucket(msgspec.Struct):
    """Counts of one minute that may still receive posts. The rest is of negative mentions."""

    negative: int = 0
    neutral: int = 0
    positive: int = 0
    unknown: int = 0
    reposts: int = 0
    last_ms: int = 0
    by_channel: dict[str, int] = {}
    first: Mention | None = None
    top: list[Mention] = []

    def add(self, mention: Mention) -> None:
        """Count one mention."""
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
        self.reposts += mention.is_repost
        self.last_ms = max(self.last_ms, mention.event_ms)
        self.by_channel[mention.source] = self.by_channel.get(mention.source, 0) + 1
        self.first = _earlier(self.first, mention)
        # In a busy minute most come after the best five: one comparison then, no sorting (2.0 us to 1.2 us each).
        if len(self.top) < KEPT_POSTS or _rank(mention) < _rank(self.top[-1]):
            self.top = _best([*self.top, mention])


class Run(msgspec.Struct):
    """Totals of the closed buckets since the run began, in negative mentions.

    `counts` and `expectations` are the newest two hours of it, minute by minute.
    """

    start_ms: int
    observed: int = 0
    expected: float = 0.0
    reposts: int = 0
    by_channel: dict[str, int] = {}
    first: Mention | None = None
    top: list[Mention] = []
    counts: list[int] = []
    expectations: list[float] = []

    def extend(self, bucket: OpenBucket | None, expected_per_min: float) -> None:
        """Add the next bucket; None is a bucket without mentions."""
        self.expected += expected_per_min
        self.counts.append(bucket.negative if bucket else 0)
        self.expectations.append(expected_per_min)
        if len(self.counts) > KEPT_MINUTES:
            del self.counts[0], self.expectations[0]
        if bucket is None or not bucket.negative:
            return
        self.observed += bucket.negative
        self.reposts += bucket.reposts
        for channel, count in bucket.by_channel.items():
            self.by_channel[channel] = self.by_channel.get(channel, 0) + count
        if bucket.first is not None:
            self.first = _earlier(self.first, bucket.first)
        self.top = _best([*self.top, *bucket.top])

    def copy(self) -> Run:
        """A run that can be extended without changing this one."""
        return msgspec.structs.replace(
            self, by_channel=dict(self.by_channel), counts=self.counts[:], expectations=self.expectations[:]
        )


def explain(run: Run, *, until_ms: int) -> Explanation:
    """Why people should care, from what the run holds."""
    return Explanation(
        since=from_ms(run.start_ms),
        until=from_ms(until_ms),
        observed=run.observed,
        expected=round(run.expected, 3),
        by_channel=dict(sorted(run.by_channel.items(), key=lambda item: (-item[1], item[0]))),
        originals=run.observed - run.reposts,
        reposts=run.reposts,
        first_post=_top_post(run.first) if run.first else None,
        top_posts=[_top_post(mention) for mention in run.top],
        doubling_minutes=doubling_minutes(run.counts, run.expectations),
    )


def _earlier(one: Mention | None, other: Mention) -> Mention:
    return other if one is None or (other.event_ms, other.key) < (one.event_ms, one.key) else one


def _best(mentions: Iterable[Mention]) -> list[Mention]:
    return sorted(mentions, key=_rank)[:KEPT_POSTS]


def _rank(mention: Mention) -> tuple[int, int, int, int]:
    """The most reshared, then those with most followers, then the oldest: a total order, whoever came first."""
    return -mention.reposts, -mention.followers, mention.event_ms, mention.key


def _top_post(mention: Mention) -> TopPost:
    return TopPost(
        id=mention.id or "",
        source=mention.source,
        text=mention.text or "",
        created_at=from_ms(mention.event_ms),
        author=mention.author,
        url=mention.url,
        followers=mention.followers,
        reposts=mention.reposts,
    )
