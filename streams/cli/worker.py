"""Commands that learn and watch: worker, backfill."""

from __future__ import annotations

from typing import Annotated

import typer

from streams.cli.options import Brokers, Columns, Config, Posts, Prefix, Source, posts_file, read_watch, run, settings
from streams.cli.terminal import note, progress

__all__ = ["backfill", "worker"]


def worker(
    config: Config = None,
    brokers: Brokers = None,
    prefix: Prefix = None,
    http_port: Annotated[
        int | None, typer.Option(metavar="PORT", help="Of /metrics, /healthz, /readyz; else BADBUZZ_HTTP_PORT, 9464.")
    ] = None,
) -> None:
    """Read posts, watch the brands, tell people.

    Runs until Ctrl-C or SIGTERM. Start as many as the posts topic has partitions; they share the work.
    """
    from streams.logs import configure_logging
    from streams.worker import run_worker

    where = settings(config=config, brokers=brokers, prefix=prefix, http_port=http_port)
    watch = read_watch(where.config)
    configure_logging(where)
    run(run_worker(where, watch))


def backfill(
    posts: Posts,
    config: Config = None,
    brokers: Brokers = None,
    prefix: Prefix = None,
    column: Columns = None,
    source: Source = None,
) -> None:
    """Learn the brands' habits from recorded posts, and what happened to them.

    Through the same brain, telling nobody. Run it before the group's first worker, which then starts with the
    habits; what lies between the last recorded post and the first live one counts as no data. The recorded minutes and
    incidents are published, so that digests, `incidents list --all` and the console know them: as past. An incident
    that was on when the recording ends is over with it; the same story, if it goes on, opens it again, and is told.
    """
    import time

    from detectors.intake import RawRecord
    from streams.backfill import backfill as learn

    where = settings(config=config, brokers=brokers, prefix=prefix)
    watch = read_watch(where.config)
    file = posts_file(posts, column, source)
    now_ms = int(time.time() * 1000)
    with progress("backfill", file.size_bytes) as bar:
        done = run(
            learn(
                where,
                watch,
                (RawRecord(number, post.value, now_ms) for number, post in enumerate(file)),
                progress=lambda _: bar.at(file.position_bytes, "posts"),
            )
        )
    typer.echo(f"{done.posts:,} posts of {done.days:.1f} days learned, for: {', '.join(done.brands) or 'no brand'}")
    typer.echo(f"{done.incidents:,} incidents found in them")
    if done.rejected:
        note(f"{posts}: {done.rejected:,} records are no posts and were passed over")
    if not done.brands:
        raise typer.Exit(1)
