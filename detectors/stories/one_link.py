"""A video, an article or a picture carries the wave."""

from __future__ import annotations

from typing import Final

from detectors.model import Brand, Story, StoryKind
from detectors.stories.facts import Facts
from detectors.stories.measure import measured
from detectors.stories.names import Named

__all__ = ["KIND", "LEAST_AUTHORS", "THRESHOLD", "found"]

KIND: Final = StoryKind.ONE_LINK
THRESHOLD: Final = 0.3
"""Of the posts against the brand, reposts too. In tweets to airlines and to a music service no link is in more than
12 % of the complaints of two hours."""
LEAST_AUTHORS: Final = 5
"""One who posts a link twenty times carries nothing."""


def found(facts: Facts, usual: Facts, brand: Brand) -> Story | None:
    """The link that most posts against the brand point at, if five or more people do.

    Told are `subject`, the link, and in `facts` about how many `authors` shared it.
    """
    shared = {link: one for link, one in facts.links.items() if one.authors >= LEAST_AUTHORS}
    if not shared:
        return None
    link = min(shared, key=lambda link: (-shared[link].against, link))
    one, before = shared[link], usual.links.get(link, Named())
    return measured(
        KIND,
        brand,
        threshold=THRESHOLD,
        posts=one.against,
        of=facts.against,
        usual_posts=before.against,
        usual_of=usual.against,
        expected=facts.expected,
        subject=link,
        facts={"authors": one.authors},
    )
