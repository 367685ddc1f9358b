"""What a post has to do with the story: told with a made-up airline, a coffee maker and a telephone company."""

from __future__ import annotations

import statistics
import time
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.lookalikes import Lookalikes
from detectors.marks import READ_CHARS, Marker
from detectors.model import Brand, Marks, Match, Post, Watch
from detectors.own_hashtags import OwnHashtags
from detectors.simulation import Life, ordinary_life
from detectors.subjects import SUBJECTS, subject_words
from detectors.text.copies import prints
from detectors.text.likeness import distance, made_of
from detectors.text.links import MAX_LINKS, canonical, links
from detectors.text.terms import fold

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
ANY_TEXT = st.text(st.characters())  # lone surrogates and control characters too

ACME = Brand(
    id="acme",
    name="Acme Air",
    match=Match(any=["acme", "acme air", "@acme", "#acme", "#MeetAcme"]),
    official_accounts={"twitter": ["Acme", "@AcmeHelp"], "instagram": ["acme.official"]},
    competitors=["zephyr", "orange", "nobody"],
)
ZEPHYR = Brand(
    id="zephyr",
    name="Zéphyr",
    match=Match(any=["zéphyr", "@flyzephyr"], none=["zephyr wind"]),
    official_accounts={"twitter": ["ZephyrCares"]},
)
ORANGE = Brand(
    id="orange",
    name="Orange",
    match=Match(any=["orange", "@orange"], near=["phone", "forfait", "4g"], not_near=["juice"]),
    official_accounts={"twitter": ["Orange_France"]},
)
TORRELIO = Brand(id="torrelio", name="Torrelio", match=Match(any=["torrelio"]))
MARKER = Marker(Watch(brands=[ACME, ZEPHYR, ORANGE, TORRELIO]))


def post(text: str, **fields: Any) -> Post:
    return Post(**{"id": "1", "source": "twitter", "text": text, "created_at": AT, "author": "jo", **fields})


def marked(
    text: str, brand: Brand = ACME, *, negative: bool = True, official: bool = False, **fields: Any
) -> Marks | None:
    return MARKER.marks(
        post(text, **fields),
        brand.id,
        folded=fold(text),
        negative=negative,
        addressed=False,
        official=official,
        ironic=False,
    )


def marks(text: str, brand: Brand = ACME, **fields: Any) -> Marks:
    return marked(text, brand, **fields) or Marks()


# ----------------------------------------------------------------------------------------- nothing, and what is given


def test_an_ordinary_post_has_no_marks() -> None:
    assert marked("Flying Acme to Lyon tomorrow", negative=False) is None
    assert marked("Acme: a bad joke") is None  # of nothing in particular, and too short for prints


def test_what_the_caller_knows_is_passed_on() -> None:
    told = {"folded": "on our way", "negative": False, "addressed": True, "official": True, "ironic": True}
    found = MARKER.marks(post("On our way", author="AcmeHelp", reply_to="77" * 300), "acme", **told)  # type: ignore[arg-type]
    assert found == Marks(addressed=True, official=True, ironic=True, reply_to=("77" * 300)[:300])


def test_another_brand_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        marked("@acme #acme", Brand(id="unknown", name="Unknown", match=Match(any=["unknown"])))


def test_only_complaints_have_prints() -> None:
    text = "Acme cancelled my flight for the third time today"
    assert marks(text).prints == prints(text)
    assert marked(text, negative=False) is None


@pytest.mark.parametrize("days, young", [(0, True), (3, True), (30, True), (31, False), (400, False), (-1, False)])
def test_young_accounts(days: int, young: bool) -> None:
    found = marked("Acme!", negative=False, author_since=AT - timedelta(days=days))
    assert (found is not None and found.young) is young


# --------------------------------------------------------------------------------------------------------- accounts


