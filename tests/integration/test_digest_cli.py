"""`badbuzz digest`: from what lies on the topics to a text, a page and JSON, on both brokers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from socket import socket
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope
from prometheus_client import CollectorRegistry

from detectors.model import Bucket, BucketStatus, Explanation, Incident, IncidentState, Response, Severity
from streams.agents.digests import DigestSender
from streams.cli import main
from streams.config import load_watch
from streams.metrics import Metrics
from streams.notifiers import notifiers_for
from streams.runtime import Runtime
from streams.settings import load_settings
from support.kafka_io import Record, create_topics, produce
from support.kafka_server import Broker

START = datetime(2026, 3, 1, 23, tzinfo=UTC)  # midnight in Paris
SPAN = ["--since", "2026-03-01T23:00Z", "--until", "2026-03-02T23:00Z"]
CONFIG = """
brands:
  - {id: acme, name: Acme, match: {any: [acme]}, competitors: [globex]}
  - {id: globex, name: Globex <b>, match: {any: [globex]}}
topics: [{id: refund, words: {en: [refund]}, team: care}]
teams: [{id: care, name: Service clients, language: fr, timezone: Europe/Paris}]
"""


def bucket(minute: int, brand: str = "acme", **fields: object) -> Bucket:
    at = START + timedelta(minutes=minute)
    told = Bucket(brand=brand, start=at, seconds=60, status=BucketStatus.COUNTED, neutral=1)
    return msgspec.structs.replace(told, **fields)


def incident() -> Incident:
    at = START + timedelta(hours=10)
    titles = {"en": "Acme: refunds, with #acmefail", "fr": "Acme : remboursements, avec #acmefail"}
    why = Explanation(
        since=at, until=at, observed=40, expected=2.0, first_post=None, top_posts=[], titles=titles
    )  # fmt: skip
    return Incident(
        id="incident-acme-surge", brand="acme", brand_name="Acme", state=IncidentState.OPEN, version=1, onset=at,
        opened_at=at, updated_at=at, alerts=["a"], why=why, peak_surprise=6.0, threshold=4.8, severity=Severity.HIGH,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def where(broker: Broker, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The configuration that all commands read."""
    monkeypatch.delenv("BADBUZZ_CONSOLE_URL", raising=False)
    path = tmp_path / "brands.yaml"
    path.write_text(CONFIG)
    monkeypatch.setenv("BADBUZZ_CONFIG", str(path))
    monkeypatch.setenv("BADBUZZ_BROKERS", broker.bootstrap)
    monkeypatch.setenv("BADBUZZ_PREFIX", prefix)
    return path


@pytest.fixture
def filled(broker: Broker, prefix: str) -> str:
    """Two days of every third minute, the second with complaints, some told twice, and records that are none."""
    complaint: dict[str, Any] = {"negative": 2, "negative_by_topic": {"refund": 2}, "complaints": {"refund": 1}}
    told = [bucket(minute, brand) for brand in ("acme", "globex") for minute in range(-1440, 0, 3)]
    told += [bucket(minute, **complaint) for minute in range(0, 1440, 3)]
    told += [bucket(minute, **complaint) for minute in range(600, 900, 3)]  # a worker that had died tells these again
    told += [bucket(minute, "globex") for minute in range(0, 1440, 3)]
    told += [bucket(1, responses=[Response("refund", 50)]), bucket(-2000, negative=9), bucket(1441, negative=9)]
    records = [Record(msgspec.json.encode(one), key=one.brand.encode()) for one in told]
    records[5:5] = [Record(b"not json", key=b"x"), Record(None, key=b"acme"), Record(b'{"start":"', key=b"y")]

    async def fill() -> None:
        await create_topics(broker.bootstrap, {f"{prefix}brand-signals": 3, f"{prefix}incidents": 1})
        await produce(broker.bootstrap, f"{prefix}brand-signals", records)
        found = incident()
        await produce(broker.bootstrap, f"{prefix}incidents", [Record(msgspec.json.encode(found), key=b"i")])

    asyncio.run(fill())
    return prefix


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def test_a_day_is_told_as_text_and_as_json(filled: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["digest", *SPAN]) == 0
    said = capsys.readouterr().out
    assert said.startswith("1 incident from 01 Mar 23:00 UTC to 02 Mar 23:00 UTC: 1 opened, 1 still open.\n")
    assert "Acme: refunds, with #acmefail [high, open]" in said
    assert "480 to the brand, 1 answered, 479 not" in said
    assert main(["digest", *SPAN, "--json", "--brand", "acme"]) == 0
    told = json.loads(capsys.readouterr().out)
    (acme,) = told["brands"]
    # 481 minutes with one neutral mention each, 480 with two negative ones; every third minute was counted.
    assert (acme["talk"]["said"]["mentions"], acme["talk"]["said"]["negative"]) == (1441, 960)
    assert acme["change"]["mentions_before"] == 480
    assert acme["minutes_without_data"] == 1440 - 481
    assert [(one["brand"], one["mentions"]) for one in acme["rivals"]] == [("acme", 1441), ("globex", 480)]
    assert (acme["talk"]["answers"]["median_s"], acme["talk"]["teams"][0]["team"]) == (50, "care")


