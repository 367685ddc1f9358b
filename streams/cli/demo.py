"""`badbuzz demo`."""

from __future__ import annotations

from typing import Annotated

import typer

from streams.cli.options import run

__all__ = ["demo"]


def demo(
    once: Annotated[
        bool, typer.Option("--once", help="End with the first incident, printed on stdout; 1 if none came in 120 s.")
    ] = False,
) -> None:
    """Watch a brand live its life, then a crisis start, until Ctrl-C.

    Everything is on this machine and made up: a Kafka broker in memory, a worker, a console on a web page that asks for
    no password, three brands with three weeks behind them. What is shown is read from the topics that the worker
    writes.
    """
    import asyncio

    from streams.demo import run_demo

    try:
        came = run(run_demo(once=once))
    except asyncio.CancelledError:
        raise typer.Exit(130) from None
    if not came:
        raise typer.Exit(1)