@pytest.mark.parametrize(
    "text, fields, accounts",
    [
        ("@acme where is my bag?", {}, ()),
        ("@Acme @AcmeHelp @acme.official where is my bag?", {}, ()),  # the brand's accounts, on any source
        ("@acme @Marie_D they did the same to us", {}, ("marie_d",)),
        ("Poor @marie.d, @PAUL! and @ann@mastodon.example", {}, ("marie.d", "paul", "ann@mastodon.example")),
        ("I agree", {"reply_to_author": "Marie", "quoted_author": "@Paul"}, ("marie", "paul")),
        ("@paul @marie I agree", {"reply_to_author": "marie"}, ("marie", "paul")),
        ("And another thing", {"reply_to_author": "jo"}, ()),  # goes on talking
        ("@jo says hi to @JO", {}, ()),
        ("mail marie@example.com or see x.com/@marie", {}, ()),
        ("@a @b @c @d @e @f", {}, ("a", "b", "c", "d", "e")),
        ("@" + "x" * 200, {}, ("x" * 60,)),
        ("\uff20marie is right", {}, ("marie",)),
        ("@ marie, @", {}, ()),
    ],
)
def test_accounts(text: str, fields: dict[str, Any], accounts: tuple[str, ...]) -> None:
    assert marks(text, **fields).accounts == accounts
    assert marks(text, negative=False, **fields).accounts == accounts


# ------------------------------------------------------------------------------------------------------------ links


@pytest.mark.parametrize(
    "text, found",
    [
        ("look https://www.Acme.com/News/", ("acme.com/News",)),
        ("http://acme.com/a?utm_source=tw&utm_medium=x&b=2&a=1#top", ("acme.com/a?a=1&b=2",)),
        ("https://news.example/x?fbclid=A1&gclid=2&xtor=CS3&at_medium=z", ("news.example/x",)),
        ("HTTPS://News.Example/X.", ("news.example/X",)),
        ("(https://news.example/x), “https://news.example/x”!", ("news.example/x",)),
        ("https://en.wikipedia.org/wiki/Acme_(airline)", ("en.wikipedia.org/wiki/Acme_(airline)",)),
        ("https://youtu.be/dQw4w9W?t=42", ("youtu.be/dQw4w9W",)),
        ("https://www.youtube.com/watch?v=dQw4w9W&feature=share", ("youtu.be/dQw4w9W",)),
        ("https://m.youtube.com/watch?app=desktop&v=dQw4w9W", ("youtu.be/dQw4w9W",)),
        ("https://youtube.com/shorts/dQw4w9W?si=abc", ("youtu.be/dQw4w9W",)),
        ("https://www.youtube.com/@acme/videos", ("youtube.com/@acme/videos",)),
        ("https://twitter.com/ann/status/12?s=20 https://x.com/ann/status/12/photo/1", ("x.com/ann/status/12",)),
        ("https://t.co/AbC", ("t.co/AbC",)),
        ("https://t.co/Ab… and https://t.co/...", ()),  # cut off by somebody
        ("https://user:secret@news.example:443/x", ("news.example/x",)),
        ("https://www.com/x", ("www.com/x",)),
        ("http://localhost/x http:// https://... http://[::1]/", ()),
        ("https://a.example https://b.example https://c.example https://d.example",
         ("a.example", "b.example", "c.example")),
        ("https://a.example/" + "x" * 400, ("a.example/" + "x" * 190,)),
        ("www.acme.com", ()),
    ],
)  # fmt: skip
def test_links(text: str, found: tuple[str, ...]) -> None:
    assert links(text) == found
    assert marks(text, negative=False).links == found


def test_the_address_of_the_post_itself_is_no_link() -> None:
    assert marked("Acme!", negative=False, url="https://twitter.com/jo/status/1") is None


# ---------------------------------------------------------------------------------------------------- own hashtags


@pytest.mark.parametrize(
    "tag",
    [
        *("acme", "ACME", "Acmé", "acmeair", "AcmeAir", "MeetAcme", "meetacme"),
        *("McAcmeFail", "AcmeFail", "acmefail", "acme_fail", "AcmeHonte", "HonteAcme", "honteaacme", "BoycottAcme"),
        *("boycottacmenow", "neveragainacme", "shameonacme", "AcmeScandale", "acmesucks", "acmestories", "acmegate"),
        *("Acme2026", "TeamAcme", "FlyAcmeTomorrow", "stopacme", "acmeairfail"),
        *("MeatAcme", "BeatAcme", "meetamce"),  # #MeetAcme with another word in it
    ],
)
def test_hashtags_that_name_the_brand(tag: str) -> None:
    assert OwnHashtags(ACME).names(tag)
    assert marks(f"what a day #{tag}!", negative=False).own_hashtags == (f"#{fold(tag)}",)


