"""What detectors cost: updates a second, bytes of state, and the closing of a minute for many brands."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Final

from detectors.algorithms import DETECTORS, Detector
from detectors.backtest.synthetic import DAY_MINUTES, Ordinary, ordinary_counts
from detectors.backtest.trials import START_MS, minute_counts, new_detector, teach
from detectors.model import MINUTE_MS, Brand, Match, Mention, MentionBatch, Sentiment
from detectors.partition import PartitionMonitor
from streams.bench.results import ClosingCost, DetectorCost
from streams.garbage import settled

__all__ = ["closing_cost", "detector_costs"]

QUIET_PER_MIN: Final = 0.05
BUSY_PER_MIN: Final = 5.0
LEARNED_DAYS: Final = 14
TIMED_MIN: Final = 5_000
CLOSING_BRANDS: Final = 10_000
CLOSED_MIN: Final = 5
WARM_DAYS: Final = 4
"""A little more than surge wants to see before it speaks."""
MENTIONED_EVERY: Final = 50
"""One brand in so many is mentioned in a minute: the others' buckets are empty."""


def detector_costs(*, progress: Callable[[float], None]) -> list[DetectorCost]:
    """Each detector of the registry by itself, in CPU time; `progress` is told shares of the whole."""
    found: list[DetectorCost] = []
    for name, kind in DETECTORS.items():
        quiet_per_s, quiet_bytes = _cost(kind, QUIET_PER_MIN)
        busy_per_s, busy_bytes = _cost(kind, BUSY_PER_MIN)
        found.append(DetectorCost(name, quiet_per_s, busy_per_s, max(quiet_bytes, busy_bytes)))
        progress(len(found) / len(DETECTORS))
    return found


def _cost(kind: type[Detector], rate_per_min: float) -> tuple[float, int]:
    """Updates a second after two weeks at this rate, and the bytes of state then."""
    learned = LEARNED_DAYS * DAY_MINUTES
    counts = ordinary_counts(Ordinary(rate_per_min, seed=1, days=LEARNED_DAYS + 4))[0].tolist()
    detector = new_detector(kind)
    teach(detector, counts[:learned])
    state_bytes = len(detector.snapshot())
    minutes = [
        (minute_counts(counts[minute]), START_MS + minute * MINUTE_MS) for minute in range(learned, learned + TIMED_MIN)
    ]
    with settled():
        started = time.thread_time()
        for count, start_ms in minutes:
            detector.score((count,), start_ms)
            detector.learn(count, start_ms, alerting=False)
        took = time.thread_time() - started
    return round(len(minutes) / took, 1), state_bytes


def closing_cost(brands: int = CLOSING_BRANDS) -> ClosingCost:
    """Brands that all lived as one did, with the default detectors; the median of five minutes.

    What a brand makes of a closed minute is timed, without putting it on Kafka.
    """
    many = [_brand(f"brand-{number}") for number in range(brands)]
    lived = PartitionMonitor([_brand("brand-0")])
    time_ms = _live(lived)
    snapshot = lived.monitors["brand-0"].snapshot()
    partition = PartitionMonitor.restore(many, lived.snapshot(), {brand.id: snapshot for brand in many})
    partition.take(_beat(time_ms))
    spent_s: list[float] = []
    with settled():
        for minute in range(CLOSED_MIN):
            for brand in many[minute::MENTIONED_EVERY]:
                partition.take(_mention(brand.id, time_ms, DAY_MINUTES * WARM_DAYS + minute))
            time_ms += MINUTE_MS
            started = time.thread_time()
            partition.take(_beat(time_ms))
            spent_s.append(time.thread_time() - started)
    seconds = statistics.median(spent_s)
    return ClosingCost(brands, round(seconds, 4), round(seconds * 100_000 / brands, 2), len(snapshot))


def _brand(name: str) -> Brand:
    return Brand(id=name, name=name, match=Match(any=[name]))


def _live(partition: PartitionMonitor) -> int:
    """The first days of a quiet brand; the time after them, in ms."""
    counts = ordinary_counts(Ordinary(QUIET_PER_MIN, seed=1, days=WARM_DAYS))[0].tolist()
    time_ms = START_MS
    for minute, count in enumerate(counts):
        if count:
            partition.take(_mention("brand-0", time_ms, minute))
        time_ms += MINUTE_MS
        partition.take(_beat(time_ms))
    return time_ms


def _mention(brand: str, time_ms: int, number: int) -> MentionBatch:
    mention = Mention(number, time_ms, time_ms, number, "forum", Sentiment.NEGATIVE, author=f"u{number}", text="no")
    return MentionBatch(brand, 0, 1, time_ms, mentions=[mention])


def _beat(time_ms: int) -> MentionBatch:
    return MentionBatch(None, 0, 1, time_ms)
