"""The frame of every page: navigation, banner, keyboard, preferences, and the view in it kept up to date."""

from __future__ import annotations

import asyncio
import copy
import functools
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from fastapi import FastAPI
from nicegui import Client, background_tasks, ui
from nicegui import client as nicegui_client
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from detectors.model import from_ms
from streams.console.access import Who
from streams.console.core import Core
from streams.console.nonces import Nonced
from streams.console.overview import newest_s
from streams.console.readmodel import Changes
from streams.console.signin import language
from streams.console.views import brand, compare, detectors, history, incident, matrix, now, parts, settings
from streams.console.views.context import Refresh, View

__all__ = ["mount_views"]

ASSETS: Final = Path(__file__).parent.parent / "assets"
TOGETHER_S: Final = 0.2
"""Changes that come within this time are shown at once."""
STALE_S: Final = 300
RECONNECT_S: Final = 30.0
"""How long the server keeps a page whose connection dropped; later the page loads itself again."""

_NAV: Final = (
    ("now", "/", "n", "notifications_active"),
    ("brands", "/brands", "b", "storefront"),
    ("compare", "/compare", "c", "bar_chart"),
    ("matrix", "/matrix", "m", "grid_on"),
    ("history", "/history", "h", "history"),
    ("detectors", "/detectors", "d", "insights"),
    ("settings", "/settings", "s", "tune"),
)


def mount_views(core: Core, web: FastAPI) -> None:
    """Put the pages onto `web`, below what is there already."""
    environment = nicegui_client.templates.env
    if environment.loader is not None and not isinstance(environment.loader, Nonced):
        environment.loader = Nonced(environment.loader)

    for path, name in (("/assets/console.css",) * 2, ("/assets/console.js",) * 2, ("/favicon.ico", "icon.svg")):
        web.router.add_route(path, functools.partial(_asset, name.rpartition("/")[2]))

    @ui.page("/", title="badbuzz")
    @ui.page("/{path:path}", title="badbuzz")
    def page(request: Request, client: Client) -> None:
        Shell(core, request, client)

    ui.run_with(
        web,
        mount_path="/",
        tailwind=False,
        reconnect_timeout=RECONNECT_S,
        show_welcome_message=False,
        binding_refresh_interval=None,
        favicon=ASSETS / "icon.svg",
    )


async def _asset(name: str, _: Request) -> Response:
    return FileResponse(ASSETS / name)


