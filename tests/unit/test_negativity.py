"""How negative a text is: what people mean, in two languages, and that no text breaks the model or sways another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.model import Language, Sentiment
from detectors.text import Judgement, load_negativity

MODEL = load_negativity()
NEGATIVE, NEUTRAL, POSITIVE, UNKNOWN = Sentiment.NEGATIVE, Sentiment.NEUTRAL, Sentiment.POSITIVE, Sentiment.UNKNOWN

ANY_TEXT = st.text(st.characters(exclude_categories=[]))  # lone surrogates and control characters too
# What the model looks for, and what stands between.
PIECES = [
    "not", "never", "so", "very", "but", "however", "good", "BAD", "sooooo", "awful,", "!!!", "??", ":)", ":(", ":D",
    "<3", "@acme",
    "#AcmeFail", "#not", "https://t.co/x", "\U0001f621", "\U0001f644", "\u200d", "\u202e", "pas", "ne", "n'aime",
    "plus", "merci pour",
    "retard", "thanks for", "losing", "\\u2019", "&amp;", "&#x110000;", "\n", "\0", "\u0130", "\u1100\u1161",
    "Z\u0351\u0346\u0321",
]  # fmt: skip
PEOPLE_TALK = st.lists(st.sampled_from(PIECES) | ANY_TEXT, max_size=12).map(" ".join)


def judge(text: str, lang: str | None) -> Judgement:
    (judgement,) = MODEL.judge_all([text], [lang])
    return judgement


@pytest.mark.parametrize(
    "text, label",
    [
        ("worst airline ever, my bag is lost", NEGATIVE),
        ("thanks, great help!", POSITIVE),
        ("my flight is at 9", NEUTRAL),
        # Negation turns a word round, an idiom does not mean its words.
        ("not happy with the service", NEGATIVE),
        ("not too shabby", POSITIVE),
        # What comes after "but" counts.
        ("I used to love it but now it is terrible", NEGATIVE),
        # A name is no feeling: "united" is a praise in the lexicon.
        ("@united my flight is at 9", NEUTRAL),
        ("I hate hate HATE this sooooo much", NEGATIVE),
        ("#NeverAgain #worstservice", NEGATIVE),
        (":( :(", NEGATIVE),
        ("\U0001f621\U0001f621", NEGATIVE),
        ("\U0001f60d\U0001f60d", POSITIVE),
        ("https://example.com/love/great", UNKNOWN),
        ("", UNKNOWN),
    ],
)
def test_english(text: str, label: Sentiment) -> None:
    assert judge(text, "en").label is label


@pytest.mark.parametrize(
    "text, label",
    [
        ("Service client lamentable, quelle honte", NEGATIVE),
        ("Merci pour votre aide, bravo !", POSITIVE),
        ("Mon train est à 9h", NEUTRAL),
        # "vol" is a flight, not a theft.
        ("Mon vol est à 9h", NEUTRAL),
        # The verb stands between the two halves of a negation, whose first half is often left out.
        ("Je n'aime pas ce service", NEGATIVE),
        ("Je n\u2019aime plus ce service", NEGATIVE),
        ("j'aime pas du tout", NEGATIVE),
        ("Ce n'est pas bon", NEGATIVE),
        ("l'arnaque", NEGATIVE),
        ("le plus nul des services", NEGATIVE),
        ("C'est relou, ras le bol", NEGATIVE),
        ("j'en ai marre de cette appli, elle plante tout le temps", NEGATIVE),
        ("mon train \U0001f60d", POSITIVE),
    ],
)
def test_french(text: str, label: Sentiment) -> None:
    assert judge(text, "fr").label is label


@pytest.mark.parametrize(
    "weak, strong, lang",
    [
        ("the food was bad", "the food was really bad", "en"),
        ("it is sad", "it is so very sad", "en"),
        ("c'est nul", "c'est vraiment nul", "fr"),
        ("le service est mauvais", "le service est très mauvais", "fr"),
    ],
)
def test_what_strengthens(weak: str, strong: str, lang: str) -> None:
    assert judge(strong, lang).negative > judge(weak, lang).negative


def test_an_elongated_word_is_the_word() -> None:
    assert judge("it is baaaaad", "en").label is judge("it is bad", "en").label is NEGATIVE


@pytest.mark.parametrize(
    "text, lang, ironic",
    [
        ("Thanks @acme for losing my bag again", "en", True),
        ("Great, another two hour delay", "en", True),
        ("Another great day on the train #sarcasm", "en", True),
        ("Thanks @acme for finding my bag so fast", "en", False),
        ("Thanks for fixing the outage", "en", False),
        ("Bravo la SNCF, encore un retard", "fr", True),
        ("Merci @acme pour le retard", "fr", True),
        ("Merci @acme pour votre aide", "fr", False),
    ],
)
def test_praise_of_what_nobody_praises_is_irony_and_negative(text: str, lang: str, ironic: bool) -> None:
    judgement = judge(text, lang)
    assert judgement.ironic is ironic
    assert (judgement.label is NEGATIVE) is ironic


def test_another_language_is_unknown_rather_than_guessed() -> None:
    judgement = judge("Das ist wirklich schlecht", "de")
    assert (judgement.label, judgement.lang) == (UNKNOWN, Language.OTHER)
    # An emoticon means the same everywhere.
    assert judge("@acme :(", None).label is NEGATIVE


def test_only_the_first_2000_characters_are_read() -> None:
    start = "word " * 400
    assert judge(start + "terrible", "en") == judge(start, "en")
    assert judge("terrible " + start, "en") != judge(start, "en")


@given(PEOPLE_TALK | ANY_TEXT, st.sampled_from([None, "en", "fr", "de"]) | ANY_TEXT)
def test_any_text_gets_one_and_the_same_judgement(text: str, lang: str | None) -> None:
    judgement = judge(text, lang)
    shares = {NEGATIVE: judgement.negative, NEUTRAL: judgement.neutral, POSITIVE: judgement.positive}
    assert sum(shares.values()) == pytest.approx(1)
    assert all(0 <= share <= 1 for share in shares.values())
    assert shares.get(judgement.label, 1 / 3) == max(shares.values())
    assert judge(text, lang) == judgement


@given(st.lists(st.tuples(PEOPLE_TALK | ANY_TEXT, st.sampled_from(["en", "fr", "de", None])), max_size=6))
def test_neighbours_change_nothing(rows: list[tuple[str, str | None]]) -> None:
    texts, langs = [text for text, _ in rows], [lang for _, lang in rows]
    assert MODEL.judge_all(texts, langs) == [judge(text, lang) for text, lang in rows]


@pytest.mark.parametrize(
    "piece", ["a", "!", "#a", "@a ", "\U0001f621", "no ", "thanks for ", "&amp;", "\\u0041", "\u0301", "\n", "aA"]
)
def test_a_giant_text_costs_no_more_than_its_first_2000_characters(piece: str) -> None:
    start = (piece * 2000)[:2000]
    for lang in ("en", "fr"):
        assert judge(piece * 200_000, lang) == judge(start, lang)