def test_a_team_reads_it_in_its_language_and_zone(
    filled: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "digest.html"
    # A date without a zone is the team's.
    assert main(["digest", "--since", "1d", "--until", "2026-03-03", "--team", "care", "--html", str(out)]) == 0
    told = capsys.readouterr()
    assert told.out == "" and "digest.html" in told.err
    page = Page(out.read_text(encoding="utf-8"))
    assert "1 incident du 02 mars 00:00 CET au 03 mars 00:00 CET : 1 ouvert, 1 encore en cours." in plain(page.text)
    assert "Acme : remboursements, avec #acmefail" in plain(page.text) and "Service clients (à vous)" in plain(
        page.text
    )
    assert "Globex <b>" in page.text and "b" not in page.tags and "script" not in page.tags
    assert main(["digest", *SPAN, "--team", "care", "--lang", "en"]) == 0
    assert "Service clients (yours)" in capsys.readouterr().out


def test_a_day_after_all_that_is_known_is_not_called_quiet(filled: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["digest", "--since", "2026-03-05", "--until", "2026-03-06", "--brand", "globex"]) == 0
    assert capsys.readouterr().out.startswith("Nothing is known of the time from 05 Mar 00:00 UTC")


@pytest.mark.parametrize(
    "arguments,said",
    [
        (["--team", "nobody"], "no such team; expected one of: care"),
        (["--brand", "nobody"], "no such brand; expected one of: acme, globex"),
        (["--since", "yesterday"], "--since 'yesterday': no date"),
        (["--since", "0d"], "nothing lies between"),
        (["--since", "999999d"], "999999d"),
        (["--since", "400d"], "366 days at most"),
        (["--since", "0001-01-01", "--until", "0001-01-02"], "--since"),
        (["--until", "soon"], "--until 'soon': no date"),
    ],
)
def test_what_is_not_there_is_named(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    assert main(["digest", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_without_a_topic_or_a_broker_it_is_unavailable(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["digest", *SPAN]) == 3
    assert "badbuzz topics" in capsys.readouterr().err
    assert main(["digest", *SPAN, "--brokers", "127.0.0.1:1"]) == 3
    assert capsys.readouterr().out == ""


class Mailbox:
    """A mail server that keeps what it is given."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, server: object, session: object, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append(message_from_bytes(content, policy=policy.default))
        return "250 taken"


@pytest.fixture
def mailbox() -> Iterator[tuple[int, Mailbox]]:
    box = Mailbox()
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield port, box
    controller.stop()


def test_a_team_gets_its_digest_by_itself_once_a_day_by_mail_as_a_page(
    filled: str, broker: Broker, where: Path, mailbox: tuple[int, Mailbox]
) -> None:
    port, box = mailbox
    mail = f"mailto://127.0.0.1:{port}?from=badbuzz@example.com&to=care@example.com"
    plan = 'timezone: Europe/Paris, digest: {every: day, at: "00:00"}, notify: ["' + mail + '"]'
    where.write_text(CONFIG.replace("timezone: Europe/Paris", plan))
    watch = load_watch(where, {})
    settings = load_settings(brokers=broker.bootstrap, prefix=filled)
    metrics = Metrics(CollectorRegistry())
    runtime = cast(Runtime, SimpleNamespace(settings=settings, watch=watch, metrics=metrics))
    clock = [START - timedelta(hours=1)]
    sender = DigestSender(runtime, {one.id: one for one in notifiers_for(watch)}, now=lambda: clock[0])
    had: dict[str, int] = {}
    # The plan is new: nobody gets what was before it. At midnight in Paris the first is due, and once.
    assert sender.due(had) == []
    clock[0] = START + timedelta(days=1, seconds=10)
    ((team, due),) = sender.due(had)
    assert sender.due(had) == []
    assert (due.since, due.until) == (START, START + timedelta(days=1))
    asyncio.run(sender.send(team, due))
    (mail_got,) = box.mails
    assert mail_got["to"] == "care@example.com"
    assert mail_got["subject"] and "2 mars" in str(mail_got["subject"]).replace("\u00a0", " ")
    page = mail_got.get_body(("html",))
    assert page is not None
    html = page.get_content()
    assert "remboursements" in html and "<script" not in html and "Globex &lt;b&gt;" in html
    assert (
        metrics.registry.get_sample_value("badbuzz_deliveries_total", {"channel": "care/1", "result": "delivered"}) == 1
    )
    # A worker that was away for the night does not send yesterday's at noon.
    clock[0] = START + timedelta(days=2, hours=13)
    assert sender.due(had) == []
