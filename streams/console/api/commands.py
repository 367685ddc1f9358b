"""What people do to incidents, and what it came to."""

from __future__ import annotations

from typing import Annotated, Any, Final
from urllib.parse import quote

import msgspec
from fastapi import Depends
from msgspec import UNSET, Meta, UnsetType
from starlette.responses import Response

from detectors.commands import decode_command, encode_command
from detectors.errors import InvalidCommand
from detectors.model import (
    Acknowledge,
    Answer,
    Assign,
    Command,
    Feedback,
    Grade,
    Incident,
    Note,
    Outcome,
    Reopen,
    Resolve,
    Respond,
    StartSilence,
    StoryKind,
    Tick,
)
from streams.console.api.asking import Asking, Asks, body_of, given
from streams.console.api.document import Operations, answer
from streams.console.api.incidents import incident_of
from streams.console.api.problems import Refused, Wrong
from streams.console.readmodel.journal import answer_of
from streams.console.users import Role
from streams.journal import new_id

__all__ = ["COMMAND_PROBLEMS", "COMMAND_SAYS", "Taken", "command_body", "give", "operations"]

CommandId = Annotated[
    str,
    Meta(pattern=r"^[A-Za-z0-9._~-]{1,100}$(?!\n)", description="Your own, new for each: the same twice is done once."),
]
Name = Annotated[str, Meta(min_length=1, max_length=200)]

operations = Operations("commands")


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A command that is kept, and has no answer yet."""

    command: str


COMMAND_SAYS: Final = {200: Answer, 202: Taken}
COMMAND_PROBLEMS: Final = (404, 409, 410, 503)
_ACTIONS: Final[dict[str, type[Command]]] = {
    "acknowledge": Acknowledge,
    "assign": Assign,
    "note": Note,
    "respond": Respond,
    "tick": Tick,
    "grade": Grade,
    "resolve": Resolve,
    "reopen": Reopen,
    "feedback": Feedback,
    "silence": StartSilence,
}
_KNOWN: Final = frozenset({"brand", "by", "incident", "schema"})
_HOW: Final = """\
`by` is whoever has signed in. The answer is a worker's: 200 if what was wanted is so now, 409 with its reason if it
cannot be, 410 if the incident is gone; 202 if there is none in 5 s: the command is kept, and done when a worker is
there.
"""
_REFUSALS: Final = {Outcome.CONFLICT: "conflict", Outcome.GONE: "gone"}


def command_body(kind: type[Command], name: str, *leave: str) -> type[msgspec.Struct]:
    """What somebody sends to give such a command: its fields but those that the console knows, unless in `leave`.

    To assign takes a name, or null in so many words.
    """
    own: dict[str, tuple[Any, Any]] = {
        "id": (CommandId | UnsetType, UNSET),
        "kinds": (list[StoryKind], []),
        "to": (Name | None, msgspec.NODEFAULT),
    }
    fields = [
        (field.name, *own.get(field.name, (field.type, _default(field))))
        for field in msgspec.structs.fields(kind)
        if field.name not in _KNOWN or field.name in leave
    ]
    return msgspec.defstruct(name, fields, kw_only=True, frozen=True, forbid_unknown_fields=True)


def _default(field: msgspec.structs.FieldInfo) -> Any:
    return [] if field.default_factory is list else field.default


async def give(asking: Asking, kind: type[Command], said: msgspec.Struct, **fields: str) -> Response:
    """Give a command as whoever asks, with what they said, and tell what it came to."""
    command = kind(**{"id": new_id(), "by": asking.who.name, **fields, **given(said)})
    try:
        checked = decode_command(encode_command(command))
    except InvalidCommand as error:  # the name of who asks is too long for one, say
        raise Refused("invalid", str(error), Wrong("", str(error))) from None
    asking.note(str(kind.__struct_config__.tag), command.incident or command.brand)
    found = await asking.core.commander.give(checked)
    if found is None:
        return answer(
            Taken(command=command.id), 202, {"Location": f"{asking.root}/commands/{quote(command.id, safe='')}"}
        )
    if found.brand != command.brand or found.incident not in (None, command.incident):
        raise Refused("taken", f"{command.id}: another command has this id", Wrong("id", "Expected one of its own"))
    return answer(_accepted(found))


def _accepted(found: Answer) -> Answer:
    """The answer, if it is a yes. Refused if not."""
    if found.outcome.ok:
        return found
    name = _REFUSALS.get(found.outcome, "impossible")
    raise Refused(name, found.text or str(found.outcome), answer=found)


def _add(action: str, kind: type[Command]) -> None:
    body = command_body(kind, f"{action.capitalize()}Body")
    needs = Depends(body_of(body))

    async def act(id: str, asking: Asks, said: Any = needs) -> Response:
        incident = incident_of(asking, id)
        if action == "tick":
            _check_step(asking, incident, said.step)
        return await give(asking, kind, said, brand=incident.brand, incident=incident.id)

    act.__name__ = f"{action}_incident"
    act.__doc__ = f"{kind.__doc__}\n\n{_HOW}"
    add = operations.on(
        "POST",
        f"/incidents/{{id}}/{action}",
        f"{action.capitalize()} an incident",
        role=Role.ACT,
        body=body,
        says=COMMAND_SAYS,
        problems=COMMAND_PROBLEMS,
    )
    add(act)


def _check_step(asking: Asking, incident: Incident, step: str) -> None:
    known = [one.id for one in asking.core.playbook.steps_for(incident, "en")]
    if step not in known and step not in incident.ticked:
        wrong = Wrong("step", f"Expected one of: {', '.join(known)}")
        raise Refused("invalid", f"step: {step}: no such step of its playbook", wrong)


for _action, _kind in _ACTIONS.items():
    _add(_action, _kind)


@operations.on("GET", "/commands/{id}", "What a command came to", says=COMMAND_SAYS, problems=[404, 409, 410])
async def read_command(id: str, asking: Asks) -> Response:
    """What a worker answered: 202 while none has. A no is told as it was to whoever gave the command."""
    found = answer_of(asking.core.db, id)
    if found is not None:
        return answer(_accepted(found))
    if all(one.command.id != id for one in asking.core.commander.waiting()):
        raise Refused("not-found", f"{id}: no such command, or it is older than 30 days")
    return answer(Taken(command=id), 202)
