"""In which language a text is."""

from __future__ import annotations

import subprocess
import sys

import pytest

from detectors.model import Language
from detectors.text import detect, detect_all


@pytest.mark.parametrize(
    "text, provided, language",
    [
        ("whatever", "en", Language.ENGLISH),
        ("whatever", "EN_us", Language.ENGLISH),
        ("whatever", "fr-CA", Language.FRENCH),
        ("whatever", "frr", Language.OTHER),  # North Frisian
        ("The plane has been on the ground for three hours", None, Language.ENGLISH),
        ("Cela fait trois heures que nous attendons dans l'avion", "und", Language.FRENCH),
        ("Das Flugzeug steht seit drei Stunden auf dem Boden", "", Language.OTHER),
        ("@united @klm https://t.co/abc 123", None, Language.OTHER),
        ("", None, Language.OTHER),
        ("Cela fait trois heures que nous attendons \ud83d", None, Language.FRENCH),
    ],
)
def test_language(text: str, provided: str | None, language: Language) -> None:
    assert detect(text, provided) is language


def test_importing_loads_no_model() -> None:
    # A worker whose posts all carry a language never needs the model of languages.
    check = "import sys, detectors.text; assert 'fasttext' not in sys.modules"
    subprocess.run([sys.executable, "-c", check], check=True)


def test_many_at_once_are_told_as_one_by_one() -> None:
    texts = ["Le train est encore en retard ce matin", "whatever", "The app is down again", "\ud83d"]
    tags = [None, "de", "en-GB", "und"]
    assert detect_all(texts, tags) == [detect(text, tag) for text, tag in zip(texts, tags, strict=True)]
