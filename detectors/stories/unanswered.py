"""Complaints to the brand wait for an answer of its accounts for longer than is usual."""

from __future__ import annotations

from typing import Final

from detectors.model import MINUTE_MS, Brand, Story, StoryKind
from detectors.stories.desk import Waiting
from detectors.stories.facts import Facts
from detectors.stories.measure import measured

__all__ = ["KIND", "THRESHOLD", "found"]

KIND: Final = StoryKind.UNANSWERED
THRESHOLD: Final = 0.5
"""Of the complaints that should have been answered since the run began."""


def found(facts: Facts, usual: Facts, brand: Brand) -> Story | None:
    """The complaints that are overdue (see `detectors.stories.desk`), if they are half of those that were due.

    And more than usual: a brand that never answers does not begin a story by that. Told are in `facts` how many are
    `waiting`, the longest for `longest_minutes`, and the `usual_minutes`.
    """
    waiting, before = facts.waiting, usual.waiting or Waiting()
    if waiting is None:
        return None
    return measured(
        KIND,
        brand,
        threshold=THRESHOLD,
        posts=waiting.overdue,
        of=waiting.due,
        usual_posts=before.overdue,
        usual_of=before.due,
        facts={
            "waiting": waiting.overdue,
            "longest_minutes": waiting.longest_ms / MINUTE_MS,
            "usual_minutes": waiting.usual_ms / MINUTE_MS,
        },
    )
