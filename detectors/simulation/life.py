"""The ordinary life of a brand."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final
from zoneinfo import ZoneInfo

from detectors.model import MINUTE_MS, Post, from_ms
from detectors.simulation.texts import NEGATIVE, NEUTRAL, POSITIVE
from detectors.simulation.writing import Life, Scribe, arrivals, chance, one_of, people

__all__ = ["daily_rhythm", "ordinary_life"]

_POSITIVE_SHARE: Final = 0.4


def daily_rhythm(hour: float) -> float:
    """How busy an hour of the local day is, 1 on average: quiet before dawn, busy in the afternoon.

    >>> round(daily_rhythm(3.0), 2), round(daily_rhythm(15.0), 2)
    (0.7, 1.3)
    """
    return 1 + 0.3 * math.sin(2 * math.pi * (hour - 9) / 24)


def ordinary_life(life: Life, *, start_ms: int, minutes: int, seed: int) -> Iterator[Post]:
    """What people say of a brand from `start_ms` on, for so many minutes, oldest first; lazy.

    A Poisson process whose rate follows `daily_rhythm` in the brand's time zone, from several sources, in
    English and some French. A life goes on over several calls: give each the end of the one before and a
    seed of its own.

    >>> life = Life("Torrelio", "torrelio", mentions_per_min=10)
    >>> posts = list(ordinary_life(life, start_ms=0, minutes=24 * 60, seed=1))
    >>> 14_000 < len(posts) < 15_000
    True
    >>> posts[0] == next(ordinary_life(life, start_ms=0, minutes=5, seed=1))
    True
    """
    rng = chance(life, "life", seed)
    scribe = Scribe(life, f"{seed:x}-{start_ms // 1000:x}", rng)
    crowd = people(rng, 3000, median_followers=180)
    zone = ZoneInfo(life.timezone)

    def rate_per_min(at_ms: float) -> float:
        local = from_ms(round(at_ms)).astimezone(zone)
        return life.mentions_per_min * daily_rhythm(local.hour + local.minute / 60)

    for at_ms in arrivals(rng, rate_per_min, start_ms, start_ms + minutes * MINUTE_MS):
        draw = rng.random()
        if draw < life.negative_share:
            texts = NEGATIVE
        elif draw < life.negative_share + (1 - life.negative_share) * _POSITIVE_SHARE:
            texts = POSITIVE
        else:
            texts = NEUTRAL
        author, followers = one_of(rng, crowd)
        yield scribe.write(at_ms, texts, author, followers, reposts=int(rng.random() ** 8 * 3))
