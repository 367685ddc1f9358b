"""A whole file of made-up posts: a life, and what happens in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from detectors.backtest.labels import Crisis, Labels, Span
from detectors.errors import InputError
from detectors.model import HOUR_MS, MINUTE_MS, Post, from_ms, to_ms
from detectors.simulation.events import EVENTS, Happening
from detectors.simulation.life import ordinary_life
from detectors.simulation.writing import Life, chance, merge

__all__ = ["WARM_UP_DAYS", "Simulation", "simulate"]

WARM_UP_DAYS: Final = 14
"""So long nothing happens, unless somebody says when: detectors have to learn first."""
_DAY_MINUTES: Final = 1440
_DAY_MS: Final = _DAY_MINUTES * MINUTE_MS


@dataclass(frozen=True)
class Simulation:
    """The posts, oldest first and lazy, and the truth about them."""

    posts: Iterator[Post]
    labels: Labels


def simulate(
    life: Life, *, start_ms: int, days: int, events: Sequence[tuple[str, int | None]], seed: int
) -> Simulation:
    """So many days of a life with these events: (a kind of `EVENTS`, when it starts or None).

    What has no time of its own is spread over the days after `WARM_UP_DAYS`, in the order given; a clock-change is
    where the time zone puts it, from its time (or the end of the warm-up) on. The same arguments, the same posts.

    Raises:
        InputError: an unknown kind, a time outside of these days, events at the same time, or no room for them.

    >>> life = Life("Torrelio", "torrelio", mentions_per_min=1)
    >>> made = simulate(life, start_ms=0, days=16, events=[("quarrel", None)], seed=1)
    >>> [span.id for span in made.labels.traps], from_ms(0) < made.labels.traps[0].start
    (['quarrel-1'], True)
    """
    placed = _placed(life, start_ms, start_ms + days * _DAY_MS, events, seed)
    silences = [happening.silence for happening in placed if happening.silence]
    posts = merge(
        ordinary_life(life, start_ms=start_ms, minutes=days * _DAY_MINUTES, seed=seed),
        *(happening.posts for happening in placed),
    )
    heard = (
        post
        for post in posts
        if not any(s.source == post.source and s.start_ms <= to_ms(post.created_at) < s.end_ms for s in silences)
    )
    labels = [happening.label for happening in placed]
    return Simulation(
        heard if silences else posts,
        Labels(
            crises=[label for label in labels if isinstance(label, Crisis)],
            traps=[label for label in labels if isinstance(label, Span)],
        ),
    )


def _placed(
    life: Life, start_ms: int, end_ms: int, events: Sequence[tuple[str, int | None]], seed: int
) -> list[Happening]:
    """Each event in its place, the oldest first."""
    for kind, _ in events:
        if kind not in EVENTS:
            raise InputError(f"no event {kind!r}; expected one of: {', '.join(EVENTS)}")
    warm_ms = start_ms + WARM_UP_DAYS * _DAY_MS
    placed: list[Happening] = []
    spread: list[tuple[str, int]] = []
    for number, (kind, at_ms) in enumerate(events, 1):
        if kind == "clock-change" and at_ms is None:
            at_ms = warm_ms
        if at_ms is None:
            spread.append((kind, number))
            continue
        if not start_ms <= at_ms < end_ms:
            raise InputError(f"{kind} at {_told(at_ms)} is not between {_told(start_ms)} and {_told(end_ms)}")
        happening = _happening(life, kind, number, at_ms, seed)
        if happening.end_ms > end_ms:
            told = _told(happening.end_ms)
            raise InputError(f"{happening.label.id} lasts until {told}, the posts only until {_told(end_ms)}")
        for other in placed:
            if _overlap(happening, other):
                raise InputError(f"{happening.label.id} and {other.label.id} happen at the same time")
        placed.append(happening)
    slot_ms = (end_ms - warm_ms) // len(spread) // HOUR_MS * HOUR_MS if spread else 0
    for place, (kind, number) in enumerate(spread):
        placed.append(_somewhere(life, kind, number, warm_ms + place * slot_ms, slot_ms, placed, seed))
    return sorted(placed, key=lambda happening: happening.start_ms)


def _somewhere(
    life: Life, kind: str, number: int, first_ms: int, slot_ms: int, placed: Sequence[Happening], seed: int
) -> Happening:
    """The event at an hour of its slot, by chance, at which nothing else happens."""
    hours = list(range(slot_ms // HOUR_MS))
    chance(life, "place", seed * 1000 + number).shuffle(hours)
    for hour in hours:
        happening = _happening(life, kind, number, first_ms + hour * HOUR_MS, seed)
        if happening.end_ms <= first_ms + slot_ms and not any(_overlap(happening, other) for other in placed):
            return happening
    raise InputError(
        f"no room for {kind}-{number}: events start after {WARM_UP_DAYS} days; "
        f"give more days, or a time such as {kind}@2026-03-09T14:00"
    )


def _happening(life: Life, kind: str, number: int, at_ms: int, seed: int) -> Happening:
    return EVENTS[kind](life, f"{kind}-{number}", at_ms, seed * 1000 + number)


def _overlap(one: Happening, other: Happening) -> bool:
    return max(one.start_ms, other.start_ms) < min(one.end_ms, other.end_ms)


def _told(at_ms: int) -> str:
    return f"{from_ms(at_ms):%Y-%m-%dT%H:%M}"
