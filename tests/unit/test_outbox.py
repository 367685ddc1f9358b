"""Who is told what of an incident, and when: as people's channels lived through it, crashes included."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from detectors.alerting.outbox import ATTEMPTS, LONGEST_PAUSE_S, Channel, Followed, Outbox, Send
from detectors.model import (
    BADBUZZ,
    HOUR_MS,
    MINUTE_MS,
    Brand,
    Change,
    Delivery,
    DeliveryResult,
    Entry,
    Explanation,
    Incident,
    IncidentState,
    Match,
    Part,
    Person,
    Route,
    Severity,
    Shift,
    Silence,
    Team,
    Telling,
    Topic,
    TopPost,
    Watch,
    from_ms,
)
from support.series import MONDAY_MS

NINE_MS = MONDAY_MS + 9 * HOUR_MS
NINE = from_ms(NINE_MS)
MINUTE = timedelta(minutes=1)
DELIVERED, FAILED, GIVEN_UP = DeliveryResult.DELIVERED, DeliveryResult.FAILED, DeliveryResult.GIVEN_UP
UNKNOWN, SILENCED, INHIBITED = DeliveryResult.UNKNOWN, DeliveryResult.SILENCED, DeliveryResult.INHIBITED

ANNA = Person(id="anna", name="Anna")
CARE = Team(
    id="care",
    name="Care",
    rota=[Shift(days=["mon"], hours=(8 * 60, 18 * 60), people=["anna"])],
    escalate_after=15 * MINUTE,
    escalate_to="pr",
)
PR = Team(id="pr", name="PR", escalate_after=60 * MINUTE, escalate_to="boss")
BOSS = Team(id="boss", name="Boss")
WATCH = Watch(
    brands=[
        Brand(id="acme", name="Acme", match=Match(any=["acme"])),
        Brand(id="acme-toys", name="Acme Toys", match=Match(any=["acmetoys"]), group="acme"),
    ],
    topics=[Topic(id="refund", words={"en": ["refund"]}, team="care"), Topic(id="taste", words={}, team="boss")],
    teams=[CARE, PR, BOSS],
    people=[ANNA],
    routes=[Route(teams=["pr"], severity_at_least=Severity.CRITICAL)],
)
LOG = Channel("log", idempotent=True)
MAIL = Channel("care/1", "care")
HOOK = Channel("care/2", "care", idempotent=True)
PAGER = Channel("@anna/1", "@anna")
PR_MAIL = Channel("pr/1", "pr")
BOSS_MAIL = Channel("boss/1", "boss")
CHANNELS = [LOG, MAIL, PR_MAIL, BOSS_MAIL]


def opened(name: str = "i", *, brand: str = "acme", topic: str = "refund", **fields: Any) -> Incident:
    """The first version of an incident."""
    parts = {"topic": [Part(name=topic, observed=20, expected=0.0)]}
    post = TopPost(id="1", source="forum", text="no refund", created_at=NINE)
    why = Explanation(since=NINE, until=NINE, observed=30, expected=2.0, first_post=post, top_posts=[post], parts=parts)
    incident = Incident(
        id=name, brand=brand, brand_name="Acme", state=IncidentState.OPEN, version=1, onset=NINE, opened_at=NINE,
        updated_at=NINE, alerts=["a"], why=why, peak_surprise=6.0, threshold=4.8,
        timeline=[Entry(at=NINE, what=Change.OPENED, version=1)],
    )  # fmt: skip
    return msgspec.structs.replace(incident, **fields)


STATES = {
    Change.ACKNOWLEDGED: IncidentState.ACKNOWLEDGED,
    Change.RESOLVED: IncidentState.RESOLVED,
    Change.CALMED: IncidentState.RESOLVED,
    Change.REOPENED: IncidentState.REOPENED,
}


def then(incident: Incident, *changes: Change, by: str = BADBUZZ, text: str = "", **fields: Any) -> Incident:
    """The incident after these changes, a version each."""
    for what in changes:
        entry = Entry(at=NINE, what=what, version=incident.version + 1, by=by, text=text)
        incident = msgspec.structs.replace(
            incident,
            version=entry.version,
            state=STATES.get(what, incident.state),
            timeline=[*incident.timeline, entry],
            **fields,
        )
    return incident


def silenced(minutes: float, **conditions: Any) -> Silence:
    """A silence that is on from nine o'clock, for so long."""
    return Silence(comment="launch", start=NINE, until=NINE + minutes * MINUTE, **conditions)


