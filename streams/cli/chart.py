"""One brand's part of the page of a backtest: its alerts, a chart, and the numbers of that chart as a table.

No text of a stranger goes into a chart: what stands there are our own words.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from detectors.backtest import Crisis, Labels
from detectors.backtest.scoring import is_false
from detectors.backtest.timeline import Timeline
from detectors.model import Alert
from streams.cli.page_frame import table
from streams.cli.terminal import moment
from streams.markup import safe

__all__ = ["Chart", "counted"]

QUOTED_CHARS: Final = 240
"""More of a post is not shown."""


def counted(count: int, one: str, many: str | None = None) -> str:
    """How many there are, in words.

    >>> counted(1, "crisis", "crises"), counted(2, "alert")
    ('1 crisis', '2 alerts')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


class Chart:
    """One brand's part of the page: what its alerts were, a chart, and the numbers of that chart as a table."""

    def __init__(
        self, number: int, brand: str, timeline: Timeline, alerts: Sequence[Alert], labels: Labels | None
    ) -> None:
        self.number = number
        self.brand = brand
        self.timeline = timeline
        self.alerts = alerts
        self.labels = labels
        known = labels or Labels()
        self.crises = [crisis for crisis in known.crises if crisis.brand == brand]
        self.traps = [span_ for span_ in known.traps if span_.brand == brand]
        self.ignored = [span_ for span_ in known.ignore if span_.brand == brand]

    def html(self) -> str:
        """The section of the brand; its chart is drawn into the element `chart-NUMBER`."""
        name = safe(self.brand)
        if not self.timeline.bins:
            return f"<section><h3>{name}</h3><p>Nobody spoke of it.</p></section>"
        total = sum(bin_.negative or 0 for bin_ in self.timeline.bins)
        told = f"{counted(total, 'negative mention')}, {counted(len(self.alerts), 'alert')}"
        label = html.escape(f"Chart of negative mentions of {self.brand}: {told}. Its numbers are in the table below.")
        columns, rows = ["day (UTC)", ">negative", ">expected", "what happened"], list(self._days())
        return (
            f"<section><h3>{name}</h3>{self._named()}"
            f'<figure><div class="chart" id="chart-{self.number}" role="img" aria-label="{label}"></div>'
            f"<figcaption>Negative mentions in {_width(self.timeline.width)}, UTC: {told}.</figcaption></figure>"
            f"{self._alerts_table()}"
            f"<details><summary>The numbers, day by day</summary>"
            f"{table(columns, rows, f'Negative mentions of {self.brand} by day')}</details></section>"
        )

    def _named(self) -> str:
        """Which span of the chart is which."""
        named = [(f"Crisis {n}", crisis.id, crisis.kind) for n, crisis in enumerate(self.crises, start=1)]
        named += [(f"Trap {n}", span_.id, span_.why) for n, span_ in enumerate(self.traps, start=1)]
        named += [(f"Ignored {n}", span_.id, span_.why) for n, span_ in enumerate(self.ignored, start=1)]
        items = [f"<dt>{what}</dt><dd>{safe(i)}{': ' + safe(why) if why else ''}</dd>" for what, i, why in named]
        return f"<dl>{''.join(items)}</dl>" if items else ""

    def _alerts_table(self) -> str:
        if not self.alerts:
            return "<p>No alert.</p>"
        rows = [
            [
                moment(alert.at),
                self._verdict(alert),
                str(alert.why.observed),
                f"{alert.why.expected:.1f}",
                moment(alert.onset),
                _quote(alert),
            ]
            for alert in self.alerts
        ]
        columns = ["alert", "it was", ">negative", ">expected", "since", "the post that most people saw"]
        return table(columns, rows, f"Alerts of {self.brand}")

    def _verdict(self, alert: Alert) -> str:
        if self.labels is None:
            return "an alert"
        found = [n for n, crisis in enumerate(self.crises, start=1) if crisis.covers(alert.brand, alert.at)]
        if found:
            return f"in crisis {found[0]}"
        if not is_false(alert, self.labels):
            return "not counted"
        return "a false alarm"

    def _days(self) -> Iterator[list[str]]:
        days: dict[str, list[int]] = {}
        for place, bin_ in enumerate(self.timeline.bins):
            days.setdefault(f"{bin_.start:%Y-%m-%d}", []).append(place)
        for day, places in days.items():
            bins = [self.timeline.bins[place] for place in places]
            counts = [bin_.negative for bin_ in bins if bin_.negative is not None]
            expected = [bin_.expected for bin_ in bins if bin_.expected is not None]
            alerts = [f"alert {alert.at:%H:%M}, {self._verdict(alert)}" for alert in self.alerts]
            happened = [said for said, alert in zip(alerts, self.alerts, strict=True) if f"{alert.at:%Y-%m-%d}" == day]
            happened += [
                f"crisis {n} began {crisis.onset:%H:%M}"
                for n, crisis in enumerate(self.crises, start=1)
                if f"{crisis.onset:%Y-%m-%d}" == day
            ]
            known = len(expected) == len(bins)
            yield [
                day,
                f"{sum(counts):,}" if counts else "no data",
                f"{sum(expected):,.1f}" if known else "learning" if counts else "-",
                "; ".join(happened) or "-",
            ]

    # ---------------------------------------------------------------------------------- the figure

    def figure(self) -> dict[str, Any]:
        """A figure of Plotly (https://plotly.com/javascript/reference/) without one word of a stranger in it."""
        bins = self.timeline.bins
        starts = [_stamp(bin_.start) for bin_ in bins]
        traces: list[dict[str, Any]] = list(self._ordinary())
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": "negative mentions",
                "x": starts,
                "y": [bin_.negative for bin_ in bins],
                "line": {"color": "--ink", "width": 1.5, "shape": "hv"},
                "hovertemplate": "%{x|%a %d %b %H:%M}: %{y}<extra></extra>",
            }
        )
        if any(bin_.expected is not None for bin_ in bins):
            traces.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "name": "expected",
                    "x": starts,
                    "y": [None if bin_.expected is None else round(bin_.expected, 2) for bin_ in bins],
                    "line": {"color": "--calm", "width": 1.5, "dash": "dash"},
                    "hovertemplate": "expected %{y:.1f}<extra></extra>",
                }
            )
        traces += self._marks()
        shapes, notes = self._spans()
        end = bins[-1].start + self.timeline.width
        return {
            "id": f"chart-{self.number}",
            "data": traces,
            "layout": {
                "shapes": shapes,
                "annotations": notes,
                "xaxis": {"type": "date", "range": [_stamp(bins[0].start), _stamp(end)], "nticks": 8},
                "yaxis": {"rangemode": "tozero", "title": {"text": f"in {_width(self.timeline.width)}"}},
            },
        }

    def _ordinary(self) -> Iterator[dict[str, Any]]:
        """The ordinary range, as a ring around each stretch in which it is known."""
        x: list[str | None] = []
        y: list[float | None] = []
        stretch: list[tuple[str, float, float]] = []
        for bin_ in [*self.timeline.bins, None]:
            if bin_ is not None and bin_.low is not None and bin_.high is not None:
                stretch.append((_stamp(bin_.start), round(bin_.low, 2), round(bin_.high, 2)))
                continue
            if stretch:
                x += [*(at for at, _, _ in stretch), *(at for at, _, _ in reversed(stretch)), None]
                y += [*(high for _, _, high in stretch), *(low for _, low, _ in reversed(stretch)), None]
            stretch = []
        if x:
            yield {
                "type": "scatter",
                "mode": "lines",
                "name": "ordinary range",
                "x": x[:-1],
                "y": y[:-1],
                "fill": "toself",
                "fillcolor": "--range",
                "line": {"width": 0},
                "hoverinfo": "skip",
            }

    def _marks(self) -> Iterator[dict[str, Any]]:
        """The alerts, each kind with a mark of its own."""
        kinds = {
            "an alert": ("alert", "diamond", "--alarm"),
            "in crisis": ("alert in a crisis", "triangle-up", "--good"),
            "a false alarm": ("false alarm", "x", "--alarm"),
            "not counted": ("alert that does not count", "circle-open", "--ink"),
        }
        for kind, (name, symbol, colour) in kinds.items():
            alerts = [alert for alert in self.alerts if self._verdict(alert).startswith(kind)]
            if alerts:
                yield {
                    "type": "scatter",
                    "mode": "markers",
                    "name": name,
                    "x": [_stamp(alert.at) for alert in alerts],
                    "y": [self._height(alert.at) for alert in alerts],
                    "marker": {
                        "symbol": symbol,
                        "size": 13,
                        "color": colour,
                        "line": {"width": 1.5, "color": "--paper"},
                    },
                    "hovertemplate": f"{name}, %{{x|%a %d %b %H:%M}}<extra></extra>",
                }

    def _height(self, at: datetime) -> int:
        counts = [bin_.negative for bin_ in self.timeline.bins if bin_.start <= at < bin_.start + self.timeline.width]
        return next((count for count in counts if count is not None), 0)

    def _spans(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Crises, traps, ignored and learning spans as bands, and what is written above them."""
        first, last = self.timeline.bins[0].start, self.timeline.bins[-1].start + self.timeline.width
        bands = [(c.onset, c.end, "--crisis", "solid", f"Crisis {n}") for n, c in enumerate(self.crises, start=1)]
        bands += [(s.start, s.until, "--trap", "dash", f"Trap {n}") for n, s in enumerate(self.traps, start=1)]
        bands += [(s.start, s.until, "--trap", "dot", f"Ignored {n}") for n, s in enumerate(self.ignored, start=1)]
        if self.timeline.learning_until is not None:
            bands.append((first, self.timeline.learning_until, "--range", "", "Learning"))
        shapes: list[dict[str, Any]] = []
        notes: list[dict[str, Any]] = []
        for start, end, colour, dash, name in bands:
            if end < first or start > last:
                continue
            start, end = max(start, first), min(end, last)
            shapes.append(
                {
                    "type": "rect",
                    "yref": "paper",
                    "x0": _stamp(start),
                    "x1": _stamp(end),
                    "y0": 0,
                    "y1": 1,
                    "layer": "below",
                    "fillcolor": colour,
                    "line": {"color": "--edge", "width": 1, "dash": dash} if dash else {"width": 0},
                }
            )
            late = start - first > (last - first) / 2
            notes.append(
                {
                    "text": name,
                    "x": _stamp(end if late else start),
                    "xanchor": "right" if late else "left",
                    "yref": "paper",
                    "y": 1,
                    "yanchor": "bottom",
                    "showarrow": False,
                }
            )
        for crisis in self.crises:
            at = self._first_alert(crisis)
            if at is not None:
                start, end = sorted([max(first, crisis.onset), at])
                line = {"color": "--good", "width": 5}
                ends = {"x0": _stamp(start), "x1": _stamp(end), "y0": 0.99, "y1": 0.99}
                shapes.append({"type": "line", "yref": "paper", "line": line, **ends})
        return shapes, notes

    def _first_alert(self, crisis: Crisis) -> datetime | None:
        return min((alert.at for alert in self.alerts if crisis.covers(alert.brand, alert.at)), default=None)


def _quote(alert: Alert) -> str:
    post = alert.why.top_posts[0] if alert.why.top_posts else alert.why.first_post
    if post is None:
        return "-"
    text = " ".join(post.text.split())
    return f"{text[:QUOTED_CHARS]}..." if len(text) > QUOTED_CHARS else text


def _stamp(at: datetime) -> str:
    """A moment as Plotly reads it: in UTC, without saying so."""
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _width(width: timedelta) -> str:
    """A bin in words.

    >>> _width(timedelta(hours=1)), _width(timedelta(minutes=15)), _width(timedelta(days=1))
    ('an hour', '15 minutes', 'a day')
    """
    names = {timedelta(hours=1): "an hour", timedelta(days=1): "a day", timedelta(hours=6): "6 hours"}
    return names.get(width) or f"{width // timedelta(minutes=1)} minutes"
