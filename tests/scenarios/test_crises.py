"""How a bad buzz is found, told, followed and closed."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from support.explanations import expect_sums, part
from support.scenario import Scenario


def test_a_service_breaks_down_and_is_found_while_it_is_small() -> None:
    s = Scenario("acme", negative_per_hour=6)
    # Card payments fail in every shop. Forty people say so within ten minutes, where one would be usual.
    s.at("09:00").posts(40, text="acme: your card terminals are down, I left my shopping there", over="10m")
    alert = s.expect_alert("acme", between=("09:00", "09:06"))
    # Found means found small: well before the fortieth.
    assert alert.why.observed < 25
    assert alert.why.observed > 3 * alert.why.expected
    # The team repairs it, people go home: nobody has to close anything by hand.
    incident = s.expect_incident("acme", state="resolved", alerts=1)[-1]
    assert incident.resolved_at is not None and incident.resolved_at < s.moment("13:00")
    s.expect_state("acme", "ok")


def test_the_alert_says_why() -> None:
    s = Scenario("acme")
    s.at("09:00").post(id="first", text="acme charged me twice", author="anna", followers=40)
    s.at("09:01").post(id="loud", text="acme charges everybody twice!", author="carla", followers=90_000, reposts=250)
    s.at("09:02").posts(30, over="5m", reposts_of="loud", text="acme charges everybody twice!")
    s.at("09:02").posts(15, over="5m", source="forum", text="acme took the money twice here too")
    s.expect_alert("acme", between=("09:02", "09:06"))
    why = s.expect_incident("acme")[-1].why
    assert why.top_posts[0].id == "loud"
    expect_sums(why)
    assert part(why, "kind", "reposts").observed == 30
    assert part(why, "channel", "forum").observed >= 15
    # One voice in five is of the forum on an ordinary day, and hardly anybody reposts.
    assert part(why, "kind", "reposts").excess == 30
    assert {"charges", "everybody", "twice"} <= {word.word for word in why.words}
    assert why.reach > 90_000
    # The quiet hours before it are in the picture, and what came then is out of the ordinary.
    before = [point for point in why.timeline if point.at < s.moment("09:00")]
    assert all(point.observed <= point.high + 2 for point in before)
    assert why.first_post is not None and why.first_post.created_at <= s.moment("09:00")


def test_a_slow_burn_over_four_hours_is_found_before_its_peak() -> None:
    s = Scenario("acme", negative_per_hour=6)
    # Nobody shouts. A delivery date slips, and hour after hour a few more people notice: no minute stands out.
    s.at("09:00").posts(160, over="4h", ramp=True, text="acme: my parcel has not moved since Monday")
    s.expect_alert("acme", between=("09:20", "11:00"))
    s.expect_incident("acme")


def test_one_story_is_one_alert_and_one_incident_that_grows_by_doubling() -> None:
    s = Scenario("acme", negative_per_hour=6, live_days=2)
    # Five hours, 1,200 posts. Ten messages for it would be ten too many.
    s.at("09:00").posts(1200, over="5h", ramp=True, text="acme: the recall is a joke")
    s.expect_alert("acme", between=("09:01", "09:40"))
    versions = s.expect_incident("acme", state="resolved", alerts=1)
    growing = [version.why.observed - version.why.expected for version in versions[:-1]]
    assert all(later >= 2 * earlier for earlier, later in pairwise(growing))
    # From 10 posts to 1,200 a team hears some seven times, not every minute.
    assert 4 <= len(versions) <= 9
    last = versions[-1]
    # The last word has the final numbers: all 1,200, and what was usual besides until it was over.
    assert 1200 <= last.why.observed <= 1350
    assert last.resolved_at == last.updated_at == last.why.until
    alert = [alert for alert in s.replay.alerts if alert.id == last.alerts[0]][-1]
    # The alert looks at long sums and goes on for hours; people hear when the rhythm has been back for an hour.
    assert alert.state == "resolved" and alert.resolved_at is not None and last.resolved_at is not None
    assert last.resolved_at < alert.resolved_at and last.resolved_at <= s.moment("16:10")


def test_a_second_wave_within_six_hours_reopens_the_incident() -> None:
    s = Scenario("acme", negative_per_hour=6)
    s.at("09:00").posts(60, over="10m", text="acme: the app logs me out")
    # The fix was none. It was calm for long enough for the incident to be closed, but it is the same story.
    s.at("14:40").posts(80, over="10m", text="acme: logged out AGAIN")
    s.expect_alert("acme", between=("09:00", "09:05"))
    versions = s.expect_incident("acme", of=1, state="resolved", alerts=1)
    states = [version.state.value for version in versions]
    assert states.count("resolved") == 2, states
    reopened = versions[states.index("resolved") + 1]
    assert reopened.state == "reopened" and reopened.resolved_at is None
    assert s.moment("14:40") <= reopened.updated_at <= s.moment("14:46")
    assert reopened.onset == versions[0].onset


def test_a_crisis_does_not_become_the_new_normal() -> None:
    s = Scenario("acme", negative_per_hour=6, live_days=2)
    # Six hours of it on the first day: had the habits learned from that, the second wave would look ordinary.
    s.at("09:00").posts(900, over="6h")
    s.at("+1d 09:00").posts(40, over="10m")
    s.expect_alert("acme", between=("09:01", "09:15"))
    s.expect_alert("acme", between=("+1d 09:01", "+1d 09:10"))
    s.expect_incident("acme", of=2)
    before, after = (s.buckets("acme")[-minutes].scores["surge"].expected_per_min for minutes in (2880, 5))
    # 23:55 on both days, give or take what a day of ordinary life teaches.
    assert after < 2 * max(before, 0.02)


def test_only_the_brand_in_crisis_is_told() -> None:
    s = Scenario("acme", "globex", negative_per_hour=6)
    s.at("09:00").posts(60, brand="acme", over="10m")
    s.expect_alert("acme", between=("09:00", "09:05"))
    s.expect_no_alert("globex")
    assert s.incidents("globex") == []


def test_a_post_that_names_two_brands_counts_for_both() -> None:
    s = Scenario("acme", "globex", negative_per_hour=6)
    s.at("09:00").posts(40, brand="acme", over="10m", text="acme has bought globex, and now neither of them answers")
    s.expect_alert("acme", between=("09:00", "09:06"))
    s.expect_alert("globex", between=("09:00", "09:06"))


def test_a_night_that_is_usually_silent_needs_fewer_posts_than_a_noon() -> None:
    # Baselines know the hour: twelve posts in ten minutes are news at three in the morning.
    night = Scenario("acme", negative_per_hour=12)
    night.at("03:00").posts(12, over="10m")
    night.expect_alert("acme", between=("03:01", "03:15"))
    noon = Scenario("acme", negative_per_hour=12)
    noon.at("15:00").posts(12, over="10m")
    noon.expect_no_alert("acme")


@pytest.mark.parametrize("per_hour, posts, seed", [(0.2, 8, 2), (6.0, 40, 1), (60.0, 120, 1)])
def test_the_statistic_is_honest_for_small_and_for_large_brands(per_hour: float, posts: int, seed: int) -> None:
    # A brand with five mentions a day and one with a mention a minute, on the same budget of false alarms.
    s = Scenario("acme", negative_per_hour=per_hour, days_of_ordinary_life=7, seed=seed)
    s.at("14:00").posts(posts, over="10m")
    s.expect_no_alert("acme", between=("00:00", "13:59"))
    s.expect_alert("acme", between=("14:00", "14:10"))


def test_a_slow_drift_is_found_by_page_hinkley() -> None:
    s = Scenario("acme", negative_per_hour=6, live_days=2, detectors=("surge", "page-hinkley"))
    # Twice the usual, hour after hour: a surge stands out only when the day is nearly over.
    s.at("06:00").posts(270, over="30h", text="acme: the new recipe is not what it was")
    slow = s.expect_alert("acme", between=("07:00", "14:00"), detector="page-hinkley")
    surges = [alert for alert in s.firings("acme") if alert.detector == "surge"]
    assert all(alert.at > slow.at for alert in surges)
    # Whoever finds it, for people it is one incident.
    s.expect_incident("acme", of=1, state="open", alerts=1 + len(surges))


def test_a_crisis_over_midnight_is_one_incident() -> None:
    s = Scenario("acme", negative_per_hour=6, live_days=2)
    s.at("22:30").posts(300, over="3h")
    s.expect_alert("acme", between=("22:31", "22:40"))
    incident = s.expect_incident("acme", of=1)[-1]
    assert incident.resolved_at is not None
    assert timedelta(hours=3) < incident.resolved_at - incident.opened_at < timedelta(hours=12)
