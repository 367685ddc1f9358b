"""The language of a post: what its provider says, else a guess by lingua-language-detector."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from detectors.model import Language

if TYPE_CHECKING:
    from lingua import LanguageDetector

__all__ = ["detect", "without_names"]

_NAMES: Final = re.compile(r"https?://\S*|(?<!\w)@\w+")
_LETTER: Final = re.compile(r"[^\W\d_]")
_READ_CHARS: Final = 500
_KNOWN: Final = {"en": Language.ENGLISH, "eng": Language.ENGLISH, "fr": Language.FRENCH, "fra": Language.FRENCH}
_NO_LANGUAGE: Final = {"", "und", "zxx", "qme", "qst", "qht", "qam", "qct"}


def detect(text: str, provided: str | None) -> Language:
    """The language of `text`, a provider's word (`provided`: a BCP 47 tag in any case) taken before a guess.

    "und", and the codes by which X marks posts that are only links, media or hashtags, count as no word at
    all. A text that has no letter once links and @handles are out is OTHER, and so is every language except
    English and French. A guess costs about 0.1 ms and looks at the first 500 characters; the first one also
    builds the detector. Lone surrogates and control characters are fine.

    >>> detect("whatever", "en-US"), detect("Votre service client est lamentable", "und")
    (<Language.ENGLISH: 'en'>, <Language.FRENCH: 'fr'>)
    >>> detect("@united https://t.co/x", None)
    <Language.OTHER: 'other'>
    """
    tag = (provided or "").strip().lower().replace("_", "-").partition("-")[0]
    if tag not in _NO_LANGUAGE:
        return _KNOWN.get(tag, Language.OTHER)
    words = without_names(text[:_READ_CHARS])
    if not _LETTER.search(words):
        return Language.OTHER
    # The detector is Rust and takes UTF-8 only: half an emoji would raise there.
    found = _detector().detect_language_of(words.encode("utf-8", "replace").decode("utf-8"))
    return Language.OTHER if found is None else _KNOWN.get(found.iso_code_639_1.name.lower(), Language.OTHER)


def without_names(text: str) -> str:
    """`text` with links and @handles blanked out: they are names, not language, and carry no feeling.

    >>> without_names("@united never again https://t.co/x")
    '  never again  '
    """
    return _NAMES.sub(" ", text) if "@" in text or "http" in text else text


@cache
def _detector() -> LanguageDetector:
    # Imported here: a stream whose posts all carry a language never needs it (a 100 MB library, 13 MB resident).
    from lingua import Language as L
    from lingua import LanguageDetectorBuilder

    # English, French and the neighbours taken for them. Each one more costs recall in short texts: of 1,839 French
    # tweets 95 % are found so, 94 % with Portuguese too. The high accuracy mode finds 99.5 %, for four times the
    # time and 180 MB.
    neighbours = (L.ENGLISH, L.FRENCH, L.SPANISH, L.ITALIAN, L.GERMAN, L.DUTCH)
    return LanguageDetectorBuilder.from_languages(*neighbours).with_low_accuracy_mode().build()
