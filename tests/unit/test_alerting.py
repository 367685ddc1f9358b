"""The life of alerts."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from detectors.alerting import AlertBook, AlertBookState, alert_id
from detectors.alerting.alerts import CALM_BUCKETS, IMPOSTOR, REFRACTORY_MS
from detectors.model import MINUTE_MS, Alert, Explanation, Score, ScoreStatus, from_ms
from support.series import MONDAY_MS

HOT = Score(status=ScoreStatus.OK, surprise=6.0, threshold=4.8)
WARM = Score(status=ScoreStatus.OK, surprise=2.4, threshold=4.8)
CALM = Score(status=ScoreStatus.OK, surprise=0.1, threshold=4.8)
UNKNOWN = Score(status=ScoreStatus.NO_DATA)


def why(observed: int, *, until_ms: int = MONDAY_MS) -> Explanation:
    since, until = from_ms(MONDAY_MS), from_ms(until_ms)
    return Explanation(since=since, until=until, observed=observed, expected=1.0, first_post=None, top_posts=[])


def never(key: str) -> Explanation:
    raise AssertionError("nobody asked for an explanation")


def fire(book: AlertBook, key: str = "surge", *, minute: int = 0, another: bool = False) -> Alert:
    at_ms = MONDAY_MS + minute * MINUTE_MS
    return book.fire(key, HOT, onset_ms=at_ms, at_ms=at_ms, why=why(10), another=another)


def close(book: AlertBook, scores: Sequence[Score], *, minute: int = 0, **others: Score) -> list[Alert]:
    """Close a bucket a score, from this minute on."""
    over: list[Alert] = []
    for place, score in enumerate(scores):
        end_ms = MONDAY_MS + (minute + place + 1) * MINUTE_MS

        def explain(key: str, end_ms: int = end_ms) -> Explanation:
            return why(99, until_ms=end_ms)

        over += [alert for _, alert in book.close_bucket({"surge": score, **others}, at_ms=end_ms, explain=explain)]
    return over


def test_the_same_finding_has_the_same_name() -> None:
    one, other = AlertBook("acme"), AlertBook("acme")
    assert fire(one) == fire(other)
    assert one.state.alerts["surge"].id == alert_id("acme", "surge", from_ms(MONDAY_MS)) == "acme-surge-20260302T0000Z"


def test_it_is_over_after_an_hour_of_calm_in_one_piece() -> None:
    book = AlertBook("acme")
    fire(book)
    # Half the threshold is not calm yet, and one such minute begins the hour anew.
    assert close(book, [CALM] * (CALM_BUCKETS - 1) + [WARM]) == []
    assert close(book, [CALM] * (CALM_BUCKETS - 1), minute=60) == []
    (alert,) = close(book, [CALM], minute=119)
    assert (alert.state, alert.resolved_at) == ("resolved", from_ms(MONDAY_MS + 120 * MINUTE_MS))
    # The final explanation, asked for now, not that of the alarm.
    assert alert.why == why(99, until_ms=MONDAY_MS + 120 * MINUTE_MS)
    assert not book.any_firing


def test_nobody_explains_what_is_not_over() -> None:
    book = AlertBook("acme")
    fire(book)
    assert book.close_bucket({"surge": CALM}, at_ms=MONDAY_MS, explain=never) == []


def test_what_is_not_known_is_not_calm() -> None:
    book = AlertBook("acme")
    fire(book)
    assert close(book, [UNKNOWN] * 500) == []
    assert book.firing("surge")


def test_a_detector_without_a_score_is_gone_and_its_alert_with_it() -> None:
    book = AlertBook("acme")
    fire(book, "page-hinkley")
    assert [alert.state for alert in close(book, [CALM])] == ["resolved"]


def test_within_six_hours_it_is_the_same_alert_unless_it_tells_another_story() -> None:
    book = AlertBook("acme")
    first = fire(book)
    close(book, [CALM] * CALM_BUCKETS)
    again = fire(book, minute=REFRACTORY_MS // MINUTE_MS - 1)
    assert (again.id, again.onset, again.at, again.state) == (first.id, first.onset, first.at, "firing")
    close(book, [CALM] * CALM_BUCKETS, minute=400)
    assert fire(book, minute=REFRACTORY_MS // MINUTE_MS).id != first.id
    other = AlertBook("acme")
    fire(other)
    close(other, [CALM] * CALM_BUCKETS)
    assert fire(other, minute=90, another=True).id == "acme-surge-20260302T0130Z"


def test_an_impostor_and_a_second_story_are_no_wave_of_their_own() -> None:
    book = AlertBook("acme")
    fire(book, IMPOSTOR)
    second = fire(book, f"story/{MONDAY_MS}")
    assert (second.detector, second.id) == ("story", "acme-story-20260302T0000Z")
    assert [book.any_firing, book.wave_on] == [True, False]
    fire(book, "page-hinkley")
    assert [book.wave_on] == [True]
    # What is over of several stories leaves nothing behind: the next has a key of its own.
    close(book, [CALM] * CALM_BUCKETS)
    assert set(book.state.alerts) == {IMPOSTOR, "page-hinkley"}


@given(st.lists(st.tuples(st.sampled_from(["fire", "hot", "calm", "restart"]), st.sampled_from(["surge", "drift"]))))
def test_whatever_happens_what_fires_is_what_is_told(steps: list[tuple[str, str]]) -> None:
    book, minute = AlertBook("acme"), 0
    told: dict[str, Alert] = {}
    for what, key in steps:
        minute += 61
        if what == "fire" and not book.firing(key):
            told[key] = fire(book, key, minute=minute)
        elif what in ("hot", "calm") and book.any_firing:
            score = HOT if what == "hot" else CALM
            for alert in close(book, [score] * CALM_BUCKETS, minute=minute, drift=score):
                told[alert.detector] = alert
        elif what == "restart":
            state = msgspec.msgpack.decode(msgspec.msgpack.encode(book.state), type=AlertBookState)
            book = AlertBook("acme", state)
        assert {key for key, alert in told.items() if alert.state == "firing"} == {
            key for key in ("surge", "drift") if book.firing(key)
        }
