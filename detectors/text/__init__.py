"""What a text says: its language, and how negative it is."""

from __future__ import annotations

from detectors.text.harmless import blanked
from detectors.text.language import detect, detect_all
from detectors.text.negativity import Judgement, Negativity, load_negativity

__all__ = ["Judgement", "Negativity", "blanked", "detect", "detect_all", "load_negativity"]
