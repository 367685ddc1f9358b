"""Small things that several views show: states with a sign and a word, titles, empty places, tables of counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from nicegui import ui

from detectors.model import Severity
from streams.console.overview import State
from streams.console.views.context import View

__all__ = [
    "SEVERITY_ICONS",
    "STATE_ICONS",
    "button",
    "columns",
    "empty",
    "heading",
    "severity_pill",
    "state_pill",
    "table",
]

SEVERITY_ICONS: Final = {
    Severity.CRITICAL: "crisis_alert",
    Severity.HIGH: "priority_high",
    Severity.MEDIUM: "warning_amber",
    Severity.LOW: "info_outline",
}
STATE_ICONS: Final = {
    State.FIRING: "local_fire_department",
    State.ELEVATED: "trending_up",
    State.NO_DATA: "signal_wifi_off",
    State.WARMING_UP: "hourglass_empty",
    State.QUIET: "check_circle_outline",
}


def heading(text: str, level: int = 2) -> ui.label:
    """A heading."""
    with ui.element(f"h{level}").classes(f"bb-h{level}"):
        return ui.label(text)


def severity_pill(view: View, severity: Severity) -> None:
    """How bad, as a sign and a word."""
    with ui.element("span").classes(f"bb-pill bb-{severity}"):
        ui.icon(SEVERITY_ICONS[severity]).props('aria-hidden="true"')
        ui.label(view.severity(severity))


def state_pill(view: View, state: State) -> None:
    """How a brand stands."""
    with ui.element("span").classes(f"bb-pill bb-state-{state.name.lower()}"):
        ui.icon(STATE_ICONS[state]).props('aria-hidden="true"')
        ui.label(view.t(f"state {state}"))


def empty(text: str, following: str = "", icon: str = "check_circle_outline") -> None:
    """A place where there is nothing, and what to do next."""
    with ui.element("div").classes("bb-empty"):
        ui.icon(icon).props('aria-hidden="true"')
        ui.label(text).classes("bb-empty-title")
        if following:
            ui.label(following).classes("bb-hint")


def button(text: str, do: Callable[..., Any], *, icon: str | None = None, kind: str = "quiet") -> ui.button:
    """A button: "go" is the obvious next step, "quiet" another one, "plain" has no frame."""
    style = {"go": "unelevated", "quiet": "outline", "plain": "flat"}[kind]
    return (
        ui.button(text, icon=icon, on_click=do, color=None)
        .props(f"{style} no-caps")
        .classes(f"bb-button bb-button-{kind}")
    )


def columns(view: View, *names: str) -> list[tuple[str, str]]:
    """Columns of `table` by the words for them; what begins with ">" holds numbers."""
    return [(view.t(name.removeprefix(">")), "num" if name.startswith(">") else "text") for name in names]


def table(heads: Sequence[tuple[str, str]], rows: Iterable[Sequence[Any]], *, label: str) -> None:
    """A plain table; a head's second word is "num" where its cells are numbers. All cells are text."""
    with ui.element("div").classes("bb-scroll").props('tabindex="0" role="region"') as box:
        box.props["aria-label"] = label
        with ui.element("table").classes("bb-plain"):
            with ui.element("thead"), ui.element("tr"):
                for name, kind in heads:
                    with ui.element("th").classes(f"bb-{kind}").props('scope="col"'):
                        ui.label(name[:1].upper() + name[1:])
            with ui.element("tbody"):
                for row in rows:
                    with ui.element("tr"):
                        for (_, kind), cell in zip(heads, row, strict=True):
                            with ui.element("td").classes(f"bb-{kind}"):
                                cell() if callable(cell) else ui.label(str(cell))
