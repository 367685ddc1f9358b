"""`badbuzz incidents precision`: from what people said on the topic to numbers, labels and advice; on both brokers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from detectors.backtest import parse_labels
from detectors.model import Explanation, Incident, IncidentState, Opinion, Severity, Verdict
from streams.cli import main
from support.kafka_io import Record, create_topics, produce
from support.kafka_server import Broker

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
BRANDS = """
brands:
  - {id: acme, name: Acme, match: {any: [acme]}, false_alarms_per_month: 3}
  - {id: globex, name: Globex, match: {any: [globex]}}
"""

Fill = Callable[[Sequence[Incident]], None]


def incident(place: int, *said: str, brand: str = "acme") -> Incident:
    onset = AT + timedelta(hours=3 * place)
    why = Explanation(since=onset, until=onset, observed=90, expected=2.0, first_post=None, top_posts=[])
    opinions = [Opinion(by=f"p{who}", at=AT, verdict=Verdict(one)) for who, one in enumerate(said)]
    return Incident(
        id=f"incident-{brand}-{place}", brand=brand, brand_name=brand.title(), state=IncidentState.RESOLVED, version=2,
        onset=onset, opened_at=onset, updated_at=onset + timedelta(days=1), alerts=["a"], why=why, peak_surprise=6.0,
        threshold=4.8, detectors=["surge"], resolved_at=onset + timedelta(hours=1), severity=Severity.HIGH,
        opinions=opinions,
    )  # fmt: skip


def judged() -> list[Incident]:
    """Of acme's most are false; globex's are real; initech is no longer watched."""
    said = [["true"], ["false"], ["false"], ["false", "false", "true"], ["false"], ["false"], ["true", "false"], []]
    acme = [incident(place, *opinions) for place, opinions in enumerate(said)]
    others = [incident(0, "true", brand="globex"), incident(0, "true", brand="initech")]
    return [*acme, *others]


@pytest.fixture
def fill(broker: Broker, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fill:
    """Puts incidents on the topic."""
    config = tmp_path / "brands.yaml"
    config.write_text(BRANDS)
    monkeypatch.setenv("BADBUZZ_CONFIG", str(config))
    monkeypatch.setenv("BADBUZZ_BROKERS", broker.bootstrap)
    monkeypatch.setenv("BADBUZZ_PREFIX", prefix)

    def fill(incidents: Sequence[Incident]) -> None:
        async def produced() -> None:
            records = [Record(msgspec.json.encode(one), key=one.id.encode()) for one in incidents]
            await create_topics(broker.bootstrap, {f"{prefix}incidents": 3})
            await produce(broker.bootstrap, f"{prefix}incidents", records)

        asyncio.run(produced())

    return fill


def rows(said: str) -> list[list[str]]:
    return [line.split() for line in said.splitlines() if " surge " in line and "%" in line and ":" not in line]


def test_precision_is_told_with_what_it_suggests(
    fill: Fill, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (tmp_path / "brands.yaml").read_bytes()
    fill(judged())
    assert main(["incidents", "precision"]) == 0
    said = capsys.readouterr().out
    acme, globex, initech, every = rows(said)
    assert acme == ["acme", "surge", "17", "%", "3", "to", "49", "%", "6", "1", "0", "5", "0", "2"]
    assert globex[:4] == ["globex", "surge", "100", "%"] and initech[0] == "initech" and every[0] == "(all)"
    assert "acme: lower false_alarms_per_month from 3 to 1.5" in said
    assert "1 of 6 judged incidents were real" in said
    assert "Nothing has been changed." in said and (tmp_path / "brands.yaml").read_bytes() == before
    assert "badbuzz tune POSTS --labels labels.json --config" in said and "--detector surge" in said

    assert main(["incidents", "precision", "--brand", "globex"]) == 0
    said = capsys.readouterr().out
    assert [row[0] for row in rows(said)] == ["globex"] and "Nothing to suggest" in said
    assert main(["incidents", "precision", "--brand", "acem"]) == 2
    assert "expected one of: acme, globex" in capsys.readouterr().err


def test_what_people_said_is_written_as_labels(fill: Fill, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fill(judged())
    out = tmp_path / "labels.json"
    assert main(["incidents", "precision", "--json", "--labels", str(out)]) == 0
    told = capsys.readouterr()
    assert "2 crises, 5 traps, 2 to ignore; without 1 incidents" in told.err
    labels = parse_labels(out.read_bytes(), brands=["acme", "globex"])
    assert [crisis.id for crisis in labels.crises] == ["incident-acme-0", "incident-globex-0"]
    assert labels.traps[0].why == "p0: false"
    document = json.loads(told.out)
    assert [(row["brand"], row["judged"], row["false"]) for row in document["precision"]] == [
        ("acme", 6, 5),
        ("globex", 1, 0),
        ("initech", 1, 0),
        (None, 8, 5),
    ]
    (suggestion,) = document["suggestions"]
    assert (suggestion["advice"], suggestion["now"], suggestion["to"]) == ("lower-budget", 3.0, 1.5)


def test_as_long_as_nobody_judges_it_says_so_and_how(fill: Fill, capsys: pytest.CaptureFixture[str]) -> None:
    fill([incident(0), incident(1)])
    assert main(["incidents", "precision"]) == 0
    said = capsys.readouterr().out
    assert "Nobody has judged anything yet: none of the 2 incidents" in said
    assert "badbuzz incidents feedback INCIDENT true" in said
    assert main(["incidents", "precision", "--json", "--brand", "globex"]) == 0
    assert json.loads(capsys.readouterr().out) == {"precision": [], "suggestions": []}


def test_its_help_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["incidents", "precision", "--help"]) == 0
    assert "badbuzz incidents precision" in capsys.readouterr().out.partition("Examples:")[2]
