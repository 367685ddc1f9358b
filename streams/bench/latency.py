"""How soon an alert is out: brands with learned habits, ordinary posts in real time, then a wave for each brand."""

from __future__ import annotations

import asyncio
import contextlib
import random
import statistics
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from detectors.intake import RawRecord
from detectors.model import Alert, AlertState, Brand, Watch, to_ms
from streams.backfill import backfill
from streams.bench.kafka import Worker
from streams.bench.posts import SEED, bench_watch, complaint, one_post
from streams.bench.results import Latency
from streams.settings import Settings
from streams.topics import ensure_topics

__all__ = ["latency"]

LEARNED = timedelta(days=3, hours=4)
"""A little more than surge wants to see before it speaks."""
LEARNED_EVERY = timedelta(minutes=10)
"""One complaint a brand so often is the habit that is learned."""
ORDINARY_PER_S = 200
SETTLE_S = 3.0
WAVE_POSTS = 40
WAVE_EVERY_S = 0.05
STAGGER_S = 0.11
"""No multiple of the wave's own beat: waves fall everywhere between two fetches."""
GIVE_UP_S = 10.0


async def latency(settings: Settings, waves: int, directory: Path, *, progress: Callable[[float], None]) -> Latency:
    """One wave for each of `waves` brands. The settings' group must be new; `progress` is told shares of the whole."""
    watch = bench_watch(waves)
    await backfill(settings, watch, _habits(watch), progress=lambda _: None)
    progress(0.3)
    counts, _ = await ensure_topics(settings)
    async with Worker(settings, watch, directory) as worker:
        await worker.ready()
        async with _Live(settings, counts["posts"], watch) as live:
            await live.run(progress)
            return live.result()


def _habits(watch: Watch) -> Iterator[RawRecord]:
    """What the brands are used to, up to five minutes ago."""
    dice = random.Random(SEED)
    until = datetime.now(UTC) - timedelta(minutes=5)
    at, number = until - LEARNED, 0
    step = LEARNED_EVERY / len(watch.brands)
    while at < until:
        brand = watch.brands[number % len(watch.brands)]
        value = one_post(dice, f"h{number}", at, brand, "negative" if dice.random() < 0.9 else "neutral")
        yield RawRecord(number, value, to_ms(at))
        at, number = at + step * dice.uniform(0.5, 1.5), number + 1


class _Live:
    """Publishes, reads alerts, and keeps when each was: `async with` has the connections open."""

    def __init__(self, settings: Settings, partitions: int, watch: Watch) -> None:
        self._topic, self._partitions, self._watch = settings.topic("posts"), partitions, watch
        self._alerts = TopicPartition(settings.topic("alerts"), 0)
        self._producer = AIOKafkaProducer(bootstrap_servers=settings.brokers, linger_ms=0)
        # The embedded broker sleeps a fetch out: 5 ms is what this reader adds at most.
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=settings.brokers, enable_auto_commit=False, fetch_max_wait_ms=5
        )
        self._dice = random.Random(SEED)
        self._sent = 0
        self._ordinary = 0
        self._seconds = 0.0
        self._last_ms = 0
        self._published: dict[tuple[str, int], float] = {}
        self._delays_ms: dict[str, float] = {}

    async def __aenter__(self) -> _Live:
        await self._producer.start()
        await self._consumer.start()
        self._consumer.assign([self._alerts])
        await self._consumer.seek_to_beginning(self._alerts)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()
        await self._producer.stop()

    async def run(self, progress: Callable[[float], None]) -> None:
        """Ordinary life for a moment, then the waves in it; back when every brand has alerted, or should have."""
        started = time.perf_counter()
        waves = len(self._watch.brands)
        flood_s = SETTLE_S + waves * STAGGER_S + WAVE_POSTS * WAVE_EVERY_S
        # One that fails ends the others; they end when every brand has alerted, or by their time.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(flood_s + GIVE_UP_S), asyncio.TaskGroup() as tasks:
                living = tasks.create_task(self._live())
                for number, brand in enumerate(self._watch.brands):
                    tasks.create_task(self._wave(SETTLE_S + number * STAGGER_S, brand))
                async for alerts in self._alerts_read():
                    progress(0.4 + 0.6 * alerts / waves)
                    if alerts == waves:
                        break
                living.cancel()
        self._seconds = time.perf_counter() - started

    def result(self) -> Latency:
        """What came of it."""
        delays = sorted(self._delays_ms.values())
        cuts = statistics.quantiles(delays, n=100, method="inclusive") if len(delays) > 1 else []
        return Latency(
            waves=len(self._watch.brands),
            alerts=len(delays),
            ordinary_per_s=round(self._ordinary / self._seconds, 1),
            p50_ms=round(cuts[49], 1) if cuts else None,
            p99_ms=round(cuts[98], 1) if cuts else None,
            max_ms=round(delays[-1], 1) if delays else None,
        )

    async def _live(self) -> None:
        """Posts of nobody and kind words of the brands."""
        while True:
            brand = self._dice.choice(self._watch.brands) if self._dice.random() < 0.5 else None
            await self._publish(brand, "positive")
            self._ordinary += 1
            await asyncio.sleep(1 / ORDINARY_PER_S)

    async def _wave(self, after_s: float, brand: Brand) -> None:
        await asyncio.sleep(after_s)
        for _ in range(WAVE_POSTS):
            await self._publish(brand, "wave")
            await asyncio.sleep(WAVE_EVERY_S)

    async def _publish(self, brand: Brand | None, kind: str) -> None:
        """A post dated now. No two have the same millisecond: an alert names the post that set it off by its date."""
        self._last_ms = at_ms = max(to_ms(datetime.now(UTC)), self._last_ms + 1)
        at = datetime.fromtimestamp(at_ms / 1000, UTC)
        name = f"l{self._sent}"
        if brand is not None and kind == "wave":
            value = complaint(self._dice, name, at, brand)
            self._published[brand.id, at_ms] = time.perf_counter()
        else:
            value = one_post(self._dice, name, at, brand, kind)
        self._sent += 1
        await self._producer.send(self._topic, value, partition=self._sent % self._partitions)

    async def _alerts_read(self) -> AsyncIterator[int]:
        """Read the first alert of each brand, against the post it names; how many there are by now."""
        decoder = msgspec.json.Decoder(Alert)
        while True:
            found = await self._consumer.getmany(self._alerts, timeout_ms=100)
            now = time.perf_counter()
            for record in found.get(self._alerts, ()):
                alert = decoder.decode(record.value)
                sent = self._published.get((alert.brand, to_ms(alert.at)))
                if alert.state is AlertState.FIRING and sent is not None:
                    self._delays_ms.setdefault(alert.brand, (now - sent) * 1000)
            yield len(self._delays_ms)
