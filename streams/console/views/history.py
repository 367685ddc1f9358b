"""History: every incident there was, found by its words, brand, kind, date and outcome, at an address that stays."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from nicegui import ui

from detectors.model import IncidentState, StoryKind, Verdict
from streams.console.readmodel.incidents import Filter, Summary, search_summaries
from streams.console.views import parts
from streams.console.views.context import Refresh, View

__all__ = ["show"]

PAGE: Final = 50


def show(view: View, asked: dict[str, str]) -> Refresh | None:
    """The search, as its address asks for it."""
    parts.heading(view.t("history"), 1)
    brands = {"": view.t("all"), **{one.id: one.name for one in view.core.watch.brands}}
    kinds = {"": view.t("all"), **{str(kind): view.kind(kind) for kind in StoryKind}}
    outcomes = {
        "": view.t("all"),
        "unjudged": view.t("unjudged"),
        **{str(one): view.t(f"verdict {one}") for one in Verdict if one is not Verdict.NOT_FOR_ME},
    }
    states = {"": view.t("all"), **{str(one): view.t(str(one)) for one in IncidentState}}
    box: dict[str, Any] = {}
    with ui.element("form").classes("bb-filters").props('role="search"').on("submit.prevent"):
        box["q"] = (
            ui.input(view.t("search"), value=asked["q"])
            .props("outlined dense clearable debounce=60 type=search")
            .classes("bb-search bb-find")
        )
        for name, label, options in (
            ("brand", "brand", brands),
            ("kind", "kind", kinds),
            ("outcome", "outcome", outcomes),
            ("state", "state", states),
        ):
            box[name] = (
                ui.select(options, label=view.t(label), value=asked[name] if asked[name] in options else "")
                .props("outlined dense")
                .classes("bb-select")
            )
        for name in ("since", "until"):
            box[name] = (
                ui.input(view.t(name), value=asked[name])
                .props("outlined dense type=date stack-label")
                .classes("bb-select")
            )
    with ui.element("div").classes("bb-row-wrap"):
        said = ui.label().props('role="status" aria-live="polite"').classes("bb-lead")
        ui.space()
        exports = [
            ui.link(view.t(f"export {form}"), "#").classes("bb-export").props("download") for form in ("csv", "json")
        ]
    results = ui.element("div")
    more = parts.button(view.t("load more"), lambda: find(further=True))
    after: list[str | None] = [None]

    def wanted() -> dict[str, str]:
        return {name: str(one.value or "") for name, one in box.items()}

    def find(*, further: bool = False) -> None:
        page = search_summaries(view.core.db, _filter(view, wanted()), limit=PAGE, after=after[0] if further else None)
        after[0] = page.after
        if not further:
            results.clear()
        with results:
            for one in page.incidents:
                _row(view, one)
            if not page.total:
                parts.empty(view.t("nothing found"), view.t("nothing found next"), "search_off")
        said.set_text(view.t("found one") if page.total == 1 else view.t("found", n=view.number(page.total)))
        more.set_visibility(page.after is not None)

    def again() -> None:
        find()
        address = urlencode({name: value for name, value in wanted().items() if value})
        ui.run_javascript(f"history.replaceState(history.state, '', {'/history?' + address!r})")
        _aim(view, exports, wanted())

    for one in box.values():
        one.on_value_change(again)
    find()
    _aim(view, exports, wanted())
    return lambda changes: find() if changes.incidents and after[0] is None else None


def _filter(view: View, wanted: dict[str, str]) -> Filter:
    state = wanted["state"]
    return Filter(
        text=wanted["q"],
        brand=wanted["brand"] or None,
        kind=wanted["kind"] or None,
        verdict={"": None, "unjudged": ""}.get(wanted["outcome"], wanted["outcome"]),
        state=IncidentState(state) if state in list(IncidentState) else None,
        since=view.utc(wanted["since"]),
        until=view.utc(wanted["until"]),
    )


def _aim(view: View, exports: list[ui.link], wanted: dict[str, str]) -> None:
    """Let the exports hold what is found."""
    since, until = view.utc(wanted["since"]), view.utc(wanted["until"])
    asked = {
        "text": wanted["q"],
        "brand": wanted["brand"],
        "kind": wanted["kind"],
        "verdict": wanted["outcome"],
        "state": wanted["state"],
        "since": since.isoformat() if since else "",
        "until": until.isoformat() if until else "",
    }
    for link, form in zip(exports, ("csv", "json"), strict=True):
        link.props["href"] = "/api/v1/incidents/export?" + urlencode(
            {"format": form, **{name: value for name, value in asked.items() if value}}
        )
        link.update()


def _row(view: View, one: Summary) -> None:
    with ui.element("div").classes("bb-found"):
        parts.severity_pill(view, one.severity)
        with ui.element("div").classes("bb-grow"):
            ui.link(one.titles.get(view.lang) or one.id, f"/incidents/{one.id}").classes("bb-title")
            kind = f" · {view.kind(one.kind)}" if one.kind else ""
            outcome = f" · {view.t(f'verdict {one.verdict}')}" if one.verdict else ""
            ui.label(
                f"{one.brand_name} · {view.when(one.opened_at)} · {view.t(str(one.state))}{kind}{outcome}"
            ).classes("bb-sub")
