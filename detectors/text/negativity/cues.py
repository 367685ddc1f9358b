"""What a text shows beside its words: feelings known beforehand, capitals, exclamations, whom it speaks to."""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from detectors.text.negativity.lexicon import BAD, BOOST_UNIT, CONTRAST, MARK, PRAISE, VALENCE_UNIT, Lexicon
from detectors.text.negativity.reading import HANDLE, LINK, Flags, Ints, Reading, per_text

__all__ = ["CUES", "CUE_UNIT", "cues"]

CUE_UNIT: Final = 64
"""A cue of 1 is so much: cues are whole numbers, so that sums of them are the same in any order."""
CUES: Final = (
    *("positive", "negative", "positive negated", "negative negated", "most positive", "most negative", "balance"),
    *("balance if positive", "shouted positive", "shouted negative", "emoji positive", "emoji negative"),
    *("contrast", "positive after contrast", "negative after contrast", "negated", "negations", "any positive"),
    *(
        "any negative",
        "both",
        "to an account",
        "to an account, negative",
        "to an account, asks",
        "to an account, plain",
    ),
    *(
        "handles",
        "links",
        "hashtags",
        "capitals",
        "mostly capitals",
        "exclamations",
        "questions",
        "elongated",
        "length",
    ),
)
"""The cues by name, in the order of their columns."""

Floats: TypeAlias = NDArray[np.float64]

_FEELING_UNIT: Final = VALENCE_UNIT * BOOST_UNIT
_BOOST: Final = 3  # tenths that a booster adds
_BALANCE: Final = 15.0  # VADER's: how many valences make a text hardly more positive


def cues(reading: Reading, lexicon: Lexicon) -> tuple[Ints, Flags, Flags]:
    """Of each text its `CUES`, in `CUE_UNIT`; whether it may be ironic; whether it says anything at all.

    What says something is a word, or a symbol or punctuation with a valence. Marks the words of phrases as not negated
    (see `Lexicon.find`).
    """
    starts = reading.starts
    valences, boosts, flags = lexicon.find(reading)
    words, negated = reading.words, reading.negated
    feelings = valences * BOOST_UNIT
    feelings[1:] += valences[1:] * boosts[:-1] * _BOOST
    positive, negative = np.maximum(feelings, 0), np.maximum(-feelings, 0)
    symbols = reading.symbols
    plain = ~negated
    after = _after_contrast(flags & CONTRAST != 0, reading)
    has = np.bitwise_or.reduceat(flags, starts)
    handles = reading.first == HANDLE
    mostly_capitals = 2 * reading.capital_count > np.maximum(reading.letter_count, 1)
    shouted = reading.capitals & plain & ~np.repeat(mostly_capitals, np.diff(np.append(starts, len(words))))

    good, bad = per_text(positive * plain, starts), per_text(negative * plain, starts)
    not_good, not_bad = per_text(positive * negated, starts), per_text(negative * negated, starts)
    total = (good - bad - 0.74 * not_good + 0.5 * not_bad) / _FEELING_UNIT
    balance = total / np.sqrt(total * total + _BALANCE)
    to_account = handles[starts]
    asks = np.minimum(reading.questions, 2)
    columns: list[Floats | Ints | Flags] = [
        _root(good),
        _root(bad),
        _root(not_good),
        _root(not_bad),
        np.maximum.reduceat(positive * plain, starts) / _FEELING_UNIT / 4,
        np.maximum.reduceat(negative * plain, starts) / _FEELING_UNIT / 4,
        balance,
        np.maximum(balance, 0),
        _root(per_text(positive * shouted, starts)),
        _root(per_text(negative * shouted, starts)),
        _root(per_text(positive * symbols, starts)),
        _root(per_text(negative * symbols, starts)),
        has & CONTRAST != 0,
        _root(per_text(positive * (plain & after), starts)),
        _root(per_text(negative * (plain & after), starts)),
        per_text(reading.negators, starts) > 0,
        np.minimum(per_text(reading.negators, starts), 3) / 3,
        good > 0,
        bad > 0,
        (good > 0) & (bad > 0),
        to_account,
        to_account & (bad > good),
        to_account * asks / 2,
        to_account & (good + bad == 0),
        np.minimum(per_text(handles, starts), 3) / 3,
        np.minimum(per_text(reading.first == LINK, starts), 2) / 2,
        np.minimum(per_text((reading.first == ord("#")) & words, starts), 4) / 4,
        reading.capital_count / np.maximum(reading.letter_count, 1),
        mostly_capitals,
        np.minimum(reading.exclamations, 3) / 3,
        asks / 2,
        reading.long > 0,
        np.sqrt(np.minimum(per_text(words, starts), 100)) / 10,
    ]
    found = np.stack([np.rint(column * CUE_UNIT) for column in columns], axis=1).astype(np.int64)
    may_be_ironic = (has & MARK != 0) | ((has & PRAISE != 0) & (has & BAD != 0))
    speaks = per_text(words | (valences != 0), starts) > 0
    return found, may_be_ironic, speaks


def _root(feelings: Ints) -> Floats:
    """Twice as many words of feeling are not twice the feeling."""
    return np.sqrt(feelings / _FEELING_UNIT) / 2


def _after_contrast(contrasts: Flags, reading: Reading) -> Flags:
    """Which words come after the last contrast of their text."""
    places = np.arange(len(contrasts))
    last = np.maximum.accumulate(np.where(contrasts, places, -1))
    ends = np.append(reading.starts[1:], len(contrasts)) - 1
    of_text = np.where(last[ends] >= reading.starts, last[ends], len(contrasts))
    after: Flags = places > np.repeat(of_text, ends - reading.starts + 1)
    return after
