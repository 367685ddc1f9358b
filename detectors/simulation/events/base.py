"""What an event in the life of a brand is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from detectors.backtest.labels import Crisis, Span
from detectors.model import Post, from_ms, to_ms
from detectors.simulation.writing import Life

__all__ = ["Event", "Happening", "Silence", "crisis", "trap", "usual_per_min"]

_LEAST_PER_MIN: Final = 0.05


@dataclass(frozen=True)
class Silence:
    """No post comes from `source` in [start_ms, end_ms)."""

    source: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class Happening:
    """An event in its place: posts on top of ordinary life, oldest first, and what is true of them.

    A crisis must be found, a trap (a `Span`) must not raise an alert. No post is later than the label.
    """

    posts: Iterator[Post]
    label: Crisis | Span
    silence: Silence | None = None

    @property
    def start_ms(self) -> int:
        """When the label begins."""
        return to_ms(self.label.onset if isinstance(self.label, Crisis) else self.label.start)

    @property
    def end_ms(self) -> int:
        """When the label ends."""
        return to_ms(self.label.end if isinstance(self.label, Crisis) else self.label.until)


Event = Callable[[Life, str, int, int], Happening]
"""`event(life, name, start_ms, seed)`: `name` becomes the label's id; the same arguments, the same posts."""


def crisis(life: Life, name: str, kind: str, *, onset_ms: int, peak_ms: float, end_ms: float) -> Crisis:
    """The label of something that must be found."""
    return Crisis(
        id=name,
        brand=life.handle,
        onset=from_ms(onset_ms),
        peak=from_ms(round(peak_ms)),
        end=from_ms(round(end_ms)),
        kind=kind,
    )


def trap(life: Life, name: str, start_ms: int, end_ms: int, why: str) -> Span:
    """The label of something that must not raise an alert."""
    return Span(id=name, brand=life.handle, start=from_ms(start_ms), until=from_ms(end_ms), why=why)


def usual_per_min(life: Life) -> float:
    """Negative mentions a minute to measure an event by; a tiny brand has events that can be seen all the same.

    >>> usual_per_min(Life("Torrelio", "torrelio", mentions_per_min=0.01))
    0.05
    """
    return max(life.negative_per_min, _LEAST_PER_MIN)