class Desk:
    """An outbox and its clock, which stands still until time passes; `journal` is what became of every message."""

    def __init__(self, channels: Sequence[Channel] = CHANNELS, *, watch: Watch = WATCH, **changes: Any) -> None:
        self.channels = channels
        self.watch = msgspec.structs.replace(watch, **changes)
        self.now_ms = NINE_MS
        self.journal: list[Delivery] = []
        self.outbox = Outbox(self.watch, channels, rng=random.Random(1))

    def take(self, *incidents: Incident) -> None:
        for incident in incidents:
            self.outbox.take(incident, self.now_ms)

    def pass_minutes(self, minutes: float) -> None:
        self.now_ms += round(minutes * MINUTE_MS)

    def start(self) -> dict[str, Send]:
        """What is sent now, by channel."""
        sends, quiet = self.outbox.start(self.now_ms)
        self.journal += quiet
        assert len({send.channel for send in sends}) == len(sends), "two messages at once to a channel"
        return {send.channel: send for send in sends}

    def finish(self, send: Send, **how: Any) -> Delivery:
        delivery = self.outbox.finish(send, self.now_ms, **how)
        self.journal.append(delivery)
        return delivery

    def tell(self, *incidents: Incident) -> list[str]:
        """Take these, and send what is due until nothing is; everybody is well. "care/1: i 2 grew" and so on."""
        self.take(*incidents)
        told: list[str] = []
        while sends := self.start():
            for send in sends.values():
                assert self.finish(send).result is DELIVERED
                told.append(f"{send.channel}: {send.incident.id} {send.incident.version} {send.telling}")
        return sorted(told)

    def people(self, *incidents: Incident) -> list[str]:
        """The same without the log, which hears everything."""
        return [one for one in self.tell(*incidents) if not one.startswith("log")]

    def restart(self) -> list[Delivery]:
        """The worker is killed, and another goes on with what was durable: all that the outbox keeps."""
        followed = msgspec.msgpack.decode(
            msgspec.msgpack.encode(self.outbox.followed),
            type=dict[str, Followed],
        )
        sent = msgspec.msgpack.decode(msgspec.msgpack.encode(self.outbox.sent), type=dict[str, list[int]])
        self.outbox = Outbox(self.watch, self.channels, rng=random.Random(2))
        unknown = self.outbox.restore(followed, sent, self.now_ms)
        self.journal += unknown
        return unknown

    def results(self, *wanted: DeliveryResult) -> list[tuple[str, int, DeliveryResult]]:
        """What became of which version on which channel, of these results."""
        return [(one.channel, one.version, one.result) for one in self.journal if one.result in wanted]


# ---------------------------------------------------------------------------------------- once


def test_nobody_hears_of_what_was_over_in_recorded_posts_until_it_is_on_again() -> None:
    desk = Desk(silences=[silenced(10)])
    over = then(opened(), Change.CALMED, recorded=True, resolved_at=NINE)
    assert desk.tell(over, then(over, Change.NOTED, by="anna")) == []
    desk.pass_minutes(20)
    assert desk.tell() == [] and desk.journal == [] and desk.outbox.followed == {}
    again = then(over, Change.REOPENED, recorded=False, resolved_at=None)
    assert desk.tell(again) == ["care/1: i 3 new", "log: i 3 new"]
    assert desk.people(then(again, Change.CALMED, resolved_at=NINE)) == ["care/1: i 4 over"]


def test_each_channel_is_told_of_a_version_once_a_restart_included() -> None:
    desk = Desk()
    assert desk.tell(opened()) == ["care/1: i 1 new", "log: i 1 new"]
    assert desk.tell(opened()) == []
    assert desk.restart() == []
    # The newest record of the topic is read again: it is known.
    assert desk.tell(opened()) == []
    assert desk.outbox.waiting == 0


def test_a_version_that_is_older_or_the_same_is_passed_over() -> None:
    desk = Desk()
    first = opened()
    third = then(first, Change.WORSENED, Change.WORSENED)
    desk.tell(third)
    # Records come twice and late, and an incident that lost its texts comes in the version it had.
    without = msgspec.structs.replace(third, why=msgspec.structs.replace(third.why, top_posts=[], first_post=None))
    desk.outbox.changed = set()
    assert desk.tell(without, then(first, Change.WORSENED), first) == []
    assert desk.outbox.followed["i"].incident == third and desk.outbox.changed == set()


def test_what_was_being_sent_when_the_worker_was_killed_is_not_sent_again_where_people_would_hear_it_twice() -> None:
    desk = Desk([MAIL])
    desk.take(opened())
    assert desk.start().keys() == {"care/1"}
    (unknown,) = desk.restart()
    assert (unknown.channel, unknown.version, unknown.result) == ("care/1", 1, UNKNOWN)
    assert (unknown.telling, unknown.text) == (Telling.NEW, "stopped while sending")
    assert desk.tell(opened()) == [] and desk.outbox.waiting == 0
    # It is not told twice of one restart, either; of the next change it hears as always.
    assert desk.restart() == []
    assert desk.tell(then(opened(), Change.WORSENED)) == ["care/1: i 2 worse"]


def test_what_was_being_sent_is_sent_again_where_the_same_message_is_known_again() -> None:
    desk = Desk([LOG, HOOK])
    desk.take(opened())
    assert desk.start().keys() == {"log", "care/2"}
    assert desk.restart() == []
    sends = desk.start()
    assert {send.attempt for send in sends.values()} == {2}
    assert sends["care/2"].incident.version == 1


def test_what_came_in_the_meantime_is_sent_after_a_crash_in_place_of_the_older() -> None:
    desk = Desk([HOOK])
    desk.take(opened())
    desk.start()
    desk.restart()
    assert desk.tell(then(opened(), Change.WORSENED)) == ["care/2: i 2 new"]


def test_what_waits_for_its_next_try_goes_on_after_a_restart_and_not_from_the_beginning() -> None:
    desk = Desk([MAIL])
    desk.take(opened())
    desk.finish(desk.start()["care/1"], failure="503", again=True, after_s=60)
    assert desk.restart() == []
    assert desk.start() == {}
    desk.pass_minutes(1)
    assert desk.start()["care/1"].attempt == 2


def test_a_channel_that_is_no_longer_configured_is_forgotten() -> None:
    desk = Desk()
    desk.take(opened())
    desk.start()
    desk.channels = [LOG]
    assert desk.restart() == []
    assert desk.tell() == ["log: i 1 new"] and desk.outbox.waiting == 0


def test_what_changed_is_said_so_that_only_that_is_made_durable() -> None:
    desk = Desk()
    desk.take(opened("one"), opened("two"))
    assert desk.outbox.changed == {"one", "two"}
    desk.tell()
    desk.outbox.changed = set()
    desk.tell(then(opened("two"), Change.WORSENED))
    assert desk.outbox.changed == {"two"}


# ---------------------------------------------------------------------------------- what and when


