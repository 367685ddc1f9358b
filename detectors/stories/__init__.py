"""Which kinds of story a wave is. To add one: a file in this folder, a line in `KINDS`, a scenario in tests/scenarios.

A kind is `found` in the `Facts` of a run, against those of ordinary life. What is counted is in `facts.py`, who waits
for an answer in `desk.py`, who plays the brand in `impostors.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from detectors.model import Brand, Story, StoryKind
from detectors.stories import (
    brigade,
    copy_paste,
    hijacked_hashtag,
    impostor,
    one_link,
    rally,
    rival,
    subject,
    unanswered,
)
from detectors.stories.desk import Desk, Waiting
from detectors.stories.facts import Facts
from detectors.stories.impostors import Impostors

__all__ = ["KINDS", "Desk", "Facts", "Finder", "Impostors", "Waiting", "stories"]

Finder = Callable[[Facts, Facts, Brand], Story | None]
"""Facts of a run, facts of ordinary life, the brand."""

KINDS: Final[dict[StoryKind, Finder]] = {
    impostor.KIND: impostor.found,
    hijacked_hashtag.KIND: hijacked_hashtag.found,
    rally.KIND: rally.found,
    one_link.KIND: one_link.found,
    copy_paste.KIND: copy_paste.found,
    brigade.KIND: brigade.found,
    rival.KIND: rival.found,
    unanswered.KIND: unanswered.found,
    **{kind: partial(subject.found, kind) for kind in subject.KINDS},
}

_LEAST_THRESHOLD: Final = 0.01


def stories(facts: Facts, usual: Facts, brand: Brand) -> list[Story]:
    """Every kind that a run is, the plainest first: whose share is the most times its threshold. About 50 us.

    >>> from detectors.model import Match
    >>> acme = Brand(id="acme", name="Acme", match=Match(any=["acme"]))
    >>> facts = Facts(negative=40, subjects={"operations": 34, "conduct": 18, "advertising": 2})
    >>> [(story.kind.value, story.posts) for story in stories(facts, Facts(), acme)]
    [('operations', 34), ('conduct', 18)]
    """
    told = [story for found in KINDS.values() if (story := found(facts, usual, brand)) is not None]
    return sorted(told, key=lambda story: -story.share / max(story.threshold, _LEAST_THRESHOLD))
