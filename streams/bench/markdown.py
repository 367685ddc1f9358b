"""The measured results as Markdown, as they are published."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from typing import Final

from detectors.backtest.trials import BANDS, GRACE_MIN, WARM_DAYS, Alarms, Trial
from streams.bench.nab import NabResult, NabScore
from streams.bench.report import closing_text, detectors_table
from streams.bench.trials import SINCE_DAYS, BudgetRow, EarlyBand, Results
from streams.cli.report import Table
from streams.cli.terminal import markdown_table

__all__ = ["markdown"]

_BANDS: Final = [f"{low:g} to {high:g}" for low, high in BANDS]


def markdown(results: Results) -> str:
    """Everything that was measured."""
    machine, plan = results.machine, results.plan
    parts = [
        "# Measured results",
        f"badbuzz {machine.packages['badbuzz']}, {machine.cores} x {machine.cpu}, {machine.system}, "
        f"Python {machine.python}. Made-up lives, the same at every run: {plan.brands} rates, {plan.seeds} x for the "
        f"budgets, {plan.waves_each} waves a life. Rates are negative mentions per minute, months have 30 days.",
    ]
    if results.budget is not None:
        parts += ["## False alarms against the budget", *_budget(results.leader, results.budget)]
    if results.early is not None:
        parts += ["## How early", *_early(results.leader, results.early)]
    if results.nab is not None or results.nab_skipped is not None:
        parts += ["## NAB, realTweets", *(_nab(results.nab) if results.nab else [f"skipped: {results.nab_skipped}"])]
    if results.detectors is not None and results.closing is not None:
        parts += ["## Cost", _table(detectors_table(results.detectors)), closing_text(results.closing)]
    return "\n\n".join(parts) + "\n"


def _table(table: Table) -> str:
    """A table with its title and its note around it."""
    text = f"**{table.title}**\n\n{markdown_table(table.columns, table.rows)}"
    return f"{text}\n\n{table.note}" if table.note else text


# ---------------------------------------------------------------------------------------- false alarms


def _budget(leader: str, rows: Sequence[BudgetRow]) -> list[str]:
    cells = [
        [
            f"{row.budget_per_month:g}",
            "the fourth week" if row.since_day == SINCE_DAYS[-1] else f"day {row.since_day + 1}",
            *(_ratio(alarms, row.budget_per_month) for alarms in row.bands),
            _ratio(_sum(row.bands), row.budget_per_month),
            f"{_sum(row.bands).brand_months:.0f}",
        ]
        for row in rows
    ]
    note = (
        "Achieved by budget (95 % of a Poisson process), on lives without a crisis, with and without drift, half of "
        "them wandering. 1 is the budget kept to the point; below it is quieter."
    )
    columns = [">budget a month", "counted from", *(f">{band}" for band in _BANDS), ">all", ">brand-months"]
    return [_table(Table(f"{leader}: false alarms achieved, as a multiple of the budget", columns, cells, note))]


def _ratio(alarms: Alarms, budget: float) -> str:
    low, high = (bound / budget for bound in alarms.interval)
    return f"{alarms.per_month / budget:.2f} ({low:.2f}-{high:.2f})"


def _sum(alarms: Iterable[Alarms]) -> Alarms:
    return sum(alarms, Alarms(0, 0.0))


# --------------------------------------------------------------------------------------------- how early


def _early(leader: str, bands: Sequence[EarlyBand]) -> list[str]:
    names = sorted(bands[0].trials, key=lambda name: _rank(_all_delays(bands, name)))
    columns = [*(f">{band}" for band in _BANDS), ">all"]
    floors = [
        [
            "ln(ARL)/KL, in the mean",
            *_delay_cells([[floor.lorden_min for floor in band.floors] for band in bands]),
            "",
        ],
        ["CUSUM that knows all", *_delay_cells([[floor.cusum_min for floor in band.floors] for band in bands]), ""],
    ]
    found = [
        [
            name,
            *_delay_cells([band.trials[name].delays_min for band in bands]),
            f"{_sum(band.trials[name].achieved for band in bands).per_month:.2f}",
        ]
        for name in names
    ]
    months = _sum(band.trials[leader].achieved for band in bands).brand_months
    note = (
        f"{sum(len(band.floors) for band in bands)} waves that double every 5 to 60 minutes and peak at 8 to 40 times "
        f"the usual, after {WARM_DAYS} days of ordinary life. Each detector has, in each band, the threshold on its "
        f"own surprise that gave one false alarm per brand and month in {months:.0f} brand-months (one alarm in 6 h); "
        "what it achieved when it lived them again with that threshold stands at the end. In time is an alarm between "
        f"a wave's start and {GRACE_MIN} minutes after its peak, if it is not over before; a wave not found is "
        "infinitely late. ln(ARL)/KL is the limit for endless run lengths (Lorden 1971), the CUSUM the best rule at "
        "this one (an approximation), for somebody who knows the brand's true rate and the shape of the wave; both are "
        "of the mean, and without luck."
    )
    own = [
        [name, *(f"{band.trials[name].own.per_month:.2f}" for band in bands), f"{_own(bands, name).per_month:.2f}"]
        for name in names
    ]
    return [
        _table(
            Table(
                "Median delay in minutes, and share of waves found in time, at one false alarm per brand and month",
                ["", *columns, ">false alarms a month"],
                floors + found,
                note,
            )
        ),
        _table(
            Table(
                f"{leader} against the best other",
                ["rate", f">{leader}", ">best other", "which", ">ahead by"],
                [
                    *(_lead(label, leader, [band]) for label, band in zip(_BANDS, bands, strict=True)),
                    _lead("all", leader, bands),
                ],
            )
        ),
        _table(
            Table(
                "False alarms per brand and month at each detector's own threshold (budget 1 where it has one)",
                ["", *columns],
                own,
                f"In the weeks after {WARM_DAYS} days, as if nobody had been alerted.",
            )
        ),
    ]


Delays = Sequence[int | None]


def _median(delays: Delays) -> float:
    """Minutes; what was not found is infinitely late.

    >>> _median([3, 5, None]), _median([3, None, None])
    (5, inf)
    """
    return statistics.median(math.inf if delay is None else delay for delay in delays)


def _found(delays: Delays) -> float:
    return sum(delay is not None for delay in delays) / len(delays)


def _rank(delays: Delays) -> tuple[float, float]:
    """The lower, the better: the median, then how many were missed."""
    return _median(delays), -_found(delays)


def _delay_cells(bands: Sequence[Delays]) -> list[str]:
    return [_delay(delays) for delays in [*bands, [delay for delays in bands for delay in delays]]]


def _delay(delays: Delays) -> str:
    """A cell.

    >>> _delay([3, 5, None]), _delay([None])
    ('5 (67 %)', 'never (0 %)')
    """
    return f"{_minutes(_median(delays))} ({_found(delays):.0%})".replace("%", " %")


def _minutes(minutes: float) -> str:
    return "never" if math.isinf(minutes) else f"{minutes:g}"


def _all_delays(bands: Sequence[EarlyBand], name: str) -> Delays:
    return [delay for band in bands for delay in band.trials[name].delays_min]


def _own(bands: Sequence[EarlyBand], name: str) -> Alarms:
    trials: list[Trial] = [band.trials[name] for band in bands]
    return _sum(trial.own for trial in trials)


def _lead(label: str, leader: str, bands: Sequence[EarlyBand]) -> list[str]:
    ours = _all_delays(bands, leader)
    others = {name: _all_delays(bands, name) for name in bands[0].trials if name != leader}
    if not others:
        return [label, _delay(ours), "", "", ""]
    best = min(others, key=lambda name: _rank(others[name]))
    mine, its = _median(ours), _median(others[best])
    if math.isinf(mine) or math.isinf(its):
        ahead = f"{_found(ours) - _found(others[best]):+.0%} found".replace("%", " %")
    else:
        ahead = f"{its - mine:+g} min ({(its - mine) / its:+.0%})".replace("%", " %")
    return [label, _delay(ours), _delay(others[best]), best, ahead]


# --------------------------------------------------------------------------------------------------- NAB


def _nab(result: NabResult) -> list[str]:
    def row(what: str, score: NabScore) -> list[str]:
        return [what, f"{score.standard:.1f}", f"{score.reward_low_fp:.1f}", f"{score.reward_low_fn:.1f}"]

    note = (
        f"{result.hit} of {result.windows} windows hit, {result.false_alarms_per_week:.2f} false alarms a week and "
        f"series, in {result.files} series at a threshold of {result.threshold:g}. The defaults of surge were "
        "chosen with these series in view. Left out: each series by itself, at the budget that is best on the others."
    )
    rows = [
        row("all series together", result.all_files),
        row("mean of each by itself", result.mean_of_files),
        row("mean, each left out", result.leave_one_out),
    ]
    return [
        _table(
            Table(
                "detect-counts, scored by NAB's rules",
                ["", ">standard", ">reward low FP", ">reward low FN"],
                rows,
                note,
            )
        )
    ]