def test_growth_waits_between_two_messages_and_then_the_newest_is_told() -> None:
    desk = Desk([MAIL])
    second = then(opened(), Change.GREW)
    third = then(second, Change.GREW)
    desk.tell(opened())
    assert desk.tell(second) == []
    desk.pass_minutes(9.9)
    assert desk.tell(third) == []
    desk.pass_minutes(0.1)
    assert desk.tell() == ["care/1: i 3 grew"]
    # Counted from the last message, not from the first.
    desk.pass_minutes(9.9)
    assert desk.tell(then(third, Change.GREW)) == []


@pytest.mark.parametrize(
    "changes, telling",
    [
        ([Change.WORSENED], "worse"),
        ([Change.GREW, Change.WORSENED, Change.GREW], "worse"),
        ([Change.CALMED], "over"),
        ([Change.GREW, Change.RESOLVED], "over"),
        ([Change.RESOLVED, Change.REOPENED], "reopened"),
        ([Change.CALMED, Change.REOPENED, Change.WORSENED], "reopened"),
    ],
)
def test_what_people_must_act_on_does_not_wait(changes: list[Change], telling: str) -> None:
    desk = Desk([MAIL])
    desk.tell(opened())
    assert desk.tell(then(opened(), *changes)) == [f"care/1: i {1 + len(changes)} {telling}"]


@pytest.mark.parametrize("detector, telling", [("impostor", "joined"), ("response", "joined"), ("page-hinkley", None)])
def test_another_alert_is_news_if_it_says_something_that_was_not_known(detector: str, telling: str | None) -> None:
    desk = Desk([MAIL])
    desk.tell(opened())
    desk.pass_minutes(10)
    told = desk.tell(then(opened(), Change.JOINED, text=detector))
    assert told == ([f"care/1: i 2 {telling}"] if telling else [])


def test_what_people_do_themselves_they_are_not_told() -> None:
    desk = Desk()
    own = [Change.NOTED, Change.RESPONDED, Change.TICKED, Change.UNTICKED, Change.GRADED, Change.JUDGED]
    desk.tell(opened())
    desk.pass_minutes(10)
    done = then(opened(), Change.ACKNOWLEDGED, *own, Change.ANSWERED, by="anna")
    assert desk.tell(done) == []
    # Nor that it was over and is noted upon afterwards, once that was told.
    over = then(done, Change.RESOLVED)
    assert desk.tell(over) == ["care/1: i 10 over", "log: i 10 over"]
    assert desk.tell(then(over, Change.NOTED, by="anna")) == []


def test_who_never_heard_of_it_need_not_hear_that_it_is_over() -> None:
    desk = Desk()
    desk.take(opened())
    sends = desk.start()
    desk.finish(sends["log"])
    desk.finish(sends["care/1"], failure="refused", again=True)
    desk.pass_minutes(10)
    # The mail never went out; that it is over is of no use to anybody now.
    assert desk.tell(then(opened(), Change.CALMED)) == ["log: i 2 over"]
    assert desk.outbox.waiting == 0


def test_who_has_heard_of_it_hears_the_end_wherever_it_is_routed_now() -> None:
    desk = Desk()
    assert desk.people(opened()) == ["care/1: i 1 new"]
    graver = then(opened(), Change.WORSENED, severity=Severity.CRITICAL)
    # Critical is pr's; care, who began with it, goes on hearing of it.
    assert {one.partition(":")[0] for one in desk.people(graver)} == {"care/1", "pr/1"}
    assert desk.people(then(graver, Change.CALMED)) == ["care/1: i 3 over", "pr/1: i 3 over"]


def test_it_is_told_to_a_team_and_to_who_is_on_duty_and_at_night_to_the_team_alone() -> None:
    desk = Desk([*CHANNELS, PAGER])
    assert desk.people(opened()) == ["@anna/1: i 1 new", "care/1: i 1 new"]
    at_night = Desk([*CHANNELS, PAGER])
    at_night.pass_minutes(12 * 60)
    assert at_night.people(opened()) == ["care/1: i 1 new"]


def test_whoever_it_is_given_to_is_told_that_it_is_theirs() -> None:
    desk = Desk([*CHANNELS, PAGER], people=[msgspec.structs.replace(ANNA, id="zoe", name="Zoé"), ANNA])
    desk.pass_minutes(12 * 60)
    desk.people(opened())
    # To a person by id or name, to a team by its own: only their channels, and at once.
    first = then(opened(), Change.ASSIGNED, by="ben", text="anna", owner="anna")
    assert desk.people(first) == ["@anna/1: i 2 assigned"]
    second = then(first, Change.ASSIGNED, by="anna", text="PR", owner="PR")
    assert desk.people(second) == ["pr/1: i 3 assigned"]
    # Back again: she has heard of it long ago, and not that it is hers once more.
    third = then(second, Change.ASSIGNED, by="ben", text="Anna", owner="Anna")
    assert desk.people(third) == ["@anna/1: i 4 assigned"]
    # Nobody's, and somebody's that no configuration knows.
    assert desk.people(then(third, Change.ASSIGNED, Change.ASSIGNED, owner="an agency")) == []


# ------------------------------------------------------------------------------------------ calm


def test_a_channel_that_has_had_its_messages_of_the_hour_hears_the_newest_when_it_is_over() -> None:
    desk = Desk([LOG, MAIL], messages_per_hour=2)
    assert desk.people(opened("one"), opened("two"), opened("three")) == ["care/1: one 1 new", "care/1: two 1 new"]
    desk.pass_minutes(30)
    # The log hears everything; people wait for what is graver, too, and are told it in one message.
    worse = then(opened("three"), Change.GREW, Change.WORSENED)
    assert desk.tell(worse) == ["log: three 3 worse"]
    desk.restart()
    desk.pass_minutes(29.9)
    assert desk.tell() == []
    desk.pass_minutes(0.1)
    assert desk.tell() == ["care/1: three 3 new"]


