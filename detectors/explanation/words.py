"""Words that a run says more often than the brand's usual talk: log-odds ratios with a Dirichlet prior."""

from __future__ import annotations

import math
import re
import string
from collections.abc import Collection
from typing import Final

import msgspec

from detectors.explanation.stopwords import STOP_WORDS
from detectors.model import Brand, Word
from detectors.text.terms import fold

__all__ = ["Vocabulary", "names_of", "standing_out", "words_of"]

KEPT_WORDS: Final = 200
READ_CHARS: Final = 400
READ_WORDS: Final = 60
WORD_CHARS: Final = 30
SHOWN_WORDS: Final = 8
LEAST_POSTS: Final = 3
LEAST_Z: Final = 2.33
"""One ordinary word in a hundred gets so far by chance."""
_LINK: Final = re.compile(r"https?://\S*")
_NO_WORD: Final = re.compile(r"[^\w#@]+")
_ASCII_BLANKS: Final = str.maketrans({char: " " for char in string.punctuation if char not in "#@_"})


class Vocabulary(msgspec.Struct):
    """In how many of the posts that were read each word stands: the 200 most frequent words, at least.

    `total` is the sum of the counts, of forgotten words too, and `floor` the highest count that a word had when it
    was forgotten: one that is not there may have been there so often.

    >>> words = Vocabulary()
    >>> words.read("The refund, the REFUND! #NoRefund @acme https://t.co/x")
    >>> words.counts, words.posts, words.total
    ({'refund': 1, '#norefund': 1}, 1, 2)
    """

    counts: dict[str, int] = {}
    posts: int = 0
    total: int = 0
    floor: int = 0

    def read(self, text: str) -> None:
        """Count the words of one post, each once, however often and however loud it says them.

        Words are folded, of three letters or more; links, @handles, numbers, stop words and what is longer than
        30 letters are no words. Read are the first 400 characters and of these the first 60 words. About 6 us.
        """
        self.add(words_of(text))

    def add(self, words: Collection[str]) -> None:
        """Count the words of one post (see `words_of`)."""
        self.posts += 1
        self.total += len(words)
        counts = self.counts
        for word in words:
            counts[word] = counts.get(word, 0) + 1
        if len(counts) >= 2 * KEPT_WORDS:
            self._forget_rare()

    def merge(self, other: Vocabulary) -> None:
        """Add what another has read."""
        self.posts += other.posts
        self.total += other.total
        self.floor = max(self.floor, other.floor)
        counts = self.counts
        for word, count in other.counts.items():
            counts[word] = counts.get(word, 0) + count
        if len(counts) >= 2 * KEPT_WORDS:
            self._forget_rare()

    def halve(self) -> None:
        """Forget half; what was there once is gone."""
        self.counts = {word: count // 2 for word, count in self.counts.items() if count > 1}
        self.posts, self.total, self.floor = self.posts // 2, self.total // 2, self.floor // 2

    def copy(self) -> Vocabulary:
        """One that can be added to without changing this one."""
        return Vocabulary(dict(self.counts), self.posts, self.total, self.floor)

    def _forget_rare(self) -> None:
        ranked = sorted(self.counts.items(), key=lambda item: (-item[1], item[0]))
        self.floor = max(self.floor, ranked[KEPT_WORDS][1])
        self.counts = dict(ranked[:KEPT_WORDS])


def words_of(text: str) -> list[str]:
    """The words of a post, each once, in their order (see `Vocabulary.read`).

    >>> words_of("No refund!! @acme, the #strike")
    ['refund', '#strike']
    """
    return [
        word
        for word in dict.fromkeys(_split(fold(text[:READ_CHARS]))[:READ_WORDS])
        if word not in STOP_WORDS and 2 < len(word) <= WORD_CHARS and (word.isalpha() or _is_word(word))
    ]


def _split(text: str) -> list[str]:
    """A folded text at all that is no letter, digit, "_", "#" or "@". By a table where one will do: 4 us less."""
    if "http" in text:
        text = _LINK.sub(" ", text)
    return (text.translate(_ASCII_BLANKS) if text.isascii() else _NO_WORD.sub(" ", text)).split()


def _is_word(word: str) -> bool:
    """Whether something with more than letters in it is a word or a hashtag: no number, no @handle."""
    letters = word.lstrip("#").replace("_", "")
    return letters.isalnum() and not letters.isdecimal()


def names_of(brand: Brand) -> set[str]:
    """The words that name a brand, and their hashtags."""
    words = {word.lstrip("#@") for term in brand.match.any for word in _split(fold(term))}
    return words | {f"#{word}" for word in words}


def standing_out(
    run: Vocabulary, usual: Vocabulary, *, without: Collection[str], most: int = SHOWN_WORDS
) -> list[Word]:
    """The words that the run has more often than usual, beyond chance, the surest first.

    Their log-odds ratio has an informative Dirichlet prior and is divided by its standard error, so that rare words
    neither win by chance nor are lost (Monroe, Colaresi & Quinn, "Fightin' Words", Political Analysis 16, 2008, eq. 15
    to 22, https://doi.org/10.1093/pan/mpn018). The prior is as heavy as the run, in the proportions of the run and the
    usual talk together, and half a post for each word besides: one that was never said before has an error too.
    Told are words of three posts or more with z of 2.33 or more. Where nothing usual is known, nothing stands out.

    >>> run, usual = Vocabulary(), Vocabulary()
    >>> for number in range(10):
    ...     usual.read("late again, no refund")
    ...     run.read("late because the #strike goes on" if number else "no refund")
    >>> [word.word for word in standing_out(run, usual, without=())]
    ['#strike']
    """
    if not usual.total:
        return []
    weight = run.total / (run.total + usual.total)
    half_each = (len(run.counts.keys() | usual.counts.keys()) + 1) / 2  # and half for all that is not there
    run_total, usual_total = 2 * run.total + half_each, usual.total + run.total + half_each
    found: list[Word] = []
    for word, count in run.counts.items():
        if count < LEAST_POSTS or word in without:
            continue
        normal = min(max(usual.counts.get(word, 0), usual.floor), usual.total)
        prior = weight * (count + normal) + 0.5
        more, less = count + prior, normal + prior
        ratio = math.log(more / (run_total - more)) - math.log(less / (usual_total - less))
        z = ratio / math.sqrt(1 / more + 1 / less)
        if z >= LEAST_Z:
            found.append(Word(word=word, posts=count, z=round(z, 2)))
    return sorted(found, key=lambda word: (-word.z, word.word))[:most]
