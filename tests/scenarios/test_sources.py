"""Sources fail, repeat themselves, come late and lie about the time."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from detectors.model import Bucket
from support.scenario import Scenario


def _habits(s: Scenario) -> list[float]:
    """What is expected of the last hour, minute by minute."""
    last: list[Bucket] = s.buckets("acme")[-60:]
    return [bucket.scores["surge"].expected_per_min for bucket in last]


def test_an_outage_of_a_source_is_no_data_and_not_zero() -> None:
    s = Scenario("acme", negative_per_hour=30)
    # Twitter carries four of five mentions and is silent from 8 to 16 h. The forum still speaks of the weather.
    s.outage("twitter", "08:00", "16:00")
    s.outage("forum", "08:00", "16:00")
    s.at("08:00").posts(480, brand="the weather", sentiment="neutral", source="radio", over="8h")
    # For two hours it may be chance; then it is missing data, and that is told once.
    s.expect_state("acme", "ok", at="09:30")
    s.expect_state("acme", "no_data", at="10:05")
    s.expect_state("acme", "no_data", at="15:55")
    s.expect_told("acme", "no_data", times=1)
    # When it returns, ordinary life is ordinary.
    s.expect_state("acme", "ok", at="16:10")
    s.expect_no_alert("acme")


def test_an_outage_is_not_learned_as_calm() -> None:
    dark, day = Scenario("acme", negative_per_hour=30), Scenario("acme", negative_per_hour=30)
    for source in ("twitter", "forum"):
        dark.outage(source, "08:00", "20:00")
    dark.at("08:00").posts(480, brand="the weather", sentiment="neutral", source="radio", over="12h")
    for unlucky, usual in zip(_habits(dark), _habits(day), strict=True):
        # The two hours until the silence is believed do count, nothing after.
        assert unlucky > 0.85 * usual


def test_a_crisis_right_after_an_outage_is_found() -> None:
    s = Scenario("acme", negative_per_hour=30)
    for source in ("twitter", "forum"):
        s.outage(source, "08:00", "14:00")
    s.at("08:00").posts(480, brand="the weather", sentiment="neutral", source="radio", over="6h")
    s.at("14:30").posts(120, over="10m")
    s.expect_alert("acme", between=("14:31", "14:40"))


def test_a_source_that_brings_its_backlog_after_an_outage_is_a_source_again() -> None:
    s = Scenario("acme", negative_per_hour=30, live_days=2)
    s.outage("twitter", "06:00", "12:00")
    s.outage("forum", "06:00", "12:00")
    s.at("06:00").posts(720, brand="the weather", sentiment="neutral", source="radio", over="36h")
    # The connector is back at noon and first delivers what it had missed, oldest first, as connectors do. What is
    # older than the lateness comes too late; what follows must be heard.
    for hours in range(6, 12):
        late = timedelta(hours=12 - hours)
        s.at(f"{hours:02}:00").posts(20, over="10m", late_by=f"{late.total_seconds():.0f}s")
    s.expect_state("acme", "no_data", at="10:00")
    s.expect_told("acme", "no_data", times=1)
    s.expect_state("acme", "ok", at="13:00")
    s.expect_tally("acme", late=120)
    # Calm minutes are zeros again, not missing data.
    afternoon = [b for b in s.buckets("acme") if s.moment("13:00") <= b.start < s.moment("+1d 13:00")]
    assert len(afternoon) == 1440
    s.at("+1d 14:00").posts(100, over="10m")
    s.expect_alert("acme", between=("+1d 14:01", "+1d 14:10"))


def test_an_incident_survives_a_silence_of_its_sources() -> None:
    s = Scenario("acme", negative_per_hour=30)
    s.at("07:30").posts(200, over="30m")
    for source in ("twitter", "forum"):
        s.outage(source, "08:00", "14:00")
    s.at("08:00").posts(480, brand="the weather", sentiment="neutral", source="radio", over="6h")
    s.expect_alert("acme", between=("07:30", "07:40"))
    # It cannot be over while nobody knows; in the end it is told whole, not from the silence on.
    last = s.expect_incident("acme", of=1, state="resolved")[-1]
    assert last.why.since <= s.moment("07:31")
    assert last.why.observed >= 200


def test_late_posts_count_within_the_lateness_and_are_told_as_late_after_it() -> None:
    # This connector sends one batch a minute: 50 s late is its normal, an hour late is history.
    s = Scenario("acme", days_of_ordinary_life=0, negative_per_hour=0, world_per_hour=300)
    s.at("08:00").posts(1, sentiment="neutral")  # from here on the brand's time runs
    s.at("09:00").posts(20, over="30s", late_by="50s")
    s.at("10:00").posts(7, over="30s", late_by="1h")
    assert s.negative("acme", "09:00", "09:01") == 20
    assert s.negative("acme", "10:00", "10:01") == 0
    s.expect_tally("acme", late=7, twice=0)


def test_posts_from_before_the_brands_time_are_late() -> None:
    s = Scenario("acme", days_of_ordinary_life=0, negative_per_hour=0, world_per_hour=300)
    s.at("09:00").posts(3, over="30s", late_by="2h")
    s.at("12:00").posts(2, over="30s")
    s.expect_tally("acme", late=3)
    assert s.buckets("acme")[0].start >= s.moment("10:58")


def test_the_same_post_from_two_connectors_counts_once() -> None:
    s = Scenario("acme", days_of_ordinary_life=0, negative_per_hour=0, world_per_hour=300)
    for number in range(10):
        moment = s.at(f"09:00:{number:02}")
        moment.post(id=f"same{number}", late_by="2s").post(id=f"same{number}", late_by="9s")
    assert s.negative("acme", "09:00", "09:01") == 10
    s.expect_tally("acme", twice=10, late=0)


def test_the_same_id_on_another_source_is_another_post() -> None:
    s = Scenario("acme", days_of_ordinary_life=0, negative_per_hour=0, world_per_hour=300)
    s.at("09:00").post(id="1", source="twitter").post(id="1", source="forum")
    assert s.negative("acme", "09:00", "09:01") == 2


def test_an_edited_post_counts_once() -> None:
    s = Scenario("acme", days_of_ordinary_life=0, negative_per_hour=0, world_per_hour=300)
    s.at("09:00").post(id="e", text="acme is bad")
    s.at("09:20").post(id="e", text="EDIT: acme is REALLY bad")
    s.at("15:00").post(id="e", text="EDIT 2: acme has answered", sentiment="positive")
    assert s.negative("acme", "09:00", "16:00") == 1
    s.expect_tally("acme", twice=2)


def test_two_connectors_make_no_crisis_out_of_ordinary_life() -> None:
    s = Scenario("acme", negative_per_hour=6)
    # A second connector is put into service at nine and repeats all that the first one brings.
    s.at("09:00").posts(12, over="1h")
    once = s.negative("acme", "09:00", "10:00")
    t = Scenario("acme", negative_per_hour=6)
    for place in range(12):
        written = t.moment("09:00") + timedelta(minutes=5 * (place + 0.5))
        for delay in ("0s", "4s"):
            t.at("09:00").post(id=f"twice{place}", written=written, late_by=delay)
    assert t.negative("acme", "09:00", "10:00") == once
    t.expect_tally("acme", twice=12)


@pytest.mark.parametrize("wrong", ["2100-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1970-01-01T00:00:00Z"])
def test_one_wrong_date_in_the_middle_of_a_day_harms_nothing(wrong: str) -> None:
    s = Scenario("acme", negative_per_hour=6)
    s.at("08:30").post(written=wrong)
    s.at("08:45").post(brand="the weather", written=wrong, source="broken")
    s.at("09:00").posts(40, over="10m")
    # The wrong date is one complaint more, so it may be a few seconds earlier.
    s.expect_alert("acme", between=("09:00", "09:06"))
    # Time went on as if nothing had been: nothing is late because of it, and the day has no hole.
    s.expect_tally("acme", late=1 if wrong.startswith("1970") else 0)
    starts = [bucket.start for bucket in s.buckets("acme") if bucket.start >= s.moment("08:00")]
    assert {later - earlier for earlier, later in pairwise(starts)} == {timedelta(minutes=1)}
    s.expect_incident("acme", state="resolved")


def test_a_post_from_the_future_counts_now() -> None:
    s = Scenario("acme", days_of_ordinary_life=0, negative_per_hour=0, world_per_hour=300)
    s.at("08:00").posts(1)
    s.at("09:00").post(written="2100-01-01T00:00:00Z")
    # In the newest time that the log has seen, a few seconds before.
    assert s.negative("acme", "08:59", "09:01") == 1


def test_garbage_among_the_posts_of_a_crisis() -> None:
    s = Scenario("acme", negative_per_hour=6)
    s.at("09:00").posts(40, over="10m")
    for minute in range(10):
        s.at(f"09:{minute:02}").raw(b"\xff\xfe").raw(b"[]").raw(b'{"id": "1"}').raw(b"")
    s.expect_alert("acme", between=("09:01", "09:06"))
    assert len(s.replay.rejected) == 40


def test_the_silence_of_the_large_source_is_told_once_though_a_small_one_speaks() -> None:
    s = Scenario("acme", negative_per_hour=30)
    # Four of five mentions come from Twitter. Each one in the forum turns NO_DATA into a counted, learned, low minute.
    s.outage("twitter", "08:00", "16:00")
    s.expect_state("acme", "no_data", at="12:00")
    s.expect_told("acme", "no_data", times=1)