def test_what_was_not_delivered_takes_nobodys_place() -> None:
    desk = Desk([MAIL], messages_per_hour=1)
    desk.take(opened("one"))
    assert desk.finish(desk.start()["care/1"], failure="410").result is GIVEN_UP
    assert desk.tell(opened("two")) == ["care/1: two 1 new"]


# ----------------------------------------------------------------------------------------- apart


def test_what_fails_is_tried_again_with_growing_pauses_and_then_given_up() -> None:
    desk = Desk([MAIL])
    desk.take(opened())
    pauses_s: list[float] = []
    for attempt in range(1, ATTEMPTS + 1):
        send = desk.start()["care/1"]
        assert (send.attempt, send.incident.version) == (attempt, 1)
        desk.finish(send, failure="care/1: answered 503", again=True)
        pending = desk.outbox.followed["i"].pending.get("care/1")
        if pending is None:
            break
        pauses_s.append((pending.due_ms - desk.now_ms) / 1000)
        # Not a millisecond before.
        desk.now_ms = pending.due_ms - 1
        assert desk.start() == {}
        desk.now_ms += 1
    assert desk.results(FAILED) == [("care/1", 1, FAILED)] * (ATTEMPTS - 1)
    assert desk.results(GIVEN_UP) == [("care/1", 1, GIVEN_UP)]
    assert desk.journal[-1].text == "care/1: answered 503"
    middle = [min(4.0**number, LONGEST_PAUSE_S) for number in range(ATTEMPTS - 1)]
    assert all(0.5 * half <= pause <= 1.5 * half for pause, half in zip(pauses_s, middle, strict=True))
    # Jittered: many channels that failed together do not come back together.
    assert len({pause / half for pause, half in zip(pauses_s, middle, strict=True)}) == ATTEMPTS - 1
    # Given up is given up, also after days; a newer version is a message of its own.
    desk.pass_minutes(3 * 24 * 60)
    assert desk.tell() == []
    assert desk.tell(then(opened(), Change.GREW)) == ["care/1: i 2 grew"]


def test_what_can_never_be_delivered_is_not_tried_again() -> None:
    desk = Desk([MAIL])
    desk.take(opened())
    gone = desk.finish(desk.start()["care/1"], failure="care/1: answered 410")
    assert (gone.result, gone.text) == (GIVEN_UP, "care/1: answered 410")
    desk.pass_minutes(24 * 60)
    assert desk.tell() == []


def test_a_channel_that_asks_for_time_is_given_it() -> None:
    desk = Desk([MAIL])
    desk.take(opened())
    desk.finish(desk.start()["care/1"], failure="429", again=True, after_s=120)
    desk.pass_minutes(1.99)
    assert desk.tell() == []
    desk.pass_minutes(0.01)
    assert desk.tell() == ["care/1: i 1 new"]


def test_a_newer_version_takes_the_place_of_one_that_is_tried_again() -> None:
    desk = Desk([MAIL])
    desk.tell(opened())
    worse = then(opened(), Change.WORSENED)
    desk.take(worse)
    send = desk.start()["care/1"]
    # The newer one comes while the older is on its way: that does not come back, and the newer waits its turn.
    desk.take(then(worse, Change.CALMED))
    assert desk.start() == {}
    failed = desk.finish(send, failure="503", again=True)
    assert (failed.version, failed.telling, failed.result) == (2, Telling.WORSE, FAILED)
    assert desk.tell() == []
    desk.pass_minutes(1)
    assert desk.tell() == ["care/1: i 3 over"]


def test_what_is_delivered_late_is_told_as_the_version_that_it_was() -> None:
    desk = Desk([MAIL])
    desk.take(opened())
    send = desk.start()["care/1"]
    desk.take(then(opened(), Change.WORSENED))
    desk.pass_minutes(5)
    assert desk.finish(send).version == 1
    assert desk.tell() == ["care/1: i 2 worse"]


def test_a_channel_that_hangs_delays_no_other_and_hears_one_thing_at_a_time() -> None:
    desk = Desk([LOG, MAIL, HOOK])
    desk.take(opened("one"))
    sends = desk.start()
    hangs = sends.pop("care/1")
    for send in sends.values():
        desk.finish(send)
    # Life goes on without it, of this incident and of others.
    assert desk.tell(then(opened("one"), Change.WORSENED)) == ["care/2: one 2 worse", "log: one 2 worse"]
    assert desk.tell(opened("two")) == ["care/2: two 1 new", "log: two 1 new"]
    desk.finish(hangs, failure="no answer", again=True, after_s=60)
    # What failed waits; of the other incident it hears at once.
    (send,) = desk.start().values()
    assert (send.channel, send.incident.id) == ("care/1", "two")
    desk.finish(send)
    desk.pass_minutes(1)
    (send,) = desk.start().values()
    assert (send.channel, send.incident.id, send.incident.version) == ("care/1", "one", 2)


# ----------------------------------------------------------------------------------------- quiet


