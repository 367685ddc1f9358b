"""Negativity models that somebody trained, from where `badbuzz train` put them."""

from __future__ import annotations

from pathlib import Path

from detectors.errors import InputError, Unavailable
from detectors.text import Negativity, load_negativity
from detectors.text.negativity import MODEL_LANGUAGES, model_file

__all__ = ["load_judge"]


def load_judge(directory: Path | None) -> Negativity:
    """The judge of all texts. The weights in `directory` take the place of the shipped ones of their languages.

    Raises:
        Unavailable: there is no such directory, or a file in it cannot be read.
        InputError: no weights in it, or damaged ones, or of another version of badbuzz.
    """
    if directory is None:
        return load_negativity()
    from detectors.text.negativity.linear import Weights

    if not directory.is_dir():
        raise Unavailable(f"{directory}: no such directory; expected one that badbuzz train has written to")
    own: list[Weights] = []
    for language in MODEL_LANGUAGES:
        path = directory / model_file(language)
        if not path.is_file():
            continue
        try:
            weights = Weights.load(path.read_bytes(), str(path))
        except OSError as error:
            raise Unavailable(f"{path}: cannot be read: {error.strerror}") from error
        if weights.language is not language:
            raise InputError(f"{path}: weights for {weights.language.value}; expected {language.value}")
        own.append(weights)
    if not own:
        names = " or ".join(map(model_file, MODEL_LANGUAGES))
        raise InputError(f"{directory}: no weights in it; expected {names}, as badbuzz train writes them")
    return load_negativity(own)
