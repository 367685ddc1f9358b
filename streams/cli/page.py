"""A backtest as a page for people: what was found, how early, and what was cried for nothing."""

from __future__ import annotations

import html
from typing import Final

from detectors.backtest import BacktestResult, Labels, Replay, Timelines
from detectors.backtest.scoring import DAYS_PER_MONTH, middle
from streams.cli.chart import Chart, counted
from streams.cli.page_frame import framed, table
from streams.cli.report import Table, alarms_table, brands_table, crises_table, detectors_table, number
from streams.cli.terminal import moment, span
from streams.markup import safe

__all__ = ["backtest_page"]

ENOUGH_MONTHS: Final = 3
"""With fewer months of brands a rate of false alarms says little."""


def backtest_page(
    result: BacktestResult, replay: Replay, timelines: Timelines, labels: Labels | None, *, title: str
) -> str:
    """The whole page, in UTF-8. `labels` are those of the stretch that counts; `title` names the file of posts."""
    charts = [
        Chart(number, brand.id, timelines.of(brand.id, labels), replay.first_firings(brand), labels)
        for number, brand in enumerate(replay.watch.brands, start=1)
    ]
    parts = [
        f"<h1>Backtest of {safe(title)}</h1>",
        f'<p class="lead">{_lead(result)}</p>',
        f"<p>{_read(result)}</p>",
        *_section(brands_table(result), "False alarms and their budget" if labels is not None else "Brands"),
    ]
    if labels is not None:
        parts += _section(crises_table(result), "Crises", "No crisis is labelled in this stretch.")
        parts += _section(alarms_table(result), "False alarms", "No alert was a false one.")
    parts += ["<h2>What happened, brand by brand</h2>", _legend(labels), *(chart.html() for chart in charts)]
    beside = detectors_table(result)
    if beside is not None:
        parts += _section(beside, beside.title)
    parts.append(_WORDS)
    figures = [chart.figure() for chart in charts if chart.timeline.bins]
    return framed(f"Backtest of {title}", parts, figures)


def _lead(result: BacktestResult) -> str:
    """The one sentence that whoever reads nothing else reads."""
    if result.false_alarms_per_brand_month is None:
        alerts = sum(len(row.alerts) for row in result.brands.values())
        over = f"{counted(len(result.brands), 'brand')} and {result.days:.1f} days"
        return f"{counted(alerts, 'alert')} over {over}. Without labels nobody can say which of them were right."
    found = [crisis for crisis in result.crises if crisis.detected]
    said = f"badbuzz found <strong>{len(found)} of {counted(result.of, 'crisis', 'crises')}</strong>"
    if found:
        each = "" if len(found) == 1 else " in the median"
        delay, lead = middle(crisis.delay_s for crisis in found), middle(crisis.lead_s for crisis in found)
        said += f"{each} {_apart(delay, 'the onset')} and {_apart(-lead if lead is not None else None, 'the peak')}"
    months = len(result.brands) * result.days / DAYS_PER_MONTH
    budget = sum(row.budget_per_month for row in result.brands.values()) / len(result.brands)
    said += (
        f", and cried <strong>{counted(len(result.false_alarms), 'false alarm')}</strong>: "
        f"{number(result.false_alarms_per_brand_month)} per brand and month, where {number(budget)} is allowed."
    )
    if months < ENOUGH_MONTHS:
        said += f" That rate is a rough one: all brands together were watched for {months:.1f} months."
    return said


def _read(result: BacktestResult) -> str:
    said = f"{counted(result.posts, 'post')} over {result.days:.1f} days"
    if result.since is not None:
        said += f" from {moment(result.since)} on; {counted(result.warm_up_posts, 'post')} before that to learn from"
    if result.until is not None:
        said += f"; nothing later than {moment(result.until)}"
    if result.rejected:
        said += f"; {counted(result.rejected, 'record')} could not be read as posts"
    return f"{said}."


def _apart(seconds: float | None, what: str) -> str:
    if seconds is None:
        return ""
    return f"{span(abs(seconds))} {'after' if seconds >= 0 else 'before'} {what}"


def _section(told: Table, title: str, nothing: str = "") -> list[str]:
    heading = f"<h2>{title}</h2>"
    if not told.rows:
        return [heading, f"<p>{nothing}</p>"]
    note = [f"<p>{html.escape(told.note)}</p>"] if told.note else []
    return [heading, *note, table(told.columns, told.rows, title)]


def _legend(labels: Labels | None) -> str:
    said = (
        "The line counts negative mentions, the dashed line is what was to be expected, and the band around it is what "
        "nine of ten ordinary stretches of this file lie in. While badbuzz learns a brand's habits it alerts nobody."
    )
    if labels is None:
        return f"<p>{said} A diamond is an alert.</p>"
    return (
        f"<p>{said} A triangle is an alert in a crisis, a cross a false alarm, a ring an alert in a span that does not "
        "count. Spans carry their names: crises have a solid edge, traps a dashed and ignored spans a dotted one. The "
        "bar at the top of a crisis goes from its onset to its first alert.</p>"
    )


_WORDS: Final = """<h2>Words</h2>
<dl><dt>Onset, peak</dt><dd>When a crisis began and when it was at its loudest, as people labelled it by hand.</dd>
<dt>Found</dt><dd>An alert came between half an hour before the onset and the end of the crisis.</dd>
<dt>After onset, before peak</dt><dd>How late the first alert was, and how much time was left until the peak.</dd>
<dt>False alarm</dt><dd>An alert outside of every crisis. One in a trap, where something harmless was loud, is false
too; one in an ignored span counts for nothing.</dd>
<dt>Budget</dt><dd>How many false alarms a brand may have in a month of 30 days; thresholds are derived from it.</dd>
<dt>us a minute</dt><dd>What a detector costs: microseconds of computing for each minute of one brand.</dd></dl>"""
