"""A competitor, or its account, is named in a large part of the wave."""

from __future__ import annotations

from typing import Final

from detectors.model import Brand, Story, StoryKind
from detectors.stories.facts import Facts
from detectors.stories.measure import measured
from detectors.stories.names import Named

__all__ = ["KIND", "THRESHOLD", "found"]

KIND: Final = StoryKind.RIVAL
THRESHOLD: Final = 0.3
"""Of the posts against the brand. Who is angry says where he goes instead: of tweets to two airlines that complain, 3 %
and 7 % name another airline, in two hours up to 24 % (35 % the one with which US Airways was merging)."""


def found(facts: Facts, usual: Facts, brand: Brand) -> Story | None:
    """The competitor that most posts against the brand name.

    Told are `subject`, its id, and in `facts` about how many `authors`.
    """
    if not facts.rivals:
        return None
    name = min(facts.rivals, key=lambda name: (-facts.rivals[name].against, name))
    one, before = facts.rivals[name], usual.rivals.get(name, Named())
    return measured(
        KIND,
        brand,
        threshold=THRESHOLD,
        posts=one.against,
        of=facts.against,
        usual_posts=before.against,
        usual_of=usual.against,
        expected=facts.expected,
        subject=name,
        facts={"authors": one.authors},
    )
