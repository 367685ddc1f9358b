"""`badbuzz incidents ack / assign / note ...`: what people do to incidents, through the topic `commands`."""

from __future__ import annotations

import getpass
import os
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from detectors.errors import BadbuzzError, InputError
from streams.cli.incidents import AsJson, IncidentId, app
from streams.cli.options import Brokers, Prefix, read_moment, read_span, run, settings
from streams.cli.terminal import moment, print_table

if TYPE_CHECKING:
    from detectors.model import Command, Incident
    from streams.settings import Settings

__all__ = [
    "ack",
    "app",
    "assign",
    "feedback",
    "grade",
    "note",
    "reopen",
    "resolve",
    "respond",
    "silence",
    "silences",
    "tick",
    "unsilence",
]

By = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Who does it; else BADBUZZ_USER, or whoever is logged in.", show_default=False),
]
Text = Annotated[str, typer.Argument(metavar="TEXT", help="What is to be known.")]
Why = Annotated[str, typer.Option(metavar="TEXT", help="For what reason.")]


@app.command(epilog="Examples:\n\nbadbuzz incidents ack incident-acme-surge-20260302T0900Z")
def ack(
    incident: IncidentId, by: By = None, json: AsJson = False, brokers: Brokers = None, prefix: Prefix = None
) -> None:
    """Say that you look after it: nobody else is called, and it is yours if it was nobody's."""
    _give("Acknowledge", incident, by, json, settings(brokers=brokers, prefix=prefix))


@app.command(epilog="Examples:\n\nbadbuzz incidents assign INCIDENT anna\n\nbadbuzz incidents assign INCIDENT --nobody")
def assign(
    incident: IncidentId,
    to: Annotated[
        str | None, typer.Argument(metavar="NAME", help="A person or a team; who is in brands.yaml is told.")
    ] = None,
    nobody: Annotated[bool, typer.Option("--nobody", help="Take it from whoever has it.")] = False,
    by: By = None,
    json: AsJson = False,
    brokers: Brokers = None,
    prefix: Prefix = None,
) -> None:
    """Give it to somebody."""
    if (to is None) is not nobody:
        raise InputError("expected a NAME, or --nobody, and not both")
    _give("Assign", incident, by, json, settings(brokers=brokers, prefix=prefix), to=to)


@app.command(epilog='Examples:\n\nbadbuzz incidents note INCIDENT "The shop in Lyon has called her"')
def note(
    incident: IncidentId,
    text: Text,
    by: By = None,
    json: AsJson = False,
    brokers: Brokers = None,
    prefix: Prefix = None,
) -> None:
    """Write something into its timeline."""
    _give("Note", incident, by, json, settings(brokers=brokers, prefix=prefix), text=text)


@app.command(epilog='Examples:\n\nbadbuzz incidents respond INCIDENT --why "by telephone"')
def respond(
    incident: IncidentId,
    why: Why = "",
    by: By = None,
    json: AsJson = False,
    brokers: Brokers = None,
    prefix: Prefix = None,
) -> None:
    """Say that somebody has answered where badbuzz does not listen: in private, by telephone."""
    _give("Respond", incident, by, json, settings(brokers=brokers, prefix=prefix), text=why)


@app.command(epilog="Examples:\n\nbadbuzz incidents tick INCIDENT rally-1")
def tick(
    incident: IncidentId,
    step: Annotated[str, typer.Argument(metavar="STEP", help="Its id, as badbuzz incidents show names it.")],
    undo: Annotated[bool, typer.Option("--undo", help="It is not done after all.")] = False,
    by: By = None,
    json: AsJson = False,
    brokers: Brokers = None,
    prefix: Prefix = None,
) -> None:
    """Tick a step of the playbook."""
    from streams.playbooks import load_playbook

    where = settings(brokers=brokers, prefix=prefix)
    found = _find(where, incident)
    kinds = [story.kind for story in found.why.stories]
    known = [one.id for one in load_playbook(where.playbook_dir).steps(kinds, found.severity, "en")]
    if step not in known and step not in found.ticked:
        raise InputError(f"{step}: no such step; expected one of: {', '.join(known)}")
    _send("Tick", found, by, json, where, step=step, done=not undo)


