"""Detectors over made-up lives: where alarms start, which threshold makes detectors equal, how soon a wave is found.

An alarm is the start of an alert by the rules of production (`AlertBook`: one in 6 h, over when calm), a minute is
scored when it is over, and nothing is learned from it while the alert is on.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from detectors.alerting import SeriesAlerts, alerts_at
from detectors.algorithms import Detector
from detectors.backtest.floor import MONTH_MIN
from detectors.backtest.synthetic import DAY_MINUTES, Cascade, Ordinary, cascade_per_min, ordinary_counts
from detectors.model import MINUTE_MS, MinuteCounts

__all__ = [
    "BANDS",
    "GRACE_MIN",
    "START_MS",
    "WARM_DAYS",
    "Alarms",
    "Trial",
    "Wave",
    "alarm_minutes",
    "band_of",
    "count_alarms",
    "equal_threshold",
    "lives",
    "minute_counts",
    "new_detector",
    "teach",
    "trial",
    "waves",
]

BANDS: Final = ((0.02, 0.1), (0.1, 0.5), (0.5, 2.5), (2.5, 10.0), (10.0, 50.0))
"""Ranges of a brand's rate, in negative mentions per minute."""
START_MS: Final = 1_772_409_600_000
"""The first minute of every life: Monday, 2 March 2026, 00:00 UTC."""
WARM_DAYS: Final = 28
GRACE_MIN: Final = 120
"""An alarm is early enough up to two hours after the peak, if the wave is not over before: later, everybody knows."""

_COMMON: Final = tuple(MinuteCounts.bare(count) for count in range(501))

Series = NDArray[np.float64]


