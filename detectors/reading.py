"""From posts that speak of brands to mentions: what each says, what marks it, and what of it is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from detectors.errors import InvalidPost, Reason
from detectors.marks import Marker
from detectors.mentions import Found, MentionFinder
from detectors.model import Language, Marks, Mention, Post, Sentiment, Watch
from detectors.privacy import Pseudonyms, public_names
from detectors.text import Judgement, Negativity, blanked
from detectors.text.copies import is_repost
from detectors.text.language import detect
from detectors.themes import Themes

__all__ = ["Arrived", "Reader"]

NAME_CHARS = 300
"""More of an id, an author or a URL is not carried on."""
TEXT_CHARS = 500
"""More of a text is not carried to people."""
_READ_CHARS = 2_000

Feelings = list[tuple[Sentiment, bool, Language | None]]
"""How a post speaks of each brand that was found in it, whether that is irony, and its language, if it was read."""


class Arrived(msgspec.Struct, frozen=True, gc=False):
    """A post that speaks of brands, at its place in the log and at its time."""

    post: Post
    folded: str
    found: list[Found]
    offset: int
    source: str
    event_ms: int
    watermark_ms: int


class Reader:
    """Reads posts: which brands they speak of, how, of what, and who writes.

    With a `pseudonym_key` no name of a private person leaves it: what depends on who somebody is (an official account,
    an audience, a look-alike) is read first. The account of a look-alike keeps its name.
    """

    def __init__(self, watch: Watch, negativity: Negativity, *, pseudonym_key: bytes | None = None) -> None:
        self._finder = MentionFinder(watch.brands)
        self._themes = Themes(watch)
        self._marker = Marker(watch)
        self._negativity = negativity
        self._pseudonyms = Pseudonyms(pseudonym_key, public_names(watch.brands)) if pseudonym_key else None
        self._harmless = {brand.id: brand for brand in watch.brands if brand.harmless}

    def find(self, post: Post, folded: str) -> list[Found]:
        """The brands it speaks of, and those for which it answers somebody: what else they say is left out.

        `folded` is `fold` of its text.
        """
        found = self._finder.find(post, folded=folded)
        if not found:  # as it is for most posts of a stream
            return found
        if any(one.official for one in found):
            return [one for one in found if not one.official or post.reply_to is not None]
        return found

    def judge(self, arrived: Sequence[Arrived]) -> list[Feelings | InvalidPost]:
        """How they speak, all in one go: the provider's word where it sent one, else ours.

        Where a text cannot be judged, that is what stands in its place.
        """
        asked: list[tuple[str, str | None]] = []
        places: list[list[int]] = []
        for one in arrived:
            places.append([self._ask(one, brand, asked) for brand in one.found])
        try:
            judged = self._negativity.judge_all([text for text, _ in asked], [lang for _, lang in asked])
        except Exception as error:  # a text must never stop the ones behind it
            if len(arrived) == 1:
                return [InvalidPost(Reason.INTERNAL, f"{type(error).__name__}: {error}")]
            return [feelings for one in arrived for feelings in self.judge([one])]
        return [
            [_feeling(one.post, judged[place] if place >= 0 else None) for place in own]
            for one, own in zip(arrived, places, strict=True)
        ]

    def _ask(self, one: Arrived, found: Found, asked: list[tuple[str, str | None]]) -> int:
        """The place among what is asked of how this brand is spoken of; below 0 where there is nothing to ask."""
        post = one.post
        if found.official or post.sentiment is not None:
            return -1
        text = post.text
        brand = self._harmless.get(found.brand) if self._harmless else None
        if brand is not None:
            text = blanked(text, brand.harmless)
        question = (text, post.lang)
        if not (asked and asked[-1] == question):
            asked.append(question)
        return len(asked) - 1

    def mentions(self, arrived: Arrived, feelings: Feelings) -> list[tuple[str, Mention]]:
        """Its mentions by brand, in the order of the brands."""
        post = arrived.post
        key = int.from_bytes(hashlib.blake2b(f"{post.source}\0{post.id}".encode(), digest_size=8).digest())
        folded = arrived.folded[:_READ_CHARS]
        return [
            (found.brand, self._mention(arrived, found, sentiment, ironic, lang, key, folded))
            for found, (sentiment, ironic, lang) in zip(arrived.found, feelings, strict=True)
        ]

    def _mention(
        self,
        arrived: Arrived,
        found: Found,
        sentiment: Sentiment,
        ironic: bool,
        lang: Language | None,
        key: int,
        folded: str,
    ) -> Mention:
        post, themes = arrived.post, self._themes
        bad = sentiment is Sentiment.NEGATIVE
        marks = self._marker.marks(
            post,
            found.brand,
            folded=folded,
            negative=bad,
            addressed=found.addressed,
            official=found.official,
            ironic=ironic,
        )
        looks_like = marks is not None and marks.looks_like is not None
        kept = post
        if self._pseudonyms is not None and (bad or marks is not None):
            kept = self._pseudonyms.post(post, public_author=looks_like)
            marks = self._without_names(post, kept, marks)
        told = bad or looks_like
        return Mention(
            offset=arrived.offset,
            event_ms=arrived.event_ms,
            watermark_ms=arrived.watermark_ms,
            key=key,
            source=arrived.source,
            sentiment=sentiment,
            author=_cut(kept.author) if told else None,
            followers=_bounded(post.followers) if told else 0,
            reposts=_bounded(post.reposts) if told else 0,
            is_repost=is_repost(post),
            id=_cut(kept.id) if told else None,
            text=kept.text[:TEXT_CHARS] if told else None,
            url=_cut(kept.url) if told else None,
            topics=themes.topics(folded) if bad else (),
            audience=themes.audience(post) if bad else None,
            hashtags=themes.hashtags(folded, found.brand) if bad else (),
            marks=marks,
            lang=(lang or detect(post.text, post.lang)) if bad else None,
        )

    def _without_names(self, post: Post, kept: Post, marks: Marks | None) -> Marks | None:
        """The marks with no name of a private person in them."""
        pseudonyms = self._pseudonyms
        if pseudonyms is None or marks is None or not (marks.accounts or marks.links or marks.reply_to):
            return marks
        return msgspec.structs.replace(
            marks,
            accounts=tuple([pseudonyms.name(post.source, account) for account in marks.accounts]),
            links=tuple([pseudonyms.text(post.source, link) for link in marks.links]),
            reply_to=_cut(kept.reply_to),
        )


def _feeling(post: Post, judgement: Judgement | None) -> tuple[Sentiment, bool, Language | None]:
    if judgement is None:
        return post.sentiment or Sentiment.UNKNOWN, False, None
    return judgement.label, judgement.ironic, judgement.lang


def _cut(name: str | None) -> str | None:
    return name if name is None else name[:NAME_CHARS]


def _bounded(count: int | None) -> int:
    """A count as the log can carry it: JSON knows integers without end, MessagePack does not."""
    return min(max(count or 0, 0), 2**53)
