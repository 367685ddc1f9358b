"""What of an explanation may stand in a title."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import msgspec

from detectors.model import Brand, Explanation, Story, StoryKind
from detectors.privacy import is_pseudonym
from detectors.stories.telling.judgements import JUDGEMENTS
from detectors.stories.telling.labels import Label, labels
from detectors.stories.telling.phrases import as_written, fit_to_show, shared_phrase, words_of
from detectors.stories.telling.places import place
from detectors.stories.telling.wording import GENERAL

__all__ = ["Clues", "clues_of"]

SUBJECT_CHARS: Final = 40
QUOTE_CHARS: Final = 30


class Clues(msgspec.Struct, frozen=True):
    """The evidence of a title. Strangers' words are in it only if they may be shown, bounded in length.

    `subjects` are those of the `stories`, as people write them, None where there is none (or a link, which is never
    shown, or a pseudonym, which says nothing to anybody). `labels` is what people complain of, `quotes` what they say,
    the plainest first; `phrase` is the one quote that several posts have in common. `tag` is a hashtag that stands out,
    `place` the place by language, `authors` counts the different ones, 0 where there are more than could be counted.
    """

    name: str
    stories: list[Story]
    subjects: dict[StoryKind, str | None]
    labels: list[Label]
    quotes: list[str]
    phrase: str | None
    tag: str | None
    place: dict[str, str] | None
    authors: int


def clues_of(why: Explanation, brand: Brand) -> Clues:
    """The evidence that is there."""
    texts = [post.text for post in why.top_posts]
    accounts = [f"@{post.author}" for post in why.top_posts if post.author]
    words = [text_words for text in texts if (text_words := words_of(text))]
    own = {word.lstrip("@#") for term in [brand.name, *brand.match.any] for word in words_of(term)}
    phrase = shared_phrase(texts, own | JUDGEMENTS, {word.word: word.z for word in why.words if math.isfinite(word.z)})
    quotes = [word.word for word in why.words if word.word[:1].isalpha() and word.word not in own | JUDGEMENTS]
    tags = [word.word for word in why.words if word.word.startswith("#") and word.word.lstrip("#") not in own]
    return Clues(
        name=brand.name,
        stories=why.stories,
        subjects={story.kind: _subject(story, texts, accounts, brand.match.any) for story in why.stories},
        labels=_labels(why, words),
        quotes=[quote for quote in quotes if fit_to_show(quote, QUOTE_CHARS)][:2] if phrase is None else [phrase],
        phrase=phrase,
        tag=next((shown for tag in tags if (shown := _named(tag, texts)) is not None), None),
        place=place(texts),
        authors=0 if why.at_least else why.authors,
    )


def _labels(why: Explanation, texts: Sequence[Sequence[str]]) -> list[Label]:
    """What people complain of. Where the plainest kind says what it is about, only what goes with it."""
    main = why.stories[0].kind if why.stories else None
    kinds: list[StoryKind | None] = [None, *GENERAL]
    if main in GENERAL:
        kinds = [main] if main is StoryKind.OPERATIONS else [None, main, StoryKind.CONDUCT]
    found = labels({word.word: word.posts for word in why.words}, texts, kinds)
    return [label for label in found if main not in GENERAL or label.en != GENERAL[main][0]]


def _named(name: str, texts: Sequence[str]) -> str | None:
    """A hashtag, an account or a brand as people write it, if it may be shown."""
    return fit_to_show(as_written(name, texts) or name, SUBJECT_CHARS)


def _subject(story: Story, texts: Sequence[str], accounts: Sequence[str], terms: Sequence[str]) -> str | None:
    subject = (story.subject or "").strip().split(" ")[-1].lstrip("@#")
    match story.kind:
        case StoryKind.HIJACKED_HASHTAG if subject:
            return _named(f"#{subject}", [*texts, *terms])
        case StoryKind.RALLY | StoryKind.IMPOSTOR if subject and not is_pseudonym(subject):
            return _named(f"@{subject}", [*texts, *accounts])
        case StoryKind.RIVAL if subject:  # an id of the configuration: "globex"
            written = as_written(subject, texts) or subject
            return fit_to_show(written[0].upper() + written[1:], SUBJECT_CHARS)
    return None
