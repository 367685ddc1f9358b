"""What the demo shows. Texts of posts are strangers' words: one line, printable, cut, and never read as markup."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.box import HEAVY, ROUNDED
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from detectors.model import Incident, IncidentState, TopPost, from_ms
from streams.demo.board import Board, NegativePost, Row
from streams.notifiers.message import body, named, pace, people, title

__all__ = ["clean", "frame", "incident_lines", "incident_panel", "status_line"]

ADVICE = "Someone who can solve it answers in private. Delete nothing."
BARS = "▁▂▃▄▅▆▇█"
LEAST_SCALE = 8
"""A bin of fewer posts does not fill the height of the sparkline: quiet shall look quiet."""
TEXT_CHARS = 280
MAX_POSTS = 6
MAX_TOP_POSTS = 3
PANEL_LINES = 11
"""Of an incident, without its posts, with the blank line above it."""

_STATE_STYLES = {"incident": "bold red", "normal": "green"}


def clean(text: str) -> str:
    r"""Strangers' words on one line: no control character, no bidi trick, not endless.

    >>> clean("\x1b[31mBUY\u202e now\n\n[bold]!")
    '[31mBUY now [bold]!'
    """
    line = " ".join("".join(char if char.isprintable() else " " for char in text[: 2 * TEXT_CHARS]).split())
    return line if len(line) <= TEXT_CHARS else line[: TEXT_CHARS - 1] + "…"


# -------------------------------------------------------------------------------------- live view


def frame(board: Board, *, now_ms: int, elapsed_s: float, address: str | None, height: int) -> RenderableType:
    """One picture of the live view, no higher than `height` lines where that is at all possible."""
    rows = board.rows(now_ms)
    parts: list[RenderableType] = [Text(), _headline(elapsed_s, address), _brands(rows)]
    rest = height - 4 - len(rows)
    panel = None
    if (incident := next(reversed(board.incidents.values()), None)) is not None:
        top_posts = max(1, min(MAX_TOP_POSTS, len(incident.why.top_posts), rest - PANEL_LINES))
        panel = incident_panel(incident, first=board.first[incident.id], now=board, top_posts=top_posts)
        rest -= PANEL_LINES + top_posts
    if board.newest and rest > 2:
        parts += [Text(), _posts(board.newest_posts(min(MAX_POSTS, rest - 2)), now_ms)]
    if panel is not None:
        parts += [Text(), panel]
    return Group(*parts)


def _headline(elapsed_s: float, address: str | None) -> Text:
    minutes, seconds = divmod(int(elapsed_s), 60)
    line = Text(f"{minutes}:{seconds:02}  mentions as the worker counts them; Ctrl-C ends it", style="dim")
    if address is not None:
        line.append("; the console: ").append(f"open {address}", style="not dim bold")
    return line


def _brands(rows: Sequence[Row]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("brand", no_wrap=True)
    table.add_column("mentions/min", justify="right", no_wrap=True)
    table.add_column("negative", justify="right", no_wrap=True)
    table.add_column("usual", justify="right", no_wrap=True)
    table.add_column("negative, last 2 min", no_wrap=True)
    table.add_column("", no_wrap=True)
    for row in rows:
        alarm = "bold red" if row.in_incident else ""
        table.add_row(
            Text(row.name, style=alarm or "bold"),
            str(row.mentions_per_min),
            Text(str(row.negative_per_min), style=alarm),
            Text("-" if row.usual_per_min is None else f"{row.usual_per_min:.1f}", style="dim"),
            Text(spark(row.spark), style="red" if row.in_incident else "cyan"),
            Text(f"● {row.state}", style=_STATE_STYLES.get(row.state, "dim")),
        )
    return table


def spark(counts: Sequence[int]) -> str:
    """Counts as a line of bars.

    >>> spark([0, 1, 0, 2, 8, 16])
    '▁▁▁▂▅█'
    """
    scale = max(LEAST_SCALE, *counts)
    return "".join(BARS[round(count / scale * (len(BARS) - 1))] for count in counts)


def _posts(posts: Sequence[NegativePost], now_ms: int) -> Table:
    table = _grid(title="newest negative posts", title_justify="left", title_style="dim")
    table.add_column(style="dim", no_wrap=True, width=9, overflow="ellipsis")
    table.add_column(style="dim", no_wrap=True, width=5, justify="right")
    table.add_column(no_wrap=True, ratio=1, overflow="ellipsis")
    for post in posts:
        age_s = max(0, now_ms - post.at_ms) // 1000
        table.add_row(Text(clean(post.source)), f"{age_s} s", Text(clean(post.text)))
    return table


def _grid(**title: Any) -> Table:
    """A table over the whole width without lines; its last column takes what is left, and cuts."""
    return Table(box=None, expand=True, show_header=False, pad_edge=False, padding=(0, 2, 0, 0), **title)


# --------------------------------------------------------------------------------------- incident


def incident_panel(
    incident: Incident, *, first: Incident, now: Board | None = None, top_posts: int = MAX_TOP_POSTS
) -> Panel:
    """An incident with its why; with `now`, also what came after it was `first` told."""
    why = incident.why
    facts = _grid()
    facts.add_column(style="dim", no_wrap=True, width=10)
    facts.add_column(no_wrap=True, ratio=1, overflow="ellipsis")
    facts.add_row(
        "since", f"{_clock(why.since, seconds=False)} UTC; this incident came out at {_clock(incident.opened_at)}"
    )
    facts.add_row(
        "observed",
        Text.assemble(
            (f"{why.observed:,} negative mentions", "bold"),
            f", {_number(why.expected)} would be usual",
            (f"   surprise {incident.peak_surprise:.1f}, alert from {incident.threshold:.1f}", "dim"),
        ),
    )
    facts.add_row("growth", Text(pace(why.growth)))
    facts.add_row("where", Text.assemble(named(why, "channel"), (f"   {named(why, 'kind')}", "dim")))
    facts.add_row("who", Text(people(why)))
    facts.add_row("words", Text(", ".join(word.word for word in why.words) or "none stands out"))
    for position, post in enumerate(why.top_posts[:top_posts]):
        facts.add_row("read first" if position == 0 else "", _quote(post))
    facts.add_row("do", Text(ADVICE, style="bold"))
    if now is not None:
        facts.add_row(
            "by now",
            Text.assemble(
                (f"{now.negative_since(incident):,} negative mentions", "bold"),
                f"; there were {first.why.observed:,} when it came out",
            ),
        )
    resolved = incident.state is IncidentState.RESOLVED
    return Panel(
        facts,
        title=Text(f" {clean(title(incident))} ", style="bold"),
        title_align="left",
        subtitle=Text(f" {incident.state.value}, version {incident.version} ", style="dim"),
        subtitle_align="right",
        border_style="green" if resolved else "red",
        box=ROUNDED if resolved else HEAVY,
        padding=(0, 1),
        expand=True,
    )


def _quote(post: TopPost) -> Text:
    who = f"@{clean(post.author)[:30]}" if post.author else clean(post.source)[:20]
    reach = f", {post.reposts:,} reposts" if post.reposts else ""
    return Text.assemble((f"{who}, {_short(post.followers)} followers{reach}: ", "dim"), clean(post.text))


def incident_lines(incident: Incident) -> list[str]:
    """An incident as plain lines, in the words that people get it in by chat or mail."""
    return [clean(line) for line in (f"INCIDENT {title(incident)}", *body(incident).splitlines())]


def status_line(board: Board, now_ms: int) -> str:
    """All brands on one plain line."""
    brands = [
        f"{row.name} {row.mentions_per_min}/min, {row.negative_per_min} negative"
        + (f" (usual {row.usual_per_min:.1f})" if row.usual_per_min is not None else "")
        + (f" {row.state.upper()}" if row.in_incident else "")
        for row in board.rows(now_ms)
    ]
    return f"{_clock(from_ms(now_ms))}  {' | '.join(brands)}"


def _clock(moment: datetime, *, seconds: bool = True) -> str:
    return f"{moment:%H:%M:%S}" if seconds else f"{moment:%H:%M}"


def _number(value: float) -> str:
    return f"{value:.1f}" if value < 10 else f"{value:,.0f}"


def _short(count: int) -> str:
    """A count of people, short.

    >>> _short(820), _short(4_120), _short(412_000)
    ('820', '4.1k', '412k')
    """
    if count < 1000:
        return str(count)
    return f"{count / 1000:.1f}k" if count < 10_000 else f"{count / 1000:.0f}k"
