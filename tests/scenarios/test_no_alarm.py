"""What looks like trouble and is none."""

from __future__ import annotations

import pytest

from support.scenario import Scenario


@pytest.mark.parametrize("seed", range(3))
def test_an_ordinary_busy_day(seed: int) -> None:
    # The last of three weeks of a brand with a complaint every two minutes: nobody is woken for it.
    s = Scenario("acme", negative_per_hour=30, days_of_ordinary_life=8, seed=seed)
    s.expect_no_alert("acme")
    assert s.incidents("acme") == []
    s.expect_state("acme", "ok")


def test_a_contest_with_many_happy_posts() -> None:
    s = Scenario("acme", negative_per_hour=6)
    # "Tag a friend and win": 2,000 posts in an hour, of which a few grumble, as ever.
    s.at("18:00").posts(2000, over="1h", sentiment="positive", text="#win with acme, pick me!")
    s.at("18:00").posts(5, over="1h", text="acme contests are rigged")
    s.expect_no_alert("acme")


def test_many_questions_are_no_crisis() -> None:
    s = Scenario("acme", negative_per_hour=6)
    s.at("10:00").posts(500, over="1h", sentiment="neutral", text="which acme shops open on Sunday?")
    s.expect_no_alert("acme")


def test_two_unlucky_customers_in_a_minute() -> None:
    s = Scenario("acme", negative_per_hour=6)
    s.at("11:00").posts(3, over="1m")
    s.expect_no_alert("acme")


def test_a_crisis_of_something_that_is_not_watched() -> None:
    s = Scenario("acme", negative_per_hour=6)
    s.at("09:00").posts(1000, over="30m", text="the trains do not run")
    s.expect_no_alert("acme")


def test_a_brand_that_is_new_this_morning_does_not_know_yet() -> None:
    s = Scenario("acme", newcomers=["globex"])
    # 200 complaints on the first day somebody watches: unusual or the usual? Nobody can say, so nothing is said.
    s.at("09:00").posts(200, brand="globex", over="3h")
    s.expect_no_alert("globex")
    s.expect_state("globex", "warming_up", at="09:30")
    s.expect_state("globex", "little_history")
    scores = [bucket.scores["surge"] for bucket in s.buckets("globex") if bucket.start < s.moment("11:50")]
    assert all(score.surprise is None and score.threshold is None for score in scores)
    assert s.negative("globex", "09:00", "12:00") == 200  # counted all the same


def test_nobody_speaks_of_a_newcomer_and_nothing_is_made_up() -> None:
    s = Scenario("acme", newcomers=["globex"])
    s.expect_state("globex", "never mentioned")
    assert s.buckets("globex") == []


def test_a_busy_brand_in_its_first_week() -> None:
    # Four complaints a minute, five times as many at 15 h as at 3 h, from a Monday on. Warm on Thursday: nothing is
    # wrong that day.
    s = Scenario("acme", negative_per_hour=240, days_of_ordinary_life=3)
    s.expect_no_alert("acme")


def test_what_has_stayed_for_ten_days_is_usual() -> None:
    # The brand has twice the customers since the merger, and twice the complaints. That is worth one word, not an
    # incident that stays open for ever.
    s = Scenario("acme", negative_per_hour=6, live_days=11, detectors=("surge", "page-hinkley"), seed=2)
    s.at("06:00").posts(1440, over="10d")
    s.expect_incident("acme", state="resolved")
