"""The contract of every negativity model: a text in, a Judgement out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from detectors.model import Language, Sentiment

__all__ = ["Judgement", "Negativity"]


class Judgement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a model makes of one text.

    `negative`, `neutral` and `positive` are shares in 0..1 that add up to 1, and `label` is one of the largest;
    where the model cannot tell, `label` is UNKNOWN and the three are equal. `ironic`: it says so, or says
    the contrary of what it means.
    """

    label: Sentiment
    negative: float
    neutral: float
    positive: float
    lang: Language
    ironic: bool = False


class Negativity(Protocol):
    """A model that judges any str whatever: it never raises, and the same text always gets the same answer."""

    def judge_all(self, texts: Sequence[str], langs: Sequence[str | None]) -> list[Judgement]:
        """Judge each of `texts`, many at once for speed: how they are cut into calls changes no answer.

        `langs` are what the provider said of the language of each ("en", "fr-CA"), None where nothing.
        """
        ...
