"""What people do to incidents, as it lies on the topic `commands`, and what it came to."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Annotated, TypeAlias

import msgspec

from detectors.model.findings import Severity

__all__ = [
    "COMMAND_SCHEMA",
    "Acknowledge",
    "Answer",
    "AnyCommand",
    "Assign",
    "Command",
    "EndSilence",
    "Feedback",
    "Given",
    "Grade",
    "Note",
    "Outcome",
    "Reopen",
    "Resolve",
    "Respond",
    "StartSilence",
    "Tick",
    "Verdict",
]

COMMAND_SCHEMA = 1
"""The newest form of commands that this badbuzz knows. Fields may be added to it; what is unknown is ignored."""

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Text = Annotated[str, msgspec.Meta(max_length=4000)]
Why = Annotated[str, msgspec.Meta(min_length=1, max_length=4000)]
Number = Annotated[int, msgspec.Meta(ge=0, le=2**31)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class Command(msgspec.Struct, frozen=True, kw_only=True, tag_field="action", omit_defaults=True):
    """What somebody did. `id` is the client's own, new for each command: the same twice is done once.

    `by` is who did it. `if_edits`, where given, is the number of changes by people that they had seen: if there are
    more by now, nothing is done (`Outcome.CONFLICT`).
    """

    id: Name
    brand: Name
    by: Name
    incident: Name | None = None
    if_edits: Number | None = None
    schema: Number = COMMAND_SCHEMA


class Acknowledge(Command, frozen=True, kw_only=True, tag="acknowledge"):
    """Somebody looks after it: escalation ends. Who acknowledges what nobody owns, owns it."""


class Assign(Command, frozen=True, kw_only=True, tag="assign"):
    """It is somebody's: a person, a team; None is nobody's."""

    to: Name | None = None


class Note(Command, frozen=True, kw_only=True, tag="note"):
    """Something to know about it."""

    text: Why


class Respond(Command, frozen=True, kw_only=True, tag="respond"):
    """Somebody has answered, where badbuzz does not listen: by telephone, in a shop, in private."""

    text: Text = ""


class Tick(Command, frozen=True, kw_only=True, tag="tick"):
    """A step of the playbook is done, or not done after all."""

    step: Name
    done: bool = True


class Grade(Command, frozen=True, kw_only=True, tag="grade"):
    """It is more or less severe than its points say, for a reason."""

    severity: Severity
    why: Why


class Resolve(Command, frozen=True, kw_only=True, tag="resolve"):
    """It is over."""

    why: Text = ""


class Reopen(Command, frozen=True, kw_only=True, tag="reopen"):
    """It is not over after all."""

    why: Text = ""


class Verdict(enum.StrEnum):
    """What an incident was worth to somebody."""

    TRUE = "true"
    FALSE = "false"
    TOO_LATE = "too-late"
    NOT_FOR_ME = "not-for-me"


class Feedback(Command, frozen=True, kw_only=True, tag="feedback"):
    """What somebody thinks of the incident; the newest word of each counts."""

    verdict: Verdict
    text: Text = ""


class StartSilence(Command, frozen=True, kw_only=True, tag="silence"):
    """Nobody is told of what this brand's incidents are, until then; an empty condition holds for every one.

    With an `incident` only that one is silenced.
    """

    until: Moment
    comment: Why
    start: Moment | None = None
    topics: list[Name] = []
    kinds: list[Name] = []


class EndSilence(Command, frozen=True, kw_only=True, tag="end-silence"):
    """A silence is over before its time. Its name is the id of the command that began it."""

    silence: Name


AnyCommand: TypeAlias = (
    Acknowledge | Assign | Note | Respond | Tick | Grade | Resolve | Reopen | Feedback | StartSilence | EndSilence
)


class Given(msgspec.Struct, frozen=True, array_like=True):
    """A command at its place in its partition of `commands`, and when it came."""

    offset: int
    at_ms: int
    command: AnyCommand


class Outcome(enum.StrEnum):
    """What a command came to. DONE and UNCHANGED are a yes."""

    DONE = "done"
    UNCHANGED = "unchanged"
    GONE = "gone"
    CONFLICT = "conflict"
    IMPOSSIBLE = "impossible"
    UNREADABLE = "unreadable"

    @property
    def ok(self) -> bool:
        """Whether what was wanted is so now."""
        return self in (Outcome.DONE, Outcome.UNCHANGED)


class Answer(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="answer"):
    """What a command came to, and why. `edits` counts the incident's changes by people since it opened."""

    command: str
    brand: str
    incident: str | None
    outcome: Outcome
    at: datetime
    text: str = ""
    edits: int | None = None
