"""How negative a text is: the judge of all texts, and what it is made of (README.md beside this file)."""

from __future__ import annotations

from detectors.text.negativity.contract import Judgement, Negativity
from detectors.text.negativity.loading import MODEL_LANGUAGES, language_of_model, load_negativity, model_file

__all__ = ["MODEL_LANGUAGES", "Judgement", "Negativity", "language_of_model", "load_negativity", "model_file"]
