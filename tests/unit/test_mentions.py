"""What counts as a mention of a brand, and what only looks like one."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.mentions import MAX_CONTEXTS, NEAR_CHARS, Found, MentionFinder
from detectors.model import Brand, Language, Match, Post
from detectors.text.hashtags import MAX_HASHTAGS, composed_hashtags
from detectors.text.inflections import WordFinder
from detectors.text.terms import fold, without_unseen

# Lone surrogates and control characters too; and what hashtags, handles and hidden signs are made of.
ANY_TEXT = st.text(st.characters()) | st.text(
    st.sampled_from("#@_ aAcCmMeEéÉßİ1.\n\u200b\u200f\u0301\u05d0\uff03\ud83d\x00")
)


def brand(name: str, *terms: str, none: tuple[str, ...] = (), **accounts: list[str]) -> Brand:
    return Brand(id=name, name=name, match=Match(any=list(terms), none=list(none)), official_accounts=accounts)


def ambiguous(name: str, near: str, not_near: str = "") -> Brand:
    """A brand by its @handle and by a name that means other things too."""
    match = Match(any=[name, f"@{name}"], near=_listed(near), not_near=_listed(not_near))
    return Brand(id=name, name=name, match=match, official_accounts={"twitter": [f"{name}_help"]})


def _listed(words: str) -> list[str]:
    return words.split(", ") if words else []


def post(text: str, **fields: object) -> Post:
    given = {"id": "1", "source": "twitter", "created_at": datetime(2015, 2, 22, tzinfo=UTC), **fields}
    return Post(text=text, **given)  # type: ignore[arg-type]


def found(text: str, *brands: Brand, **fields: object) -> list[Found]:
    return MentionFinder(brands).find(post(text, **fields))


def mentioned(text: str, *brands: Brand, **fields: object) -> list[str]:
    """The brands that the public speaks of."""
    return [one.brand for one in found(text, *brands, **fields) if not one.official]


@pytest.mark.parametrize(
    "term, text, found",
    [
        ("united", "United lost my bag", True),
        ("united", "so, united... again", True),
        ("united", "united's fault", True),
        ("united", "reunited and unitedly", False),
        # A word inside a handle or a hashtag of one part names that account or that theme, not the brand.
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
    "term, text, named",
    [
        ("acme", "#BoycottAcmeNow", True),
        ("acme", "never again #AcmeFail!", True),
        ("acme", "#boycott_acme", True),
        ("acme", "#Acme2026", True),
        ("acme", "#ACMEFail", True),
        ("acme", "#ACMEfail", True),  # capitals and small letters alone: it may be ACM or ACME
        ("acme", "\uff03BoycottAcme", True),  # a full-width #
        ("nestlé", "#BoycottNestle\u0301Maintenant", True),
        ("acme air", "#AcmeAirFail", True),
        ("acme air", "#Acme_Air", True),
        ("paypal", "#PayPalDown", True),  # several parts may be one word
        ("3m", "#Boycott3MNow", True),
        ("acme", "#acmeband #acmefail #ACMEFAIL", False),  # nobody can tell where the name ends
        ("acme", "#AcmeticFail", False),
        ("acme", "#MacmeFail", False),
        ("acme air", "#AcmeAirlines", False),
        ("acme air", "#Acme Air", False),
        ("acme air", "#AcmeFail air", False),
        ("acme", "john#AcmeFail", False),
        ("acme", "https://x.example/&#AcmeFail", False),
        ("@acme", "#AskAcme", False),
        ("#acme", "#AcmeFail", False),
    ],
)
def test_a_name_is_also_found_in_the_parts_of_a_hashtag(term: str, text: str, named: bool) -> None:
    assert mentioned(text, brand("x", term)) == (["x"] if named else [])


@pytest.mark.parametrize(
    "excluded, text, named",
    [
        ("#acmeband", "acme on stage #AcmeBand", False),
        ("#acmeband", "acme on stage #AcmeBandits", True),
        ("museum", "acme on tour #AcmeMuseum", False),
        ("acme museum", "acme on tour #TheAcmeMuseum2026", False),
        ("museum", "acme on tour #museum", True),
    ],
)
def test_what_rules_a_brand_out_does_so_from_a_hashtag_too(excluded: str, text: str, named: bool) -> None:
    assert mentioned(text, brand("x", "acme", none=(excluded,))) == (["x"] if named else [])


ORANGE = ambiguous("orange", "réseau, forfait, livebox, network, roaming, @orange_conseil", "juice, jus, zest, carotte")
TARGET = ambiguous("target", "store, cashier, checkout, refund, aisle, magasin, caisse", "audience, on target, cible")
APPLE = ambiguous("apple", "iphone, macbook, ipad, store, icloud, écran, mise à jour", "pie, cider, orchard, tarte")
FREE = ambiguous("free", "box, freebox, forfait, mobile, fibre, abonné", "free wifi, free of, gluten, duty")
TOTAL = ambiguous(
    "total", "station, pump, petrol, raffinerie, carburant, essence, oil", "total cost, au total, total eclipse"
)
GAP = ambiguous("gap", "jeans, hoodie, store, outlet, magasin, pull", "wage gap, mind the gap, gap year")


@pytest.mark.parametrize(
    "watched, text, named",
    [
        (ORANGE, "Orange : plus de réseau depuis ce matin à Rennes", True),
        (ORANGE, "3 heures d'attente chez orange pour changer de forfaits...", True),  # in any inflection
        (ORANGE, "No NETWORKS at all today, thanks Orange", True),
        (ORANGE, "orange encore en carafe #livebox", True),
        (ORANGE, "orange encore en carafe #LiveboxEnPanne", True),
        (ORANGE, "#OrangeLivebox toujours rien", True),
        (ORANGE, "#BoycottOrange, plus de réseau", True),
        (ORANGE, "Orange ne répond plus @orange_conseil", True),
        (ORANGE, "J'ai repeint le salon en orange, c'est moche", False),
        (ORANGE, "orange juice and a patchy network at breakfast", False),
        (ORANGE, "Un jus d'orange en attendant que le réseau revienne", False),
        (ORANGE, "#OrangeJuice without network", False),
        (ORANGE, "#BoycottOrange", False),  # which of them?
        (TARGET, "Target charged me twice at the checkout and the cashier laughed", True),
        (TARGET, "Worst stores ever: target", True),
        (TARGET, "2 h à la caisse du Target de Montréal", True),
        (TARGET, "We missed our sales target again this quarter", False),
        (TARGET, "The campaign is on target, every store is happy", False),
        (APPLE, "Apple wants 400 dollars for a cracked iPhone, no thanks", True),
        (APPLE, "Écran noir après la mise à jour, bravo Apple", True),
        (APPLE, "grandma's apple pie from the store is the worst", False),
        (APPLE, "An apple a day keeps the doctor away", False),
        (FREE, "Free : plus de fibre depuis 3 jours, les abonnés sont furieux", True),
        (FREE, "Ma Freebox redémarre en boucle, merci Free", True),
        (FREE, "free wifi at the station, no box needed", False),
        (FREE, "Feel free to call me on my mobile. Gluten and lactose hurt", False),
        (FREE, "Feel free to disagree", False),
        (TOTAL, "Total ferme la raffinerie, 200 emplois supprimés", True),
        (TOTAL, "Plus d'essence à la station Total de Nantes", True),
        (TOTAL, "The total cost of a full tank at this petrol station is a scandal", False),
        (TOTAL, "3 pleins d'essence au total ce mois-ci", False),
        (TOTAL, "this day is a total disaster", False),
        (GAP, "The jeans I bought at Gap fell apart after two washes", True),
        (GAP, "Le pull Gap de ma fille a rétréci, le magasin refuse de l'échanger", True),
        (GAP, "The wage gap in every store of this town is a shame", False),
        (GAP, "Mind the gap between the train and the jeans", False),
        (GAP, "there is a gap in the fence", False),
    ],
)
def test_a_name_that_means_other_things_counts_where_its_context_says_so(
    watched: Brand, text: str, named: bool
) -> None:
    assert mentioned(text, watched) == ([watched.id] if named else [])


@pytest.mark.parametrize(
    "text, fields",
    [
        ("@orange juice is better than you", {}),
        ("still nothing?", {"reply_to_author": "orange_help"}),
        ("un jus ?", {"reply_to_author": "@Orange_Help"}),
    ],
)
def test_whoever_names_the_account_or_answers_it_needs_no_context(text: str, fields: dict[str, object]) -> None:
    assert found(text, ORANGE, **fields) == [Found("orange", addressed=True)]


@pytest.mark.parametrize(
    "between, named", [(NEAR_CHARS - len("forfait") - 2, True), (NEAR_CHARS - len("forfait") - 1, False)]
)
def test_near_is_within_sixty_characters_on_either_side(between: int, named: bool) -> None:
    for text in (f"orange {'-' * between} forfait", f"forfait {'-' * between} orange"):
        assert bool(mentioned(text, ORANGE)) is named


def test_each_place_of_a_name_has_a_context_of_its_own() -> None:
    assert mentioned(f"orange juice {'. ' * 40} and orange without network", ORANGE) == ["orange"]


def test_a_name_that_is_there_a_hundred_times_without_its_context_is_not_looked_at_again() -> None:
    assert mentioned(f"{'orange ' * (MAX_CONTEXTS - 1)} {'-' * NEAR_CHARS} orange network", ORANGE) == ["orange"]
    assert mentioned(f"{'orange ' * MAX_CONTEXTS} {'-' * NEAR_CHARS} orange network", ORANGE) == []


def test_a_term_may_need_a_context_for_one_brand_and_none_for_another() -> None:
    city = brand("city-of-orange", "orange")
    assert mentioned("a day in Orange", ORANGE, city) == ["city-of-orange"]
    assert mentioned("no network in Orange", ORANGE, city) == ["orange", "city-of-orange"]


ACME = brand(
    "acme", "acme", "@acme", none=("acme museum",), twitter=["@AcmeHelp", "acme"], mastodon=["acme@social.example"]
)


@pytest.mark.parametrize(
    "source, fields, answered",
    [
        ("twitter", {"reply_to": "99", "reply_to_author": "AcmeHelp"}, True),
        ("twitter", {"reply_to_author": "@acmehelp"}, True),
        ("Twitter", {"reply_to": "@ACMEHELP"}, True),  # some sources name the account and no post
        ("mastodon", {"reply_to_author": "@acme@social.example"}, True),
        ("twitter", {"reply_to": "AcmeHelp"}, False),  # the id of a post
        ("twitter", {"reply_to": "99", "reply_to_author": "acmehelper"}, False),
        ("reddit", {"reply_to_author": "acmehelp"}, False),  # somebody else has that name there
        ("twitter", {}, False),
    ],
)
def test_a_reply_to_an_official_account_speaks_of_the_brand(
    source: str, fields: dict[str, object], answered: bool
) -> None:
    told = found("still waiting...", ACME, source=source, **fields)
    assert told == ([Found("acme", addressed=True)] if answered else [])


def test_a_reply_that_speaks_of_something_else_is_no_mention() -> None:
    assert found("and the Acme Museum?", ACME, reply_to_author="acmehelp") == []


@pytest.mark.parametrize(
    "text, addressed",
    [
        ("acme lost my bag", False),
        ("acme lost my bag @acme", True),
        ("acme lost my bag @AcmeHelp!", True),
        ("acme lost my bag @acmehelper, @acmehelp.fan", False),
        ("acme lost my bag @friend", False),
    ],
)
def test_whoever_names_an_account_of_the_brand_speaks_to_it(text: str, addressed: bool) -> None:
    assert found(text, ACME) == [Found("acme", addressed=addressed)]


def test_an_account_on_another_source_is_somebody_else() -> None:
    assert found("acme, ask @acmehelp", ACME, source="reddit") == [Found("acme", addressed=False)]


@pytest.mark.parametrize(
    "source, author, official",
    [
        ("twitter", "acmehelp", True),
        ("Twitter", "@ACMEHELP", True),
        ("reddit", "acmehelp", False),  # somebody else has that name there
        ("twitter", "acmehelper", False),
        ("twitter", None, False),
    ],
)
def test_what_the_brand_says_itself_is_no_mention_of_it(source: str, author: str | None, official: bool) -> None:
    told = found("acme and globex", ACME, brand("globex", "globex"), source=source, author=author)
    assert told == [Found("acme", official=official), Found("globex")]


@pytest.mark.parametrize(
    "text, fields, official",
    [
        ("So sorry, Kim! Please send us your booking.", {"reply_to": "77", "reply_to_author": "kim"}, True),
        ("So sorry! Please send us your booking.", {"reply_to": "77"}, True),
        ("The acme museum is closed today", {"reply_to_author": "kim"}, True),  # an answer whatever it says
        ("Happy New Year to all!", {}, False),
        ("The acme museum is closed today", {}, False),
    ],
)
def test_what_the_brand_answers_is_told_even_if_it_does_not_name_itself(
    text: str, fields: dict[str, object], official: bool
) -> None:
    told = found(text, ACME, author="AcmeHelp", **fields)
    assert told == ([Found("acme", official=True)] if official else [])


def test_a_repost_counts() -> None:
    assert mentioned("acme is down", brand("acme", "acme"), repost_of="99") == ["acme"]


def test_nothing_is_watched_nothing_is_found() -> None:
    assert mentioned("acme") == []


def test_a_blank_term_is_refused_since_it_would_be_everywhere() -> None:
    with pytest.raises(ValueError, match="blank"):
        MentionFinder([brand("acme", " ")])


# Each is a megabyte of what has to be looked at and comes to nothing, and takes up to 0.5 s. Work that grew with the
# square of the length would take hours.
@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "text",
    [
        "acmes" * 200_000,
        "acme" * 250_000,
        "#A" * 500_000,
        "#AcmesFails " * 80_000,
        " ".join(f"#AcmesFail{number}" for number in range(60_000)),
        "#" * 1_000_000,
        "#" + "aA" * 500_000,
        "@acm." * 200_000,
        "@orange_help." * 80_000,
        "orange " * 140_000,
        "orange juices " * 70_000,
        "orange forfaitaire " * 50_000,
        "orange " + "forfait" * 140_000,
        "#OrangeSquash orange " * 50_000,
        "é" * 1_000_000,
        "e" + "\u0301" * 1_000_000,
        "\u200b" * 1_000_000,
        "\ud83d" * 1_000_000,
        "\u05d0\u200f" * 500_000,
        " " * 1_000_000,
    ],
    ids=lambda text: repr(text[:20]),
)
def test_a_megabyte_of_near_misses_is_no_trouble(text: str) -> None:
    watched = [brand("acme", "acme", "acme air", "@acme", "é!"), ORANGE]
    assert mentioned(f"{text}", *watched) == []
    assert "acme" in mentioned(f"{text} acme", *watched)


def test_hashtags_beyond_the_fiftieth_are_not_taken_apart() -> None:
    tags = " ".join(f"#Fail{number}Acmes" for number in range(MAX_HASHTAGS))
    assert mentioned(f"{tags[: tags.rindex('#')]} #AcmeFail", brand("x", "acme")) == ["x"]
    assert mentioned(f"{tags} #AcmeFail", brand("x", "acme")) == []
    # The same again is no other one.
    assert mentioned(f"{'#FailAcmes ' * MAX_HASHTAGS} #AcmeFail", brand("x", "acme")) == ["x"]


@given(ANY_TEXT)
def test_no_text_breaks_it(text: str) -> None:
    finder = MentionFinder([brand("acme", "acme", "@acme", "é"), ORANGE])
    told = finder.find(post(text, author=text, reply_to=text, reply_to_author=text))
    assert told == finder.find(post(text, author=text, reply_to=text, reply_to_author=text))
    assert "acme" in [one.brand for one in finder.find(post(f"{text} acme"))]
    assert "acme" in [one.brand for one in finder.find(post(f"{text} #BoycottAcme"))] or text.count("#") >= MAX_HASHTAGS


@given(ANY_TEXT)
def test_the_parts_of_a_hashtag_make_the_whole(text: str) -> None:
    for tag in composed_hashtags(text):
        assert tag.tag in fold(text)
        assert tag.joined == tag.words.replace(" ", "") == tag.tag.replace("#", "").replace("_", "")
        at = 0
        for word in tag.words.split():
            assert tag.has(at, at := at + len(word))


@given(st.text())
def test_unicode_forms_do_not_count(text: str) -> None:
    assert fold(unicodedata.normalize("NFC", text)) == fold(unicodedata.normalize("NFD", text))


@given(ANY_TEXT)
def test_what_is_folded_once_is_folded(text: str) -> None:
    folded = fold(text)
    assert folded == fold(without_unseen(text))
    assert re.search(r"\s\s|^\s|\s$|[^\S ]|[\ud800-\udfff]", folded) is None


@given(ANY_TEXT, st.integers(0, 20), st.integers(0, 20))
def test_what_stands_in_a_part_of_a_text_stands_in_the_whole(text: str, start: int, end: int) -> None:
    finder = WordFinder([[("acme", Language.ENGLISH)], [("me", Language.FRENCH), ("#a", Language.FRENCH)]])
    folded = fold(text)
    assert finder.find(folded, start, end) <= finder.find(folded)
