"""Who hears of an incident: the routing matrix, the rota with its holidays, escalation."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from detectors.alerting.routing import Facts, on_duty, route
from detectors.model import (
    Brand,
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
    StoryKind,
    Team,
    Topic,
    Watch,
)
from streams.cli import main
from streams.notifiers import hears

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
ANNA = Person(id="anna", name="Anna", notify=["json://127.0.0.1/anna"], away=[(date(2026, 3, 9), date(2026, 3, 13))])
BEN = Person(id="ben", name="Ben")
WEEK = ["mon", "tue", "wed", "thu", "fri"]
CARE = Team(
    id="care",
    name="Care",
    timezone="Europe/Paris",
    rota=[
        Shift(days=WEEK, hours=(8 * 60, 18 * 60), people=["anna", "ben"]),
        Shift(days=["fri"], hours=(22 * 60, 6 * 60), people=["ben"]),
        Shift(days=["holidays"], people=["ben"]),
    ],
    holidays=[date(2026, 4, 6)],
    escalate_after=timedelta(minutes=15),
    escalate_to="pr",
)
PR = Team(id="pr", name="PR", escalate_after=timedelta(hours=1), escalate_to="boss")
BOSS = Team(id="boss", name="Boss", escalate_after=timedelta(hours=1), escalate_to="care")
WATCH = Watch(
    brands=[
        Brand(id="acme", name="Acme", match=Match(any=["acme"]), timezone="America/New_York"),
        Brand(id="globex", name="Globex", match=Match(any=["globex"])),
    ],
    topics=[Topic(id="refund", words={"en": ["refund"]}, team="care"), Topic(id="taste", words={"en": ["taste"]})],
    teams=[CARE, PR, BOSS],
    people=[ANNA, BEN],
    routes=[
        Route(teams=["boss"], severity_at_least=Severity.CRITICAL),
        Route(teams=["pr"], kinds=["impostor", "rally"], brands=["acme"]),
        Route(teams=["boss", "pr"], topics=["taste"], hours=(22 * 60, 7 * 60)),
    ],
)


def heard(at: datetime = MONDAY, **facts: Any) -> list[tuple[str, timedelta]]:
    given = {"brand": "acme", "severity": Severity.LOW} | facts
    return [(hearing.team.id, hearing.after) for hearing in route(WATCH, Facts(**given), at)]


def first(at: datetime = MONDAY, **facts: Any) -> list[str]:
    return [team for team, after in heard(at, **facts) if not after]


def test_the_first_route_that_fits_decides() -> None:
    assert first(severity=Severity.CRITICAL, kinds=[StoryKind.RALLY]) == ["boss"]
    assert first(kinds=[StoryKind.RALLY], topics=["refund"]) == ["pr"]
    # Of another brand, so no route fits: the team of the topic.
    assert first(brand="globex", kinds=[StoryKind.RALLY], topics=["refund"]) == ["care"]


def test_hours_are_those_of_the_brand_and_may_go_over_night() -> None:
    night_in_new_york = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)
    assert first(night_in_new_york, topics=["taste"]) == ["boss", "pr"]
    # In Globex's own time it is 04:30 too; at 09:00 it is day, and "taste" has no team: everybody hears.
    assert first(MONDAY + timedelta(hours=3), topics=["taste"]) == ["care", "pr", "boss"]


def test_without_a_rule_everybody_hears() -> None:
    assert first() == ["care", "pr", "boss"]


def test_escalation_goes_on_until_everybody_was_asked_and_never_round_in_circles() -> None:
    minute = timedelta(minutes=1)
    assert heard(topics=["refund"]) == [("care", 0 * minute), ("pr", 15 * minute), ("boss", 75 * minute)]


@pytest.mark.parametrize(
    "at, people",
    [
        ("2026-03-02T07:30+01:00", []),
        ("2026-03-02T08:00+01:00", ["anna", "ben"]),
        ("2026-03-02T18:00+01:00", []),
        # Anna is away for a week.
        ("2026-03-11T10:00+01:00", ["ben"]),
        # The night from Friday to Saturday is one shift.
        ("2026-03-06T23:00+01:00", ["ben"]),
        ("2026-03-07T05:59+01:00", ["ben"]),
        ("2026-03-07T06:00+01:00", []),
        # Easter Monday: the shift of holidays, not that of Mondays.
        ("2026-04-06T10:00+02:00", ["ben"]),
        # The clocks go forward on 29 March: eight o'clock is an hour earlier in UTC.
        ("2026-03-30T06:30+00:00", ["anna", "ben"]),
    ],
)
def test_who_is_on_duty(at: str, people: list[str]) -> None:
    assert [person.id for person in on_duty(CARE, WATCH.people, datetime.fromisoformat(at))] == people


def incident(topic: str = "refund", **fields: Any) -> Incident:
    parts = {"topic": [Part(name=topic, observed=20, expected=0.0), Part(name="none", observed=10, expected=2.0)]}
    why = Explanation(since=MONDAY, until=MONDAY, observed=30, expected=2.0, first_post=None, top_posts=[], parts=parts)
    told = Incident(
        id="incident-acme", brand="acme", brand_name="Acme", state=IncidentState.OPEN, version=1, onset=MONDAY,
        opened_at=MONDAY, updated_at=MONDAY, alerts=["a"], why=why, peak_surprise=6.0, threshold=4.8,
    )  # fmt: skip
    return msgspec.structs.replace(told, **fields)


CHANNELS = ["log", "care/1", "pr/1", "boss/1", "@anna/1", "@ben/1"]


def test_only_those_hear_to_whom_it_is_routed_with_the_people_on_duty() -> None:
    assert hears(WATCH, incident(), CHANNELS, []) == {"log", "care/1", "@anna/1", "@ben/1"}
    at_night = incident(opened_at=MONDAY - timedelta(hours=7))
    assert hears(WATCH, at_night, CHANNELS, []) == {"log", "care/1"}


def test_who_has_heard_of_it_hears_the_end() -> None:
    worse = incident(severity=Severity.CRITICAL)
    assert hears(WATCH, worse, CHANNELS, []) == {"log", "boss/1"}
    assert hears(WATCH, worse, CHANNELS, ["log", "care/1"]) == {"log", "boss/1", "care/1"}


def test_a_silence_keeps_it_from_people_until_it_ends_and_the_log_hears_all_the_same() -> None:
    launch = Silence(comment="launch", start=MONDAY, until=MONDAY + timedelta(hours=2), topics=["refund"])
    silent = msgspec.structs.replace(WATCH, silences=[launch])
    assert hears(silent, incident(), CHANNELS, ["care/1"]) == {"log"}
    assert hears(silent, incident("taste"), CHANNELS, []) == {"log", "pr/1", "boss/1"}
    # What has changed since it ended is told, to those who would have heard of it at the start.
    later = incident(updated_at=MONDAY + timedelta(hours=2), version=3)
    assert hears(silent, later, CHANNELS, []) == {"log", "care/1", "@anna/1", "@ben/1"}


CONFIG = """
brands: [{id: acme, name: Acme, match: {any: [acme]}, official_accounts: {x: [acme]}}]
topics: [{id: refund, words: {en: [refund]}, team: care}]
teams:
  - {id: care, name: Care, notify: ["json://user:s3cret@example.com"], timezone: Europe/Paris,
     escalate_after: 15m, escalate_to: pr,
     rota: [{days: [mon], hours: "08:00-18:00", people: [anna]}], holidays: [2026-04-06]}
  - {id: pr, name: PR, language: fr}
