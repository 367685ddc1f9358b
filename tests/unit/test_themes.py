"""Topics, hashtags and audience of a negative post, and that only negative mentions carry them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.intake import Intake, RawRecord
from detectors.model import Audience, Brand, Match, Mention, Topic, Watch
from detectors.themes import MAX_HASHTAGS, Themes
from support.scenario import NoModel

WATCH = Watch(
    brands=[
        Brand(id="acme", name="Acme", match=Match(any=["acme", "@acme", "Acme Air"])),
        Brand(id="globex", name="Globex", match=Match(any=["globex"])),
    ],
    topics=[
        Topic(id="safety", words={"en": ["fire", "unsafe"], "fr": ["blessé"]}),
        Topic(id="refund", words={"en": ["refund", "money back"], "fr": ["remboursement"]}),
    ],
    # In any order: the highest group counts.
    audiences=[
        Audience(id="influencer", followers_at_least=5000),
        Audience(id="press", followers_at_least=20_000),
        Audience(id="regular", followers_at_least=500),
    ],
)
THEMES = Themes(WATCH)


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
        ("refunding a campfire", ()),
        ("@fire", ()),
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
    "followers, audience",
    [(0, None), (499, None), (500, "regular"), (5000, "influencer"), (20_000, "press"), (2**53, "press")],
)
def test_the_audience_is_the_highest_group_that_is_reached(followers: int, audience: str | None) -> None:
    assert THEMES.audience(followers) == audience


def test_without_topics_and_audiences_there_are_none() -> None:
    themes = Themes(Watch(brands=WATCH.brands))
    assert (themes.topics("refund"), themes.audience(10**6)) == ((), None)


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


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_no_text_breaks_it(text: str) -> None:
    mention = mentions(f"{text} acme")["acme"]
    assert json.loads(json.dumps(mention.hashtags)) == list(mention.hashtags)
    assert len(mention.hashtags) <= MAX_HASHTAGS
