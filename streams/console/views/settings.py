"""Settings: silences, maintenance windows, the rota, and who may use the console."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nicegui import run, ui

from detectors.alerting.routing import on_duty
from detectors.errors import BadbuzzError
from detectors.model import EndSilence, StartSilence, to_ms
from streams.console.readmodel import Changes
from streams.console.readmodel.journal import Silenced, silences
from streams.console.users import Role, Users
from streams.console.views import parts
from streams.console.views.actions import ask, give, may_act, say, silence_fields
from streams.console.views.context import Refresh, View

__all__ = ["show"]


def show(view: View) -> Refresh:
    """What is set, and what of it can be changed here."""
    parts.heading(view.t("settings"), 1)
    with ui.element("section").classes("bb-card"):
        parts.heading(view.t("silences"))
        if view.who.role.may(Role.ACT) and view.core.watch.brands:
            parts.button(view.t("new silence"), lambda: _begin(view), icon="notifications_off")
        begun = ui.refreshable(lambda: _silences(view))
        begun()
    with ui.element("section").classes("bb-card"):
        parts.heading(view.t("windows"))
        _windows(view)
    with ui.element("section").classes("bb-card"):
        parts.heading(view.t("rota"))
        _rota(view)
    with ui.element("section").classes("bb-card"):
        parts.heading(view.t("users"))
        if view.core.access.users is None:
            ui.label(view.t("open mode")).classes("bb-hint")
        elif view.who.role.may(Role.ADMIN):
            _users(view, view.core.access.users)
        else:
            ui.label(f"{view.who.name}: {view.t(f'role {view.who.role}')}")
    if view.who.role.may(Role.ADMIN):
        _audit(view)

    def refresh(changes: Changes) -> None:
        if changes.silences or changes.answers:
            begun.refresh()

    return refresh


def _audit(view: View) -> None:
    with ui.element("section").classes("bb-card"):
        parts.heading(view.t("audit"))
        found = view.core.audit.read(50)
        if not found:
            ui.label(view.t("no audit")).classes("bb-hint")
            return
        parts.table(
            parts.columns(view, "when", "who", "what", "about"),
            [(view.when(one.at), one.who, one.what, one.about) for one in found],
            label=view.t("audit"),
        )


# ------------------------------------------------------------------------------------- silences


def _silences(view: View) -> None:
    found = silences(view.core.db, to_ms(view.core.now()))
    if not found:
        ui.label(view.t("no silences")).classes("bb-hint")
        return
    may = view.who.role.may(Role.ACT)
    parts.table(
        [*parts.columns(view, "brand", "of what", "until when", "by", "comment"), ("", "text")],
        [
            (
                one.silence.brand,
                one.silence.incident or ", ".join([*one.silence.topics, *one.silence.kinds]) or view.t("everything"),
                view.when(one.silence.until),
                one.silence.by,
                one.silence.comment,
                _ender(view, one) if may else "",
            )
            for one in found
        ],
        label=view.t("silences"),
    )


def _ender(view: View, one: Silenced) -> Callable[[], None]:
    async def end() -> None:
        await give(view, EndSilence, brand=one.silence.brand, silence=one.silence.id)

    def draw() -> None:
        parts.button(view.t("end silence"), end, kind="plain")

    return draw


async def _begin(view: View) -> None:
    brands = {one.id: one.name for one in view.core.watch.brands}
    topics = {one.id: one.id for one in view.core.watch.topics}

    def fields() -> Callable[[], dict[str, Any]]:
        brand = ui.select(brands, label=view.t("brand"), value=next(iter(brands))).props("outlined").classes("bb-wide")
        topic = (
            ui.select(topics, label=view.t("topics"), multiple=True, value=[])
            .props("outlined use-chips")
            .classes("bb-wide")
        )
        read = silence_fields(view)
        return lambda: {"brand": brand.value, "topics": topic.value, **read()}

    if (found := await ask(view, view.t("new silence"), view.t("silence hint"), fields, view.t("silence"))) is not None:
        await give(view, StartSilence, **found)


def _windows(view: View) -> None:
    now = view.core.now()
    found = [one for one in view.core.watch.silences if one.until > now]
    if not found:
        ui.label(view.t("no windows")).classes("bb-hint")
        return
    parts.table(
        parts.columns(view, "since", "until when", "of what", "comment"),
        [
            (
                view.when(one.start) if one.start.year > 1970 else "-",
                view.when(one.until),
                ", ".join([*one.brands, *one.topics, *one.kinds]) or view.t("everything"),
                one.comment,
            )
            for one in found
        ],
        label=view.t("windows"),
    )


def _rota(view: View) -> None:
    teams, people, now = view.core.watch.teams, view.core.watch.people, view.core.now()
    if not teams:
        ui.label(view.t("no rota")).classes("bb-hint")
        return
    parts.table(
        [
            (view.t("team"), "text"),
            (view.t("duty now"), "text"),
            (view.t("escalation"), "text"),
            (view.t("channels of"), "num"),
        ],
        [
            (
                team.name,
                ", ".join(person.name for person in on_duty(team, people, now)) or view.t("nobody on duty"),
                view.t("escalates", time=view.took(team.escalate_after), team=view.team(team.escalate_to))
                if team.escalate_after
                else "-",
                len(team.notify),  # an address may hold a secret
            )
            for team in teams
        ],
        label=view.t("rota"),
    )


# ---------------------------------------------------------------------------------------- users


def _users(view: View, users: Users) -> None:
    body = ui.refreshable(lambda: _known(view, users, body.refresh))
    body()


def _known(view: View, users: Users, again: Callable[[], Any]) -> None:
    book = users.current()
    roles = {str(role): view.t(f"role {role}") for role in Role}

    async def change(what: str, about: str, do: Callable[..., Any], *arguments: Any) -> Any:
        if not may_act(view, Role.ADMIN):
            return None
        try:
            made = await run.io_bound(do, *arguments)
        except BadbuzzError as error:
            say(view, view.t("refused", text=str(error)), bad=True)
            again()
            return None
        view.core.audit.note(view.who.name, what, about)
        say(view, view.t("done"))
        again()
        return made

    def remover(what: str, name: str, do: Callable[[str], None]) -> Callable[[], None]:
        def draw() -> None:
            button = parts.button(view.t("remove"), lambda: change(what, name, do, name), kind="plain")
            button.props["aria-label"] = f"{view.t('remove')}: {name}"

        return draw

    def chooser(name: str, role: Role) -> Callable[[], None]:
        def draw() -> None:
            box = ui.select(
                roles,
                value=str(role),
                on_change=lambda event: change("role changed", name, users.set_role, name, Role(event.value)),
            )
            box.props(f'dense outlined aria-label="{view.t("role")}"').classes("bb-select")

        return draw

    parts.table(
        [*parts.columns(view, "name", "role"), ("", "text")],
        [
            (user.name, chooser(user.name, user.role), remover("user removed", user.name, users.remove))
            for user in book.users
        ],
        label=view.t("users"),
    )

    async def add_user() -> None:
        def fields() -> Callable[[], dict[str, Any]]:
            name = ui.input(view.t("name")).props("outlined autofocus").classes("bb-wide")
            password = (
                ui.input(view.t("password"), password=True)
                .props("outlined autocomplete=new-password")
                .classes("bb-wide")
            )
            role = ui.select(roles, value="act", label=view.t("role")).props("outlined").classes("bb-wide")
            return lambda: {"name": name.value, "role": Role(role.value), "password": password.value}

        if (found := await ask(view, view.t("add user"), "", fields, view.t("add user"))) is not None:
            await change("user added", found["name"], users.add, found["name"], found["role"], found["password"])

    async def add_token() -> None:
        def fields() -> Callable[[], dict[str, Any]]:
            name = ui.input(view.t("name")).props("outlined autofocus").classes("bb-wide")
            role = ui.select(roles, value="read", label=view.t("role")).props("outlined").classes("bb-wide")
            return lambda: {"name": name.value, "role": Role(role.value)}

        if (found := await ask(view, view.t("add token"), "", fields, view.t("add token"))) is not None:
            secret = await change(
                "token made",
                found["name"],
                users.make_token,
                found["name"],
                found["role"],
                view.who.name,
                view.core.now(),
            )
            if secret is not None:
                with view.page, ui.dialog(value=True) as dialog, ui.card().classes("bb-dialog"):
                    ui.label(view.t("token once"))
                    ui.label(secret).classes("bb-secret")
                    parts.button(view.t("close"), dialog.close, kind="plain")

    parts.button(view.t("add user"), add_user, icon="person_add")
    parts.heading(view.t("tokens"), 3)
    parts.table(
        [*parts.columns(view, "name", "role", "by", "when"), ("", "text")],
        [
            (
                token.name,
                view.t(f"role {token.role}"),
                token.by,
                view.when(token.created),
                remover("token revoked", token.name, users.revoke_token),
            )
            for token in book.tokens
        ],
        label=view.t("tokens"),
    )
    parts.button(view.t("add token"), add_token, icon="key")
