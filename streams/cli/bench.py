"""`badbuzz bench`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from streams.cli.options import run, settings
from streams.cli.terminal import note, progress

__all__ = ["bench"]


def bench(
    posts: Annotated[int, typer.Option(min=1000, help="How many posts.")] = 100_000,
    repeat: Annotated[int, typer.Option(min=1, help="Rounds of throughput; medians are quoted.")] = 3,
    waves: Annotated[int, typer.Option(min=0, help="Brands that have a crisis, to time their alerts; 0: none.")] = 60,
    peers: Annotated[bool, typer.Option("--peers", help="Plain Faust too (only in a checkout).")] = False,
    brokers: Annotated[
        str | None, typer.Option(metavar="HOST:PORT,...", help="Another broker than the embedded one.")
    ] = None,
    json: Annotated[
        Path | None, typer.Option(metavar="OUT", help="Write the result here as JSON; - is stdout, without tables.")
    ] = None,
) -> None:
    """Measure the throughput and the delay of this machine, and what each detector costs on it.

    On the embedded broker unless --brokers names another; its topics get a random prefix and are deleted.

    Exit code 1 where the stream did not count what the in-memory run counted, or a crisis set off no alert.
    """
    import sys

    import msgspec

    from streams.bench import BenchOptions, run_bench
    from streams.bench.report import print_bench

    where = settings(brokers=brokers)
    options = BenchOptions(posts=posts, repeat=repeat, waves=waves, peers=peers, brokers=brokers and where.brokers)
    with progress("bench", 1.0) as bar:
        result = run(run_bench(options, where, at=bar.at))
    if json is not None:
        document = msgspec.json.format(msgspec.json.encode(result)) + b"\n"
        if json == Path("-"):
            sys.stdout.buffer.write(document)
        else:
            json.write_bytes(document)
    if json != Path("-"):
        print_bench(result)
    for problem in result.problems:
        note(f"badbuzz: {problem}")
    if result.problems:
        raise typer.Exit(1)
