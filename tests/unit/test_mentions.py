"""What counts as a mention of a brand, and what only looks like one."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.mentions import MentionFinder, fold
from detectors.model import Brand, Match, Post

ANY_TEXT = st.text(st.characters())  # lone surrogates and control characters too


def brand(name: str, *terms: str, none: tuple[str, ...] = (), **accounts: list[str]) -> Brand:
    return Brand(id=name, name=name, match=Match(any=list(terms), none=list(none)), official_accounts=accounts)


def post(text: str, **fields: object) -> Post:
    given = {"id": "1", "source": "twitter", "created_at": datetime(2015, 2, 22, tzinfo=UTC), **fields}
    return Post(text=text, **given)  # type: ignore[arg-type]


def mentioned(text: str, *brands: Brand, **fields: object) -> list[str]:
    return MentionFinder(brands).find(post(text, **fields))


@pytest.mark.parametrize(
    "term, text, found",
    [
        ("united", "United lost my bag", True),
        ("united", "so, united... again", True),
        ("united", "united's fault", True),
        ("united", "reunited and unitedly", False),
        # A word inside a handle or a hashtag names that account or that theme, not the brand.
        ("united", "@united @unitedway #united #unitedfail", False),
        ("united", "united_fan", False),
        ("@united", "thanks @United!", True),
        ("@united", ".@united never again", True),
        ("@united", "@unitedway collects for charity", False),
        ("@united", "see you @united.fan", False),
        ("@united", "I flew @united. Never again", True),
        ("@united", "@united@mastodon.example", False),
        ("@united", "mail me: john@united", False),
        ("#united", "#United we stand", True),
        ("#united", "#unitedfail", False),
        ("#united", "#united-fail", True),  # a hashtag ends at the hyphen
        # Two words stay two words over a line break, a hard space, a double space.
        ("us airways", "US\nAirways", True),
        ("us airways", "US\u00a0 Airways", True),
        ("us airways", "us, airways", False),
        ("Nestlé", "NESTLE", True),
        ("nestle", "Nestle\u0301", True),
        ("l'oréal", "L\u2019Oréal", True),
        ("acme", "\uff21\uff23\uff2d\uff25", True),  # full-width letters
        ("acme", "ac\u00adme", True),  # a soft hyphen is not seen, so it does not count
        ("straße", "STRASSE", True),
        ("c++", "I like c++, really", True),
        ("acme", "acme\ud83d", True),  # half an emoji
        ("acme", "", False),
    ],
)
def test_a_term_is_found_as_a_whole_word_only(term: str, text: str, found: bool) -> None:
    assert mentioned(text, brand("x", term)) == (["x"] if found else [])


def test_overlapping_brands_are_all_found_in_the_order_of_the_watch() -> None:
    brands = [brand("zeta", "air france"), brand("alpha", "france"), brand("mid", "air", "air france klm")]
    assert mentioned("klm? air france klm!", *brands) == ["zeta", "alpha", "mid"]


def test_one_term_may_name_two_brands() -> None:
    assert mentioned("delta again", brand("airline", "delta"), brand("faucets", "Delta")) == ["airline", "faucets"]


def test_an_excluded_term_rules_out_its_own_brand_only() -> None:
    museum = brand("acme", "acme", none=("Acme Museum",))
    assert mentioned("the acme museum is lovely, acme is not", museum, brand("other", "acme")) == ["other"]
    # It has to stand there as a whole word too.
    assert mentioned("acme museums", museum) == ["acme"]


@pytest.mark.parametrize(
    "source, author, found",
    [
        ("twitter", "acmehelp", False),
        ("Twitter", "@ACMEHELP", False),
        ("reddit", "acmehelp", True),  # somebody else has that name there
        ("twitter", "acmehelper", True),
        ("twitter", None, True),
    ],
)
def test_what_the_brand_says_itself_is_no_mention_of_it(source: str, author: str | None, found: bool) -> None:
    acme = brand("acme", "acme", twitter=["@AcmeHelp"])
    names = mentioned("acme and globex", acme, brand("globex", "globex"), source=source, author=author)
    assert names == (["acme", "globex"] if found else ["globex"])


def test_a_repost_counts() -> None:
    assert mentioned("acme is down", brand("acme", "acme"), repost_of="99") == ["acme"]


def test_nothing_is_watched_nothing_is_found() -> None:
    assert mentioned("acme") == []


def test_a_blank_term_is_refused_since_it_would_be_everywhere() -> None:
    with pytest.raises(ValueError, match="blank"):
        MentionFinder([brand("acme", " ")])


def test_a_megabyte_of_near_misses_is_no_trouble() -> None:
    # 200,000 candidates that are no whole word, then one that is.
    assert mentioned("acmes" * 200_000 + " acme", brand("acme", "acme")) == ["acme"]


@given(ANY_TEXT)
def test_no_text_breaks_it(text: str) -> None:
    finder = MentionFinder([brand("acme", "acme", "@acme", "é")])
    assert finder.find(post(text)) == finder.find(post(text))
    assert "acme" in finder.find(post(f"{text} acme"))


@given(st.text())
def test_unicode_forms_do_not_count(text: str) -> None:
    assert fold(unicodedata.normalize("NFC", text)) == fold(unicodedata.normalize("NFD", text))
