"""What happened to six airlines in February 2015, in memory: the brain on posts that people wrote."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from detectors.backtest import BacktestResult, Replay, evaluate, parse_labels
from detectors.intake import RawRecord
from detectors.model import to_ms
from detectors.text import load_negativity
from streams.config import watch_for_labels

# When the file was written: years after its posts, so that none of them is from the future.
RECORDED_MS = to_ms(datetime(2026, 1, 1, tzinfo=UTC))


def _backtest(data: Path) -> BacktestResult:
    if not (data / "posts.jsonl").is_file():
        pytest.skip(f"{data} holds no posts.jsonl")
    labels = parse_labels((data / "labels.json").read_bytes())
    watch = watch_for_labels(labels.brands())
    replay = Replay(watch, load_negativity())
    lines = (data / "posts.jsonl").read_bytes().splitlines()
    records = [RawRecord(offset, line, RECORDED_MS) for offset, line in enumerate(lines)]
    for first in range(0, len(records), 500):
        replay.feed(records[first : first + 500])
    assert replay.rejected == []
    return evaluate(replay, labels, posts_per_s=0.0)


@pytest.fixture(scope="module")
def airlines(shared_data: Path) -> BacktestResult:
    return _backtest(shared_data / "airlines")


@pytest.mark.shared_data
def test_the_storm_at_us_airways_is_found_before_dawn(airlines: BacktestResult) -> None:
    # Flights were cancelled from 02:30 on, people hung on the line for hours; the peak came at 22:00.
    (storm,) = [crisis for crisis in airlines.crises if crisis.id == "usairways_storm_hold"]
    assert storm.detected and storm.alert_at is not None
    # Where every complaint is read, most of an airline's posts are complaints on any day; by what people labelled it is
    # seen no sooner.
    assert storm.delay_s is not None and storm.delay_s <= 3.5 * 3600
    assert storm.lead_s is not None and storm.lead_s > 15 * 3600


@pytest.mark.shared_data
def test_the_night_of_the_oscars_at_virgin_america_is_no_crisis(airlines: BacktestResult) -> None:
    # Four times as many posts as usual, and hardly one of them is angry.
    assert [found for found in airlines.false_alarms if found.trap is not None] == []


@pytest.mark.shared_data
def test_no_brand_cries_wolf_twice_in_its_first_week(airlines: BacktestResult) -> None:
    brands = [alarm.brand for alarm in airlines.false_alarms]
    assert len(brands) == len(set(brands))
