"""The in-memory run: the backtest's own way, and what each of its steps costs."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from detectors.backtest import Replay
from detectors.intake import Intake, RawRecord, decode_post
from detectors.mentions import MentionFinder
from detectors.model import Bucket, Post, Sentiment, Watch, to_ms
from detectors.partition import PartitionMonitor
from detectors.text import Judgement, load_negativity
from streams.bench.results import StepCost
from streams.garbage import settled

__all__ = ["CHUNK", "MemoryRun", "costs", "replay"]

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")

CHUNK = 500
"""Records at a time, as the worker takes them."""


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
    """CPU time of each step by itself, chunk by chunk; the last is by what the stream took longer than memory."""
    judge = load_negativity()
    judge.judge_all(["warm"], ["en"])
    finder = MentionFinder(watch.brands)
    intake, partition = Intake(watch, judge), PartitionMonitor(watch.brands)
    spent_s: defaultdict[str, float] = defaultdict(float)
    judged = 0

    def timed(step: str, work: Callable[[Sequence[ItemT]], ResultT], items: Sequence[ItemT]) -> ResultT:
        started = time.thread_time()
        result = work(items)
        spent_s[step] += time.thread_time() - started
        return result

    def judge_all(posts: Sequence[Post]) -> list[Judgement]:
        return judge.judge_all([post.text for post in posts], [post.lang for post in posts])

    with settled():
        for start in range(0, len(values), CHUNK):
            chunk = values[start : start + CHUNK]
            records = [RawRecord(start + position, value, _PUBLISHED_MS) for position, value in enumerate(chunk)]
            decoded = timed("decode", lambda chunk: [decode_post(value) for value in chunk], chunk)
            matched = timed("match", lambda posts: [post for post in posts if finder.find(post)], decoded)
            timed("judge", judge_all, matched)
            batches = timed("intake", lambda some: intake.take(0, some).records(1, 1, lambda _: 0)[0], records)
            timed("monitor", lambda some: [partition.take(batch) for batch in some], batches)
            judged += len(matched)
    us = {step: seconds * 1e6 / len(values) for step, seconds in spent_s.items()}
    rest_us = max(0.0, us["intake"] - us["decode"] - us["match"] - us["judge"])
    stream_us = 1e6 / stream_posts_per_s - 1e6 / memory_posts_per_s
    return [
        StepCost("decode", round(us["decode"], 2), "JSON to a post, checked"),
        StepCost("match", round(us["match"], 2), "which brands it speaks of"),
        StepCost("judge", round(us["judge"], 2), f"sentiment, of the {judged / len(values):.0%} that speak of one"),
        StepCost("mentions", round(rest_us, 2), "clock, identity, mentions by brand"),
        StepCost("monitor", round(us["monitor"], 2), "buckets, scores, alerts"),
        StepCost("stream", round(stream_us, 2), "Kafka, Faust, snapshots: what the stream takes longer, by the clock"),
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
