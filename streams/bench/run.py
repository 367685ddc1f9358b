"""The whole bench, in order: in memory and stream in turn, then the waves, then the peers."""

from __future__ import annotations

import asyncio
import secrets
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from streams.bench.detectors import closing_cost, detector_costs
from streams.bench.kafka import delete_topics
from streams.bench.latency import latency
from streams.bench.matching import matching_cost
from streams.bench.memory import MIX_POSTS, MemoryRun, costs, mixes, replay
from streams.bench.peers import PEERS, peer_program, run_peer
from streams.bench.posts import bench_watch, posts
from streams.bench.results import BenchResult, Machine, PeerResult, StreamRun, median
from streams.bench.throughput import stream
from streams.broker import EmbeddedBroker
from streams.settings import Settings

__all__ = ["BenchOptions", "run_bench"]


@dataclass(frozen=True, slots=True)
class BenchOptions:
    """How much is measured. `brokers` None starts the embedded broker; `waves` 0 leaves the delay out."""

    posts: int
    repeat: int
    waves: int
    peers: bool
    brokers: str | None


async def run_bench(options: BenchOptions, settings: Settings, *, at: Callable[[float, str], None]) -> BenchResult:
    """Measure. `at` is told how far it is (0..1) and what comes now.

    Every stream has topics under a random prefix of its own, which are deleted at the end.

    Raises:
        Unavailable: no broker; `peers` outside of a checkout.
        BadbuzzError: a worker or a peer ended, or stood still.
    """
    if options.peers:
        peer_program()
    stages = 2 * options.repeat + (4 if options.waves else 0) + (2 * len(PEERS) if options.peers else 0) + 5
    done = 0

    def stage(what: str, worth: int = 1) -> Callable[[float], None]:
        nonlocal done
        first, done = done, done + worth
        at(first / stages, what)
        return lambda share: at((first + worth * min(1.0, share)) / stages, what)

    rate = 0.0
    watch = bench_watch()
    values = list(posts(options.posts, watch))
    memory_runs, stream_runs, peers = list[MemoryRun](), list[StreamRun](), list[PeerResult]()
    async with _broker(options.brokers) as (name, brokers):
        with tempfile.TemporaryDirectory(prefix="badbuzz-bench-") as scratch:
            directory = Path(scratch)
            for round_ in range(1, options.repeat + 1):
                of = f"{round_} of {options.repeat}"
                stage(f"in memory {of}")
                # In a thread, so that the progress goes on; nothing else runs beside it.
                memory_runs.append(await asyncio.to_thread(replay, values, watch))
                told = stage(f"stream {of}")
                async with _topics(settings, brokers) as own:
                    run = await stream(
                        own, watch, values, memory_runs[-1], directory, progress=_Sum(told, 2 * len(values)).add
                    )
                    stream_runs.append(run)
                    rate = median([run.posts_per_s for run in stream_runs])
                    if options.peers and round_ == options.repeat:
                        for text in PEERS:
                            stage(PEERS[text], 2)
                            peers.append(await run_peer(text, own, watch, memory_runs[-1], len(values), rate))
            found = None
            if options.waves:
                told = stage("from post to alert", 4)
                async with _topics(settings, brokers) as own:
                    found = await latency(own, options.waves, directory, progress=told)
            stage("posts of one kind")
            kinds = await asyncio.to_thread(mixes, watch, min(MIX_POSTS, len(values)))
            stage("looking for 50,000 brands")
            matching = await asyncio.to_thread(matching_cost)
            stage("cost of each step")
            memory = median([run.posts_per_s for run in memory_runs])
            steps = await asyncio.to_thread(costs, values, watch, memory_posts_per_s=memory, stream_posts_per_s=rate)
            told = stage("cost of each detector")
            detectors = await asyncio.to_thread(detector_costs, progress=told)
            stage("closing a minute of many brands")
            closing = await asyncio.to_thread(closing_cost)
    return BenchResult(
        machine=Machine.here(name),
        posts=len(values),
        mentions=memory_runs[-1].mentions,
        negative=memory_runs[-1].negative,
        brands=len(watch.brands),
        partitions=settings.partitions,
        memory_posts_per_s=memory,
        memory_runs=[run.posts_per_s for run in memory_runs],
        stream_posts_per_s=rate,
        stream_runs=stream_runs,
        ratio=round(rate / memory, 3),
        peak_memory_mb=_peak(stream_runs),
        mixes=kinds,
        matching=matching,
        steps=steps,
        latency=found,
        detectors=detectors,
        closing=closing,
        peers=peers,
    )


class _Sum:
    """Adds up counts and tells their share of a total."""

    def __init__(self, told: Callable[[float], None], total: int) -> None:
        self._told, self._total, self._sum = told, total, 0

    def add(self, count: int) -> None:
        self._sum += count
        self._told(self._sum / self._total)


def _peak(runs: list[StreamRun]) -> float | None:
    return max((run.peak_memory_mb for run in runs if run.peak_memory_mb is not None), default=None)


@asynccontextmanager
async def _broker(given: str | None) -> AsyncIterator[tuple[str, str]]:
    """What the results call the broker, and where it is."""
    if given is not None:
        yield f"Kafka at {given}", given
        return
    broker = EmbeddedBroker()
    await asyncio.to_thread(broker.start)
    try:
        yield "embedded", broker.bootstrap
    finally:
        await asyncio.to_thread(broker.stop)


@asynccontextmanager
async def _topics(settings: Settings, brokers: str) -> AsyncIterator[Settings]:
    """Settings with topics and a group of their own, deleted at the end."""
    prefix = f"badbuzz-bench-{secrets.token_hex(4)}-"
    own = settings.model_copy(update={"brokers": brokers, "prefix": prefix})
    try:
        yield own
    finally:
        await delete_topics(own)