@app.command(epilog='Examples:\n\nbadbuzz incidents grade INCIDENT low --why "a joke, people laugh with us"')
def grade(
    incident: IncidentId,
    severity: Annotated[str, typer.Argument(metavar="LEVEL", help="low, medium, high or critical.")],
    why: Annotated[str, typer.Option(metavar="TEXT", help="For what reason; it falls only with one.")],
    by: By = None,
    json: AsJson = False,
    brokers: Brokers = None,
    prefix: Prefix = None,
) -> None:
    """Say that it is more or less severe than its points say."""
    from detectors.model import Severity

    if severity not in list(Severity):
        raise InputError(f"{severity}: no such severity; expected one of: {', '.join(Severity)}")
    where = settings(brokers=brokers, prefix=prefix)
    _give("Grade", incident, by, json, where, severity=Severity(severity), why=why)


@app.command(epilog='Examples:\n\nbadbuzz incidents resolve INCIDENT --why "all refunded"')
def resolve(
    incident: IncidentId,
    why: Why = "",
    by: By = None,
    json: AsJson = False,
    brokers: Brokers = None,
    prefix: Prefix = None,
) -> None:
    """Say that it is over. It opens again by itself if it doubles."""
    _give("Resolve", incident, by, json, settings(brokers=brokers, prefix=prefix), why=why)


@app.command(epilog="Examples:\n\nbadbuzz incidents reopen INCIDENT")
def reopen(
    incident: IncidentId,
    why: Why = "",
    by: By = None,
    json: AsJson = False,
    brokers: Brokers = None,
    prefix: Prefix = None,
) -> None:
    """Say that it is not over after all, within seven days."""
    _give("Reopen", incident, by, json, settings(brokers=brokers, prefix=prefix), why=why)


@app.command(
    epilog="Examples:\n\nbadbuzz incidents feedback INCIDENT true\n\nbadbuzz incidents feedback INCIDENT too-late"
)
def feedback(
    incident: IncidentId,
    verdict: Annotated[str, typer.Argument(metavar="VERDICT", help="true, false, too-late or not-for-me.")],
    why: Why = "",
    by: By = None,
    json: AsJson = False,
    brokers: Brokers = None,
    prefix: Prefix = None,
) -> None:
    """Say what it was worth to you; badbuzz incidents precision tells what comes of it. No threshold moves."""
    from detectors.model import Verdict

    if verdict not in list(Verdict):
        raise InputError(f"{verdict}: no such verdict; expected one of: {', '.join(Verdict)}")
    where = settings(brokers=brokers, prefix=prefix)
    _give("Feedback", incident, by, json, where, verdict=Verdict(verdict), text=why)


@app.command(
    epilog='Examples:\n\nbadbuzz incidents silence INCIDENT --for 2h --comment "we know"\n\nbadbuzz incidents silence '
    '--brand acme --topic price --until 2026-12-24T18:00+01:00 --comment "new prices"'
)
def silence(
    incident: Annotated[
        str | None, typer.Argument(metavar="[INCIDENT]", help="Only this one.", show_default=False)
    ] = None,
    comment: Annotated[str, typer.Option(metavar="TEXT", help="Why nobody needs to hear.")] = "",
    brand: Annotated[str | None, typer.Option(metavar="ID", help="All incidents of this brand, new ones too.")] = None,
    topic: Annotated[list[str] | None, typer.Option(metavar="ID", help="Only of these topics.")] = None,
    kind: Annotated[list[str] | None, typer.Option(metavar="KIND", help="Only of these kinds.")] = None,
    span: Annotated[str | None, typer.Option("--for", metavar="SPAN", help="For so long: 30m, 2h, 1d.")] = None,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="Until then, ISO 8601.")] = None,
    start: Annotated[str | None, typer.Option(metavar="DATE", help="From then on, ISO 8601; else now.")] = None,
    by: By = None,
    json: AsJson = False,
    brokers: Brokers = None,
    prefix: Prefix = None,
) -> None:
    """Tell nobody of it for a while: the log and the timeline still do, and what lasts longer is told then."""
    if not comment:
        raise InputError("--comment: expected why nobody needs to hear")
    if (incident is None) is (brand is None):
        raise InputError("expected an INCIDENT, or --brand, and not both")
    if (span is None) is (until is None):
        raise InputError("expected --for or --until, and not both")
    begins = read_moment("--start", start) if start is not None else None
    ends = (
        read_moment("--until", until) if until is not None else (begins or datetime.now(UTC)) + read_span("--for", span)
    )
    fields = {"until": ends, "start": begins, "comment": comment, "topics": topic or [], "kinds": _kinds(kind or [])}
    where = settings(brokers=brokers, prefix=prefix)
    if incident is not None:
        _give("StartSilence", incident, by, json, where, **fields)
    else:
        _tell("StartSilence", by, json, where, brand=brand, **fields)