class Shell:
    """One open page."""

    def __init__(self, core: Core, request: Request, client: Client) -> None:
        who: Who = request.scope["state"]["who"]
        self.view = View(
            core,
            client.content,
            who,
            language(request) if who.lang is None or "lang" in request.cookies else who.lang,
            _zone(request),
        )
        self._client = client
        self._core = core
        self._refresh: Refresh | None = None
        self._changes = Changes()
        self._due: asyncio.TimerHandle | None = None
        client.page = copy.copy(client.page)
        client.page.language = "fr" if self.view.lang == "fr" else "en-US"
        client.page.dark = {"light": False, "dark": True}.get(request.cookies.get("theme", ""))
        self._frame()
        self._end = core.hub.listen(self._on_changes)
        client.on_delete(self._on_delete)

    # ---------------------------------------------------------------------------- what is there

    def _frame(self) -> None:
        view = self.view
        ui.colors(primary="#1f5f7a", negative="#b42318", warning="#8a5a00", positive="#22694b")
        ui.add_head_html('<link rel="stylesheet" href="/assets/console.css">')
        ui.add_head_html(
            '<script src="/assets/console.js" defer></script>'.replace(
                "<script", f'<script nonce="{self._client.request.scope["state"]["nonce"]}"'
            )
        )
        with ui.header().classes("bb-header").props('role="banner"'):
            ui.link(view.t("skip"), "#content").classes("bb-skip")
            ui.link("badbuzz", "/").classes("bb-brand")
            with ui.element("nav").classes("bb-nav").props(f'aria-label="{view.t("views")}"'):
                self._links = {path: self._nav_link(name, path, icon) for name, path, _, icon in _NAV}
            ui.space()
            self._waiting = ui.label().classes("bb-waiting").props('role="status"')
            self._menu()
        self._banner = ui.element("div").classes("bb-banner").props('role="alert" aria-live="assertive"')
        with self._banner:
            ui.icon("cloud_off")
            self._banner_text = ui.label()
        with ui.element("div").classes("bb-main").props('id="content" tabindex="-1"'):
            ui.sub_pages(self._routes(), show_404=True)
        self._client.sub_pages_router.on_path_changed(self._mark)
        self._mark(self._client.sub_pages_router.current_path)
        ui.on("bb-key", lambda event: self._on_key(event.args))
        self._say_link()
        ui.timer(10, self._say_link)

    def _nav_link(self, name: str, path: str, icon: str) -> ui.link:
        with ui.link(target=path).classes("bb-nav-link") as link:
            ui.icon(icon).props('aria-hidden="true"')
            ui.label(self.view.t(name))
        return link

    def _routes(self) -> dict[str, Callable[..., Any]]:
        show = self._show
        return {
            "/": lambda: show(now.show),
            "/incidents/{id}": lambda id: show(incident.show, id),
            "/brands": lambda: show(brand.show_all),
            "/brands/{id}": lambda id: show(brand.show, id),
            "/compare": lambda: show(compare.show, None),
            "/compare/{id}": lambda id: show(compare.show, id),
            "/matrix": lambda: show(matrix.show),
            "/history": self._history,
            "/detectors": lambda: show(detectors.show),
            "/settings": lambda: show(settings.show),
        }

    def _history(
        self,
        q: str = "",
        brand: str = "",
        kind: str = "",
        outcome: str = "",
        state: str = "",
        since: str = "",
        until: str = "",
    ) -> None:
        self._show(
            history.show,
            {"q": q, "brand": brand, "kind": kind, "outcome": outcome, "state": state, "since": since, "until": until},
        )

    def _show(self, view: Callable[..., Refresh | None], *arguments: Any) -> None:
        self._refresh = None
        self.view.keys.clear()
        self._refresh = view(self.view, *arguments)

    def _mark(self, path: str) -> None:
        """Say in the navigation where we are."""
        here = path.partition("?")[0]
        best = (
            "/"
            if here == "/" or here.startswith("/incidents")
            else next((one for one in self._links if one != "/" and here.startswith(one)), "")
        )
        for target, link in self._links.items():
            link.classes(add="bb-here") if target == best else link.classes(remove="bb-here")
            link.props('aria-current="page"') if target == best else link.props(remove="aria-current")

    def _menu(self) -> None:
        view = self.view
        with (
            parts.button(view.who.name, lambda: None, icon="person", kind="plain").classes("bb-user") as button,
            ui.menu().props("auto-close=false"),
            ui.column().classes("bb-menu"),
        ):
            button.props["aria-label"] = f"{view.t('your settings')}: {view.who.name}"
            self._choice("language", "lang", {"en": "English", "fr": "Français"}, view.lang)
            theme = self._client.request.cookies.get("theme", "auto")
            self._choice("theme", "theme", {name: view.t(f"theme {name}") for name in ("auto", "light", "dark")}, theme)
            self._choice("time zone", "tz", _zones(view), view.tz)
            parts.button(view.t("keys"), self._help, icon="keyboard", kind="plain")
            if view.who.how.value == "session":
                parts.button(view.t("sign out"), self._sign_out, icon="logout", kind="plain")

    def _choice(self, label: str, cookie: str, options: dict[str, str], value: str) -> None:
        def choose(event: Any) -> None:
            ui.run_javascript(f"bbPrefer({json.dumps(cookie)}, {json.dumps(event.value)})")

        ui.select(
            options,
            label=self.view.t(label),
            value=value if value in options else None,
            on_change=choose,
        ).props("dense outlined").classes("bb-wide")

    def _sign_out(self) -> None:
        ui.run_javascript("bbSignOut()")

    def _help(self) -> None:
        with ui.dialog(value=True) as dialog, ui.card().classes("bb-dialog"):
            ui.label(self.view.t("keys")).classes("bb-dialog-title")
            ui.label(self.view.t("keys text"))
            parts.button(self.view.t("close"), dialog.close, kind="plain")

    def _on_key(self, key: object) -> Any:
        if key == "?":
            self._help()
        for _, path, letter, _ in _NAV:
            if key == f"g{letter}":
                ui.navigate.to(path)
        act = self.view.keys.get(str(key))
        return act() if act is not None else None

    # -------------------------------------------------------------------------- what is new

    def _on_changes(self, changes: Changes) -> None:
        """Note what is new; it is shown shortly after, together with what comes until then."""
        mine = self._changes
        mine.incidents |= changes.incidents
        mine.brands |= changes.brands
        mine.deliveries |= changes.deliveries
        mine.silences = mine.silences or changes.silences
        mine.answers += changes.answers
        if self._due is None:
            self._due = asyncio.get_running_loop().call_later(TOGETHER_S, self._flush)

    def _flush(self) -> None:
        self._due, changes, self._changes = None, self._changes, Changes()
        background_tasks.create(self._update(changes), name="update a page")

    def _on_delete(self) -> None:
        self._end()
        if self._due is not None:
            self._due.cancel()
        self._refresh = None

    async def _update(self, changes: Changes) -> None:
        with self._client:
            self._say_link()
            if changes and self._refresh is not None:
                self._refresh(changes)

    def _say_link(self) -> None:
        """The banner: whether what is shown can be believed."""
        link, view = self._core.hub.link, self.view
        newest = newest_s(self._core.db)
        at = view.when(from_ms(newest * 1000)) if newest is not None else "-"
        if not link.connected and link.why:
            text = view.t("away", at=at)
        elif not link.caught_up:
            text = view.t("reading", share=view.percent(link.progress))
        elif newest is not None and time.time() - newest > STALE_S:
            text = view.t("no worker", at=at)
        else:
            text = ""
        self._banner_text.set_text(text)
        self._banner.set_visibility(bool(text))
        waiting = [one for one in self._core.commander.waiting() if one.command.by == view.who.name]
        self._waiting.set_text(view.t("waiting", n=len(waiting)) if waiting else "")


def _zones(view: View) -> dict[str, str]:
    """Time zones to choose from: one's own, and those of the brands and teams."""
    watch = view.core.watch
    named = [view.tz, "UTC", *(one.timezone for one in watch.brands), *(one.timezone for one in watch.teams)]
    return {name: name for name in dict.fromkeys(named)}


def _zone(request: Request) -> str:
    """The reader's time zone, as their browser or they have said; UTC until then."""
    name = request.cookies.get("tz", "").replace("%2F", "/")
    try:
        return ZoneInfo(name).key if name else "UTC"
    except (ValueError, OSError, LookupError):
        return "UTC"
