"""Posts onto a topic, a worker as a process of its own, and topics taken away again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp
import msgspec
from aiokafka import AIOKafkaProducer
from prometheus_client.parser import text_string_to_metric_families

from detectors.errors import BadbuzzError, Unavailable
from detectors.model import Sentiment, Watch
from streams.process import end, last_words
from streams.settings import Settings
from streams.topics import admin

__all__ = ["Counted", "Worker", "delete_topics", "publish"]

READY_WITHIN_S = 90.0
_STOP_S = 20.0
_TAIL_LINES = 15


async def publish(settings: Settings, values: Sequence[bytes], *, progress: Callable[[int], None]) -> None:
    """All values onto the posts topic, in turn over its partitions; back when the broker has them."""
    topic, partitions = settings.topic("posts"), settings.partitions
    producer = AIOKafkaProducer(bootstrap_servers=settings.brokers, linger_ms=20, max_batch_size=256 * 1024)
    await producer.start()
    try:
        for start in range(0, len(values), 5_000):
            some = values[start : start + 5_000]
            sent = [
                await producer.send(topic, value, partition=(start + position) % partitions)
                for position, value in enumerate(some)
            ]
            await asyncio.gather(*sent)
            progress(len(some))
    finally:
        await producer.stop()


async def delete_topics(settings: Settings) -> None:
    """Take away every topic under the settings' prefix, which is ours alone."""
    assert settings.prefix
    async with admin(settings) as client:
        ours = [name for name in await client.list_topics() if name.startswith(settings.prefix)]
        if ours:
            await client.delete_topics(ours)


class Counted(msgspec.Struct, frozen=True):
    """What a worker has counted so far: posts read, and mentions by brand and sentiment."""

    posts: int = 0
    mentions: dict[str, Counter[Sentiment]] = {}

    @property
    def total(self) -> int:
        """All mentions."""
        return sum(counts.total() for counts in self.mentions.values())


class Worker:
    """`async with Worker(...) as worker`: a `badbuzz worker` that has its partitions; told to stop at the end.

    Raises:
        Unavailable: it was not ready in time.
        BadbuzzError: it ended by itself; the message has the end of its log.
    """

    def __init__(self, settings: Settings, watch: Watch, directory: Path) -> None:
        self._log = directory / f"{settings.prefix}worker.log"
        config = directory / f"{settings.prefix}brands.yaml"
        config.write_bytes(_as_yaml(watch))
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("BADBUZZ_")}
        self._env = {
            **inherited,
            "BADBUZZ_BROKERS": settings.brokers,
            "BADBUZZ_PREFIX": settings.prefix,
            "BADBUZZ_GROUP": settings.group,
            "BADBUZZ_PARTITIONS": str(settings.partitions),
            "BADBUZZ_REPLICATION": str(settings.replication),
            "BADBUZZ_CONFIG": str(config),
            "BADBUZZ_HTTP_PORT": "0",
            "BADBUZZ_LOG_FORMAT": "json",
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._session: aiohttp.ClientSession | None = None
        self._url: str | None = None

    async def __aenter__(self) -> Self:
        self._process = self._start()
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None and self._session is not None
        await self._session.close()
        await asyncio.to_thread(end, self._process, within_s=_STOP_S)

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "streams.cli", "worker"]
        with self._log.open("wb") as log:
            return subprocess.Popen(command, env=self._env, stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    @property
    def peak_memory_mb(self) -> float | None:
        """The most memory it has had so far (VmHWM); None where the system does not tell."""
        assert self._process is not None
        with contextlib.suppress(OSError):
            found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{self._process.pid}/status").read_text())
            if found:
                return round(int(found[1]) / 1024, 1)
        return None

    async def ready(self) -> None:
        """Wait until it has partitions."""
        deadline = time.monotonic() + READY_WITHIN_S
        while await self._get("readyz") is None:
            if time.monotonic() > deadline:
                raise Unavailable(f"the worker was not ready within {READY_WITHIN_S:g} s{self._tail()}")
            await asyncio.sleep(0.02)

    async def counted(self) -> Counted:
        """Ask it what it has counted."""
        text = await self._get("metrics")
        if text is None:
            return Counted()
        posts, mentions = 0, dict[str, Counter[Sentiment]]()
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name == "badbuzz_posts_total":
                    posts = int(sample.value)
                elif sample.name == "badbuzz_mentions_total":
                    brand = mentions.setdefault(sample.labels["brand"], Counter())
                    brand[Sentiment(sample.labels["sentiment"])] = int(sample.value)
        return Counted(posts, mentions)

    async def _get(self, path: str) -> str | None:
        """A page of the worker's; None if it says no, or does not listen yet."""
        assert self._process is not None and self._session is not None
        if self._process.poll() is not None:
            raise BadbuzzError(f"the worker ended (exit code {self._process.returncode}){self._tail()}")
        if self._url is None:
            found = re.search(r'"(http://[^"]+)/metrics"', self._log.read_text(errors="replace"))
            if found is None:
                return None
            self._url = found[1]
        try:
            async with self._session.get(f"{self._url}/{path}") as response:
                return await response.text() if response.status == 200 else None
        except (aiohttp.ClientError, OSError, TimeoutError):
            return None

    def _tail(self) -> str:
        return last_words(self._log, _TAIL_LINES)


def _as_yaml(watch: Watch) -> bytes:
    """As a brands.yaml (JSON is YAML): what `bench_watch` sets of a brand."""
    brands = [{"id": brand.id, "name": brand.name, "match": {"any": brand.match.any}} for brand in watch.brands]
    return msgspec.json.encode({"brands": brands})
