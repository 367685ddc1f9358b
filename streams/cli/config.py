"""Commands on the configuration."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detectors.errors import BadbuzzError, InputError, InvalidPost
from streams.cli.options import Config, read_moment, read_watch
from streams.cli.terminal import moment, note, print_table, span

if TYPE_CHECKING:
    from detectors.alerting.routing import Hearing
    from detectors.model import Audience, Brand, Team

__all__ = ["app", "check", "route_post"]

app = typer.Typer(no_args_is_help=True, help="Look at the configuration, brands.yaml.")


@app.command(epilog="Examples:\n\nbadbuzz config check\n\nbadbuzz config check deploy/brands.yaml")
def check(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Else BADBUZZ_CONFIG, brands.yaml.", show_default=False)
    ] = None,
) -> None:
    """Print what is watched, or every problem.

    A problem is told with its path, all of them at once; the exit code is then 2.

    Of a team's channels only the kind is shown: their addresses hold secrets.
    """
    from streams.settings import load_settings

    path = load_settings(config=file).config
    watch = read_watch(path)
    print_table(
        f"Brands of {path}",
        ["brand", "name", "matches", "but not", "timezone", ">false alarms/month", "detectors"],
        [_brand(brand) for brand in watch.brands],
    )
    if watch.topics:
        print_table(
            "Topics",
            ["topic", "words", "team"],
            [
                (
                    topic.id,
                    "; ".join(f"{lang}: {', '.join(words)}" for lang, words in topic.words.items()),
                    topic.team or "-",
                )
                for topic in watch.topics
            ],
        )
    if watch.audiences:
        print_table(
            "Audiences",
            ["audience", "accounts", "roles", ">followers at least"],
            [_audience(audience) for audience in watch.audiences],
        )
    if watch.teams:
        print_table("Teams", ["team", "name", "hears by", "escalates"], [_team(team) for team in watch.teams])
    typer.echo(f"{path} is fine: {len(watch.brands)} brands, {len(watch.teams)} teams")


@app.command(
    "route",
    epilog="Examples:\n\nbadbuzz config route post.json\n\nbadbuzz config route post.json --severity critical "
    "--at 2026-12-25T03:00:00Z",
)
def route_post(
    post: Annotated[Path, typer.Argument(metavar="POST.json", help="One post, as the topic posts carries it.")],
    config: Config = None,
    severity: Annotated[
        str, typer.Option(metavar="LEVEL", help="How bad the incident is taken to be: low, medium, high, critical.")
    ] = "medium",
    at: Annotated[
        str | None, typer.Option(metavar="DATE", help="When it opens, ISO 8601; else when the post was written.")
    ] = None,
) -> None:
    """Say who would hear of an incident of which this post is typical, when, and why.

    Nothing is sent. Who is told later hears only while nobody acknowledges.

    Exit code 1 if the post speaks of no watched brand.
    """
    from datetime import UTC

    from detectors.alerting.routing import Facts, route, silence_of
    from detectors.intake import Intake, RawRecord, decode_post
    from detectors.model import Severity, StoryKind, to_ms
    from streams.models import load_judge
    from streams.settings import load_settings
    from streams.sources.files import open_file

    if severity not in list(Severity):
        raise InputError(f"--severity {severity}: no such severity; expected one of: {', '.join(Severity)}")
    where = load_settings(config=config)
    watch = read_watch(where.config)
    with open_file(post) as stream:
        content = stream.read()
    try:
        written = decode_post(content)
    except InvalidPost as error:
        raise InputError(f"{post}: {error}") from None
    opened = read_moment("--at", at) if at is not None else written.created_at
    intake = Intake(watch, load_judge(where.negativity_dir))
    taken = intake.take(0, [RawRecord(0, content, to_ms(written.created_at))])
    if not taken.mentions:
        raise BadbuzzError(f"{post}: speaks of none of the {len(watch.brands)} watched brands")
    for brand, (mention, *_) in taken.mentions.items():
        marks = mention.marks
        kinds = [StoryKind(subject) for subject in (marks.subjects if marks is not None else ())]
        if marks is not None and marks.looks_like is not None:
            kinds.insert(0, StoryKind.IMPOSTOR)
        languages = [] if mention.lang is None else [mention.lang.value]
        facts = Facts(brand=brand, severity=Severity(severity), topics=mention.topics, kinds=kinds, languages=languages)
        told = ", ".join(
            [str(mention.sentiment), *(f"topic {topic}" for topic in facts.topics), *(f"kind {kind}" for kind in kinds)]
        )
        if (silence := silence_of(watch, facts, opened)) is not None:
            until = moment(silence.until.astimezone(UTC))
            note(f"{brand}: silenced until {until}: {silence.comment}; only the log hears")
        print_table(
            f"{brand}: {told}; severity {severity}; opened {moment(opened)}",
            ["after", "team", "on duty", "in", "channels", "why"],
            [_hearing(hearing) for hearing in route(watch, facts, opened)],
        )


def _hearing(hearing: Hearing) -> tuple[str, ...]:
    team = hearing.team
    kinds = dict.fromkeys(url.partition("://")[0] for url in hearing.channels)
    return (
        span(hearing.after.total_seconds()) if hearing.after else "at once",
        team.id,
        ", ".join(person.name for person in hearing.people) or "-",
        f"{team.language}, {team.timezone}",
        ", ".join(kinds) or "the log only",
        hearing.why,
    )


def _brand(brand: Brand) -> tuple[str, ...]:
    return (
        brand.id,
        brand.name,
        ", ".join(brand.match.any),
        ", ".join(brand.match.none) or "-",
        brand.timezone,
        f"{brand.false_alarms_per_month:g}",
        ", ".join(brand.detectors),
    )


def _audience(audience: Audience) -> tuple[str, ...]:
    return (
        audience.id,
        "; ".join(f"{source}: {', '.join(accounts)}" for source, accounts in audience.accounts.items()) or "-",
        ", ".join(audience.roles) or "-",
        "-" if audience.followers_at_least is None else f"{audience.followers_at_least:,}",
    )


def _team(team: Team) -> tuple[str, ...]:
    schemes = dict.fromkeys(url.partition("://")[0] for url in team.notify)
    after = None if team.escalate_after is None else f"after {span(team.escalate_after.total_seconds())}"
    to = None if team.escalate_to is None else f"to {team.escalate_to}"
    return team.id, team.name, ", ".join(schemes) or "the log only", " ".join(filter(None, [after, to])) or "-"
