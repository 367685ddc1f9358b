"""A backtest's result as tables."""

from __future__ import annotations

import typer

from detectors.backtest import BacktestResult
from streams.cli.terminal import moment, print_table, span

__all__ = ["print_backtest"]


def print_backtest(result: BacktestResult) -> None:
    """Print what a backtest found: brands, alerts, and, where labels said what is true, crises and false alarms."""
    brands = result.brands.items()
    print_table(
        "Brands",
        ["brand", ">mentions", ">negative", ">alerts"],
        [(brand, f"{row.posts:,}", f"{row.negative:,}", len(row.alerts)) for brand, row in brands],
    )
    print_table(
        "Alerts",
        ["alert", "fired", "onset", ">negative", ">expected", ">surprise"],
        [
            (
                alert.id,
                moment(alert.at),
                moment(alert.onset),
                alert.observed,
                f"{alert.expected:.1f}",
                "-" if alert.surprise is None else f"{alert.surprise:.1f}",
            )
            for _, row in brands
            for alert in row.alerts
        ],
    )
    if result.crises:
        print_table(
            "Crises",
            ["crisis", "brand", "grade", "found", "alert", ">after onset", ">before peak"],
            [
                (
                    crisis.id,
                    crisis.brand,
                    crisis.grade,
                    "yes" if crisis.detected else "MISSED",
                    moment(crisis.alert_at),
                    span(crisis.delay_s),
                    span(crisis.lead_s),
                )
                for crisis in result.crises
            ],
        )
    if result.false_alarms:
        print_table(
            "False alarms",
            ["alert", "brand", "at", "trap"],
            [(alarm.alert, alarm.brand, moment(alarm.at), alarm.trap or "-") for alarm in result.false_alarms],
        )
    lines = [f"{result.posts:,} posts over {result.days:.1f} days, read at {result.posts_per_s:,.0f} posts/s"]
    if result.rejected:
        lines.append(f"{result.rejected:,} records were no posts")
    if result.false_alarms_per_brand_month is not None:
        lines.append(
            f"{result.detected} of {result.of} crises found; {len(result.false_alarms)} false alarms, "
            f"{result.false_alarms_per_brand_month:g} per brand and month"
        )
    typer.echo("\n".join(lines))
