"""What a text says: its language, and how negative it is."""

from __future__ import annotations

from detectors.text.harmless import blanked
from detectors.text.language import detect
from detectors.text.negativity import Judgement, Negativity
from detectors.text.vader import VaderNegativity

__all__ = ["Judgement", "Negativity", "VaderNegativity", "blanked", "detect", "load_negativity"]


def load_negativity() -> Negativity:
    """The judge of all texts: English and French."""
    return VaderNegativity()
