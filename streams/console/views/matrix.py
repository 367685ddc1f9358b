"""Matrix: what each topic brings, which team answers for it, and how fast."""

from __future__ import annotations

from typing import Any

from nicegui import run, ui

from streams.console.insight import Load, Matrix, matrix
from streams.console.views import parts
from streams.console.views.brand import PERIODS
from streams.console.views.context import Refresh, View

__all__ = ["show"]


def show(view: View) -> Refresh:
    """Topics against teams."""
    parts.heading(view.t("matrix"), 1)
    with ui.element("div").classes("bb-row-wrap bb-tools"):
        period = ui.select(
            {days: view.t(key, n=days) for days, key in PERIODS.items()}, value=7, label=view.t("period")
        )
        period.props("outlined dense").classes("bb-select")
    body = ui.element("div")

    async def draw() -> None:
        with view.core.reader() as core:
            found = await run.io_bound(matrix, core, period.value)
        if found is None:  # the server stops
            return
        body.clear()
        with body:
            _draw(view, found, period.value)

    period.on_value_change(draw)
    ui.timer(0, draw, once=True)
    ui.timer(60, draw)
    return lambda changes: None


def _draw(view: View, found: Matrix, days: int) -> None:
    ui.label(view.t("matrix text", span=view.t(PERIODS[days], n=days))).classes("bb-lead")
    if not view.core.watch.topics:
        parts.empty(view.t("no topics"), view.t("no topics next"), "grid_on")
        return
    cells = {(one.topic, one.team): one for one in found.cells}
    teams = [one for one in found.teams if one.team is not None]
    with ui.element("section").classes("bb-card"):
        parts.table(
            [(view.t("topic"), "text"), *((team.name, "num") for team in teams), *_columns(view)],
            [
                (
                    view.name(one.topic),
                    *(_cell(view, cells.get((one.topic, team.team or "")), one.load) for team in teams),
                    *_load(view, one.load),
                )
                for one in found.topics
            ],
            label=view.t("topics"),
        )
    with ui.element("section").classes("bb-card"):
        rows = [(one.name or view.t("nobody"), *_load(view, one.load)) for one in found.teams]
        parts.table([(view.t("team"), "text"), *_columns(view)], rows, label=view.t("team"))


def _columns(view: View) -> list[tuple[str, str]]:
    return [(view.t(name), "num") for name in ("negative", "complaints", "answered", "median", "p90", "load")]


def _load(view: View, load: Load) -> list[str]:
    numbers = (load.negative, load.complaints, load.answered)
    return [
        *map(view.number, numbers),
        view.took(load.median_s),
        view.took(load.p90_s),
        view.number(load.open_incidents),
    ]


def _cell(view: View, cell: Any, load: Load) -> Any:
    """A topic and a team: the complaints it answers for, and how many open incidents it hears of."""
    if cell is None:
        return ""

    def draw() -> None:
        with ui.element("div").classes("bb-cell bb-mine" if cell.answers_for_it else "bb-cell"):
            if cell.answers_for_it:
                ui.label(f"{view.number(load.complaints)} {view.t('complaints').lower()}").classes("bb-strong")
                if load.median_s is not None:
                    ui.label(f"{view.t('median').lower()} {view.took(load.median_s)}").classes("bb-sub")
            if cell.open_incidents:
                ui.label(f"{view.t('load').lower()}: {cell.open_incidents}").classes("bb-nobody")

    return draw
