"""What the wave is about, by topic words in both languages: operations, product, conduct, advertising."""

from __future__ import annotations

from typing import Final

from detectors.model import Brand, Story, StoryKind
from detectors.stories.facts import Facts
from detectors.stories.measure import measured

__all__ = ["KINDS", "THRESHOLD", "found"]

KINDS: Final = (StoryKind.OPERATIONS, StoryKind.PRODUCT, StoryKind.CONDUCT, StoryKind.ADVERTISING)
THRESHOLD: Final = 0.4
"""Of the posts against the brand. Not half: many say only "same here" or "shame on you"."""


def found(kind: StoryKind, facts: Facts, usual: Facts, brand: Brand) -> Story | None:
    """The story of this kind, if enough posts speak of it and more than usual: an airline always hears of delays."""
    return measured(
        kind,
        brand,
        threshold=THRESHOLD,
        posts=facts.subjects.get(kind, 0),
        of=facts.against,
        usual_posts=usual.subjects.get(kind, 0),
        usual_of=usual.against,
        expected=facts.expected,
    )
