"""What is played: three weeks of three ordinary lives, of which two had their trouble, then a crisis in one of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from detectors.intake import RawRecord
from detectors.model import HOUR_MS, MINUTE_MS, Post, to_ms
from detectors.simulation import EVENTS, LEAK_IN_THE_NEWS, Life, answered, merge, ordinary_life, wave

__all__ = ["BRANDS_FILE", "HISTORY_POSTS", "first_live_ms", "history", "live"]

BRANDS_FILE: Final = Path(__file__).with_name("brands.yaml")

HERO: Final = Life("Torrelio", "torrelio", mentions_per_min=2.0)
KAVANTA: Final = Life("Kavanta", "kavanta", mentions_per_min=1.3, negative_share=0.1)
NORDMOKA: Final = Life("Nordmoka", "nordmoka", mentions_per_min=0.7, negative_share=0.09)
ANSWERED: Final = {HERO: (0.9, 35.0), KAVANTA: (0.95, 20.0), NORDMOKA: (0.8, 60.0)}
"""Which share of those who speak to the brand it answers, and after how many minutes."""
HISTORY_MINUTES: Final = 21 * 1440
HISTORY_POSTS: Final = round(HISTORY_MINUTES * sum(life.mentions_per_min for life in ANSWERED))
"""About so many."""
PAST: Final = ((HERO, "hashtag-hijack", 10, 1), (KAVANTA, "brigade", 5, 1))
"""What has happened: to whom, what, how many days before the end, and its seed."""
RECENT_MINUTES: Final = 2
"""The newest past is not learned but published at once: the view starts with a picture, not with zeros."""
LIVE_MINUTES: Final = 24 * 60
HEAD_START_S: Final = 36.0
"""So old the crisis is when somebody begins to watch: a handful of posts, which nobody could see."""
DOUBLING_S: Final = 12.0
"""A crisis that doubles faster looks agreed upon."""
PEAK_PER_MIN: Final = 600.0


def first_live_ms(now_ms: int) -> int:
    """Where the learned past ends and live begins: a full minute, shortly ago.

    >>> first_live_ms(10 * 60_000 + 17_000) // 60_000
    8
    """
    return now_ms - now_ms % MINUTE_MS - RECENT_MINUTES * MINUTE_MS


def history(end_ms: int) -> Iterator[RawRecord]:
    """The posts of the weeks before, as they would lie in a recording."""
    start_ms = end_ms - HISTORY_MINUTES * MINUTE_MS
    past = (EVENTS[kind](life, kind, end_ms - days * 24 * HOUR_MS, seed).posts for life, kind, days, seed in PAST)
    encode = msgspec.json.Encoder().encode
    for offset, post in enumerate(merge(*_lives(start_ms, HISTORY_MINUTES, seed=1), *past)):
        yield RawRecord(offset, encode(post), to_ms(post.created_at))


def live(start_ms: int, now_ms: int) -> Iterator[Post]:
    """Ordinary life from `start_ms` on, and a crisis that is `HEAD_START_S` old at `now_ms`."""
    crisis = wave(
        HERO,
        start_ms=now_ms - round(HEAD_START_S * 1000),
        doubling_s=DOUBLING_S,
        peak_per_min=PEAK_PER_MIN,
        minutes=LIVE_MINUTES,
        seed=3,
        story=LEAK_IN_THE_NEWS,
    )
    return merge(*_lives(start_ms, LIVE_MINUTES, seed=2), crisis)


def _lives(start_ms: int, minutes: int, *, seed: int) -> Iterator[Iterator[Post]]:
    for life, (share, median_minutes) in ANSWERED.items():
        posts = ordinary_life(life, start_ms=start_ms, minutes=minutes, seed=seed)
        yield answered(life, posts, share=share, median_minutes=median_minutes, seed=seed)
