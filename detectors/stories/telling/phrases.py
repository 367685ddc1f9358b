"""Strangers' words for a title: what several posts say in the same words, and names as people write them."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Final

from detectors.text.terms import fold

__all__ = ["as_written", "fit_to_show", "shared_phrase", "words_of"]

LEAST_POSTS: Final = 3
READ_CHARS: Final = 500
PHRASE_WORDS: Final = range(2, 5)
PHRASE_CHARS: Final = 40
_LINK: Final = re.compile(r"(?:https?://|www\.)\S*|\b(?:pic\.twitter|t|youtu)\.(?:com|co|be)/\S*")
_TOKEN: Final = re.compile(r"[@#]?\w+(?:['\u2019-]\w+)*|[^\s\w]")
_SHOWN: Final = re.compile(r"[\w'\u2019.@#-]+")
_LEFT_TO_RIGHT: Final = frozenset(["L", "EN", "ES", "CS", "ET", "ON", "NSM"])
_PARTICLES: Final = frozenset(["away", "down", "off", "out", "over", "up"])
"""A phrase may end with one: "dragged off"."""
_BLANK: Final = frozenset("\u115f\u1160\u3164\uffa0")
"""Letters that nobody sees."""


def fit_to_show(text: str, most_chars: int) -> str | None:
    """A stranger's word, handle or hashtag as it may stand in a line of ours; None where it may not.

    In one form (NFC), of letters, digits and what joins them, left to right, not longer than `most_chars`.

    >>> [fit_to_show(word, 10) for word in ("Cafe\u0301", "@AcmeHeIp", "a\u202eb", "\u05d0")]
    ['Café', '@AcmeHeIp', None, None]
    """
    text = unicodedata.normalize("NFC", text)
    if not text or len(text) > most_chars or not _SHOWN.fullmatch(text):
        return None
    if text.isascii():
        return text
    fit = all(
        char.isprintable()
        and char not in _BLANK
        and unicodedata.bidirectional(char) in _LEFT_TO_RIGHT
        and not unicodedata.combining(char)
        for char in text
    )
    return text if fit else None


def words_of(text: str) -> list[str]:
    """The folded words of a text, what apostrophes join apart, without links.

    >>> words_of("L'appli est HS, @acme... https://t.co/x")
    ['l', 'appli', 'est', 'hs', '@acme']
    """
    return re.findall(r"[@#]?\w+", fold(_LINK.sub(" ", text[:READ_CHARS])))


def shared_phrase(texts: Sequence[str], without: Collection[str], weights: Mapping[str, float]) -> str | None:
    """Two to four words that three of the texts or more have in the same order, as most of them write it.

    It says something: it begins and ends with words that are no stop words, two of them at least (one such as "off" may
    follow), and holds no handle, hashtag, link or number, and none of the words in `without`, folded. The one in most
    texts wins, then the one with the words of the highest `weights`, then the longest.

    >>> shared_phrase(["Acme app is down again", "the app is down", "App is down!"], {"acme"}, {})
    'app is down'
    """
    found: dict[str, Counter[str]] = {}
    for text in texts:
        mine: dict[str, str] = {}
        for words in _stretches(text, without):
            for shown in _phrases(words):
                mine.setdefault(fold(shown), shown)
        for key, shown in mine.items():
            found.setdefault(key, Counter())[shown] += 1
    posts = {key: written.total() for key, written in found.items()}
    shared = [key for key, count in posts.items() if count >= LEAST_POSTS]
    if not shared:
        return None

    def rank(key: str) -> tuple[float, float, int, str]:
        return -posts[key], -sum(weights.get(word, 0.0) for word in words_of(key)), -len(key), key

    written = found[min(shared, key=rank)]
    return min(written, key=lambda text: (-written[text], sum(map(str.isupper, text)), text))


def as_written(name: str, texts: Iterable[str]) -> str | None:
    """A folded name ("#askacme", "@marie") as most of the texts write it; None where it is in none.

    >>> as_written("#askacme", ["#AskAcme why", "so #AskAcme", "#ASKACME"])
    '#AskAcme'
    """
    wanted = fold(name)
    written = Counter(token for text in texts for token in _TOKEN.findall(text[:READ_CHARS]) if fold(token) == wanted)
    return min(written, key=lambda text: (-written[text], text.isupper() or text.islower(), text), default=None)


def _stretches(text: str, without: Collection[str]) -> Iterator[list[str]]:
    """Words that follow each other with nothing between them that ends a phrase."""
    words: list[str] = []
    for token in _TOKEN.findall(_LINK.sub(" . ", text[:READ_CHARS])):
        if token[0].isalpha() and fold(token) not in without and fit_to_show(token, 30) is not None:
            words.append(token)
        else:
            yield words
            words = []
    yield words


def _phrases(words: Sequence[str]) -> Iterator[str]:
    stop_words = _stop_words()
    says = [len(word) > 2 and fold(word) not in stop_words for word in words]
    for first in range(len(words)):
        for size in PHRASE_WORDS:
            last = first + size
            if last > len(words) or not says[first] or sum(says[first:last]) < 2:
                continue
            if says[last - 1] or words[last - 1].lower() in _PARTICLES:
                phrase = " ".join(words[first:last])
                if len(phrase) <= PHRASE_CHARS:
                    yield phrase


@cache
def _stop_words() -> frozenset[str]:
    from detectors.explanation.stopwords import STOP_WORDS  # explanations tell titles: not both at import

    return STOP_WORDS
