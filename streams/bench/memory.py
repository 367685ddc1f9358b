"""The in-memory run: the backtest's own way, and what each of its steps costs."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from detectors.backtest import Replay
from detectors.intake import Intake, RawRecord, decode_post
from detectors.marks import Marker
from detectors.mentions import MentionFinder
from detectors.model import Bucket, Marks, Post, Sentiment, Watch, to_ms
from detectors.partition import PartitionMonitor
from detectors.text import Judgement, detect, load_negativity
from detectors.text.copies import prints
from detectors.text.terms import fold
from detectors.themes import Themes
from streams.bench.posts import posts
from streams.bench.results import MixSpeed, StepCost, median
from streams.garbage import settled

__all__ = ["CHUNK", "MIX_POSTS", "MemoryRun", "costs", "mixes", "replay"]

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")

CHUNK = 500
"""Records at a time, as the worker takes them."""
MIX_POSTS = 30_000
"""Of one kind, at most: a small bench is small in this too."""


@dataclass(frozen=True, slots=True)
class MemoryRun:
    """What the other runs must find too. `minutes` are negative mentions by brand and start of the minute in ms."""

    posts_per_s: float
    counts: dict[str, Counter[Sentiment]]
    minutes: dict[str, dict[int, int]]

    @property
    def mentions(self) -> int:
        """All mentions of all brands."""
        return sum(counts.total() for counts in self.counts.values())

    @property
    def negative(self) -> int:
        """All negative mentions."""
        return sum(counts[Sentiment.NEGATIVE] for counts in self.counts.values())


def replay(values: Sequence[bytes], watch: Watch) -> MemoryRun:
    """The posts, from their JSON, through `Replay`."""
    judge = load_negativity()
    judge.judge_all(["warm"], ["en"])  # reads its lexicons: a worker does that once in its life
    run = Replay(watch, judge)
    buckets: list[Bucket] = []
    with settled():
        started = time.perf_counter()
        for start in range(0, len(values), CHUNK):
            chunk = [
                RawRecord(start + position, value, _PUBLISHED_MS)
                for position, value in enumerate(values[start : start + CHUNK])
            ]
            buckets += (event for event in run.feed(chunk) if isinstance(event, Bucket))
        took = time.perf_counter() - started
    return MemoryRun(round(len(values) / took, 1), run.counts(), _minutes(run, buckets))


def costs(
    values: Sequence[bytes], watch: Watch, *, memory_posts_per_s: float, stream_posts_per_s: float
) -> list[StepCost]:
    """CPU time of each step by itself, chunk by chunk; the last is by what the stream took longer than memory.

    Languages are detected here for every post that speaks of a brand, as if no provider had told them.
    """
    judge, finder, themes, marker = load_negativity(), MentionFinder(watch.brands), Themes(watch), Marker(watch)
    judge.judge_all(["warm"], ["en"])
    intake, partition = Intake(watch, judge), PartitionMonitor(watch.brands)
    spent_s: defaultdict[str, float] = defaultdict(float)
    matched_posts = negative_posts = 0

    def timed(step: str, work: Callable[[Sequence[ItemT]], ResultT], items: Sequence[ItemT]) -> ResultT:
        started = time.thread_time()
        result = work(items)
        spent_s[step] += time.thread_time() - started
        return result

    def matched(posts: Sequence[Post]) -> list[tuple[Post, str]]:
        return [(post, found[0].brand) for post in posts if (found := finder.find(post))]

    def judged(spoken: Sequence[tuple[Post, str]]) -> list[Judgement]:
        return judge.judge_all([post.text for post, _ in spoken], [post.lang for post, _ in spoken])

    def marked(spoken: Sequence[tuple[Post, str]]) -> list[Marks | None]:
        return [
            marker.marks(
                post, brand, folded=fold(post.text), negative=True, addressed=False, official=False, ironic=False
            )
            for post, brand in spoken
        ]

    with settled():
        for start in range(0, len(values), CHUNK):
            chunk = values[start : start + CHUNK]
            records = [RawRecord(start + position, value, _PUBLISHED_MS) for position, value in enumerate(chunk)]
            decoded = timed("decode", lambda chunk: [decode_post(value) for value in chunk], chunk)
            spoken = timed("match", matched, decoded)
            timed("language", lambda spoken: [detect(post.text, None) for post, _ in spoken], spoken)
            judgements = timed("negativity", judged, spoken)
            bad = [one for one, said in zip(spoken, judgements, strict=True) if said.label is Sentiment.NEGATIVE]
            timed("topics", lambda bad: [themes.topics(fold(post.text)) for post, _ in bad], bad)
            timed("duplicates", lambda bad: [prints(post.text) for post, _ in bad], bad)
            timed("marks", marked, bad)
            batches = timed("intake", lambda some: intake.take(0, some).records(1, 1, lambda _: 0)[0], records)
            timed("monitor", lambda some: [partition.take(batch) for batch in some], batches)
            matched_posts += len(spoken)
            negative_posts += len(bad)
    us = {step: seconds * 1e6 / len(values) for step, seconds in spent_s.items()}
    us["marks"] = max(0.0, us["marks"] - us["duplicates"])
    known = ("decode", "match", "negativity", "topics", "duplicates", "marks")
    us["mentions"] = max(0.0, us["intake"] - sum(us[step] for step in known))
    us["stream"] = 1e6 / stream_posts_per_s - 1e6 / memory_posts_per_s
    spoken_of, bad_of = f"of the {matched_posts / len(values):.0%} that speak of a brand", "of the negative"
    told = {
        "decode": "JSON to a post, checked",
        "match": "which brands it speaks of",
        "language": f"where no provider told it, {spoken_of}; the posts of this bench have it",
        "negativity": f"how they speak, {spoken_of}",
        "topics": f"what about, {bad_of} ({negative_posts / len(values):.0%})",
        "duplicates": f"the prints of their texts, {bad_of}",
        "marks": f"accounts, links, hashtags, rivals, subjects, {bad_of}",
        "mentions": "clock, identity, the rest of reading",
        "monitor": "buckets, copies, scores, stories, alerts",
        "stream": "Kafka, Faust, snapshots: what the stream takes longer, by the clock",
    }
    return [StepCost(step, round(us[step], 2), what) for step, what in told.items()]


def mixes(watch: Watch, count: int) -> list[MixSpeed]:
    """How fast so many posts go through in memory that all speak of a brand, and posts that all do not."""
    return [
        MixSpeed(what, median([replay(values, watch).posts_per_s for _ in range(3)]))
        for what, share in (("all speak of a brand", 1.0), ("none does", 0.0))
        for values in [list(posts(count, watch, watched_share=share))]
    ]


_PUBLISHED_MS = 2**41
"""After every post: none is from the future."""


def _minutes(run: Replay, buckets: Sequence[Bucket]) -> dict[str, dict[int, int]]:
    minutes: dict[str, dict[int, int]] = {brand.id: {} for brand in run.watch.brands}
    for bucket in buckets:
        if bucket.negative:
            minutes[bucket.brand][to_ms(bucket.start)] = bucket.negative
    for name, monitor in run.partition.monitors.items():
        for start_ms, still_open in monitor.state.open.items():
            if still_open.negative:
                minutes[name][start_ms] = still_open.negative
    return minutes
