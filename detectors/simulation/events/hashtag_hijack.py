"""A campaign of the brand that is turned against it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from detectors.model import MINUTE_MS, Post
from detectors.simulation.events.base import Happening
from detectors.simulation.events.cascade import rolling
from detectors.simulation.stories import MOCKERY
from detectors.simulation.texts import Texts
from detectors.simulation.writing import Life, Scribe, arrivals, chance, merge, one_of, people

__all__ = ["LAUNCH", "hashtag_hijack"]

LAUNCH: Final[Texts] = {
    "en": (
        "Share your most beautiful {d} with {b}! {t}",
        "Love my mornings with {b} {t}",
        "A lovely {d} in {p} with my {b} {m} {t}",
        "Happy to join, {b}: perfect {d}, perfect morning {t}",
        "Great idea, {b}! Here is my {m} in {p} {t}",
    ),
    "fr": ("J'adore mes matins avec {b} {t}", "Merci {b}, quel beau {d} ce matin {t}"),
}
_LAUNCH_MINUTES: Final = 60


def hashtag_hijack(life: Life, name: str, start_ms: int, seed: int) -> Happening:
    """The brand asks for moments under a hashtag of its own; friends answer for an hour, then the others do.

    The crisis begins with the others.
    """
    angry = rolling(life, name, "hashtag-hijack", MOCKERY, start_ms + _LAUNCH_MINUTES * MINUTE_MS, seed)
    return replace(angry, posts=merge(_launch(life, start_ms, seed), angry.posts))


def _launch(life: Life, start_ms: int, seed: int) -> Iterator[Post]:
    rng = chance(life, "launch", seed)
    scribe = Scribe(
        life, f"l{seed:x}-{start_ms // 1000:x}", rng, {"t": [tag.format(handle=life.handle) for tag in MOCKERY.tags]}
    )
    fans = people(rng, 300, median_followers=180)
    yield scribe.write(start_ms, {"en": LAUNCH["en"][:1]}, life.handle, 25_000, reposts=14, source="twitter")
    end_ms = start_ms + _LAUNCH_MINUTES * MINUTE_MS
    for at_ms in arrivals(rng, lambda _: max(0.5, life.mentions_per_min), start_ms, end_ms):
        yield scribe.write(at_ms, LAUNCH, *one_of(rng, fans))
