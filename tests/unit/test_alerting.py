"""The life of alerts and of the one incident of a brand."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from detectors.alerting import AlertBook, AlertBookState, alert_id
from detectors.alerting.lifecycle import CALM_BUCKETS, REFRACTORY_MS
from detectors.model import MINUTE_MS, Alert, Brand, Explanation, Incident, Match, Score, ScoreStatus, from_ms
from support.series import MONDAY_MS

ACME = Brand(id="acme", name="Acme", match=Match(any=["acme"]), detectors=["surge", "page-hinkley"])
HOT = Score(status=ScoreStatus.OK, surprise=6.0, threshold=4.8)
WARM = Score(status=ScoreStatus.OK, surprise=2.4, threshold=4.8)
CALM = Score(status=ScoreStatus.OK, surprise=0.1, threshold=4.8)
UNKNOWN = Score(status=ScoreStatus.NO_DATA)


def why(observed: int, *, until_ms: int = MONDAY_MS) -> Explanation:
    return Explanation(
        since=from_ms(MONDAY_MS),
        until=from_ms(until_ms),
        observed=observed,
        expected=1.0,
        first_post=None,
        top_posts=[],
    )


def never() -> Explanation:
    raise AssertionError("nobody asked for an explanation")


def fire(book: AlertBook, detector: str = "surge", *, minute: int = 0, observed: int = 10) -> list[Alert | Incident]:
    at_ms = MONDAY_MS + minute * MINUTE_MS
    return book.fire(detector, HOT, onset_ms=at_ms, at_ms=at_ms, why=why(observed))


def close(book: AlertBook, scores: Sequence[Score], *, minute: int = 0, **others: Score) -> list[Alert | Incident]:
    """Close a bucket a score, from this minute on."""
    changed: list[Alert | Incident] = []
    for place, score in enumerate(scores):
        end_ms = MONDAY_MS + (minute + place + 1) * MINUTE_MS
        scored = {"surge": score, **others}
        changed += book.close_bucket(scored, at_ms=end_ms, explain=lambda end_ms=end_ms: why(99, until_ms=end_ms))  # type: ignore[misc]
    return changed


def test_the_same_finding_has_the_same_name() -> None:
    one, other = AlertBook(ACME), AlertBook(ACME)
    assert fire(one) == fire(other)
    assert one.state.alerts["surge"].id == alert_id("acme", "surge", from_ms(MONDAY_MS)) == "acme-surge-20260302T0000Z"


def test_a_first_alert_opens_an_incident() -> None:
    book = AlertBook(ACME)
    alert, incident = fire(book)
    assert isinstance(alert, Alert) and isinstance(incident, Incident)
    assert book.firing("surge") and book.any_firing and not book.firing("page-hinkley")
    assert (incident.state, incident.version, incident.alerts) == ("open", 1, [alert.id])


def test_people_hear_of_it_again_when_it_has_doubled() -> None:
    book = AlertBook(ACME)
    fire(book, observed=10)
    heard = []
    for observed in range(10, 100):
        if book.doubled(observed - 1.0):  # `why` expects one of them
            heard.append(book.grow(HOT, why(observed), at_ms=MONDAY_MS + observed))
    assert [incident.why.observed for incident in heard] == [19, 37, 73]
    assert [incident.version for incident in heard] == [2, 3, 4]


def test_an_incident_that_knows_of_no_post_is_not_told_every_minute() -> None:
    # Page-Hinkley may fire in a quiet minute, from the hours before.
    book = AlertBook(ACME)
    fire(book, "page-hinkley", observed=0)
    assert [book.doubled(observed) for observed in (0, 1, 2)] == [False, False, True]


def test_it_is_over_after_an_hour_of_calm_in_one_piece() -> None:
    book = AlertBook(ACME)
    fire(book)
    # Half the threshold is not calm yet, and one such minute begins the hour anew.
    assert close(book, [CALM] * (CALM_BUCKETS - 1) + [WARM]) == []
    assert close(book, [CALM] * (CALM_BUCKETS - 1), minute=60) == []
    alert, incident = close(book, [CALM], minute=119)
    assert isinstance(alert, Alert) and isinstance(incident, Incident)
    assert (alert.state, incident.state) == ("resolved", "resolved")
    assert alert.resolved_at == incident.resolved_at == from_ms(MONDAY_MS + 120 * MINUTE_MS)
    # The final explanation, asked for now, not that of the alarm.
    assert alert.why == incident.why == why(99, until_ms=MONDAY_MS + 120 * MINUTE_MS)
    assert not book.any_firing


def test_nobody_explains_what_is_not_over() -> None:
    book = AlertBook(ACME)
    fire(book)
    assert book.close_bucket({"surge": CALM}, at_ms=MONDAY_MS, explain=never) == []


def test_what_is_not_known_is_not_calm() -> None:
    book = AlertBook(ACME)
    fire(book)
    assert close(book, [UNKNOWN] * 500) == []
    assert book.firing("surge")


def test_a_second_detector_joins_the_incident_and_the_last_one_ends_it() -> None:
    book = AlertBook(ACME)
    _, first = fire(book)
    joined = fire(book, "page-hinkley", minute=5, observed=25)
    assert [type(change) for change in joined] == [Alert, Incident]
    assert isinstance(first, Incident) and isinstance(joined[1], Incident)
    assert joined[1].id == first.id and len(joined[1].alerts) == 2
    over = close(book, [CALM] * CALM_BUCKETS, minute=10, **{"page-hinkley": HOT})
    assert [type(change) for change in over] == [Alert]
    over = close(book, [CALM] * CALM_BUCKETS, minute=80, **{"page-hinkley": CALM})
    assert [change.state for change in over] == ["resolved", "resolved"]
    assert isinstance(over[1], Incident)


def test_a_detector_without_a_score_is_gone_and_its_alert_with_it() -> None:
    book = AlertBook(ACME)
    fire(book, "page-hinkley")
    assert [change.state for change in close(book, [CALM])] == ["resolved", "resolved"]


def test_the_same_story_within_six_hours_is_the_same_incident() -> None:
    book = AlertBook(ACME)
    first_alert, first = fire(book, observed=50)
    close(book, [CALM] * CALM_BUCKETS)
    again, reopened = fire(book, minute=REFRACTORY_MS // MINUTE_MS - 1, observed=20)
    assert isinstance(first_alert, Alert) and isinstance(again, Alert)
    assert isinstance(first, Incident) and isinstance(reopened, Incident)
    assert (again.id, again.onset, again.at) == (first_alert.id, first_alert.onset, first_alert.at)
    assert (again.state, again.resolved_at, reopened.resolved_at) == ("firing", None, None)
    assert (reopened.id, reopened.state, reopened.version) == (first.id, "open", 3)
    # What is told next has twice as many posts as people have been told of.
    assert not book.doubled(99)


def test_another_story_is_another_incident() -> None:
    book = AlertBook(ACME)
    _, first = fire(book)
    close(book, [CALM] * CALM_BUCKETS)
    alert, second = fire(book, minute=REFRACTORY_MS // MINUTE_MS)
    assert isinstance(first, Incident) and isinstance(second, Incident)
    assert second.id != first.id and second.version == 1 and second.alerts == [alert.id]


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("fire"), st.sampled_from(["surge", "page-hinkley"])),
            st.tuples(st.just("close"), st.sampled_from(["hot", "calm"])),
            st.tuples(st.just("grow"), st.just("")),
            st.tuples(st.just("restart"), st.just("")),
        ),
        max_size=60,
    )
)
def test_whatever_happens_an_incident_is_open_exactly_while_an_alert_fires(steps: list[tuple[str, str]]) -> None:
    book, minute, observed = AlertBook(ACME), 0, 1
    versions: dict[str, list[Incident]] = {}
    for kind, what in steps:
        changed: Sequence[Alert | Incident] = []
        minute, observed = minute + 61, observed + 7
        if kind == "fire" and not book.firing(what):
            changed = fire(book, what, minute=minute, observed=observed)
        elif kind == "close" and book.any_firing:
            score = HOT if what == "hot" else CALM
            changed = close(book, [score] * CALM_BUCKETS, minute=minute, **{"page-hinkley": score})
        elif kind == "grow" and book.doubled(observed):
            changed = [book.grow(HOT, why(observed), at_ms=MONDAY_MS)]
        elif kind == "restart":
            state = msgspec.msgpack.decode(msgspec.msgpack.encode(book.state), type=AlertBookState)
            book = AlertBook(ACME, state)
        for change in changed:
            if isinstance(change, Incident):
                versions.setdefault(change.id, []).append(change)
        incident = book.state.incident
        assert (incident is not None and incident.state != "resolved") == book.any_firing
    for told in versions.values():
        assert all(later.version == earlier.version + 1 for earlier, later in pairwise(told))
        assert len({(incident.onset, incident.opened_at) for incident in told}) == 1