@pytest.mark.parametrize(
    "tag",
    [
        *("fail", "boycott", "MondayMotivation", "travel", "acmeist", "pacmen", "tacmed", "macmefail", "acm", "cme"),
        *("racmefail", "acmeology", "Zephyr", "ZephyrFail", "meetup", "MeetTheTeam", "2026", "air", "failair"),
    ],
)
def test_hashtags_that_do_not(tag: str) -> None:
    assert not OwnHashtags(ACME).names(tag)
    assert marked(f"what a day #{tag}!", negative=False) is None


@pytest.mark.parametrize(
    "tag, names",
    [
        ("OrangeFail", True),
        ("orangehonte", True),
        ("BoycottOrange", True),
        ("OrangeJuice", False),
        ("orange", False),  # no term of the brand, and a fruit
        ("orangetree", False),
        ("AgentOrange", False),
    ],
)
def test_a_name_that_means_other_things_too(tag: str, names: bool) -> None:
    assert OwnHashtags(ORANGE).names(tag) is names


@pytest.mark.parametrize(
    "tag, names", [("torrelioselfie", True), ("mytorrelio", True), ("torelio", False), ("notorrelios", False)]
)
def test_a_long_name_begins_few_other_words(tag: str, names: bool) -> None:
    assert OwnHashtags(TORRELIO).names(tag) is names


def test_own_hashtags_are_three_at_most_and_not_out_of_links() -> None:
    text = "#AcmeFail #acmefail #Lyon #AcmeAir #BoycottAcme #AcmeHonte https://x.example/#acmenever a#acme &#acme"
    assert marks(text).own_hashtags == ("#acmefail", "#acmeair", "#boycottacme")
    assert marks("\uff03AcmeFail").own_hashtags == ("#acmefail",)
    assert marks("https://x.example/p#acmefail").own_hashtags == ()


# ----------------------------------------------------------------------------------------------------------- rivals


@pytest.mark.parametrize(
    "text, rivals",
    [
        ("Acme lost my bag, next time I fly Zephyr", ("zephyr",)),
        ("Acme nul, vivement ZÉPHYR !", ("zephyr",)),
        ("Never Acme again, hello @FlyZephyr", ("zephyr",)),
        ("Never Acme again, hello @zephyrcares", ("zephyr",)),
        ("Never Acme again, zephyrs everywhere", ()),
        ("Acme, a zephyr wind is all you are: Zephyr", ()),
        ("Acme is as bad as Orange and its phone line", ("orange",)),
        ("Acme gave me a rotten orange", ()),
        ("Acme spilled orange juice on my phone", ()),
        ("Acme and @orange: two thieves", ("orange",)),
        ("Acme, Orange (forfait 4G) et Zéphyr : même combat", ("zephyr", "orange")),
    ],
)
def test_rivals(text: str, rivals: tuple[str, ...]) -> None:
    assert marks(text).rivals == rivals
    assert marks(text, negative=False).rivals == ()
    assert marks(text, TORRELIO).rivals == ()


# --------------------------------------------------------------------------------------------------------- subjects


