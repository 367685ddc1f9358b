"""How the demo talks: stages on stderr, what is seen on stdout; live on a terminal, in plain lines elsewhere."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from detectors.model import Incident
from streams.demo.board import Board
from streams.demo.view import frame, incident_lines, incident_panel, status_line

__all__ = ["Show", "Stages"]

REFRESH_S = 0.5
LINE_EVERY_S = 2.0
POLL_S = 0.1

Done = Callable[[str], None]
"""Tells what a stage has brought about."""


class Stages:
    """What happens, and how long it took, on stderr: one line a stage, with a spinner meanwhile on a terminal."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, markup=False, highlight=False, emoji=False)

    def say(self, line: str) -> None:
        """A line of its own."""
        self._console.print(line, style="dim")

    @contextmanager
    def stage(self, doing: str) -> Iterator[Done]:
        """A stage; what `done` is told stands in its line."""
        began, results = time.monotonic(), [doing]
        if self._console.is_terminal:
            with self._console.status(f"{doing} ..."):
                yield results.append
        else:
            yield results.append
        self._tell(results[-1], time.monotonic() - began)

    @contextmanager
    def progress(self, doing: str, total: int) -> Iterator[tuple[Callable[[int], None], Done]]:
        """A stage with a bar: its first function advances it."""
        began, results = time.monotonic(), [doing]
        columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn())
        shown = self._console.is_terminal
        with Progress(*columns, console=self._console, transient=True, disable=not shown) as bar:
            task = bar.add_task(doing, total=total)
            yield lambda count: bar.update(task, advance=count), results.append
        self._tell(results[-1], time.monotonic() - began)

    def _tell(self, line: str, seconds: float) -> None:
        self._console.print(f"{seconds:5.1f} s  {line}", soft_wrap=True)


class Show:
    """The board on stdout. `started` is the monotonic time of the demo's start, `address` the console's, if any."""

    def __init__(self, board: Board, started: float, address: str | None) -> None:
        self._board = board
        self._started = started
        self._address = address
        self._console = Console(markup=False, highlight=False, emoji=False)
        self._live = self._console.is_terminal and not self._console.is_dumb_terminal and sys.stdout.isatty()

    async def play(self) -> None:
        """Show it until cancelled."""
        await (self._play_live() if self._live else self._play_lines())

    async def _play_live(self) -> None:
        with Live(console=self._console, auto_refresh=False, vertical_overflow="crop") as view:
            while True:
                picture = frame(
                    self._board,
                    now_ms=_now_ms(),
                    elapsed_s=time.monotonic() - self._started,
                    address=self._address,
                    height=self._console.height,
                )
                view.update(picture, refresh=True)
                await asyncio.sleep(REFRESH_S)

    async def _play_lines(self) -> None:
        told: dict[str, int] = {}
        while True:
            self._write(status_line(self._board, _now_ms()))
            until = time.monotonic() + LINE_EVERY_S
            while time.monotonic() < until:
                for incident in self._board.incidents.values():
                    if told.get(incident.id, 0) < incident.version:
                        told[incident.id] = incident.version
                        self._write(*incident_lines(incident))
                await asyncio.sleep(POLL_S)

    async def until_incident(self, done: Done) -> None:
        """Return as soon as an incident is out."""
        await self._board.incident_out.wait()
        elapsed_s = time.monotonic() - self._started
        done(f"an incident, after {self._first().why.observed} negative posts, {elapsed_s:.0f} s after the start")

    def print_incident(self) -> None:
        """The first incident as it came out (there is one)."""
        incident = self._first()
        if self._live:
            self._console.print(incident_panel(incident, first=incident))
        else:
            self._write(*incident_lines(incident))

    def _first(self) -> Incident:
        return next(iter(self._board.first.values()))

    def _write(self, *lines: str) -> None:
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()


def _now_ms() -> int:
    return round(time.time() * 1000)
