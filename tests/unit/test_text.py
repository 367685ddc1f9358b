"""How negative a text is, in which language, and that no text breaks the models."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vaderSentiment.vaderSentiment import BOOSTER_DICT, NEGATE, SPECIAL_CASES, SentimentIntensityAnalyzer

from detectors.model import Language, Sentiment
from detectors.text import VaderNegativity, detect
from detectors.text.vader import _English

MODEL = VaderNegativity()
LIBRARY: Any = SentimentIntensityAnalyzer()
FAST: Any = _English()

ANY_TEXT = st.text(st.characters())  # lone surrogates and control characters too
# The words that VADER's rules wait for, and what stands between them.
TRIGGERS = [
    *NEGATE, *BOOSTER_DICT, *SPECIAL_CASES, "no", "or", "nor", "so", "this", "doubt", "least", "at", "but", "kind",
    "of", "good", "BAD", "awful,", "love", "hate!!!", "united", ":)", ":(", "??", "\U0001f621", "\U0001f600x", "\u0130",
    "xn't",
]  # fmt: skip
VADER_TALK = st.lists(st.sampled_from(TRIGGERS), max_size=9).map(" ".join)


@given(VADER_TALK | ANY_TEXT)
def test_the_fast_engine_answers_as_the_library_does(text: str) -> None:
    assert FAST.polarity_scores(text) == LIBRARY.polarity_scores(text)


@pytest.mark.parametrize(
    "text, label",
    [
        ("worst airline ever, my bag is lost", Sentiment.NEGATIVE),
        ("not happy with the service", Sentiment.NEGATIVE),
        ("thanks, great help!", Sentiment.POSITIVE),
        ("my flight is at 9", Sentiment.NEUTRAL),
        # "united" is a praise in VADER's lexicon; as a handle it is a name.
        ("@united my flight is at 9", Sentiment.NEUTRAL),
        ("https://example.com/love/great", Sentiment.UNKNOWN),
        ("", Sentiment.UNKNOWN),
        (":( :(", Sentiment.NEGATIVE),
    ],
)
def test_english(text: str, label: Sentiment) -> None:
    assert MODEL.judge(text, "en").label is label


@pytest.mark.parametrize(
    "text, label",
    [
        ("Service client lamentable, quelle honte", Sentiment.NEGATIVE),
        ("Merci pour votre aide, bravo !", Sentiment.POSITIVE),
        ("Mon train est à 9h", Sentiment.NEUTRAL),
        # The verb stands between the two halves of a negation, whose first half is often left out.
        ("Je n'aime pas ce service", Sentiment.NEGATIVE),
        ("Je n\u2019aime plus ce service", Sentiment.NEGATIVE),
        ("j'aime pas", Sentiment.NEGATIVE),
        ("Ce n'est pas bon", Sentiment.NEGATIVE),
        ("aucun respect", Sentiment.NEGATIVE),
        ("c'est pas mal", Sentiment.POSITIVE),
        ("l'arnaque", Sentiment.NEGATIVE),
        # Alone, "plus" strengthens.
        ("le plus nul des services", Sentiment.NEGATIVE),
        ("la plus belle équipe", Sentiment.POSITIVE),
        ("mon train \U0001f60d", Sentiment.POSITIVE),
    ],
)
def test_french(text: str, label: Sentiment) -> None:
    assert MODEL.judge(text, "fr").label is label


def test_french_boosters_strengthen() -> None:
    plain, strong = (MODEL.judge(text, "fr").negative for text in ("c'est nul", "c'est vraiment nul"))
    assert strong > plain


def test_another_language_is_unknown_rather_than_guessed() -> None:
    judgement = MODEL.judge("Das ist wirklich schlecht", "de")
    assert (judgement.label, judgement.lang) == (Sentiment.UNKNOWN, Language.OTHER)
    # An emoticon means the same everywhere.
    assert MODEL.judge("@acme :(", None).label is Sentiment.NEGATIVE


def test_only_the_first_2000_characters_are_read() -> None:
    start = "word " * 400
    assert MODEL.judge(start + "terrible", "en").label is Sentiment.NEUTRAL
    assert MODEL.judge("terrible " + start, "en").label is Sentiment.NEGATIVE


@given(ANY_TEXT | VADER_TALK, st.sampled_from([None, "en", "fr", "de"]) | ANY_TEXT)
def test_any_text_gets_one_and_the_same_judgement(text: str, lang: str | None) -> None:
    judgement = MODEL.judge(text, lang)
    shares = {
        Sentiment.NEGATIVE: judgement.negative,
        Sentiment.NEUTRAL: judgement.neutral,
        Sentiment.POSITIVE: judgement.positive,
    }
    assert sum(shares.values()) == pytest.approx(1)
    assert shares.get(judgement.label, 1 / 3) == pytest.approx(max(shares.values()))
    assert MODEL.judge(text, lang) == judgement


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