@pytest.mark.parametrize(
    "text, subjects",
    [
        ("Third delay today and nobody answers, 3 hours late", {"operations"}),
        ("vol annulé, deux heures de retard, bravo Acme", {"operations"}),
        ("Your app is down again #outage", {"operations"}),
        ("Panne générale depuis ce matin, impossible de me connecter", {"operations"}),
        ("Acme lost my luggage", {"operations"}),
        ("The handle broke after two days, what a defective thing", {"product"}),
        ("Rappel produit : des bouts de verre dans la sauce, c'est dangereux", {"product"}),
        ("My kettle caught fire!", {"product"}),
        ("Machine défectueuse, ne marche plus au bout d'un mois", {"product"}),
        ("They dragged him off the plane", {"conduct"}),
        ("Racist staff, this is discrimination", {"conduct"}),
        ("300 licenciements par visio, quelle honte", {"conduct"}),
        ("Harcèlement au travail chez Acme, ils mentent", {"conduct"}),
        ("Layoffs at Acme while the boss gets a bonus, plus fraud", {"conduct"}),
        ("Who approved this tone-deaf ad?", {"advertising"}),
        ("Retirez cette affiche, votre publicité est une insulte", {"advertising"}),
        ("La pub Acme est sexiste", {"advertising", "conduct"}),
        ("#delayed again", {"operations"}),
        # Not every word that could be one is one.
        ("You let me down, calm down, sit down", set()),
        ("Un geste commercial serait bien", set()),
        ("Le site affiche complet", set()),
        ("See you in the pub, too late to say more", set()),
        ("I recall that Acme was good", set()),
        ("On m'a rappelé hier", set()),
        ("I'm broke", set()),
        ("Par défaut je prends Acme", set()),
        ("badly canceledness", set()),
        ("Adding an addition", set()),
    ],
)
def test_subjects(text: str, subjects: set[str]) -> None:
    assert set(marks(text).subjects) == subjects
    assert marks(text, negative=False).subjects == ()


@pytest.mark.parametrize("subject", SUBJECTS)
def test_words_of_subjects_are_found_as_they_are_written(subject: str) -> None:
    words = subject_words(subject)
    assert len(words) == len(set(words)) > 400
    for word in words:
        assert not set(word) & set("()|,") and word == word.strip()
        assert subject in marks(f"Acme: {word}!").subjects, word


# -------------------------------------------------------------------------------------------------------- impostors

CUSTOMER: dict[str, Any] = {"reply_to": "9", "reply_to_author": "marie"}


@pytest.mark.parametrize(
    "author, shown, passes_for",
    [
        ("AcmeHeIp", None, "acmehelp"),  # a capital i
        ("AcmeHe1p", None, "acmehelp"),
        ("Acme_Help", None, "acmehelp"),
        ("AcrneHelp", None, "acmehelp"),
        ("AcmeHelpp", None, "acmehelp"),
        ("AmceHelp", None, "acmehelp"),
        ("\u0391cme", None, "acme"),  # a Greek Alpha
        ("\u0410\u0441me", None, "acme"),  # Cyrillic A and es
        ("\uff21cme\u200bHelp", None, "acmehelp"),
        ("4cme", None, "acme"),
        ("AcmeSupport", None, "acme"),
        ("acme_customer_care24", None, "acme"),
        ("TheAcmeAirTeam", None, "acme"),
        ("aide_acme", None, "acme"),
        ("SAVAcme", None, "acme"),
        ("acme.officiel", None, "acme.official"),
        ("jd1987", "Acme Support", "acme"),
        ("jd1987", "ACME Air | Customer Service \u2708", "acme"),
        ("jd1987", "Service client Acme", "acme"),
        ("jd1987", "AcmeSupport", "acme"),
        ("jd1987", "Equipe Acme France", "acme"),
        ("jd1987", "\u0391cme", "acme"),
        ("jd1987", "Acme Air", "acme"),  # the brand's own name, where it has accounts
        (None, "Acme Refunds", "acme"),
    ],
)
def test_impostors(author: str | None, shown: str | None, passes_for: str) -> None:
    found = marks("Please write to us", negative=False, author=author, author_name=shown, **CUSTOMER)
    assert found.looks_like == passes_for


@pytest.mark.parametrize(
    "author, shown",
    [
        ("Acme", "Acme Air"),
        ("acmehelp", "Acme Support"),
        ("@AcmeHelp", None),
        ("acme.official", None),  # official elsewhere
        ("acmefan", None),
        ("acme_lover", "I love Acme"),
        ("ilovecme", None),
        ("acmetohelp_me", None),
        ("acmecareers_news", None),
        ("pacmeforhelp", None),
        ("acne", None),
        ("ache", "Ace"),
        ("marie_help", "Marie from support"),
        ("jo", "Acme Fan Team"),
        ("jo", "Acme Support (parody)"),
        ("jo", "unofficial Acme help"),
        ("jo", "No help from Acme"),
        ("jo", "I was on the team that built the Acme tower"),
        ("jo", "\u0410\u043d\u043d\u0430"),  # a Russian name
        ("ZephyrCares", None),
        ("helpdesk", "Service client"),
        (None, None),
        ("", ""),
    ],
)
def test_no_impostors(author: str | None, shown: str | None) -> None:
    found = marks("Please write to us", negative=False, author=author, author_name=shown, **CUSTOMER)
    assert found.looks_like is None


