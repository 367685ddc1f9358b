"""Words and phrases whose feeling is known beforehand: from word lists to tables of hashes.

English and French words have the valences of VADER's and vader-fr's lists, with what customers say on top
(data/README.md). Weights carry their own copy of the tables, so that they read every text as they did when they were
trained.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.model import Language
from detectors.text.negativity.reading import (
    Flags,
    Hashes,
    Ints,
    Reading,
    pair_hashes,
    read,
    triple_hashes,
    word_hashes,
)

__all__ = [
    "BAD",
    "BOOST_UNIT",
    "CONTRAST",
    "MARK",
    "PRAISE",
    "VALENCE_UNIT",
    "Lexicon",
    "build",
    "load_lexicon",
    "sayings",
]

VALENCE_UNIT: Final = 20
"""A valence of 1 is so much in a table: valences go from -4 to 4 in steps of a twentieth."""
BOOST_UNIT: Final = 10

CONTRAST: Final = 1
"""A word after which what counts is said: "but"."""
PRAISE: Final = 2
BAD: Final = 4
MARK: Final = 8
"""Words that ironic texts have: a mark, or praise with something bad. `irony` is asked about no others."""

_NAMES: Final = {Language.ENGLISH: "en", Language.FRENCH: "fr"}
_BLOOM_BITS: Final = 18
_SHIFT: Final = np.uint64(64 - _BLOOM_BITS)

_BOOSTERS: Final = {
    Language.ENGLISH: (
        "absolutely amazingly awfully completely considerably decidedly deeply effing enormously entirely especially "
        "exceptionally extremely fabulously flippin frackin fricking frickin frigging fully fuckin fucking fuggin "
        "fugging greatly hella highly hugely incredibly intensely majorly more most particularly purely quite really "
        "remarkably seriously so substantially super thoroughly too total totally tremendously uber unbelievably "
        "unusually "
        "utterly very",
        "almost barely hardly kinda less little marginally occasionally partly scarcely slightly somewhat sorta",
    ),
    Language.FRENCH: (
        "absolument archi beaucoup carrement completement entierement enormement exceptionnellement extremement "
        "franchement grave hyper incroyablement infiniment mega particulierement plus profondement purement "
        "sacrement si "
        "super tellement terriblement totalement trop tres ultra vachement vraiment",
        "assez guere legerement moins peu plutot presque quasi quasiment quelque rarement relativement",
    ),
}
_CONTRASTS: Final = {
    Language.ENGLISH: "but however though although yet except",
    Language.FRENCH: "mais cependant pourtant toutefois neanmoins sauf",
}
# What irony is made of, as `irony` looks for it: praise, with something bad that has no valence of its own; marks.
_PRAISE: Final = {
    Language.ENGLISH: (
        "thanks thank thx thanx ty great nice lovely love loving awesome fantastic perfect wonderful amazing "
        "brilliant excellent "
        "congrats congratulations kudos bravo glad happy super good cool yay enjoy enjoying stellar classy way well"
    ),
    Language.FRENCH: (
        "merci mercis bravo felicitations chapeau super genial geniale parfait parfaite top cool chouette magnifique "
        "excellent "
        "excellente adore aime ravi ravie content contente heureux heureuse plaisir bonheur joie formidable fantastique"
    ),
}
_BAD: Final = {
    Language.ENGLISH: (
        "delay delays delayed delaying cancel cancelled canceled cancelling canceling cancellation losing lose loses "
        "lost ruining "
        "ruined break breaking broken broke crash crashing crashed ignoring nothing hung hanging wait waiting waited "
        "wasting waste "
        "mess messing messed damaging damaged fail failing failed overcharging overcharged charging deleting deleted "
        "scam scamming "
        "lying lies outage outages bug bugs screwing stranding stranded stuck wrong missing missed steal stealing "
        "stolen hold help "
        "reply answer response show answering replying helping caring spam spamming headache trouble error errors"
    ),
    Language.FRENCH: (
        "retard retards retarder retarde annulation annulations annule annulee annuler perdu perdue perdus perdre "
        "perte pertes attente "
        "attentes attendre panne pannes bug bugs foirer gache gacher gacher casse casser cassee rien ignorer ignore "
        "raccroche raccrocher "
        "plantage plantages plante greve greves probleme problemes galere galeres rate rates coupure coupures erreur "
        "erreurs abime "
        "absence silence suppression supprimer supprime degats bouchons pagaille chaos"
    ),
}
_MARKS: Final = (
    "#sarcasm #sarcastic #irony #ironic #not sarcasm irony s #ironie #ironique #sarcasme #sarcastique sarcasme ironie "
    "\U0001f644 \U0001f643 \U0001f612"
)


@dataclass(slots=True)
class Lexicon:
    """Tables of words, and of phrases of two and three, each sorted by hash.

    `valences` are in `VALENCE_UNIT`, `boosts` in -1, 0, 1 (what a word does to the next), `flags` are
    `CONTRAST`, `PRAISE`, `BAD` and `MARK`.
    """

    words: Hashes
    valences: NDArray[np.int8]
    boosts: NDArray[np.int8]
    flags: NDArray[np.uint8]
    pairs: Hashes
    pair_valences: NDArray[np.int8]
    triples: Hashes
    triple_valences: NDArray[np.int8]
    _sieves: list[Flags] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._sieves = [_sieve(table) for table in (self.words, self.pairs, self.triples)]

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """The tables by name, for a file."""
        names = ("words", "valences", "boosts", "flags", "pairs", "pair_valences", "triples", "triple_valences")
        return {f"lexicon_{name}": getattr(self, name) for name in names}

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[np.generic]]) -> Lexicon:
        """From tables by name (without their prefix).

        Raises:
            KeyError, ValueError: one is not there, or not as the others.
        """
        words, pairs, triples = (arrays[name].astype(np.uint64) for name in ("words", "pairs", "triples"))
        lexicon = cls(
            words=words,
            valences=arrays["valences"].astype(np.int8),
            boosts=arrays["boosts"].astype(np.int8),
            flags=arrays["flags"].astype(np.uint8),
            pairs=pairs,
            pair_valences=arrays["pair_valences"].astype(np.int8),
            triples=triples,
            triple_valences=arrays["triple_valences"].astype(np.int8),
        )
        for table, *columns in (
            (words, lexicon.valences, lexicon.boosts, lexicon.flags),
            (pairs, lexicon.pair_valences),
            (triples, lexicon.triple_valences),
        ):
            if any(column.shape != table.shape for column in columns) or not bool(np.all(table[1:] > table[:-1])):
                raise ValueError("the tables of the lexicon do not fit")
        return lexicon

    def find(self, reading: Reading) -> tuple[Ints, Ints, NDArray[np.uint8]]:
        """Of each word its valence, that of a phrase at its last word and no other in it; its boost; its flags.

        A phrase is what it says: the words of one that begins or ends with a negation are not negated (`reading` is
        changed so).
        """
        hashes = reading.hashes
        valences = np.zeros(len(hashes), np.int64)
        boosts = np.zeros(len(hashes), np.int64)
        flags = np.zeros(len(hashes), np.uint8)
        at, rows = self._found(0, hashes)
        valences[at], boosts[at], flags[at] = self.valences[rows], self.boosts[rows], self.flags[rows]
        # What boosts a feeling has none of its own: "super nul", but "un super service".
        valences[:-1][(boosts[:-1] != 0) & (valences[1:] != 0)] = 0
        for length, all_hashes, found in (
            (2, pair_hashes(hashes), self.pair_valences),
            (3, triple_hashes(hashes), self.triple_valences),
        ):
            at, rows = self._found(length - 1, all_hashes)
            inside = at >= length - 1
            at, rows = at[inside], rows[inside]
            for back in range(length):
                valences[at - back] = 0
                reading.negated[at - back] = False
            valences[at] = found[rows]
        return valences, boosts, flags

    def _found(self, table: int, hashes: Hashes) -> tuple[Ints, Ints]:
        """Which of the hashes are in a table, and where in it."""
        known = (self.words, self.pairs, self.triples)[table]
        at = np.flatnonzero(self._sieves[table][hashes >> _SHIFT])
        rows = np.searchsorted(known, hashes[at])
        rows[rows == len(known)] = 0
        real = known[rows] == hashes[at] if len(known) else np.zeros(len(at), np.bool_)
        return at[real], rows[real]


def _sieve(hashes: Hashes) -> Flags:
    """Whether there is a hash that begins so: most words of a text are in no table, and are not looked for."""
    sieve = np.zeros(1 << _BLOOM_BITS, np.bool_)
    sieve[hashes >> _SHIFT] = True
    return sieve


@cache
def load_lexicon(language: Language) -> Lexicon:
    """The lexicon of a language, from the word lists that are shipped."""
    name = _NAMES[language]
    words: dict[str, float] = {}
    for file in (f"{name}_lexicon.txt", "emoji.txt", f"{name}_more.txt"):
        words |= {word.lower() if len(word) > 3 else word: valence for word, valence in _rows(file).items()}
    return build(words, language)


def sayings(language: Language) -> dict[str, float]:
    """What customers say, with its valence, 0 where it has none: our own lists, without what others have gathered."""
    name = _NAMES[language]
    return {**_rows("emoji.txt"), **_rows(f"{name}_more.txt"), **dict.fromkeys(_lines(f"{name}_plain.txt"), 0.0)}


def _rows(file: str) -> dict[str, float]:
    pairs = (line.rsplit("\t", 1) for line in _lines(file))
    return {word: float(valence) for word, valence in pairs}


def _lines(file: str) -> list[str]:
    lines = files("detectors.text").joinpath(f"data/{file}").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("# ")]


def build(words: Mapping[str, float], language: Language) -> Lexicon:
    """Tables of words and phrases with their valences; of two that are read alike, the later counts.

    >>> lexicon = build({"bad": -2.5, "not bad": 1.2}, Language.ENGLISH)
    >>> len(lexicon.pairs), lexicon.valences[lexicon.words == word_hashes(["bad"])].tolist()
    (1, [-50])
    """
    tables: tuple[dict[int, float], ...] = ({}, {}, {})
    parts = _taken_apart(words, language)
    for hashes, valence in zip(parts, words.values(), strict=True):
        if 1 <= len(hashes) <= 3:
            tables[len(hashes) - 1][_joined(hashes)] = valence
    boosts: dict[int, int] = {}
    for words_, boost in zip(_BOOSTERS[language], (1, -1), strict=True):
        boosts |= dict.fromkeys(word_hashes(words_.split()).tolist(), boost)
    flags = dict.fromkeys(word_hashes(_CONTRASTS[language].split()).tolist(), CONTRAST)
    single = tables[0]
    for words_, flag in ((_PRAISE[language], PRAISE), (_BAD[language], BAD), (_MARKS, MARK)):
        for word in word_hashes(words_.split()).tolist():
            flags[word] = flags.get(word, 0) | flag
    for word, valence in single.items():
        if valence < 0:
            flags[word] = flags.get(word, 0) | BAD
    known = sorted({*single, *boosts, *flags})
    pairs, triples = sorted(tables[1]), sorted(tables[2])
    return Lexicon(
        words=np.array(known, np.uint64),
        valences=_units(single.get(word, 0.0) for word in known),
        boosts=np.array([boosts.get(word, 0) for word in known], np.int8),
        flags=np.array([flags.get(word, 0) for word in known], np.uint8),
        pairs=np.array(pairs, np.uint64),
        pair_valences=_units(tables[1][pair] for pair in pairs),
        triples=np.array(triples, np.uint64),
        triple_valences=_units(tables[2][triple] for triple in triples),
    )


def _taken_apart(words: Iterable[str], language: Language) -> list[list[int]]:
    """The hashes of the words of each."""
    found: list[list[int]] = []
    for reading in read(list(words), language, word_hashes([])):
        hashes = reading.hashes.tolist()
        borders = [*reading.starts.tolist(), len(hashes)]
        found += [hashes[start : end - 1] for start, end in pairwise(borders)]
    return found


def _joined(hashes: list[int]) -> int:
    found = np.array(hashes, np.uint64)
    if len(hashes) > 1:
        found = pair_hashes(found) if len(hashes) == 2 else triple_hashes(found)
    return int(found[-1])


def _units(valences: Iterable[float]) -> NDArray[np.int8]:
    return np.array([round(max(-4.0, min(4.0, valence)) * VALENCE_UNIT) for valence in valences], np.int8)
