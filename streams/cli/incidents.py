"""`badbuzz incidents list` and `show`: what is going on, and what was, as the topic of incidents holds it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from detectors.errors import BadbuzzError
from streams.cli.options import Brokers, Prefix, run, settings
from streams.cli.terminal import moment, print_table, span

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

    from detectors.alerting.playbook import Step
    from detectors.model import Delivery, Incident

__all__ = ["AsJson", "IncidentId", "app", "list_incidents", "show"]

app = typer.Typer(no_args_is_help=True, help="Look at incidents, and look after them.")

AsJson = Annotated[bool, typer.Option("--json", help="JSON to stdout instead of text.")]
IncidentId = Annotated[str, typer.Argument(metavar="INCIDENT", help="Its id, as badbuzz incidents list shows it.")]


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
        ["incident", "brand", "severity", "state", "owner", "opened", "over", ">negative", ">usual", "what"],
        [
            (
                one.id,
                one.brand,
                one.severity,
                one.state,
                one.owner or "-",
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
    incident: IncidentId,
    lang: Annotated[Literal["en", "fr"], typer.Option(help="In which language.")] = "en",
    json: AsJson = False,
    brokers: Brokers = None,
    prefix: Prefix = None,
) -> None:
    """Show one incident: what it is, how bad, who was told, what was done, and what is to do.

    Exit code 1 if there is none of this name.
    """
    import msgspec

    from detectors.model import Delivery
    from streams.incidents import read_incidents
    from streams.journal import read_journal
    from streams.playbooks import load_playbook

    where = settings(brokers=brokers, prefix=prefix)
    playbook = load_playbook(where.playbook_dir)
    found = next((one for one in run(read_incidents(where)) if one.id == incident), None)
    if found is None:
        raise BadbuzzError(f"{incident}: no such incident; badbuzz incidents list --all names them")
    if json:
        sys.stdout.buffer.write(msgspec.json.encode(found) + b"\n")
        return
    entries = run(read_journal(where))
    told = [entry for entry in entries if isinstance(entry, Delivery) and entry.incident == incident]
    steps = playbook.steps([story.kind for story in found.why.stories], found.severity, lang)
    typer.echo("\n".join(_lines(found, lang, steps, told)))


def _lines(found: Incident, lang: Literal["en", "fr"], steps: list[Step], told: list[Delivery]) -> Iterator[str]:
    from streams.notifiers.message import details, one_line, title

    yield title(found, lang)
    over = f", over {moment(found.resolved_at)}" if found.resolved_at is not None else ""
    owner = f", {one_line(found.owner)} has it" if found.owner else ", nobody has it"
    yield f"{found.state}, {found.severity}{owner}; opened {moment(found.opened_at)}{over}"
    times = [
        f"{name} after {_span(time)}"
        for name, time in (
            ("acknowledged", found.time_to_acknowledge),
            ("first response", found.time_to_first_response),
            ("over", found.time_to_resolution),
        )
        if time is not None
    ]
    if times:
        yield ", ".join(times)
    yield from details(found, lang).splitlines()
    yield ""
    for step in steps:
        by = found.ticked.get(step.id)
        yield f"[{'x' if by else ' '}] {step.text} ({step.id}{f', {one_line(by)}' if by else ''})"
    yield ""
    for entry in found.timeline:
        text = f": {one_line(entry.text)}" if entry.text else ""
        yield f"{moment(entry.at)}  {entry.what} by {one_line(entry.by)}{text}"
    if told:
        yield ""
    for delivery in told:
        why = f": {one_line(delivery.text)}" if delivery.text else ""
        telling = f" ({delivery.telling})" if delivery.telling else ""
        yield f"{moment(delivery.at)}  {delivery.channel or 'nobody'} {delivery.result}{telling}{why}"


def _span(time: timedelta) -> str:
    seconds = time.total_seconds()
    return f"{seconds:.0f} s" if seconds < 120 else span(seconds)