@pytest.mark.parametrize(
    "silence",
    [silenced(60), silenced(60, brands=["acme"]), silenced(60, topics=["refund"]), silenced(60, incidents=["i"])],
    ids=["everything", "brand", "topic", "incident"],
)
@pytest.mark.parametrize("by_command", [False, True], ids=["configured", "by command"])
def test_while_a_silence_is_on_only_the_log_hears_and_afterwards_what_still_lasts_is_told(
    silence: Silence, by_command: bool
) -> None:
    desk = Desk() if by_command else Desk(silences=[silence])
    first = opened(silences=[silence] if by_command else [])
    assert desk.tell(first) == ["log: i 1 new"]
    # Said once a version, with the reason, and to no channel.
    assert desk.tell() == []
    desk.restart()
    assert desk.tell() == []
    assert desk.results(SILENCED) == [("", 1, SILENCED)]
    assert desk.journal[0].text == "until 2026-03-02T10:00:00+00:00: launch"
    desk.pass_minutes(59.9)
    assert desk.tell() == []
    desk.pass_minutes(0.1)
    # Whoever would have heard first hears now.
    assert desk.tell() == ["care/1: i 1 new"]


def test_each_version_that_is_kept_quiet_is_said_and_the_newest_is_told_when_it_ends() -> None:
    desk = Desk(silences=[silenced(10)])
    assert desk.tell(opened()) == ["log: i 1 new"]
    assert desk.tell(then(opened(), Change.WORSENED)) == ["log: i 2 worse"]
    assert desk.results(SILENCED) == [("", 1, SILENCED), ("", 2, SILENCED)]
    desk.pass_minutes(10)
    assert desk.tell() == ["care/1: i 2 new"]


@pytest.mark.parametrize(
    "silence",
    [silenced(60, brands=["globex"]), silenced(60, topics=["taste"]), silenced(60, incidents=["another"]), silenced(0)],
    ids=["another brand", "another topic", "another incident", "over"],
)
def test_a_silence_of_something_else_keeps_nothing_from_anybody(silence: Silence) -> None:
    assert Desk(silences=[silence]).people(opened()) == ["care/1: i 1 new"]
    assert Desk().people(opened(silences=[silence])) == ["care/1: i 1 new"]


def test_a_silence_that_somebody_ends_is_over_at_once() -> None:
    desk = Desk()
    first = opened(silences=[silenced(600, brands=["acme"])])
    assert desk.people(first) == []
    assert desk.people(then(first, Change.UNSILENCED, by="anna", silences=[])) == ["care/1: i 2 new"]


def test_what_is_over_when_the_silence_ends_is_not_told() -> None:
    desk = Desk(silences=[silenced(60)])
    desk.tell(opened())
    desk.pass_minutes(30)
    assert desk.tell(then(opened(), Change.CALMED)) == ["log: i 2 over"]
    desk.pass_minutes(30)
    assert desk.tell() == []


def test_who_knew_of_it_before_the_silence_hears_afterwards_that_it_is_over() -> None:
    desk = Desk()
    desk.tell(opened())
    quiet = then(opened(), Change.SILENCED, by="anna", silences=[silenced(60)])
    over = then(quiet, Change.GREW, Change.CALMED)
    assert desk.people(quiet) == [] and desk.people(over) == []
    desk.pass_minutes(60)
    assert desk.people() == ["care/1: i 4 over"]


def test_what_is_tried_again_is_not_sent_into_a_silence_that_has_begun() -> None:
    desk = Desk([MAIL])
    desk.take(opened())
    desk.finish(desk.start()["care/1"], failure="503", again=True)
    desk.take(then(opened(), Change.SILENCED, by="anna", silences=[silenced(60)]))
    desk.pass_minutes(30)
    assert desk.start() == {}
    desk.pass_minutes(30)
    assert desk.tell() == ["care/1: i 2 new"]


def test_while_there_is_a_reason_to_doubt_it_nobody_is_told() -> None:
    desk = Desk()
    doubted = opened(doubt="forum has been silent for two hours")
    assert desk.tell(doubted) == ["log: i 1 new"]
    assert desk.results(INHIBITED) == [("", 1, INHIBITED)]
    assert desk.journal[0].text == "forum has been silent for two hours"
    grown = then(doubted, Change.GREW)
    assert desk.people(grown) == []
    assert desk.results(INHIBITED) == [("", 1, INHIBITED), ("", 2, INHIBITED)]
    assert desk.people(then(grown, Change.GREW, doubt=None)) == ["care/1: i 3 new"]


SAME = ["card", "terminals", "down", "refused"]


def test_a_daughter_is_not_told_what_her_group_is_told() -> None:
    desk = Desk()
    group = opened("group", signature=SAME)
    daughter = opened("daughter", brand="acme-toys", signature=["terminal", "card", "queue"])
    assert desk.people(group, daughter) == ["care/1: group 1 new"]
    (inhibited,) = (one for one in desk.journal if one.result is INHIBITED)
    assert (inhibited.incident, inhibited.brand) == ("daughter", "acme-toys")
    assert inhibited.text == "the same story as group"
    # The group's is over and hers is not yet: for six hours that is still the group's story.
    assert desk.people(then(group, Change.CALMED, resolved_at=from_ms(desk.now_ms))) == ["care/1: group 2 over"]
    desk.pass_minutes(6 * 60 + 1)
    assert desk.people() == ["care/1: daughter 1 new"]


def test_a_daughter_with_another_story_is_told() -> None:
    desk = Desk()
    toys = opened("toys", brand="acme-toys", signature=["paint", "lead", "#toxictoys"])
    assert desk.people(opened("group", signature=SAME), toys) == ["care/1: group 1 new", "care/1: toys 1 new"]


def test_a_group_is_told_whatever_her_daughters_are_and_sisters_have_nothing_to_do_with_each_other() -> None:
    toys = Brand(id="acme-toys", name="Acme Toys", match=Match(any=["acmetoys"]), group="acme")
    foods = Brand(id="acme-foods", name="Acme Foods", match=Match(any=["acmefoods"]), group="acme")
    desk = Desk(brands=[WATCH.brands[0], toys, foods])
    one, other = (opened(name, brand=name, signature=SAME) for name in ("acme-toys", "acme-foods"))
    assert desk.people(one, other) == ["care/1: acme-foods 1 new", "care/1: acme-toys 1 new"]
    assert desk.people(opened("group", signature=SAME)) == ["care/1: group 1 new"]


