"""Running a worker: start, wait for a signal or a failure, drain, say how it ended."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import tempfile
import time
from pathlib import Path

import structlog

from detectors.errors import BadbuzzError, Unavailable
from detectors.model import Watch
from streams.app import create_app
from streams.garbage import settled
from streams.runtime import Runtime
from streams.settings import Settings
from streams.topics import ensure_topics

__all__ = ["run_worker"]

log = structlog.get_logger("badbuzz")

DRAIN_S = 15.0


async def run_worker(settings: Settings, watch: Watch) -> None:
    """One worker until SIGTERM, SIGINT or a failure. Topics that are missing are made first.

    Raises:
        Unavailable: no broker, or no partitions in time.
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
    starting = asyncio.ensure_future(app.start())
    try:
        # Faust waits for ever for a group it cannot join; we do not.
        if not await _first(runtime.recovered, runtime.failed, stop, timeout_s=settings.ready_timeout_s):
            raise Unavailable(f"no partitions after {settings.ready_timeout_s:g} s: is {settings.brokers} well?")
        if runtime.recovered.is_set():
            log.info("ready", seconds=round(time.monotonic() - started, 1))
            with settled():
                await starting
                crash = asyncio.ensure_future(app.wait_until_stopped())
                crash.add_done_callback(lambda _: stop.set())
                await _first(runtime.failed, stop)
        log.info("draining")
    finally:
        starting.cancel()
        with contextlib.suppress(TimeoutError, asyncio.CancelledError):
            await asyncio.wait_for(app.stop(), timeout=DRAIN_S)
    if runtime.failure is not None:
        raise BadbuzzError(runtime.health.fatal) from runtime.failure
    if app.crashed:
        raise BadbuzzError(f"Faust crashed: {app.crash_reason}")
    log.info("stopped")


async def _first(*events: asyncio.Event, timeout_s: float | None = None) -> bool:
    """Wait until one of the events is set; False if none was in time."""
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    done, pending = await asyncio.wait(waiting, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    return bool(done)
