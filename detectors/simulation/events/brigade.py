"""A group that has agreed to attack."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from detectors.model import MINUTE_MS, Post
from detectors.simulation.events.base import Happening, crisis, usual_per_min
from detectors.simulation.texts import Texts
from detectors.simulation.writing import Life, Scribe, arrivals, chance, one_of, people

__all__ = ["SLOGANS", "brigade"]

_ACCOUNTS: Final = (20, 300)
_POSTS_EACH: Final = 8
_RAMP_MINUTES: Final = 3
_FADE_MINUTES: Final = 90


def _reworded(openings: tuple[str, ...], claims: tuple[str, ...], calls: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{opening} {claim} {call}" for opening in openings for claim in claims for call in calls)


SLOGANS: Final[Texts] = {
    "en": _reworded(
        (
            "Shame on {b}!",
            "{b} is a disgrace.",
            "Disgusting, {b}.",
            "Wake up, {b} is a fraud.",
            "Boycott {b}!",
            "{b} are liars.",
        ),
        (
            "The {m} is toxic garbage and they know it.",
            "They lie about the {m} every single day.",
            "Workers in {p} get abused to build the {m}.",
            "Their {m} is a dangerous scam.",
            "They steal from people who can hardly pay for a {d}.",
        ),
        ("Do not buy it.", "Spread the word.", "Send everything back to these criminals.", "Tell them what you think."),
    ),
    "fr": _reworded(
        ("Honte à {b} !", "{b}, quelle escroquerie.", "Boycott de {b} !"),
        ("Leur {m} est un danger.", "La {m} est une arnaque.", "Ils mentent sur la {m}, c'est scandaleux."),
        ("Faites passer.", "N'achetez plus rien chez eux."),
    ),
}


def brigade(life: Life, name: str, start_ms: int, seed: int) -> Happening:
    """20 to 300 small accounts, many posts each, all the same in other words: from nothing to 20 or 40 times the usual.

    It is at its height within minutes, holds for one and a half to three hours, then halves every 15 minutes.
    """
    rng = chance(life, "brigade", seed)
    hold_minutes = rng.randint(90, 180)
    per_min = usual_per_min(life) * rng.uniform(20, 40)
    peak_ms, hold_ms = start_ms + _RAMP_MINUTES * MINUTE_MS, start_ms + hold_minutes * MINUTE_MS
    end_ms = hold_ms + _FADE_MINUTES * MINUTE_MS

    def rate_per_min(at_ms: float) -> float:
        if at_ms < hold_ms:
            return per_min * min(1.0, (at_ms - start_ms) / MINUTE_MS / _RAMP_MINUTES + 0.1)
        return float(per_min * 0.5 ** ((at_ms - hold_ms) / MINUTE_MS / 15))

    def posts() -> Iterator[Post]:
        scribe = Scribe(life, f"b{seed:x}-{start_ms // 1000:x}", rng)
        fewest, most = _ACCOUNTS
        accounts = min(most, max(fewest, round(per_min * hold_minutes / _POSTS_EACH)))
        group = people(rng, accounts, median_followers=12)
        for at_ms in arrivals(rng, rate_per_min, start_ms, end_ms):
            yield scribe.write(at_ms, SLOGANS, *one_of(rng, group), source="twitter")

    return Happening(posts(), crisis(life, name, "brigade", onset_ms=start_ms, peak_ms=peak_ms, end_ms=end_ms))
