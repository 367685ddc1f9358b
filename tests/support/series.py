"""Series of counts for tests of detectors."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable

from detectors.algorithms import Detector
from detectors.model import MINUTE_MS, MinuteCounts, Score

__all__ = ["MONDAY_MS", "bare", "calm", "poisson", "rhythm", "teach"]

MONDAY_MS = 1_772_409_600_000
"""2 March 2026, 00:00 UTC."""
DAY = 1440


def poisson(rng: random.Random, mean: float) -> int:
    """One Poisson number (Knuth, The Art of Computer Programming 2, 3.4.1; in parts, so that exp never vanishes)."""
    number = 0
    while mean > 0:
        part, mean = min(mean, 50.0), mean - 50.0
        limit, product = math.exp(-part), rng.random()
        while product > limit:
            number += 1
            product *= rng.random()
    return number


def calm(rate_per_min: float, *, days: float, seed: int = 1) -> list[int]:
    """Poisson counts, minute by minute, at a rate that never changes."""
    rng = random.Random(seed)
    return [poisson(rng, rate_per_min) for _ in range(round(days * DAY))]


def rhythm(rate_per_min: float, *, days: float, seed: int = 1) -> list[int]:
    """Poisson counts with a day: a fifth of the mean rate at 3 h, almost twice the mean at 15 h."""
    rng = random.Random(seed)
    shape = [1 - 0.8 * math.cos((minute - 180) / DAY * 2 * math.pi) for minute in range(DAY)]
    return [poisson(rng, rate_per_min * shape[minute % DAY]) for minute in range(round(days * DAY))]


def bare(*counts: int) -> list[MinuteCounts]:
    """Minutes of which only these counts are known."""
    return [MinuteCounts.bare(count) for count in counts]


def teach(
    detector: Detector, counts: Iterable[int], start_ms: int = MONDAY_MS, *, score: bool = True
) -> tuple[int, list[Score]]:
    """Learn these counts one by one, each scored before; the start of the next bucket, and the scores."""
    scores: list[Score] = []
    for count in counts:
        if score:
            scores += detector.score(bare(count), start_ms)
        detector.learn(MinuteCounts.bare(count), start_ms, alerting=False)
        start_ms += MINUTE_MS
    return start_ms, scores
