"""The judge with the weights that are shipped, or with others."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from detectors.errors import InputError
from detectors.model import Language
from detectors.text.negativity.contract import Negativity

if TYPE_CHECKING:
    from detectors.text.negativity.linear import Weights

__all__ = ["MODEL_LANGUAGES", "language_of_model", "load_negativity", "model_file"]

MODEL_LANGUAGES: Final = (Language.ENGLISH, Language.FRENCH)
"""Those that have a model."""


def load_negativity(own: Sequence[Weights] = ()) -> Negativity:
    """The judge of all texts: English and French.

    The weights that are shipped are loaded when the first text of their language comes; those in `own` take their
    place.
    """
    # numpy is needed by who judges, not by who only imports this package.
    from detectors.text.negativity.judge import LinearNegativity

    shipped = {language: partial(_shipped, language) for language in MODEL_LANGUAGES}
    return LinearNegativity({**shipped, **{weights.language: partial(_same, weights) for weights in own}})


def model_file(language: Language) -> str:
    """What the file with the weights of a language is called."""
    return f"negativity-{language.value}.npz"


def language_of_model(code: str) -> Language:
    """The language of a code, one of those that have a model.

    Raises:
        InputError: another one.
    """
    for language in MODEL_LANGUAGES:
        if code.lower() == language.value:
            return language
    raise InputError(f"--lang {code}: no such language; expected one of: {', '.join(MODEL_LANGUAGES)}")


def _shipped(language: Language) -> Weights:
    from detectors.text.negativity.linear import Weights

    name = model_file(language)
    return Weights.load(files("detectors.text").joinpath(f"data/{name}").read_bytes(), name)


def _same(weights: Weights) -> Weights:
    return weights
