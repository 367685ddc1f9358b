"""`badbuzz console`."""

from __future__ import annotations

from typing import Annotated

import typer

from streams.cli.options import Brokers, Config, Prefix, read_watch, run, settings

__all__ = ["console"]


def console(
    config: Config = None,
    brokers: Brokers = None,
    prefix: Prefix = None,
    host: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Where it listens; else BADBUZZ_CONSOLE_HOST, 127.0.0.1.")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(metavar="PORT", help="Of its pages; else BADBUZZ_CONSOLE_PORT, 8484. 0 takes a free one."),
    ] = None,
) -> None:
    """Show incidents and brands on a web page, and look after them there.

    Runs until Ctrl-C or SIGTERM. On this machine alone it asks for no password; to listen elsewhere it needs users
    (badbuzz users add). What it keeps in BADBUZZ_CONSOLE_DIR it can build again from the topics; several can run side
    by side, each with a folder of its own.
    """
    from streams.console.server import run_console
    from streams.logs import configure_logging

    where = settings(config=config, brokers=brokers, prefix=prefix, console_host=host, console_port=port)
    watch = read_watch(where.config)
    configure_logging(where)
    run(run_console(where, watch))
