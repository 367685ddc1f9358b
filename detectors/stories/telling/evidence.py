"""The evidence of a title as words of one language, by the names that the templates of `wording` know it by."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from detectors.model import Story, StoryKind
from detectors.stories.telling.clues import Clues
from detectors.stories.telling.grammar import bare, duration, listed, number, of, percent, quoted
from detectors.stories.telling.labels import OUTAGE, Label
from detectors.stories.telling.links import link
from detectors.stories.telling.wording import GENERAL

__all__ = ["evidence"]

_PHRASE_FIRST: Final = frozenset([StoryKind.ONE_LINK, StoryKind.RALLY, StoryKind.COPY_PASTE])
"""Where many speak of one thing, what they say of it is plainer than what such things are called."""
_OFTEN: Final = ((2000, "thousands", "milliers"), (200, "hundreds", "centaines"), (24, "dozens", "dizaines"))
_SIGNS: Final = ("young", "in_step", "copied")
_MOSTLY_COPIES: Final = 0.9
"""Only then those who wrote posted the copied text."""


def evidence(clues: Clues, story: Story | None, language: str, *, most: int) -> dict[str, str]:
    """What is known, of a story or of a wave that is none; of things that can be listed, `most` are told."""
    found = _theme(clues, story, language, most)
    if clues.place is not None:
        found["place"] = f" {clues.place[language]}"
    if story is None:
        return found if clues.tag is None else {**found, "tag": clues.tag}
    subject = clues.subjects.get(story.kind)
    if subject is not None:
        names = {StoryKind.HIJACKED_HASHTAG: "tag", StoryKind.RIVAL: "rival"}
        found[names.get(story.kind, "account")] = subject
    if clues.phrase is not None:
        found["phrase"] = quoted(clues.phrase, language)
    if story.kind is StoryKind.ONE_LINK:
        found |= _link(story, language)
    if story.kind is StoryKind.OPERATIONS:
        found |= _trouble(clues.labels, language, most)
        if OUTAGE in clues.labels:
            found |= _outage(clues.labels, language, most)
    return found | _numbers(story, clues, language)


def _theme(clues: Clues, story: Story | None, language: str, most: int) -> dict[str, str]:
    """What it is about: in words of ours, in strangers', or as the kind says."""
    kind = story.kind if story is not None else None
    labels = [] if clues.phrase is not None and kind in _PHRASE_FIRST else clues.labels[:most]
    if labels:
        names = [label.en if language == "en" else label.fr for label in labels]
        short = listed([_short(label, language) for label in labels], language)
        return {**_about(names, language), "listed": short}
    if clues.quotes:
        quotes = [quoted(words, language) for words in clues.quotes[:most]]
        return {**_about(quotes, language), "listed": listed(quotes, language)}
    if kind is None or kind in GENERAL:
        return {}
    general = next((GENERAL[other.kind] for other in clues.stories if other.kind in GENERAL), None)
    return {} if general is None else _about([general[0] if language == "en" else general[1]], language)


def _about(names: Sequence[str], language: str) -> dict[str, str]:
    about = listed(names, language)
    return {"about": about, "of_it": about if language == "en" else listed([of(name) for name in names], language)}


def _short(label: Label, language: str) -> str:
    return label.en.removeprefix("the ") if language == "en" else bare(label.fr)


def _trouble(labels: Sequence[Label], language: str, most: int) -> dict[str, str]:
    """What is wrong, or with what."""
    troubles = [_short(label, language) for label in labels if not label.thing][:most]
    things = [label.en if language == "en" else label.fr for label in labels if label.thing][:most]
    told = {"troubles": listed(troubles, language), "things": listed(things, language)}
    return {name: words for name, words in told.items() if words}


def _outage(labels: Sequence[Label], language: str, most: int) -> dict[str, str]:
    """What is out of order, and what comes with the outage."""
    found = {"outage": ""}
    broken = [label for label in labels if label.breaks][:most]
    if broken and language == "en":
        found["broken"] = listed([_short(label, language) for label in broken], language)
    elif broken:
        many = len(broken) > 1 or broken[0].fr.startswith("les ")
        verb = "ne répondent plus" if many else "ne répond plus"
        found["broken"] = f"{listed([label.fr for label in broken], language)} {verb}"
    others = [label for label in labels if label is not OUTAGE and not label.breaks]
    if others:
        found["others"] = _short(others[0], language)
    return found


def _link(story: Story, language: str) -> dict[str, str]:
    thing = link(story.subject or "")
    found = {"thing": thing.en, "shared": ""}
    if language == "fr":
        found = {"thing": thing.fr, "shared": "partagée" if thing.feminine else "partagé"}
    often = next(((en, fr) for least, en, fr in _OFTEN if story.posts >= least), None)
    if often is not None:
        found["often"] = f"{often[0]} of times" if language == "en" else f"des {often[1]} de fois"
    if thing.host is not None:
        found["host"] = thing.host
    return found


def _numbers(story: Story, clues: Clues, language: str) -> dict[str, str]:
    """Numbers that make sense; a wrong one is not told."""
    copies = story.kind is StoryKind.COPY_PASTE
    counts = {
        "posts": story.posts,
        "total": story.of,
        "authors": _authors(story, clues.authors if copies and story.share >= _MOSTLY_COPIES else 0),
    }
    found = {name: number(count, language) for name, count in counts.items() if count >= 2}
    if 0.005 <= story.share <= 1.0:
        found["percent"] = percent(round(100 * story.share), language)
    waited = story.facts.get("longest_minutes", 0.0)
    if math.isfinite(waited) and waited >= 1:
        found["wait"] = duration(round(waited), language)
    if story.kind is StoryKind.BRIGADE and story.facts.get("beyond_two") != story.posts:
        found |= {sign: "" for sign in _SIGNS if story.facts.get(sign) == story.posts}
    return found


def _authors(story: Story, counted: int) -> int:
    """How many wrote it, where they are few: two posts each, at least."""
    authors = story.facts.get("authors", counted)
    return round(authors) if math.isfinite(authors) and 2 * authors <= story.of else 0
