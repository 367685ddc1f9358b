"""The public gathers round one complainant: many people's posts turn on one account that is not the brand's."""

from __future__ import annotations

from typing import Final

from detectors.model import Brand, Story, StoryKind
from detectors.stories.facts import Facts
from detectors.stories.measure import measured
from detectors.stories.names import Named

__all__ = ["KIND", "LEAST_AUTHORS", "THRESHOLD", "found"]

KIND: Final = StoryKind.RALLY
THRESHOLD: Final = 0.3
"""Of the posts against the brand in people's own words. In tweets to airlines (2015) and to a music service (2017) the
account named most is in 14 % of the complaints of two hours at most, but for a rival's."""
LEAST_AUTHORS: Final = 8
"""Fewer are a conversation."""
_OF_A_RIVAL: Final = 0.8
"""So many posts on an account name a rival too: then it is the rival's, or it is about the rival."""


def found(facts: Facts, usual: Facts, brand: Brand) -> Story | None:
    """The account that most posts answer, name or quote in words of their own, if eight or more people do.

    Told are `subject`, the account; in `facts`, about how many `authors`, and the `posts_of_any_sentiment` about it.
    """
    people = {
        name: one
        for name, one in facts.accounts.items()
        if one.beside_rival <= _OF_A_RIVAL * one.against and one.authors >= LEAST_AUTHORS
    }
    if not people:
        return None
    name = min(people, key=lambda name: (-people[name].against, name))
    one, before = people[name], usual.accounts.get(name, Named())
    return measured(
        KIND,
        brand,
        threshold=THRESHOLD,
        posts=one.against,
        of=facts.own_words,
        usual_posts=before.against,
        usual_of=usual.own_words,
        expected=facts.expected,
        subject=name,
        facts={"authors": one.authors, "posts_of_any_sentiment": one.posts},
    )
