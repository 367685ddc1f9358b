"""What looks like something and is nothing: traps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from detectors.errors import InputError
from detectors.model import HOUR_MS, Post, from_ms, to_ms
from detectors.simulation.events.base import Happening, Silence, trap
from detectors.simulation.texts import NEGATIVE, Texts
from detectors.simulation.writing import Life, Scribe, arrivals, chance, one_of, people

__all__ = ["ENTRIES", "REPROACHES", "clock_change", "contest", "outage", "quarrel"]

_DAY_MS: Final = 24 * HOUR_MS

REPROACHES: Final[Texts] = {
    "en": (
        "You are wrong, the {b} {m} is awful and you know it",
        "Stop lying. My {b} {m} broke and yours will break too",
        "That is stupid. No {b} ever survived {s} in my kitchen, terrible junk",
        "And I say your taste is bad, a {b} {d} is bitter and burnt",
        "You have no idea. I hate the noise of the {m}, {b} never fixed it",
        "Nonsense, the {b} {m} is worse than the one before, a sad failure",
        "Who asked you? The pump of the {b} {m} is weak and that is an ugly fact",
    ),
    "fr": (
        "Tu as tort, la {b} {m} est nulle et tu le sais",
        "N'importe quoi, ce {d} de {b} est imbuvable et dégoûtant",
    ),
}
ENTRIES: Final[Texts] = {
    "en": (
        "I would love to win the {b} {m}, fingers crossed!",
        "Entering the {b} contest from {p}. Good luck everyone!",
        "A free {b} {m} for a year of {d}? Great prize, count me in",
        "My happy {d} moment for the {b} contest",
        "Best contest ever, thanks {b}! Hope I win the {m}",
        "Number {n} in the draw for the {b} {m}",
    ),
    "fr": ("J'adore ce concours {b}, je rêve de gagner la {m} !", "Merci {b} pour ce super concours"),
}


def outage(life: Life, name: str, start_ms: int, seed: int) -> Happening:
    """The busiest source says nothing for three to eight hours, then is back; its silence is no good news either.

    The trap lasts for two hours more.
    """
    hours = chance(life, "outage", seed).randint(3, 8)
    silence = Silence("twitter", start_ms, start_ms + hours * HOUR_MS)
    why = f"no posts from twitter for {hours} h"
    return Happening(iter(()), trap(life, name, start_ms, silence.end_ms + 2 * HOUR_MS, why), silence)


def clock_change(life: Life, name: str, start_ms: int, seed: int) -> Happening:
    """The first day after the brand's clocks were changed, the next time from `start_ms` on: nothing else happens.

    Raises:
        InputError: they are not changed within a year.
    """
    zone, start = ZoneInfo(life.timezone), from_ms(start_ms - start_ms % HOUR_MS)
    hours = (start + timedelta(hours=hour) for hour in range(366 * 24))
    for before, after in pairwise(hours):
        if before.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            change_ms = to_ms(after)
            return Happening(iter(()), trap(life, name, change_ms, change_ms + _DAY_MS, "the clocks were changed"))
    raise InputError(f"{name}: the clocks of {life.timezone} are not changed in the year after {start:%Y-%m-%d}")


def quarrel(life: Life, name: str, start_ms: int, seed: int) -> Happening:
    """29 complaints in an hour by 10 people: 19 of them by two who cannot stop."""
    rng = chance(life, "quarrel", seed)

    def posts() -> Iterator[Post]:
        scribe = Scribe(life, f"q{seed:x}-{start_ms // 1000:x}", rng)
        one, other, *rest = (
            (f"{who}_{place}", count) for place, (who, count) in enumerate(people(rng, 10, median_followers=80))
        )
        by_two = set(rng.sample(range(29), 19))
        turn, last = 0, None
        for place, at_ms in enumerate(sorted(rng.sample(range(start_ms, start_ms + HOUR_MS), 29))):
            if place in by_two:
                author, followers = (one, other)[turn % 2]
                turn += 1
                post = scribe.write(at_ms, REPROACHES, author, followers, source="forum", reply_to=last)
                last = post.id
            else:
                author, followers = rest[(place - turn) % len(rest)]
                post = scribe.write(at_ms, NEGATIVE, author, followers)
            yield post

    return Happening(posts(), trap(life, name, start_ms, start_ms + 2 * HOUR_MS, "two people quarrel"))


def contest(life: Life, name: str, start_ms: int, seed: int) -> Happening:
    """For two to four hours everybody wants to win: 4 to 8 times as many mentions as usual, and nobody is angry."""
    rng = chance(life, "contest", seed)
    end_ms = start_ms + rng.randint(2, 4) * HOUR_MS
    per_min = max(2.0, life.mentions_per_min * rng.uniform(4, 8))

    def posts() -> Iterator[Post]:
        scribe = Scribe(life, f"p{seed:x}-{start_ms // 1000:x}", rng)
        crowd = people(rng, 3000, median_followers=120)
        for at_ms in arrivals(
            rng, lambda at_ms: per_min * min(1.0, (at_ms - start_ms) / HOUR_MS + 0.1), start_ms, end_ms
        ):
            yield scribe.write(at_ms, ENTRIES, *one_of(rng, crowd), source=one_of(rng, ("twitter", "instagram")))

    return Happening(posts(), trap(life, name, start_ms, end_ms, "a contest"))
