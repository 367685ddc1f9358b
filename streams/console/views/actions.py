"""What people can do to an incident, from a page: the command is given, and what it came to is said."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, Final

import msgspec
from nicegui import ui

from detectors.errors import Unavailable
from detectors.model import (
    Acknowledge,
    AnyCommand,
    Assign,
    Feedback,
    Grade,
    Incident,
    Note,
    Outcome,
    Reopen,
    Resolve,
    Respond,
    Severity,
    StartSilence,
    Tick,
    Verdict,
)
from streams.console.users import Role
from streams.console.views import parts
from streams.console.views.context import View
from streams.journal import new_id

__all__ = ["ask", "give", "incident_actions", "may_act", "say"]

SPANS: Final = {"30 min": 30, "2 h": 120, "8 h": 480, "1 d": 1440, "7 d": 10_080}
"""How long a silence may be, in minutes."""


def may_act(view: View, role: Role = Role.ACT) -> bool:
    """Whether whoever looks may still do it; says so where not."""
    who = view.core.access.again(view.who)
    if who is None:
        say(view, view.t("ended"), bad=True)
        with view.page:
            ui.navigate.to("/signin")
        return False
    view.who = who
    if not who.role.may(role):
        say(view, view.t("may not"), bad=True)
        return False
    return True


def say(view: View, text: str, *, bad: bool = False) -> None:
    """A short word at the edge of the page."""
    shown_ms = 9000 if bad else 3000
    with view.page:
        ui.notify(text, type="warning" if bad else "positive", position="bottom", group=False, timeout=shown_ms)


async def give(
    view: View, kind: type[AnyCommand], *, brand: str, incident: Incident | None = None, **fields: Any
) -> bool:
    """Give a command as whoever looks, and say what it came to; whether what was wanted is so now."""
    if not may_act(view):
        return False
    about = {} if incident is None else {"incident": incident.id}
    try:
        command = msgspec.convert(
            {
                "action": kind.__struct_config__.tag,
                "id": new_id(),
                "brand": brand,
                "by": view.who.name,
                **about,
                **fields,
            },
            kind,
        )
    except msgspec.ValidationError as error:
        say(view, view.t("refused", text=str(error)), bad=True)
        return False
    action = str(kind.__struct_config__.tag)
    view.core.audit.note(view.who.name, action, incident.id if incident is not None else brand)
    try:
        answer = await view.core.commander.give(command)
    except Unavailable as error:
        say(view, view.t("refused", text=str(error)), bad=True)
        return False
    if answer is None:
        say(view, view.t("kept"))
        return True
    match answer.outcome:
        case Outcome.DONE:
            say(view, view.t("done"))
        case Outcome.UNCHANGED:
            say(view, view.t("unchanged", text=answer.text))
        case Outcome.CONFLICT:
            say(view, view.t("conflict", text=answer.text), bad=True)
        case _:
            say(view, view.t("refused", text=answer.text), bad=True)
    return answer.outcome.ok


async def ask(
    view: View, title: str, hint: str, fields: Callable[[], Callable[[], dict[str, Any]]], button: str
) -> dict[str, Any] | None:
    """A dialog with a title, a hint and fields; what was filled in, None where it was closed.

    `fields` makes the fields and gives the function that reads them.
    """
    with (
        view.page,
        ui.dialog() as dialog,
        ui.card().classes("bb-dialog").props('role="dialog" aria-modal="true"') as card,
    ):
        card.props["aria-label"] = title
        ui.label(title).classes("bb-dialog-title")
        if hint:
            ui.label(hint).classes("bb-hint")
        read = fields()
        with ui.row().classes("bb-dialog-buttons"):
            parts.button(view.t("cancel"), lambda: dialog.submit(None), kind="plain")
            parts.button(button, lambda: dialog.submit(read()), kind="go")
    try:
        found: dict[str, Any] | None = await dialog
        return found
    finally:
        dialog.delete()


def text_field(label: str, *, start: str = "") -> ui.textarea:
    """A field for some lines."""
    return ui.textarea(label, value=start).props("outlined autogrow autofocus maxlength=4000").classes("bb-wide")


def incident_actions(view: View, incident: Callable[[], Incident]) -> dict[str, Callable[[], Awaitable[None]]]:
    """What can be done to an incident, by name."""

    async def do(kind: type[AnyCommand], **fields: Any) -> None:
        one = incident()
        await give(view, kind, brand=one.brand, incident=one, **fields)

    async def acknowledge() -> None:
        await do(Acknowledge)

    async def assign() -> None:
        names = _assignees(view)

        def fields() -> Callable[[], dict[str, Any]]:
            box = ui.select(
                names,
                label=view.t("assign to"),
                value=incident().owner if incident().owner in names else view.who.name,
                with_input=True,
            )
            box.props("outlined autofocus").classes("bb-wide")
            return lambda: {"to": box.value or None}

        if (found := await ask(view, view.t("assign"), "", fields, view.t("assign"))) is not None:
            await do(Assign, **found)

    async def respond() -> None:
        await _with_text("respond", view.t("respond hint"), lambda text: do(Respond, text=text))

    async def resolve() -> None:
        edits = incident().edits
        await _with_text("resolve", "", lambda text: do(Resolve, why=text, if_edits=edits))

    async def reopen() -> None:
        await _with_text("reopen", "", lambda text: do(Reopen, why=text))

    async def _with_text(key: str, hint: str, act: Callable[[str], Awaitable[None]]) -> None:
        def fields() -> Callable[[], dict[str, Any]]:
            box = text_field(view.t("why"))
            return lambda: {"text": box.value or ""}

        if (found := await ask(view, view.t(key), hint, fields, view.t(key))) is not None:
            await act(found["text"])

    async def grade() -> None:
        def fields() -> Callable[[], dict[str, Any]]:
            levels = {str(level): view.severity(level) for level in Severity}
            box = (
                ui.select(levels, label=view.t("severity"), value=str(incident().severity))
                .props("outlined")
                .classes("bb-wide")
            )
            why = text_field(view.t("why"))
            return lambda: {"severity": box.value, "why": why.value or ""}

        if (found := await ask(view, view.t("grade"), "", fields, view.t("save"))) is not None:
            await do(Grade, **found)

    async def silence() -> None:
        if (
            found := await ask(
                view, view.t("silence"), view.t("silence hint"), lambda: silence_fields(view), view.t("silence")
            )
        ) is not None:
            await do(StartSilence, **found)

    return {
        "acknowledge": acknowledge,
        "assign": assign,
        "respond": respond,
        "resolve": resolve,
        "reopen": reopen,
        "grade": grade,
        "silence": silence,
    }


def silence_fields(view: View) -> Callable[[], dict[str, Any]]:
    """The fields of a silence: for how long, and why."""
    box = ui.select(list(SPANS), label=view.t("silence for"), value="2 h").props("outlined").classes("bb-wide")
    why = text_field(view.t("why"))
    return lambda: {
        "until": view.core.now() + timedelta(minutes=SPANS[box.value]),
        "comment": why.value or "",
    }


async def note(view: View, incident: Incident, text: str) -> bool:
    """Write into its history."""
    return await give(view, Note, brand=incident.brand, incident=incident, text=text)


async def tick(view: View, incident: Incident, step: str, done: bool) -> bool:
    """A step of the playbook is done, or not after all."""
    return await give(view, Tick, brand=incident.brand, incident=incident, step=step, done=done)


async def judge(view: View, incident: Incident, verdict: Verdict) -> bool:
    """Say what it was worth."""
    return await give(view, Feedback, brand=incident.brand, incident=incident, verdict=verdict)


def _assignees(view: View) -> dict[str, str]:
    """Whoever can have an incident: people, teams, whoever looks."""
    watch = view.core.watch
    named: Sequence[Any] = [*watch.people, *watch.teams]
    return {view.who.name: view.who.name, **{one.id: one.name for one in named}}