class Alarms(msgspec.Struct, frozen=True):
    """So many alarms in so many months of 30 days, over all brands."""

    count: int
    brand_months: float

    @property
    def per_month(self) -> float:
        """For one brand."""
        return self.count / self.brand_months

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true number per brand and month lies, at 95 %, if alarms are a Poisson process.

        Exact (Garwood, Biometrika 28, 1936, https://doi.org/10.1093/biomet/28.3-4.437).

        >>> [round(bound, 2) for bound in Alarms(10, 1.0).interval], round(Alarms(0, 2.0).interval[1], 2)
        ([4.8, 18.39], 1.84)
        """
        low = _solve(lambda mean: _at_most(self.count - 1, mean) - 0.975, self.count) if self.count else 0.0
        high = _solve(lambda mean: _at_most(self.count, mean) - 0.025, self.count)
        return low / self.brand_months, high / self.brand_months

    def __add__(self, other: Alarms) -> Alarms:
        return Alarms(self.count + other.count, self.brand_months + other.brand_months)


def _at_most(count: int, mean: float) -> float:
    return sum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(count + 1))


def _solve(falling: Callable[[float], float], near: int) -> float:
    low, high = 1e-9, near + 10 * math.sqrt(near + 1) + 10
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > 0 else (low, middle)
    return (low + high) / 2


# --------------------------------------------------------------------------------------- lives and waves


def lives(brands: int, *, days: int, seed: int, drifts: Sequence[bool] = (False, True)) -> list[Ordinary]:
    """Brands with rates log-spaced from 0.02 to 50 a minute, each once for each of `drifts`; every other one wanders.

    >>> [life.rate_per_min for life in lives(3, days=7, seed=1, drifts=[False])]
    [0.02, 1.0, 50.0]
    """
    rates = np.geomspace(BANDS[0][0], BANDS[-1][1], brands).round(6).tolist()
    return [
        Ordinary(rate, seed=2 * seed + drift, days=days, drift=drift, wandering=bool(place % 2))
        for place, rate in enumerate(rates)
        for drift in drifts
    ]


def band_of(rate_per_min: float) -> int:
    """Which of `BANDS` a rate lies in.

    >>> band_of(0.02), band_of(0.1), band_of(50.0)
    (0, 1, 4)
    """
    return min(bisect_right([high for _, high in BANDS], rate_per_min), len(BANDS) - 1)


@dataclass(frozen=True, slots=True)
class Wave:
    """A cascade in a life: counts from the end of `WARM_DAYS` until it is too late for an alarm to be early.

    `start_min` counts from there too; `rates` and `extra` are the true means, without it and what it adds,
    from its start on.
    """

    start_min: int
    counts: list[int]
    rates: Series
    extra: Series


def waves(life: Ordinary, number: int) -> list[Wave]:
    """`number` cascades, one at a time, in the day after `WARM_DAYS`; the life must last two days longer.

    They start at any minute of the day, double every 5 to 60 minutes and peak at 8 to 40 times the usual
    rate, both log-uniform.
    """
    rng = np.random.default_rng([life.seed, round(life.rate_per_min * 1000), WARM_DAYS])
    counts, rates = ordinary_counts(life)
    around = slice((WARM_DAYS - 1) * DAY_MINUTES, (WARM_DAYS + 2) * DAY_MINUTES)
    counts, rates = counts[around], rates[around]
    found: list[Wave] = []
    for _ in range(number):
        start = DAY_MINUTES + int(rng.integers(DAY_MINUTES))
        doubling, peak = np.exp(rng.uniform(np.log([5.0, 8.0]), np.log([60.0, 40.0]))).tolist()
        extra = cascade_per_min(Cascade(start, doubling, peak), rates)
        end = min(int(np.flatnonzero(extra)[-1]), int(extra.argmax()) + GRACE_MIN) + 1
        both = counts + rng.poisson(extra)
        found.append(
            Wave(start - DAY_MINUTES, both[DAY_MINUTES:end].tolist(), rates[start:end].copy(), extra[start:end])
        )
    return found


# -------------------------------------------------------------------------------------- alerts over a series


def minute_counts(count: int) -> MinuteCounts:
    """A bare count; the common ones are made once."""
    return _COMMON[count] if count < len(_COMMON) else MinuteCounts.bare(count)


def new_detector(kind: type[Detector], *, false_alarms_per_month: float = 1.0) -> Detector:
    """A detector of this kind that has seen nothing, with its default parameters."""
    return kind(false_alarms_per_month=false_alarms_per_month, timezone="UTC")


def teach(detector: Detector, counts: Sequence[int]) -> None:
    """Let it learn the first minutes of a life, in which nobody is alerted: they are not even scored."""
    for minute, count in enumerate(counts):
        detector.learn(minute_counts(count), START_MS + minute * MINUTE_MS, alerting=False)


def alarm_minutes(
    detector: Detector, counts: Sequence[int], *, first: int, threshold: float | None = None
) -> Iterator[int]:
    """The minutes in which an alarm starts, as they come; `first` is the place of the first count in its life.

    With `threshold` the surprise is held against that, whatever the detector's own threshold is.
    """
    alerts = SeriesAlerts(detector.name)
    for minute, count in enumerate(counts, first):
        start_ms = START_MS + minute * MINUTE_MS
        seen = minute_counts(count)
        score = detector.score((seen,), start_ms)[0]
        if threshold is not None:
            score = msgspec.structs.replace(score, threshold=threshold)
        starts = alerts.judge(score, start_ms=start_ms, at_ms=start_ms + MINUTE_MS)
        detector.learn(seen, start_ms, alerting=alerts.firing)
        alerts.close(score, start_ms=start_ms)
        if starts:
            yield minute


def surprises(detector: Detector, counts: Sequence[int], *, first: int) -> tuple[Series, Series]:
    """Surprise and own threshold of each minute of a life in which nobody is alerted; NaN where it does not know."""
    found: list[tuple[float, float]] = []
    for minute, count in enumerate(counts, first):
        start_ms = START_MS + minute * MINUTE_MS
        seen = minute_counts(count)
        score = detector.score((seen,), start_ms)[0]
        known = score.surprise is not None and score.threshold is not None
        found.append((score.surprise, score.threshold) if known else (math.nan, math.nan))  # type: ignore[arg-type]
        detector.learn(seen, start_ms, alerting=False)
    both = np.array(found)
    return both[:, 0], both[:, 1]


def count_alarms(surprise: Series, threshold: float | Series) -> int:
    """How many alarms start in a series with these surprises: what `alarm_minutes` would find, all at once.

    NaN is a minute in which the detector does not know: no alarm starts, and none calms down.

    >>> series = np.zeros(2000)
    >>> series[[100, 130, 300, 900]] = 9.0
    >>> count_alarms(series, 5.0)  # 130: still on; 300: within 6 h, taken up again
    2
    """
    ends_ms = np.arange(len(surprise)) * MINUTE_MS
    return len(alerts_at(ends_ms, surprise, np.broadcast_to(threshold, len(surprise))))


def equal_threshold(series: Sequence[Series], *, alarms: int) -> float:
    """The lowest threshold, above 0, at which these series have so many alarms together, or fewer; else infinity.

    It is one of the surprises: a score must exceed its threshold. Searched from the highest down, as a low enough
    threshold is exceeded for ever, which is one alarm.

    >>> equal_threshold([np.array([0.0, 1.0, 0.0] + [0.0] * 400 + [3.0, 0.0] + [0.0] * 400 + [2.0])], alarms=2)
    1.0
    """
    values = np.concatenate(series)
    values = np.unique(values[values > 0])[::-1]
    if not len(values):
        return math.inf

    def too_many(place: int) -> bool:
        return sum(count_alarms(one, float(values[place])) for one in series) > alarms

    good, step = 0, 1
    while good + step < len(values) and not too_many(good + step):
        good, step = good + step, 2 * step
    bad = min(good + step, len(values))
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (good, middle) if too_many(middle) else (middle, bad)
    return float(values[good])


# ----------------------------------------------------------------------------------------------- a trial


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of detector over some lives: what became of it at one false alarm per brand and month.

    `threshold` is that on its surprise, None where it has none; `achieved` are the false alarms at it and `own` those
    at its own threshold, in the weeks after `WARM_DAYS`. `delays_min` holds for each wave the minutes from its start
    to the end of the minute with the alarm, None where there was none in time.
    """

    threshold: float | None
    achieved: Alarms
    own: Alarms
    delays_min: list[int | None]


def trial(kind: type[Detector], brands: Sequence[Ordinary], *, waves_each: int) -> Trial:
    """Learn each life for `WARM_DAYS`, find the threshold in what follows, then go back and live the waves.

    The threshold is sought in surprises of a detector that learns from every minute; then these weeks are lived a
    second time, with that threshold and its alerts, and `achieved` is what came of it.
    """
    warm = WARM_DAYS * DAY_MINUTES
    counts = [ordinary_counts(life)[0].tolist() for life in brands]
    snapshots: list[bytes] = []
    series: list[Series] = []
    own = 0
    for life in counts:
        detector = new_detector(kind)
        teach(detector, life[:warm])
        snapshots.append(detector.snapshot())
        surprise, thresholds = surprises(detector, life[warm:], first=warm)
        series.append(surprise)
        own += count_alarms(surprise, thresholds)
    months = sum(len(surprise) for surprise in series) / MONTH_MIN
    threshold = equal_threshold(series, alarms=max(1, round(months)))
    achieved = 0
    delays: list[int | None] = []
    for brand, life, snapshot in zip(brands, counts, snapshots, strict=True):
        detector = _again(kind, snapshot)
        achieved += len(list(alarm_minutes(detector, life[warm:], first=warm, threshold=threshold)))
        for wave in waves(brand, waves_each):
            found = alarm_minutes(_again(kind, snapshot), wave.counts, first=warm, threshold=threshold)
            start = warm + wave.start_min
            delays.append(next((minute + 1 - start for minute in found if minute >= start), None))
    return Trial(
        threshold=threshold if math.isfinite(threshold) else None,
        achieved=Alarms(achieved, months),
        own=Alarms(own, months),
        delays_min=delays,
    )


def _again(kind: type[Detector], snapshot: bytes) -> Detector:
    return kind.restore(snapshot, false_alarms_per_month=1.0, timezone="UTC")
