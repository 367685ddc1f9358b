"""Texts taken apart into words and letters, hundreds at once: what every negativity model reads.

All texts of a batch are joined, turned into one array of code points and worked on by numpy as a whole, not
word by word in Python. Each step treats a text alone, in whole numbers, so that its neighbours
in the batch change nothing.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from detectors.model import Language

__all__ = [
    "HANDLE",
    "LINK",
    "READ_CHARS",
    "VERSION",
    "Codes",
    "Flags",
    "Hashes",
    "Ints",
    "Kinds",
    "Reading",
    "pair_hashes",
    "per_text",
    "read",
    "triple_hashes",
    "word_hashes",
]

Ints: TypeAlias = NDArray[np.int64]
Hashes: TypeAlias = NDArray[np.uint64]
Codes: TypeAlias = NDArray[np.uint32]
Kinds: TypeAlias = NDArray[np.uint8]
Flags: TypeAlias = NDArray[np.bool_]

READ_CHARS: Final = 2_000
"""What comes later in a text is not read."""
VERSION: Final = 1
"""Of what is read out of a text: weights are of use to the version they were trained with, and to no other."""

_BATCH_CHARS: Final = 120_000
"""So many at once: fewer, and calls cost more than work (60,000: a tenth slower)."""
_MAX_CHARS: Final = 2**19
"""Hashtags and their parts make 2.5 characters of one at most."""
_SCOPE: Final = 4
"""So many words after a negation are its own."""

# What a character is. Words are letters, digits, "_", and what `_read` makes one with them.
_SPACE, _WORD, _PUNCTUATION, _SYMBOL, _APOSTROPHE, _HASH, _AT, _END, _UNSEEN = range(9)
_CODES: Final = 0x20000
"""Later characters are taken for the last of these, a symbol: what people write in is before."""
HANDLE: Final = 1
LINK: Final = 2
"""The code points that stand for any @handle and any link: nobody can type them."""

_TAG: Final = re.compile(r"#(\w+)")
_CAMEL: Final = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z\u00c0-\u00de])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[^\W\d_])(?=\d)|_")
_ESCAPED: Final = re.compile(r"\\u([0-9a-fA-F]{4})")

_NEGATORS: Final = {
    Language.ENGLISH: (
        "not no never cannot cant can't dont don't doesnt doesn't didnt didn't isnt isn't wasnt wasn't wont won't "
        "aint ain't "
        "without nothing nobody none neither nor hardly barely arent aren't werent weren't havent haven't hasnt "
        "hasn't hadnt "
        "hadn't couldnt couldn't wouldnt wouldn't shouldnt shouldn't"
    ),
    Language.FRENCH: "ne n pas jamais rien aucun aucune aucunement nullement guere sans ni personne",
}
_CONTRASTS: Final = {Language.ENGLISH: "but", Language.FRENCH: "mais"}
_AFTER_VERB: Final = "pas jamais rien plus guere"
"""In French the verb before these is negated too: "j'aime pas"."""


@dataclass(slots=True)
class Reading:
    """Texts as words. Words lie one after the other, those of text i from `starts[i]` on, the last of each being its
    end.

    A word is a run of letters and digits, a hashtag, a run of punctuation, one emoji, or the mark of a @handle or a
    link. `hashes` are the words', `kinds` and `first` say what they are (`first`: the code point they begin with);
    `negated` if they stand in the scope of a negation, `negators` if they are one, `capitals` if all letters are.
    `letters` are the code points with anything but words turned to spaces, those of text i from `letter_starts[i]` on.
    Counted by text: `letter_count`, `capital_count`, `exclamations`, `questions`, `long` (elongated words, "soooo").
    """

    texts: int
    hashes: Hashes
    kinds: Kinds
    first: Codes
    negators: Flags
    negated: Flags
    capitals: Flags
    starts: Ints
    letters: Codes
    letter_starts: Ints
    letter_count: Ints
    capital_count: Ints
    exclamations: Ints
    questions: Ints
    long: Ints

    @property
    def words(self) -> Flags:
        """Which are made of letters or digits."""
        words: Flags = self.kinds == _WORD
        return words

    @property
    def symbols(self) -> Flags:
        """Which are an emoji or another symbol, and no mark."""
        symbols: Flags = (self.kinds == _SYMBOL) & (self.first > LINK)
        return symbols


def read(texts: Sequence[str], language: Language, known: Hashes) -> Iterator[Reading]:
    """Read texts, some hundreds at a time, in their order; any str is fine, the first `READ_CHARS` characters count.

    Case, accents, Unicode forms and unseen characters are folded away; every digit is a 0; a letter that is repeated
    more than twice is there twice, once if that gives one of the `known` words; a #HashTag is followed by its parts;
    an apostrophe parts two words in French and joins them in English. Linear in the length of the texts.

    >>> texts = ["Sooo BAD :(", "#NeverAgain @acme"]
    >>> [len(reading.hashes) for reading in read(texts, Language.ENGLISH, word_hashes([]))]
    [9]
    """
    batch: list[str] = []
    size = 0
    for text in texts:
        cut = text if len(text) <= READ_CHARS else text[:READ_CHARS]
        batch.append(cut)
        size += len(cut)
        if size >= _BATCH_CHARS:
            yield _read(batch, language, known)
            batch, size = [], 0
    if batch:
        yield _read(batch, language, known)


def per_text(values: NDArray[np.generic], starts: Ints) -> Ints:
    """Sums by text of whole numbers (or truths), one for each word or letter."""
    return np.add.reduceat(values, starts, dtype=np.int64)


def word_hashes(words: Sequence[str]) -> Hashes:
    """The hashes of words that are folded already, in their order."""
    table = _tables()
    found = np.zeros(len(words), np.uint64)
    for place, word in enumerate(words):
        codes = np.array([ord(char) for char in word], np.uint64)
        found[place] = np.add.reduce(codes * table.powers[: len(codes)])
    return _mixed(found)


def pair_hashes(hashes: Hashes) -> Hashes:
    """Of each word with the one before it; before the first is the end of another text."""
    found = hashes.copy()
    found[1:] += hashes[:-1] * _PAIR
    found[:1] += word_hashes(["\n"]) * _PAIR
    return _mixed(found)


def triple_hashes(hashes: Hashes) -> Hashes:
    """Of each word with the two before it."""
    return pair_hashes(pair_hashes(hashes))


# ------------------------------------------------------------------------------------------- hashing

_BASE: Final = 0x9E3779B97F4A7C15
_MIX: Final = np.uint64(0xC2B2AE3D27D4EB4F)
_PAIR: Final = np.uint64(0x165667B19E3779F9)
_HIGH, _LOW = np.uint64(32), np.uint64(29)


def _mixed(values: Hashes) -> Hashes:
    """Each bit of a value spread over all of its hash."""
    values = (values ^ (values >> _HIGH)) * _MIX
    return values ^ (values >> _LOW)


@dataclass(frozen=True, slots=True)
class _Tables:
    """By code point: what it folds to, with its kind and its case packed on top; and the powers of the hash's base."""

    codes: Codes
    powers: Hashes
    inverse: Hashes


