"""A series of counts, whatever its spacing, through a detector of one-minute buckets: where would an alert start?"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from statistics import median_low
from typing import Final

from detectors.alerting import SeriesAlerts
from detectors.alerting.alerts import REFRACTORY_MS
from detectors.algorithms import kind_of
from detectors.errors import InputError
from detectors.model import MINUTE_MS, MinuteCounts, Score, to_ms
from detectors.windowing import bucket_start

__all__ = ["FIRST_ROWS", "CountRow", "CountScorer", "parse_counts", "score_counts"]

FIRST_ROWS: Final = 10
"""The rows that tell the spacing; their score is 0."""
_HIGHEST_QUIET: Final = 0.499999
_DAY_MS: Final = 1440 * MINUTE_MS
_COUNT: Final = re.compile(r"([0-9]{1,12})(?:\.0*)?")


class CountScorer:
    """Scores the rows of one series in order, each before the next is known.

    A row counts what happened from its moment on, for as long as rows are apart: the median distance of the first
    `FIRST_ROWS` rows. Its count is spread evenly over its minutes, each of which goes through the detector and
    the life of an alert as a bucket of `BrandMonitor` does. Rows less than a minute apart fill a minute
    together. Where rows are missing (a distance over one and a half steps) there is no data: nothing is learned.

    A score of 0.5 or more says that an alert starts in this row. Otherwise it is below: 1 / (1 + exp(threshold -
    surprise)) for the most surprising minute, and 0 where nothing can start: while the detector warms up,
    while an alert is on, and for 6 h after it started.

    >>> scorer = CountScorer(false_alarms_per_month=1)
    >>> quiet = [scorer.add(row * 300_000, 20 + row % 3) for row in range(1500)]
    >>> loud = [scorer.add(row * 300_000, 200) for row in range(1500, 1503)]
    >>> max(quiet) < 0.5 <= loud[0], loud[1:]
    (True, [0.0, 0.0])
    """

    def __init__(self, *, false_alarms_per_month: float, detector: str = "surge") -> None:
        self._detector = kind_of(detector)(false_alarms_per_month=false_alarms_per_month, timezone="UTC")
        self._alerts = SeriesAlerts(detector)
        self._first: list[tuple[int, int]] = []
        self._step_ms: int | None = None
        self._row_ms = 0
        self._next_ms = 0
        self._open: int | None = None
        self._excess: float | None = None
        self._starts = False

    def add(self, moment_ms: int, count: int) -> float:
        """The score of the next row, 0 to 1.

        Raises:
            InputError: it is not later than the row before, or not evenly spaced.
        """
        if self._step_ms is None:
            if self._first and moment_ms <= self._first[-1][0]:
                raise InputError("not later than the row before")
            self._first.append((moment_ms, count))
            if len(self._first) == FIRST_ROWS:
                self._begin()
            return 0.0
        elapsed_ms = moment_ms - self._row_ms
        if elapsed_ms <= 0:
            raise InputError("not later than the row before")
        if elapsed_ms * 2 < self._step_ms:
            raise InputError(f"{elapsed_ms / 1000:g} s after the row before; expected {self._step_ms / 1000:g} s")
        return self._take(moment_ms, count)

    def _begin(self) -> None:
        moments = [moment for moment, _ in self._first]
        step_ms = median_low([later - earlier for earlier, later in pairwise(moments)])
        if step_ms > _DAY_MS:
            raise InputError(f"rows are {step_ms / _DAY_MS:.3g} days apart; expected one a day at least")
        self._step_ms = step_ms
        self._row_ms = moments[0]
        self._next_ms = bucket_start(moments[0])
        for moment, count in self._first:
            self._take(moment, count)
        self._first = []

    def _take(self, moment_ms: int, count: int) -> float:
        assert self._step_ms is not None
        if (moment_ms - self._row_ms) * 2 > self._step_ms * 3:
            self._pass_gap(bucket_start(moment_ms))
        self._row_ms = moment_ms
        self._excess, self._starts = None, False
        minutes = (bucket_start(moment_ms + self._step_ms) - self._next_ms) // MINUTE_MS
        if minutes <= 0:
            self._open = (self._open or 0) + count
            self._judge(
                self._detector.score([MinuteCounts.bare(self._open)], self._next_ms)[0], moment_ms + self._step_ms
            )
        for minute in range(minutes):
            part = count * (minute + 1) // minutes - count * minute // minutes
            self._close(part + (self._open or 0))
        return self._score()

    def _pass_gap(self, until_ms: int) -> None:
        if self._open is not None:
            self._close(self._open)
        missing = (until_ms - self._next_ms) // MINUTE_MS
        if missing > 0:
            self._detector.skip(missing)
            self._next_ms = until_ms

    def _close(self, count: int) -> None:
        """A minute is over: as `BrandMonitor` closes a bucket."""
        start, end = self._next_ms, self._next_ms + MINUTE_MS
        score = self._detector.score([MinuteCounts.bare(count)], start)[0]
        self._judge(score, end)
        self._detector.learn(MinuteCounts.bare(count), start, alerting=self._alerts.firing)
        self._alerts.close(score, start_ms=start)
        self._next_ms, self._open = end, None

    def _judge(self, score: Score, at_ms: int) -> None:
        if score.surprise is None or score.threshold is None:
            return
        excess = score.surprise - score.threshold
        self._excess = excess if self._excess is None else max(self._excess, excess)
        self._starts |= self._alerts.judge(score, start_ms=self._next_ms, at_ms=at_ms)

    def _score(self) -> float:
        if self._excess is None:
            return 0.0
        score = round(1 / (1 + math.exp(-max(-50.0, min(50.0, self._excess)))), 6)
        if self._starts:
            return max(score, 0.5)
        fired_ms = self._alerts.fired_ms
        if self._alerts.firing or (fired_ms is not None and self._next_ms - fired_ms < REFRACTORY_MS):
            return 0.0
        return min(score, _HIGHEST_QUIET)


@dataclass(frozen=True, slots=True)
class CountRow:
    """A row of a series as it was written, and what it says."""

    line: int
    timestamp: str
    value: str
    moment_ms: int
    count: int


def parse_counts(rows: Iterable[tuple[int, list[str]]], source: str) -> Iterator[CountRow]:
    """The rows of a CSV (line, cells), the header first; it has columns `timestamp` and `value`, maybe others.

    A timestamp is ISO 8601, in UTC where it names no zone; a value is a whole number of 0 or more.

    Raises:
        InputError: with the line; the message says what was expected.

    >>> rows = [(1, ["timestamp", "value"]), (2, ["2026-03-01 09:00:00", "12"]), (3, ["2026-03-01 09:05:00", "-1"])]
    >>> counts = parse_counts(rows, "example")
    >>> next(counts).count
    12
    >>> next(counts)
    Traceback (most recent call last):
      ...
    detectors.errors.InputError: example: line 3: `value` is '-1'; expected a whole number of 0 or more
    """
    places: tuple[int, int] | None = None
    for line, row in rows:
        if places is None:
            names = [name.strip() for name in row]
            if not {"timestamp", "value"} <= set(names):
                raise InputError(f"{source}: line {line}: columns {', '.join(names)}; expected timestamp,value")
            places = names.index("timestamp"), names.index("value")
            continue
        timestamp, value = row[places[0]].strip(), row[places[1]].strip()
        moment_ms = _moment_ms(timestamp)
        if moment_ms is None:
            wrong = f"`timestamp` is {timestamp[:40]!r}; expected a date and time from 1970 on, as 2026-03-01 09:00:00"
            raise InputError(f"{source}: line {line}: {wrong}")
        if not (number := _COUNT.fullmatch(value)):
            raise InputError(f"{source}: line {line}: `value` is {value[:40]!r}; expected a whole number of 0 or more")
        yield CountRow(line, timestamp, value, moment_ms, int(number[1]))
    if places is None:
        raise InputError(f"{source}: line 1: empty; expected a header with timestamp,value")


def _moment_ms(timestamp: str) -> int | None:
    try:
        moment = datetime.fromisoformat(timestamp)
    except ValueError:
        return None
    moment_ms = to_ms(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    return moment_ms if moment_ms >= 0 else None


def score_counts(
    rows: Iterable[tuple[int, list[str]]], source: str, *, false_alarms_per_month: float
) -> Iterator[tuple[CountRow, float]]:
    """Each row of a CSV (see `parse_counts`) with its score (see `CountScorer`), as soon as it is read.

    Raises:
        InputError: with the line.
    """
    scorer = CountScorer(false_alarms_per_month=false_alarms_per_month)
    for row in parse_counts(rows, source):
        try:
            score = scorer.add(row.moment_ms, row.count)
        except InputError as error:
            raise InputError(f"{source}: line {row.line}: `timestamp` {row.timestamp}: {error}") from None
        yield row, score
