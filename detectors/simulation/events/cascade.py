"""A complaint that becomes everybody's."""

from __future__ import annotations

import math

from detectors.model import MINUTE_MS
from detectors.simulation.events.base import Happening, crisis, usual_per_min
from detectors.simulation.stories import LEAK, Story
from detectors.simulation.wave import climb_doublings, wave
from detectors.simulation.writing import Life, chance

__all__ = ["cascade", "rolling"]


def cascade(life: Life, name: str, start_ms: int, seed: int) -> Happening:
    """Machines leak: a wave that doubles every 6 to 16 minutes up to 15 to 60 times the usual."""
    return rolling(life, name, "cascade", LEAK, start_ms, seed)


def rolling(life: Life, name: str, kind: str, story: Story, start_ms: int, seed: int) -> Happening:
    """A wave around `story`, as fast and as high as chance will have it; it ends when it is down to the usual."""
    rng = chance(life, kind, seed)
    doubling_s = rng.uniform(6, 16) * 60
    times = 15 * 4 ** rng.random()
    peak_per_min = usual_per_min(life) * times
    climb_ms = climb_doublings(doubling_s, peak_per_min) * doubling_s * 1000
    minutes = math.ceil((climb_ms + math.log2(times) * 10 * doubling_s * 1000) / MINUTE_MS)
    end_ms = start_ms + minutes * MINUTE_MS
    return Happening(
        wave(
            life,
            start_ms=start_ms,
            doubling_s=doubling_s,
            peak_per_min=peak_per_min,
            minutes=minutes,
            seed=seed,
            story=story,
        ),
        crisis(life, name, kind, onset_ms=start_ms, peak_ms=start_ms + climb_ms, end_ms=end_ms),
    )
