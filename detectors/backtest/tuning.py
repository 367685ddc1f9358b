"""Parameters of a detector judged on labelled tapes, each case by the parameters that the other cases chose.

The cases are the crises, the traps, and the rest of the life of each brand (one case a brand and file). Of any set
of cases, parameters are worth

    sum over crises of (0 if missed, else 0.5 + 0.5 * earliness)  -  0.5 * max(0, false alarms - budget)

where `earliness` falls from 1, for an alert at the onset or before, to 0, for one at the peak or later; what is a
false alarm is said in `detectors.backtest.scoring`, and the budget is `false_alarms_per_month` for the months that the
lives last. So an alarm beyond the budget costs as much as a late find earns, and one within it costs nothing.

What wins on the cases it was chosen by looks better than it is. So each case is left out in turn: the parameters that
are best on the others are judged on it, and these held-out outcomes are compared with those of the defaults (Stone,
Cross-validatory choice and assessment of statistical predictions, J. R. Stat. Soc. B 36, 1974). The candidates are
the same for all; a sampler that was led by all cases knows a little of the one left out. How far the difference may
be chance is told by drawing the cases again and again with replacement (Efron, Bootstrap methods, Ann. Stat. 7, 1979).
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from msgspec import inspect
from numpy.typing import NDArray

from detectors.alerting import SeriesAlerts
from detectors.algorithms import Detector, Params
from detectors.backtest.labels import Crisis, Labels
from detectors.backtest.scoring import DAYS_PER_MONTH, is_false
from detectors.backtest.tapes import Tape
from detectors.errors import InputError
from detectors.model import MINUTE_MS, from_ms

__all__ = [
    "Case",
    "CaseKind",
    "Dimension",
    "Firing",
    "Outcome",
    "Series",
    "Trial",
    "Verdict",
    "best",
    "cases",
    "dimensions",
    "firings",
    "held_out",
    "judge",
    "value",
    "verdict",
]

FOUND: Final = 0.5
ALARM_COST: Final = 0.5
LEAST_CRISES: Final = 5
"""With fewer crises nobody can tell a gain from chance, whatever the bootstrap says."""
RESAMPLES: Final = 4000
_MINUTES_PER_MONTH: Final = DAYS_PER_MONTH * 1440

Numbers = NDArray[np.float64]


# ------------------------------------------------------------------------------------- parameters


@dataclass(frozen=True, slots=True)
class Dimension:
    """A parameter that can be searched: its range, both ends included, and its default.

    `log` if its range spans a factor of 10 or more above zero: then steps are factors.
    """

    name: str
    low: float
    high: float
    default: float
    whole: bool

    @property
    def log(self) -> bool:
        """Whether it is searched by factors."""
        return self.low > 0 and self.high >= 10 * self.low

    def tidy(self, given: float) -> float:
        """A value as people write it: four digits, within the range; the default as it is.

        >>> Dimension("gate", 0.5, 9.0, 3.0, whole=False).tidy(2.718281828), Dimension("n", 1, 9, 3, True).tidy(2.6)
        (2.718, 3)
        """
        if given == self.default:
            return given
        return round(given) if self.whole else min(self.high, max(self.low, float(f"{given:.4g}")))


def dimensions(kind: type[Detector]) -> list[Dimension]:
    """The parameters of a detector that have a range.

    Raises:
        InputError: there are none.
    """
    found: list[Dimension] = []
    info = inspect.type_info(kind.PARAMS)
    assert isinstance(info, inspect.StructType)
    for field in info.fields:
        if not isinstance(field.type, inspect.FloatType | inspect.IntType):
            continue
        if field.type.ge is None or field.type.le is None or field.required:
            continue
        whole = isinstance(field.type, inspect.IntType)
        found.append(Dimension(field.name, field.type.ge, field.type.le, field.default, whole))
    if not found:
        raise InputError(f"{kind.name} has no parameters to tune")
    return found


# ------------------------------------------------------------------------------------------ alerts


@dataclass(frozen=True, slots=True)
class Firing:
    """An alert as it first fired."""

    brand: str
    at: datetime


def firings(kind: type[Detector], params: Params, tape: Tape) -> list[Firing]:
    """The alerts of a detector on a tape, as a shadow detector of `BrandMonitor` would give them.

    They come with the end of a minute; the leading detector of the stream looks into the open minute and is up to a
    minute earlier.
    """
    brand = tape.brand
    detector = kind(false_alarms_per_month=brand.false_alarms_per_month, timezone=brand.timezone, params=params)
    alerts = SeriesAlerts(kind.name)
    found: list[Firing] = []
    start = tape.start_ms
    for step in tape.steps:
        if isinstance(step, int):
            detector.skip(step)
            start += step * MINUTE_MS
            continue
        end = start + MINUTE_MS
        score = detector.score([step], start)[0]
        if alerts.judge(score, start_ms=start, at_ms=end):
            found.append(Firing(brand.id, from_ms(end)))
        detector.learn(step, start, alerting=alerts.firing)
        alerts.close(score, start_ms=start)
        start = end
    return found


# ------------------------------------------------------------------------------------------- cases


class CaseKind(enum.StrEnum):
    """What is judged: a crisis to find, a trap to walk past, a life to leave in peace."""

    CRISIS = "crisis"
    TRAP = "trap"
    LIFE = "life"


@dataclass(frozen=True, slots=True)
class Series:
    """One brand of one file: its tape, and what is known of it."""

    file: str
    tape: Tape
    labels: Labels


@dataclass(frozen=True, slots=True)
class Case:
    """What is left out at a time. `name` is the label's id, or the brand's for its life."""

    file: str
    name: str
    kind: CaseKind


@dataclass(frozen=True, slots=True)
class Outcome:
    """What parameters made of a case: `reward` 0..1 for a crisis, false alarms and how many there may be.

    `delay_s` is from the onset to the alert, None where there is no crisis or it was missed.
    """

    reward: float = 0.0
    delay_s: float | None = None
    false_alarms: int = 0
    budget: float = 0.0


def cases(all_series: Sequence[Series]) -> list[Case]:
    """The cases of these series, in the order in which `judge` tells their outcomes."""
    found: list[Case] = []
    for series in all_series:
        brand = series.tape.brand.id
        found += [Case(series.file, c.id, CaseKind.CRISIS) for c in series.labels.crises if c.brand == brand]
        found += [Case(series.file, trap.id, CaseKind.TRAP) for trap in series.labels.traps if trap.brand == brand]
        found.append(Case(series.file, brand, CaseKind.LIFE))
    return found


def judge(series: Series, found: Sequence[Firing]) -> list[Outcome]:
    """What these alerts of a series are worth, case by case."""
    brand, labels = series.tape.brand, series.labels
    outcomes = [_of_crisis(crisis, found) for crisis in labels.crises if crisis.brand == brand.id]
    false = [firing for firing in found if is_false(firing, labels)]
    for trap in (trap for trap in labels.traps if trap.brand == brand.id):
        inside = [firing for firing in false if trap.covers(firing.brand, firing.at)]
        outcomes.append(Outcome(false_alarms=len(inside)))
        false = [firing for firing in false if firing not in inside]
    budget = brand.false_alarms_per_month * series.tape.counted_minutes / _MINUTES_PER_MONTH
    return [*outcomes, Outcome(false_alarms=len(false), budget=budget)]


def _of_crisis(crisis: Crisis, found: Sequence[Firing]) -> Outcome:
    at = min((firing.at for firing in found if crisis.covers(firing.brand, firing.at)), default=None)
    if at is None:
        return Outcome()
    climb_s, lead_s = (crisis.peak - crisis.onset).total_seconds(), (crisis.peak - at).total_seconds()
    earliness = min(1.0, max(0.0, lead_s / climb_s)) if climb_s else float(lead_s >= 0)
    return Outcome(FOUND + (1 - FOUND) * earliness, (at - crisis.onset).total_seconds())


# ------------------------------------------------------------------------------------------ trials


@dataclass(frozen=True, slots=True)
class Trial:
    """Parameters, and what they made of each case."""

    parameters: Mapping[str, float]
    outcomes: Sequence[Outcome]


def value(outcomes: Sequence[Outcome]) -> float:
    """What a set of cases is worth (see above).

    >>> value([Outcome(reward=0.75), Outcome(), Outcome(false_alarms=3, budget=1.0)])
    -0.25
    """
    return float(_values(_numbers(outcomes)))


def _numbers(outcomes: Sequence[Outcome]) -> Numbers:
    """Of each case what it earns, and its false alarms less its budget."""
    return np.array([[outcome.reward, outcome.false_alarms - outcome.budget] for outcome in outcomes])


def _values(numbers: Numbers) -> Numbers:
    """What sets of cases are worth; the last two axes are the cases of a set and the numbers of a case."""
    sums = numbers.sum(axis=-2)
    return np.asarray(sums[..., 0] - ALARM_COST * np.maximum(0.0, sums[..., 1]))


def best(trials: Sequence[Trial], *, without: int | None = None) -> Trial:
    """The trial that is worth most on all cases but one; of equals the first, so the defaults belong first."""

    def worth(trial: Trial) -> float:
        return value([outcome for place, outcome in enumerate(trial.outcomes) if place != without])

    return max(trials, key=worth)


def held_out(trials: Sequence[Trial]) -> list[Trial]:
    """For each case the trial that the other cases choose."""
    return [best(trials, without=place) for place in range(len(trials[0].outcomes))]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What tuned parameters gained over the defaults on held-out cases, 0 being nothing, and nine tenths of the chance.

    `certain` if the gain is more than chance explains: `low` above 0, from at least `LEAST_CRISES` crises.
    """

    gain: float
    low: float
    high: float
    certain: bool


def verdict(defaults: Sequence[Outcome], tuned: Sequence[Outcome], all_cases: Sequence[Case]) -> Verdict:
    """Whether tuning helps, from the outcomes of each case with the defaults and held out. Always the same answer.

    >>> crisis = Case("posts.jsonl", "leak", CaseKind.CRISIS)
    >>> verdict([Outcome()] * 8, [Outcome(reward=0.8)] * 8, [crisis] * 8).certain
    True
    >>> verdict([Outcome()] * 2, [Outcome(reward=0.8)] * 2, [crisis] * 2).certain
    False
    """
    before, after = _numbers(defaults), _numbers(tuned)
    drawn = np.random.default_rng(0).integers(0, len(before), (RESAMPLES, len(before)))
    low, high = np.quantile(_values(after[drawn]) - _values(before[drawn]), [0.05, 0.95])
    enough = sum(case.kind is CaseKind.CRISIS for case in all_cases) >= LEAST_CRISES
    return Verdict(
        gain=float(_values(after) - _values(before)),
        low=float(low),
        high=float(high),
        certain=enough and bool(low > 0),
    )
