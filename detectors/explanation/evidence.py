"""What negative mentions are made of: counts by name in every dimension, who wrote them, which words they use."""

from __future__ import annotations

from typing import Final

import msgspec

from detectors.explanation.words import Vocabulary
from detectors.model import Mention

__all__ = ["DIMENSIONS", "NONE", "OTHER", "Evidence"]

DIMENSIONS: Final = ("channel", "topic", "audience", "authors", "hashtag", "kind", "language")
NONE: Final = "none"
OTHER: Final = "other"
KEPT_NAMES: Final = 32
KEPT_AUTHORS: Final = 4096
AUTHOR_CHARS: Final = 60
READ_POSTS: Final = 20
"""So many posts of a minute are read for their words, the first: a sample will do where there are more."""


class Evidence(msgspec.Struct):
    """Negative mentions, counted in seven ways; in each dimension every mention counts under exactly one name.

    `authors` groups mentions by how new their voice is: "new" of an author who was not counted in the hour before,
    "again" of one who was (two who quarrel are two new ones and then only "again"), "unknown" where nobody is
    named. `kind` is "originals", "reposts" or "copies" (of texts seen before); `topic` and `hashtag` the first of a
    mention, "none" without. Of a dimension's names the `KEPT_NAMES` most frequent keep a count of their own, at
    least; the rest is "other".

    `followers` maps the different authors to their followers, the first `KEPT_AUTHORS` of them; `more_authors`
    says that there were others. Two names of one source that agree in 60 characters are one.
    """

    channel: dict[str, int] = {}
    topic: dict[str, int] = {}
    audience: dict[str, int] = {}
    authors: dict[str, int] = {}
    hashtag: dict[str, int] = {}
    kind: dict[str, int] = {}
    language: dict[str, int] = {}
    followers: dict[str, int] = {}
    more_authors: bool = False
    words: Vocabulary = msgspec.field(default_factory=Vocabulary)

    def add(self, mention: Mention, *, new_author: bool, copied: bool = False) -> None:
        """Count one; `new_author` if its author was not counted in the hour before, `copied` if its text was seen.

        About 1 us, 7 if it is read.
        """
        counts, name = self.channel, mention.source
        counts[name] = counts.get(name, 0) + 1
        counts, name = self.topic, mention.topics[0] if mention.topics else NONE
        counts[name] = counts.get(name, 0) + 1
        counts, name = self.audience, mention.audience or NONE
        counts[name] = counts.get(name, 0) + 1
        counts, name = self.kind, "reposts" if mention.is_repost else "copies" if copied else "originals"
        counts[name] = counts.get(name, 0) + 1
        counts, name = self.language, mention.lang or NONE
        counts[name] = counts.get(name, 0) + 1
        counts, name = self.hashtag, mention.hashtags[0] if mention.hashtags else NONE
        counts[name] = counts.get(name, 0) + 1
        if len(counts) > 2 * KEPT_NAMES:
            _keep_most_frequent(counts)
        if mention.author is None:
            name = "unknown"
        else:
            name = "new" if new_author else "again"
            self._meet(f"{mention.source} {mention.author[:AUTHOR_CHARS]}", mention.followers)
        counts = self.authors
        counts[name] = counts.get(name, 0) + 1
        if mention.text is not None and self.words.posts < READ_POSTS:
            self.words.read(mention.text)

    def merge(self, other: Evidence, *, authors: bool = True) -> None:
        """Add what another holds; who wrote it only if `authors`."""
        for dimension in DIMENSIONS:
            counts: dict[str, int] = getattr(self, dimension)
            for name, count in getattr(other, dimension).items():
                counts[name] = counts.get(name, 0) + count
            if len(counts) > 2 * KEPT_NAMES:
                _keep_most_frequent(counts)
        self.words.merge(other.words)
        if authors:
            self.more_authors |= other.more_authors
            for author, followers in other.followers.items():
                self._meet(author, followers)

    def remove(self, mention: Mention) -> None:
        """Take out one that was counted, as far as is known how: of its authors and words nothing is."""
        topic = mention.topics[0] if mention.topics else NONE
        hashtag = mention.hashtags[0] if mention.hashtags else NONE
        for dimension, names in (
            ("channel", (mention.source,)),
            ("topic", (topic,)),
            ("audience", (mention.audience or NONE,)),
            ("hashtag", (hashtag,)),
            ("language", (mention.lang or NONE,)),
            ("kind", ("reposts",) if mention.is_repost else ("originals", "copies")),
            ("authors", ("unknown",) if mention.author is None else ("new", "again")),
        ):
            counts: dict[str, int] = getattr(self, dimension)
            name = next((name for name in (*names, OTHER, *counts) if counts.get(name)), None)
            if name is not None:
                counts[name] -= 1
                if not counts[name]:
                    del counts[name]

    def halve(self) -> None:
        """Forget half; what was there once is gone."""
        for dimension in DIMENSIONS:
            counts = getattr(self, dimension)
            setattr(self, dimension, {name: count // 2 for name, count in counts.items() if count > 1})
        self.words.halve()

    def copy(self) -> Evidence:
        """One that can be added to without changing this one."""
        copy = Evidence(words=self.words.copy())
        copy.merge(msgspec.structs.replace(self, words=Vocabulary()))
        return copy

    def _meet(self, author: str, followers: int) -> None:
        known = self.followers.get(author)
        if known is not None:
            if followers > known:
                self.followers[author] = followers
        elif len(self.followers) < KEPT_AUTHORS:
            self.followers[author] = followers
        else:
            self.more_authors = True


def _keep_most_frequent(counts: dict[str, int]) -> None:
    """Let the rarer half be "other": a name that comes later still gets its chance."""
    names = sorted(counts.keys() - {NONE, OTHER}, key=lambda name: (-counts[name], name))
    counts[OTHER] = counts.get(OTHER, 0) + sum(counts.pop(name) for name in names[KEPT_NAMES:])
