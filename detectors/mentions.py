"""Which watched brands a post speaks of."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

from ahocorasick_rs import AhoCorasick

from detectors.model import Brand, Post

__all__ = ["MentionFinder", "fold", "index_terms", "stands_alone"]

# Combining marks of the alphabets that use them as accents or vowel points, and characters that nobody sees.
_IGNORED: Final = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u064b-\u065f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f"
    "\ufe20-\ufe2f\u00ad\u200b-\u200f\u2060\u2066-\u2069\ufeff]+"
)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def fold(text: str) -> str:
    r"""`text` as it is compared: no case, no accents, one form of each letter, apostrophe and space.

    Any str is fine; half an emoji (a lone surrogate) becomes "?". Linear; about 1 us for a tweet in ASCII.

    >>> fold("Nestle\u0301  \uff21CME\nL\u2019Oréal")
    "nestle acme l'oreal"
    """
    if text.isascii():
        return " ".join(text.lower().split())
    letters = _IGNORED.sub("", unicodedata.normalize("NFKD", text).casefold())
    if not letters.isascii():  # what had nothing but accents needs no more: every second text, 0.7 us less
        letters = _SURROGATE.sub("?", letters).replace("\u2019", "'")
    return " ".join(letters.split())


class MentionFinder:
    """Finds the watched brands in a post, all of them in one pass.

    A term stands in a text as a whole word: no letter, digit, "_", "@" or "#" right before it, no letter, digit
    or "_" right after it. So a plain word is neither found inside a longer one nor inside a @handle or #hashtag, and
    an "@handle" is the entire handle, dots included ("@acme" is not in "@acme.fan", but is in "Thanks @acme.").
    Case, accents and Unicode forms do not count (see `fold`). A brand is mentioned if one of its `any` terms is
    there, none of its `none` terms is, and the author is no official account of its on that source. Reposts count.

    A post without a brand costs some 2 us, whether 100 or 10,000 brands are watched; cost grows with the length of
    the text. Terms must not be blank (ValueError).

    >>> from datetime import UTC, datetime
    >>> from detectors.model import Match
    >>> acme = Brand(id="acme", name="Acme", match=Match(any=["acme", "@acme"], none=["acme museum"]))
    >>> finder = MentionFinder([acme])
    >>> def say(text: str) -> list[str]:
    ...     post = Post(id="1", source="x", text=text, created_at=datetime(2026, 1, 1, tzinfo=UTC), lang="en")
    ...     return finder.find(post)
    >>> say("ACMÉ lost my bag, terrible service!")
    ['acme']
    >>> say("@acmeway lost my bag"), say("Lovely day at the Acme Museum")
    ([], [])
    """

    def __init__(self, brands: Sequence[Brand]) -> None:
        self._ids = [brand.id for brand in brands]
        named: dict[str, list[int]] = {}
        excluded: dict[str, list[int]] = {}
        self._accounts: dict[tuple[str, str], set[int]] = {}
        for place, brand in enumerate(brands):
            index_terms(named, brand.match.any, place)
            index_terms(excluded, brand.match.none, place)
            for source, accounts in brand.official_accounts.items():
                for account in accounts:
                    self._accounts.setdefault(_account(source, account), set()).add(place)
        terms = sorted(named.keys() | excluded.keys())
        if "" in terms:
            raise ValueError("a blank term would be found in every text")
        # Each pattern: is it a handle, the brands (places in `brands`) it names, those it rules out.
        self._targets = [(t.startswith("@"), named.get(t, ()), excluded.get(t, ())) for t in terms]
        self._automaton = AhoCorasick(terms, store_patterns=False)

    def find(self, post: Post) -> list[str]:
        """The ids of the brands that `post` mentions, in the order of `brands`."""
        text = fold(post.text)
        matches = self._automaton.find_matches_as_indexes(text, overlapping=True)
        if not matches:
            return []
        places = self._places(text, matches)
        if places and post.author is not None and self._accounts:
            places -= self._accounts.get(_account(post.source, post.author), set())
        return [self._ids[place] for place in sorted(places)]

    def _places(self, text: str, matches: list[tuple[int, int, int]]) -> set[int]:
        """The brands named by those matches that are whole words, less the brands ruled out by one."""
        seen: set[int] = set()
        named: set[int] = set()
        excluded: set[int] = set()
        for pattern, start, end in matches:
            if pattern in seen:
                continue
            handle, names, excludes = self._targets[pattern]
            if stands_alone(text, start, end, handle=handle):
                seen.add(pattern)
                named.update(names)
                excluded.update(excludes)
        return named - excluded


def index_terms(index: dict[str, list[int]], terms: Iterable[str], place: int) -> None:
    """Note, under each of the terms as it is compared (see `fold`), that it belongs to this place."""
    for term in {fold(term) for term in terms}:
        index.setdefault(term, []).append(place)


def _account(source: str, account: str) -> tuple[str, str]:
    return source.casefold(), account.casefold().removeprefix("@")


def stands_alone(text: str, start: int, end: int, *, handle: bool) -> bool:
    """Whether text[start:end], of a folded text, is no part of a longer word, handle or hashtag."""
    if start and _glues(text[start - 1], "_@#"):
        return False
    after = text[end : end + 2]
    if after and _glues(after[0], "_"):
        return False
    return not (handle and after[:1] in (".", "@") and _glues(after[1:], "_"))


def _glues(char: str, others: str) -> bool:
    return char.isalnum() or (char != "" and char in others)
