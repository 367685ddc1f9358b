"""Counts in any spacing: where an alert starts, and nowhere else."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from detectors.counts import FIRST_ROWS, CountScorer, parse_counts, score_counts
from detectors.errors import InputError
from detectors.model import (
    Alert,
    AlertState,
    Brand,
    Match,
    Mention,
    MentionBatch,
    Sentiment,
    to_ms,
)
from detectors.partition import PartitionMonitor

MINUTE_MS = 60_000
START_MS = to_ms(datetime(2026, 3, 2, tzinfo=UTC))
DAY = 1440


def poisson(rate: float, random_: random.Random) -> int:
    """A count of a Poisson process (Knuth), cut into parts so that exp does not vanish."""
    count, left = 0, rate
    while left > 0:
        part, left = min(left, 30.0), left - 30.0
        product, limit = random_.random(), 2.718281828459045**-part
        while product > limit:
            product *= random_.random()
            count += 1
    return count


def series(
    step_min: float, *, days: float = 5, per_min: float = 0.5, storm: float = 6.0, seed: int = 1
) -> Iterator[tuple[int, int]]:
    """(moment, count) of some days of ordinary life, then two hours of a storm."""
    dice = random.Random(seed)
    calm_min = round(days * DAY)
    minute = 0.0
    while minute < calm_min + 120:
        rate = per_min if minute < calm_min else storm
        yield START_MS + round(minute * MINUTE_MS), poisson(rate * step_min, dice)
        minute += step_min


def starts(scorer: CountScorer, rows: list[tuple[int, int]]) -> tuple[list[datetime], list[float]]:
    scores = [scorer.add(moment, count) for moment, count in rows]
    assert all(0 <= score <= 1 for score in scores)
    begun = [datetime.fromtimestamp(m / 1000, UTC) for (m, _), s in zip(rows, scores, strict=True) if s >= 0.5]
    return begun, scores


STORM = datetime(2026, 3, 7, tzinfo=UTC)


@pytest.mark.parametrize("step_min", [0.5, 1, 2.5, 5, 15, 60])
def test_a_storm_starts_one_alert_whatever_the_spacing(step_min: float) -> None:
    begun, _ = starts(CountScorer(false_alarms_per_month=1), [*series(step_min)])
    assert len(begun) == 1
    assert STORM <= begun[0] <= STORM + timedelta(minutes=max(15, step_min))


def test_it_agrees_with_the_brain_on_single_mentions() -> None:
    rows = [*series(1)]
    brand = Brand(id="acme", name="Acme", match=Match(any=["acme"]))
    monitor = PartitionMonitor([brand])
    alerts: list[Alert] = []
    number = 0
    for moment, count in rows:
        mentions = [Mention(number + i, moment + i, moment, number + i, "x", Sentiment.NEGATIVE) for i in range(count)]
        number += count
        events = monitor.take(MentionBatch("acme", 0, 1, moment + MINUTE_MS, mentions=mentions))
        alerts += [event for event in events if isinstance(event, Alert)]
    fired = [alert.at for alert in alerts if alert.state is AlertState.FIRING]
    begun, _ = starts(CountScorer(false_alarms_per_month=1), rows)
    assert len(begun) == len(set(fired)) == 1
    assert begun[0] == fired[0].replace(second=0, microsecond=0)


def test_scores_know_nothing_of_what_comes() -> None:
    rows = [*series(5)]
    _, whole = starts(CountScorer(false_alarms_per_month=1), rows)
    for cut in (1, FIRST_ROWS - 1, FIRST_ROWS, FIRST_ROWS + 1, len(rows) - 5):
        _, part = starts(CountScorer(false_alarms_per_month=1), rows[:cut])
        assert part == whole[:cut]


def test_quiet_rows_are_ranked_and_nothing_starts_while_an_alert_is_on() -> None:
    rows = [*series(5)]
    _, scores = starts(CountScorer(false_alarms_per_month=1), rows)
    peak = max(range(len(scores)), key=scores.__getitem__)
    assert scores[: 180 // 5] == [0.0] * (180 // 5)  # for three hours it does not know
    assert len(set(scores[3 * DAY // 5 : peak])) > 100
    assert set(scores[peak + 1 :]) == {0.0}


def test_a_larger_budget_never_alerts_later() -> None:
    rows = [*series(5, storm=2.0)]
    firsts = [min(starts(CountScorer(false_alarms_per_month=n), rows)[0]) for n in (0.1, 1.0, 20.0)]
    assert firsts == sorted(firsts, reverse=True)


def test_missing_rows_are_no_data_not_zero() -> None:
    rows = [*series(5, storm=0.5)]
    cut = 4 * DAY // 5
    # A day is missing: were it zeros, ordinary life after it would look like a storm, or the level would be lower.
    begun, _ = starts(CountScorer(false_alarms_per_month=1), rows[:cut] + rows[cut + 200 :])
    assert begun == []


def test_moments_may_tremble_a_little() -> None:
    dice = random.Random(2)
    rows = [(moment + dice.randrange(-50_000, 50_000), count) for moment, count in series(5)]
    rows[0] = (START_MS, rows[0][1])
    begun, _ = starts(CountScorer(false_alarms_per_month=1), rows)
    assert len(begun) == 1 and begun[0] > STORM - timedelta(minutes=1)


@pytest.mark.parametrize(
    "offset_min, said", [(0, "not later"), (-5, "not later"), (1, "60 s after the row before; expected 300 s")]
)
def test_rows_must_come_in_order_and_evenly(offset_min: int, said: str) -> None:
    scorer = CountScorer(false_alarms_per_month=1)
    for row in range(20):
        scorer.add(START_MS + row * 5 * MINUTE_MS, 1)
    with pytest.raises(InputError, match=said):
        scorer.add(START_MS + (19 * 5 + offset_min) * MINUTE_MS, 1)


def test_rows_further_apart_than_a_day_are_refused() -> None:
    scorer = CountScorer(false_alarms_per_month=1)
    *weeks, last = [START_MS + row * 7 * DAY * MINUTE_MS for row in range(FIRST_ROWS)]
    assert [scorer.add(moment, 1) for moment in weeks] == [0.0] * len(weeks)
    with pytest.raises(InputError, match="7 days apart"):
        scorer.add(last, 1)


# --- rows


def parse(*rows: tuple[str, ...]) -> list[tuple[int, int]]:
    numbered = [(line, list(row)) for line, row in enumerate(rows, 1)]
    return [(row.moment_ms, row.count) for row in parse_counts(numbered, "f.csv")]


def test_rows_in_the_ways_people_write_them() -> None:
    assert parse(
        ("id", " timestamp", "value"),
        ("a", "1970-01-01 00:00:01", "0"),
        ("b", "1970-01-01T01:00:02+01:00", "12.0"),
        ("c", "1970-01-01T00:00:03.5Z", " 7 "),
    ) == [(1000, 0), (2000, 12), (3500, 7)]


@pytest.mark.parametrize("value", ["", "x", "-1", "1.5", "nan", "inf", "1e3", "1_000", "\u0661", "9" * 13])
def test_a_value_is_a_whole_number(value: str) -> None:
    with pytest.raises(InputError, match=r"f.csv: line 2: `value` is .*expected a whole number of 0 or more"):
        parse(("timestamp", "value"), ("2026-03-01 09:00:00", value))


@pytest.mark.parametrize("timestamp", ["", "now", "1424995373", "1969-12-31 23:59:59", "2026-02-30 00:00:00"])
def test_a_timestamp_is_a_date_and_a_time(timestamp: str) -> None:
    with pytest.raises(InputError, match=r"f.csv: line 2: `timestamp` is .*expected a date and time"):
        parse(("timestamp", "value"), (timestamp, "1"))


def test_a_series_has_a_header() -> None:
    with pytest.raises(InputError, match="line 1: empty"):
        parse()
    with pytest.raises(InputError, match="line 1: columns 2026-03-01, 1; expected timestamp,value"):
        parse(("2026-03-01", "1"))


def test_a_row_out_of_order_is_told_with_its_line() -> None:
    at = ["2026-03-01 09:00:00", "2026-03-01 09:05:00", "2026-03-01 09:05:00"]
    rows = [(1, ["timestamp", "value"]), *((line, [text, "1"]) for line, text in enumerate(at, 2))]
    with pytest.raises(InputError, match=r"f.csv: line 4: `timestamp` 2026-03-01 09:05:00: not later than"):
        list(score_counts(rows, "f.csv", false_alarms_per_month=1))
