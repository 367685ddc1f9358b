"""An account that looks like an official one answers the brand's customers, or names them."""

from __future__ import annotations

from typing import Final

from detectors.model import Brand, Story, StoryKind
from detectors.stories.facts import Facts

__all__ = ["KIND", "THRESHOLD", "found"]

KIND: Final = StoryKind.IMPOSTOR
THRESHOLD: Final = 0.5
"""Of the posts of such accounts since the first to a customer. One is enough: who was asked for a card number by a
stranger has lost it by the second."""


def found(facts: Facts, usual: Facts, brand: Brand) -> Story | None:
    """The look-alikes that are about, if most of what they write goes to customers.

    Told are `subject`, the account that wrote most of it (None where no author is known), and in `facts` the number of
    `accounts`.
    """
    impostors = facts.impostors
    if impostors is None or not impostors.posts:
        return None
    posts, of = impostors.posts, impostors.posts + impostors.others
    threshold = brand.stories.get(KIND, THRESHOLD)
    if posts < threshold * of:
        return None
    return Story(
        kind=KIND,
        share=posts / of,
        threshold=threshold,
        posts=posts,
        of=of,
        subject=impostors.account,
        facts={"accounts": len(impostors.accounts)},
    )
