"""Curves, as options of ECharts. What strangers wrote stands in them as text: tooltips are drawn, not HTML."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from detectors.model import TimelinePoint, to_ms
from streams.console.readmodel.counts import DAY, Counts
from streams.console.views.context import View

__all__ = ["bars", "timeline", "volume"]

NEGATIVE, NEUTRAL, POSITIVE, EXPECTED = "#c4473a", "#98a2b3", "#2f7d5b", "#475467"
PALETTE: Final = ("#2b6f8f", "#c4473a", "#7a5c9e", "#b7791f", "#2f7d5b", "#98a2b3", "#8c564b", "#17a2a2")
_TEXT: Final = "#667085"


def _base(view: View) -> dict[str, Any]:
    return {
        "animation": False,
        "textStyle": {"fontFamily": "inherit", "color": _TEXT},
        "grid": {"left": 44, "right": 16, "top": 34, "bottom": 28},
        "legend": {"top": 0, "left": 0, "textStyle": {"color": _TEXT}, "icon": "roundRect", "itemHeight": 8},
        "tooltip": {"trigger": "axis", "renderMode": "richText", "confine": True},
        "aria": {"enabled": True, "decal": {"show": False}},
        "color": list(PALETTE),
    }


def _time_axis(ats: Sequence[datetime], form: str) -> dict[str, Any]:
    return {
        "type": "category",
        "data": [at.strftime(form) for at in ats],
        "axisLabel": {"color": _TEXT},
        "axisLine": {"lineStyle": {"color": "#98a2b355"}},
        "axisTick": {"show": False},
    }


def _value_axis() -> dict[str, Any]:
    return {
        "type": "value",
        "minInterval": 1,
        "axisLabel": {"color": _TEXT},
        "splitLine": {"lineStyle": {"color": "#98a2b333"}},
    }


def timeline(view: View, points: Sequence[TimelinePoint], onset_ms: int) -> dict[str, Any]:
    """An incident's minutes: what was counted, against what is ordinary; a line where it begins."""
    ats = [view.local(to_ms(point.at) // 1000) for point in points]
    onset = next((place for place, point in enumerate(points) if to_ms(point.at) + 300_000 > onset_ms), None)
    mark = (
        {}
        if onset is None
        else {
            "markLine": {
                "symbol": "none",
                "silent": True,
                "label": {"show": False},
                "lineStyle": {"color": EXPECTED, "type": "dashed"},
                "data": [{"xAxis": onset}],
            }
        }
    )
    band = {"type": "line", "stack": "range", "symbol": "none", "lineStyle": {"opacity": 0}, "step": "middle"}
    return _base(view) | {
        "xAxis": _time_axis(ats, "%H:%M"),
        "yAxis": _value_axis(),
        "legend": _base(view)["legend"] | {"data": [view.t("negative"), view.t("expected"), view.t("range")]},
        "series": [
            band | {"name": "low", "data": [point.low for point in points], "tooltip": {"show": False}},
            band
            | {
                "name": view.t("range"),
                "data": [point.high - point.low for point in points],
                "areaStyle": {"color": "#98a2b3", "opacity": 0.25},
                "itemStyle": {"color": "#98a2b3"},
            },
            {
                "name": view.t("expected"),
                "type": "line",
                "symbol": "none",
                "data": [round(point.expected, 1) for point in points],
                "lineStyle": {"type": "dotted", "color": EXPECTED},
                "itemStyle": {"color": EXPECTED},
            },
            {
                "name": view.t("negative"),
                "type": "bar",
                "barMaxWidth": 14,
                "itemStyle": {"color": NEGATIVE},
                "data": [point.observed for point in points],
                **mark,
            },
        ],
    }


def volume(view: View, spans: Sequence[Counts], incidents: Sequence[tuple[int, str]], *, share: bool) -> dict[str, Any]:
    """A brand's spans: positive, neutral and negative on top of each other, or their shares, incidents marked.

    `incidents` are those of this time: second of their onset, and title.
    """
    ats = [view.local(one.start_s) for one in spans]
    seconds = spans[0].seconds if spans else 3600
    form = "%d/%m" if seconds >= DAY else "%d/%m %H:%M" if len(spans) * seconds > 2 * DAY else "%H:%M"

    def of(value: int, one: Counts) -> float:
        return round(100 * value / one.mentions, 1) if share and one.mentions else 0 if share else value

    marks = []
    for onset, title in incidents:
        place = next((at for at, one in enumerate(spans) if one.start_s <= onset < one.start_s + seconds), None)
        if place is not None:
            marks.append(
                {"xAxis": place, "name": title, "label": {"formatter": "!", "color": NEGATIVE, "fontWeight": "bold"}}
            )
    area = {"type": "line", "stack": "all", "symbol": "none", "lineStyle": {"width": 0}, "areaStyle": {"opacity": 0.85}}
    series: list[dict[str, Any]] = [
        area | {"name": view.t(name), "itemStyle": {"color": color}, "data": [of(value(one), one) for one in spans]}
        for name, color, value in (
            ("negative", NEGATIVE, _negative),
            ("neutral", NEUTRAL, _neutral),
            ("positive", POSITIVE, _positive),
        )
    ]
    if marks:
        series[0]["markLine"] = {
            "symbol": ["none", "none"],
            "silent": True,
            "data": marks,
            "lineStyle": {"color": NEGATIVE, "type": "dashed"},
        }
    if not share:
        series.append(
            {
                "name": f"{view.t('expected')} ({view.t('negative')})",
                "type": "line",
                "symbol": "none",
                "data": [round(one.expected, 1) for one in spans],
                "lineStyle": {"type": "dotted", "color": EXPECTED},
                "itemStyle": {"color": EXPECTED},
            }
        )
    axis = _value_axis() | ({"max": 100} if share else {})
    return _base(view) | {"xAxis": _time_axis(ats, form), "yAxis": axis, "series": series}


def _negative(one: Counts) -> int:
    return one.negative


def _neutral(one: Counts) -> int:
    return one.neutral + one.unknown


def _positive(one: Counts) -> int:
    return one.positive


def bars(
    view: View, rows: Sequence[tuple[str, Sequence[float]]], names: Sequence[str], *, unit: str = ""
) -> dict[str, Any]:
    """A bar for each row, cut by `names`."""
    return _base(view) | {
        "grid": {"left": 8, "right": 24, "top": 34, "bottom": 8, "containLabel": True},
        "xAxis": _value_axis()
        | {"axisLabel": {"color": _TEXT, "formatter": "{value}" + unit}, **({"max": 100} if unit else {})},
        "yAxis": {
            "type": "category",
            "inverse": True,
            "data": [name for name, _ in rows],
            "axisLabel": {"color": _TEXT},
            "axisTick": {"show": False},
            "axisLine": {"show": False},
        },
        "series": [
            {
                "name": name,
                "type": "bar",
                "stack": "all",
                "barMaxWidth": 22,
                "data": [values[place] for _, values in rows],
            }
            for place, name in enumerate(names)
        ],
    }
