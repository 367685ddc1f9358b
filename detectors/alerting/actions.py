"""What a command does to an incident: a table of who may do what in which state, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from detectors.model import (
    Acknowledge,
    AnyCommand,
    Assign,
    Change,
    Feedback,
    Grade,
    Incident,
    IncidentState,
    Note,
    Opinion,
    Outcome,
    Reopen,
    Resolve,
    Respond,
    Tick,
)

__all__ = ["REOPEN_WITHIN", "Act", "act"]

REOPEN_WITHIN: Final = timedelta(days=7)
"""Somebody may reopen what has been over for no longer."""
KEPT_TICKS: Final = 100
KEPT_OPINIONS: Final = 50


class Act(NamedTuple):
    """What came of a command: DONE with the changes of the incident, or why not.

    `entry` is the line of its timeline, `text` what that says; where nothing was done, what the person is told.
    """

    outcome: Outcome
    text: str = ""
    entry: Change | None = None
    changes: Mapping[str, Any] = MappingProxyType({})


def act(incident: Incident, command: AnyCommand, at: datetime) -> Act:
    """What a command makes of an incident at a moment; it changes nothing itself.

    Whoever comes second is told so and nothing is done; what makes no sense any more is refused:

    | command | OPEN, REOPENED | ACKNOWLEDGED | RESOLVED |
    |---|---|---|---|
    | acknowledge | done | unchanged | impossible |
    | assign | done, unchanged if it is theirs | the same | the same |
    | note, respond | done | done | done |
    | tick, grade, feedback | done, unchanged if it is so | the same | the same |
    | resolve | done | done | unchanged |
    | reopen | unchanged | unchanged | done within seven days, then impossible |

    Silences are the brand's (see `IncidentBook`).
    """
    doing = _TABLE.get(type(command))
    if doing is None:
        return Act(Outcome.UNREADABLE, f"{type(command).__name__} is nothing that is done to an incident")
    return doing(incident, command, at)


def _acknowledge(incident: Incident, command: Acknowledge, at: datetime) -> Act:
    if incident.state is IncidentState.RESOLVED:
        return Act(Outcome.IMPOSSIBLE, "it is over")
    if incident.state is IncidentState.ACKNOWLEDGED:
        return Act(Outcome.UNCHANGED, f"{_who(incident, Change.ACKNOWLEDGED)} was faster")
    changes = {
        "state": IncidentState.ACKNOWLEDGED,
        "acknowledged_at": incident.acknowledged_at or at,
        "owner": incident.owner or command.by,
    }
    return Act(Outcome.DONE, "", Change.ACKNOWLEDGED, changes)


def _assign(incident: Incident, command: Assign, at: datetime) -> Act:
    if incident.owner == command.to:
        return Act(Outcome.UNCHANGED, f"{command.to} has it" if command.to else "nobody has it")
    return Act(Outcome.DONE, command.to or "", Change.ASSIGNED, {"owner": command.to})


def _note(incident: Incident, command: Note, at: datetime) -> Act:
    return Act(Outcome.DONE, command.text, Change.NOTED)


def _respond(incident: Incident, command: Respond, at: datetime) -> Act:
    changes = {} if incident.first_response_at is not None else {"first_response_at": at}
    return Act(Outcome.DONE, command.text, Change.RESPONDED, changes)


def _tick(incident: Incident, command: Tick, at: datetime) -> Act:
    who = incident.ticked.get(command.step)
    if command.done == (who is not None):
        return Act(Outcome.UNCHANGED, f"{who} has done it" if who else "it was not done")
    ticked = {step: by for step, by in incident.ticked.items() if step != command.step}
    if command.done:
        if len(ticked) >= KEPT_TICKS:
            return Act(Outcome.IMPOSSIBLE, f"{KEPT_TICKS} steps are done: no playbook has more")
        ticked[command.step] = command.by
    entry = Change.TICKED if command.done else Change.UNTICKED
    return Act(Outcome.DONE, command.step, entry, {"ticked": ticked})


def _grade(incident: Incident, command: Grade, at: datetime) -> Act:
    if incident.severity is command.severity:
        return Act(Outcome.UNCHANGED, f"it is {command.severity}")
    changes = {"severity": command.severity}
    return Act(Outcome.DONE, f"{command.severity}: {command.why}", Change.GRADED, changes)


def _resolve(incident: Incident, command: Resolve, at: datetime) -> Act:
    if incident.state is IncidentState.RESOLVED:
        return Act(Outcome.UNCHANGED, "it is over")
    changes = {"state": IncidentState.RESOLVED, "resolved_at": max(at, incident.opened_at)}
    return Act(Outcome.DONE, command.why, Change.RESOLVED, changes)


def _reopen(incident: Incident, command: Reopen, at: datetime) -> Act:
    if incident.state is not IncidentState.RESOLVED or incident.resolved_at is None:
        return Act(Outcome.UNCHANGED, "it is not over")
    if at - incident.resolved_at > REOPEN_WITHIN:
        return Act(Outcome.IMPOSSIBLE, f"it has been over for more than {REOPEN_WITHIN.days} days")
    return Act(Outcome.DONE, command.why, Change.REOPENED, {"state": IncidentState.REOPENED, "resolved_at": None})


def _feedback(incident: Incident, command: Feedback, at: datetime) -> Act:
    opinion = Opinion(by=command.by, at=at, verdict=command.verdict, text=command.text)
    others = [one for one in incident.opinions if one.by != command.by]
    own = [one for one in incident.opinions if one.by == command.by]
    if own and msgspec.structs.replace(own[0], at=at) == opinion:
        return Act(Outcome.UNCHANGED, "that was said before")
    if len(others) >= KEPT_OPINIONS:
        return Act(Outcome.IMPOSSIBLE, f"{KEPT_OPINIONS} people have said what they think")
    text = f"{command.verdict}: {command.text}" if command.text else str(command.verdict)
    return Act(Outcome.DONE, text, Change.JUDGED, {"opinions": [*others, opinion]})


_CommandT = TypeVar("_CommandT")


def _row(kind: type[_CommandT], doing: Callable[[Incident, _CommandT, datetime], Act]) -> tuple[type, Any]:
    return kind, doing


_TABLE: Final[dict[type, Callable[[Incident, Any, datetime], Act]]] = dict(
    [
        _row(Acknowledge, _acknowledge),
        _row(Assign, _assign),
        _row(Note, _note),
        _row(Respond, _respond),
        _row(Tick, _tick),
        _row(Grade, _grade),
        _row(Resolve, _resolve),
        _row(Reopen, _reopen),
        _row(Feedback, _feedback),
    ]
)


def _who(incident: Incident, what: Change) -> str:
    return next((entry.by for entry in reversed(incident.timeline) if entry.what is what), "somebody")
