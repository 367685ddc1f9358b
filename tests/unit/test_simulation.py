"""Made-up posts: the same for the same seed, read as they are meant, and shaped as promised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from detectors.backtest import Crisis, Replay, Span, parse_labels
from detectors.errors import InputError
from detectors.intake import RawRecord, decode_post
from detectors.mentions import MentionFinder
from detectors.model import MINUTE_MS, Brand, Bucket, Match, Post, Sentiment, Watch, to_ms
from detectors.simulation import (
    EVENTS,
    LEAK_IN_THE_NEWS,
    Life,
    Simulation,
    answered,
    daily_rhythm,
    merge,
    ordinary_life,
    simulate,
    wave,
)
from detectors.simulation.events import Happening
from detectors.text import Judgement, load_negativity

LIFE = Life("Torrelio", "torrelio", mentions_per_min=30)
NOON_MS = 20_000 * 1440 * MINUTE_MS + 12 * 60 * MINUTE_MS
TORRELIO = Brand(id="torrelio", name="Torrelio", match=Match(any=["torrelio", "@torrelio", "#torrelio"]))


def crisis(*, doubling_s: float = 60, peak_per_min: float = 200, minutes: int = 30, seed: int = 1) -> list[Post]:
    return list(
        wave(LIFE, start_ms=NOON_MS, doubling_s=doubling_s, peak_per_min=peak_per_min, minutes=minutes, seed=seed)
    )


def days(life: Life, minutes: int = 300, seed: int = 1) -> list[Post]:
    return list(ordinary_life(life, start_ms=NOON_MS, minutes=minutes, seed=seed))


def feelings(posts: list[Post]) -> Counter[Sentiment]:
    finder = MentionFinder([TORRELIO])
    assert all(map(finder.find, posts)), "a post does not name the brand"
    return Counter(judgement.label for judgement in judged(posts))


def unlike(posts: list[Post], *meant: Sentiment) -> list[str]:
    return sorted({post.text for post, said in zip(posts, judged(posts), strict=True) if said.label not in meant})


def judged(posts: list[Post]) -> list[Judgement]:
    return load_negativity().judge_all([post.text for post in posts], [post.lang for post in posts])


def test_every_complaint_is_read_as_one() -> None:
    posts = days(replace(LIFE, negative_share=1.0))
    assert len({post.text for post in posts}) > 500
    assert unlike(posts, Sentiment.NEGATIVE) == []


def test_no_other_post_is_read_as_a_complaint() -> None:
    posts = days(replace(LIFE, negative_share=0.0))
    assert unlike(posts, Sentiment.NEUTRAL, Sentiment.POSITIVE) == []


def test_every_post_of_a_crisis_is_read_as_a_complaint() -> None:
    posts = crisis(minutes=60)
    assert len(posts) > 1000
    assert unlike(posts, Sentiment.NEGATIVE) == []


def test_the_brand_reads_its_own_share_of_complaints() -> None:
    found = feelings(days(LIFE, minutes=600))
    assert 0.10 < found[Sentiment.NEGATIVE] / found.total() < 0.14
    assert found[Sentiment.POSITIVE] > 0 and found[Sentiment.NEUTRAL] > 0


def test_same_seed_same_posts_other_seed_others() -> None:
    assert days(LIFE) == days(LIFE) and crisis() == crisis()
    assert days(LIFE) != days(LIFE, seed=2) and crisis() != crisis(seed=2)


def test_posts_are_what_the_intake_takes() -> None:
    for post in days(LIFE, minutes=20) + crisis(minutes=10):
        assert decode_post(msgspec.json.encode(post)) == post
        assert post.sentiment is None and post.author and post.url
        assert {post.lang} <= {"en", "fr"}


def test_ids_are_unique_across_calls_brands_and_events() -> None:
    other = replace(LIFE, handle="kavanta")
    posts = [
        *days(LIFE),
        *days(LIFE, seed=2),
        *ordinary_life(LIFE, start_ms=NOON_MS + MINUTE_MS, minutes=60, seed=1),
        *days(other),
        *crisis(),
        *crisis(seed=2),
    ]
    assert len({post.id for post in posts}) == len(posts)


def test_life_has_several_sources_languages_and_people() -> None:
    posts = days(LIFE)
    assert {"twitter", "forum", "reviews"} <= {post.source for post in posts}
    assert {post.lang for post in posts} == {"en", "fr"}
    assert len({post.author for post in posts}) > 500


def test_life_follows_the_day_of_its_time_zone() -> None:
    paris = replace(LIFE, timezone="Europe/Paris")
    hours = Counter(post.created_at.hour for post in ordinary_life(paris, start_ms=NOON_MS, minutes=5 * 1440, seed=1))
    busiest, quietest = max(hours, key=hours.__getitem__), min(hours, key=hours.__getitem__)
    assert busiest in range(11, 17) and (quietest <= 4 or quietest >= 23)
    assert 0.95 < sum(daily_rhythm(hour) for hour in range(24)) / 24 < 1.05


def test_posts_come_in_order_and_within_their_time() -> None:
    start, end = NOON_MS, NOON_MS + 30 * MINUTE_MS
    merged = list(merge(iter(days(LIFE, minutes=30)), iter(crisis())))
    assert len(merged) == len(days(LIFE, minutes=30)) + len(crisis())
    assert all(one.created_at <= next_.created_at for one, next_ in pairwise(merged))
    assert all(start <= to_ms(post.created_at) < end for post in merged)


def test_a_crisis_doubles_up_to_its_peak_and_decays() -> None:
    per_min = Counter((to_ms(post.created_at) - NOON_MS) // MINUTE_MS for post in crisis(peak_per_min=400, minutes=60))
    climb = sum(per_min[minute] for minute in range(8, 9)) / sum(per_min[minute] for minute in range(6, 7))
    assert 2.5 < climb < 6
    assert 300 < max(per_min.values()) < 460
    assert per_min[40] < per_min[12] / 4


def test_small_accounts_come_first_then_a_large_one_and_its_reposts() -> None:
    posts = crisis()
    star = next(post for post in posts if (post.followers or 0) > 100_000)
    before, after = posts[: posts.index(star)], posts[posts.index(star) + 1 :]
    assert len(before) > 20
    assert max(post.followers or 0 for post in before) < 20_000
    assert all(post.repost_of is None for post in before)
    repeated = [post for post in after if post.repost_of is not None]
    assert 0.35 < len(repeated) / len(after) < 0.55
    assert {post.repost_of for post in repeated} <= {post.id for post in posts}
    assert Counter(post.repost_of for post in repeated).most_common(1)[0][0] == star.id


def test_a_wave_that_nobody_hears_of_before_its_star_is_still_a_wave() -> None:
    posts = crisis(doubling_s=600, peak_per_min=0.07, minutes=6000)
    assert 0 < len(posts) < 200


def test_a_crisis_in_the_news_has_papers_copies_and_hashtags_and_is_read_as_one() -> None:
    story = replace(LEAK_IN_THE_NEWS, press_share=0.1)
    posts = list(wave(LIFE, start_ms=NOON_MS, doubling_s=60, peak_per_min=200, minutes=40, seed=1, story=story))
    papers = [post for post in posts if post.author in dict(story.press)]
    assert {post.source for post in papers} == {"press"} and {post.lang for post in papers} == {"en", "fr"}
    own = [post for post in posts if post.repost_of is None]
    copied = Counter(post.text for post in own)
    assert 0.03 < sum(count - 1 for count in copied.values()) / len(own) < 0.15
    tags = {word for post in posts for word in post.text.split() if word.startswith("#") and word != "#torrelio"}
    assert len(tags) >= 4
    assert unlike(posts, Sentiment.NEGATIVE) == []


def test_the_brand_answers_those_who_speak_to_it_and_it_shows_in_its_minutes() -> None:
    life = replace(LIFE, mentions_per_min=5, negative_share=0.4)
    said = list(answered(life, iter(days(life, minutes=900)), share=0.6, median_minutes=30, seed=1))
    assert all(one.created_at <= next_.created_at for one, next_ in pairwise(said))
    assert [post for post in said if post.author != "torrelio"] == days(life, minutes=900)
    answers = [post for post in said if post.author == "torrelio"]
    asked = {post.id: post for post in said}
    for post in answers:
        question = asked[post.reply_to or ""]
        assert (question.source, question.lang) == (post.source, post.lang) and "@torrelio" in question.text
    accounts = {"twitter": ["torrelio"], "instagram": ["torrelio"]}
    brand = msgspec.structs.replace(TORRELIO, official_accounts=accounts)
    replay = Replay(Watch(brands=[brand]), load_negativity())
    encoded = [msgspec.json.encode(post) for post in said]
    events = replay.feed([RawRecord(place, post, 2**45) for place, post in enumerate(encoded)])
    buckets = [event for event in events if isinstance(event, Bucket)]
    complaints = sum(sum(bucket.complaints.values()) for bucket in buckets)
    responses = sorted(response.took_s for bucket in buckets for response in bucket.responses)
    # Answers on a forum, where it has no account, there are none; nor are all who speak to it complaining.
    assert 0.2 < len(responses) / complaints < 0.5
    assert 20 < responses[len(responses) // 2] / 60 < 45


# ------------------------------------------------------------------------------------------ events

CRISES = ("cascade", "brigade", "copy-paste", "hashtag-hijack")
START_MS = NOON_MS - 12 * 60 * MINUTE_MS
START = datetime(2024, 10, 4, tzinfo=UTC)
PARIS = replace(LIFE, mentions_per_min=1, timezone="Europe/Paris")


def happening(kind: str, seed: int = 1, life: Life = LIFE) -> tuple[Happening, list[Post]]:
    event = EVENTS[kind](replace(life, timezone="Europe/Paris"), f"{kind}-1", NOON_MS, seed)
    return event, list(event.posts)


@pytest.mark.parametrize("kind", EVENTS)
@pytest.mark.parametrize("life", [LIFE, replace(LIFE, mentions_per_min=0.01)], ids=["busy", "tiny"])
def test_an_event_is_in_order_within_its_label_and_its_own(kind: str, life: Life) -> None:
    event, posts = happening(kind, life=life)
    assert event.start_ms >= NOON_MS
    assert all(one.created_at <= next_.created_at for one, next_ in pairwise(posts))
    assert all(NOON_MS <= to_ms(post.created_at) <= event.end_ms for post in posts)
    assert isinstance(event.label, Crisis if kind in CRISES else Span)
    assert event.label.id == f"{kind}-1" and event.label.brand == "torrelio"
    assert posts == happening(kind, life=life)[1]
    again = [*posts, *happening(kind, seed=2, life=life)[1], *days(life)]
    assert len({post.id for post in again}) == len(again)
    feelings(posts)


@pytest.mark.parametrize("kind", CRISES)
def test_every_post_of_an_attack_is_read_as_one(kind: str) -> None:
    event, posts = happening(kind)
    angry = [post for post in posts if to_ms(post.created_at) >= event.start_ms and "-l1-" not in post.id]
    assert len(angry) > 2000
    assert unlike(angry, Sentiment.NEGATIVE) == []


def test_a_brigade_is_a_few_hundred_accounts_that_start_at_once_in_other_words() -> None:
    event, posts = happening("brigade")
    per_min = Counter((to_ms(post.created_at) - NOON_MS) // MINUTE_MS for post in posts)
    assert per_min[5] > 0.7 * max(per_min.values())
    authors = Counter(post.author for post in posts)
    assert 200 <= len(authors) <= 300 and min(authors.values()) >= 5
    assert Counter(post.text for post in posts).most_common(1)[0][1] < len(posts) / 50
    assert isinstance(event.label, Crisis) and event.label.peak - event.label.onset < timedelta(minutes=10)


def test_copied_posts_are_almost_the_same_and_hardly_anybody_posts_twice() -> None:
    _, posts = happening("copy-paste")
    assert Counter(post.author for post in posts[:3000]).most_common(1)[0][1] < 5
    bare = {"".join(filter(str.isalpha, post.text.lower()))[:120] for post in posts}
    assert len(bare) == 2, "one letter in English, one in French"
    assert len({post.text for post in posts}) > 10


def test_a_hijacked_hashtag_begins_friendly() -> None:
    event, posts = happening("hashtag-hijack")
    assert all("#torreliomoments" in post.text for post in posts)
    assert posts[0].author == "torrelio"
    launch = [post for post in posts if to_ms(post.created_at) < event.start_ms]
    assert len(launch) > 1000
    assert unlike(launch, Sentiment.NEUTRAL, Sentiment.POSITIVE) == []


def test_a_quarrel_is_29_complaints_by_10_people_19_of_them_by_two() -> None:
    for seed in range(5):
        _, posts = happening("quarrel", seed)
        authors = Counter(post.author for post in posts)
        assert (len(posts), len(authors)) == (29, 10)
        assert sum(count for _, count in authors.most_common(2)) == 19
        assert posts[-1].created_at - posts[0].created_at < timedelta(hours=1)
        assert unlike(posts, Sentiment.NEGATIVE) == []
        assert {post.reply_to for post in posts} - {None} <= {post.id for post in posts}


def test_nobody_is_angry_at_a_contest() -> None:
    _, posts = happening("contest")
    assert len(posts) > 60 * LIFE.mentions_per_min * 2
    assert unlike(posts, Sentiment.NEUTRAL, Sentiment.POSITIVE) == []


# ---------------------------------------------------------------------------------------- schedule


def made(events: Sequence[tuple[str, int | None]], *, days: int = 30, seed: int = 1, life: Life = PARIS) -> Simulation:
    return simulate(life, start_ms=START_MS, days=days, events=events, seed=seed)


def refusal(*arguments: Any, **options: Any) -> str:
    with pytest.raises(InputError) as error:
        made(*arguments, **options)
    return str(error.value)


def test_events_are_spread_after_two_weeks_in_their_order_and_the_labels_can_be_read() -> None:
    kinds = ["cascade", "contest", "brigade", "quarrel"]
    simulation = made([(kind, None) for kind in kinds])
    labels = parse_labels(msgspec.json.encode(simulation.labels))
    assert labels == simulation.labels
    starts = {crisis.id: crisis.onset for crisis in labels.crises} | {trap.id: trap.start for trap in labels.traps}
    assert sorted(starts, key=starts.__getitem__) == [f"{kind}-{number}" for number, kind in enumerate(kinds, 1)]
    assert min(starts.values()) >= START + timedelta(days=14)
    posts = list(simulation.posts)
    assert all(one.created_at <= next_.created_at for one, next_ in pairwise(posts))
    assert len({post.id for post in posts}) == len(posts)
    assert posts[0].created_at >= START and posts[-1].created_at < START + timedelta(days=30)


def test_an_event_with_a_time_is_there_even_before_the_warm_up_is_over() -> None:
    at_ms = START_MS + 3 * 1440 * MINUTE_MS
    assert made([("brigade", at_ms)], days=5).labels.crises[0].onset == START + timedelta(days=3)


def test_a_source_that_is_out_says_nothing_and_the_others_go_on() -> None:
    (trap,) = made([("outage", NOON_MS)], days=3).labels.traps
    posts = [post for post in made([("outage", NOON_MS)], days=3).posts if trap.start <= post.created_at <= trap.until]
    out = trap.until - timedelta(hours=2)
    assert "twitter" not in {post.source for post in posts if post.created_at < out}
    assert {post.source for post in posts if post.created_at < out} >= {"forum", "reviews"}
    assert "twitter" in {post.source for post in posts if post.created_at >= out}


def test_the_clocks_are_changed_when_the_time_zone_says_so() -> None:
    (trap,) = made([("clock-change", None)]).labels.traps
    assert trap.start == datetime(2024, 10, 27, 1, tzinfo=UTC)
    assert "not changed" in refusal([("clock-change", None)], life=replace(PARIS, timezone="UTC"))


def test_same_seed_same_file_other_seed_another() -> None:
    events = [("cascade", None), ("outage", None), ("quarrel", None)]
    one, same, other = (
        b"".join(map(msgspec.json.encode, made(events, seed=seed).posts))
        + msgspec.json.encode(made(events, seed=seed).labels)
        for seed in (1, 1, 2)
    )
    assert one == same != other


def test_what_cannot_happen_is_said() -> None:
    day_ms = 1440 * MINUTE_MS
    assert "no event 'wedding'; expected one of: cascade, brigade" in refusal([("wedding", None)])
    assert "is not between 2024-10-04T00:00 and" in refusal([("contest", START_MS - day_ms)])
    assert "brigade-1 lasts until" in refusal([("brigade", START_MS + 30 * day_ms - MINUTE_MS)])
    assert "happen at the same time" in refusal([("brigade", NOON_MS), ("contest", NOON_MS)])
    assert "no room for cascade-1" in refusal([("cascade", None)], days=14)
    assert "no room for" in refusal([("cascade", None)] * 20, days=16)
