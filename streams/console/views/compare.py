"""Compare: a brand's share of voice, and of what is negative, against its competitors."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from streams.console.insight import Shares, shares
from streams.console.readmodel import Changes
from streams.console.views import charts, parts
from streams.console.views.brand import PERIODS
from streams.console.views.context import Refresh, View

__all__ = ["show"]


def show(view: View, id: str | None) -> Refresh | None:
    """A brand against its competitors; the first that has any where none is named."""
    brands = view.core.watch.brands
    named = view.core.brand(id) if id is not None else next((one for one in brands if one.competitors), None)
    own = named or (brands[0] if brands and id is None else None)
    parts.heading(view.t("compare"), 1)
    if own is None:
        text, following = (view.t("not found"), "") if brands else (view.t("no brands"), view.t("no brands next"))
        parts.empty(text, following, "storefront")
        return None
    with ui.element("div").classes("bb-row-wrap bb-tools"):
        choice = ui.select({one.id: one.name for one in brands}, value=own.id, label=view.t("brand"), with_input=True)
        period = ui.select(
            {days: view.t(key, n=days) for days, key in PERIODS.items()}, value=7, label=view.t("period")
        )
        for box in (choice, period):
            box.props("outlined dense").classes("bb-select")
    ui.label(view.t("against", brand=own.name)).classes("bb-lead")
    if not own.competitors:
        parts.empty(view.t("no competitors"), view.t("no competitors next"), "bar_chart")
    with ui.element("section").classes("bb-card"):
        curve = ui.echart({}).classes("bb-chart").props('role="img"')
        curve.props["aria-label"] = view.t("voice")
    body = ui.refreshable(lambda found: _rows(view, found))

    def draw() -> None:
        found = shares(view.core, own.id, period.value)
        rows = [
            (view.t("voice"), [round(100 * (one.voice or 0), 1) for one in found.shares]),
            (view.t("voice negative"), [round(100 * (one.of_negative or 0), 1) for one in found.shares]),
        ]
        curve.options.clear()
        curve.options.update(charts.bars(view, rows, [one.name for one in found.shares], unit=" %"))
        curve.update()
        body.refresh(found)

    body(shares(view.core, own.id, period.value))
    period.on_value_change(draw)
    choice.on_value_change(lambda event: ui.navigate.to(f"/compare/{event.value}"))
    draw()

    def refresh(changes: Changes) -> None:
        if changes.brands & {own.id, *own.competitors}:
            draw()

    return refresh


def _rows(view: View, found: Shares) -> None:
    with ui.element("section").classes("bb-card"):
        parts.table(
            parts.columns(
                view, "brand", ">total mentions", ">voice", ">negative", ">voice negative", ">negative share"
            ),
            [
                (
                    _link(one.name, f"/brands/{one.brand}"),
                    view.number(one.mentions),
                    view.percent(one.voice),
                    view.number(one.negative),
                    view.percent(one.of_negative),
                    view.percent(one.negativity),
                )
                for one in found.shares
            ],
            label=view.t("compare"),
        )


def _link(name: str, path: str) -> Any:
    return lambda: ui.link(name, path)
