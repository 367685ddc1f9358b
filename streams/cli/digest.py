"""`badbuzz digest`: what happened in a day or a week, as a text, a page for mail, or JSON."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from zoneinfo import ZoneInfo

import typer

from detectors.errors import InputError
from streams.cli.options import Brokers, Config, Prefix, read_moment, read_watch, run, settings
from streams.cli.terminal import note, progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from detectors.model import Team, Watch

__all__ = ["digest"]

_NAMED = 20


def digest(
    since: Annotated[str, typer.Option(metavar="SPAN|DATE", help="From when on: 1d, 7d or a date.")] = "1d",
    until: Annotated[str | None, typer.Option(metavar="DATE", help="Up to when; else now.")] = None,
    team: Annotated[
        str | None,
        typer.Option(metavar="ID", help="For this team: in its language and time zone, with what is its own marked."),
    ] = None,
    brand: Annotated[list[str] | None, typer.Option(metavar="ID", help="Only this brand; may be repeated.")] = None,
    lang: Annotated[Literal["en", "fr"] | None, typer.Option(help="In which language; else the team's, en.")] = None,
    html: Annotated[Path | None, typer.Option(metavar="OUT", help="Write a page that mail clients show.")] = None,
    json: Annotated[bool, typer.Option("--json", help="JSON to stdout instead of text.")] = False,
    config: Config = None,
    brokers: Brokers = None,
    prefix: Prefix = None,
) -> None:
    """Tell what happened in a day or a week, or that nothing did.

    Volumes, topics, incidents, response times and shares of voice, against as long a span before.

    A date without a time zone is in the team's, else in UTC.
    """
    import msgspec

    from streams.digests import digest_html, digest_text, read_digest

    where = settings(config=config, brokers=brokers, prefix=prefix)
    watch = read_watch(where.config)
    reader = _team(watch, team) if team is not None else None
    known = [one.id for one in watch.brands]
    for name in brand or ():
        if name not in known:
            raise InputError(f"--brand {name}: no such brand; expected one of: {_named(known)}")
    zone = reader.timezone if reader is not None else "UTC"
    first, last = _span(since, until, zone)
    with progress("digest", None) as bar:
        told = run(
            read_digest(
                where, watch, first, last, brand or None, on_read=lambda read: bar.at(read, f"{read:,} minutes")
            )
        )
    if lang is None:
        lang = "fr" if reader is not None and reader.language == "fr" else "en"
    if html is not None:
        page = digest_html(told, lang, zone, team=team, console_url=where.console_url)
        html.write_text(page, encoding="utf-8")
        note(f"{html}: written")
    if json:
        sys.stdout.buffer.write(msgspec.json.encode(told) + b"\n")
    elif html is None:
        typer.echo(digest_text(told, lang, zone, team=team, console_url=where.console_url), nl=False)


def _team(watch: Watch, name: str) -> Team:
    for team in watch.teams:
        if team.id == name:
            return team
    raise InputError(f"--team {name}: no such team; expected one of: {_named([team.id for team in watch.teams])}")


def _named(names: Sequence[str]) -> str:
    if not names:
        return "none is configured"
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _span(since: str, until: str | None, zone: str) -> tuple[datetime, datetime]:
    """From when to when.

    Raises:
        InputError: no such time, or a span that is empty, or longer than a digest may be.
    """
    from detectors.digest import MOST_SPAN
    from streams.spans import parse_span

    last = datetime.now(UTC).replace(second=0, microsecond=0) if until is None else _moment("--until", until, zone)
    try:
        first = last - parse_span(since)
    except (ValueError, OverflowError):
        first = _moment("--since", since, zone)
    if not first < last:
        raise InputError(f"--since {since}: nothing lies between {first:%Y-%m-%d %H:%M} and {last:%Y-%m-%d %H:%M} UTC")
    if last - first > MOST_SPAN:
        raise InputError(f"--since {since}: expected {MOST_SPAN.days} days at most")
    if first.year < 1970:
        raise InputError(f"--since {since}: there were no posts then")
    return first, last


def _moment(option: str, text: str, zone: str) -> datetime:
    """A moment; one that names no time zone is in this one."""
    at = read_moment(option, text)
    if datetime.fromisoformat(text).tzinfo is not None:
        return at
    return at.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