_CASE_BIT: Final = np.uint32(23)
_KIND_BIT: Final = np.uint32(24)
_CODE_MASK: Final = np.uint32(2**23 - 1)


@cache
def _tables() -> _Tables:
    fold = np.arange(_CODES, dtype=np.uint32)
    kinds = np.full(_CODES, _SYMBOL, np.uint8)
    upper = np.zeros(_CODES, np.uint32)
    by_category = {"L": _WORD, "N": _WORD, "Z": _SPACE, "M": _UNSEEN, "P": _PUNCTUATION}
    for code in range(_CODES):
        char = chr(code)
        category = unicodedata.category(char)
        kind = by_category.get(category[0], _SYMBOL)
        if category in ("Cc", "Cf"):
            kind = _SPACE if category == "Cc" else _UNSEEN
        elif kind == _SYMBOL and code < 0x2000 and category != "Cs":
            kind = _PUNCTUATION
        kinds[code] = kind
        if kind == _WORD and (code < 0x2500 or code >= 0xF900):
            plain = unicodedata.normalize("NFKD", char.casefold())
            fold[code] = ord("0") if category == "Nd" else ord(plain[0])
            upper[code] = char.isupper()
    for char in "\u0153\u0152":  # coeur is mostly written so, and a code point stands for one
        fold[ord(char)] = ord("e")
    for char in "'\u2019\u2018\u02bc`\u00b4\uff07":
        fold[ord(char)], kinds[ord(char)] = ord("'"), _APOSTROPHE
    for char, plain in zip("\u201c\u201d\u00ab\u00bb\u2013\u2014\u2026", '""""--.', strict=True):
        fold[ord(char)] = ord(plain)
    for char, kind in (("_", _WORD), ("#", _HASH), ("\uff03", _HASH), ("@", _AT), ("\uff20", _AT), ("\n", _END)):
        kinds[ord(char)] = kind
    fold[ord("\uff03")], fold[ord("\uff20")] = ord("#"), ord("@")
    kinds[0x1F3FB:0x1F400] = _UNSEEN  # the colour of a skin
    fold[kinds == _SPACE] = ord(" ")
    codes = fold | upper << _CASE_BIT | kinds.astype(np.uint32) << _KIND_BIT
    return _Tables(codes, _powers(_BASE), _powers(pow(_BASE, -1, 2**64)))