# ------------------------------------------------------------------------------------ escalation


def test_the_next_team_hears_when_nobody_looks_after_what_somebody_was_told() -> None:
    desk = Desk()
    desk.take(opened())
    hangs = desk.start()["care/1"]
    desk.pass_minutes(5)
    desk.finish(hangs)
    # It counts from when they were to hear, however long their mail takes.
    desk.pass_minutes(9.9)
    assert desk.people() == []
    desk.restart()
    desk.pass_minutes(0.1)
    assert desk.people() == ["pr/1: i 1 escalated"]
    desk.pass_minutes(59.9)
    assert desk.people() == []
    desk.pass_minutes(0.1)
    assert desk.people() == ["boss/1: i 1 escalated"]
    # Then everybody has been asked; all of them hear the end.
    desk.pass_minutes(24 * 60)
    assert desk.people() == []
    end = desk.people(then(opened(), Change.CALMED))
    assert end == ["boss/1: i 2 over", "care/1: i 2 over", "pr/1: i 2 over"]


@pytest.mark.parametrize("change", [Change.ACKNOWLEDGED, Change.RESOLVED])
def test_what_somebody_looks_after_goes_to_nobody_else(change: Change) -> None:
    desk = Desk()
    desk.tell(opened())
    desk.pass_minutes(14.9)
    desk.tell(then(opened(), change, by="anna"))
    desk.pass_minutes(24 * 60)
    assert desk.people() == []


def test_what_could_not_be_delivered_goes_to_the_next_team_all_the_same() -> None:
    desk = Desk()
    desk.take(opened())
    desk.finish(desk.start()["care/1"], failure="410")
    desk.pass_minutes(15)
    assert desk.people() == ["pr/1: i 1 escalated"]


def test_what_is_on_again_waits_for_somebody_from_the_beginning() -> None:
    desk = Desk()
    desk.tell(opened())
    taken = then(opened(), Change.ACKNOWLEDGED, Change.RESOLVED, by="anna")
    assert desk.people(taken) == ["care/1: i 3 over"]
    desk.pass_minutes(120)
    assert desk.people(then(taken, Change.REOPENED)) == ["care/1: i 4 reopened"]
    desk.pass_minutes(14.9)
    assert desk.people() == []
    desk.pass_minutes(0.1)
    assert desk.people() == ["pr/1: i 4 escalated"]


# ---------------------------------------------------------------------------------------- memory


def test_of_what_is_over_and_told_no_text_is_kept_and_of_what_is_not_all() -> None:
    desk = Desk([MAIL])
    over = then(opened(), Change.CALMED)
    desk.tell(opened())
    desk.take(over)
    send = desk.start()["care/1"]
    desk.outbox.trim()
    assert desk.outbox.followed["i"].incident.why.top_posts
    desk.finish(send)
    desk.outbox.changed = set()
    desk.outbox.trim()
    kept = desk.outbox.followed["i"].incident.why
    assert (kept.top_posts, kept.first_post) == ([], None)
    assert desk.outbox.changed == {"i"}


# ------------------------------------------------------------------------------ whatever happens

NAMES = ("one", "two", "three")
MATTERS = (Change.OPENED, Change.GREW, Change.WORSENED, Change.REOPENED)
KNOWN = (DELIVERED, UNKNOWN, GIVEN_UP)
LIVE = [LOG, MAIL, HOOK, PR_MAIL]


# ------------------------------------------------------------------- escalation, and who hears what first


def test_a_silence_holds_the_clock_of_escalation_too() -> None:
    desk = Desk()
    incident = opened(silences=[silenced(60)])
    assert desk.people(incident) == []
    desk.pass_minutes(30)
    assert desk.people(then(incident, Change.GREW)) == []
    desk.pass_minutes(30)
    # Care hears when the silence ends, and has its quarter of an hour from then on.
    assert desk.people() == ["care/1: i 2 new"]
    desk.pass_minutes(14.9)
    assert desk.people() == []
    desk.pass_minutes(0.1)
    assert desk.people() == ["pr/1: i 2 escalated"]


def test_nobody_knows_whether_the_first_message_arrived_and_the_next_team_hears_all_the_same() -> None:
    desk = Desk()
    desk.take(opened())
    desk.start()
    assert [one.channel for one in desk.restart()] == ["care/1"]
    desk.pass_minutes(15)
    assert desk.people() == ["pr/1: i 1 escalated"]


def test_a_team_that_cannot_be_told_does_not_hold_the_next_one_back() -> None:
    # At night nobody of care is on duty, and the team has no channel of its own.
    desk = Desk([LOG, PAGER, PR_MAIL])
    desk.pass_minutes(12 * 60)
    assert desk.people(opened()) == []
    desk.pass_minutes(15)
    assert desk.people() == ["pr/1: i 1 escalated"]


def test_a_first_hearer_whose_channel_failed_is_not_told_that_nobody_looks_after_it() -> None:
    desk = Desk([*CHANNELS, PAGER])
    desk.take(opened())
    sends = desk.start()
    desk.finish(sends["care/1"])
    desk.finish(sends["@anna/1"], failure="503", again=True)
    desk.pass_minutes(1)
    assert desk.people() == ["@anna/1: i 1 new"]


