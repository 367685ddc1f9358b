"""`badbuzz incidents`: what lies on the topic, on both brokers."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from detectors.model import Explanation, Incident, IncidentState, Severity, SeverityPart, Story, StoryKind, TopPost
from streams.cli import main
from support.kafka_io import Record, create_topics, produce
from support.kafka_server import Broker

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def incident(name: str, *, brand: str = "acme", opened: int = 0, **fields: object) -> Incident:
    post = TopPost(id="1", source="forum", text="no trains\u202e \x1b[31m", created_at=AT)
    rally = Story(kind=StoryKind.RALLY, share=0.6, threshold=0.3, posts=18, of=30, subject="marie")
    why = Explanation(
        since=AT, until=AT, observed=1234, expected=2.0, first_post=post, top_posts=[post], stories=[rally]
    )
    told = Incident(
        id=f"incident-{name}", brand=brand, brand_name=brand.title(), state=IncidentState.OPEN, version=1, onset=AT,
        opened_at=AT + timedelta(hours=opened), updated_at=AT, alerts=["a"], why=why, peak_surprise=6.0, threshold=4.8,
        severity=Severity.HIGH, severity_parts=[SeverityPart(name="reach", points=3, value=2e6)],
    )  # fmt: skip
    return msgspec.structs.replace(told, **fields)


@pytest.fixture
def filled(broker: Broker, prefix: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A topic with three incidents, two of them told twice, and a record that is none."""
    for name in ("CONFIG", "PLAYBOOK_DIR"):
        monkeypatch.delenv(f"BADBUZZ_{name}", raising=False)
    monkeypatch.setenv("BADBUZZ_BROKERS", broker.bootstrap)
    monkeypatch.setenv("BADBUZZ_PREFIX", prefix)
    over = incident("over")
    told = [
        over,
        incident("globex", brand="globex", opened=1),
        incident("on", opened=2),
        msgspec.structs.replace(over, state=IncidentState.RESOLVED, version=2, resolved_at=AT + timedelta(hours=3)),
        incident("on", opened=2, version=2, severity=Severity.CRITICAL, owner="ann\x1b[31ma\u202e"),
    ]
    records = [Record(msgspec.json.encode(one), key=one.id.encode()) for one in told]
    records.insert(2, Record(b"not json", key=b"x"))

    async def fill() -> None:
        await create_topics(broker.bootstrap, {f"{prefix}incidents": 3, f"{prefix}journal": 1})
        await produce(broker.bootstrap, f"{prefix}incidents", records)

    asyncio.run(fill())
    return prefix


def test_open_incidents_are_listed_the_newest_first(filled: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["incidents", "list"]) == 0
    said = capsys.readouterr().out
    # Whoever gave a command chose their own name.
    assert "\x1b" not in said and "\u202e" not in said
    rows = [line.split() for line in said.splitlines() if line.strip().startswith("incident-")]
    assert [row[:4] for row in rows] == [
        ["incident-on", "acme", "critical", "open"],
        ["incident-globex", "globex", "high", "open"],
    ]
    assert main(["incidents", "list", "--all", "--json", "--brand", "acme"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [(one["id"], one["state"], one["version"]) for one in told] == [
        ("incident-on", "open", 2),
        ("incident-over", "resolved", 2),
    ]
    assert main(["incidents", "list", "--brand", "nobody"]) == 0
    assert "No incident is open" in capsys.readouterr().out


def test_one_incident_is_shown_with_what_to_do(filled: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["incidents", "show", "incident-on", "--lang", "fr"]) == 0
    said = capsys.readouterr().out.replace("\u00a0", " ").replace("\u202f", " ")
    assert "1 234 mentions" in said or "1234 mentions" in said
    assert "Gravité : critique (portée 3)." in said and "has it" in said
    assert "[ ] Parlez d'abord à cette personne" in said
    # What strangers wrote moves no cursor and turns no line.
    assert "\x1b" not in said and "\u202e" not in said
    assert main(["incidents", "show", "incident-on", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["severity"] == "critical"
    assert main(["incidents", "show", "incident-of-nobody"]) == 1
    assert "no such incident" in capsys.readouterr().err


def test_without_a_topic_it_says_how_to_make_one(
    broker: Broker, prefix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["incidents", "list", "--brokers", broker.bootstrap, "--prefix", prefix]) == 3
    assert "badbuzz topics" in capsys.readouterr().err
