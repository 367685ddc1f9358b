"""Made-up posts: the ordinary life of a brand, and what may happen in it. The same seed, the same posts.

For the demo, for scenarios and for measuring. Nothing here is about a real company, and no post says what it
feels (`Post.sentiment` is None): badbuzz has to read it. To add another kind of event, write a file in `events/`:
moments from `arrivals`, accounts from `people`, posts from a `Scribe`.
"""

from __future__ import annotations

from detectors.simulation.answers import answered
from detectors.simulation.events import EVENTS
from detectors.simulation.life import daily_rhythm, ordinary_life
from detectors.simulation.schedule import WARM_UP_DAYS, Simulation, simulate
from detectors.simulation.stories import LEAK, LEAK_IN_THE_NEWS, Story
from detectors.simulation.wave import wave
from detectors.simulation.writing import Life, merge

__all__ = [
    "EVENTS",
    "LEAK",
    "LEAK_IN_THE_NEWS",
    "WARM_UP_DAYS",
    "Life",
    "Simulation",
    "Story",
    "answered",
    "daily_rhythm",
    "merge",
    "ordinary_life",
    "simulate",
    "wave",
]
