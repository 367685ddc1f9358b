"""What every made-up stream of posts is written with: chance, moments, people and a hand that fills in the gaps."""

from __future__ import annotations

import heapq
import math
import re
from bisect import bisect
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from random import Random
from typing import Final, TypeVar

from detectors.model import MINUTE_MS, Post, from_ms
from detectors.simulation.texts import WORDS, Texts

__all__ = ["Life", "Scribe", "arrivals", "chance", "merge", "one_of", "people"]

T = TypeVar("T")

_SLOT: Final = re.compile(r"\{(\w)\}")
_SOURCES: Final = ("twitter", "forum", "reviews", "instagram", "press")
_SOURCES_UP_TO: Final = tuple(accumulate((0.48, 0.2, 0.14, 0.16)))
_FRENCH_SHARE: Final = 0.18
_FIRST_NAMES: Final = (
    *("anna", "ben", "carla", "dario", "elise", "femi", "greta", "hugo", "ines", "jonas", "kim", "lea", "marco"),
    *("nora", "omar", "paula", "quentin", "rosa", "sam", "tara", "ugo", "vera", "will", "xenia", "yann", "zoe"),
)
_LAST_NAMES: Final = (
    *("k", "brews", "reads", "writes", "runs", "at_home", "travels", "b", "21", "77"),
    *("of_leeds", "du_sud", "north", "codes", "bakes", "rides"),
)


@dataclass(frozen=True)
class Life:
    """A maker of coffee machines as people talk of it; `handle` is its account, without the "@".

    `mentions_per_min` is the mean over a day in `timezone`, `negative_share` the part of them that complains.
    """

    brand_name: str
    handle: str
    mentions_per_min: float
    negative_share: float = 0.12
    timezone: str = "UTC"

    @property
    def negative_per_min(self) -> float:
        """How many complaints a minute usually brings.

        >>> Life("Torrelio", "torrelio", mentions_per_min=10).negative_per_min
        1.2
        """
        return self.mentions_per_min * self.negative_share


class Scribe:
    """Writes the posts of one stream: an id for each (`tag` and a number), and texts with their gaps filled in.

    `gaps` are words for gaps of this stream's own, or instead of the usual ones.
    """

    def __init__(self, life: Life, tag: str, rng: Random, gaps: Texts | None = None) -> None:
        self._rng = rng
        self._tag = f"{life.handle}-{tag}"
        self._count = 0
        self._last: deque[str] = deque(maxlen=4)
        names = (life.brand_name,) * 7 + (f"@{life.handle}",) * 2 + (f"#{life.handle}",)
        self._words = {lang: {"b": names, **words, **(gaps or {})} for lang, words in WORDS.items()}

    def write(
        self,
        at_ms: int,
        texts: Texts,
        author: str,
        followers: int,
        *,
        reposts: int = 0,
        source: str | None = None,
        reply_to: str | None = None,
    ) -> Post:
        """A post of its own, out of `texts` by language."""
        rng = self._rng
        lang = "fr" if "fr" in texts and ("en" not in texts or rng.random() < _FRENCH_SHARE) else "en"
        template = one_of(rng, texts[lang])
        while template in self._last and len(texts[lang]) > len(self._last):
            template = one_of(rng, texts[lang])
        self._last.append(template)
        parts = _parts(template)
        words = self._words[lang]
        filled = [parts[0]]
        for slot, literal in zip(parts[1::2], parts[2::2], strict=True):
            filled += (one_of(rng, words[slot]), literal)
        source = source or _SOURCES[bisect(_SOURCES_UP_TO, rng.random())]
        text = "".join(filled).rstrip()
        return self._post(at_ms, source, text, author, followers, lang, reposts, reply_to=reply_to)

    def repost(self, at_ms: int, original: Post, author: str, followers: int) -> Post:
        """The same words again, by somebody else."""
        text = f"RT @{original.author}: {original.text}"
        return self._post(at_ms, original.source, text, author, followers, original.lang, 0, repost_of=original.id)

    def copy(self, at_ms: int, original: Post, author: str, followers: int) -> Post:
        """The same words as if they were somebody else's own."""
        return self._post(at_ms, original.source, original.text, author, followers, original.lang, 0)

    def _post(
        self,
        at_ms: int,
        source: str,
        text: str,
        author: str,
        followers: int,
        lang: str | None,
        reposts: int,
        *,
        repost_of: str | None = None,
        reply_to: str | None = None,
    ) -> Post:
        self._count += 1
        name = f"{self._tag}-{self._count}"
        return Post(
            id=name,
            source=source,
            text=text[:1].upper() + text[1:],
            created_at=from_ms(at_ms),
            author=author,
            lang=lang,
            followers=followers,
            reposts=reposts,
            repost_of=repost_of,
            reply_to=reply_to,
            url=f"https://{source}.example/{name}",
        )


def chance(life: Life, kind: str, seed: int) -> Random:
    """Chance that is the same on every machine, and another for each brand, kind of event and seed."""
    return Random(f"{life.handle}/{kind}/{seed}")


def arrivals(rng: Random, rate_per_min: Callable[[float], float], start_ms: int, end_ms: int) -> Iterator[int]:
    """Moments of a Poisson process whose rate changes slowly (it is looked up every 1/8 of a minute)."""
    step_ms = MINUTE_MS / 8
    at_ms, until_ms = float(start_ms), float(start_ms)
    rate_per_ms = 0.0
    need = rng.expovariate(1.0)
    while True:
        if at_ms >= until_ms:
            rate_per_ms = rate_per_min(until_ms) / MINUTE_MS
            until_ms += step_ms
        ahead = (until_ms - at_ms) * rate_per_ms
        if ahead < need:
            need -= ahead
            at_ms = until_ms
            if at_ms >= end_ms:
                return
            continue
        at_ms += need / rate_per_ms
        if at_ms >= end_ms:
            return
        yield int(at_ms)
        need = rng.expovariate(1.0)


def people(rng: Random, count: int, *, median_followers: float) -> list[tuple[str, int]]:
    """Names with their followers, which are log-normal: most have few, some have many."""
    return [
        (
            f"{one_of(rng, _FIRST_NAMES)}_{one_of(rng, _LAST_NAMES)}{rng.randrange(100)}",
            int(median_followers * math.exp(rng.gauss(0, 1.3))),
        )
        for _ in range(count)
    ]


def merge(*streams: Iterator[Post]) -> Iterator[Post]:
    """Streams of posts, each oldest first, as one; lazy."""
    return heapq.merge(*streams, key=lambda post: post.created_at)


def one_of(rng: Random, items: Sequence[T]) -> T:
    """One of them, by chance."""
    return items[int(rng.random() * len(items))]


@lru_cache
def _parts(template: str) -> list[str]:
    """A text cut at its gaps: literal, name of a gap, literal ... literal."""
    return _SLOT.split(template)