@pytest.mark.parametrize(
    "text, fields, official, to_customer",
    [
        ("Dear @marie, give us your number", {}, False, True),
        ("Give us your number", {"reply_to": "9"}, False, True),
        ("Give us your number", {"reply_to_author": "marie"}, False, True),
        ("Good morning from Acme", {}, False, False),  # speaks to nobody
        ("@acme hello, brother", {}, False, False),  # only to the brand
        ("hello, brother", {"reply_to": "9", "reply_to_author": "Acme"}, False, False),
        ("Dear @marie, give us your number", {}, True, False),
    ],
)
def test_an_impostor_speaks_to_customers(text: str, fields: dict[str, Any], official: bool, to_customer: bool) -> None:
    found = marks(text, negative=False, author="AcmeSupport", official=official, **fields)
    assert (found.looks_like == "acme") is to_customer


def test_five_letters_differ_in_a_way_the_eye_skips_eight_in_any() -> None:
    brand = Brand(id="b", name="Delta", match=Match(any=["delta"]), official_accounts={"x": ["deltaa", "starvation"]})
    likes = Lookalikes(brand)
    assert likes.of("x", "delia", None) is None
    assert likes.of("x", "deltao", None) is None
    assert [likes.of("x", name, None) for name in ("detlaa", "delttaa", "delaa")] == ["deltaa"] * 3
    assert [likes.of("x", name, None) for name in ("starvatiom", "sturvatiun")] == ["starvation"] * 2
    assert likes.of("x", "sturvatium", None) is None


def test_a_brand_without_accounts_has_impostors_too() -> None:
    assert marks("@marie send your card", TORRELIO, negative=False, author="TorrelioSupport").looks_like == "torrelio"
    assert marks("@marie lovely!", TORRELIO, negative=False, author="torrelio").looks_like is None
    assert marks("@marie lovely!", TORRELIO, negative=False, author_name="Torrelio").looks_like is None


def test_an_ambiguous_brand_and_help_have_to_stand_side_by_side() -> None:
    likes = Lookalikes(ORANGE)
    assert likes.of("twitter", "jo", "Orange Assistance") == "orange_france"
    assert likes.of("twitter", "jo", "Help the orange farmers") is None


# -------------------------------------------------------------------------------------------------- any post at all

NAMES = st.none() | st.text(st.characters(), max_size=80) | st.sampled_from(["AcmeHeIp", "acme_help", "\ud83dAcme"])
PIECES = st.sampled_from(
    ["@", "#", "acme", "Acme", "http://", "https://youtube.com/watch?v=", "/", "?", "&", "=", ".", " ", "RT @a:",
     "fail", "\ud83d", "\u202e", "\u200b", "\x00", "é", "\uff03", "\uff20", "…", "A", "1", "_", "la", "sav",
     "zephyr", "delay"]
)  # fmt: skip
TEXTS = ANY_TEXT | st.lists(PIECES, max_size=60).map("".join)


@given(
    TEXTS,
    st.fixed_dictionaries(
        {},
        optional={
            "author": NAMES,
            "author_name": NAMES,
            "reply_to": NAMES,
            "reply_to_author": NAMES,
            "quoted_author": NAMES,
            "url": NAMES,
            "author_since": st.none() | st.datetimes(timezones=st.just(UTC)),
        },
    ),
    st.booleans(),
)
@settings(max_examples=250)
def test_any_post_is_marked_twice_the_same(text: str, fields: dict[str, Any], negative: bool) -> None:
    one = marked(text, negative=negative, **fields)
    assert one == Marker(Watch(brands=[ACME, ZEPHYR, ORANGE])).marks(
        post(text, **fields),
        "acme",
        folded=fold(text),
        negative=negative,
        addressed=False,
        official=False,
        ironic=False,
    )
    if one is None:
        return
    assert len(one.accounts) <= 5 and len(one.links) <= MAX_LINKS and len(one.own_hashtags) <= 3
    names = [*one.accounts, *one.own_hashtags, one.looks_like or ""]
    assert all(len(name) <= 61 for name in names) and all(len(link) <= 200 for link in one.links)
    # All but the id, which is the caller's, can be written down: half an emoji cannot.
    told = msgspec.structs.replace(one, reply_to=None)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(told), type=Marks) == told


