"""The judge of all texts: one model of words, letters and cues a language, and irony."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from detectors.model import Language, Sentiment
from detectors.text.language import detect_all, without_names
from detectors.text.negativity.contract import Judgement
from detectors.text.negativity.irony import Irony, irony
from detectors.text.negativity.linear import Scores, Weights, score
from detectors.text.negativity.reading import READ_CHARS

__all__ = ["LinearNegativity"]

_LABELS: Final = (Sentiment.NEGATIVE, Sentiment.NEUTRAL, Sentiment.POSITIVE)
_SURELY: Final = 0.8
"""How negative a praise of something bad is at least."""
_PRAISE: Final = 0.25
"""How positive a text must look for an emoji that rolls its eyes to turn it round."""


class LinearNegativity:
    """The Negativity by linear models, one a language, each loaded when it is first needed.

    Links and @handles are not read, nor is what follows the first 2,000 characters. A text in a language without a
    model is UNKNOWN, and so is one that says nothing: no word, no emoji or emoticon with a feeling. A text with no
    words, only emoji or emoticons, is read as English whatever its language. The shares are calibrated: of the texts
    with a share of 0.8 about eight in ten are negative (data/MODEL-CARD-*.md says how nearly).

    >>> from detectors.text import load_negativity
    >>> model = load_negativity()
    >>> said = model.judge_all(["@united worst airline EVER, my bag is lost", "Merci, c'est parfait !"], ["en", None])
    >>> [one.label.value for one in said]
    ['negative', 'positive']
    >>> said = model.judge_all(["Das ist schlecht", "Thanks for losing my bag"], ["de", "en"])
    >>> [(one.label.value, one.ironic) for one in said]
    [('unknown', False), ('negative', True)]
    """

    def __init__(self, weights: Mapping[Language, Callable[[], Weights]]) -> None:
        self._sources = dict(weights)
        self._weights: dict[Language, Weights] = {}

    def judge_all(self, texts: Sequence[str], langs: Sequence[str | None]) -> list[Judgement]:
        """See `Negativity.judge_all`."""
        languages = detect_all(texts, langs)
        first = languages[0] if languages else Language.OTHER
        if first in self._sources and languages.count(first) == len(languages):
            return self._judge(texts, first, first)
        places: dict[tuple[Language, Language], list[int]] = {}
        for place, (text, language) in enumerate(zip(texts, languages, strict=True)):
            places.setdefault((self._reads(text, language), language), []).append(place)
        found: list[Judgement] = [_unknown(language) for language in languages]
        for (reads, language), some in places.items():
            if reads in self._sources:
                judged = self._judge([texts[place] for place in some], reads, language)
                for place, judgement in zip(some, judged, strict=True):
                    found[place] = judgement
        return found

    def _reads(self, text: str, language: Language) -> Language:
        """The language whose model reads a text."""
        if language in self._sources or any(map(str.isalnum, without_names(text[:READ_CHARS]))):
            return language
        return Language.ENGLISH

    def _model(self, language: Language) -> Weights:
        if language not in self._weights:
            self._weights[language] = self._sources[language]()
        return self._weights[language]

    def _judge(self, texts: Sequence[str], reads: Language, language: Language) -> list[Judgement]:
        scores = score(texts, self._model(reads))
        ironic = self._turn(texts, reads, scores)
        shares = scores.shares
        labels = shares.argmax(axis=1).tolist()
        rows = shares.tolist()
        found = [
            Judgement(label=_LABELS[label], negative=row[0], neutral=row[1], positive=row[2], lang=language)
            for label, row in zip(labels, rows, strict=True)
        ]
        for place in ironic:
            label, row = labels[place], rows[place]
            found[place] = Judgement(
                label=_LABELS[label], negative=row[0], neutral=row[1], positive=row[2], lang=language, ironic=True
            )
        for place in np.flatnonzero(~scores.speaks).tolist():
            found[place] = _unknown(language)
        return found

    @staticmethod
    def _turn(texts: Sequence[str], language: Language, scores: Scores) -> list[int]:
        """Turn what ironic texts praise; which these are."""
        found: list[int] = []
        for place in np.flatnonzero(scores.may_be_ironic).tolist():
            how = irony(texts[place][:READ_CHARS], language)
            if how is None:
                continue
            negative, _, positive = scores.shares[place].tolist()
            if how is Irony.EYES and positive < _PRAISE:
                continue
            found.append(place)
            turned = round(negative + positive, 6)
            if how is Irony.PRAISE:
                turned = max(turned, _SURELY)
            scores.shares[place] = turned, 1 - turned, 0.0
        return found


def _unknown(language: Language) -> Judgement:
    return Judgement(label=Sentiment.UNKNOWN, negative=1 / 3, neutral=1 / 3, positive=1 / 3, lang=language)