def _powers(base: int) -> Hashes:
    powers = np.full(_MAX_CHARS, base, np.uint64)
    powers[0] = 1
    return np.multiply.accumulate(powers)


@cache
def _negators(language: Language) -> tuple[Hashes, np.uint64, Hashes, Hashes]:
    """Words that negate; that which ends it; those that negate the verb before them; "plus" with "ne" before it."""
    plain = np.sort(word_hashes(_NEGATORS[language].split()))
    (contrast,) = word_hashes([_CONTRASTS[language]])
    if language is not Language.FRENCH:
        return plain, contrast, word_hashes([]), word_hashes([])
    return plain, contrast, np.sort(word_hashes(_AFTER_VERB.split())), word_hashes(["plus", "ne", "n"])


def among(hashes: Hashes, known: Hashes) -> Flags:
    """Which of these are among the known, which are sorted."""
    if not len(known):
        return np.zeros(len(hashes), np.bool_)
    places = np.searchsorted(known, hashes)
    places[places == len(known)] = 0
    found: Flags = known[places] == hashes
    return found


# ------------------------------------------------------------------------------------------- reading


def _joined(texts: list[str]) -> str:
    """The texts one after the other, each with a line break at its end and none in it."""
    whole = "\n".join(texts) + "\n"
    again = False
    if whole.count("\n") != len(texts):
        texts, again = [text.replace("\n", " ") for text in texts], True
    if "\\u" in whole or "&" in whole:  # what collectors of tweets leave of a character: "don\u2019t"
        texts, again = [unescaped(text).replace("\n", " ") for text in texts], True
    if "#" in whole:
        texts, again = [_TAG.sub(_with_parts, text) if "#" in text else text for text in texts], True
    return "\n".join(texts) + "\n" if again else whole


def unescaped(text: str) -> str:
    r"""A text with the characters that collectors left escaped.

    >>> unescaped(r"caf\u00e9 &amp; th\u00e9")
    'café & thé'
    """
    if "\\u" in text:
        text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    return html.unescape(text) if "&" in text else text


def _with_parts(match: re.Match[str]) -> str:
    tag = match[1]
    return f"{match[0]} {tag if tag.islower() or tag.isupper() else _CAMEL.sub(' ', tag)}"


