"""The same text, by many: a letter that is copied and posted again."""

from __future__ import annotations

from typing import Final

from detectors.model import Brand, Story, StoryKind
from detectors.stories.facts import Facts
from detectors.stories.measure import measured

__all__ = ["KIND", "THRESHOLD", "found", "largest_text"]

KIND: Final = StoryKind.COPY_PASTE
THRESHOLD: Final = 0.3
"""Of the posts against the brand. Seven in a thousand tweets to airlines are nearly the same as another one."""


def largest_text(facts: Facts) -> int:
    """How many posts have the text that was copied most, the first of them too."""
    return max(facts.texts.values()) + 1 if facts.texts else 0


def found(facts: Facts, usual: Facts, brand: Brand) -> Story | None:
    """One text and its near copies, if they are a real part of the wave. Reposts are no copies.

    Told are in `facts` the `copies` of all texts, and how many `texts` were copied (16 at least, where there are more).
    """
    return measured(
        KIND,
        brand,
        threshold=THRESHOLD,
        posts=min(largest_text(facts), facts.against),
        of=facts.against,
        usual_posts=usual.copies,
        usual_of=usual.against,
        expected=facts.expected,
        facts={"copies": facts.copies, "texts": len(facts.texts)},
    )
