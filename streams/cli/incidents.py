"""`badbuzz incidents`: what is going on, and what was, as the topic of incidents holds it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from detectors.errors import BadbuzzError
from streams.cli.options import Brokers, Prefix, run, settings
from streams.cli.terminal import moment, print_table

if TYPE_CHECKING:
    from detectors.model import Incident

__all__ = ["app", "list_incidents", "show"]

app = typer.Typer(no_args_is_help=True, help="Look at incidents.")

AsJson = Annotated[bool, typer.Option("--json", help="JSON to stdout instead of a table.")]


@app.command("list", epilog="Examples:\n\nbadbuzz incidents list\n\nbadbuzz incidents list --all --brand acme --json")
def list_incidents(
    every: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
    brand: Annotated[str | None, typer.Option(metavar="ID", help="Only of this brand.")] = None,
    json: AsJson = False,
    brokers: Brokers = None,
    prefix: Prefix = None,
) -> None:
    """List the incidents that are open, the newest first."""
    import msgspec

    from detectors.model import IncidentState
    from streams.incidents import read_incidents
    from streams.notifiers.message import title

    found = [
        incident
        for incident in run(read_incidents(settings(brokers=brokers, prefix=prefix)))
        if (every or incident.state is not IncidentState.RESOLVED) and brand in (None, incident.brand)
    ]
    if json:
        sys.stdout.buffer.write(msgspec.json.encode(found) + b"\n")
        return
    if not found:
        typer.echo("No incident" + ("." if every else " is open; --all shows those that are over."))
        return
    print_table(
        "Incidents",
        ["incident", "brand", "severity", "state", "opened", "over", ">negative", ">usual", "what"],
        [
            (
                one.id,
                one.brand,
                one.severity,
                one.state,
                moment(one.opened_at),
                moment(one.resolved_at),
                f"{one.why.observed:,}",
                f"{one.why.expected:,.1f}",
                title(one),
            )
            for one in found
        ],
    )


@app.command(epilog="Examples:\n\nbadbuzz incidents show incident-acme-surge-20260302T0900Z --lang fr")
def show(
    incident: Annotated[str, typer.Argument(metavar="INCIDENT", help="Its id.")],
    lang: Annotated[Literal["en", "fr"], typer.Option(help="In which language.")] = "en",
    json: AsJson = False,
    brokers: Brokers = None,
    prefix: Prefix = None,
) -> None:
    """Show one incident: what people were told, how bad it is, and what to do.

    Exit code 1 if there is none of this name.
    """
    import msgspec

    from streams.incidents import read_incidents
    from streams.playbooks import load_playbook

    where = settings(brokers=brokers, prefix=prefix)
    playbook = load_playbook(where.playbook_dir)
    found = next((one for one in run(read_incidents(where)) if one.id == incident), None)
    if found is None:
        raise BadbuzzError(f"{incident}: no such incident; badbuzz incidents list --all names them")
    if json:
        sys.stdout.buffer.write(msgspec.json.encode(found) + b"\n")
        return
    steps = playbook.steps([story.kind for story in found.why.stories], found.severity, lang)
    _print(found, lang, [step.text for step in steps])


def _print(incident: Incident, lang: Literal["en", "fr"], steps: list[str]) -> None:
    from streams.notifiers.message import body, title

    over = f", over {moment(incident.resolved_at)}" if incident.resolved_at is not None else ""
    lines = [
        title(incident, lang),
        f"{incident.state}, {incident.severity}; opened {moment(incident.opened_at)}{over}",
        *body(incident, lang).splitlines(),
        "",
        *(f"[ ] {step}" for step in steps),
    ]
    typer.echo("\n".join(lines))
