"""Made-up posts: the same for the same seed, read as they are meant, and shaped as promised."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import msgspec

from detectors.intake import decode_post
from detectors.mentions import MentionFinder
from detectors.model import MINUTE_MS, Brand, Match, Post, Sentiment, to_ms
from detectors.simulation import Life, daily_rhythm, merge, ordinary_life, wave
from detectors.text import VaderNegativity

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
    finder = MentionFinder([TORRELIO], VaderNegativity())
    found = Counter(sentiment for post in posts for _, sentiment in finder.find(post))
    assert found.total() == len(posts), "a post does not name the brand"
    return found


def unlike(posts: list[Post], *meant: Sentiment) -> list[str]:
    model = VaderNegativity()
    return sorted({post.text for post in posts if model.judge(post.text, post.lang).label not in meant})


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
