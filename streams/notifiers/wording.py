"""Every fixed sentence of a message, in English and in French; what is known of the incident fills the braces."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

from detectors.model import Severity, StoryKind

__all__ = ["KINDS", "PARTS", "SEVERITIES", "SIGNALS", "WORDING", "Lang", "count", "decimal", "moment", "spaced"]

Lang = Literal["en", "fr"]

_NBSP: Final = "\u00a0"
_NARROW: Final = "\u202f"
_MONTHS: Final = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "fr": ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."),
}


def spaced(text: str) -> str:
    """A French sentence with spaces that no line breaks at before its high marks, and within its quotes."""
    for mark in (":", ";", "%", "»"):
        text = text.replace(f" {mark}", f"{_NBSP}{mark}")
    return text.replace("« ", f"«{_NBSP}")


WORDING: Final[dict[Lang, dict[str, str]]] = {
    "en": {
        "over": "over, the rhythm is back to normal",
        "grows": "the wave grows",
        "on again": "it is on again",
        "worse": "it is {severity} now",
        "nobody": "Nobody looks after it: ",
        "yours": "Yours: ",
        "owner": "{owner} has it.",
        "no owner": "Nobody has it yet.",
        "observed": "{observed} negative mentions since {since}, usual for this time: {usual}.",
        "little history": "Little history: the brand's habits are hardly known yet.",
        "kind": "Kind: {kinds}.",
        "beside": "; ",
        "share": "{share}%, {posts} of {of}",
        "severity": "Severity: {severity} ({parts}).",
        "to do": "To do: {steps}",
        "unusual": "Unusual: {signals}.",
        "channels": "Channels: {channels}; {reposts}.",
        "topics": "Topics: {topics}.",
        "no author": "No author is named",
        "at least": "at least ",
        "author": "{least}{authors} author",
        "authors": "{least}{authors} authors",
        "followers": " with {least}{reach} followers in all",
        "again": "; {again} of {observed} posts by people who had written within the hour",
        "audience": "; by audience: {groups}",
        "words": "Words that stand out: {words}.",
        "too early": "Too early to say how fast it grows",
        "doubles": "Doubles every {duration}",
        "does not grow": "Does not grow",
        "next hour": "; in the next hour {low} to {high} more are likely",
        "quote": '- "{text}"',
        "version": "{id} (version {version})",
    },
    "fr": {
        "over": "c'est fini, le rythme est redevenu normal",
        "grows": "la vague grandit",
        "on again": "cela recommence",
        "worse": "la gravité est maintenant {severity}",
        "nobody": "Personne ne s'en occupe : ",
        "yours": "À vous : ",
        "owner": "{owner} s'en occupe.",
        "no owner": "Personne ne s'en occupe encore.",
        "observed": "{observed} mentions négatives depuis le {since}, d'ordinaire à ce moment : {usual}.",
        "little history": "Peu de recul : les habitudes de la marque sont encore mal connues.",
        "kind": "Nature : {kinds}.",
        "beside": " ; ",
        "share": "{share} %, {posts} sur {of}",
        "severity": "Gravité : {severity} ({parts}).",
        "to do": "À faire : {steps}",
        "unusual": "Inhabituel : {signals}.",
        "channels": "Canaux : {channels} ; {reposts}.",
        "topics": "Sujets : {topics}.",
        "no author": "Aucun auteur n'est nommé",
        "at least": "au moins ",
        "author": "{least}{authors} auteur",
        "authors": "{least}{authors} auteurs",
        "followers": " avec {least}{reach} abonnés en tout",
        "again": " ; {again} messages sur {observed} de personnes qui avaient écrit dans l'heure",
        "audience": " ; par public : {groups}",
        "words": "Mots qui ressortent : {words}.",
        "too early": "Trop tôt pour dire à quelle vitesse elle grandit",
        "doubles": "Double toutes les {duration}",
        "does not grow": "Ne grandit pas",
        "next hour": " ; dans l'heure qui vient, {low} à {high} de plus sont probables",
        "quote": "- « {text} »",
        "version": "{id} (version {version})",
    },
}
WORDING["fr"] = {name: spaced(sentence) for name, sentence in WORDING["fr"].items()}

SIGNALS: Final[dict[Lang, dict[str, str]]] = {
    "en": {
        "negative": "how many negative posts",
        "authors": "how many people",
        "share": "their share of all posts",
        "reposts": "how much is repeated",
    },
    "fr": {
        "negative": "le nombre de messages négatifs",
        "authors": "le nombre de personnes",
        "share": "leur part de tous les messages",
        "reposts": "la part de ce qui est répété",
    },
}
"""The signals of surge."""

PARTS: Final[dict[Lang, dict[str, str]]] = {
    "en": {},
    "fr": {"originals": "originaux", "reposts": "partages", "other": "autres"},
}
"""Names of parts that are ours and not the configuration's or a stranger's; in English they are as they are."""

SEVERITIES: Final[dict[Lang, dict[str, str]]] = {
    "en": {
        **{severity.value: severity.value for severity in Severity},
        **{name: name for name in ("surprise", "growth", "reach", "kind")},
    },
    "fr": {
        Severity.LOW: "faible",
        Severity.MEDIUM: "moyenne",
        Severity.HIGH: "élevée",
        Severity.CRITICAL: "critique",
        "surprise": "surprise",
        "growth": "croissance",
        "reach": "portée",
        "kind": "nature",
    },
}
"""How bad an incident is, and the parts that add up to it."""

KINDS: Final[dict[Lang, dict[StoryKind, str]]] = {
    "en": {
        StoryKind.HIJACKED_HASHTAG: "hijacked hashtag",
        StoryKind.RALLY: "people rally round",
        StoryKind.ONE_LINK: "one link",
        StoryKind.IMPOSTOR: "impostor",
        StoryKind.UNANSWERED: "complaints without an answer",
        StoryKind.BRIGADE: "organised attack",
        StoryKind.COPY_PASTE: "copied text",
        StoryKind.RIVAL: "rival",
        StoryKind.OPERATIONS: "operations",
        StoryKind.PRODUCT: "product",
        StoryKind.CONDUCT: "conduct",
        StoryKind.ADVERTISING: "advertising",
    },
    "fr": {
        StoryKind.HIJACKED_HASHTAG: "hashtag détourné",
        StoryKind.RALLY: "le public se rallie à",
        StoryKind.ONE_LINK: "un lien",
        StoryKind.IMPOSTOR: "imposteur",
        StoryKind.UNANSWERED: "plaintes sans réponse",
        StoryKind.BRIGADE: "attaque organisée",
        StoryKind.COPY_PASTE: "texte copié",
        StoryKind.RIVAL: "concurrent",
        StoryKind.OPERATIONS: "exploitation",
        StoryKind.PRODUCT: "produit",
        StoryKind.CONDUCT: "comportement",
        StoryKind.ADVERTISING: "publicité",
    },
}
"""The kinds of story, in a word or two."""


def count(number: float, lang: Lang) -> str:
    r"""A count with its thousands apart.

    >>> count(41250, "en"), count(41250, "fr")
    ('41,250', '41\u202f250')
    """
    told = f"{number:,.0f}"
    return told if lang == "en" else told.replace(",", _NARROW)


def decimal(number: float, lang: Lang) -> str:
    """One digit after the point, or the comma.

    >>> decimal(2.04, "en"), decimal(2.04, "fr")
    ('2.0', '2,0')
    """
    told = f"{number:.1f}"
    return told if lang == "en" else told.replace(".", ",")


def moment(at: datetime, lang: Lang, timezone: str = "UTC") -> str:
    """A day and a time in a time zone, with its name, whatever the machine's locale is.

    >>> from datetime import UTC
    >>> moment(datetime(2026, 2, 3, 9, 5, tzinfo=UTC), "fr", "Europe/Paris")
    '03 févr. 10:05 CET'
    """
    local = at.astimezone(ZoneInfo(timezone))
    return f"{local:%d} {_MONTHS[lang][local.month - 1]} {local:%H:%M} {local:%Z}"
