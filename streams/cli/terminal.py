"""What commands say: data on stdout, all else on stderr, progress only where somebody watches."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

__all__ = ["Bar", "markdown_table", "moment", "note", "print_table", "progress", "span"]

_PIPE_COLUMNS = 200
"""What is piped is not folded to the width of a terminal that nobody looks at."""


def note(message: str) -> None:
    """A line for people, on stderr."""
    sys.stderr.write(f"{message}\n")
    sys.stderr.flush()


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table on stdout. Columns whose name starts with ">" are aligned to the right.

    Cells hold no markup, and nothing that moves a cursor: names may be strangers'.
    """
    from rich import box
    from rich.table import Table

    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for column in columns:
        right = column.startswith(">")
        table.add_column(column.removeprefix(">"), justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*("".join(char if char.isprintable() else " " for char in str(cell)) for cell in row))
    _console(sys.stdout.isatty()).print(table)


def markdown_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    r"""A table of Markdown. Columns whose name starts with ">" are aligned to the right.

    >>> print(markdown_table(["name", ">how many"], [["a|b", "1"]]))
    | name | how many |
    | ---- | -------: |
    | a\|b |        1 |
    """
    right = [column.startswith(">") for column in columns]
    names = [column.removeprefix(">") for column in columns]
    cells = [[cell.replace("|", "\\|") for cell in row] for row in [names, *rows]]
    widths = [max(3, *map(len, column)) for column in zip(*cells, strict=True)]

    def line(row: Iterable[str]) -> str:
        padded = (
            cell.rjust(width) if flush else cell.ljust(width)
            for cell, width, flush in zip(row, widths, right, strict=True)
        )
        return f"| {' | '.join(padded)} |"

    ruler = (f"{'-' * (width - 1)}:" if flush else "-" * width for width, flush in zip(widths, right, strict=True))
    return "\n".join([line(cells[0]), line(ruler), *map(line, cells[1:])])


def _console(seen: bool) -> Console:
    from rich.console import Console

    width = None if seen or "COLUMNS" in os.environ else _PIPE_COLUMNS
    return Console(markup=False, emoji=False, highlight=False, width=width)


class Bar:
    """A progress bar; without a terminal it shows nothing."""

    def __init__(self, shown: tuple[Progress, TaskID] | None) -> None:
        self._shown = shown

    def at(self, done: float, what: str = "") -> None:
        """So much of the total is done."""
        if self._shown is not None:
            bar, task = self._shown
            bar.update(task, completed=done, what=what)


@contextmanager
def progress(title: str, total: float | None) -> Iterator[Bar]:
    """A progress bar on stderr while the body runs, if stderr is a terminal; None is a total nobody knows."""
    if not sys.stderr.isatty():
        yield Bar(None)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[what]}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield Bar((bar, bar.add_task(title, total=total, what="")))


def moment(at: datetime | None) -> str:
    """A moment as people read it; a dash where there is none.

    >>> moment(datetime.fromisoformat("2015-02-22T05:51:07Z"))
    '2015-02-22 05:51 UTC'
    """
    return "-" if at is None else f"{at:%Y-%m-%d %H:%M} UTC"


def span(seconds: float | None) -> str:
    """A span of time as people read it; a dash where there is none.

    >>> span(12060.0), span(-90.0), span(None)
    ('3 h 21 min', '-1 min', '-')
    """
    if seconds is None:
        return "-"
    minutes = int(abs(seconds) // 60)
    sign = "-" if seconds <= -60 else ""
    return f"{sign}{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{sign}{minutes} min"