def _read(texts: list[str], language: Language, known: Hashes) -> Reading:
    tables = _tables()
    points = np.frombuffer(_joined(texts).encode("utf-32-le", "surrogatepass"), np.uint32)
    packed = np.take(tables.codes, points, mode="clip")
    kinds = (packed >> _KIND_BIT).astype(np.uint8)
    if kinds.max() == _UNSEEN:
        seen = kinds != _UNSEEN
        packed, kinds = packed[seen], kinds[seen]
    codes = packed & _CODE_MASK
    upper = packed >> _CASE_BIT & np.uint32(1)
    ends = np.flatnonzero(kinds == _END)

    _join_apostrophes(kinds, language)
    _join_emoticons(codes, kinds, upper)
    hashes_at = np.flatnonzero(kinds == _HASH)
    kinds[hashes_at] = np.where(kinds[hashes_at + 1] == _WORD, _WORD, _PUNCTUATION)
    again = np.flatnonzero((codes[2:] == codes[1:-1]) & (codes[2:] == codes[:-2]) & (kinds[2:] != _END)) + 2
    is_word = kinds == _WORD
    long = np.zeros(len(codes), np.bool_)
    long[again] = is_word[again] & (codes[again] != ord("0"))
    raw_starts = _starts(ends)
    counts = (
        per_text(is_word, raw_starts),
        per_text(upper, raw_starts),
        per_text(codes == ord("!"), raw_starts),
        per_text(codes == ord("?"), raw_starts),
        per_text(long, raw_starts),
    )
    keep = np.ones(len(codes), np.bool_)
    keep[again] = False
    _mark_handles(codes, kinds, is_word, keep)
    _mark_links(codes, kinds, is_word, keep)
    # Of each run of three or more, the second is what may be too much still: "haappy" or "happy".
    spare = np.zeros(len(codes), np.bool_)
    spare[again - 1] = keep[again - 1] & (kinds[again] != _SYMBOL)
    spare = spare[keep]
    codes, kinds, upper = codes[keep], kinds[keep], upper[keep]

    from_, to, of_kind = _words(kinds)
    sums = np.zeros(len(codes) + 1, np.uint64)
    np.cumsum(codes * tables.powers[: len(codes)], out=sums[1:])
    hashes = _mixed((sums[to] - sums[from_]) * tables.inverse[from_])
    if len(known) and spare.any():
        _shorten(hashes, known, codes, spare, from_, to)
    capital_sums = np.concatenate([[0], np.cumsum(upper)])
    capitals = (capital_sums[to] - capital_sums[from_] == to - from_) & (to - from_ > 1) & (of_kind == _WORD)
    word_ends = np.flatnonzero(of_kind == _END)
    negators, negated = _negation(hashes, of_kind, language)
    return Reading(
        len(texts), hashes, of_kind, codes[from_], negators, negated, capitals, _starts(word_ends),
        _letters(codes, kinds), _starts(np.flatnonzero(kinds == _END)), *counts,
    )  # fmt: skip


def _letters(codes: Codes, kinds: Kinds) -> Codes:
    """The code points with spaces for all that is no word: each text from the space before it up to its last letter."""
    letters = np.empty(len(codes), np.uint32)
    letters[0] = ord(" ")
    letters[1:] = np.where(kinds[:-1] == _WORD, codes[:-1], np.uint32(ord(" ")))
    return letters


def _starts(ends: Ints) -> Ints:
    return np.concatenate([np.zeros(1, np.int64), ends[:-1] + 1])


def _join_apostrophes(kinds: Kinds, language: Language) -> None:
    """An apostrophe between letters belongs to the word, or parts two in French."""
    places = np.flatnonzero(kinds == _APOSTROPHE)
    if len(places):
        inside = (kinds[places - 1] == _WORD) & (kinds[places + 1] == _WORD) & (places > 0)
        kinds[places] = np.where(inside, _SPACE if language is Language.FRENCH else _WORD, _PUNCTUATION)


def _join_emoticons(codes: Codes, kinds: Kinds, upper: Codes) -> None:
    """The letters and the digit of emoticons, ":D" and "<3", become punctuation, as their eyes are."""
    eyes = np.flatnonzero((codes == ord(":")) | (codes == ord(";")) | (codes == ord("=")) | (codes == ord("<")))
    if not len(eyes):
        return
    last = len(codes) - 1
    heart = codes[eyes] == ord("<")
    nose = (codes[np.minimum(eyes + 1, last)] == ord("-")) & ~heart
    mouth = np.minimum(eyes + 1 + nose, last)
    found = codes[mouth]
    speaks = (found == ord("d")) & (upper[mouth] == 1) | (found == ord("p")) | (found == ord("o"))
    fits = np.where(heart, found == ord("0"), speaks) & (kinds[np.minimum(mouth + 1, last)] != _WORD)
    fits &= (eyes == 0) | (kinds[eyes - 1] != _WORD)
    kinds[mouth[fits]] = _PUNCTUATION


def _mark_handles(codes: Codes, kinds: Kinds, is_word: Flags, keep: Flags) -> None:
    others = np.flatnonzero(~is_word)
    at = np.flatnonzero(kinds[others] == _AT)
    if not len(at):
        return
    begin, end = others[at], others[np.minimum(at + 1, len(others) - 1)]
    handle = (end > begin + 1) & ((begin == 0) | ~is_word[begin - 1])
    kinds[begin] = np.where(handle, _SYMBOL, _PUNCTUATION)
    begin, end = begin[handle], end[handle]
    codes[begin] = HANDLE
    keep[_within(begin + 1, end)] = False


