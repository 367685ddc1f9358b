"""What the parts of one worker share, and how they stop it together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import faust
import structlog

from detectors.errors import BadbuzzError
from detectors.model import Watch
from streams.metrics import Metrics
from streams.settings import Settings

__all__ = ["Health", "Runtime"]

log = structlog.get_logger("badbuzz")


@dataclass(slots=True)
class Health:
    """What /readyz and /healthz say. `progress` maps an agent to when it last got on, or had nothing to do."""

    ready: bool = False
    fatal: str | None = None
    progress: dict[str, float] = field(default_factory=dict)

    def stalled(self, timeout_s: float) -> list[str]:
        """The agents that have work and did not get on with it."""
        now = time.monotonic()
        return sorted(agent for agent, at in self.progress.items() if now - at > timeout_s)


class Runtime:
    """The Faust app and what surrounds it. `counts` maps our topics to their numbers of partitions."""

    def __init__(
        self, app: faust.App, settings: Settings, watch: Watch, metrics: Metrics, counts: dict[str, int]
    ) -> None:
        self.app = app
        self.settings = settings
        self.watch = watch
        self.metrics = metrics
        self.counts = counts
        self.health = Health()
        self.recovered = asyncio.Event()
        """Set while partitions are assigned and their tables hold what was last written."""
        self.failure: BaseException | None = None
        self.failed = asyncio.Event()

    async def fatal(self, error: BaseException, what: str) -> None:
        """Something that must not be passed over: say so, turn unhealthy, stop the worker."""
        if self.failure is None:
            self.failure = error
            self.failed.set()
            self.health.ready = False
            kind = type(error).__name__
            # What others raise may quote the record that they choked on; what we raise does not.
            told = str(error) if isinstance(error, BadbuzzError) else kind
            self.health.fatal = f"{what}: {told}"
            log.critical("stopping", what=what, error=told, kind=kind)
            await self.app.crash(error)

    async def publish(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        *,
        partition: int | None = None,
        headers: list[tuple[str, bytes]] | None = None,
    ) -> Awaitable[object]:
        """Give a record to the producer; what comes back is done when the brokers have it."""
        sent: Awaitable[object] = await self.app.producer.send(
            self.settings.topic(topic), key, value, partition, None, headers
        )
        return sent

    def every(self, seconds: float, task: Callable[[], Awaitable[None]], what: str) -> None:
        """Run a task again and again while the worker runs; its failure stops the worker."""

        async def loop() -> None:
            while not self.app.should_stop:
                await asyncio.sleep(seconds)
                try:
                    await task()
                except asyncio.CancelledError:
                    raise
                except Exception as error:
                    await self.fatal(error, what)
                    return

        self.app.task(loop)
