"""Recorded posts to the posts topic, at the pace they were written, or faster."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from detectors.errors import Unavailable
from streams.settings import Settings
from streams.sources.files import RecordedPost, created_ms, moved
from streams.topics import ensure_topics

__all__ = ["Published", "publish"]

_LARGEST_BYTES = 64 * 2**20
"""Of a request: what is too large is for the brokers to say, their limit is what counts."""
_AT_LEAST_MS = 1.0


@dataclass(slots=True)
class Published:
    """What came of it: how many records the brokers have, those they refused (line, reason), and the time it took."""

    posts: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)
    seconds: float = 0.0


async def publish(
    posts: Iterable[RecordedPost],
    settings: Settings,
    *,
    speed: float | None,
    from_now: bool = False,
    sent: Callable[[int], None] = lambda count: None,
) -> Published:
    """Publish records, byte for byte and in order, one partition after the other; those that are no posts too.

    A record follows the first one after the time between their `created_at` divided by `speed`; late, it goes at once;
    without a date, or dated later than this moment, as soon as the one before it. `speed` None does not wait.
    `from_now` moves all dates so that the first is this moment. `sent` hears how many were sent so far. The
    topics are created where they are missing. Records carry the time of publishing.

    Raises:
        Unavailable: no broker, or it went away.
    """
    counts, _ = await ensure_topics(settings)
    result = Published()
    failures: list[BaseException] = []

    def done(line: int, size: int, delivery: asyncio.Future[object]) -> None:
        if delivery.cancelled():
            return
        error = delivery.exception()
        if error is None:
            result.posts += 1
        elif isinstance(error, MessageSizeTooLargeError):
            result.refused.append((line, f"{size:,} bytes are more than the broker takes"))
        else:
            failures.append(error)

    producer = AIOKafkaProducer(
        bootstrap_servers=settings.brokers,
        acks="all",
        linger_ms=5,
        max_batch_size=2**17,
        max_request_size=_LARGEST_BYTES,
    )
    try:
        await producer.start()
        try:
            started, wall_ms = time.monotonic(), time.time_ns() // 1_000_000
            first_ms: int | None = None
            for number, post in enumerate(posts):
                value, at_ms = post.value, created_ms(post.value) if speed is not None or from_now else None
                if at_ms is not None and at_ms <= wall_ms:
                    first_ms = at_ms if first_ms is None else first_ms
                    if speed is not None:
                        await _wait_until(started + (at_ms - first_ms) / 1000 / speed)
                    if from_now:
                        value = moved(value, wall_ms - first_ms)
                delivery = await producer.send(settings.topic("posts"), value, partition=number % counts["posts"])
                delivery.add_done_callback(partial(done, post.line, len(value)))
                sent(number + 1)
                if failures:
                    break
        finally:
            await producer.stop()  # which sends what is still waiting
        await asyncio.sleep(0)  # the callbacks of the last deliveries
    except (KafkaError, OSError) as error:
        raise Unavailable(f"Kafka at {settings.brokers} failed: {error}") from error
    if failures:
        raise Unavailable(f"Kafka at {settings.brokers} failed: {failures[0]}") from failures[0]
    result.seconds = time.monotonic() - started
    return result


async def _wait_until(due: float) -> None:
    wait_s = due - time.monotonic()
    if wait_s * 1000 > _AT_LEAST_MS:
        await asyncio.sleep(wait_s)
