"""How the demo goes: broker, topics, habits, worker, console, then posts as they are written, until Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
import socket
import tempfile
import time
from collections.abc import Coroutine, Iterable, Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any, Final

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.structs import TopicPartition

from detectors.errors import Unavailable
from detectors.model import Post, to_ms
from streams.backfill import backfill
from streams.broker import EmbeddedBroker
from streams.config import load_watch
from streams.demo.board import TOPICS, Board
from streams.demo.part import Part
from streams.demo.script import BRANDS_FILE, HISTORY_POSTS, first_live_ms, history, live
from streams.demo.show import Show, Stages
from streams.settings import Settings, load_settings
from streams.topics import ensure_topics

__all__ = ["run_demo"]

GIVE_UP_S: Final = 120.0
READY_S: Final = 60.0
HOST: Final = "127.0.0.1"
CONSOLE_PORT: Final = 8484
CHECK_S: Final = 0.3


async def run_demo(*, once: bool) -> bool:
    """Play the demo on this machine; True when an incident came out, or somebody watched until Ctrl-C.

    With `once` it ends with the first incident, printed on stdout; False where none came within `GIVE_UP_S` of the
    start. Else there is a console too, and it goes on until SIGINT, SIGTERM or SIGHUP. What it started has ended when
    it returns or raises. What happens is told on stderr.

    Raises:
        Unavailable: no embedded broker for this machine, or it ended.
        BadbuzzError: the worker or the console failed.
        asyncio.CancelledError: a signal came before there was something to watch.
    """
    started = time.monotonic()
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    stages = Stages()
    async with AsyncExitStack() as parts:
        board, address, watched = await _set_up(parts, stages, with_console=not once)
        show = Show(board, started, address)
        if not once:
            stages.say("posts come in as they are written: ordinary life first, then a crisis")
            with suppress(asyncio.CancelledError):  # the way to end it
                await _until_first(show.play(), *watched)
            with stages.stage("ending") as done:
                await parts.aclose()
                done("console, worker and broker have ended")
            return True
        try:
            async with asyncio.timeout(GIVE_UP_S - (time.monotonic() - started)):
                with stages.stage("waiting: ordinary life first, then a crisis") as done:
                    await _until_first(show.until_incident(done), *watched)
        except TimeoutError:
            stages.say(f"no incident within {GIVE_UP_S:.0f} s")
            return False
        show.print_incident()
        return True


async def _set_up(
    parts: AsyncExitStack, stages: Stages, *, with_console: bool
) -> tuple[Board, str | None, list[Coroutine[Any, Any, None]]]:
    """Start everything; the board, the console's address, and what has to run beside whoever shows it."""
    with stages.stage("starting a Kafka broker") as done:
        broker = EmbeddedBroker()
        parts.push_async_callback(asyncio.to_thread, broker.stop)
        await asyncio.to_thread(broker.start)
        done(f"a Kafka broker in memory, on {broker.bootstrap}")
    directory = Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="badbuzz-demo-")))
    settings = load_settings(
        brokers=broker.bootstrap,
        config=BRANDS_FILE,
        prefix="demo-",
        group="badbuzz",
        partitions=4,
        replication=1,
        http_host=HOST,
        http_port=0,
        console_host=HOST,
        console_port=CONSOLE_PORT if _is_free(CONSOLE_PORT) else 0,
        console_dir=directory / "console",
        log_level="info",
        log_format="console",
    )
    with stages.stage("making topics") as done:
        counts, created = await ensure_topics(settings)
        done(f"{len(created)} topics made")
    watch = load_watch(BRANDS_FILE, {})
    start_ms = first_live_ms(round(time.time() * 1000))
    with stages.progress("learning the brands' habits", HISTORY_POSTS) as (advance, done):
        learned = await backfill(settings, watch, history(start_ms), progress=advance)
        done(f"{len(learned.brands)} brands' habits learned from {learned.posts:,} posts of {learned.days:.0f} days")
    worker = Part("worker", settings, directory)
    parts.push_async_callback(worker.stop)
    with stages.stage("starting a worker") as done:
        await worker.start(ready_within_s=READY_S)
        done(f"a worker, its log in {worker.log}")
    running = [worker]
    if with_console:
        console = Part("console", settings, directory)
        parts.push_async_callback(console.stop)
        running.append(console)
        with stages.stage("starting a console") as done:
            await console.start(ready_within_s=READY_S)
            done(f"a console: open {console.url}")
    board = Board(watch)
    posts = live(start_ms, round(time.time() * 1000))
    return (
        board,
        running[-1].url if with_console else None,
        [_read(settings, counts, board), _publish(settings, posts), _see_to_it(broker, running)],
    )


def _is_free(port: int) -> bool:
    """Whether nobody listens on it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


async def _publish(settings: Settings, posts: Iterable[Post]) -> None:
    """Each post when its time has come; those of the past at once."""
    producer = AIOKafkaProducer(bootstrap_servers=settings.brokers)
    await producer.start()
    try:
        for post in posts:
            ahead_s = to_ms(post.created_at) / 1000 - time.time()
            if ahead_s > 0:
                await asyncio.sleep(ahead_s)
            await producer.send(settings.topic("posts"), msgspec.json.encode(post), key=(post.author or "").encode())
        await asyncio.Event().wait()
    finally:
        await producer.stop()


async def _read(settings: Settings, counts: dict[str, int], board: Board) -> None:
    """What the worker publishes, onto the board, as a console would read it."""
    names = {settings.topic(name): name for name in TOPICS}
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.brokers,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        fetch_max_wait_ms=50,
    )
    await consumer.start()
    try:
        consumer.assign(
            [TopicPartition(full, number) for full, name in names.items() for number in range(counts[name])]
        )
        while True:
            for partition, records in (await consumer.getmany(timeout_ms=200)).items():
                for record in records:
                    board.take(names[partition.topic], record.value)
    finally:
        await consumer.stop()


async def _see_to_it(broker: EmbeddedBroker, running: Sequence[Part]) -> None:
    """Notice when one of them ends by itself."""
    while True:
        for part in running:
            part.check()
        if not broker.running:
            raise Unavailable("the embedded broker ended by itself")
        await asyncio.sleep(CHECK_S)


async def _until_first(*work: Coroutine[Any, Any, None]) -> None:
    """Run all until the first has ended, which also ends the others; what it raised is raised."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