people: [{id: anna, name: Anna, away: ["2026-12-24/2027-01-02"]}]
routes: [{teams: [pr], severity_at_least: high}]
silences: [{comment: launch, until: "2026-06-01T18:00+02:00", start: "2026-06-01T08:00+02:00", topics: [refund]}]
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "brands.yaml").write_text(CONFIG)
    post = {"id": "1", "source": "x", "text": "acme never sent my refund", "created_at": "2026-03-02T09:00:00Z"}
    (tmp_path / "post.json").write_text(json.dumps(post))
    return tmp_path


def run(files: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    post, config = str(files / "post.json"), str(files / "brands.yaml")
    code = main(["config", "route", post, "--config", config, *arguments])
    said = capsys.readouterr()
    return code, said.out + said.err


def test_the_command_says_who_would_hear_when_and_why(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = run(files, capsys)
    assert code == 0 and "s3cret" not in said
    care, pr = (line for line in said.splitlines() if line.split()[:1] in (["at"], ["15"]))
    assert "Anna" in care and "json" in care and "topic refund" in care and "Europe/Paris" in care
    assert "15 min" in pr and "pr" in pr and "not acknowledged" in pr
    assert "acme: negative, topic refund" in said

    code, said = run(files, capsys, "--severity", "critical", "--at", "2026-12-25T03:00:00Z")
    assert code == 0 and "routes[0]: severity critical" in said and "2026-12-25 03:00 UTC" in said

    code, said = run(files, capsys, "--at", "2026-06-01T12:00:00Z")
    assert code == 0 and "silenced until 2026-06-01 16:00 UTC: launch" in said


def test_the_command_refuses_with_reasons(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = run(files, capsys, "--severity", "awful")
    assert code == 2 and "expected one of: low, medium, high, critical" in said
    (files / "post.json").write_text('{"id": "1"}')
    code, said = run(files, capsys)
    assert code == 2 and "missing required field" in said
    post = {"id": "1", "source": "x", "text": "nobody", "created_at": "2026-03-02T09:00:00Z"}
    (files / "post.json").write_text(json.dumps(post))
    code, said = run(files, capsys)
    assert code == 1 and "none of the 1 watched brands" in said


def test_every_problem_of_the_matrix_is_told_with_its_path(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = CONFIG.replace("teams: [pr],", "teams: [nobody], kinds: [gossip], hours: '8-18',")
    broken = broken.replace("people: [anna]}", "people: [zoe]}").replace("days: [mon]", "days: [monday]")
    broken = broken.replace("2026-04-06", "Easter").replace("2026-12-24/2027-01-02", "2027-01-02/2026-12-24")
    broken = broken.replace("2026-06-01T18:00+02:00", "2026-06-01T18:00")
    (files / "brands.yaml").write_text(broken)
    code, said = run(files, capsys)
    assert code == 2
    for path in (
        "routes[0].teams[0]", "routes[0].kinds[0]", "routes[0].hours", "teams[0].rota[0].people[0]",
        "teams[0].rota[0].days[0]", "teams[0].holidays[0]", "people[0].away[0]", "silences[0].until",
    ):  # fmt: skip
        assert path in said, path
