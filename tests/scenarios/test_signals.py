"""What makes a crisis of many complaints: who writes them, beside what, and whether they are repeated."""

from __future__ import annotations

import pytest

from detectors.model import ScoreStatus
from streams.notifiers.message import body
from support.scenario import Scenario


@pytest.mark.parametrize("seed", [1, 3, 4])
def test_a_quarrel_of_two_friends_is_no_crisis(seed: int) -> None:
    # 29 negative posts in an hour, where six are usual; 19 of them by two people who cannot stop.
    s = Scenario("acme", negative_per_hour=6, seed=seed)
    for minute in range(19):
        s.at(f"14:{3 * minute:02}").post(sentiment="negative", author=("anna", "ben")[minute % 2])
    s.at("14:00").posts(10, over="1h", authors=8)
    s.expect_no_alert("acme")


@pytest.mark.parametrize("seed", [1, 3, 4])
def test_as_many_posts_by_as_many_people_are_one(seed: int) -> None:
    s = Scenario("acme", negative_per_hour=6, seed=seed)
    s.at("14:00").posts(60, over="1h")
    alert = s.expect_alert("acme", between=("14:05", "15:00"))
    assert "authors" in alert.score.signals
    assert "reposts" not in alert.score.signals


def test_a_contest_whose_happy_posts_are_sometimes_misread() -> None:
    s = Scenario("acme", negative_per_hour=6)
    # 1,500 posts in an hour; the reader of texts takes one in fifty for a complaint.
    s.at("18:00").posts(1470, over="1h", sentiment="positive", text="acme #win, pick me, I never win anything!")
    s.at("18:00").posts(30, over="1h", text="acme #win, I would kill for it")
    s.expect_no_alert("acme")


def test_one_post_that_everybody_repeats() -> None:
    s = Scenario("acme", negative_per_hour=6)
    s.at("20:00").post(sentiment="negative", author="customer", id="the-video", text="acme: look what they sent me")
    s.at("20:02").posts(60, over="30m", ramp=True, reposts_of="the-video", text="RT acme: look what they sent me")
    alert = s.expect_alert("acme", between=("20:05", "20:35"))
    assert "reposts" in alert.score.signals
    first, *_ = s.incidents("acme")
    assert "how much is repeated" in body(first)


def test_a_brand_that_is_new_this_morning_and_in_trouble_in_the_afternoon() -> None:
    s = Scenario("acme", newcomers=["globex"])
    s.at("07:00").posts(100, brand="globex", sentiment="neutral", over="10h")
    s.at("07:00").posts(50, brand="globex", over="10h")
    s.at("15:00").posts(150, brand="globex", over="40m", ramp=True)
    alert = s.expect_alert("globex", between=("15:05", "15:40"))
    assert alert.score.status is ScoreStatus.LITTLE_HISTORY
    first, *_ = s.incidents("globex")
    assert first.little_history and "Little history" in body(first)
    s.expect_state("globex", "warming_up", at="08:00")
    s.expect_state("globex", "little_history", at="14:00")


def test_a_new_brand_may_have_an_ordinary_first_day() -> None:
    s = Scenario("acme", "globex", negative_per_hour=20, days_of_ordinary_life=1, live_days=3)
    for brand in ("acme", "globex"):
        s.expect_no_alert(brand)
