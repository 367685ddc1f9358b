"""Topics, hashtags and audience of a negative post, and that only negative mentions carry them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.intake import Intake, RawRecord
from detectors.model import Audience, Brand, Language, Match, Mention, Post, Topic, Watch
from detectors.text.inflections import WordFinder, stem
from detectors.text.terms import fold
from detectors.themes import MAX_HASHTAGS, Themes
from support.scenario import NoModel

WATCH = Watch(
    brands=[
        Brand(id="acme", name="Acme", match=Match(any=["acme", "@acme", "Acme Air"])),
        Brand(id="globex", name="Globex", match=Match(any=["globex"])),
    ],
    topics=[
        Topic(id="safety", words={"en": ["fire", "unsafe"], "fr": ["blessé"]}),
        Topic(id="refund", words={"en": ["refund", "money back"], "fr": ["rembourser", "rendre l'argent"]}),
        Topic(id="delay", words={"en": ["delay", "still waiting"], "fr": ["retard", "pas de réponse"]}),
        Topic(id="campaign", words={"en": ["@acmedeals", "#AcmeDays"]}),
    ],
    # In any order: the highest group counts; of groups by role, the first one.
    audiences=[
        Audience(id="influencer", followers_at_least=5000),
        Audience(
            id="press",
            accounts={"x": ["@DailyPost"]},
            roles=["journalist", "journaliste", "rédactrice en chef", "@afpfr"],
            followers_at_least=20_000,
        ),
        Audience(id="politics", accounts={"x": ["MayorSmith"]}, roles=["mayor", "senator", "maire", "député"]),
        Audience(id="regular", followers_at_least=500),
    ],
)
THEMES = Themes(WATCH)


def audience(source: str = "x", **author: object) -> str | None:
    post = {"id": "1", "text": "", "created_at": datetime(2026, 3, 2, tzinfo=UTC), **author}
    return THEMES.audience(Post(source=source, **post))  # type: ignore[arg-type]


def mentions(text: str, **fields: object) -> dict[str, Mention]:
    """The first mention of each brand in one post."""
    intake = Intake(WATCH, NoModel())
    post = {"id": "1", "source": "x", "created_at": "2026-03-02T09:00:00Z", "sentiment": "negative", **fields}
    taken = intake.take(0, [RawRecord(0, json.dumps({**post, "text": text}).encode(), 2**45)])
    assert taken.rejected == []
    return {brand: found[0] for brand, found in taken.mentions.items()}


@pytest.mark.parametrize(
    "text, topics",
    [
        ("My REFUND, please", ("refund",)),
        ("refund or fire", ("safety", "refund")),  # the order of the configuration, not of the text
        ("Blesse\u0301 !", ("safety",)),
        ("I want my money\nback", ("refund",)),
        ("#refund", ("refund",)),
        ("refunding a campfire", ("refund",)),
        ("unfundable campfires", ()),
        ("@fire @refund", ()),
        ("#campfire #firework", ()),
        ("", ()),
        ("x" * 5000 + " refund", ()),  # nobody reads so far
    ],
)
def test_a_topic_is_there_if_one_of_its_words_is(text: str, topics: tuple[str, ...]) -> None:
    assert THEMES.topics(THEMES.fold(text)) == topics


@pytest.mark.parametrize(
    "text, hashtags",
    [
        ("#AcmeFail and again #acmefail", ("#acmefail",)),
        ("#acme #acmeair #globex", ("#globex",)),  # what names the brand itself says nothing
        ("#1 #2026 #top10", ("#top10",)),
        ("it&#39;s a C#minor a##b", ()),
        ("#" + "x" * 51, ()),
        (" ".join(f"#tag{number}" for number in range(9)), tuple(f"#tag{number}" for number in range(MAX_HASHTAGS))),
    ],
)
def test_hashtags_are_folded_and_bounded(text: str, hashtags: tuple[str, ...]) -> None:
    assert THEMES.hashtags(THEMES.fold(text), "acme") == hashtags


@pytest.mark.parametrize(
    "text, topics",
    [
        ("They refunded me. Refunds take weeks, refunding takes longer", ("refund",)),
        ("#Refunds #refunded", ("refund",)),
        ("Toujours pas remboursée", ("refund",)),
        ("Remboursez-moi !", ("refund",)),
        ("Elles seront remboursées", ("refund",)),
        ("Le remboursement ? Des remboursements ?", ("refund",)),
        ("on nous remboursait avant", ("refund",)),
        ("delayed again, delays everywhere, delaying tactics", ("delay",)),
        ("Retardé, retardée, 3 retards", ("delay",)),
        ("I still wait", ("delay",)),  # every word of a phrase may be inflected
        ("ils rendent l'argent", ()),  # but Snowball does not know that this is "rendre"
        ("qu'ils rendre l\u2019argent", ("refund",)),
        ("aucun retour, pas de réponses", ("delay",)),
        ("pas de vraie réponse", ()),
        ("money, back", ()),
        ("moneys back", ("refund",)),
        ("feuer, fires, firing, fired", ("safety",)),
        ("des blessés, une blessée", ("safety",)),
        ("#money back", ()),  # a phrase does not begin in a hashtag
        ("win with @AcmeDeals #acmedays", ("campaign",)),
        ("@acmedeal #AcmeDay @acmedeals.fan #AcmeDaysOff", ()),  # these have no inflections
    ],
)
def test_words_are_found_in_their_inflections(text: str, topics: tuple[str, ...]) -> None:
    assert THEMES.topics(THEMES.fold(text)) == topics


@pytest.mark.parametrize(
    "word, language, text, found",
    [
        ("bus", "en", "busing, buses", False),  # words of three letters stand as they are
        ("bus", "en", "the BUS", True),
        ("use", "en", "us", False),
        ("user", "fr", "us", False),
        ("fee", "en", "fees", False),
        ("c++", "en", "c++, c", True),
        ("c++", "en", "c+, c++x", False),
        ("wi-fi", "en", "the Wi-Fi is", True),
        ("check-in", "en", "checked-in, checking-in", True),
        ("bagage perdu", "fr", "deux bagages perdus", True),
        ("bagage perdu", "fr", "bagages, perdus", False),
        ("forfait", "fr", "mes forfaits", True),
        ("journaliste", "fr", "mon journal intime", False),  # nobody is what they work at
        ("journaliste", "fr", "journalist, journalists", True),
        ("hope", "en", "hoping", True),
        ("visible", "en", "visibility", True),
        ("replies", "en", "reply", True),
        ("mayor", "other", "mayors", True),  # number and gender alone
        ("mayor", "other", "mayoral", False),
        ("reporter", "other", "we report, reported", False),
        ("avocat", "other", "avocates", True),
        ("secretary", "other", "secretaries", True),
        ("réseau", "other", "réseaux", True),
        ("fabriquer", "fr", "fabrication", True),
        ("x" * 41, "en", f"{'x' * 41}s", False),
        ("refund", "en", f"{'refunds' * 9}", False),
        ("refund", "en", "refund_2 refund2", False),
        ("refund", "en", "re-refunds", True),
    ],
)
def test_an_inflection_is_what_the_rules_of_its_language_say(word: str, language: str, text: str, found: bool) -> None:
    assert bool(WordFinder([[(word, Language(language))]]).find(fold(text))) is found


@pytest.mark.parametrize(
    "language, words",
    [
        ("en", "refund refunds refunded refunding refundable"),
        ("en", "cancel cancels cancelled canceled cancelling cancellation"),
        ("en", "visible visibility"),
        ("en", "fire fires fired firing"),
        ("fr", "annuler annule annulé annulée annulés annulées annulez annulait annulation annulations"),
        ("fr", "perdu perdus perdue perdues"),
        ("fr", "réseau réseaux"),
        ("fr", "forfait forfaits"),
        ("fr", "dangereux dangereuse dangereusement"),
        ("fr", "apparente apparence apparemment"),
    ],
)
def test_each_inflection_finds_all_others(language: str, words: str) -> None:
    forms = [fold(word) for word in words.split()]
    assert len({stem(form, Language(language)) for form in forms}) == 1
    for form in forms:
        finder = WordFinder([[(form, Language(language))]])
        assert all(finder.find(other) for other in forms)


@pytest.mark.parametrize(
    "followers, group",
    [
        (None, None),
        (-1, None),
        (0, None),
        (499, None),
        (500, "regular"),
        (5000, "influencer"),
        (20_000, "press"),
        (2**70, "press"),
    ],
)
def test_the_audience_by_reach_is_the_highest_group_that_is_reached(followers: int | None, group: str | None) -> None:
    assert audience(followers=followers) == group


@pytest.mark.parametrize(
    "bio, group",
    [
        ("Journalist at the Gazette. Views my own", "press"),
        ("Journalistes et amis", "press"),
        ("Rédactrice en chef de L'Exemple", "press"),
        ("correspondent @AFPfr", "press"),
        ("Députée de la 3e circonscription", "politics"),
        ("Mayor of Springfield, once a journalist", "press"),  # the first group of the configuration
        ("#Journalist", "press"),
        ("I keep a journal. Mayoral fan", None),
        ("mairie de quartier", None),
        ("", None),
        (None, None),
    ],
)
def test_the_audience_by_role_is_what_authors_say_they_are(bio: str | None, group: str | None) -> None:
    assert audience(author_bio=bio) == group


def test_a_group_by_name_goes_before_one_by_role_and_that_before_one_by_reach() -> None:
    assert audience(author="@mayorsmith", author_bio="Journalist", followers=6000) == "politics"
    assert audience(author="smith", author_bio="Journalist", followers=6000) == "press"
    assert audience(author="smith", author_bio=None, followers=6000) == "influencer"
    # Somebody else has that name there.
    assert audience(source="reddit", author="dailypost") is None
    assert audience(source="X", author="dailypost") == "press"


def test_without_topics_and_audiences_there_are_none() -> None:
    themes = Themes(Watch(brands=WATCH.brands))
    post = Post(id="1", source="x", text="refund", created_at=datetime(2026, 3, 2, tzinfo=UTC), followers=10**6)
    assert (themes.topics("refund"), themes.audience(post)) == ((), None)


def test_a_blank_word_is_refused_since_it_would_be_everywhere() -> None:
    with pytest.raises(ValueError, match="blank"):
        Themes(Watch(brands=[], topics=[Topic(id="x", words={"en": ["a", " "]})]))


def test_a_negative_mention_carries_its_themes_and_another_does_not() -> None:
    told = mentions("acme and globex: refund! #AcmeFail #globex", followers=7000)
    assert (told["acme"].topics, told["acme"].audience) == (("refund",), "influencer")
    assert told["acme"].hashtags == ("#acmefail", "#globex")
    assert told["globex"].hashtags == ("#acmefail",)
    happy = mentions("acme: refund! #AcmeFail", followers=7000, sentiment="positive")["acme"]
    assert (happy.topics, happy.audience, happy.hashtags) == ((), None, ())


@given(st.text(st.characters()))
def test_no_words_of_an_author_break_it(text: str) -> None:
    assert audience(author=text, author_bio=text) == audience(author=text, author_bio=text)
    assert audience(author="somebody", author_bio=f"{text} journalist") == "press"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_no_text_breaks_it(text: str) -> None:
    mention = mentions(f"{text} acme")["acme"]
    assert json.loads(json.dumps(mention.hashtags)) == list(mention.hashtags)
    assert len(mention.hashtags) <= MAX_HASHTAGS