@given(TEXTS, NAMES)
def test_any_name_is_looked_at(text: str, name: str | None) -> None:
    for brand in (ACME, ORANGE, TORRELIO):
        assert Lookalikes(brand).of("twitter", name, text) == Lookalikes(brand).of("twitter", name, text)
        assert OwnHashtags(brand).names(text) in (True, False)
    assert canonical(text) is None or len(str(canonical(text))) <= 200


@pytest.mark.parametrize(
    "piece",
    ["@", "#", "@a.", "#a", "@a ", "#Aa", "http://", "http://a.b ", "la", "sav", "acme", "acmehelp", "aA", "\ud83d",
     "é", "(", "?a=", "down ", "#acme1", "@acme@", "\u0301", "https://a.b/)"],
)  # fmt: skip
def test_a_huge_text_takes_no_longer_than_its_beginning(piece: str) -> None:
    huge = (piece * 300_000)[:300_000]
    begun = time.thread_time()
    found = marked(huge, author=huge, author_name=huge, reply_to_author=huge, quoted_author=huge, reply_to=huge)
    assert time.thread_time() - begun < 0.5  # most of it is `fold`; a pattern that backtracks would take for ever
    short = huge[:READ_CHARS]
    again = marked(short, author=huge, author_name=huge, reply_to_author=huge, quoted_author=huge, reply_to=huge)
    assert found is not None and again is not None
    assert msgspec.structs.replace(found, links=(), accounts=(), own_hashtags=()) == msgspec.structs.replace(
        again, links=(), accounts=(), own_hashtags=()
    )


@given(st.text("abc", max_size=7), st.text("abc", max_size=7))
def test_distance_is_a_distance(one: str, other: str) -> None:
    assert distance(one, other) == distance(other, one) <= max(len(one), len(other))
    assert (distance(one, other) == 0) is (one == other)
    assert made_of(one + other, {one, other}, 7) or one + other == ""


# ------------------------------------------------------------------------------------------------- cost, for the docs


def test_cost() -> None:
    """Prints the medians of chunks; the limits are far off: other tests run at the same time."""
    life = Life("Torrelio", "torrelio", mentions_per_min=50, negative_share=0.5)
    made_up = [(one, fold(one.text)) for one in islice(ordinary_life(life, start_ms=0, minutes=1_000, seed=1), 20_000)]
    bare = [(one, text) for one, text in made_up if "@" not in text and "#" not in text]
    full = "@torrelio my {} from Lyon died after two weeks, @marie says hers too: https://t.co/{} #TorrelioFail #coffee"
    rich = [(post(text := full.format(n % 7, n), author=f"u{n % 99}"), fold(text)) for n in range(5_000)]

    def median_us(posts: list[tuple[Post, str]], *, negative: bool) -> float:
        spent = []
        for start in range(0, len(posts), 250):
            chunk = posts[start : start + 250]
            begun = time.thread_time()
            for one, text in chunk:
                MARKER.marks(
                    one, "torrelio", folded=text, negative=negative, addressed=False, official=False, ironic=False
                )
            spent.append((time.thread_time() - begun) / len(chunk) * 1e6)
        return statistics.median(spent)

    plain, negative, everything = (
        median_us(bare, negative=False),
        median_us(made_up, negative=True),
        median_us(rich, negative=True),
    )
    print(
        f"neutral, bare {plain:.2f} us; negative {negative:.1f} us; with account, link and hashtags {everything:.1f} us"
    )
    assert plain < 3 and negative < 100 and everything < 200
