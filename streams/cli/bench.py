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
    console: Annotated[
        bool, typer.Option("--console", help="The console instead: a full house, watched in Chromium (in a checkout).")
    ] = False,
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
    With --console only the console is measured, on the embedded broker, by its pages' own clocks.

    Exit code 1 where the stream did not count what the in-memory run counted, or a crisis set off no alert.
    """
    import msgspec

    from streams.bench import BenchOptions, run_bench
    from streams.bench.report import print_bench, print_console_bench

    if console:
        from streams.bench.console import bench_console

        with progress("bench", 1.0) as bar:
            pages = run(bench_console(at=bar.at))
        if json is not None:
            _write(json, msgspec.json.format(msgspec.json.encode(pages)) + b"\n")
        if json != Path("-"):
            print_console_bench(pages)
        return
    where = settings(brokers=brokers)
    options = BenchOptions(posts=posts, repeat=repeat, waves=waves, peers=peers, brokers=brokers and where.brokers)
    with progress("bench", 1.0) as bar:
        result = run(run_bench(options, where, at=bar.at))
    if json is not None:
        _write(json, msgspec.json.format(msgspec.json.encode(result)) + b"\n")
    if json != Path("-"):
        print_bench(result)
    for problem in result.problems:
        note(f"badbuzz: {problem}")
    if result.problems:
        raise typer.Exit(1)


def _write(out: Path, document: bytes) -> None:
    import sys

    if out == Path("-"):
        sys.stdout.buffer.write(document)
    else:
        out.write_bytes(document)
