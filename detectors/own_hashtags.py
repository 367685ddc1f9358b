"""The hashtags of a brand, and what people make of them."""

from __future__ import annotations

import re
from typing import Final

from detectors.model import Brand
from detectors.text.hashtags import composed_hashtags
from detectors.text.likeness import distance, made_of
from detectors.text.terms import fold

__all__ = ["OwnHashtags"]

MAX_CHARS: Final = 60
_SEPARATORS: Final = re.compile(r"[\W_]+")
_LEAST_CHARS: Final = 3
_PLAIN: Final = 6
"""So long a name is not the beginning of many other words: "#unitedstates" is rarer than "#freedom"."""
_ONE_OFF: Final = 6
_TWO_OFF: Final = 8

_MOCKING: Final = (
    *("fail", "fails", "failed", "failure", "boycott", "shame", "sucks", "suck", "sux", "worst", "scandal"),
    *("lies", "lie", "liar", "liars", "lied", "scam", "scams", "fraud", "hate", "never", "stop", "dump"),
    *("delete", "cancel", "gate", "racist", "racists", "evil", "disaster", "crap", "trash", "awful", "horrible"),
    *("terrible", "nightmare", "problems", "ripoff", "thieves", "killers", "kills", "murderers", "garbage"),
    *("joke", "bad", "disgrace", "disgusting", "greed", "horror", "stories", "leaks", "crisis", "down", "outage"),
    *("crash", "delays", "ruined", "exposed", "out", "over", "scandale", "honte", "boycot", "arnaque"),
    *("arnaques", "mensonge", "mensonges", "menteur", "menteurs", "voleur", "voleurs", "nul", "nulle", "nuls"),
    *("degage", "balance", "poubelle", "danger", "jamais", "marre", "raslebol", "assassin", "assassins"),
    *("raciste", "racistes", "sexiste", "catastrophe", "panne", "pannes", "retard", "retards", "galere"),
    *("galeres", "escroc", "escrocs", "escroquerie", "empoisonneurs", "pourri", "merde", "crise", "colere"),
)
_TALK: Final = (
    *("moments", "moment", "memories", "story", "challenge", "love", "fans", "fan", "life", "day", "days"),
    *("week", "live", "histoires", "histoire", "souvenirs", "defi", "jour", "jours", "semaine", "meet", "ask"),
    *("my", "our", "mon", "ma", "mes", "nos", "notre", "with", "avec", "chez"),
)
_GLUE: Final = (
    *("on", "of", "to", "at", "by", "for", "from", "the", "a", "is", "are", "you", "your", "us", "we", "and"),
    *("again", "so", "now", "no", "not", "mc", "big", "more", "all", "this", "why", "le", "la", "les", "de"),
    *("du", "des", "d", "l", "est", "sont", "et", "en", "ton", "votre", "vos", "plus", "non", "pas", "tous"),
    *("contre", "against", "maintenant", "sur"),
)
_AROUND: Final = frozenset({*_MOCKING, *_TALK, *_GLUE, *"0123456789"})
_LONGEST: Final = max(map(len, _AROUND))
_SAYS: Final = re.compile("|".join(sorted({*_MOCKING, *_TALK}, key=len, reverse=True)))


class OwnHashtags:
    """Tells which hashtags name a brand: its own, those made with its name, and parodies of them.

    A hashtag does if it
    - is one of the brand's terms ("#Acme"), or the name without spaces;
    - has the name as one of its parts ("#McAcmeFail", "#acme_2026"), or begins with it, from 6 letters on
      ("#torrelioselfie");
    - is the name and words like fail, boycott, shame, moments, honte, scandale, with little words between, in any
      order ("#boycottacmenow", "#honteaacme");
    - is one of its #hashtags misspelt: one letter off from 6 letters on, two from 8 on ("#BeatAcme" for "#MeetAcme").
    Names of 2 letters, and those that mean other things too (with `near` or `not_near`), count as they stand in the
    terms, and with such words only: "#OrangeFail", not "#OrangeJuice".

    Read are 60 characters. Up to 50 us, so the caller remembers the answers.

    >>> from detectors.model import Match
    >>> own = OwnHashtags(Brand(id="acme", name="Acme", match=Match(any=["acme", "@acme", "#MeetAcme"])))
    >>> [own.names(tag) for tag in ("ACME", "McAcmeFail", "boycottacme", "AcmeHonte", "BeatAcme")]
    [True, True, True, True, True]
    >>> [own.names(tag) for tag in ("acmeist", "pacmen", "fail", "MondayMood")]
    [False, False, False, False]
    """

    def __init__(self, brand: Brand) -> None:
        self._hashtags = {_joined(term) for term in brand.match.any if term.startswith("#")} - {""}
        stems = {_joined(term) for term in [brand.name, *brand.match.any]} - {""}
        ambiguous = bool(brand.match.near or brand.match.not_near)
        self._stems = sorted((stem for stem in stems if len(stem) > 1), key=lambda stem: (-len(stem), stem))
        self._plain = [] if ambiguous else [stem for stem in self._stems if len(stem) >= _LEAST_CHARS]
        self._entire = self._hashtags | (set() if ambiguous else stems)
        self._spelt = [] if ambiguous else [tag for tag in sorted(self._hashtags) if len(tag) >= _ONE_OFF]

    def names(self, tag: str) -> bool:
        """Whether a hashtag (without "#", as it was written) names the brand."""
        tag = tag[:MAX_CHARS]
        joined = _joined(tag)
        return (
            joined in self._entire
            or any(joined.startswith(stem) for stem in self._plain if len(stem) >= _PLAIN)
            or any(self._talks(joined, stem) for stem in self._stems)
            or any(_misspelt(joined, own) for own in self._spelt)
            or self._has_part(tag)
        )

    def _has_part(self, tag: str) -> bool:
        for parts in composed_hashtags(f"#{tag}"):
            for stem in self._plain:
                at = parts.joined.find(stem)
                while at >= 0:
                    if parts.has(at, at + len(stem)):
                        return True
                    at = parts.joined.find(stem, at + 1)
        return False

    @staticmethod
    def _talks(joined: str, stem: str) -> bool:
        at = joined.find(stem)
        while at >= 0:
            before, after = joined[:at], joined[at + len(stem) :]
            said = _SAYS.search(before) or _SAYS.search(after)
            if said and made_of(before, _AROUND, _LONGEST) and made_of(after, _AROUND, _LONGEST):
                return True
            at = joined.find(stem, at + 1)
        return False


def _joined(term: str) -> str:
    return _SEPARATORS.sub("", fold(term))


def _misspelt(tag: str, own: str) -> bool:
    if len(tag) < _ONE_OFF or abs(len(tag) - len(own)) > 2:
        return False
    return distance(tag, own) <= (2 if len(own) >= _TWO_OFF else 1)
