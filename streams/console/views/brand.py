"""Brand: how much is said of one, how, where, by whom and about what; and all brands in a list."""

from __future__ import annotations

from typing import Any, Final

from nicegui import ui

from detectors.model import to_ms
from streams.console.insight import percentile
from streams.console.readmodel import Changes
from streams.console.readmodel.counts import DAY, FIVE_MINUTES, HOUR, Counts, series, times
from streams.console.readmodel.incidents import Summary, of_brand
from streams.console.views import charts, now, parts
from streams.console.views.context import Refresh, View

__all__ = ["added", "show", "show_all"]

PERIODS: Final = {1: "last day", 7: "last days", 30: "last days"}
DIMENSIONS: Final = (("channel", "channels"), ("audience", "audiences"), ("topic", "topics"), ("hashtag", "hashtags"))
SHOWN: Final = 10


def show_all(view: View) -> Refresh:
    """All brands."""
    parts.heading(view.t("brands"), 1)
    if not view.core.watch.brands:
        parts.empty(view.t("no brands"), view.t("no brands next"), "storefront")
    find = ui.input(view.t("filter brands")).props("outlined dense clearable").classes("bb-search")
    table = now.brand_table(view)

    def refresh(_: Changes) -> None:
        words = str(find.value or "").casefold()
        fit = [one for one in now.states(view.core) if words in one.name.casefold() or words in one.brand]
        now.fill(table, [now.brand_row(view, one) for one in fit])

    find.on_value_change(lambda: refresh(Changes()))
    refresh(Changes())
    return refresh


def show(view: View, id: str) -> Refresh | None:
    """One brand."""
    brand = view.core.brand(id)
    if brand is None:
        parts.heading(view.t("brand"), 1)
        parts.empty(view.t("not found"), id[:200], "search_off")
        ui.link(view.t("back"), "/")
        return None
    chosen: dict[str, Any] = {"days": 30, "by": HOUR, "share": False}
    with ui.element("div").classes("bb-row-wrap"):
        parts.heading(brand.name, 1)
        state = ui.element("span")
        ui.link(view.t("compare"), f"/compare/{id}")
    with ui.element("div").classes("bb-row-wrap bb-tools"):
        period = ui.select(
            {days: view.t(key, n=days) for days, key in PERIODS.items()}, value=30, label=view.t("period")
        )
        by = ui.select(
            {HOUR: view.t("hour"), DAY: view.t("day"), 7 * DAY: view.t("week")}, value=HOUR, label=view.t("resolution")
        )
        share = ui.checkbox(view.t("share"))
        for box in (period, by):
            box.props("outlined dense").classes("bb-select")
    with ui.element("section").classes("bb-card"):
        parts.heading(view.t("volume"))
        curve = ui.echart({}).classes("bb-chart bb-tall").props('role="img"')
        curve.props["aria-label"] = view.t("volume")

    @ui.refreshable
    def below(spans: list[Counts], incidents: list[Summary]) -> None:
        if not spans:
            parts.empty(view.t("no counts"), view.t("no counts next"), "hourglass_empty")
        total = added(spans)
        with ui.element("div").classes("bb-grid"):
            for dimension, title in DIMENSIONS:
                with ui.element("section").classes("bb-card"):
                    parts.heading(view.t(title))
                    _names(view, total, dimension, title)
            with ui.element("section").classes("bb-card"):
                parts.heading(view.t("answers"))
                _answers(view, id, total, _since(view, chosen["days"]))
        with ui.element("section").classes("bb-card"):
            parts.heading(view.t("past incidents"))
            if not incidents:
                ui.label(view.t("no incidents")).classes("bb-hint")
            for one in incidents:
                with ui.element("div").classes("bb-line"):
                    parts.severity_pill(view, one.severity)
                    ui.link(one.titles.get(view.lang) or one.id, f"/incidents/{one.id}")
                    ui.label(f"{view.when(one.onset)} · {view.t(str(one.state))}").classes("bb-sub")

    def draw() -> None:
        since, until = _since(view, chosen["days"]), view.core.now_s() + 60
        seconds = FIVE_MINUTES if chosen["days"] == 1 and chosen["by"] == HOUR else HOUR
        hours = series(view.core.db, [id], HOUR, since, until)
        shown = series(view.core.db, [id], seconds, since, until) if seconds != HOUR else hours
        incidents = of_brand(view.core.db, id, since, until)
        marks = [(to_ms(one.onset) // 1000, one.titles.get(view.lang) or one.id) for one in incidents]
        spans = _gathered(view, shown, chosen["by"])
        curve.options.clear()
        curve.options.update(charts.volume(view, spans, marks, share=chosen["share"]))
        curve.update()
        below.refresh(hours, incidents)

    def refresh(changes: Changes) -> None:
        if id in changes.brands:
            draw()
            say()

    def say() -> None:
        state.clear()
        with state:
            one = next(one for one in now.states(view.core) if one.brand == id)
            parts.state_pill(view, one.state)

    def choose() -> None:
        chosen.update(days=period.value, by=by.value, share=share.value)
        draw()

    below([], [])
    for one in (period, by, share):
        one.on_value_change(choose)
    draw()
    say()
    return refresh


def added(spans: list[Counts]) -> Counts:
    """All spans in one."""
    total = Counts("", 0, 0, parts={})
    for one in spans:
        total.merge(one)
    return total


def _since(view: View, days: int) -> int:
    return view.core.now_s() - days * DAY


def _gathered(view: View, spans: list[Counts], seconds: int) -> list[Counts]:
    """Hours added up to days or weeks as the reader's calendar has them."""
    if seconds <= HOUR:
        return spans
    found: dict[str, Counts] = {}
    for one in spans:
        at = view.local(one.start_s)
        key = f"{at:%Y-%m-%d}" if seconds == DAY else f"{at:%G-%V}"
        into = found.setdefault(key, Counts(one.brand, seconds, one.start_s, parts={}))
        into.merge(one)
    return list(found.values())


def _names(view: View, total: Counts, dimension: str, title: str) -> None:
    found = sorted(
        total.parts.get(dimension, {}).items(), key=lambda item: (item[0] in ("none", "other"), -item[1], item[0])
    )
    if not found:
        ui.label(view.t("none")).classes("bb-hint")
        return
    most = max(count for _, count in found)
    rows = [(_bar(view.name(name), count, most), view.number(count)) for name, count in found[:SHOWN]]
    parts.table([(view.t("part"), "text"), (view.t("negative"), "num")], rows, label=view.t(title))


def _bar(name: str, value: int, most: int) -> Any:
    def draw() -> None:
        with ui.element("div").classes("bb-part"):
            ui.label(name).classes("bb-hostile")
            ui.element("div").classes("bb-bar").style(f"width: {round(100 * value / most)}%").props(
                'aria-hidden="true"'
            )

    return draw


def _answers(view: View, id: str, total: Counts, since_s: int) -> None:
    complaints = sum(total.parts.get("complaints", {}).values())
    took = sorted(second for found in times(view.core.db, since_s, [id]).values() for second in found)
    if not complaints and not took:
        ui.label(view.t("no complaints")).classes("bb-hint")
        return
    if not took:
        ui.label(view.t("no answers", complaints=view.number(complaints)))
        return
    ui.label(
        view.t(
            "answers text",
            complaints=view.number(complaints),
            answered=view.number(len(took)),
            median=view.took(percentile(took, 50)),
            p90=view.took(percentile(took, 90)),
        )
    )
