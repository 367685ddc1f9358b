"""Numbers, lists, quotes and articles, as English and French write them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

__all__ = ["NBSP", "bare", "cut", "duration", "listed", "number", "of", "percent", "quoted"]

NBSP: Final = "\u00a0"
_NARROW: Final = "\u202f"
_AND: Final = {"en": " and ", "fr": " et "}


def number(count: int, language: str) -> str:
    r"""A count with its thousands apart.

    >>> number(12000, "en"), number(12000, "fr")
    ('12,000', '12\u202f000')
    """
    told = f"{count:,}"
    return told if language == "en" else told.replace(",", _NARROW)


def percent(share: int, language: str) -> str:
    """A share in hundredths.

    >>> percent(45, "en")
    '45%'
    """
    return f"{share}%" if language == "en" else f"{share}{NBSP}%"


def duration(minutes: int, language: str) -> str:
    """How long, as people say it.

    >>> [duration(minutes, "en") for minutes in (12, 100, 60 * 50)]
    ['12 min', '2 h', '2 days']
    """
    space = " " if language == "en" else NBSP
    if minutes < 90:
        return f"{minutes}{space}min"
    if minutes < 48 * 60:
        return f"{round(minutes / 60)}{space}h"
    return f"{number(round(minutes / 1440), language)}{space}{'days' if language == 'en' else 'jours'}"


def quoted(words: str, language: str) -> str:
    """Strangers' words.

    >>> quoted("no refund", "en")
    "'no refund'"
    """
    return f"'{words}'" if language == "en" else f"«{NBSP}{words}{NBSP}»"


def listed(things: Sequence[str], language: str) -> str:
    """Two things or one.

    >>> listed(["la grève", "les prix"], "fr")
    'la grève et les prix'
    """
    return _AND[language].join(things)


def bare(french: str) -> str:
    """A French noun without its article.

    >>> bare("l'application"), bare("les retards"), bare("sa publicité")
    ('application', 'retards', 'sa publicité')
    """
    return re.sub(r"^(?:les? |la |l')", "", french)


def of(french: str) -> str:
    """A French noun with its article after "de".

    >>> [of(noun) for noun in ("le site", "les retards", "l'application", "la grève", "un produit")]
    ['du site', 'des retards', "de l'application", 'de la grève', "d'un produit"]
    """
    article, space, noun = french.partition(" ")
    if space and article in ("le", "les"):
        return f"{'du' if article == 'le' else 'des'} {noun}"
    return f"d'{french}" if french[:1] in "aeiouyéèêh" else f"de {french}"


def cut(text: str, most: int) -> str:
    """A text cut at a word.

    >>> cut("complaints wait for an answer", 20)
    'complaints wait for…'
    """
    if len(text) <= most:
        return text
    kept = text[: max(most - 1, 0)]
    if not text[len(kept)].isspace():
        kept = kept.rpartition(" ")[0] or kept
    return kept.rstrip(" ,:([«" + NBSP) + "…"
