"""Commands on the configuration."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli.options import read_watch
from streams.cli.terminal import print_table, span

if TYPE_CHECKING:
    from detectors.model import Audience, Brand, Team

__all__ = ["app", "check"]

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
