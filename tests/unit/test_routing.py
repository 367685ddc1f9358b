"""Who hears of an incident: the routing matrix, the rota with its holidays, escalation."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from detectors.alerting.routing import Facts, facts_of, on_duty, route, silence_of
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


def test_a_route_by_language_is_for_what_is_said_in_it() -> None:
    paris = Route(teams=["boss"], languages=["fr", "nl"], topics=["refund"])
    watch = msgspec.structs.replace(WATCH, routes=[paris])

    def hears(*languages: str, topic: str = "refund") -> list[tuple[str, str]]:
        facts = Facts(brand="acme", severity=Severity.LOW, topics=[topic], languages=languages)
        return [(hearing.team.id, hearing.why) for hearing in route(watch, facts, MONDAY) if not hearing.after]

    assert hears("en", "fr") == [("boss", "routes[0]: topic refund, language fr")]
    # Neither in another language, nor where none is known, nor of something else.
    assert hears("en") == hears() == [("care", "topic refund")]
    assert [team for team, _ in hears("fr", topic="taste")] == ["care", "pr", "boss"]


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


def incident(topic: str = "refund", languages: dict[str, int] | None = None, **fields: Any) -> Incident:
    spoken = {"en": 30} if languages is None else languages
    parts = {
        "topic": [Part(name=topic, observed=20, expected=0.0), Part(name="none", observed=10, expected=2.0)],
        "language": [Part(name=name, observed=posts, expected=0.0) for name, posts in spoken.items()],
    }
    why = Explanation(since=MONDAY, until=MONDAY, observed=30, expected=2.0, first_post=None, top_posts=[], parts=parts)
    told = Incident(
        id="incident-acme", brand="acme", brand_name="Acme", state=IncidentState.OPEN, version=1, onset=MONDAY,
        opened_at=MONDAY, updated_at=MONDAY, alerts=["a"], why=why, peak_surprise=6.0, threshold=4.8,
    )  # fmt: skip
    return msgspec.structs.replace(told, **fields)


def asked(told: Incident, at: datetime = MONDAY, watch: Watch = WATCH) -> dict[str, list[str]]:
    """The teams that hear of it at once, each with its people on duty."""
    hearings = route(watch, facts_of(told), at)
    return {one.team.id: [person.id for person in one.people] for one in hearings if not one.after}


# Which channels that makes, and that who has heard of it hears the end, is the outbox's: see test_outbox.py.


def test_only_those_hear_to_whom_it_is_routed_with_the_people_on_duty() -> None:
    assert asked(incident()) == {"care": ["anna", "ben"]}
    # At night the team alone.
    assert asked(incident(), MONDAY - timedelta(hours=7)) == {"care": []}
    assert asked(incident(severity=Severity.CRITICAL)) == {"boss": []}


@pytest.mark.parametrize(
    "languages, counted",
    [
        ({"en": 20, "fr": 10}, ("en", "fr")),
        # Nine of thirty are not a third: a few tourists are no reason to wake Paris.
        ({"en": 21, "fr": 9}, ("en",)),
        # What is in no language that is known is nobody's.
        ({"none": 20, "fr": 10}, ("fr",)),
        ({"none": 30}, ()),
        ({}, ()),
    ],
)
def test_an_incident_is_in_the_languages_of_a_third_of_it(languages: dict[str, int], counted: tuple[str, ...]) -> None:
    assert facts_of(incident(languages=languages)).languages == counted


def test_an_impostor_without_a_wave_is_in_no_language() -> None:
    told = incident(languages={"fr": 0})
    assert facts_of(msgspec.structs.replace(told, why=msgspec.structs.replace(told.why, observed=0))).languages == ()


def test_a_silence_is_of_its_topics_and_ends() -> None:
    launch = Silence(comment="launch", start=MONDAY, until=MONDAY + timedelta(hours=2), topics=["refund"])
    watch = msgspec.structs.replace(WATCH, silences=[launch])
    refund, taste = facts_of(incident()), facts_of(incident("taste"))
    assert silence_of(watch, refund, MONDAY) is launch
    assert silence_of(watch, taste, MONDAY) is None
    # It is on from its first moment until before its last, and changes nothing about who hears when it is over.
    minute = timedelta(minutes=1)
    assert silence_of(watch, refund, MONDAY - minute) is None
    assert silence_of(watch, refund, MONDAY + 2 * 60 * minute) is None
    assert asked(incident(), MONDAY + 2 * 60 * minute, watch) == {"care": ["anna", "ben"]}


def test_a_silence_of_one_incident_is_of_no_other_even_of_the_same_story() -> None:
    known = Silence(comment="known", until=MONDAY + timedelta(hours=2), brands=["acme"], incidents=["incident-acme"])
    watch = msgspec.structs.replace(WATCH, silences=[known])
    assert silence_of(watch, facts_of(incident()), MONDAY) is known
    assert silence_of(watch, facts_of(incident(id="incident-acme-2")), MONDAY) is None
    assert silence_of(watch, facts_of(incident(brand="globex")), MONDAY) is None
    # What is asked before there is an incident ("config route") is none of them.
    assert silence_of(watch, Facts(brand="acme", severity=Severity.LOW), MONDAY) is None


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
