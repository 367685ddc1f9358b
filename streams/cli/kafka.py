"""Commands on Kafka: replay, topics, broker."""

from __future__ import annotations

import math
import signal
import threading
from typing import Annotated

import typer

from detectors.errors import InputError, Unavailable
from streams.cli.options import Brokers, Columns, Posts, Prefix, Source, posts_file, run, settings
from streams.cli.terminal import note, print_table, progress

__all__ = ["broker", "replay", "topics"]

DEFAULT_SPEED = 60.0
SHOWN_REFUSED = 5


def replay(
    posts: Posts,
    speed: Annotated[
        str | None,
        typer.Option(
            metavar="N|max", help="Times the pace of created_at; max or 0 does not wait.  [default: 60, 1 with --now]"
        ),
    ] = None,
    now: Annotated[bool, typer.Option("--now", help="Move all dates so that the first is now.")] = False,
    brokers: Brokers = None,
    prefix: Prefix = None,
    column: Columns = None,
    source: Source = None,
) -> None:
    """Publish recorded posts to Kafka, at their pace or faster.

    They go to the posts topic in order and byte for byte, bad records too.

    Use a --prefix of its own for a recording that keeps its dates: a live worker would take its posts for late ones.
    """
    from streams.sources.publish import publish

    times = _speed(speed, now)
    where = settings(brokers=brokers, prefix=prefix)
    file = posts_file(posts, column, source)
    with progress("replay", file.size_bytes) as bar:
        done = run(
            publish(
                file,
                where,
                speed=times,
                from_now=now,
                sent=lambda count: bar.at(file.position_bytes, f"{count:,} posts") if not count % 100 else None,
            )
        )
    for line, reason in done.refused[:SHOWN_REFUSED]:
        note(f"{posts}: line {line}: {reason}")
    pace = done.posts / done.seconds if done.seconds else 0.0
    typer.echo(f"{done.posts:,} posts to {where.topic('posts')} in {done.seconds:.1f} s ({pace:,.0f} posts/s)")
    if done.refused:
        note(f"{posts}: {len(done.refused):,} records were refused by the broker and are not in the topic")
        raise typer.Exit(1)


def _speed(speed: str | None, now: bool) -> float | None:
    """Times the pace of the recording; None is without waiting."""
    if speed is None:
        return 1.0 if now else DEFAULT_SPEED
    try:
        times = 0.0 if speed == "max" else float(speed)
    except ValueError:
        times = math.nan
    if not (math.isfinite(times) and times >= 0):
        raise InputError(f"--speed {speed}: expected a number above 0, such as 60, or max")
    if now and times != 1:
        raise InputError("--now is for --speed 1: at any other the dates would run away from the clock")
    return times or None


def topics(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what is missing.")] = False,
    brokers: Brokers = None,
    prefix: Prefix = None,
) -> None:
    """Create the topics that are missing, and list all.

    BADBUZZ_PARTITIONS and BADBUZZ_REPLICATION say how; topics that are there stay as they are.
    """
    from streams.topics import describe_topics, ensure_topics

    where = settings(brokers=brokers, prefix=prefix)
    before = run(describe_topics(where))
    created = set() if dry_run else set(run(ensure_topics(where))[1])
    after = before if dry_run else run(describe_topics(where))
    print_table(
        f"Topics at {where.brokers}",
        ["topic", ">partitions", "cleanup", "kept", "state", "carries"],
        [
            (
                status.name,
                status.partitions or (where.partitions if status.spec.spread else 1),
                status.spec.cleanup,
                "for ever" if status.spec.retention_days is None else f"{status.spec.retention_days} days",
                "created" if status.name in created else "missing" if status.partitions is None else "there",
                status.spec.carries,
            )
            for status in after
        ],
    )


def broker(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 9092,
) -> None:
    """Run the embedded broker until Ctrl-C.

    It speaks Kafka's protocol and keeps all in memory: for development and demos. Its address goes to stdout
    once it answers. What it holds is gone when it ends.
    """
    from streams.broker import EmbeddedBroker

    end = threading.Event()
    with EmbeddedBroker(port) as running:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: end.set())
        typer.echo(running.bootstrap)
        note("the broker is up; Ctrl-C ends it")
        while not end.wait(0.2):
            if not running.running:
                raise Unavailable("the embedded broker ended by itself")
