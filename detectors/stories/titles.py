"""One line for an incident, as somebody in PR would write it, in English and in French."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from detectors.model import Brand, Explanation, Story
from detectors.stories.telling.clues import Clues, clues_of
from detectors.stories.telling.evidence import evidence
from detectors.stories.telling.grammar import NBSP, cut
from detectors.stories.telling.wording import BESIDE, HEADS, LANGUAGES, PLAIN, WORDS_ONLY

__all__ = ["MOST_CHARS", "head", "plain_title", "titles"]

MOST_CHARS: Final = 110
NAME_CHARS: Final = 40
_COLON: Final = {"en": ": ", "fr": f"{NBSP}: "}
_OPTIONAL: Final = re.compile(r"\[(.*?)\]")


def titles(why: Explanation, brand: Brand) -> dict[str, str]:
    """A title in each language, by its code: "en" and "fr".

    It says the plainest kind of story, what it is about, where, and a second kind, as far as there is evidence and
    room: one line of 110 characters at most. Strangers' words stand in it as such: hashtags, accounts, quoted words,
    hosts of links; never a text, never a whole link, nothing that is not printed or runs from right to left. The same
    evidence gives the same titles, and none raises. About half a millisecond.

    >>> from datetime import UTC, datetime
    >>> from detectors.model import Match, StoryKind, Word
    >>> at = datetime(2026, 3, 2, tzinfo=UTC)
    >>> acme = Brand(id="acme", name="Acme", match=Match(any=["acme"]))
    >>> story = Story(kind=StoryKind.HIJACKED_HASHTAG, share=0.6, threshold=0.3, posts=60, of=100, subject="#askacme")
    >>> why = Explanation(
    ...     since=at, until=at, observed=100, expected=4.0, first_post=None, top_posts=[], stories=[story],
    ...     words=[Word(word="refund", posts=40, z=6.0)],
    ... )
    >>> titles(why, acme)["en"]
    'Acme: customers turn #askacme against the brand over refunds'
    >>> titles(why, acme)["fr"].replace(NBSP, " ")
    'Acme : le hashtag #askacme se retourne contre la marque au sujet des remboursements'
    """
    clues = clues_of(why, brand)
    return {language: _title(clues, language) for language in LANGUAGES}


def head(name: str, language: str) -> str:
    r"""How each title of a brand begins: its name and a colon.

    >>> head("Acme", "en"), head("Acme", "fr")
    ('Acme: ', 'Acme\xa0: ')
    """
    shown = " ".join("".join(char if char.isprintable() else " " for char in name).split())
    return (cut(shown, NAME_CHARS) or "…") + _COLON[language]


def plain_title(name: str, language: str) -> str:
    """The title of a wave of which nothing is known but its size.

    >>> plain_title("Acme", "en")
    'Acme: a wave of criticism is starting'
    """
    return head(name, language) + PLAIN[language]


def _title(clues: Clues, language: str) -> str:
    start = head(clues.name, language)
    room = MOST_CHARS - len(start)
    main = clues.stories[0] if clues.stories else None
    templates = WORDS_ONLY[language] if main is None else HEADS[main.kind][language]
    said = next(_said(templates, clues, main, language, room), PLAIN[language])
    for story in clues.stories[1:]:
        templates = BESIDE[story.kind][language] if story.kind in BESIDE else []
        more = next(_said(templates, clues, story, language, room - len(said) - 2), None)
        if more is not None:
            return f"{start}{said}, {more}"
    return start + cut(said, room)


def _said(templates: Sequence[str], clues: Clues, story: Story | None, language: str, room: int) -> Iterator[str]:
    """The templates filled in, as far as there is evidence and room, the best first: rather less than no detail."""
    known = [evidence(clues, story, language, most=most) for most in (2, 1)]
    for template in templates:
        parts = _OPTIONAL.split(template)  # what stands in brackets is every second one
        whole, short = ([_filled(part, there) for part in parts] for there in known)
        if None in whole[::2]:
            continue
        yield from (said for said in (_joined(whole, len(parts)), *_shorter(short)) if len(said) <= room)


def _shorter(parts: Sequence[str | None]) -> Iterator[str]:
    """All of it, then without what stands in the last brackets, and so on."""
    for end in range(len(parts), -1, -2):
        yield _joined(parts, end)


def _joined(parts: Sequence[str | None], end: int) -> str:
    """What stands outside brackets, and in brackets up to this one."""
    return "".join(part or "" for place, part in enumerate(parts) if place % 2 == 0 or place < end)


def _filled(part: str, known: Mapping[str, str]) -> str | None:
    try:
        return part.format_map(known)
    except KeyError:
        return None
