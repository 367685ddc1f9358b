"""Words and phrases in folded texts, in any of their inflections: "refund" in "they refunded me"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from ahocorasick_rs import AhoCorasick
from snowballstemmer.english_stemmer import EnglishStemmer
from snowballstemmer.french_stemmer import FrenchStemmer

from detectors.model import Language
from detectors.text.terms import fold, stands_alone

__all__ = ["WordFinder", "stem"]

MAX_EXACT_CHARS: Final = 3
"""Words of so few letters have no inflections: "us" is no form of "use"."""
MAX_WORD_CHARS: Final = 40
"""Longer words have none either."""
# The ends of stems that are written otherwise in some inflections: "visible, visibility", "evident, evidemment".
_UNSTEADY: Final = re.compile("(?<=..)(?:qu|nt?|[eilxy])$")
_WORD: Final = re.compile(rf"\w{{1,{MAX_WORD_CHARS}}}+(?!\w)")
_PIECES: Final = re.compile(r"\w+|\W+")
_STEMMERS: Final = {Language.ENGLISH: EnglishStemmer(), Language.FRENCH: FrenchStemmer()}
# Whose stem would be what they work with or at: a "journaliste" is no "journal".
_AGENTS: Final = re.compile("ist(?:e?s?)$")
_NUMBER_AND_GENDER: Final = re.compile("e*[sx]?$")
# Feminine participles that have lost their accent; plurals that Snowball takes for singulars or verbs.
_FRENCH: Final = ((re.compile("ees?$"), "e"), (re.compile("(?<=ait)s$"), ""), (re.compile("(?<=..[iu])s$"), ""))


@lru_cache(maxsize=2**14)
def stem(word: str, language: Language) -> str:
    """What all inflections of a folded word have in common; `word` itself where it has none.

    In English and French by Snowball's rules (https://snowballstem.org): noun, verb and participle are one. Where the
    language is OTHER, for names of things and people, only number and gender do not count: "network" and "networks",
    "député" and "députées", but not "mayor" and "mayoral".

    The rules know accents, a folded word has none: French participles ("annulées", "perdus") and plurals in "-aits" are
    brought to their singular first. "Journalists" and "journalistes" are one word in both languages. Words of 3
    letters or fewer, of more than 40, and those that would be left with 2 are their own stems.

    30 to 60 us, hence remembered: then 0.1 us.

    >>> [stem(word, Language.FRENCH) for word in ("remboursement", "remboursez", "remboursees")]
    ['rembours', 'rembours', 'rembours']
    >>> stem("delayed", Language.ENGLISH), stem("was", Language.ENGLISH), stem("deputees", Language.OTHER)
    ('delay', 'was', 'deput')
    """
    if not MAX_EXACT_CHARS < len(word) <= MAX_WORD_CHARS:
        return word
    if _AGENTS.search(word):
        return _AGENTS.sub("ist", word)
    if language is Language.OTHER:
        stemmed = _NUMBER_AND_GENDER.sub("", word)
        stemmed = f"{stemmed[:-1]}i" if stemmed.endswith("y") else stemmed
    else:
        if language is Language.FRENCH:
            for ending, instead in _FRENCH:
                word = ending.sub(instead, word)
        stemmed = str(_STEMMERS[language].stemWord(word))
    return stemmed if len(stemmed) >= MAX_EXACT_CHARS else word


class WordFinder:
    """Finds which groups of terms stand in a folded text, all of them in one pass.

    A term is a word, a phrase, an @handle or a #hashtag, with the language whose inflections count. It stands there as
    whole words, each of which may be inflected (see `stem`); what is between the words of a phrase stands as it is.
    A single word is also found as an entire #hashtag. An @handle and a #hashtag have no inflections. ValueError where
    a term is blank.

    Linear; 1 to 3 us for a tweet, however many terms: only where a word begins as one of them does is it looked at.

    >>> lost = [("bagage perdu", Language.FRENCH), ("@care", Language.OTHER)]
    >>> finder = WordFinder([[("refund", Language.ENGLISH)], lost])
    >>> finder.find("refunds! #refunded"), finder.find("mes bagages perdus"), finder.find("ask @care, @careful")
    ({0}, {1}, {1})
    >>> finder.find("refundable? fund")
    {0}
    """

    def __init__(self, groups: Sequence[Iterable[tuple[str, Language]]]) -> None:
        index: dict[str, dict[_Term, list[int]]] = {}
        for place, terms in enumerate(groups):
            for text, language in dict.fromkeys((fold(text), language) for text, language in terms):
                anchor, term = _prepare(text, language)
                index.setdefault(anchor, {}).setdefault(term, []).append(place)
        self._terms = [list(terms.items()) for terms in index.values()]
        self._automaton = None
        if index:
            self._automaton = AhoCorasick(list(index), store_patterns=False)

    def find(self, text: str, start: int = 0, end: int | None = None) -> set[int]:
        """The places of all groups of which a term stands in text[start:end] and is no part of a longer word."""
        found: set[int] = set()
        if self._automaton is None:
            return found
        part = text if end is None else text[start:end]
        end = len(text) if end is None else end
        for anchor, begin, _ in self._automaton.find_matches_as_indexes(part, overlapping=True):
            begin += start
            before = text[begin - 1] if begin else " "
            if before.isalnum() or before in "_@":
                continue
            tagged = before == "#"
            for term, places in self._terms[anchor]:
                stop = term.stands(text, begin, tagged=tagged)
                if begin < stop <= end:
                    found.update(places)
        return found


class _Word(NamedTuple):
    word: str
    stem: str
    language: Language


class _Term(NamedTuple):
    """What must follow upon each other: a word in any inflection, or this very text."""

    pieces: tuple[_Word | str, ...]
    handle: bool
    single: bool

    def stands(self, text: str, begin: int, *, tagged: bool) -> int:
        """Where this term ends that begins here, 0 where it does not stand here; `tagged`: "#" is right before it."""
        if tagged and not self.single:
            return 0
        at = begin
        for piece in self.pieces:
            if isinstance(piece, str):
                if not text.startswith(piece, at):
                    return 0
                at += len(piece)
                continue
            match = _WORD.match(text, at)
            if match is None or (match[0] != piece.word and stem(match[0], piece.language) != piece.stem):
                return 0
            at = match.end()
        return at if stands_alone(text, begin - tagged, at, handle=self.handle) else 0


def _prepare(text: str, language: Language) -> tuple[str, _Term]:
    """The term of a folded text, and how each text begins that it stands in."""
    if not text:
        raise ValueError("a blank term would be found in every text")
    if text[0] in "@#":
        return text, _Term((text,), text[0] == "@", single=False)
    pieces: list[_Word | str] = []
    for piece in _PIECES.findall(text):
        stemmed = stem(piece, language)
        if _WORD.fullmatch(piece) and len(piece) > MAX_EXACT_CHARS and len(stemmed) >= MAX_EXACT_CHARS:
            pieces.append(_Word(piece, stemmed, language))
        elif pieces and isinstance(pieces[-1], str):
            pieces[-1] += piece
        else:
            pieces.append(piece)
    first, *others = pieces
    if not isinstance(first, str):
        anchor = _beginning(first)
    else:
        anchor = first + (_beginning(others[0]) if others and not isinstance(others[0], str) else "")
    return anchor, _Term(tuple(pieces), handle=False, single=text.isalnum())


def _beginning(word: _Word) -> str:
    """What all inflections begin with: "firing" has the stem "fire", "fabrication" and "fabrique" have "fabriqu"."""
    same = next((at for at, (one, other) in enumerate(zip(*word[:2], strict=False)) if one != other), len(word.stem))
    common = word.word[:same]
    return _UNSTEADY.sub("", common) or word.word[0]
