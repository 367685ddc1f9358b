"""The same words by many."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final

import msgspec

from detectors.model import MINUTE_MS, Post
from detectors.simulation.events.base import Happening, crisis, usual_per_min
from detectors.simulation.texts import WORDS, Texts
from detectors.simulation.writing import Life, Scribe, arrivals, chance, one_of, people

__all__ = ["LETTERS", "copy_paste"]

LETTERS: Final[Texts] = {
    "en": (
        "I will never buy from {b} again. The {m} burned my hand, they refuse to pay and they lie to everyone who "
        "complains. This is a scandal. Copy this before they delete it.",
        "{b} knew that the {m} is dangerous and sold it to us all the same. Terrible, dishonest, disgusting. "
        "Please copy and post this, they must not hide it.",
    ),
    "fr": (
        "Je n'achèterai plus jamais rien chez {b}. La {m} est dangereuse, ils mentent à leurs clients, c'est un "
        "scandale et une honte. Copiez ce message avant qu'ils le suppriment.",
    ),
}
_ENDINGS: Final = ("", "", "", "!", "!!", " ...", " Share!", " #{handle}", " @{handle}", " (copied)")
_RAMP_MINUTES: Final = 30
_FADE_MINUTES: Final = 120


def copy_paste(life: Life, name: str, start_ms: int, seed: int) -> Happening:
    """A letter that is copied by everybody once, with tiny changes: up to 10 or 30 times the usual within half an hour.

    It holds for one to three hours, then halves every 20 minutes.
    """
    rng = chance(life, "copy-paste", seed)
    hold_minutes = rng.randint(60, 180)
    per_min = usual_per_min(life) * rng.uniform(10, 30)
    peak_ms = start_ms + _RAMP_MINUTES * MINUTE_MS
    hold_ms = peak_ms + hold_minutes * MINUTE_MS
    end_ms = hold_ms + _FADE_MINUTES * MINUTE_MS
    letter = {lang: (one_of(rng, letters),) for lang, letters in LETTERS.items()}
    gaps = {"b": (life.brand_name,), "m": (one_of(rng, WORDS["en"]["m"]),)}

    def rate_per_min(at_ms: float) -> float:
        if at_ms < hold_ms:
            return per_min * min(1.0, (at_ms - start_ms) / MINUTE_MS / _RAMP_MINUTES)
        return float(per_min * 0.5 ** ((at_ms - hold_ms) / MINUTE_MS / 20))

    def posts() -> Iterator[Post]:
        scribe = Scribe(life, f"c{seed:x}-{start_ms // 1000:x}", rng, gaps)
        crowd = people(rng, 4000, median_followers=90)
        for number, at_ms in enumerate(arrivals(rng, rate_per_min, start_ms, end_ms)):
            author, followers = crowd[number % len(crowd)]
            post = scribe.write(at_ms, letter, author, followers)
            yield msgspec.structs.replace(post, text=_nudged(rng, post.text, life.handle))

    return Happening(posts(), crisis(life, name, "copy-paste", onset_ms=start_ms, peak_ms=peak_ms, end_ms=end_ms))


def _nudged(rng: Random, text: str, handle: str) -> str:
    """The text as a hand changes it that copies: another end, a lost stop, a small letter at the start."""
    if rng.random() < 0.2:
        text = text[0].lower() + text[1:]
    if rng.random() < 0.3:
        text = text.removesuffix(".")
    return text + one_of(rng, _ENDINGS).format(handle=handle)
