"""Titles: each kind of story in both languages, what they are about, and that no evidence breaks them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from detectors.model import Brand, Explanation, Match, Story, StoryKind, TopPost, Word
from detectors.stories.telling.grammar import NBSP
from detectors.stories.telling.judgements import JUDGEMENTS
from detectors.stories.telling.links import link
from detectors.stories.telling.phrases import shared_phrase
from detectors.stories.telling.places import place
from detectors.stories.telling.wording import BESIDE, HEADS, LANGUAGES
from detectors.stories.titles import MOST_CHARS, plain_title, titles

AT = datetime(2026, 3, 2, tzinfo=UTC)
ACME = Brand(id="acme", name="Acme", match=Match(any=["acme", "@acme", "#AskAcme"]))


def story(kind: StoryKind, posts: int = 60, of: int = 100, subject: str | None = None, **facts: float) -> Story:
    return Story(kind=kind, share=posts / of, threshold=0.3, posts=posts, of=of, subject=subject, facts=facts)


def why(
    *stories: Story, words: str = "", texts: Sequence[str] = (), by: str | None = None, authors: int = 0
) -> Explanation:
    """An explanation with these kinds, words that stand out and top posts."""
    posts = [
        TopPost(id=str(number), source="x", text=text, created_at=AT, author=by) for number, text in enumerate(texts)
    ]
    return Explanation(
        since=AT,
        until=AT,
        observed=100,
        expected=2.0,
        first_post=None,
        top_posts=posts,
        stories=list(stories),
        words=[Word(word=word, posts=20, z=9.0 - place) for place, word in enumerate(words.split())],
        authors=authors,
    )


def told(evidence: Explanation, brand: Brand = ACME) -> tuple[str, str]:
    """Both titles, with plain spaces."""
    found = titles(evidence, brand)
    return found["en"], found["fr"].replace(NBSP, " ").replace("\u202f", " ")


K = StoryKind
DRAGGED = [
    "Passenger dragged off a plane in Chicago",
    "passenger DRAGGED off in Chicago",
    "dragged off: passenger dragged off",
]

CASES: dict[str, tuple[Explanation, str, str]] = {
    "hijacked hashtag": (
        why(story(K.HIJACKED_HASHTAG, subject="#askacme"), texts=["#AskAcme why", "#AskAcme no", "#askacme"]),
        "Acme: customers turn #AskAcme against the brand",
        "Acme : le hashtag #AskAcme se retourne contre la marque",
    ),
    "hijacked hashtag, as the configuration writes it, over refunds": (
        why(story(K.HIJACKED_HASHTAG, subject="#askacme"), words="refund"),
        "Acme: customers turn #AskAcme against the brand over refunds",
        "Acme : le hashtag #AskAcme se retourne contre la marque au sujet des remboursements",
    ),
    "hijacked hashtag that is not known": (
        why(story(K.HIJACKED_HASHTAG)),
        "Acme: customers turn a hashtag of the brand against it",
        "Acme : un hashtag de la marque se retourne contre elle",
    ),
    "rally": (
        why(story(K.RALLY, subject="marie"), words="remboursement", texts=["@Marie courage", "@Marie bravo"]),
        "Acme: people rally round @Marie over refunds",
        "Acme : le public se range derrière @Marie au sujet des remboursements",
    ),
    "rally round a pseudonym": (
        why(story(K.RALLY, subject="u016d2cdd6286b2e9")),
        "Acme: people rally round one customer",
        "Acme : le public se range derrière un client",
    ),
    "one link, a video, with what is said of it and where": (
        why(story(K.ONE_LINK, 3000, 4000, "https://youtu.be/x"), words="dragged", texts=DRAGGED),
        "Acme: a video about 'passenger dragged off' in Chicago is shared thousands of times (youtu.be)",
        "Acme : une vidéo sur « passenger dragged off » à Chicago est partagée des milliers de fois (youtu.be)",
    ),
    "one link, an article": (
        why(story(K.ONE_LINK, 30, 60, "lemonde.fr/article/2026/03/02/acme"), words="racisme"),
        "Acme: an article about racism is shared dozens of times (lemonde.fr)",
        "Acme : un article sur le racisme est partagé des dizaines de fois (lemonde.fr)",
    ),
    "one link, shortened, few posts": (
        why(story(K.ONE_LINK, 9, 20, "t.co/abc")),
        "Acme: a link goes round",
        "Acme : un lien circule",
    ),
    "impostor, as it writes itself": (
        why(story(K.IMPOSTOR, 1, 1, "acmeheip", accounts=1), by="AcmeHeIp", texts=["DM us your card"]),
        "Acme: a fake support account answers customers (@AcmeHeIp)",
        "Acme : un faux compte d'assistance répond aux clients (@AcmeHeIp)",
    ),
    "unanswered": (
        why(story(K.UNANSWERED, longest_minutes=185.0), words="bagage"),
        "Acme: complaints about luggage have waited 3 h for an answer",
        "Acme : des plaintes sur les bagages attendent une réponse depuis 3 h",
    ),
    "unanswered, nobody knows for how long": (
        why(story(K.UNANSWERED)),
        "Acme: complaints wait for an answer",
        "Acme : des plaintes attendent une réponse",
    ),
    "brigade of few": (
        why(story(K.BRIGADE, 1104, 1200, authors=8, beyond_two=1104)),
        "Acme: 8 accounts write 1,200 critical posts",
        "Acme : 8 comptes publient 1 200 critiques",
    ),
    "brigade of new accounts": (
        why(story(K.BRIGADE, 80, 120, authors=70, young=80, beyond_two=3)),
        "Acme: new accounts attack together (80 of 120 posts)",
        "Acme : des comptes récents attaquent ensemble (80 messages sur 120)",
    ),
    "brigade in step": (
        why(story(K.BRIGADE, 80, 120, in_step=80, young=3)),
        "Acme: accounts post in step, as if agreed (80 of 120 posts)",
        "Acme : des comptes publient de concert (80 messages sur 120)",
    ),
    "brigade with copied texts": (
        why(story(K.BRIGADE, 80, 120, copied=80)),
        "Acme: accounts attack with copied texts (80 of 120 posts)",
        "Acme : des comptes attaquent avec des textes copiés (80 messages sur 120)",
    ),
    "brigade, nobody knows how": (
        why(story(K.BRIGADE)),
        "Acme: an attack that looks organised",
        "Acme : une attaque qui semble organisée",
    ),
    "copy-paste": (
        why(story(K.COPY_PASTE, 120, 122), texts=["Boycott the liars of Acme"] * 5, authors=8),
        "Acme: the same text ('Boycott the liars') posted 120 times by 8 accounts",
        "Acme : le même texte (« Boycott the liars ») publié 120 fois par 8 comptes",
    ),
    "copy-paste among other posts: nobody knows by whom": (
        why(story(K.COPY_PASTE, 40, 120), authors=8),
        "Acme: the same text posted 40 times",
        "Acme : le même texte publié 40 fois",
    ),
    "rival": (
        why(story(K.RIVAL, 45, 100, "globex"), words="prix", texts=["GlobEx is cheaper"]),
        "Acme: 45% of the criticism about prices names GlobEx",
        "Acme : GlobEx est cité dans 45 % des critiques sur les prix",
    ),
    "rival by its id only": (
        why(story(K.RIVAL, 45, 100, "globex")),
        "Acme: 45% of the criticism names Globex",
        "Acme : Globex est cité dans 45 % des critiques",
    ),
    "operations, an outage": (
        why(story(K.OPERATIONS), words="app payment", texts=["the app is down", "is down again"]),
        "Acme: outage, app and payments down",
        "Acme : panne, l'application et les paiements ne répondent plus",
    ),
    "operations, an outage told in French": (
        why(story(K.OPERATIONS), words="panne appli", texts=["en panne à Londres", "Panne à Londres"]),
        "Acme: outage, app down in London",
        "Acme : panne, l'application ne répond plus à Londres",
    ),
    "operations, an outage of nobody knows what": (
        why(story(K.OPERATIONS), words="panne retards"),
        "Acme: outage and delays",
        "Acme : panne et retards",
    ),
    "operations, delays": (
        why(story(K.OPERATIONS), words="delayed cancelled", texts=["stuck in Chicago", "I am in Chicago"]),
        "Acme: delays and cancellations in Chicago",
        "Acme : retards et annulations à Chicago",
    ),
    "operations, in strangers' words": (
        why(story(K.OPERATIONS), words="zorglub"),
        "Acme: service trouble, 'zorglub'",
        "Acme : service perturbé, « zorglub »",
    ),
    "product": (
        why(story(K.PRODUCT), words="leaking burned"),
        "Acme: a product is under fire over leaks and burns",
        "Acme : un produit est mis en cause (fuites et brûlures)",
    ),
    "conduct": (
        why(story(K.CONDUCT), words="racist", texts=["racist staff in Paris", "racist, in Paris!"]),
        "Acme: row over racism in Paris",
        "Acme : polémique sur le racisme à Paris",
    ),
    "conduct, no more": (
        why(story(K.CONDUCT)),
        "Acme: row over its conduct",
        "Acme : polémique sur le comportement de la marque",
    ),
    "advertising": (
        why(story(K.ADVERTISING), words="campaign sexist"),
        "Acme: its advertising causes a row over sexism",
        "Acme : sa publicité fait polémique (sexisme)",
    ),
    # Two kinds, and what one says of the other.
    "an outage that nobody explains": (
        why(story(K.OPERATIONS), story(K.UNANSWERED, longest_minutes=50.0), words="app", texts=["is down", "is down"]),
        "Acme: outage, app down, no answer for 50 min",
        "Acme : panne, l'application ne répond plus, sans réponse depuis 50 min",
    ),
    "nobody answers under the hashtag": (
        why(
            story(K.UNANSWERED, longest_minutes=3000.0),
            story(K.OPERATIONS),
            story(K.HIJACKED_HASHTAG, subject="#askacme"),
        ),
        "Acme: complaints about the service have waited 2 days for an answer, under #AskAcme",
        "Acme : des plaintes sur le service attendent une réponse depuis 2 jours, sous #AskAcme",
    ),
    "a copied text that looks organised": (
        why(story(K.COPY_PASTE, 12_000, 12_100), story(K.BRIGADE)),
        "Acme: the same text posted 12,000 times, it looks organised",
        "Acme : le même texte publié 12 000 fois, une action qui semble organisée",
    ),
    # No kind.
    "words that we know": (
        why(words="refund cancelled terrible"),
        "Acme: criticism about cancellations and refunds",
        "Acme : critiques sur les annulations et les remboursements",
    ),
    "words that we do not know": (
        why(words="grumpf zorglub terrible acme #acmefail", texts=["#AcmeFail"]),
        "Acme: criticism about 'grumpf' and 'zorglub' under #AcmeFail",
        "Acme : critiques sur « grumpf » et « zorglub », sous #AcmeFail",
    ),
    "a hashtag": (why(words="#acmefail shame"), "Acme: criticism under #acmefail", "Acme : critiques sous #acmefail"),
    "nothing": (why(), "Acme: a wave of criticism is starting", "Acme : une vague de critiques commence"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_title_says_what_happens_as_somebody_in_pr_would(case: str) -> None:
    evidence, english, french = CASES[case]
    assert told(evidence) == (english, french)
    assert told(evidence) == (english, french)


def test_every_kind_can_be_told_in_both_languages_with_no_evidence_at_all() -> None:
    for kind in StoryKind:
        english, french = titles(why(Story(kind=kind, share=0.0, threshold=0.0, posts=0, of=0)), ACME).values()
        assert english.startswith("Acme: ") and french.startswith(f"Acme{NBSP}: ")
        assert english != plain_title("Acme", "en") and french != plain_title("Acme", "fr"), kind


def test_both_languages_know_the_same_evidence() -> None:
    for table in (HEADS, BESIDE):
        for kind, templates in table.items():
            assert list(templates) == list(LANGUAGES)
            assert len(templates["en"]) == len(templates["fr"]), kind


def test_what_does_not_fit_is_left_out_from_the_end() -> None:
    long = replace(ACME, name="The Acme Company of Greater Manchester")
    evidence = why(story(K.ONE_LINK, 3000, 4000, "https://youtu.be/x"), words="dragged", texts=DRAGGED)
    assert told(evidence, long)[0] == (
        "The Acme Company of Greater Manchester: a video about 'passenger dragged off' is shared thousands of times"
    )
    longer = replace(ACME, name="Anticonstitutionnellement " * 9)
    assert told(why(), longer)[0] == "Anticonstitutionnellement…: a wave of criticism is starting"


# ------------------------------------------------------------------------------- strangers' words


@pytest.mark.parametrize(
    "texts, there",
    [
        (["dragged off in Chicago", "in Chicago again"], "in Chicago"),
        (["In New York, now", "stuck in NYC"], "in New York"),
        (["at Heathrow Airport", "chaos at Heathrow"], "at Heathrow"),
        (["aux États-Unis", "in the US"], "in the US"),
        (["à Genève", "in Geneva since Monday"], "in Geneva"),
        (["the store in Crawley is closed", "their shop in Crawley"], "in Crawley"),
        (["le magasin à Crépol", "devant la gare à Crépol"], "in Crépol"),
        # Said once, or of somebody, or of something else.
        (["dragged off in Chicago"], None),
        (["dragged off in Chicago", "dragged off in Boston"], None),
        (["merci à Marie", "répondez à Marie"], None),
        (["in Marketing they sleep", "somebody in Marketing"], None),
        (["in New York Times today", "in New York Times"], None),
        (["in January", "in January"], None),
        (["in English please", "in English"], None),
        (["à Noël", "à Noël"], None),
        (["en Marche", "en Marche"], None),
        (["at Acme they lie", "at Acme"], None),
        (["live in chicago", "live in chicago"], None),
        (["STUCK IN CHICAGO", "STUCK IN CHICAGO"], None),
        (["Acme Drags Old Man Off Plane in Chicago Today", "Acme Drags Old Man Off Plane in Chicago Today"], None),
        (["mail me at Chicago@x.example", "@in Chicago"], None),
    ],
)
def test_a_place_is_told_only_if_it_is_sure(texts: list[str], there: str | None) -> None:
    found = place(texts)
    assert (found and found["en"]) == there


@pytest.mark.parametrize(
    "texts, phrase",
    [
        (
            ["my card was charged twice", "Card was charged twice!", "they say card was charged TWICE"],
            "card was charged twice",
        ),
        (["same words here friend", "same words here friend"], None),  # two are too few
        (["cancelled flight. refund", "cancelled. flight refund", "cancelled, flight"], None),  # no phrase
        (["no answer from acme desk", "acme desk", "acme desk"], None),  # the brand's own name
        (["see https://x.example/lost-bags now"] * 3, None),
        (["fucking terrible service"] * 3, None),  # nothing but anger
        (["@anna lost bags", "@anna lost bags", "@anna lost bags"], "lost bags"),
    ],
)
def test_a_phrase_is_what_three_posts_say(texts: list[str], phrase: str | None) -> None:
    assert shared_phrase(texts, JUDGEMENTS | {"acme"}, {}) == phrase


@pytest.mark.parametrize(
    "address, thing, host",
    [
        ("https://www.youtube.com/watch?v=1", "a video", "youtube.com"),
        ("vm.tiktok.com/x", "a video", "tiktok.com"),
        ("https://x.com/a/status/1", "a post", "x.com"),
        ("https://twitter.com/a/status/1/photo/1", "a picture", "twitter.com"),
        ("https://www.facebook.com/watch/?v=1", "a video", "facebook.com"),
        ("https://change.org/p/acme", "a petition", "change.org"),
        ("https://i.example/cat.JPG?x", "a picture", "i.example"),
        ("https://shop.example/acme", "a page", "shop.example"),
        ("https://user:secret@shop.example:80/acme", "a page", "shop.example"),
        ("http://bit.ly/1", "a link", None),
        ("https://аpple.com/", "a link", None),  # noqa: RUF001  another alphabet
        ("https://xn--pple-43d.com/", "a link", None),
        ("https://" + "a" * 40 + ".com/", "a link", None),
        ("http://127.0.0.1/", "a link", None),
        ("javascript:alert(1)", "a link", None),
        ("", "a link", None),
    ],
)
def test_of_a_link_only_what_it_is_and_its_host_is_told(address: str, thing: str, host: str | None) -> None:
    assert (link(address).en, link(address).host) == (thing, host)


HOSTILE = "<b>\n\u202eevil\x00\u200b\u0627\u05d0 {about} [red] http://x.example/a#b 'x' " + "x" * 200
ANY = st.text() | st.sampled_from(
    [HOSTILE, "#" + HOSTILE, "in Chicago", "app is down", "{place}", "[", "#\u05d0", "\ud800"]
)
ANY_FLOAT = st.floats() | st.sampled_from([0.0, 1.0, 0.45, 3.0, 1e308])
STORIES = st.builds(
    Story,
    kind=st.sampled_from(StoryKind),
    share=ANY_FLOAT,
    threshold=ANY_FLOAT,
    posts=st.integers(),
    of=st.integers(),
    subject=st.none() | ANY,
    facts=st.dictionaries(
        st.sampled_from(["authors", "longest_minutes", "beyond_two", "young", "in_step", "copied"]) | ANY, ANY_FLOAT
    ),
)
POSTS = st.builds(TopPost, id=ANY, source=ANY, text=ANY, created_at=st.just(AT), author=st.none() | ANY, url=ANY)
EVIDENCE = st.builds(
    Explanation,
    since=st.just(AT),
    until=st.just(AT),
    observed=st.integers(0, 10**9),
    expected=ANY_FLOAT,
    authors=st.integers(0, 10**9),
    at_least=st.booleans(),
    first_post=st.none(),
    top_posts=st.lists(POSTS, max_size=5) | POSTS.map(lambda post: [post] * 5),
    words=st.lists(st.builds(Word, word=ANY | st.sampled_from(["refund", "app"]), posts=st.integers(), z=ANY_FLOAT)),
    stories=st.lists(STORIES, max_size=4),
)


@given(EVIDENCE, ANY)
@example(why(story(K.RALLY, subject=HOSTILE), texts=[HOSTILE] * 5, by=HOSTILE), HOSTILE)
def test_any_evidence_gives_one_short_line(evidence: Explanation, name: str) -> None:
    brand = Brand(id="x", name=name, match=Match(any=[name, "acme"]))
    found = titles(evidence, brand)
    assert list(found) == ["en", "fr"]
    assert found == titles(evidence, brand)
    for title in found.values():
        assert title == title.strip() and 0 < len(title) <= MOST_CHARS
        assert all(char.isprintable() or char in "\u00a0\u202f" for char in title)


@given(EVIDENCE)
def test_strangers_words_come_in_no_other_direction_and_with_no_link(evidence: Explanation) -> None:
    for title in titles(evidence, ACME).values():
        assert not {unicodedata.bidirectional(char) for char in title} & {"R", "AL", "AN", "RLE", "RLO", "RLI"}
        assert "://" not in title and "<" not in title and "\ufeff" not in title


@pytest.mark.parametrize(
    "unit", ["a ", "in A ", "#a", "@", "a-", "a'", "in the ", "https://", "A.", "x.com/", "\u0301"]
)
def test_a_long_text_costs_no_more_than_a_short_one(unit: str) -> None:
    titles(why(story(K.ONE_LINK, subject=unit * 50_000), texts=[unit * 50_000] * 5, words="a"), ACME)
