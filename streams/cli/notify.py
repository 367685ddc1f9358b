"""`badbuzz notify`: try the ways to people before they are needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from detectors.errors import BadbuzzError, DeliveryError, InputError
from streams.cli.options import Config, read_watch
from streams.cli.terminal import print_table

if TYPE_CHECKING:
    from datetime import datetime

    from detectors.model import Incident
    from streams.notifiers import Notifier

__all__ = ["app", "try_team"]

app = typer.Typer(no_args_is_help=True, help="Try the ways to people.")


@app.callback()
def _notify() -> None:
    """Try the ways to people."""


@app.command(
    "test",
    epilog="Examples:\n\nbadbuzz notify test customer-care\n\nbadbuzz notify test pr --config deploy/brands.yaml",
)
def try_team(
    team: Annotated[str, typer.Argument(metavar="TEAM", help="The id of a team in the configuration.")],
    config: Config = None,
) -> None:
    """Send a made-up incident to every channel of a team, and of all people of its rota.

    Its title says that it is a test. Each channel is asked once; nothing is tried again.

    Exit code 1 if one of them did not take it.
    """
    import asyncio
    from datetime import UTC, datetime

    import msgspec

    from streams.notifiers import notifiers_for
    from streams.settings import load_settings

    watch = read_watch(load_settings(config=config).config)
    chosen = next((one for one in watch.teams if one.id == team), None)
    if chosen is None:
        known = ", ".join(one.id for one in watch.teams) or "none"
        raise InputError(f"{team}: no such team; expected one of: {known}")
    rota = {name for shift in chosen.rota for name in shift.people}
    people = [person for person in watch.people if person.id in rota]
    own = msgspec.structs.replace(watch, teams=[chosen], people=people)
    channels = [one for one in notifiers_for(own) if one.id != "log"]
    if not channels:
        raise InputError(f"{team}: no channel; give it, or somebody of its rota, a URL under `notify`")
    results = asyncio.run(_try(channels, _made_up(datetime.now(UTC))))
    rows = [(one.id, failure or "taken") for one, failure in zip(channels, results, strict=True)]
    print_table(f"A test for {chosen.name}", ["channel", "answer"], rows)
    failed = sum(failure is not None for failure in results)
    if failed:
        raise BadbuzzError(f"{failed} of {len(channels)} channels did not take it")


async def _try(channels: list[Notifier], incident: Incident) -> list[str | None]:
    import asyncio

    async def one(channel: Notifier) -> str | None:
        try:
            await channel.deliver(incident)
        except DeliveryError as error:
            return str(error)
        return None

    return list(await asyncio.gather(*map(one, channels)))


def _made_up(now: datetime) -> Incident:
    from detectors.model import Explanation, Incident, IncidentState

    titles = {
        "en": "badbuzz: this is a test, nothing has happened",
        "fr": "badbuzz : ceci est un essai, rien ne s'est passé",
    }
    why = Explanation(since=now, until=now, observed=0, expected=0.0, first_post=None, top_posts=[], titles=titles)
    return Incident(
        id=f"test-{now:%Y%m%dT%H%M%S}Z", brand="test", brand_name="badbuzz", state=IncidentState.OPEN, version=1,
        onset=now, opened_at=now, updated_at=now, alerts=[], why=why, peak_surprise=0.0, threshold=0.0,
    )  # fmt: skip
