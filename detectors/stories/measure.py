"""When a share of a wave is a kind of story: large enough by itself, and against what is usual."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import Final

from detectors.model import Brand, Story, StoryKind

__all__ = ["LEAST_POSTS", "LEAST_USUAL", "measured", "stands_out"]

LEAST_POSTS: Final = 4
"""Three posts are an anecdote. Where little is usual an alert fires at six posts, and should know its kind then."""
LEAST_USUAL: Final = 20
"""Ordinary life of fewer posts counts as so many: what was said once or twice is not usual yet."""
_TIMES_THE_ODDS: Final = 2.0
_LEAST_Z: Final = 2.33
"""A share as large as the usual one gets so far in one wave of a hundred, by chance."""
_MOST_EXPECTED: Final = 0.9


def stands_out(posts: int, of: int, usual_posts: int, usual_of: int, *, expected: float = 0.0) -> bool:
    """Whether a share is far from the usual one: twice its odds, and more than chance would bring.

    Odds, since no share can be twice as large as one half. Of a slow wave much is ordinary life: what was `expected`
    of the `of` is taken out, in its usual shares, before the odds are looked at.

    >>> stands_out(24, 60, 50, 1000), stands_out(5, 60, 50, 1000), stands_out(45, 60, 500, 1000)
    (True, False, True)
    >>> stands_out(5, 10, 300, 1000)
    False

    US Airways, 22 February 2015: every second complaint is of delays, where one in three usually is.

    >>> stands_out(164, 337, 216, 599), stands_out(164, 337, 216, 599, expected=200.0)
    (False, True)
    """
    usual = min(1.0, usual_posts / max(usual_of, LEAST_USUAL))
    if not usual:
        return True
    if posts - of * usual <= _LEAST_Z * sqrt(of * usual * (1.0 - usual)):
        return False
    expected = min(expected, of * _MOST_EXPECTED)
    above, others = posts - expected * usual, (of - posts) - expected * (1.0 - usual)
    return above * (1.0 - usual) > _TIMES_THE_ODDS * usual * others


def measured(
    kind: StoryKind,
    brand: Brand,
    *,
    threshold: float,
    posts: int,
    of: int,
    usual_posts: int = 0,
    usual_of: int = 0,
    expected: float = 0.0,
    subject: str | None = None,
    facts: Mapping[str, float] | None = None,
) -> Story | None:
    """The story, if `posts` of the `of` are enough: so many, such a share, and an unusual one.

    `threshold` is that of the kind; the brand's own (`Brand.stories`) stands above it. For the rest see `stands_out`.

    >>> from detectors.model import Match
    >>> acme = Brand(id="acme", name="Acme", match=Match(any=["acme"]), stories={"rival": 0.5})
    >>> measured(StoryKind.RIVAL, acme, threshold=0.3, posts=24, of=60) is None
    True
    >>> measured(StoryKind.OPERATIONS, acme, threshold=0.3, posts=24, of=60).share
    0.4
    """
    least = brand.stories.get(kind, threshold)
    if posts < LEAST_POSTS or posts < least * of:
        return None
    if not stands_out(posts, of, usual_posts, usual_of, expected=expected):
        return None
    return Story(
        kind=kind, share=posts / of, threshold=least, posts=posts, of=of, subject=subject, facts=dict(facts or {})
    )
