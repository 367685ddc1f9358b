"""What a negative post is about and whom it reaches: topics, hashtags, audience."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

from ahocorasick_rs import AhoCorasick

from detectors.mentions import fold, index_terms, stands_alone
from detectors.model import Brand, Topic, Watch

__all__ = ["MAX_HASHTAGS", "Themes"]

MAX_HASHTAGS: Final = 5
"""More hashtags of one post are not looked at: they are there to be seen, not to say something."""
_READ_CHARS: Final = 2_000
_HASHTAG: Final = re.compile(r"(?<![\w&#])#(\w{1,50})(?!\w)")


class Themes:
    """Finds the topics, the hashtags and the audience of posts, for all brands of a watch.

    A topic is there if one of its words is, in any language, as a whole word or as a hashtag ("refund" is found in
    "#refund" too); case and accents do not count (see `fold`). All words are looked for in one pass, in the
    first 2,000 characters; words must not be blank (ValueError). Cost: 2 to 4 us a post, however many topics.

    >>> from detectors.model import Match
    >>> watch = Watch(
    ...     brands=[Brand(id="acme", name="Acme", match=Match(any=["acme", "@acme"]))],
    ...     topics=[Topic(id="safety", words={"en": ["fire"]}), Topic(id="refund", words={"fr": ["remboursé"]})],
    ...     audiences=[Audience(id="press", followers_at_least=20_000), Audience(id="fans", followers_at_least=500)],
    ... )
    >>> themes = Themes(watch)
    >>> text = themes.fold("Pas rembourse! Your #Fire is out, #acme #AcmeFail")
    >>> themes.topics(text), themes.hashtags(text, "acme"), themes.audience(700)
    (('safety', 'refund'), ('#fire', '#acmefail'), 'fans')
    """

    def __init__(self, watch: Watch) -> None:
        self._topics = _TopicFinder(watch.topics)
        reach = sorted((a.followers_at_least, a.id) for a in watch.audiences if a.followers_at_least is not None)
        self._reach = [followers for followers, _ in reach]
        self._audiences = [audience for _, audience in reach]
        self._brands = {brand.id: brand for brand in watch.brands}
        self._own: dict[str, frozenset[str]] = {}

    @staticmethod
    def fold(text: str) -> str:
        """What `topics` and `hashtags` read of a text."""
        return fold(text[:_READ_CHARS])

    def topics(self, text: str) -> tuple[str, ...]:
        """The ids of all topics of a folded text, in the order of the configuration."""
        return self._topics.find(text)

    def hashtags(self, text: str, brand: str) -> tuple[str, ...]:
        """The first `MAX_HASHTAGS` different hashtags of a folded text, each with its "#", without the brand's own.

        Its own are those that name it: they stand in any talk of it and say nothing. A number is no hashtag, nor is
        one of more than 50 characters.
        """
        if "#" not in text:
            return ()
        own = self._own.get(brand)
        if own is None:  # made when it is needed: most of 100,000 brands never need it
            own = self._own[brand] = _own_hashtags(self._brands[brand])
        tags = dict.fromkeys(f"#{tag}" for tag in _HASHTAG.findall(text) if not tag.isdecimal())
        return tuple([tag for tag in tags if tag not in own][:MAX_HASHTAGS])

    def audience(self, followers: int) -> str | None:
        """The group of the highest `followers_at_least` that this many followers reach."""
        place = bisect_right(self._reach, followers)
        return self._audiences[place - 1] if place else None


class _TopicFinder:
    """Whole words of topics in a folded text."""

    def __init__(self, topics: Sequence[Topic]) -> None:
        self._ids = [topic.id for topic in topics]
        index: dict[str, list[int]] = {}
        for place, topic in enumerate(topics):
            words = {fold(word) for words in topic.words.values() for word in words}
            index_terms(index, words | {f"#{word}" for word in words if word.isalnum()}, place)
        if "" in index:
            raise ValueError("a blank word of a topic would be found in every text")
        self._places = list(index.values())
        self._handles = [word.startswith("@") for word in index]
        self._automaton = AhoCorasick(list(index), store_patterns=False) if index else None

    def find(self, text: str) -> tuple[str, ...]:
        if self._automaton is None:
            return ()
        matches = self._automaton.find_matches_as_indexes(text, overlapping=True)
        if not matches:
            return ()
        found: set[int] = set()
        for word, start, end in matches:
            if stands_alone(text, start, end, handle=self._handles[word]):
                found.update(self._places[word])
        return tuple([self._ids[place] for place in sorted(found)])


def _own_hashtags(brand: Brand) -> frozenset[str]:
    return frozenset(f"#{fold(term).lstrip('@#').replace(' ', '')}" for term in brand.match.any)
