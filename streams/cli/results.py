"""`badbuzz results`."""

from __future__ import annotations

import enum
import sys
from pathlib import Path
from typing import Annotated

import typer

from streams.cli.terminal import progress

__all__ = ["Part", "results"]


class Part(enum.StrEnum):
    """What can be measured."""

    BUDGET = "budget"
    EARLY = "early"
    NAB = "nab"
    COST = "cost"


def results(
    quick: Annotated[bool, typer.Option("--quick", help="Few brands: shows that it works, proves little.")] = False,
    only: Annotated[list[Part] | None, typer.Option(help="Measure only this; may be repeated.")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Processes.")] = 2,
    seeds: Annotated[
        int | None, typer.Option(min=1, help="Populations of brands for the budgets: 2, with --quick 1.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.md", help="Where the Markdown goes; stdout if not given.")
    ] = None,
    json: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the result here as JSON; - is stdout, without tables.")
    ] = None,
) -> None:
    """Measure the detectors: false alarms against their budget, how early they are, NAB, and what they cost.

    Prints the published tables as Markdown.

    All on made-up lives but NAB, whose files are in the folder that BADBUZZ_SHARED names. What it finds is the same at
    every run, but for what the detectors cost.
    """
    import msgspec

    from streams.bench.markdown import markdown
    from streams.bench.trials import FULL, QUICK, run_trials

    plan = QUICK if quick else FULL
    if seeds is not None:
        plan = msgspec.structs.replace(plan, seeds=seeds)
    with progress("results", 1.0) as bar:
        found = run_trials(plan, only or list(Part), processes=jobs, at=bar.at)
    if json is not None:
        document = msgspec.json.format(msgspec.json.encode(found)) + b"\n"
        if json == Path("-"):
            sys.stdout.buffer.write(document)
        else:
            json.write_bytes(document)
    if out is not None:
        out.write_text(markdown(found), encoding="utf-8")
    elif json != Path("-"):
        typer.echo(markdown(found), nl=False)
