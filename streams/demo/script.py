"""What is played: three ordinary lives, learned for three days, then a crisis in one of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from detectors.intake import RawRecord
from detectors.model import MINUTE_MS, Post, to_ms
from detectors.simulation import Life, merge, ordinary_life, wave

__all__ = ["BRANDS_FILE", "HISTORY_POSTS", "first_live_ms", "history", "live"]

BRANDS_FILE: Final = Path(__file__).with_name("brands.yaml")

HERO: Final = Life("Torrelio", "torrelio", mentions_per_min=20)
LIVES: Final = (
    HERO,
    Life("Kavanta", "kavanta", mentions_per_min=5, negative_share=0.1),
    Life("Nordmoka", "nordmoka", mentions_per_min=3, negative_share=0.1),
)
HISTORY_MINUTES: Final = 3 * 1440 + 90
"""A brand warms up for three days; a little more, so that the first live minute is judged."""
HISTORY_POSTS: Final = round(HISTORY_MINUTES * sum(life.mentions_per_min for life in LIVES))
"""About so many."""
RECENT_MINUTES: Final = 2
"""The newest past is not learned but published at once: the view starts with a picture, not with zeros."""
LIVE_MINUTES: Final = 24 * 60
CALM_S: Final = 3.0
"""Ordinary life before the first post of the crisis; for two more doublings nobody could see it."""
DOUBLING_S: Final = 8.0
PEAK_PER_MIN: Final = 900.0


def first_live_ms(now_ms: int) -> int:
    """Where the learned past ends and live begins: a full minute, shortly ago.

    >>> first_live_ms(10 * 60_000 + 17_000) // 60_000
    8
    """
    return now_ms - now_ms % MINUTE_MS - RECENT_MINUTES * MINUTE_MS


def history(end_ms: int) -> Iterator[RawRecord]:
    """The posts of the days before, as they would lie in a recording."""
    start_ms = end_ms - HISTORY_MINUTES * MINUTE_MS
    lives = (ordinary_life(life, start_ms=start_ms, minutes=HISTORY_MINUTES, seed=1) for life in LIVES)
    encode = msgspec.json.Encoder().encode
    for offset, post in enumerate(merge(*lives)):
        yield RawRecord(offset, encode(post), to_ms(post.created_at))


def live(start_ms: int, now_ms: int) -> Iterator[Post]:
    """Ordinary life from `start_ms` on; the crisis starts `CALM_S` after `now_ms`."""
    lives = (ordinary_life(life, start_ms=start_ms, minutes=LIVE_MINUTES, seed=2) for life in LIVES)
    crisis = wave(
        HERO,
        start_ms=now_ms + round(CALM_S * 1000),
        doubling_s=DOUBLING_S,
        peak_per_min=PEAK_PER_MIN,
        minutes=LIVE_MINUTES,
        seed=3,
    )
    return merge(*lives, crisis)
