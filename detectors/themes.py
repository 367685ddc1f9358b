"""What a negative post is about and who wrote it: topics, hashtags, audience."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

from detectors.model import Audience, Brand, Language, Post, Watch
from detectors.text.inflections import WordFinder
from detectors.text.terms import account_name, fold

__all__ = ["MAX_HASHTAGS", "Themes"]

MAX_HASHTAGS: Final = 5
"""More hashtags of one post are not looked at: they are there to be seen, not to say something."""
_LANGUAGES: Final = {language.value: language for language in Language}
_READ_CHARS: Final = 2_000
_HASHTAG: Final = re.compile(r"(?<![\w&#])#(\w{1,50})(?!\w)")


class Themes:
    """Finds the topics, the hashtags and the audience of posts, for all brands of a watch.

    A topic is there if one of its words or phrases is, of any language and in any inflection that its language has
    (see `WordFinder`): "refund" in "they refunded me" and in "#refund", "rembourser" in "remboursement". Case and
    accents do not count (see `fold`). All words are looked for in one pass, in the first 2,000 characters; they must
    not be blank (ValueError).

    The audience is the group that names the author's account on that source (`accounts`); else the first of those
    that the author says to belong to (`roles`: words and phrases in `author_bio`, in any number and gender); else that
    of the highest `followers_at_least` that is reached. Whoever tells a group by name or by role means these people,
    however many followers they have.

    Cost, with 8 topics of 10 words: 1.6 to 3.9 us a post for topics; 2.3 to 3.5 us for the audience, where an author
    has a bio and roles are looked for.

    >>> from datetime import UTC, datetime
    >>> from detectors.model import Match, Topic
    >>> watch = Watch(
    ...     brands=[Brand(id="acme", name="Acme", match=Match(any=["acme", "@acme"]))],
    ...     topics=[Topic(id="safety", words={"en": ["fire"]}), Topic(id="refund", words={"fr": ["rembourser"]})],
    ...     audiences=[Audience(id="press", roles=["journalist"]), Audience(id="fans", followers_at_least=500)],
    ... )
    >>> themes = Themes(watch)
    >>> text = themes.fold("Pas remboursés! Your #Fire is out, #acme #AcmeFail")
    >>> themes.topics(text), themes.hashtags(text, "acme")
    (('safety', 'refund'), ('#fire', '#acmefail'))
    >>> def audience(reach: int, bio: str) -> str | None:
    ...     at = datetime(2026, 1, 1, tzinfo=UTC)
    ...     return themes.audience(Post(id="1", source="x", text="", created_at=at, followers=reach, author_bio=bio))
    >>> audience(700, ""), audience(700, "Journalistes associés"), audience(0, "")
    ('fans', 'press', None)
    """

    def __init__(self, watch: Watch) -> None:
        self._topic_ids = [topic.id for topic in watch.topics]
        self._topics = WordFinder(
            [
                [(word, _LANGUAGES.get(code, Language.OTHER)) for code, words in topic.words.items() for word in words]
                for topic in watch.topics
            ]
        )
        self._audiences = _Audiences(watch.audiences)
        self._brands = {brand.id: brand for brand in watch.brands}
        self._own: dict[str, frozenset[str]] = {}

    @staticmethod
    def fold(text: str) -> str:
        """What `topics` and `hashtags` read of a text."""
        return fold(text[:_READ_CHARS])

    def topics(self, text: str) -> tuple[str, ...]:
        """The ids of all topics of a folded text, in the order of the configuration."""
        return tuple([self._topic_ids[place] for place in sorted(self._topics.find(text))])

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

    def audience(self, post: Post) -> str | None:
        """The group of authors that the author of a post belongs to: by name, else by role, else by reach."""
        return self._audiences.of(post)


class _Audiences:
    """Groups of authors."""

    def __init__(self, audiences: Sequence[Audience]) -> None:
        self._ids = [audience.id for audience in audiences]
        reach = sorted((a.followers_at_least, a.id) for a in audiences if a.followers_at_least is not None)
        self._steps = [followers for followers, _ in reach]
        self._reached = [audience for _, audience in reach]
        self._named: dict[tuple[str, str], str] = {}
        for audience in audiences:
            for source, accounts in audience.accounts.items():
                for account in accounts:
                    self._named.setdefault((source.casefold(), account_name(account)), audience.id)
        self._roles = WordFinder([[(role, Language.OTHER) for role in a.roles] for a in audiences])

    def of(self, post: Post) -> str | None:
        if self._named and post.author is not None:
            named = self._named.get((post.source.casefold(), account_name(post.author)))
            if named is not None:
                return named
        if post.author_bio and (roles := self._roles.find(fold(post.author_bio[:_READ_CHARS]))):
            return self._ids[min(roles)]
        place = bisect_right(self._steps, post.followers or 0)
        return self._reached[place - 1] if place else None


def _own_hashtags(brand: Brand) -> frozenset[str]:
    return frozenset(f"#{fold(term).lstrip('@#').replace(' ', '')}" for term in brand.match.any)
