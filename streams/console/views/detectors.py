"""Detectors: how often each was right, what it makes of its budget of false alarms, and the shadow detectors."""

from __future__ import annotations

from nicegui import run, ui

from streams.console.insight import Achieved, Detectors, detectors
from streams.console.views import parts
from streams.console.views.context import Refresh, View

__all__ = ["show"]


def show(view: View) -> Refresh:
    """How good detectors are."""
    parts.heading(view.t("detectors"), 1)
    body = ui.element("div")

    async def draw() -> None:
        with view.core.reader() as core:
            found = await run.io_bound(detectors, core)
        if found is None:  # the server stops
            return
        body.clear()
        with body:
            _draw(view, found)

    ui.timer(0, draw, once=True)
    ui.timer(60, draw)
    return lambda changes: None


def _draw(view: View, found: Detectors) -> None:
    with ui.element("section").classes("bb-card"):
        parts.heading(view.t("precision"))
        ui.label(view.t("precision text")).classes("bb-hint")
        if not any(row.judged for row in found.precision):
            parts.empty(view.t("not judged yet"), view.t("not judged yet next"), "thumbs_up_down")
        else:
            parts.table(
                parts.columns(view, "brand", "detector", ">right", ">interval", ">judged", ">unjudged"),
                [
                    (
                        row.brand or view.t("all"),
                        row.detector,
                        view.percent(row.precision),
                        "-"
                        if row.low is None or row.high is None
                        else f"{view.percent(row.low)} - {view.percent(row.high)}",
                        row.judged,
                        row.unjudged,
                    )
                    for row in found.precision
                ],
                label=view.t("precision"),
            )
    with ui.element("section").classes("bb-card"):
        parts.heading(view.t("rates"))
        ui.label(view.t("rates text")).classes("bb-hint")
        parts.table(
            parts.columns(view, "brand", "detector", "role", ">alerts", ">false alarms", ">budget", "state"),
            [_achieved(view, one) for one in found.achieved],
            label=view.t("rates"),
        )
    with ui.element("section").classes("bb-card"):
        parts.heading(view.t("suggestions"))
        if not found.suggestions:
            ui.label(view.t("no suggestions")).classes("bb-hint")
        for one in found.suggestions:
            ui.label(f"{one.brand} · {one.detector}: {one.reason}")


def _achieved(view: View, one: Achieved) -> list[str]:
    """At most: what nobody has judged may have been false."""
    rate = (
        None if one.per_month is None else one.shadow_alerts * 30 / one.known_days if one.is_shadow else one.per_month
    )
    days = one.known_days
    at_most = None if days < 1 or one.is_shadow else (one.false + one.unjudged) * 30 / days
    within = "-" if at_most is None or one.budget is None else view.t("within" if at_most <= one.budget else "beyond")
    return [
        one.brand,
        one.detector,
        view.t("shadow" if one.is_shadow else "leads") if one.is_shadow or one.budget is not None else "-",
        "-" if rate is None else view.decimal(rate),
        "-" if at_most is None else view.decimal(at_most),
        "-" if one.budget is None else view.decimal(one.budget),
        within,
    ]
