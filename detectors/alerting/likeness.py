"""What tells one story of a brand from another: words, hashtags, links, accounts and kinds that its posts share."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from detectors.explanation.run import Recent
from detectors.explanation.words import Vocabulary, standing_out, words_of
from detectors.model import Explanation, Mention, Story, StoryKind

__all__ = [
    "LEAST_WORDS",
    "SIGNATURE_WORDS",
    "alike",
    "covers",
    "features",
    "is_mark",
    "is_same",
    "lasting",
    "share_of",
    "signature",
    "stems",
    "words_that_tell",
]

SIGNATURE_WORDS: Final = 24
LEAST_WORDS: Final = 3
"""A story of which fewer is known cannot be told from another one."""
_FEW_WORDS: Final = 6
"""Of a signature with so many words, a post has to share two: one may be chance."""
_NO_WORDS: Final = ("@", "link:", "kind:")
_MARKS: Final = ("#", *_NO_WORDS)
_STEM_CHARS: Final = 5
SAME_FROM: Final = 0.5
ANOTHER_UNTIL: Final = 0.15
_SUBJECTS: Final = {
    StoryKind.RALLY: "@",
    StoryKind.IMPOSTOR: "@",
    StoryKind.ONE_LINK: "link:",
    StoryKind.HIJACKED_HASHTAG: "",
}
_KINDS: Final = (StoryKind.OPERATIONS, StoryKind.PRODUCT, StoryKind.CONDUCT, StoryKind.ADVERTISING)
"""Kinds that each post is or is not by itself; the others are of a wave as a whole."""


def features(mention: Mention) -> set[str]:
    """All of one post that a signature may have.

    >>> from detectors.model import Marks, Sentiment
    >>> marks = Marks(links=("youtu.be/x",), accounts=("anna",), subjects=("conduct",))
    >>> post = Mention(0, 0, 0, 1, "x", Sentiment.NEGATIVE, text="No REFUND! #shame", hashtags=("#shame",), marks=marks)
    >>> sorted(features(post))
    ['#shame', '@anna', 'kind:conduct', 'link:youtu.be/x', 'refund']
    """
    found = {*words_of(mention.text or ""), *mention.hashtags}
    if (marks := mention.marks) is not None:
        found.update(marks.own_hashtags)
        found.update(f"link:{link}" for link in marks.links)
        found.update(f"@{account}" for account in marks.accounts)
        found.update(f"kind:{subject}" for subject in marks.subjects)
    return found


def signature(why: Explanation, words: Iterable[str]) -> list[str]:
    """What tells the story that is explained: words of it, and the subjects of its kinds."""
    return list(dict.fromkeys([*words, *(mark for story in why.stories for mark in _marks(story))]))


def _marks(story: Story) -> list[str]:
    if story.kind in _KINDS:
        return [f"kind:{story.kind}"]
    if story.subject is not None and story.kind in _SUBJECTS:
        return [_SUBJECTS[story.kind] + story.subject.lstrip("@")]
    return []


def words_that_tell(posts: Iterable[set[str]], usual: Vocabulary, without: Collection[str]) -> list[str]:
    """The words and hashtags that these posts have more often than the brand's usual talk, beyond chance."""
    vocabulary = Vocabulary()
    for post in posts:
        vocabulary.add([feature for feature in post if not feature.startswith(_NO_WORDS)])
    return [word.word for word in standing_out(vocabulary, usual, without=without, most=SIGNATURE_WORDS)]


def covers(known: Collection[str], post: set[str]) -> bool:
    """Whether a post is of the story with this signature: it shares a hashtag, link, account or kind, or its words.

    >>> covers(["card", "terminals", "down"], {"card", "refused"}), covers(["#acmefail"], {"#acmefail", "late"})
    (True, True)
    >>> covers(["card", "terminals", "down", "till", "pay", "queue"], {"card", "birthday"})
    False
    """
    if any(map(is_mark, post.intersection(known))):
        return True
    words = stems(known)
    return len(words & stems(post)) >= (2 if len(words) >= _FEW_WORDS else 1)


def alike(one: Collection[str], other: Collection[str]) -> bool:
    """Whether two signatures tell the same story: they share a hashtag, link, account or kind, or a third of the words.

    >>> alike(["terminals", "card", "down"], ["card", "terminal", "queue", "refused"])
    True
    """
    if any(map(is_mark, set(one).intersection(other))):
        return True
    ours, theirs = stems(one), stems(other)
    return len(ours & theirs) >= max(2, len(min(ours, theirs, key=len)) / 3)


def is_mark(feature: str) -> bool:
    """Whether it is a hashtag, a link, an account or a kind, which are worth more than a word."""
    return feature.startswith(_MARKS)


def lasting(signature: Iterable[str]) -> list[str]:
    """What of a signature tells a story for days: not its kind, which is that of many stories of the same brand."""
    return [feature for feature in signature if not feature.startswith("kind:")]


def stems(known: Collection[str]) -> set[str]:
    """The words among these, as far as they are compared: without their ends, in both languages.

    >>> sorted(stems(["families", "family", "pays", "#shame"]))
    ['famil', 'pay']
    """
    return {word.rstrip("s")[:_STEM_CHARS] for word in known if not is_mark(word)}


def share_of(known: Collection[str], posts: Sequence[tuple[float, set[str]]]) -> float:
    """Which part of these posts, by weight, is of the story with this signature; 0 without any."""
    total = sum(weight for weight, _ in posts)
    return sum(weight for weight, post in posts if covers(known, post)) / total if total else 0.0


def is_same(known: Collection[str], recent: Sequence[Recent], *, own: Collection[str]) -> bool | None:
    """Whether what was said lately is the story with this signature, None where that cannot be told.

    `own` are words that tell of what was said lately. Half of the posts make it the same, less than one in seven
    another one; one that has nothing of its own is no other story.
    """
    posts = [(one.weight, features(one.mention)) for one in recent]
    if len(known) < LEAST_WORDS or not posts:
        return None
    share = share_of(known, posts)
    if share >= SAME_FROM:
        return True
    return False if share < ANOTHER_UNTIL and len(own) >= LEAST_WORDS else None
