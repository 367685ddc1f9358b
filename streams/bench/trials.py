"""The measured results of detectors: trials in processes of their own, then what they cost, undisturbed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import tempfile
import threading
from collections.abc import Callable, Collection, Hashable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from detectors.algorithms import DETECTORS, kind_of
from detectors.backtest.floor import MONTH_MIN, Floor, floor_of
from detectors.backtest.synthetic import DAY_MINUTES, Ordinary, dispersion, ordinary_counts
from detectors.backtest.trials import BANDS, Alarms, Trial, alarm_minutes, band_of, lives, new_detector, trial, waves
from streams.bench.detectors import closing_cost, detector_costs
from streams.bench.nab import BUDGETS as NAB_BUDGETS
from streams.bench.nab import NabResult, nab_data, nab_files, nab_result, score_file, scored_in
from streams.bench.results import ClosingCost, DetectorCost, Machine
from streams.cli.results import Part

__all__ = ["BUDGETS", "FULL", "QUICK", "SINCE_DAYS", "BudgetRow", "EarlyBand", "Plan", "Results", "run_trials"]

BUDGETS: Final = (0.25, 1.0, 4.0)
"""False alarms per brand and month that are asked for."""
SINCE_DAYS: Final = (3, 21)
"""False alarms count from the fourth day on, the end of the warm-up, and from the fourth week on."""
EARLY_SEED: Final = 1000
_COST_WEIGHT: Final = 1_500_000


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How much is measured.

    For the budgets `brands` rates, with and without drift, `seeds` times, for `budget_days`; for the waves half as
    many, `waves_each` in each life, thresholds from the days between `WARM_DAYS` and `early_days`.
    """

    brands: int
    seeds: int
    budget_days: int
    early_days: int
    waves_each: int
    closing_brands: int


FULL: Final = Plan(brands=50, seeds=2, budget_days=56, early_days=56, waves_each=12, closing_brands=20_000)
QUICK: Final = Plan(brands=10, seeds=1, budget_days=42, early_days=42, waves_each=6, closing_brands=2_000)


class BudgetRow(msgspec.Struct, frozen=True):
    """The false alarms of the leading detector from one day on, in each of `BANDS`."""

    budget_per_month: float
    since_day: int
    bands: list[Alarms]


class EarlyBand(msgspec.Struct, frozen=True):
    """All detectors, by name, on the same waves of one band; `floors` are those of these waves."""

    band: tuple[float, float]
    floors: list[Floor]
    trials: dict[str, Trial]


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """All that was asked for; None is what was not. `nab_skipped` says why NAB was not measured."""

    machine: Machine
    plan: Plan
    leader: str
    budget: list[BudgetRow] | None = None
    early: list[EarlyBand] | None = None
    nab: NabResult | None = None
    nab_skipped: str | None = None
    detectors: list[DetectorCost] | None = None
    closing: ClosingCost | None = None


def run_trials(plan: Plan, parts: Collection[Part], *, processes: int, at: Callable[[float, str], None]) -> Results:
    """Measure these parts. `at` is told how far it is (0..1) and what was done last. The same plan, the same figures.

    Raises:
        InputError: NAB's files are not what they should be.
    """
    leader = next(iter(DETECTORS))
    data = nab_data() if Part.NAB in parts else None
    with tempfile.TemporaryDirectory(prefix="badbuzz-results-") as scratch:
        jobs: list[_Job] = []
        if Part.BUDGET in parts:
            jobs += _budget_jobs(plan, leader)
        if Part.EARLY in parts:
            jobs += _early_jobs(plan)
        if data is not None:
            jobs += [
                _Job(
                    ("nab", path, budget),
                    f"nab {path.stem}",
                    80_000,
                    score_file,
                    (path, scored_in(Path(scratch), budget) / path.name, budget),
                )
                for path in nab_files(data)
                for budget in NAB_BUDGETS
            ]
        total = sum(job.weight for job in jobs) + (_COST_WEIGHT if Part.COST in parts else 0)
        done = _in_processes(jobs, processes, lambda weight, what: at(weight / total, what))
        nab = nab_result(data, Path(scratch)) if data is not None else None
    detectors: list[DetectorCost] | None = None
    closing: ClosingCost | None = None
    if Part.COST in parts:
        at(1 - _COST_WEIGHT / total, "cost of detectors")
        detectors = detector_costs(progress=lambda share: at(1 - _COST_WEIGHT / total * (1 - share), "cost"))
        closing = closing_cost(plan.closing_brands)
    return Results(
        machine=Machine.here("none"),
        plan=plan,
        leader=leader,
        budget=_budget(plan, done) if Part.BUDGET in parts else None,
        early=_early(done) if Part.EARLY in parts else None,
        nab=nab,
        nab_skipped="no data" if Part.NAB in parts and data is None else None,
        detectors=detectors,
        closing=closing,
    )


