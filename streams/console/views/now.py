"""Now: what is open, worst first, and how every brand stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from nicegui import ui

from detectors.model import Acknowledge
from streams.console.core import Core
from streams.console.overview import BrandState, brand_states
from streams.console.readmodel import Changes
from streams.console.readmodel.incidents import Summary, find, open_summaries
from streams.console.users import Role
from streams.console.views import parts
from streams.console.views.actions import give
from streams.console.views.context import Refresh, View

__all__ = ["brand_row", "brand_table", "fill", "incident_row", "incident_table", "show", "states"]

PAGE: Final = 25
MOST_BRANDS: Final = 50
"""The first page shows those that need a look; all are on a page of their own."""

_INCIDENT_ROW: Final = Path(__file__).with_name("incident_row.vue").read_text(encoding="utf-8")
_BRAND_ROW: Final = Path(__file__).with_name("brand_row.vue").read_text(encoding="utf-8")


def show(view: View) -> Refresh:
    """The first page."""
    parts.heading(view.t("now"), 1)
    summary = ui.label().classes("bb-lead").props('role="status" aria-live="polite"')
    parts.heading(view.t("open incidents"))
    box = ui.element("div")
    with box:
        rows = incident_table(view)
    nothing = ui.element("div")
    with nothing:
        parts.empty(view.t("all quiet"), view.t("all quiet next"))
    parts.heading(view.t("brands"))
    if not view.core.watch.brands:
        parts.empty(view.t("no brands"), view.t("no brands next"), "storefront")
    brands = brand_table(view)
    if len(view.core.watch.brands) > MOST_BRANDS:
        ui.link(view.t("all brands", n=view.number(len(view.core.watch.brands))), "/brands")
    core, reader = view.core, (view.lang, view.tz, view.who.role)

    def refresh(changes: Changes) -> None:
        found = core.once("open", lambda: open_summaries(core.db))
        fill(rows, core.once(("open", *reader), lambda: [incident_row(view, one) for one in found]))
        box.set_visibility(bool(found))
        nothing.set_visibility(not found)
        summary.set_text(_said(view, found))
        fill(
            brands, core.once(("brands", *reader), lambda: [brand_row(view, one) for one in states(core)[:MOST_BRANDS]])
        )

    refresh(Changes())
    ui.timer(30, lambda: refresh(Changes()))
    return refresh


def states(core: Core) -> list[BrandState]:
    """How every brand stands, what needs a look first."""
    return core.once("states", lambda: brand_states(core.db, core.watch))


def _said(view: View, found: list[Summary]) -> str:
    if not found:
        return view.t("all quiet")
    waiting = sum(one.state.waits for one in found)
    opened = view.t("one open") if len(found) == 1 else view.t("many open", n=view.number(len(found)))
    waits = (
        view.t("it waits")
        if waiting == len(found) == 1
        else view.t("none waits")
        if not waiting
        else view.t("one waits")
        if waiting == 1
        else view.t("many wait", n=waiting)
    )
    return f"{opened} {waits}"


def fill(table: ui.table, rows: list[dict[str, Any]]) -> None:
    """Show these rows; where they fit on a page there is nothing to turn."""
    if rows != table.rows:
        table.props["hide-pagination"] = len(rows) <= PAGE
        table.rows = rows


def incident_table(view: View) -> ui.table:
    """A table of incidents, with the obvious next step."""
    columns = [
        {"name": name, "label": view.t(label), "field": name, "align": "left"}
        for name, label in (
            ("severity", "severity"),
            ("title", "incident"),
            ("state", "state"),
            ("owner", "owner"),
            ("age", "age"),
            ("next", "next step"),
        )
    ]
    found = ui.table(columns=columns, rows=[], row_key="id", pagination=PAGE).classes("bb-table bb-incidents")
    found.props("flat :rows-per-page-options='[25, 50, 100]'").add_slot("body", _INCIDENT_ROW)

    async def acknowledge(event: Any) -> None:
        incident = find(view.core.db, str(event.args))
        if incident is not None:
            await give(view, Acknowledge, brand=incident.brand, incident=incident)

    found.on("acknowledge", acknowledge)
    return found


def incident_row(view: View, one: Summary) -> dict[str, Any]:
    """What a row of `incident_table` shows."""
    usual = view.t("usual", n=view.decimal(one.expected))
    kind = f" · {view.kind(one.kind)}" if one.kind else ""
    return {
        "id": one.id,
        "href": f"/incidents/{one.id}",
        "severity": str(one.severity),
        "severity_word": view.severity(one.severity),
        "icon": parts.SEVERITY_ICONS[one.severity],
        "title": one.titles.get(view.lang) or one.brand_name,
        "brand": one.brand_name,
        "detail": f"{view.t('negatives', n=view.number(one.observed))} ({usual}){kind}",
        "state": view.t(str(one.state)),
        "state_icon": "help_outline" if one.state.waits else "check" if one.resolved_at else "person",
        "owner": view.team(one.owner),
        "waits": one.state.waits,
        "may": view.who.role.may(Role.ACT),
        "age": view.age(one.opened_at),
        "ack": view.t("acknowledge"),
    }


def brand_table(view: View) -> ui.table:
    """A table of brands with their sparklines."""
    columns: list[dict[str, Any]] = [
        {"name": name, "label": view.t(label), "field": name, "align": "left", "sortable": name in ("name", "share")}
        for name, label in (
            ("state", "state"),
            ("name", "brand"),
            ("spark", "three hours"),
            ("negative", "last hour"),
            ("share", "negative share"),
        )
    ]
    found = ui.table(columns=columns, rows=[], row_key="id", pagination=PAGE).classes("bb-table bb-brands")
    found.props("flat :rows-per-page-options='[25, 50, 100, 500]'").add_slot("body", _BRAND_ROW)
    return found


def brand_row(view: View, one: BrandState) -> dict[str, Any]:
    """What a row of `brand_table` shows."""
    most = max(1, *one.spark)
    step = 108 / (len(one.spark) - 1)
    points = " ".join(f"{place * step:.1f},{22 - 20 * value / most:.1f}" for place, value in enumerate(one.spark))
    return {
        "id": one.brand,
        "href": f"/brands/{one.brand}",
        "name": one.name,
        "state": view.t(f"state {one.state}"),
        "state_class": one.state.name.lower(),
        "icon": parts.STATE_ICONS[one.state],
        "points": points,
        "spark_label": f"{view.t('three hours')}: {view.t('negatives', n=view.number(sum(one.spark)))}",
        "negative": view.number(one.negative),
        "usual": view.t("usual", n=view.decimal(one.expected)),
        "share": view.percent(one.negative / one.mentions if one.mentions else None),
    }
