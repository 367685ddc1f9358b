"""The life of incidents, by themselves and by what people do to them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from detectors.alerting import AlertBook, IncidentBook, IncidentBookState, alert_id
from detectors.alerting.actions import KEPT_OPINIONS, KEPT_TICKS, REOPEN_WITHIN, act
from detectors.alerting.incidents import (
    KEPT_ANSWERS,
    KEPT_FOR,
    KEPT_GROWTH,
    KEPT_INCIDENTS,
    KEPT_SILENCES,
    LONGEST_SILENCE,
    MOST_EDITS,
)
from detectors.commands import decode_command, encode_command
from detectors.errors import InvalidCommand, Reason
from detectors.model import (
    COMMAND_SCHEMA,
    MINUTE_MS,
    Acknowledge,
    Alert,
    AlertState,
    Answer,
    AnyCommand,
    Assign,
    Brand,
    Change,
    Command,
    EndSilence,
    Entry,
    Explanation,
    Feedback,
    Given,
    Grade,
    Growth,
    Incident,
    IncidentState,
    Match,
    Note,
    Outcome,
    Reopen,
    Resolve,
    Respond,
    Score,
    ScoreStatus,
    Severity,
    StartSilence,
    Story,
    StoryKind,
    Tick,
    Verdict,
    from_ms,
)
from support.series import MONDAY_MS

ACME = Brand(id="acme", name="Acme", match=Match(any=["acme"]), detectors=["surge", "page-hinkley"])
HOT = Score(status=ScoreStatus.OK, surprise=6.0, threshold=4.8)
MONDAY = from_ms(MONDAY_MS)
FIRST = "incident-acme-surge-20260302T0000Z"
"""The incident that the alert of Monday 00:00 opens."""
SECOND = "incident-acme-story-20260302T0005Z"

DONE, UNCHANGED, GONE = Outcome.DONE, Outcome.UNCHANGED, Outcome.GONE
CONFLICT, IMPOSSIBLE, UNREADABLE = Outcome.CONFLICT, Outcome.IMPOSSIBLE, Outcome.UNREADABLE


def at_minute(minute: int) -> datetime:
    return MONDAY + timedelta(minutes=minute)


def ms(minute: int) -> int:
    return MONDAY_MS + minute * MINUTE_MS


def why(observed: int = 10, **facts: Any) -> Explanation:
    return Explanation(
        since=MONDAY, until=MONDAY, observed=observed, expected=1.0, first_post=None, top_posts=[], **facts
    )


def alert(key: str = "surge", *, minute: int = 0, observed: int = 10, **facts: Any) -> Alert:
    detector = key.partition("/")[0]
    return Alert(
        id=alert_id("acme", detector, at_minute(minute)),
        brand="acme",
        detector=detector,
        state=AlertState.FIRING,
        onset=at_minute(minute),
        at=at_minute(minute),
        score=HOT,
        why=why(observed, **facts),
    )


def opened(**facts: Any) -> IncidentBook:
    """A book with one incident, open since Monday 00:00."""
    book = IncidentBook(ACME)
    book.attach("surge", alert(**facts), at_ms=MONDAY_MS)
    return book


def two_open() -> IncidentBook:
    """A book with the incident of a wave and, five minutes later, that of a story within it."""
    book = opened()
    assert book.attach("story/1", alert("story/1", minute=5), at_ms=ms(5)).id == SECOND
    return book


def the(book: IncidentBook, name: str = FIRST) -> Incident:
    return book.state.incidents[name]


def restart(book: IncidentBook) -> IncidentBook:
    """The state goes to a snapshot, the process ends, and another one begins with it."""
    return IncidentBook(ACME, msgspec.msgpack.decode(msgspec.msgpack.encode(book.state), type=IncidentBookState))


def split(events: Sequence[Incident | Answer]) -> tuple[list[Incident], Answer]:
    """Of what a command brought: the incidents that changed, and the answer, which comes last."""
    *changed, answer = events
    assert isinstance(answer, Answer)
    incidents = [one for one in changed if isinstance(one, Incident)]
    assert len(incidents) == len(changed)
    return incidents, answer


def do(
    book: IncidentBook,
    who: str,
    kind: type[AnyCommand],
    *,
    minute: int = 10,
    incident: str | None = FIRST,
    partition: int = 0,
    **fields: Any,
) -> tuple[list[Incident], Answer]:
    """Somebody does something: the incidents that changed, and what they are told."""
    offset = book.state.commanded.get(partition, -1) + 1
    name = fields.pop("id", f"{who}-{partition}-{offset}")
    command = kind(id=name, brand="acme", by=who, incident=incident, **fields)
    return split(book.command(partition, Given(offset, ms(minute), command)))


# ---------------------------------------------------------------------------------------- by itself


def test_a_first_alert_opens_an_incident() -> None:
    book = IncidentBook(ACME)
    incident = book.attach("surge", alert(), at_ms=MONDAY_MS, signature=["delay", "#acmefail"])
    assert (incident.id, incident.state, incident.version) == (FIRST, "open", 1)
    assert (incident.alerts, incident.detectors) == (["acme-surge-20260302T0000Z"], ["surge"])
    assert (incident.onset, incident.opened_at, incident.updated_at) == (MONDAY, MONDAY, MONDAY)
    assert incident.signature == ["delay", "#acmefail"]
    assert incident.timeline == [Entry(at=MONDAY, what=Change.OPENED, version=1, text="surge")]
    assert (incident.edits, incident.owner, incident.acknowledged_at, incident.resolved_at) == (0, None, None, None)
    assert book.of("surge") == incident
    assert book.of("page-hinkley") is None


def test_people_hear_of_it_again_when_it_has_doubled() -> None:
    book = opened(observed=10)
    heard: list[Incident] = []
    for observed in range(10, 100):
        if book.doubled("surge", observed - 1.0):  # `why` expects one of them
            heard += book.grow("surge", HOT, why(observed), at_ms=MONDAY_MS + observed)
    assert [incident.why.observed for incident in heard] == [19, 37, 73]
    assert [incident.version for incident in heard] == [2, 3, 4]
    assert [(entry.what, entry.text) for entry in heard[-1].timeline[1:]] == [
        ("grew", "19"),
        ("grew", "37"),
        ("grew", "73"),
    ]


def test_an_incident_that_knows_of_no_post_is_not_told_every_minute() -> None:
    # Page-Hinkley may fire in a quiet minute, from the hours before.
    book = opened(observed=0)
    assert [book.doubled("surge", excess) for excess in (0, 1, 2)] == [False, False, True]


def test_what_belongs_to_no_incident_neither_grows_nor_ends() -> None:
    book = IncidentBook(ACME)
    assert not book.doubled("surge", 1000.0)
    assert book.grow("surge", HOT, why(1000), at_ms=MONDAY_MS) == []
    assert book.over("surge", alert(), firing=[], at_ms=MONDAY_MS) == []
    assert book.state == IncidentBookState()


def test_a_second_detector_joins_and_the_last_alert_ends_it() -> None:
    book = opened()
    joined = book.attach(
        "page-hinkley", alert("page-hinkley", minute=5, observed=25), at_ms=ms(5), signature=["refund"], into=FIRST
    )
    assert (joined.id, joined.state, joined.version) == (FIRST, "open", 2)
    assert joined.alerts == ["acme-surge-20260302T0000Z", "acme-page-hinkley-20260302T0005Z"]
    assert (joined.detectors, joined.signature) == (["surge", "page-hinkley"], ["refund"])
    assert (joined.timeline[-1].what, joined.timeline[-1].text) == ("joined", "page-hinkley")
    # One of its two alerts is over; then the other, with the final explanation.
    assert book.over("surge", alert(observed=99), firing=["page-hinkley"], at_ms=ms(70)) == []
    (over,) = book.over("page-hinkley", alert("page-hinkley", minute=5, observed=99), firing=[], at_ms=ms(140))
    assert (over.state, over.version, over.resolved_at) == ("resolved", 3, at_minute(140))
    assert over.why.observed == 99
    assert (over.timeline[-1].what, over.timeline[-1].by) == ("calmed", "badbuzz")


def test_an_alert_of_another_story_keeps_no_incident_open() -> None:
    book = two_open()
    (over,) = book.over("surge", alert(), firing=["story/1"], at_ms=ms(60))
    assert (over.id, over.state, the(book, SECOND).state) == (FIRST, "resolved", "open")


def test_an_alert_that_goes_on_after_its_story_is_over_ends_no_incident_any_more() -> None:
    book = two_open()
    (calm,) = book.calm(FIRST, why(30), at_ms=ms(60))
    book.release("surge")
    assert (calm.id, calm.state) == (FIRST, "resolved")
    assert book.over("surge", alert(), firing=["story/1"], at_ms=ms(70)) == []
    assert the(book, SECOND).state == "open" and the(book, FIRST).version == calm.version
    # On again, it is known by its alert.
    again = book.attach("surge", alert(observed=50), at_ms=ms(80))
    assert (again.id, again.state) == (FIRST, "reopened")


def test_the_same_alert_again_reopens_its_incident() -> None:
    book = opened(observed=50)
    book.over("surge", alert(observed=99), firing=[], at_ms=ms(60))
    reopened = book.attach("surge", alert(observed=20), at_ms=ms(300))
    assert (reopened.id, reopened.state, reopened.version, reopened.resolved_at) == (FIRST, "reopened", 3, None)
    assert (reopened.alerts, reopened.opened_at) == (["acme-surge-20260302T0000Z"], MONDAY)
    # What is told next has twice as many posts as people have been told of.
    assert not book.doubled("surge", 99)
    assert book.doubled("surge", 2 * 98)


def test_another_alert_of_the_same_detector_is_another_incident_unless_it_is_told_to_join() -> None:
    book = opened()
    book.over("surge", alert(), firing=[], at_ms=ms(60))
    second = book.attach("surge", alert(minute=400), at_ms=ms(400))
    assert (second.id, second.version, second.state) == ("incident-acme-surge-20260302T0640Z", 1, "open")
    book.over("surge", alert(minute=400), firing=[], at_ms=ms(460))
    # In the words of the first: that story is on again, with a second alert.
    again = book.attach("surge", alert(minute=800), at_ms=ms(800), into=FIRST)
    assert (again.id, again.state, len(again.alerts)) == (FIRST, "reopened", 2)


def test_a_look_alike_opens_it_and_the_wave_that_joins_says_how_bad_it_is() -> None:
    # An impostor's score is whether there is one: its scale is not that of a wave.
    book = IncidentBook(ACME)
    found = msgspec.structs.replace(alert("impostor"), score=Score(status=ScoreStatus.OK, surprise=1.0, threshold=0.5))
    incident = book.attach("impostor", found, at_ms=MONDAY_MS)
    assert (incident.peak_surprise, incident.threshold) == (1.0, 0.5)
    incident = book.attach("surge", alert(minute=5), at_ms=ms(5), into=incident.id)
    assert (incident.peak_surprise, incident.threshold) == (6.0, 4.8)


def test_the_timeline_forgets_growth_and_never_what_people_did() -> None:
    book = opened()
    do(book, "anna", Note, text="the first hour")
    for step in range(60):
        book.grow("surge", HOT, why(20 + step), at_ms=ms(20 + step))
    do(book, "bob", Note, minute=100, text="the second hour")
    timeline = the(book).timeline
    assert the(book).version == 63
    assert [entry.what for entry in timeline[:2]] == ["opened", "noted"]
    assert [entry.text for entry in timeline if entry.command] == ["the first hour", "the second hour"]
    growth = [int(entry.text) for entry in timeline if entry.what is Change.GREW]
    assert growth == list(range(20 + 60 - KEPT_GROWTH, 20 + 60))


def test_where_nothing_is_mere_growth_the_oldest_that_nobody_did_is_forgotten() -> None:
    book = opened()
    do(book, "anna", Note, text="a detector that stutters")
    for step in range(60):
        book.attach("surge", alert(), at_ms=ms(20 + step))
    timeline = the(book).timeline
    assert [entry.what for entry in timeline[:3]] == ["opened", "noted", "joined"]
    assert [entry.at for entry in timeline[2:]] == [at_minute(20 + step) for step in range(60 - KEPT_GROWTH, 60)]


def test_an_incident_outlives_the_process() -> None:
    book = two_open()
    do(book, "anna", Acknowledge)
    do(book, "anna", Feedback, verdict=Verdict.TRUE, text="seen on the radio")
    do(book, "bob", Tick, step="call the press office")
    do(book, "bob", StartSilence, incident=None, until=at_minute(600), comment="we know")
    again = restart(book)
    assert again.state == book.state
    # And it goes on as it would have.
    assert again.grow("surge", HOT, why(50), at_ms=ms(30)) == book.grow("surge", HOT, why(50), at_ms=ms(30))
    assert do(again, "bob", Resolve, minute=40) == do(book, "bob", Resolve, minute=40)


def test_what_has_been_over_for_long_is_let_go_of_and_what_is_open_never() -> None:
    book = two_open()
    do(book, "anna", Resolve)
    later = timedelta(minutes=10) + KEPT_FOR
    assert book.forget(MONDAY_MS + later // timedelta(milliseconds=1), texts_before_ms=0) == []
    assert set(book.state.incidents) == {FIRST, SECOND}
    assert book.forget(MONDAY_MS + later // timedelta(milliseconds=1) + 1, texts_before_ms=0) == []
    assert set(book.state.incidents) == {SECOND}
    assert book.of("surge") is None


def test_of_many_that_are_over_the_newest_are_kept() -> None:
    book = IncidentBook(ACME)
    for place in range(KEPT_INCIDENTS + 3):
        book.attach(f"story/{place}", alert("story", minute=place), at_ms=ms(place))
        book.over(f"story/{place}", alert("story", minute=place), firing=[], at_ms=ms(100 + place))
    book.forget(ms(200), texts_before_ms=0)
    assert len(book.state.incidents) == KEPT_INCIDENTS + 3, "within a day an alert may be on again"
    book.forget(ms(2000), texts_before_ms=0)
    kept = [alert("story", minute=place).id for place in range(3, KEPT_INCIDENTS + 3)]
    assert sorted(book.state.incidents) == [f"incident-{name}" for name in kept]


# -------------------------------------------------------------------- who may do what in which state

WAITS = (IncidentState.OPEN, IncidentState.REOPENED)
ACKNOWLEDGED, RESOLVED = IncidentState.ACKNOWLEDGED, IncidentState.RESOLVED

Row = tuple[type[AnyCommand], dict[str, Any], Outcome, Outcome, Outcome, Change]
TABLE: list[Row] = [
    # what, with what, and what comes of it where it waits, where somebody has it, where it is over; its line
    (Acknowledge, {}, DONE, UNCHANGED, IMPOSSIBLE, Change.ACKNOWLEDGED),
    (Assign, {"to": "press"}, DONE, DONE, DONE, Change.ASSIGNED),
    (Note, {"text": "the depot burns"}, DONE, DONE, DONE, Change.NOTED),
    (Respond, {"text": "by telephone"}, DONE, DONE, DONE, Change.RESPONDED),
    (Tick, {"step": "call the depot"}, DONE, DONE, DONE, Change.TICKED),
    (Tick, {"step": "never done", "done": False}, UNCHANGED, UNCHANGED, UNCHANGED, Change.UNTICKED),
    (Grade, {"severity": Severity.CRITICAL, "why": "a child"}, DONE, DONE, DONE, Change.GRADED),
    (Grade, {"severity": Severity.LOW, "why": "it is"}, UNCHANGED, UNCHANGED, UNCHANGED, Change.GRADED),
    (Feedback, {"verdict": Verdict.TRUE}, DONE, DONE, DONE, Change.JUDGED),
    (Resolve, {"why": "refunded"}, DONE, DONE, UNCHANGED, Change.RESOLVED),
    (Reopen, {"why": "not all were"}, UNCHANGED, UNCHANGED, DONE, Change.REOPENED),
]


def in_state(state: IncidentState) -> IncidentBook:
    """An incident to which bob has done what it takes."""
    book = opened()
    if state is ACKNOWLEDGED:
        do(book, "bob", Acknowledge, minute=2)
    if state in (RESOLVED, IncidentState.REOPENED):
        do(book, "bob", Resolve, minute=3)
    if state is IncidentState.REOPENED:
        do(book, "bob", Reopen, minute=4)
    assert the(book).state is state
    return book


@pytest.mark.parametrize("state", list(IncidentState))
@pytest.mark.parametrize("row", TABLE, ids=[f"{row[0].__name__}-{row[2]}" for row in TABLE])
def test_every_command_in_every_state(row: Row, state: IncidentState) -> None:
    kind, fields, waits, acknowledged, resolved, line = row
    expected = waits if state in WAITS else acknowledged if state is ACKNOWLEDGED else resolved
    book = in_state(state)
    before = the(book)
    changed, answer = do(book, "anna", kind, minute=10, id="c1", **fields)
    assert (answer.command, answer.brand, answer.incident) == ("c1", "acme", FIRST)
    assert (answer.outcome, answer.at) == (expected, at_minute(10))
    assert answer.edits == the(book).edits
    if expected is not DONE:
        assert changed == []
        assert the(book) == before
        assert answer.text  # whoever is refused is told why
        return
    assert changed == [the(book)]
    after = the(book)
    assert (after.version, after.edits, after.updated_at) == (before.version + 1, before.edits + 1, at_minute(10))
    entry = after.timeline[-1]
    assert after.timeline == [*before.timeline, entry]
    assert (entry.what, entry.by, entry.at, entry.command) == (line, "anna", at_minute(10), "c1")
    assert entry.version == after.version
    assert answer.text == ""


SECONDS: list[tuple[type[AnyCommand], dict[str, Any], str]] = [
    (Acknowledge, {}, "anna was faster"),
    (Assign, {"to": "press"}, "press has it"),
    (Tick, {"step": "call the depot"}, "anna has done it"),
    (Grade, {"severity": Severity.HIGH, "why": "a child"}, "it is high"),
    (Resolve, {}, "it is over"),
]


@pytest.mark.parametrize("kind, fields, text", SECONDS, ids=[kind.__name__ for kind, *_ in SECONDS])
def test_who_comes_second_is_told_so_and_nothing_is_done(
    kind: type[AnyCommand], fields: dict[str, Any], text: str
) -> None:
    # Both pressed the button in the same minute; the log has an order.
    book = opened()
    _, first = do(book, "anna", kind, **fields)
    before = the(book)
    changed, second = do(book, "bob", kind, **fields)
    assert (first.outcome, second.outcome, second.text) == (DONE, UNCHANGED, text)
    assert first.outcome.ok and second.outcome.ok  # it is as both wanted it
    assert (changed, the(book)) == ([], before)


def test_the_faster_one_is_who_acknowledged_it_last() -> None:
    book = opened()
    do(book, "anna", Acknowledge)
    do(book, "anna", Resolve)
    do(book, "anna", Reopen)
    do(book, "bob", Acknowledge)
    _, answer = do(book, "carol", Acknowledge)
    assert answer.text == "bob was faster"


def test_notes_and_answers_by_telephone_may_be_said_twice() -> None:
    book = opened()
    for _ in range(2):
        assert do(book, "anna", Note, text="still no comment")[1].outcome is DONE
        assert do(book, "bob", Respond, text="called the customer")[1].outcome is DONE
    assert [entry.what for entry in the(book).timeline[1:]] == ["noted", "responded"] * 2


def test_somebody_may_change_their_mind_and_only_their_own() -> None:
    book = opened()
    do(book, "anna", Feedback, verdict=Verdict.FALSE)
    do(book, "bob", Feedback, verdict=Verdict.TRUE)
    assert do(book, "anna", Feedback, verdict=Verdict.FALSE)[1].text == "that was said before"
    do(book, "anna", Feedback, minute=30, verdict=Verdict.TOO_LATE, text="the radio had it")
    assert [(one.by, one.verdict, one.at) for one in the(book).opinions] == [
        ("bob", "true", at_minute(10)),
        ("anna", "too-late", at_minute(30)),
    ]
    assert the(book).timeline[-1].text == "too-late: the radio had it"


def test_a_step_is_ticked_and_unticked() -> None:
    book = opened()
    do(book, "anna", Tick, step="call the depot")
    do(book, "bob", Tick, step="tell the shops")
    assert the(book).ticked == {"call the depot": "anna", "tell the shops": "bob"}
    do(book, "bob", Tick, step="call the depot", done=False)
    assert the(book).ticked == {"tell the shops": "bob"}
    assert the(book).timeline[-1].what is Change.UNTICKED
    assert do(book, "anna", Tick, step="call the depot", done=False)[1].text == "it was not done"


def test_no_playbook_has_so_many_steps_and_no_brand_so_many_people() -> None:
    book = opened()
    for place in range(KEPT_TICKS):
        assert do(book, "anna", Tick, step=f"step {place}")[1].outcome is DONE
    assert do(book, "anna", Tick, step="one more")[1].outcome is IMPOSSIBLE
    assert do(book, "anna", Tick, step="step 0", done=False)[1].outcome is DONE
    for place in range(KEPT_OPINIONS):
        assert do(book, f"person {place}", Feedback, verdict=Verdict.TRUE)[1].outcome is DONE
    assert do(book, "one more", Feedback, verdict=Verdict.TRUE)[1].outcome is IMPOSSIBLE
    # Who has said something may still say something else.
    assert do(book, "person 0", Feedback, verdict=Verdict.FALSE)[1].outcome is DONE
    assert (len(the(book).ticked), len(the(book).opinions)) == (KEPT_TICKS - 1, KEPT_OPINIONS)


def test_somebody_reopens_within_seven_days_and_not_a_millisecond_later() -> None:
    for late, expected in ((timedelta(0), DONE), (timedelta(milliseconds=1), IMPOSSIBLE)):
        book = opened()
        do(book, "anna", Resolve, minute=10)
        command = Reopen(id="c2", brand="acme", by="bob", incident=FIRST)
        done = act(the(book), command, at_minute(10) + REOPEN_WITHIN + late)
        assert done.outcome is expected
        assert (done.text == "it has been over for more than 7 days") is (expected is IMPOSSIBLE)


def test_a_clock_that_is_slow_resolves_nothing_before_it_began() -> None:
    book = opened()
    (over,), _ = do(book, "anna", Resolve, minute=-30)
    assert (over.resolved_at, over.updated_at) == (MONDAY, MONDAY)
    # The timeline says when the command came, as it came.
    assert over.timeline[-1].at == at_minute(-30)


def test_a_silence_is_nothing_that_is_done_to_an_incident() -> None:
    command = StartSilence(id="c1", brand="acme", by="anna", until=at_minute(60), comment="we know")
    done = act(the(opened()), command, MONDAY)
    assert (done.outcome, done.entry, dict(done.changes)) == (UNREADABLE, None, {})


# ------------------------------------------------------------------------------------- whose it is


def test_who_acknowledges_what_nobody_owns_owns_it() -> None:
    book = opened()
    (incident,), _ = do(book, "anna", Acknowledge, minute=7)
    assert (incident.state, incident.owner, incident.acknowledged_at) == ("acknowledged", "anna", at_minute(7))


def test_who_acknowledges_for_an_owner_does_not_take_it_away() -> None:
    book = opened()
    do(book, "anna", Assign, to="press")
    (incident,), _ = do(book, "bob", Acknowledge)
    assert (incident.state, incident.owner) == ("acknowledged", "press")


def test_the_first_time_that_somebody_looked_counts() -> None:
    book = opened()
    do(book, "anna", Acknowledge, minute=7)
    do(book, "anna", Resolve, minute=20)
    do(book, "bob", Reopen, minute=30)
    assert the(book).state.waits  # for somebody to look again, though not for the first time
    (incident,), _ = do(book, "bob", Acknowledge, minute=40)
    assert (incident.state, incident.owner, incident.acknowledged_at) == ("acknowledged", "anna", at_minute(7))


def test_an_incident_may_be_nobodys_again() -> None:
    book = opened()
    assert do(book, "anna", Assign, to=None)[1].text == "nobody has it"
    do(book, "anna", Acknowledge)
    assert do(book, "anna", Assign, to="anna")[1].text == "anna has it"
    (incident,), _ = do(book, "anna", Assign, to=None)
    assert (incident.owner, incident.state, incident.timeline[-1].text) == (None, "acknowledged", "")


# --------------------------------------------------------------------------------- two at one time


def test_who_decided_on_old_news_is_told_who_changed_it() -> None:
    book = opened()
    assert do(book, "bob", Assign, to="press", if_edits=0)[1].outcome is DONE
    before = the(book)
    changed, answer = do(book, "anna", Resolve, if_edits=0)
    assert (answer.outcome, answer.outcome.ok, changed, the(book)) == (CONFLICT, False, [], before)
    assert answer.text == "somebody has changed it since you looked: bob, assigned"
    # Of several it is the newest that is named.
    do(book, "carol", Note, text="the depot burns")
    _, answer = do(book, "anna", Resolve, if_edits=1)
    assert answer.text == "somebody has changed it since you looked: carol, noted"
    # Anna looks, and decides again.
    assert answer.edits == 2
    assert do(book, "anna", Resolve, if_edits=answer.edits)[1].outcome is DONE


def test_growth_is_no_change_by_people() -> None:
    book = opened()
    book.grow("surge", HOT, why(50), at_ms=ms(5))
    assert the(book).version == 2
    assert do(book, "anna", Acknowledge, if_edits=0)[1].outcome is DONE


def test_who_has_seen_more_than_there_is_is_refused_too() -> None:
    # Their page shows another incident, or one of before a loss of data: better to look again.
    _, answer = do(opened(), "anna", Resolve, if_edits=3)
    assert (answer.outcome, answer.text) == (CONFLICT, "somebody has changed it since you looked")


# --------------------------------------------------------------------------- the same command again


def test_the_same_command_again_gets_the_same_answer_and_nothing_else() -> None:
    # The client never saw the answer and sent it again; meanwhile a snapshot was taken and loaded.
    book = opened()
    _, first = do(book, "anna", Note, id="c1", text="seen on the radio", minute=10)
    before = the(book)
    changed, second = do(book, "anna", Note, id="c1", text="seen on the radio", minute=15)
    assert (changed, second) == ([], first)
    book = restart(book)
    changed, third = do(book, "anna", Note, id="c1", text="seen on the radio", minute=20, partition=1)
    assert (changed, third) == ([], first)
    assert the(book) == before
    assert [entry.command for entry in the(book).timeline] == [None, "c1"]


def test_a_refusal_is_given_again_too_even_if_it_would_be_possible_now() -> None:
    book = opened()
    do(book, "bob", Resolve)
    _, refused = do(book, "anna", Acknowledge, id="c1")
    do(book, "bob", Reopen)
    assert refused.outcome is IMPOSSIBLE
    assert do(book, "anna", Acknowledge, id="c1")[1] == refused
    assert the(book).state is IncidentState.REOPENED


def test_a_silence_begins_once() -> None:
    book = opened()
    for _ in range(2):
        _, answer = do(book, "anna", StartSilence, id="s1", incident=None, until=at_minute(60), comment="we know")
        assert answer.outcome is DONE
    assert [silence.id for silence in book.state.silences] == ["s1"]
    assert the(book).edits == 1


def test_answers_are_remembered_in_bounds() -> None:
    book = opened()
    for place in range(KEPT_ANSWERS + 10):
        do(book, "anna", Tick, id=f"c{place}", step="call", done=place % 2 == 0)
    assert list(book.state.answers) == [f"c{place}" for place in range(10, KEPT_ANSWERS + 10)]


def test_a_record_that_is_read_again_gives_nothing() -> None:
    # After a crash the log is read from the last snapshot on; some of it was done already.
    book = opened()
    records = [
        Given(offset, ms(offset), Note(id=f"c{offset}", brand="acme", by="anna", incident=FIRST, text="again"))
        for offset in (3, 4, 9)  # a compacted or transactional log has gaps
    ]
    first = [book.command(0, record) for record in records]
    assert all(len(events) == 2 for events in first)
    before, state = the(book), msgspec.msgpack.encode(book.state)
    book = restart(book)
    assert [book.command(0, record) for record in records] == [[], [], []]
    assert (the(book), msgspec.msgpack.encode(book.state)) == (before, state)


def test_each_partition_has_its_own_offsets() -> None:
    book = opened()
    for partition in (0, 1, 7):
        command = Note(id=f"of {partition}", brand="acme", by="anna", incident=FIRST, text="hello")
        _, answer = split(book.command(partition, Given(5, ms(1), command)))
        assert answer.outcome is DONE
    assert book.state.commanded == {0: 5, 1: 5, 7: 5}
    assert the(book).edits == 3


# ------------------------------------------------------------------------------- what is not there

EVERY: list[tuple[type[AnyCommand], dict[str, Any]]] = [
    *[(kind, fields) for kind, fields, *_ in TABLE],
    (StartSilence, {"until": at_minute(60), "comment": "we know"}),
    (EndSilence, {"silence": "s1"}),
]


@pytest.mark.parametrize("kind, fields", EVERY, ids=[kind.__name__ for kind, _ in EVERY])
def test_of_an_incident_that_nobody_knows_nothing_is_done(kind: type[AnyCommand], fields: dict[str, Any]) -> None:
    book = opened()
    before = the(book)
    changed, answer = do(book, "anna", kind, incident="incident-of-last-year", **fields)
    assert (answer.outcome, answer.outcome.ok, answer.edits, changed) == (GONE, False, None, [])
    assert answer.incident == "incident-of-last-year"
    assert answer.text
    assert (the(book), book.state.silences) == (before, [])


def test_a_command_that_names_no_incident_finds_none() -> None:
    assert do(opened(), "anna", Resolve, incident=None)[1].outcome is GONE


def test_an_incident_that_was_let_go_of_is_gone() -> None:
    book = opened()
    do(book, "anna", Resolve)
    book.forget(MONDAY_MS + KEPT_FOR // timedelta(milliseconds=1) + 11 * MINUTE_MS, texts_before_ms=0)
    _, answer = do(book, "bob", Reopen, minute=60 * 24 * 31)
    assert (answer.outcome, answer.text) == (GONE, "no such incident, or it has been over for more than 30 days")


def test_a_timeline_has_an_end() -> None:
    book = opened()
    for place in range(MOST_EDITS):
        assert do(book, "a script", Note, text=f"run {place}")[1].outcome is DONE
    before = the(book)
    changed, answer = do(book, "anna", Resolve)
    assert (answer.outcome, answer.text, changed) == (IMPOSSIBLE, "its timeline is full: 500 changes", [])
    # A silence of the whole brand holds for it as well, and has no line in it.
    changed, answer = do(book, "anna", StartSilence, incident=None, until=at_minute(60), comment="we know")
    assert (answer.outcome, changed, the(book)) == (DONE, [], before)
    # What happens by itself goes on.
    (over,) = book.over("surge", alert(), firing=[], at_ms=ms(90))
    assert (over.state, over.edits) == ("resolved", MOST_EDITS)


# ---------------------------------------------------------------------------------------- silences


def test_a_silence_is_told_in_each_incident_that_is_open() -> None:
    book = two_open()
    book.attach("story/2", alert("story/2", minute=6), at_ms=ms(6))
    book.over("story/2", alert("story/2", minute=6), firing=["surge", "story/1"], at_ms=ms(70))
    changed, answer = do(
        book,
        "anna",
        StartSilence,
        id="s1",
        incident=None,
        minute=80,
        until=at_minute(600),
        comment="the launch",
        topics=["delivery"],
        kinds=["rally"],
    )
    assert (answer.outcome, answer.edits) == (DONE, None)
    assert {incident.id for incident in changed} == {FIRST, SECOND}
    for incident in changed:
        assert incident == the(book, incident.id)
        entry = incident.timeline[-1]
        assert (entry.what, entry.by, entry.command, entry.at) == ("silenced", "anna", "s1", at_minute(80))
        assert entry.text == "until 2026-03-02T10:00:00+00:00: the launch"
        assert incident.silences == book.state.silences
    (silence,) = book.state.silences
    assert (silence.id, silence.by, silence.comment) == ("s1", "anna", "the launch")
    assert (silence.start, silence.until) == (at_minute(80), at_minute(600))  # it begins now, unless told otherwise
    assert (silence.brands, silence.topics, silence.kinds, silence.incidents) == (
        ["acme"],
        ["delivery"],
        ["rally"],
        [],
    )


def test_an_incident_that_opens_in_a_silence_knows_of_it() -> None:
    book = opened()
    do(book, "anna", StartSilence, incident=None, until=at_minute(600), comment="the launch")
    second = book.attach("story/1", alert("story/1", minute=15), at_ms=ms(15))
    assert (second.silences, second.edits) == (book.state.silences, 0)


def test_a_silence_of_one_incident_is_told_in_that_one_only() -> None:
    book = two_open()
    before = the(book, SECOND)
    (changed,), answer = do(book, "anna", StartSilence, id="s1", until=at_minute(600), comment="we know")
    assert (changed.id, answer.outcome, answer.edits) == (FIRST, DONE, 1)
    assert the(book, SECOND) == before
    assert [silence.incidents for silence in changed.silences] == [[FIRST]]
    # The other one changes, and is still none of its business.
    (other,), _ = do(book, "bob", Note, incident=SECOND, text="another story")
    assert other.silences == []
    # So does its end.
    (changed,), _ = do(book, "bob", EndSilence, incident=None, silence="s1")
    assert (changed.id, changed.timeline[-1].what, changed.timeline[-1].by) == (FIRST, "unsilenced", "bob")


def test_a_silence_ends_before_its_time() -> None:
    book = two_open()
    do(book, "anna", StartSilence, id="s1", incident=None, until=at_minute(600), comment="the launch")
    do(book, "anna", StartSilence, id="s2", incident=None, until=at_minute(700), comment="the strike")
    changed, answer = do(book, "bob", EndSilence, id="e1", incident=None, silence="s1", minute=30)
    assert answer.outcome is DONE
    assert {incident.id for incident in changed} == {FIRST, SECOND}
    for incident in changed:
        entry = incident.timeline[-1]
        assert (entry.what, entry.by, entry.text, entry.command) == ("unsilenced", "bob", "the launch", "e1")
        assert [silence.id for silence in incident.silences] == ["s2"]
    assert [silence.id for silence in book.state.silences] == ["s2"]
    _, again = do(book, "anna", EndSilence, incident=None, silence="s1", minute=31)
    assert (again.outcome, again.text) == (GONE, "no such silence, or it is over")


def test_a_silence_whose_end_is_unknown_was_never_begun() -> None:
    book = opened()
    before = the(book)
    changed, answer = do(book, "anna", EndSilence, incident=None, silence="nobody's")
    assert (answer.outcome, changed, the(book)) == (GONE, [], before)


@pytest.mark.parametrize(
    "span, expected, text",
    [
        ({"until": at_minute(9)}, IMPOSSIBLE, "it would be over before it begins"),
        ({"until": at_minute(10)}, IMPOSSIBLE, "it would be over before it begins"),
        ({"start": at_minute(90), "until": at_minute(60)}, IMPOSSIBLE, "it would be over before it begins"),
        ({"start": at_minute(-90), "until": at_minute(-60)}, IMPOSSIBLE, "it would be over before it begins"),
        ({"start": at_minute(-90), "until": at_minute(11)}, DONE, ""),
        ({"start": at_minute(60), "until": at_minute(90)}, DONE, ""),
        ({"until": at_minute(10) + LONGEST_SILENCE}, DONE, ""),
        ({"until": at_minute(11) + LONGEST_SILENCE}, IMPOSSIBLE, "longer than 30 days"),
        # Eight in the morning in Tokyo has been.
        ({"until": datetime(2026, 3, 2, 8, 0, tzinfo=timezone(timedelta(hours=9)))}, IMPOSSIBLE, None),
    ],
)
def test_a_silence_has_a_beginning_before_its_end_and_is_not_for_ever(
    span: dict[str, Any], expected: Outcome, text: str | None
) -> None:
    book = opened()
    before = the(book)
    changed, answer = do(book, "anna", StartSilence, incident=None, minute=10, comment="we know", **span)
    assert answer.outcome is expected
    assert text is None or answer.text == text
    if expected is DONE:
        assert len(changed) == len(book.state.silences) == 1
    else:
        assert (changed, book.state.silences, the(book)) == ([], [], before)


def test_so_many_silences_are_a_mistake_until_some_are_over() -> None:
    book = opened()
    for place in range(KEPT_SILENCES):
        _, answer = do(book, "a script", StartSilence, incident=None, until=at_minute(60 + place), comment="again")
        assert answer.outcome is DONE
    _, answer = do(book, "anna", StartSilence, incident=None, until=at_minute(600), comment="the launch")
    assert (answer.outcome, answer.text) == (IMPOSSIBLE, "50 silences of this brand are on")
    # The first of them has just ended.
    later = do(book, "anna", StartSilence, incident=None, minute=60, until=at_minute(600), comment="the launch")
    assert later[1].outcome is DONE
    book.forget(ms(60), texts_before_ms=0)
    assert len(book.state.silences) == KEPT_SILENCES


def test_a_silence_closes_nothing() -> None:
    # People are not told; the incident opens, grows and ends all the same.
    book = opened()
    do(book, "anna", StartSilence, incident=None, until=at_minute(600), comment="we know")
    (grown,) = book.grow("surge", HOT, why(50), at_ms=ms(20))
    assert (grown.state, grown.timeline[-1].what) == ("open", "grew")


# ------------------------------------------------------------------- what somebody said was over


def test_what_somebody_resolved_opens_again_when_it_doubles() -> None:
    book = opened(observed=10)
    do(book, "anna", Acknowledge, minute=5)
    do(book, "anna", Resolve, minute=20, why="refunded")
    assert not book.doubled("surge", 17.0)
    assert book.doubled("surge", 18.0)
    (again,) = book.grow("surge", HOT, why(19), at_ms=ms(30))
    assert (again.state, again.resolved_at, again.version) == ("reopened", None, 4)
    entry = again.timeline[-1]
    assert (entry.what, entry.by, entry.text) == ("reopened", "badbuzz", "19")
    # It is still Anna's, and waits for her.
    assert (again.owner, again.acknowledged_at, again.state.waits) == ("anna", at_minute(5), True)


def test_what_somebody_resolved_opens_again_when_its_alert_comes_back() -> None:
    book = opened()
    do(book, "anna", Resolve, minute=20)
    book.over("surge", alert(), firing=[], at_ms=ms(60))
    again = book.attach("surge", alert(), at_ms=ms(120))
    assert (again.id, again.state, again.resolved_at) == (FIRST, "reopened", None)
    assert (again.timeline[-1].what, again.timeline[-1].text) == ("reopened", "surge")


def test_what_somebody_resolved_opens_again_when_another_alert_joins() -> None:
    book = opened()
    do(book, "anna", Resolve, minute=20)
    again = book.attach("page-hinkley", alert("page-hinkley", minute=30), at_ms=ms(30), into=FIRST)
    assert (again.state, again.resolved_at, len(again.alerts)) == ("reopened", None, 2)


def test_what_somebody_resolved_stays_so_when_its_alert_merely_ends() -> None:
    book = opened()
    do(book, "anna", Resolve, minute=20)
    before = the(book)
    assert book.over("surge", alert(observed=99), firing=[], at_ms=ms(60)) == []
    assert the(book) == before
    assert the(book).resolved_at == at_minute(20)


def test_what_somebody_reopened_ends_with_its_alert() -> None:
    book = opened()
    do(book, "anna", Resolve, minute=20)
    do(book, "bob", Reopen, minute=25)
    (over,) = book.over("surge", alert(), firing=[], at_ms=ms(60))
    assert (over.state, over.timeline[-1].what, over.resolved_at) == ("resolved", "calmed", at_minute(60))


# ---------------------------------------------------------------------------------------- severity

# What makes it so bad, by its points: of reach, of growth, and of the kind of story.
MEDIUM: dict[str, Any] = {"reach": 1_000_000}
HIGH: dict[str, Any] = {**MEDIUM, "growth": Growth(too_early=False, doubling_minutes=10.0)}
CRITICAL: dict[str, Any] = {
    **HIGH,
    "stories": [Story(kind=StoryKind.CONDUCT, share=0.6, threshold=0.3, posts=6, of=10)],
}


def test_severity_rises_by_itself_and_never_falls() -> None:
    book = opened()
    said = []
    for observed, facts in ((20, MEDIUM), (40, {}), (80, CRITICAL), (160, HIGH)):
        (incident,) = book.grow("surge", HOT, why(observed, **facts), at_ms=ms(observed))
        said.append((incident.severity.value, incident.timeline[-1].what.value, incident.timeline[-1].text))
    assert said == [
        ("medium", "worsened", "medium"),
        ("medium", "grew", "40"),
        ("critical", "worsened", "critical"),
        ("critical", "grew", "160"),
    ]


def test_what_somebody_graded_down_stays_so_until_it_is_worse_than_it_was_then() -> None:
    # Anna knows that the million followers are a parody account's.
    book = opened(**MEDIUM)
    (graded,), _ = do(book, "anna", Grade, severity=Severity.LOW, why="a parody")
    assert (graded.severity, graded.timeline[-1].text) == ("low", "low: a parody")
    said = []
    for observed, facts in ((20, MEDIUM), (40, {}), (80, MEDIUM), (160, HIGH)):
        (incident,) = book.grow("surge", HOT, why(observed, **facts), at_ms=ms(observed))
        said.append((incident.severity.value, incident.timeline[-1].what.value))
    assert said == [("low", "grew"), ("low", "grew"), ("low", "grew"), ("high", "worsened")]


def test_what_somebody_graded_down_twice_is_measured_by_the_second_time() -> None:
    book = opened(**MEDIUM)
    do(book, "anna", Grade, severity=Severity.LOW, why="a parody")
    book.grow("surge", HOT, why(20, **HIGH), at_ms=ms(20))
    do(book, "anna", Grade, severity=Severity.LOW, minute=30, why="a parody all the same")
    (incident,) = book.grow("surge", HOT, why(40, **HIGH), at_ms=ms(40))
    assert incident.severity is Severity.LOW
    (incident,) = book.grow("surge", HOT, why(80, **CRITICAL), at_ms=ms(80))
    assert incident.severity is Severity.CRITICAL


def test_what_somebody_graded_up_stays_so() -> None:
    book = opened()
    do(book, "anna", Grade, severity=Severity.HIGH, why="the minister is among them")
    for observed, facts in ((20, {}), (40, MEDIUM), (80, HIGH)):
        (incident,) = book.grow("surge", HOT, why(observed, **facts), at_ms=ms(observed))
        assert (incident.severity, incident.timeline[-1].what) == ("high", "grew")
    (incident,) = book.grow("surge", HOT, why(160, **CRITICAL), at_ms=ms(160))
    assert (incident.severity, incident.timeline[-1].what) == ("critical", "worsened")


def test_a_grade_outlives_the_process_and_the_end() -> None:
    book = opened(**MEDIUM)
    do(book, "anna", Grade, severity=Severity.LOW, why="a parody")
    book = restart(book)
    (over,) = book.over("surge", alert(**MEDIUM), firing=[], at_ms=ms(60))
    assert (over.severity, over.state) == ("low", "resolved")


# ------------------------------------------------------------------------------------------- times


def test_how_long_it_took_is_counted_from_its_opening() -> None:
    book = opened()
    new = the(book)
    assert (new.time_to_acknowledge, new.time_to_first_response, new.time_to_resolution) == (None, None, None)
    do(book, "anna", Acknowledge, minute=7)
    do(book, "anna", Respond, minute=12, text="called the customer")
    do(book, "bob", Respond, minute=13)  # not the first
    do(book, "anna", Resolve, minute=90)
    incident = the(book)
    assert incident.time_to_acknowledge == timedelta(minutes=7)
    assert incident.time_to_first_response == timedelta(minutes=12)
    assert incident.time_to_resolution == timedelta(minutes=90)
    # It was not over after all: only the last of the three is open again.
    do(book, "bob", Reopen, minute=100)
    assert the(book).time_to_acknowledge == timedelta(minutes=7)
    assert the(book).time_to_resolution is None
    do(book, "bob", Resolve, minute=200)
    assert the(book).time_to_resolution == timedelta(minutes=200)


def test_a_complaint_that_an_official_account_answers_is_the_first_response() -> None:
    book = two_open()
    # A complaint of minute 3: the second story began at minute 5, and has no answer yet.
    (answered,) = book.answered(at_ms=ms(9), since_ms=ms(3))
    assert (answered.id, answered.time_to_first_response) == (FIRST, timedelta(minutes=9))
    assert (answered.timeline[-1].what, answered.timeline[-1].by, answered.edits) == ("answered", "badbuzz", 0)
    (second,) = book.answered(at_ms=ms(11), since_ms=ms(5))  # its first complaint
    assert (second.id, second.time_to_first_response) == (SECOND, timedelta(minutes=6))
    assert book.answered(at_ms=ms(12), since_ms=ms(6)) == []


def test_what_was_answered_before_it_opened_took_no_time() -> None:
    book = IncidentBook(ACME)
    book.attach("surge", alert(), at_ms=ms(20))  # twenty minutes after its onset
    (incident,) = book.answered(at_ms=ms(15), since_ms=ms(2))
    assert (incident.first_response_at, incident.time_to_first_response) == (at_minute(15), timedelta(0))


def test_an_answer_after_the_end_is_no_response_by_itself_but_somebody_may_say_so() -> None:
    book = opened()
    do(book, "anna", Resolve, minute=20)
    assert book.answered(at_ms=ms(30), since_ms=ms(3)) == []
    (incident,), _ = do(book, "anna", Respond, minute=30)
    assert (incident.state, incident.time_to_first_response) == ("resolved", timedelta(minutes=30))


# ---------------------------------------------------------------------------- bytes on the topic

BASE: dict[str, Any] = {"action": "note", "id": "c1", "brand": "acme", "by": "anna", "incident": FIRST, "text": "hi"}
LAUNCH: dict[str, Any] = {
    "action": "silence",
    "id": "c1",
    "brand": "acme",
    "by": "anna",
    "comment": "x",
    "until": "2026-03-03T00:00:00Z",
}


def wire(fields: dict[str, Any], *without: str, **more: Any) -> bytes:
    kept = {name: value for name, value in fields.items() if name not in without}
    return json.dumps({**kept, **more}).encode()


@pytest.mark.parametrize(
    "value, reason, command",
    [
        (None, Reason.NULL_RECORD, ""),
        (b"", Reason.NOT_JSON, ""),
        (b"resolve it please", Reason.NOT_JSON, ""),
        (wire(BASE)[:-1], Reason.NOT_JSON, ""),
        (wire(BASE) + b"}", Reason.NOT_JSON, ""),
        (b"\xff\xfe\x00", Reason.NOT_UTF8, ""),
        (wire(BASE)[:-1] + b', "mood": ' + b"[" * 100_000, Reason.NOT_JSON, ""),
        (b"[]", Reason.WRONG_TYPE, ""),
        (b'"resolve"', Reason.WRONG_TYPE, ""),
        (b"null", Reason.WRONG_TYPE, ""),
        (wire(BASE, id=5), Reason.WRONG_TYPE, ""),
        (wire(BASE, schema="2"), Reason.WRONG_TYPE, ""),
        (b"{}", Reason.MISSING_FIELD, ""),
        (wire(BASE, "id"), Reason.MISSING_FIELD, ""),
        (wire(BASE, "action"), Reason.MISSING_FIELD, "c1"),
        (wire(BASE, "by"), Reason.MISSING_FIELD, "c1"),
        (wire(BASE, "text"), Reason.MISSING_FIELD, "c1"),
        (wire(BASE, action="celebrate"), Reason.WRONG_TYPE, "c1"),
        (wire(BASE, action=1), Reason.WRONG_TYPE, "c1"),
        (wire(BASE, by=None), Reason.WRONG_TYPE, "c1"),
        (wire(BASE, by=""), Reason.WRONG_TYPE, "c1"),
        (wire(BASE, text=""), Reason.WRONG_TYPE, "c1"),
        (wire(BASE, text="x" * 4001), Reason.WRONG_TYPE, "c1"),
        (wire(BASE, incident=["a", "b"]), Reason.WRONG_TYPE, "c1"),
        (wire(BASE, if_edits="3"), Reason.WRONG_TYPE, "c1"),
        (wire(BASE, action="grade", severity="apocalyptic", why="x"), Reason.WRONG_TYPE, "c1"),
        (wire(BASE, action="feedback", verdict="meh"), Reason.WRONG_TYPE, "c1"),
        (wire(LAUNCH, until="2026-03-03T00:00:00"), Reason.WRONG_TYPE, "c1"),  # in which time zone?
        (wire(LAUNCH, until="tomorrow"), Reason.WRONG_TYPE, "c1"),
        (wire(LAUNCH, until=1_772_409_600), Reason.WRONG_TYPE, "c1"),
        (wire(BASE, schema=COMMAND_SCHEMA + 1), Reason.BAD_VALUE, "c1"),
        # A newer client may do what is unknown here: that it is newer is what there is to say.
        (wire(BASE, action="celebrate", schema=COMMAND_SCHEMA + 1), Reason.BAD_VALUE, "c1"),
    ],
)
def test_what_is_no_command_is_refused_with_a_reason_and_its_id(
    value: bytes | None, reason: Reason, command: str
) -> None:
    with pytest.raises(InvalidCommand) as caught:
        decode_command(value)
    assert (caught.value.reason, caught.value.command) == (reason, command)
    assert str(caught.value)


def test_a_newer_client_is_told_what_to_do() -> None:
    with pytest.raises(InvalidCommand, match=r"schema 2\); this badbuzz knows 1: update it"):
        decode_command(wire(BASE, schema=2))


def test_a_field_that_nobody_knows_is_ignored() -> None:
    assert decode_command(wire(BASE, mood="tense", nested={"a": [1, {"b": None}]})) == decode_command(wire(BASE))


def test_an_old_client_leaves_out_what_came_later() -> None:
    head: dict[str, Any] = {"id": "c1", "brand": "acme", "by": "anna"}
    expected: dict[bytes, Command] = {
        wire(head, action="acknowledge"): Acknowledge(**head),
        wire(head, action="assign"): Assign(**head, to=None),
        wire(head, action="respond"): Respond(**head, text=""),
        wire(head, action="tick", step="call"): Tick(**head, step="call", done=True),
        wire(head, action="resolve"): Resolve(**head, why=""),
        wire(head, action="reopen"): Reopen(**head, why=""),
        wire(head, action="feedback", verdict="true"): Feedback(**head, verdict=Verdict.TRUE, text=""),
        wire(LAUNCH): StartSilence(**head, until=datetime(2026, 3, 3, tzinfo=UTC), comment="x", start=None),
    }
    for value, command in expected.items():
        decoded = decode_command(value)
        assert decoded == command
        assert (decoded.incident, decoded.if_edits, decoded.schema) == (None, None, COMMAND_SCHEMA)


NAMES = st.text(min_size=1, max_size=30)
TEXTS = st.text(max_size=100)
REASONS = st.text(min_size=1, max_size=100)
MOMENTS = st.datetimes(
    min_value=datetime(1971, 1, 1),
    max_value=datetime(2200, 1, 1),
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45)), timezone(-timedelta(hours=8))]),
)
HEAD: dict[str, Any] = {
    "id": NAMES,
    "brand": NAMES,
    "by": NAMES,
    "incident": st.none() | NAMES,
    "if_edits": st.none() | st.integers(0, 1000),
}
ACTIONS: dict[type[AnyCommand], dict[str, Any]] = {
    Acknowledge: {},
    Assign: {"to": st.none() | NAMES},
    Note: {"text": REASONS},
    Respond: {"text": TEXTS},
    Tick: {"step": NAMES, "done": st.booleans()},
    Grade: {"severity": st.sampled_from(Severity), "why": REASONS},
    Resolve: {"why": TEXTS},
    Reopen: {"why": TEXTS},
    Feedback: {"verdict": st.sampled_from(Verdict), "text": TEXTS},
    StartSilence: {
        "until": MOMENTS,
        "comment": REASONS,
        "start": st.none() | MOMENTS,
        "topics": st.lists(NAMES, max_size=3),
        "kinds": st.lists(NAMES, max_size=3),
    },
    EndSilence: {"silence": NAMES},
}


def test_every_action_is_among_those_that_are_tried() -> None:
    assert set(ACTIONS) == set(Command.__subclasses__())


@pytest.mark.parametrize("kind", list(ACTIONS), ids=[kind.__name__ for kind in ACTIONS])
@given(data=st.data())
@settings(max_examples=25)
def test_what_was_done_is_read_as_it_was_written(kind: type[AnyCommand], data: st.DataObject) -> None:
    command = data.draw(st.builds(kind, **HEAD, **ACTIONS[kind]))
    value = encode_command(command)
    assert decode_command(value) == command
    # And as it lies in the log of mentions.
    record = Given(3, MONDAY_MS, command)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(record), type=Given) == record
    # A client may say the schema, or leave it out.
    assert decode_command(json.dumps({**json.loads(value), "schema": COMMAND_SCHEMA}).encode()) == command


@given(
    st.dictionaries(
        st.sampled_from(["action", "id", "brand", "by", "incident", "schema", "text", "until", "if_edits", "done"]),
        st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["note", "silence", "tick", "", "x"]),
    )
)
def test_whatever_somebody_sends_is_a_command_or_refused(fields: dict[str, Any]) -> None:
    command: AnyCommand | None = None
    refused: InvalidCommand | None = None
    try:
        command = decode_command(json.dumps(fields).encode())
    except InvalidCommand as error:
        refused = error
    if command is not None:
        assert (command.id, command.by) == (fields["id"], fields["by"])
    else:
        assert refused is not None
        assert refused.reason in (Reason.MISSING_FIELD, Reason.WRONG_TYPE, Reason.BAD_VALUE)
        assert refused.command in ("", fields.get("id"))


# ---------------------------------------------------------------------------------- whatever happens

KEYS = ("surge", "page-hinkley", "story/1")
WHO = st.sampled_from(["anna", "bob"])
WHICH = st.integers(0, 4)
"""An incident by its place among those that were ever told of; beyond these, one that nobody knows."""
STEP = 61
"""Minutes between two things that happen: an alert that comes back within six hours is the same one."""
DEEDS: st.SearchStrategy[tuple[type[AnyCommand], dict[str, Any]]] = st.one_of(
    st.just((Acknowledge, dict[str, Any]())),
    st.sampled_from([None, "anna", "press"]).map(lambda to: (Assign, {"to": to})),
    st.just((Note, {"text": "still no comment"})),
    st.just((Respond, {"text": "by telephone"})),
    st.tuples(st.sampled_from(["call", "tell"]), st.booleans()).map(lambda of: (Tick, {"step": of[0], "done": of[1]})),
    st.sampled_from(Severity).map(lambda severity: (Grade, {"severity": severity, "why": "for a reason"})),
    st.just((Resolve, {"why": "refunded"})),
    st.just((Reopen, {"why": "not all were"})),
    st.sampled_from(Verdict).map(lambda verdict: (Feedback, {"verdict": verdict})),
)
EXPECTED: dict[type[AnyCommand], tuple[set[Outcome], set[Outcome], set[Outcome]]] = {
    # What may come of each where it waits, where somebody has it, and where it is over.
    Acknowledge: ({DONE}, {UNCHANGED}, {IMPOSSIBLE}),
    Assign: ({DONE, UNCHANGED}, {DONE, UNCHANGED}, {DONE, UNCHANGED}),
    Note: ({DONE}, {DONE}, {DONE}),
    Respond: ({DONE}, {DONE}, {DONE}),
    Tick: ({DONE, UNCHANGED}, {DONE, UNCHANGED}, {DONE, UNCHANGED}),
    Grade: ({DONE, UNCHANGED}, {DONE, UNCHANGED}, {DONE, UNCHANGED}),
    Feedback: ({DONE, UNCHANGED}, {DONE, UNCHANGED}, {DONE, UNCHANGED}),
    Resolve: ({DONE}, {DONE}, {UNCHANGED}),
    Reopen: ({UNCHANGED}, {UNCHANGED}, {DONE, IMPOSSIBLE}),
}


def without_answers(book: IncidentBook) -> bytes:
    """All that is remembered but what was said to whom, and up to where the commands were read."""
    return msgspec.msgpack.encode(msgspec.structs.replace(book.state, answers={}, commanded={}))


class TwoPeople(RuleBasedStateMachine):
    """Anna and Bob look after a brand; alerts fire, grow and end, clients repeat themselves, processes die."""

    def __init__(self) -> None:
        super().__init__()
        self.book = IncidentBook(ACME)
        self.alerts = AlertBook("acme")
        self.minute = 0
        self.told: dict[str, Incident] = {}
        """The newest version of each incident that people were told of, in the order in which they opened."""
        self.sent: list[tuple[int, Given]] = []
        self.answers: dict[str, Answer] = {}
        self.accepted: dict[str, tuple[Command, datetime, set[str]]] = {}
        """By the id of a command that was done: what, when, and the incidents that it changed."""

    # --- what happens

    @initialize(observed=st.integers(1, 50))
    def the_first_alert_fires(self, observed: int) -> None:
        self.it_fires("surge", observed, another=False, joins=False, which=0)

    @rule(
        key=st.sampled_from(KEYS), observed=st.integers(0, 200), another=st.booleans(), joins=st.booleans(), which=WHICH
    )
    def it_fires(self, key: str, observed: int, another: bool, joins: bool, which: int) -> None:
        if self.alerts.firing(key):
            return
        self.minute += STEP
        at_ms = ms(self.minute)
        fired = self.alerts.fire(key, HOT, onset_ms=at_ms, at_ms=at_ms, why=why(observed), another=another)
        into = self.name(which) if joins else None
        incident = self.book.attach(key, fired, at_ms=at_ms, signature=["delay"], into=into)
        assert incident.state is not RESOLVED  # an alert is on
        self.hear([incident])

    @precondition(lambda self: self.alerts.any_firing)
    @rule(key=st.sampled_from(KEYS), times=st.integers(1, 5), facts=st.sampled_from([{}, MEDIUM, HIGH, CRITICAL]))
    def it_grows(self, key: str, times: int, facts: dict[str, Any]) -> None:
        incident = self.book.of(key)
        if not self.alerts.firing(key) or incident is None:
            return
        self.minute += STEP
        observed = 1 + round(times * max(1.0, self.book.state.told[incident.id]))
        if not self.book.doubled(key, observed - 1.0):
            assert times == 1
            return
        (grown,) = self.book.grow(key, HOT, why(observed, **facts), at_ms=ms(self.minute))
        assert grown.state is (IncidentState.REOPENED if incident.state is RESOLVED else incident.state)
        assert grown.severity.at_least(incident.severity)
        self.hear([grown])

    @rule(key=st.sampled_from(KEYS))
    def it_is_over(self, key: str) -> None:
        if not self.alerts.firing(key):
            return
        self.minute += STEP
        incident = self.book.of(key)
        scores = {other: HOT for other in KEYS if other != key}  # one without a score is gone
        ((_, over),) = self.alerts.close_bucket(scores, at_ms=ms(self.minute), explain=lambda _: why(7))
        firing = [other for other in KEYS if self.alerts.firing(other)]
        changed = self.book.over(key, over, firing=firing, at_ms=ms(self.minute))
        alone = all(self.book.of(other) != incident for other in firing)
        assert bool(changed) is (incident is not None and incident.state is not RESOLVED and alone)
        assert all(one.state is RESOLVED and one.timeline[-1].what is Change.CALMED for one in changed)
        self.hear(changed)

    @rule(ago=st.integers(0, 200))
    def an_official_account_answers(self, ago: int) -> None:
        self.minute += STEP
        changed = self.book.answered(at_ms=ms(self.minute), since_ms=ms(self.minute - ago))
        assert all(one.first_response_at == at_minute(self.minute) for one in changed)
        self.hear(changed)

    @rule(days=st.sampled_from([1, 8, 31]))
    def time_passes(self, days: int) -> None:
        self.minute += days * 24 * 60
        assert self.book.forget(ms(self.minute), texts_before_ms=0) == []
        for name in set(self.told) - set(self.book.state.incidents):
            assert self.told.pop(name).state is RESOLVED
        self.hear([])

    @rule()
    def the_process_dies(self) -> None:
        again = restart(self.book)
        assert again.state == self.book.state
        self.book = again

    # --- what people do

    def name(self, which: int) -> str:
        return list(self.told)[which] if which < len(self.told) else "incident-of-last-year"

    def send(
        self, who: str, kind: type[AnyCommand], number: int, partition: int, late: int, **fields: Any
    ) -> tuple[AnyCommand, list[Incident], Answer]:
        """A new command: what changed, and its answer, which there always is."""
        self.minute += STEP
        # The clients make the ids: no order is in them.
        ids = (f"c{one}" for one in range(number, number + 1000))
        name = next(one for one in ids if one not in self.answers)
        command = kind(id=name, brand="acme", by=who, **fields)
        before = without_answers(self.book)
        record = Given(self.book.state.commanded.get(partition, -1) + 1 + number % 3, ms(self.minute - late), command)
        changed, answer = split(self.book.command(partition, record))
        assert (answer.command, answer.brand, answer.incident) == (name, "acme", command.incident)
        assert answer.at == at_minute(self.minute - late)
        if answer.outcome is DONE:
            self.accepted[name] = (command, answer.at, {one.id for one in changed})
        else:
            assert (changed, without_answers(self.book)) == ([], before)
            assert answer.text
        self.sent.append((partition, record))
        self.answers[name] = answer
        return command, changed, answer

    @rule(
        who=WHO,
        deed=DEEDS,
        which=WHICH,
        number=st.integers(0, 99),
        partition=st.integers(0, 1),
        late=st.integers(0, 90),
        seen=st.sampled_from(["nothing", "the newest", "the one before"]),
    )
    def somebody_does_something(
        self,
        who: str,
        deed: tuple[type[AnyCommand], dict[str, Any]],
        which: int,
        number: int,
        partition: int,
        late: int,
        seen: str,
    ) -> None:
        kind, fields = deed
        name = self.name(which)
        before = self.told.get(name)
        edits = before.edits if before is not None else 0
        if_edits = None if seen == "nothing" else edits if seen == "the newest" else edits - 1
        _, changed, answer = self.send(who, kind, number, partition, late, incident=name, if_edits=if_edits, **fields)
        if before is None:
            assert (answer.outcome, answer.edits) == (GONE, None)
        elif seen == "the one before":
            assert (answer.outcome, answer.edits) == (CONFLICT, edits)
            newest = [entry for entry in before.timeline if entry.command]
            assert not newest or newest[-1].by in answer.text
        else:
            waits, acknowledged, resolved = EXPECTED[kind]
            expected = waits if before.state.waits else acknowledged if before.state is ACKNOWLEDGED else resolved
            assert answer.outcome in expected
            assert [one.id for one in changed] == ([name] if answer.outcome is DONE else [])
            assert answer.edits == edits + len(changed)
        self.hear(changed)

    @rule(who=WHO, which=st.none() | WHICH, number=st.integers(0, 99), minutes=st.integers(-60, 30 * 1440))
    def somebody_silences(self, who: str, which: int | None, number: int, minutes: int) -> None:
        name = None if which is None else self.name(which)
        until = at_minute(self.minute + STEP + minutes)
        _, changed, answer = self.send(who, StartSilence, number, 0, 0, incident=name, until=until, comment="we know")
        if name is not None and name not in self.told:
            assert answer.outcome is GONE
        else:
            assert answer.outcome is (DONE if minutes > 0 else IMPOSSIBLE)
        concerned = {one.id for one in self.told.values() if one.state is not RESOLVED and name in (None, one.id)}
        assert {one.id for one in changed} == (concerned if answer.outcome is DONE else set())
        self.hear(changed)

    @rule(who=WHO, place=st.integers(0, 3), number=st.integers(0, 99))
    def somebody_ends_a_silence(self, who: str, place: int, number: int) -> None:
        now = at_minute(self.minute + STEP)
        on = [silence for silence in self.book.state.silences if silence.until > now]
        silence = on[place] if place < len(on) else None
        _, changed, answer = self.send(
            who, EndSilence, number, 1, 0, silence=silence.id if silence is not None else "nobody's"
        )
        assert answer.outcome is (DONE if silence is not None else GONE)
        assert silence not in self.book.state.silences
        self.hear(changed)

    @precondition(lambda self: self.sent)
    @rule(place=st.integers(0, 99), partition=st.integers(0, 1))
    def a_client_sends_it_again(self, place: int, partition: int) -> None:
        _, record = self.sent[place % len(self.sent)]
        offset = self.book.state.commanded.get(partition, -1) + 1
        before = without_answers(self.book)
        again = Given(offset, ms(self.minute), record.command)
        assert self.book.command(partition, again) == [self.answers[record.command.id]]
        assert without_answers(self.book) == before
        self.sent.append((partition, again))

    @precondition(lambda self: self.sent)
    @rule(place=st.integers(0, 99))
    def the_log_is_read_again(self, place: int) -> None:
        partition, record = self.sent[place % len(self.sent)]
        before = msgspec.msgpack.encode(self.book.state)
        assert self.book.command(partition, record) == []
        assert msgspec.msgpack.encode(self.book.state) == before

    # --- what is always so

    def hear(self, changed: Sequence[Incident]) -> None:
        """Versions grow by exactly one with each change, and what changed was told."""
        for incident in changed:
            before = self.told.get(incident.id)
            assert incident.version == (before.version + 1 if before is not None else 1)
            if before is not None:
                assert incident.updated_at >= before.updated_at
                assert (incident.onset, incident.opened_at) == (before.onset, before.opened_at)
                assert before.acknowledged_at in (None, incident.acknowledged_at)
                assert before.first_response_at in (None, incident.first_response_at)
            self.told[incident.id] = incident
        assert len({incident.id for incident in changed}) == len(changed)

    @invariant()
    def people_know_the_newest(self) -> None:
        assert self.book.state.incidents == self.told

    @invariant()
    def what_was_accepted_is_in_the_timeline_once_with_who_and_when(self) -> None:
        for name, (command, at, concerned) in self.accepted.items():
            for incident in self.told.values():
                lines = [entry for entry in incident.timeline if entry.command == name]
                assert len(lines) == (1 if incident.id in concerned else 0)
                assert all((line.by, line.at) == (command.by, at) for line in lines)

    @invariant()
    def nothing_else_is_in_the_timeline(self) -> None:
        for incident in self.told.values():
            by_people = [entry for entry in incident.timeline if entry.command]
            assert len(by_people) == incident.edits
            assert all(entry.command in self.accepted for entry in by_people)
            assert all((entry.by == "badbuzz") is (entry.command is None) for entry in incident.timeline)

    @invariant()
    def timelines_go_forward(self) -> None:
        for incident in self.told.values():
            assert incident.timeline[0].what is Change.OPENED
            assert all(one.version < other.version for one, other in pairwise(incident.timeline))
            assert incident.timeline[-1].version <= incident.version

    @invariant()
    def states_and_times_agree(self) -> None:
        for incident in self.told.values():
            assert (incident.resolved_at is not None) is (incident.state is RESOLVED)
            assert (incident.time_to_resolution is not None) is (incident.state is RESOLVED)
            if incident.state is ACKNOWLEDGED:
                assert incident.acknowledged_at is not None
            times = (incident.time_to_acknowledge, incident.time_to_first_response, incident.time_to_resolution)
            assert all(time is None or time >= timedelta(0) for time in times)

    @invariant()
    def every_command_has_an_answer(self) -> None:
        assert self.book.state.answers == self.answers
        assert {record.command.id for _, record in self.sent} == set(self.answers)

    @invariant()
    def every_alert_that_is_on_belongs_to_an_incident(self) -> None:
        # Unless somebody said that it was over, and it was let go of since.
        for key in KEYS:
            incident = self.book.of(key)
            if self.alerts.firing(key) and incident is not None:
                newest = self.alerts.state.alerts[key]
                assert newest.id in incident.alerts


TwoPeople.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestTwoPeople = TwoPeople.TestCase
