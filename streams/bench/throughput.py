"""The stream's run: posts that lie ready on Kafka through one worker."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from detectors.errors import BadbuzzError
from detectors.model import Sentiment, Watch
from streams.bench.kafka import Counted, Worker, publish
from streams.bench.memory import MemoryRun
from streams.bench.results import StreamRun
from streams.settings import Settings
from streams.topics import ensure_topics

__all__ = ["stream"]

STANDSTILL_S = 30.0


async def stream(
    settings: Settings,
    watch: Watch,
    values: Sequence[bytes],
    expected: MemoryRun,
    directory: Path,
    *,
    progress: Callable[[int], None],
) -> StreamRun:
    """Publish all, then start a worker; its counts against those of the in-memory run.

    The watch runs from the last look that saw nothing taken to the first that sees all counted, so the
    looking (every 20 ms at both ends) counts against the stream. `progress` is told of posts published and of posts
    read.
    """
    counts, _ = await ensure_topics(settings)
    settings = settings.model_copy(update={"partitions": counts["posts"]})
    await publish(settings, values, progress=progress)
    async with Worker(settings, watch, directory) as worker:
        await worker.ready()
        started = time.perf_counter()
        while not (counted := await worker.counted()).posts:
            started = time.perf_counter()
            await asyncio.sleep(0.02)
        progress(counted.posts)
        while counted.posts < len(values) or counted.total < expected.mentions:
            rate = counted.posts / (time.perf_counter() - started)
            # Seldom while there is much to do: each look costs the worker a millisecond.
            await asyncio.sleep(min(0.5, max(0.02, (len(values) - counted.posts) / rate / 2)))
            counted = await _look(worker, counted, progress)
        took = time.perf_counter() - started
        differences = [
            f"{brand}: {_told(counted.mentions.get(brand, Counter()))}, in memory {_told(counts)}"
            for brand, counts in expected.counts.items()
            if counted.mentions.get(brand, Counter()) != counts
        ]
        return StreamRun(round(len(values) / took, 1), worker.peak_memory_mb, not differences, differences)


async def _look(worker: Worker, before: Counted, progress: Callable[[int], None]) -> Counted:
    """What is counted now; a worker that counts nothing more for long has lost something."""
    deadline = time.monotonic() + STANDSTILL_S
    while True:
        counted = await worker.counted()
        progress(max(0, counted.posts - before.posts))
        if counted.posts > before.posts or counted.total > before.total:
            return counted
        if time.monotonic() > deadline:
            raise BadbuzzError(
                f"the worker stands still at {counted.posts} posts and {counted.total} mentions: the counts differ"
            )
        await asyncio.sleep(0.02)


def _told(counts: Counter[Sentiment]) -> str:
    return ", ".join(f"{counts[sentiment]} {sentiment}" for sentiment in Sentiment)
