"""A bench as tables on stdout."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from streams.bench.console import ConsoleBench
from streams.bench.results import BenchResult, ClosingCost, DetectorCost, MatchingCost
from streams.cli.report import Table
from streams.cli.terminal import print_table

__all__ = ["closing_text", "detectors_table", "matching_text", "print_bench", "print_console_bench"]


def print_bench(result: BenchResult) -> None:
    """Print it: what people quote first, then what it is made of."""
    machine = result.machine
    packages = ", ".join(f"{name} {version}" for name, version in machine.packages.items())
    print_table(
        f"badbuzz bench: {result.posts:,} posts, {result.mentions:,} mentions of {result.brands} brands, "
        f"{result.negative:,} of them negative",
        ["", ""],
        [
            ("machine", f"{machine.cores} x {machine.cpu}, {machine.system}"),
            ("software", f"Python {machine.python}, {packages}"),
            ("broker", f"{machine.broker}, {result.partitions} partitions"),
        ],
    )
    print_table("Throughput", ["", ">posts/s", ">of in memory", "runs"], _throughput(result))
    if result.peers:
        print_table(
            "Plain Faust, same posts and broker",
            ["", ">posts/s", ">badbuzz is", "counts"],
            [(p.name, f"{p.posts_per_s:,.0f}", f"{p.ratio:.1f} x", p.check) for p in result.peers],
        )
    if (found := result.latency) is not None:
        print_table(
            "From publishing to alert",
            [">p50", ">p99", ">longest", "of"],
            [
                (
                    _ms(found.p50_ms),
                    _ms(found.p99_ms),
                    _ms(found.max_ms),
                    f"{found.alerts} alerts in {found.waves} waves, beside {found.ordinary_per_s:,.0f} other posts/s",
                )
            ],
        )
    print_table(
        "Cost of one post",
        ["step", ">us", "what"],
        [(step.step, f"{step.us_per_post:.1f}", step.what) for step in result.steps],
    )
    typer.echo(matching_text(result.matching))
    table = detectors_table(result.detectors)
    print_table(table.title, table.columns, table.rows)
    typer.echo(closing_text(result.closing))


def detectors_table(costs: Sequence[DetectorCost]) -> Table:
    """What each detector costs."""
    rows = [
        [cost.detector, f"{cost.quiet_per_s:,.0f}", f"{cost.busy_per_s:,.0f}", f"{cost.state_bytes:,}"]
        for cost in costs
    ]
    return Table("Detectors, one core", ["", ">updates/s, quiet", ">updates/s, busy", ">bytes of state"], rows)


def matching_text(cost: MatchingCost) -> str:
    """What looking for many brands costs.

    >>> matching_text(MatchingCost(brands=50_000, terms=100_000, posts_per_s=200_000.4, memory_mb=91.2))
    'Looking for 50,000 brands by 100,000 terms: 200,000 posts/s that name none, 91 MB.'
    """
    return (
        f"Looking for {cost.brands:,} brands by {cost.terms:,} terms: {cost.posts_per_s:,.0f} posts/s that name none, "
        f"{cost.memory_mb:,.0f} MB."
    )


def closing_text(cost: ClosingCost) -> str:
    """What closing a minute of many brands costs.

    >>> closing_text(ClosingCost(brands=20_000, seconds=0.4, per_100k_s=2.0, state_bytes=3_000))
    'Closing a minute of 100,000 brands: 2.0 s on one core (20,000 measured, 0.40 s), 3,000 bytes of state each.'
    """
    return (
        f"Closing a minute of 100,000 brands: {cost.per_100k_s:.1f} s on one core "
        f"({cost.brands:,} measured, {cost.seconds:.2f} s), {cost.state_bytes:,} bytes of state each."
    )


def _throughput(result: BenchResult) -> list[tuple[str, str, str, str]]:
    stream = [run.posts_per_s for run in result.stream_runs]
    memory = "unknown" if result.peak_memory_mb is None else f"{result.peak_memory_mb:,.0f} MB"
    return [
        ("in memory", f"{result.memory_posts_per_s:,.0f}", "", _runs(result.memory_runs)),
        *((f"  {mix.what}", f"{mix.posts_per_s:,.0f}", "", "in memory") for mix in result.mixes),
        ("stream", f"{result.stream_posts_per_s:,.0f}", f"{result.ratio:.0%}", _runs(stream)),
        ("counts", _equal(result), "", "mentions by brand and sentiment, stream against in memory"),
        ("peak memory", memory, "", "of the worker (VmHWM)"),
    ]


def _equal(result: BenchResult) -> str:
    return "equal" if all(run.counts_equal for run in result.stream_runs) else "DIFFERENT"


def _runs(rates: list[float]) -> str:
    return ", ".join(f"{rate:,.0f}" for rate in rates)


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f} ms"


def print_console_bench(result: ConsoleBench) -> None:
    """Print how quick the console was."""
    rows = [
        (name, f"{one.median:,.0f} ms", f"{one.p95:,.0f} ms", one.count)
        for name, one in (
            ("first view", result.first_view_ms),
            ("click to change", result.click_to_change_ms),
            ("click to another view", result.to_another_view_ms),
            ("search", result.search_ms),
            ("new incident to the page", result.live_ms),
        )
    ]
    print_table(
        f"Console: {result.open_incidents} open and {result.past_incidents:,} past incidents, {result.brands} brands, "
        f"{result.watchers} watch",
        ["", ">median", ">95 %", ">times"],
        rows,
    )
    read = f"{result.minutes_read:,} minutes and all incidents read, {result.read_per_s:,.0f} records/s"
    print_table(
        "Its process",
        ["", ""],
        [
            ("reading", read),
            ("memory", f"{result.mib_when_read:,.0f} MiB when read, {result.mib_at_the_end:,.0f} MiB at the end"),
        ],
    )