def test_whose_shift_begins_hears_of_what_nobody_looks_after_and_not_of_what_somebody_does() -> None:
    early = -2 * 60
    waiting, looked_after = Desk([*CHANNELS, PAGER]), Desk([*CHANNELS, PAGER])
    for desk in (waiting, looked_after):
        desk.pass_minutes(early)
        assert desk.people(opened()) == ["care/1: i 1 new"]
    looked_after.tell(then(opened(), Change.ACKNOWLEDGED))
    for desk in (waiting, looked_after):
        desk.pass_minutes(2 * 60)
    assert "@anna/1: i 1 new" in waiting.people()
    assert looked_after.people() == []


def test_who_may_have_heard_of_it_hears_that_it_is_over() -> None:
    desk = Desk([HOOK])
    desk.take(opened())
    desk.start()
    desk.restart()
    assert desk.people(then(opened(), Change.CALMED)) == ["care/2: i 2 over"]
    # No answer in time is no "no" either; but a chat is not asked again.
    late = Desk([MAIL, HOOK])
    late.take(opened())
    sends = late.start()
    assert late.finish(sends["care/1"], failure="no answer", again=True, maybe=True).result is UNKNOWN
    assert late.finish(sends["care/2"], failure="no answer", again=True, maybe=True).result is FAILED
    late.pass_minutes(1)
    assert late.people() == ["care/2: i 1 new"]
    assert late.people(then(opened(), Change.CALMED)) == ["care/1: i 2 over", "care/2: i 2 over"]


def test_a_newer_version_is_tried_as_often_as_the_first() -> None:
    desk = Desk([MAIL])
    desk.take(opened())
    for _ in range(ATTEMPTS - 1):
        assert desk.finish(desk.start()["care/1"], failure="503", again=True).result is FAILED
        desk.pass_minutes(60)
    desk.take(then(opened(), Change.WORSENED))
    assert desk.finish(desk.start()["care/1"], failure="503", again=True).result is FAILED


def test_who_took_it_is_not_told_that_it_is_theirs_and_hears_the_rest() -> None:
    desk = Desk([MAIL, PAGER])
    desk.pass_minutes(12 * 60)  # nobody is on duty
    desk.tell(opened())
    taken = then(opened(), Change.ACKNOWLEDGED, by="anna", owner="anna")
    assert desk.people(taken) == []
    assert desk.people(then(taken, Change.CALMED)) == ["@anna/1: i 3 over", "care/1: i 3 over"]
    given = Desk([MAIL, PAGER])
    given.pass_minutes(12 * 60)
    given.tell(opened())
    assert given.people(then(opened(), Change.ASSIGNED, owner="anna")) == ["@anna/1: i 2 assigned"]


def test_a_group_whose_own_incident_is_in_doubt_does_not_keep_its_daughter_quiet() -> None:
    desk = Desk()
    same = ["recall", "lead", "paint"]
    group = opened("g", signature=same, doubt="twitter is silent")
    daughter = opened("d", brand="acme-toys", signature=same)
    assert desk.people(group, daughter) == ["care/1: d 1 new"]