def _mark_links(codes: Codes, kinds: Kinds, is_word: Flags, keep: Flags) -> None:
    """A word that begins with "http" or "https", to the next space; what gatherers of tweets put for a link, too."""
    begin = np.flatnonzero(is_word & (codes == ord("h")))
    begin = begin[begin + 4 < len(codes)]
    begin = begin[(begin == 0) | ~is_word[begin - 1]]
    for place, letter in enumerate("ttp", 1):
        begin = begin[codes[begin + place] == ord(letter)]
    after = begin + 4 + (codes[begin + 4] == ord("s"))
    begin = begin[~is_word[np.minimum(after, len(codes) - 1)]]
    if not len(begin):
        return
    gaps = np.flatnonzero((kinds == _SPACE) | (kinds == _END))
    codes[begin] = LINK
    kinds[begin] = _SYMBOL
    keep[_within(begin + 1, gaps[np.searchsorted(gaps, begin)])] = False


def _within(begin: Ints, end: Ints) -> Ints:
    """All places from `begin` up to `end`, of each pair."""
    lengths = end - begin
    offsets = np.cumsum(lengths) - lengths
    places: Ints = np.repeat(begin - offsets, lengths) + np.arange(lengths.sum())
    return places


def _words(kinds: Kinds) -> tuple[Ints, Ints, Kinds]:
    """Where words begin and end, and their kinds: runs of one kind, but each symbol and each end of a text alone."""
    alone = (kinds == _SYMBOL) | (kinds == _END)
    change = np.empty(len(kinds) + 1, np.bool_)
    change[0] = change[-1] = True
    np.not_equal(kinds[1:], kinds[:-1], out=change[1:-1])
    change[:-1] |= alone
    borders = np.flatnonzero(change)
    of_kind = kinds[borders[:-1]]
    real = of_kind != _SPACE
    return borders[:-1][real], borders[1:][real], of_kind[real]


def _shorten(hashes: Hashes, known: Hashes, codes: Codes, spare: Flags, begin: Ints, end: Ints) -> None:
    """Words that are elongated, and known only without their spare letters, get the hash of what is known."""
    sums = np.concatenate([[0], np.cumsum(spare)])
    places = np.flatnonzero(sums[end] > sums[begin])
    places = places[~among(hashes[places], known)]
    if not len(places):
        return
    begin, lengths = begin[places], end[places] - begin[places]
    letters = _within(begin, begin + lengths)
    owner = np.repeat(np.arange(len(places)), lengths)[~spare[letters]]
    letters = letters[~spare[letters]]
    first = np.flatnonzero(np.concatenate([[True], owner[1:] != owner[:-1]]))
    rank = np.arange(len(letters)) - first[owner]
    short = _mixed(np.add.reduceat(codes[letters] * _tables().powers[rank], first))
    fits = among(short, known)
    hashes[places[fits]] = short[fits]


def _negation(hashes: Hashes, kinds: Kinds, language: Language) -> tuple[Flags, Flags]:
    """Which words negate, and which stand in their scope: words after them, up to a stop; the verb before "pas"."""
    plain, contrast, after_verb, more = _negators(language)
    negators = among(hashes, plain)
    if len(more):
        plus, *_ = more
        ne = (hashes == more[1]) | (hashes == more[2])
        near = np.zeros(len(ne), np.bool_)
        for back in (1, 2, 3):
            near[back:] |= ne[:-back] & (kinds[:-back] == _WORD)
        negators |= (hashes == plus) & near
    places = np.arange(len(hashes))
    stops = (kinds == _PUNCTUATION) | (kinds == _END) | (hashes == contrast)
    last_stop = np.maximum.accumulate(np.where(stops, places, -1))
    last = np.maximum.accumulate(np.where(negators, places, -_SCOPE - 1))
    negated = (places - last <= _SCOPE) & (last > last_stop) & ~negators
    if len(after_verb):
        before = np.zeros(len(hashes), np.bool_)
        before[:-1] = (negators & among(hashes, after_verb))[1:]
        negated |= before & ~negators & (kinds == _WORD)
    return negators, negated
