"""A group that has agreed to attack: few authors, or many young accounts, or in step, or with texts to copy."""

from __future__ import annotations

from typing import Final

from detectors.model import Brand, Story, StoryKind
from detectors.stories.copy_paste import largest_text
from detectors.stories.facts import Facts
from detectors.stories.measure import measured

__all__ = ["KIND", "LEAST_AUTHORS", "LEAST_POSTS", "THRESHOLD", "found"]

KIND: Final = StoryKind.BRIGADE
THRESHOLD: Final = 0.5
"""Of the posts against the brand, by the plainest of the four signs. An angry customer writes twice: in complaints to
airlines and to a music service what goes beyond two posts each is up to 44 % of two hours."""
LEAST_POSTS: Final = 20
LEAST_AUTHORS: Final = 3
"""Two who quarrel are no brigade."""
_EACH: Final = 2


def found(facts: Facts, usual: Facts, brand: Brand) -> Story | None:
    """The sign of a brigade that most posts bear, if enough do.

    The signs: `beyond_two`, posts beyond two of each author (unknown with thousands of authors); `young`, of accounts
    made within the month; `in_step`, within the same five seconds as many others; `copied`, of several texts: without
    the one copied most, since a letter that everybody passes on is no brigade. In `facts` are the posts that bear each,
    and the `authors` where they could be counted.
    """
    if facts.against < LEAST_POSTS or (facts.authors is not None and facts.authors < LEAST_AUTHORS):
        return None
    signs = {
        "beyond_two": (max(0, facts.signed - _EACH * facts.authors) if facts.authors else 0, 0),
        "young": (facts.young, usual.young),
        "in_step": (facts.in_step, usual.in_step),
        "copied": (max(0, facts.copies + 1 - largest_text(facts)), usual.copies),
    }
    told: dict[str, float] = {sign: posts for sign, (posts, _) in signs.items()}
    if facts.authors is not None:
        told["authors"] = facts.authors
    stories = [
        measured(
            KIND,
            brand,
            threshold=THRESHOLD,
            posts=posts,
            of=facts.against,
            usual_posts=usually,
            usual_of=usual.against,
            expected=facts.expected,
            facts=told,
        )
        for posts, usually in signs.values()
    ]
    return max((story for story in stories if story is not None), key=lambda story: story.posts, default=None)