class OutboxLife(RuleBasedStateMachine):
    """Three incidents, four channels, a worker that may be killed at any moment, and silences.

    `durable` is what is kept when the worker is killed, `journal` what was said durably; `arrived` is what reached a
    channel, whatever the worker knows of it.
    """

    @initialize()
    def begin(self) -> None:
        self.watch = msgspec.structs.replace(WATCH, messages_per_hour=3)
        self.now_ms = NINE_MS
        self.newest: dict[str, Incident] = {}
        self.journal: list[Delivery] = []
        self.arrived: list[tuple[str, str, int]] = []
        self.under_way: dict[str, Send] = {}
        self.maybe: set[tuple[str, str]] = set()
        self.outbox = Outbox(self.watch, LIVE, rng=random.Random(1))
        self.keep()

    def keep(self) -> None:
        self.durable = (msgspec.msgpack.encode(self.outbox.followed), msgspec.msgpack.encode(self.outbox.sent))

    # ------------------------------------------------------------------------------ incidents

    def publish(self, incident: Incident) -> None:
        self.newest[incident.id] = incident
        self.outbox.take(incident, self.now_ms)

    @rule(name=st.sampled_from(NAMES))
    def open(self, name: str) -> None:
        if name not in self.newest:
            self.publish(opened(name))

    @rule(name=st.sampled_from(NAMES), what=st.sampled_from([Change.GREW, Change.GREW, Change.WORSENED, Change.NOTED]))
    def change(self, name: str, what: Change) -> None:
        incident = self.newest.get(name)
        if incident is not None and incident.state is not IncidentState.RESOLVED:
            self.publish(then(incident, what))

    @rule(name=st.sampled_from(NAMES), what=st.sampled_from([Change.ACKNOWLEDGED, Change.CALMED, Change.RESOLVED]))
    def look_after(self, name: str, what: Change) -> None:
        incident = self.newest.get(name)
        if incident is None:
            return
        if incident.state is IncidentState.RESOLVED:
            what = Change.REOPENED
        self.publish(then(incident, what))

    @rule(name=st.sampled_from(NAMES), again=st.integers(0, 3))
    def an_old_record_comes_again(self, name: str, again: int) -> None:
        if name in self.newest:
            self.outbox.take(opened(name, version=max(1, self.newest[name].version - again)), self.now_ms)

    @rule(name=st.sampled_from(NAMES), minutes=st.sampled_from([5, 30, 90]))
    def a_silence_begins(self, name: str, minutes: int) -> None:
        incident = self.newest.get(name)
        if incident is not None:
            until = from_ms(self.now_ms + minutes * MINUTE_MS)
            self.publish(then(incident, Change.SILENCED, silences=[Silence(comment="launch", until=until)]))

    @rule(name=st.sampled_from(NAMES), doubt=st.sampled_from([None, "no data"]))
    def a_silence_ends_or_a_doubt_begins(self, name: str, doubt: str | None) -> None:
        incident = self.newest.get(name)
        if incident is not None:
            self.publish(then(incident, Change.UNSILENCED, silences=[], doubt=doubt))

    # ----------------------------------------------------------------------------------- time

    @rule(seconds=st.sampled_from([1, 20, 60, 300, 900, 3600]))
    def time_passes(self, seconds: int) -> None:
        self.now_ms += 1000 * seconds

    @rule()
    def look(self) -> None:
        sends, quiet = self.outbox.start(self.now_ms)
        self.journal += quiet
        for send in sends:
            assert send.channel not in self.under_way, "a channel hears one thing at a time"
            self.under_way[send.channel] = send
            if send.channel != LOG.id:
                assert not self.is_quiet(send.incident), "nobody is told while it is quiet"
                heard = self.known(send.channel, send.incident.id)
                maybe = (send.channel, send.incident.id) in self.maybe
                assert heard or maybe or send.incident.state is not IncidentState.RESOLVED, "who never heard: no end"
        # Durable before anything is sent.
        self.keep()

    def is_quiet(self, incident: Incident) -> bool:
        at = from_ms(self.now_ms)
        return incident.doubt is not None or any(one.start <= at < one.until for one in incident.silences)

    @precondition(lambda self: self.under_way)
    @rule(
        data=st.data(),
        how=st.sampled_from(["well", "well", "badly", "asks for time", "never"]),
        killed=st.sampled_from([False, False, False, True]),
    )
    def a_message_ends(self, data: st.DataObject, how: str, killed: bool) -> None:
        """In any order and at any time; the worker may be killed before it is durable how it went."""
        send = self.under_way.pop(data.draw(st.sampled_from(sorted(self.under_way))))
        delivery = self.finish(send, how)
        if killed:
            self.restart(arrives=False)
        else:
            self.journal.append(delivery)
            self.outbox.trim()
            self.keep()

    def finish(self, send: Send, how: str) -> Delivery:
        self.maybe.add((send.channel, send.incident.id))  # if the worker dies now
        if how == "well":
            self.arrived.append((send.channel, send.incident.id, send.incident.version))
            return self.outbox.finish(send, self.now_ms)
        again, after_s = how != "never", 600.0 if how == "asks for time" else 0.0
        return self.outbox.finish(send, self.now_ms, failure=how, again=again, after_s=after_s)

    @rule(arrives=st.booleans())
    def restart(self, arrives: bool) -> None:
        """The worker is killed; what was being sent has arrived, or not. The topic is read again."""
        if arrives:
            for send in self.under_way.values():
                self.arrived.append((send.channel, send.incident.id, send.incident.version))
        self.maybe |= {(send.channel, send.incident.id) for send in self.under_way.values()}
        self.under_way = {}
        followed = msgspec.msgpack.decode(self.durable[0], type=dict[str, Followed])
        sent = msgspec.msgpack.decode(self.durable[1], type=dict[str, list[int]])
        self.outbox = Outbox(self.watch, LIVE, rng=random.Random(1))
        self.journal += self.outbox.restore(followed, sent, self.now_ms)
        for incident in self.newest.values():
            self.outbox.take(incident, self.now_ms)
        self.keep()

    # ------------------------------------------------------------------------------- what holds

    def known(self, channel: str, name: str) -> int:
        """The newest version that a channel knows, or was given up with; 0 without any."""
        return max((one.version for one in self.journal if self.is_of(one, channel, name, KNOWN)), default=0)

    @staticmethod
    def is_of(one: Delivery, channel: str, name: str, results: Sequence[DeliveryResult]) -> bool:
        return one.channel == channel and one.incident == name and one.result in results

    @invariant()
    def nobody_is_told_twice_nor_of_what_is_older(self) -> None:
        for channel in LIVE:
            for name in NAMES:
                told = [one.version for one in self.journal if self.is_of(one, channel.id, name, (DELIVERED, UNKNOWN))]
                assert told == sorted(set(told)), (channel, name, told)
                got = [version for where, what, version in self.arrived if (where, what) == (channel.id, name)]
                # Where the same again is known as such, it may come again after a crash.
                assert got == (sorted(got) if channel.idempotent else sorted(set(got))), (channel, name, got)

    @invariant()
    def a_quiet_version_is_said_once(self) -> None:
        said = [(one.incident, one.version) for one in self.journal if one.result in (SILENCED, INHIBITED)]
        assert len(said) == len(set(said))

    def teardown(self) -> None:
        """All is well again, and time passes: whoever hears of it knows the newest change that matters."""
        if not hasattr(self, "newest"):
            return
        for incident in list(self.newest.values()):
            if incident.silences or incident.doubt:
                self.publish(then(incident, Change.UNSILENCED, silences=[], doubt=None))
        for _ in range(48):
            while self.under_way:
                self.journal.append(self.finish(self.under_way.popitem()[1], "well"))
            self.look()
            self.now_ms += 15 * MINUTE_MS
        assert self.under_way == {} and self.outbox.waiting == 0
        self.nobody_is_told_twice_nor_of_what_is_older()
        for name, incident in self.newest.items():
            over = incident.state is IncidentState.RESOLVED
            wanted = (Change.RESOLVED, Change.CALMED) if over else MATTERS
            newest = max(entry.version for entry in incident.timeline if entry.what in wanted)
            for channel in LIVE:
                known = self.known(channel.id, name)
                hears = not over and (channel is not PR_MAIL or incident.state.waits)
                if hears or known:
                    assert known >= newest, (channel, incident.state, known, newest)


OutboxLife.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestOutboxLife = OutboxLife.TestCase
