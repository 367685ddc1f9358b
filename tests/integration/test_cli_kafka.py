"""The commands on Kafka: topics, replay, doctor, broker; on both brokers."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from detectors.model import from_ms
from streams.broker import EmbeddedBroker, answers_kafka, free_port
from streams.cli import main
from support.kafka_io import Record, create_topics, read_topic
from support.kafka_server import Broker

RUN = [sys.executable, "-c", "import sys; from streams.cli import main; sys.exit(main())"]
BRANDS = "brands: [{id: acme, name: Acme, match: {any: [acme]}}]"


@pytest.fixture(autouse=True)
def nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BROKERS", "PREFIX", "CONFIG", "PARTITIONS"):
        monkeypatch.delenv(f"BADBUZZ_{name}", raising=False)


def posts_file(path: Path, *ages_s: float) -> list[bytes]:
    """Posts so many seconds after a moment of 2015, with bad records in between."""
    start = datetime(2015, 2, 22, tzinfo=UTC)
    lines = [
        json.dumps({"id": str(n), "created_at": (start + timedelta(seconds=s)).isoformat(), "n": [1, None]}).encode()
        for n, s in enumerate(ages_s)
    ]
    lines[1:1] = [b"not json", b"\xff\xfe"]
    path.write_bytes(b"\n".join(lines))
    return lines


def read(broker: Broker, topic: str, count: int) -> list[Record]:
    return asyncio.run(read_topic(broker.bootstrap, topic, at_least=count))


def test_topics_are_made_once(
    broker: Broker, prefix: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BADBUZZ_BROKERS", broker.bootstrap)
    states = []
    for arguments in (["--dry-run"], [], []):
        assert main(["topics", "--prefix", prefix, *arguments]) == 0
        rows = [line.split() for line in capsys.readouterr().out.splitlines() if line.strip().startswith(prefix)]
        assert {row[0].removeprefix(prefix): row[1] for row in rows}["mentions"] == "4"
        states.append({word for row in rows for word in row if word in ("missing", "created", "there")})
    assert states == [{"missing"}, {"created"}, {"there"}]


def test_a_replay_brings_every_record_byte_for_byte_in_order(
    broker: Broker, prefix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = posts_file(tmp_path / "p.jsonl", *range(500))
    before = datetime.now(UTC)
    arguments = ["replay", str(tmp_path / "p.jsonl"), "--speed", "max", "--brokers", broker.bootstrap]
    assert main([*arguments, "--prefix", prefix]) == 0
    assert f"502 posts to {prefix}posts" in capsys.readouterr().out
    records = read(broker, f"{prefix}posts", 502)
    for partition in range(4):
        assert [r.value for r in records if r.partition == partition] == lines[partition::4]
    # Kafka deletes by this time, so a replay of 2015 is of today.
    assert all(from_ms(r.timestamp_ms or 0) > before - timedelta(minutes=1) for r in records)


def test_a_replay_keeps_the_pace_and_moves_the_dates(broker: Broker, prefix: str, tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    posts_file(path, 0, 60, 90)
    started = time.monotonic()
    assert main(["replay", str(path), "--brokers", broker.bootstrap, "--prefix", prefix]) == 0
    assert 1.5 <= time.monotonic() - started < 10

    posts_file(path, 0, 0.5, 1)
    before = datetime.now(UTC)
    assert main(["replay", str(path), "--now", "--brokers", broker.bootstrap, "--prefix", f"{prefix}now-"]) == 0
    values = [r.value or b"" for r in read(broker, f"{prefix}now-posts", 5)]
    assert b"not json" in values
    posts = sorted((json.loads(value) for value in values if value.startswith(b"{")), key=lambda post: str(post["id"]))
    first, second, third = (datetime.fromisoformat(post["created_at"]) for post in posts)
    assert timedelta(0) <= first - before + timedelta(milliseconds=1) < timedelta(seconds=10)
    assert (second - first, third - first) == (timedelta(seconds=0.5), timedelta(seconds=1))
    assert posts[0]["n"] == [1, None]


@pytest.mark.kafka
def test_a_record_that_the_broker_refuses_is_told_and_hurts_no_other(
    kafka_broker: Broker, prefix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "p.jsonl"
    path.write_bytes(b"one\n" + b"x" * 2_000_000 + b"\nthree\n")
    arguments = ["replay", str(path), "--speed", "max", "--brokers", kafka_broker.bootstrap, "--prefix", prefix]
    assert main(arguments) == 1
    assert "line 2: 2,000,000 bytes are more than the broker takes" in capsys.readouterr().err
    assert [r.value for r in read(kafka_broker, f"{prefix}posts", 2)] == [b"one", b"three"]


def test_the_doctor_says_what_to_do(
    broker: Broker,
    prefix: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BADBUZZ_HTTP_PORT", "0")
    monkeypatch.chdir(tmp_path)  # whose name may be too long for a line of the table
    config = Path("brands.yaml")
    config.write_text(BRANDS)

    def examine() -> tuple[int, str]:
        code = main(["doctor", "--brokers", broker.bootstrap, "--prefix", prefix, "--config", str(config)])
        return code, capsys.readouterr().out

    code, said = examine()
    assert code == 1 and f"missing: {prefix}posts" in said and "badbuzz topics" in said
    asyncio.run(create_topics(broker.bootstrap, {f"{prefix}commands": 2}))
    assert main(["topics", "--brokers", broker.bootstrap, "--prefix", prefix]) == 0
    capsys.readouterr()
    code, said = examine()
    assert code == 1 and "mentions 4, commands 2" in said and "must be equal" in said
    config.write_text("brands: []")
    assert "brands.yaml: 1 wrong" in examine()[1]


def test_no_broker_is_one_clear_line(tmp_path: Path) -> None:
    posts_file(tmp_path / "p.jsonl", 0)
    nowhere = f"127.0.0.1:{free_port()}"
    commands: list[Sequence[str]] = [["topics"], ["replay", str(tmp_path / "p.jsonl")], ["doctor"]]
    for command in commands:
        done = subprocess.run([*RUN, *command, "--brokers", nowhere], capture_output=True, text=True, check=False)
        assert done.returncode == 3
        assert done.stderr == f"badbuzz: no Kafka broker answers at {nowhere}\n"


@pytest.mark.embedded
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_the_broker_runs_until_it_is_ended(end: signal.Signals) -> None:
    with subprocess.Popen([*RUN, "broker", "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None and running.stderr is not None
        host, _, port = running.stdout.readline().decode().strip().partition(":")
        assert answers_kafka(host, int(port))
        running.send_signal(end)
        assert running.wait(timeout=20) == 0
        assert b"Traceback" not in running.stderr.read()
    assert not answers_kafka(host, int(port))


@pytest.mark.embedded
def test_a_taken_port_is_one_clear_line(embedded_broker: EmbeddedBroker, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["broker", "--port", str(embedded_broker.port)]) == 3
    assert capsys.readouterr().err.startswith(f"badbuzz: port {embedded_broker.port} of 127.0.0.1 cannot be used")


@pytest.mark.embedded
def test_an_interrupted_replay_ends_quietly(embedded_broker: EmbeddedBroker, prefix: str, tmp_path: Path) -> None:
    posts_file(tmp_path / "p.jsonl", 0, 3600)
    command = [*RUN, "replay", str(tmp_path / "p.jsonl"), "--speed", "1", "--prefix", prefix]
    with subprocess.Popen(
        [*command, "--brokers", embedded_broker.bootstrap], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        records = read(embedded_broker, f"{prefix}posts", 3)
        running.send_signal(signal.SIGINT)
        assert running.wait(timeout=20) == 130
        assert running.stderr is not None and running.stderr.read() == b""
    assert len(records) == 3