@app.command(epilog="Examples:\n\nbadbuzz incidents silences\n\nbadbuzz incidents silences --brand acme --json")
def silences(
    brand: Annotated[str | None, typer.Option(metavar="ID", help="Only of this brand.")] = None,
    json: AsJson = False,
    brokers: Brokers = None,
    prefix: Prefix = None,
) -> None:
    """List the silences that people began and that are not over; those of brands.yaml stand there."""
    import msgspec

    from streams.journal import read_silences

    found = run(read_silences(settings(brokers=brokers, prefix=prefix), datetime.now(UTC)))
    found = [one for one in found if brand in (None, one.brand)]
    if json:
        sys.stdout.buffer.write(msgspec.json.encode(found) + b"\n")
    elif not found:
        typer.echo("No silence is on.")
    else:
        print_table(
            "Silences",
            ["silence", "brand", "of", "until", "by", "comment"],
            [
                (
                    one.id,
                    one.brand,
                    ", ".join([one.incident] if one.incident else [*one.topics, *one.kinds]) or "everything",
                    moment(one.until),
                    one.by,
                    one.comment,
                )
                for one in found
            ],
        )


@app.command(epilog="Examples:\n\nbadbuzz incidents unsilence acme 4f0c...")
def unsilence(
    brand: Annotated[str, typer.Argument(metavar="BRAND", help="The id of the brand.")],
    silence: Annotated[str, typer.Argument(metavar="SILENCE", help="Its id, as it was told when it began.")],
    by: By = None,
    json: AsJson = False,
    brokers: Brokers = None,
    prefix: Prefix = None,
) -> None:
    """End a silence before its time."""
    _tell("EndSilence", by, json, settings(brokers=brokers, prefix=prefix), brand=brand, silence=silence)


def _kinds(kinds: list[str]) -> list[str]:
    from detectors.model import StoryKind

    for kind in kinds:
        if kind not in list(StoryKind):
            raise InputError(f"--kind {kind}: no such kind; expected one of: {', '.join(StoryKind)}")
    return kinds


def _find(where: Settings, incident: str) -> Incident:
    from streams.incidents import read_incidents

    found = next((one for one in run(read_incidents(where)) if one.id == incident), None)
    if found is None:
        raise BadbuzzError(f"{incident}: no such incident; badbuzz incidents list --all names them")
    return found


def _give(action: str, incident: str, by: str | None, json: bool, where: Settings, **fields: Any) -> None:
    _send(action, _find(where, incident), by, json, where, **fields)


def _send(action: str, incident: Incident, by: str | None, json: bool, where: Settings, **fields: Any) -> None:
    _tell(action, by, json, where, brand=incident.brand, incident=incident.id, **fields)


def _tell(action: str, by: str | None, json: bool, where: Settings, **fields: Any) -> None:
    """Give the command, wait, and say what it came to; exit code 1 if it is not so now."""
    import msgspec

    from detectors import model
    from streams.journal import give, new_id
    from streams.notifiers.message import one_line

    kind: type[Command] = getattr(model, action)
    try:
        command = msgspec.convert(
            {"action": kind.__struct_config__.tag, "id": new_id(), "by": by or _somebody(), **fields}, kind
        )
    except msgspec.ValidationError as error:
        raise InputError(str(error)) from None
    answer = run(give(where, command))
    if json:
        sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
    else:
        told = f"{answer.outcome}: {one_line(answer.text)}" if answer.text else str(answer.outcome)
        typer.echo(f"{told} (silence {command.id})" if action == "StartSilence" and answer.outcome.ok else told)
    if not answer.outcome.ok:
        raise typer.Exit(1)


def _somebody() -> str:
    return os.environ.get("BADBUZZ_USER") or getpass.getuser()