# ---------------------------------------------------------------------------------------------- the trials


def _budget_jobs(plan: Plan, leader: str) -> list[_Job]:
    return [
        _Job(
            ("budget", budget, seed, band),
            f"budget {budget:g}",
            len(_population(plan, seed, band)) * plan.budget_days * DAY_MINUTES,
            _false_alarms,
            (leader, budget, _population(plan, seed, band)),
        )
        for budget in BUDGETS
        for seed in range(1, plan.seeds + 1)
        for band in range(len(BANDS))
    ]


def _population(plan: Plan, seed: int, band: int) -> list[Ordinary]:
    return [life for life in lives(plan.brands, days=plan.budget_days, seed=seed) if band_of(life.rate_per_min) == band]


def _false_alarms(name: str, budget: float, brands: Sequence[Ordinary]) -> list[Alarms]:
    """From each of `SINCE_DAYS` on."""
    since = [day * DAY_MINUTES for day in SINCE_DAYS]
    counted = [0] * len(since)
    for life in brands:
        detector = new_detector(kind_of(name), false_alarms_per_month=budget)
        for minute in alarm_minutes(detector, ordinary_counts(life)[0].tolist(), first=0):
            for place, first in enumerate(since):
                counted[place] += minute >= first
    minutes = [sum(life.days * DAY_MINUTES - first for life in brands) for first in since]
    return [Alarms(count, of / MONTH_MIN) for count, of in zip(counted, minutes, strict=True)]


def _budget(plan: Plan, done: dict[Hashable, Any]) -> list[BudgetRow]:
    def alarms(budget: float, band: int, place: int) -> Alarms:
        by_seed: list[list[Alarms]] = [done["budget", budget, seed, band] for seed in range(1, plan.seeds + 1)]
        return sum((alarms[place] for alarms in by_seed), Alarms(0, 0.0))

    return [
        BudgetRow(budget, day, [alarms(budget, band, place) for band in range(len(BANDS))])
        for place, day in enumerate(SINCE_DAYS)
        for budget in BUDGETS
    ]


def _early_jobs(plan: Plan) -> list[_Job]:
    jobs: list[_Job] = []
    for band in range(len(BANDS)):
        brands = [
            life
            for life in lives(plan.brands // 2, days=plan.early_days, seed=EARLY_SEED)
            if band_of(life.rate_per_min) == band
        ]
        what = "early {0} ({1:g}-{2:g} a minute)"
        minutes = len(brands) * plan.early_days * DAY_MINUTES
        jobs.append(
            _Job(("floor", band), what.format("floor", *BANDS[band]), 1_000, _floors, (brands, plan.waves_each))
        )
        jobs += [
            _Job(
                ("early", band, name),
                what.format(name, *BANDS[band]),
                minutes,
                _trial,
                (name, brands, plan.waves_each),
            )
            for name in DETECTORS
        ]
    return jobs


def _floors(brands: Sequence[Ordinary], waves_each: int) -> list[Floor]:
    return [
        floor_of(wave.rates, wave.extra, alpha=dispersion(life)) for life in brands for wave in waves(life, waves_each)
    ]


def _trial(name: str, brands: Sequence[Ordinary], waves_each: int) -> Trial:
    return trial(kind_of(name), brands, waves_each=waves_each)


def _early(done: dict[Hashable, Any]) -> list[EarlyBand]:
    return [
        EarlyBand(BANDS[band], done["floor", band], {name: done["early", band, name] for name in DETECTORS})
        for band in range(len(BANDS))
    ]


# -------------------------------------------------------------------------------------------- processes


@dataclass(frozen=True, slots=True)
class _Job:
    """Work for another process; `weight` is about how many minutes of life it has to go through."""

    key: Hashable
    what: str
    weight: int
    work: Callable[..., Any]
    arguments: tuple[Any, ...]


def _in_processes(jobs: Sequence[_Job], processes: int, at: Callable[[int, str], None]) -> dict[Hashable, Any]:
    """The result of each job by its key; `at` is told the weight done and what was done last.

    Whatever goes wrong here, Ctrl-C too, ends the processes at once.
    """
    done: dict[Hashable, Any] = {}
    if not jobs:
        return done
    weight = 0
    # Started afresh: the progress bar has a thread, and a fork beside threads may hang.
    pool = ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), initializer=_begin)
    try:
        running = {pool.submit(job.work, *job.arguments): job for job in sorted(jobs, key=lambda job: -job.weight)}
        for future in as_completed(running):
            job = running[future]
            done[job.key] = future.result()
            weight += job.weight
            at(weight, job.what)
    except BaseException:
        for process in multiprocessing.active_children():
            process.terminate()
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
    return done


def _begin() -> None:
    """In each process: Ctrl-C is for the first one to handle; end with it, whatever ended it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
