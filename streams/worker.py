"""Running a worker: start, wait for a signal or a failure, drain, say how it ended."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import tempfile
import time
from pathlib import Path

import structlog

from detectors.errors import BadbuzzError
from detectors.model import Watch
from streams.app import create_app
from streams.runtime import Runtime
from streams.settings import Settings
from streams.topics import ensure_topics

__all__ = ["run_worker"]

log = structlog.get_logger("badbuzz")

DRAIN_S = 15.0


async def run_worker(settings: Settings, watch: Watch) -> None:
    """One worker until SIGTERM, SIGINT or a failure. Topics that are missing are made first.

    Raises:
        Unavailable: no broker.
        BadbuzzError: what stopped the worker.
    """
    counts, created = await ensure_topics(settings)
    if created:
        log.warning("topics were missing and have been made", topics=created)
    with tempfile.TemporaryDirectory(prefix="badbuzz-") as folder:
        await _run(create_app(settings, watch, counts, datadir=Path(folder)))


async def _run(runtime: Runtime) -> None:
    app, settings = runtime.app, runtime.settings
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    log.info("starting", brokers=settings.brokers, group=settings.app_id, brands=len(runtime.watch.brands))
    started = time.monotonic()
    app.finalize()
    await app.start()
    ended = [asyncio.ensure_future(stop.wait()), asyncio.ensure_future(app.wait_until_stopped())]
    ready = asyncio.ensure_future(runtime.recovered.wait())
    await asyncio.wait([ready, *ended], return_when=asyncio.FIRST_COMPLETED)
    if ready.done():
        log.info("ready", seconds=round(time.monotonic() - started, 1))
        gc.collect()
        gc.freeze()  # what is alive now stays alive: the collector need not look at it again
    await asyncio.wait(ended, return_when=asyncio.FIRST_COMPLETED)
    log.info("draining")
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(app.stop(), timeout=DRAIN_S)
    for task in (ready, *ended):
        task.cancel()
    if runtime.failure is not None:
        raise BadbuzzError(runtime.health.fatal) from runtime.failure
    log.info("stopped")
