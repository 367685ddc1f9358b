"""The brand's own hashtag, or a parody of it, carries mostly posts against it."""

from __future__ import annotations

from typing import Final

from detectors.model import Brand, Story, StoryKind
from detectors.stories.facts import Facts
from detectors.stories.measure import measured
from detectors.stories.names import Named

__all__ = ["KIND", "THRESHOLD", "found"]

KIND: Final = StoryKind.HIJACKED_HASHTAG
THRESHOLD: Final = 0.3
"""Of the posts against the brand. In tweets to airlines (2015) and to a music service (2017) no hashtag is in more than
14 % of the complaints of two hours."""
_MOSTLY: Final = 0.5


def found(facts: Facts, usual: Facts, brand: Brand) -> Story | None:
    """The own hashtag that most posts against the brand carry, if most posts that carry it are against the brand.

    Told are `subject`, the hashtag; in `facts`, `tagged` posts of any sentiment with it, the share of these that is
    `against` the brand, and about how many `authors` turned it.
    """
    turned = {tag: one for tag, one in facts.hashtags.items() if one.against > _MOSTLY * one.posts}
    if not turned:
        return None
    tag = min(turned, key=lambda tag: (-turned[tag].against, tag))
    one, before = turned[tag], usual.hashtags.get(tag, Named())
    return measured(
        KIND,
        brand,
        threshold=THRESHOLD,
        posts=one.against,
        of=facts.against,
        usual_posts=before.against,
        usual_of=usual.against,
        expected=facts.expected,
        subject=tag,
        facts={"tagged": one.posts, "against": one.against / one.posts, "authors": one.authors},
    )
