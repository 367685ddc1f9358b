"""A backtest's result as tables: the ones that are printed, and the ones of its page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import typer

from detectors.backtest.scoring import BacktestResult, CrisisRow, middle
from streams.cli.terminal import moment, print_table, span

__all__ = ["Table", "alarms_table", "brands_table", "crises_table", "detectors_table", "number", "print_backtest"]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of texts. Columns whose name starts with ">" are aligned to the right; the note says how to read it."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


def brands_table(result: BacktestResult) -> Table:
    """What each brand saw, and, where labels said what is true, its false alarms beside their budget."""
    judged = result.false_alarms_per_brand_month is not None
    columns = ["brand", ">mentions", ">negative", ">alerts"]
    columns += [">false alarms", ">a month", ">budget a month"] if judged else [">budget a month"]
    rows: list[list[str]] = []
    for brand, row in result.brands.items():
        cells = [brand, f"{row.posts:,}", f"{row.negative:,}", str(len(row.alerts))]
        if judged:
            false = sum(alarm.brand == brand for alarm in result.false_alarms)
            cells += [str(false), number(row.achieved_per_month)]
        rows.append([*cells, number(row.budget_per_month)])
    return Table("Brands", columns, rows)


def _alerts_table(result: BacktestResult) -> Table:
    rows = [
        [
            alert.id,
            moment(alert.at),
            moment(alert.onset),
            str(alert.observed),
            f"{alert.expected:.1f}",
            "-" if alert.surprise is None else f"{alert.surprise:.1f}",
        ]
        for row in result.brands.values()
        for alert in row.alerts
    ]
    return Table("Alerts", ["alert", "fired", "onset", ">negative", ">expected", ">surprise"], rows)


def crises_table(result: BacktestResult) -> Table:
    """Each crisis, and how early it was found."""
    rows = [
        [
            crisis.id,
            crisis.brand,
            crisis.grade,
            "yes" if crisis.detected else "MISSED",
            moment(crisis.alert_at),
            span(crisis.delay_s),
            span(crisis.lead_s),
        ]
        for crisis in result.crises
    ]
    return Table("Crises", ["crisis", "brand", "grade", "found", "alert", ">after onset", ">before peak"], rows)


def alarms_table(result: BacktestResult) -> Table:
    """Each alert outside of every crisis."""
    rows = [[alarm.alert, alarm.brand, moment(alarm.at), alarm.trap or "-"] for alarm in result.false_alarms]
    return Table("False alarms", ["alert", "brand", "at", "trap"], rows)


def detectors_table(result: BacktestResult) -> Table | None:
    """Detectors side by side: at an equal number of false alarms, or each as it comes; None where there is but one."""
    if result.comparison is not None:
        return _compared(result)
    return _beside(result) if result.shadows else None


def _compared(result: BacktestResult) -> Table:
    comparison = result.comparison
    assert comparison is not None
    alarms = "false alarms" if comparison.labelled else "alerts"
    columns = ["detector", f">{alarms}", ">threshold", ">own threshold", f">own {alarms}", ">us a minute"]
    if comparison.labelled:
        columns[1:1] = [">found", ">after onset", ">before peak"]
        columns.insert(-1, ">own found")
    rows: list[list[str]] = []
    for row in comparison.detectors:
        cells = [row.detector, str(row.false_alarms), number(row.threshold), number(row.own_threshold)]
        cells += [str(row.own_false_alarms), number(result.us_per_bucket.get(row.detector))]
        if comparison.labelled:
            cells[1:1] = [f"{row.detected} of {row.of}", span(row.delay_s), span(row.lead_s)]
            cells.insert(-1, f"{row.own_detected} of {row.of}")
        rows.append(cells)
    first = comparison.detectors[0].detector
    note = (
        f"At an equal number of {alarms}: {comparison.false_alarms}, which is what {first} has at its own threshold. "
        f"The thresholds of the others were moved for that, to the nearest number not above."
    )
    if comparison.labelled:
        note += " Times are medians over the crises found."
    else:
        note += " Without labels every alert counts as a false alarm."
    return Table("Detectors side by side", columns, rows, note)


def _beside(result: BacktestResult) -> Table:
    judged = result.false_alarms_per_brand_month is not None
    columns = ["detector", "brand", ">alerts", ">budget a month", ">us a minute"]
    if judged:
        columns[2:2] = [">found", ">after onset"]
        columns.insert(-2, ">false a month")
    rows: list[list[str]] = []
    live = " + ".join(result.detectors)
    us = sum(result.us_per_bucket.get(name, 0.0) for name in result.detectors) or None
    for brand, row in result.brands.items():
        rates = (len(row.alerts), row.achieved_per_month, row.budget_per_month)
        rows.append(_beside_row(f"{live} (live)", brand, rates, us, result.crises if judged else None))
    for name, shadow in result.shadows.items():
        for brand, rate in shadow.brands.items():
            rates = (rate.alerts, rate.achieved_per_month, rate.budget_per_month)
            crises = shadow.crises if judged else None
            rows.append(_beside_row(f"{name} (shadow)", brand, rates, result.us_per_bucket.get(name), crises))
    note = "Each at its own threshold. Shadow detectors alert nobody; these are the alerts that they would have given."
    return Table("Live and shadow detectors", columns, rows, note)


def _beside_row(
    detector: str,
    brand: str,
    rates: tuple[int, float | None, float],
    us: float | None,
    crises: Sequence[CrisisRow] | None,
) -> list[str]:
    alerts, achieved, budget = rates
    cells = [detector, brand, str(alerts), number(budget), number(us)]
    if crises is not None:
        own = [crisis for crisis in crises if crisis.brand == brand]
        found = sum(crisis.detected for crisis in own)
        cells[2:2] = [f"{found} of {len(own)}", span(middle(crisis.delay_s for crisis in own))]
        cells.insert(-2, number(achieved))
    return cells


def number(value: float | None) -> str:
    """A number as people read it; a dash where there is none.

    >>> number(4.7836), number(0.5), number(12345.6), number(None)
    ('4.78', '0.5', '12346', '-')
    """
    if value is None:
        return "-"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _summary(result: BacktestResult) -> Iterator[str]:
    """What came of it, a line each: what was read, what was no post, what was found."""
    line = f"{result.posts:,} posts over {result.days:.1f} days, read at {result.posts_per_s:,.0f} posts/s"
    yield line + (f"; {result.warm_up_posts:,} before them, to learn from" if result.warm_up_posts else "")
    if result.rejected:
        yield f"{result.rejected:,} records were no posts"
    if result.false_alarms_per_brand_month is not None:
        yield (
            f"{result.detected} of {result.of} crises found; {len(result.false_alarms)} false alarms, "
            f"{result.false_alarms_per_brand_month:g} per brand and month"
        )


def print_backtest(result: BacktestResult) -> None:
    """Print what a backtest found: brands, alerts, and, where labels said what is true, crises and false alarms."""
    tables = [brands_table(result), _alerts_table(result)]
    tables += [crises_table(result)] if result.crises else []
    tables += [alarms_table(result)] if result.false_alarms else []
    beside = detectors_table(result)
    tables += [beside] if beside is not None else []
    for table in tables:
        print_table(table.title, table.columns, table.rows)
        if table.note:
            typer.echo(f"{table.note}\n")
    typer.echo("\n".join(_summary(result)))
