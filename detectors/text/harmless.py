"""Words that mean nothing bad for a brand, out of a text before it is judged."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from detectors.text.terms import fold

__all__ = ["blanked"]

_READ_CHARS = 2_000


def blanked(text: str, words: Sequence[str]) -> str:
    """The text without these words and phrases; the rest as it was written, capitals and all.

    They count whole, without case, accents or Unicode forms. A text that has none of them is given back as it is;
    of one that has, no more than the first 2,000 characters are read.

    >>> blanked("That KILLER deal of Poison is a disaster", ["killer deal", "poison"])
    'That   of   is a disaster'
    """
    folded = fold(text[:_READ_CHARS])
    pattern = _pattern(tuple(words))
    if not pattern.search(folded):
        return text
    plain = unicodedata.normalize("NFKC", text[:_READ_CHARS])
    return pattern.sub(" ", plain) if plain.isascii() else pattern.sub(" ", folded)


@lru_cache(maxsize=1024)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted({fold(word) for word in words}, key=lambda word: (-len(word), word))
    phrases = "|".join(r"\s+".join(map(re.escape, word.split())) for word in longest_first)
    return re.compile(rf"(?<!\w)(?:{phrases})(?!\w)" if phrases else r"(?!)", re.IGNORECASE)
