"""A whole worker on a real broker: bad input, health, messages to people, learning before going live."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web

from streams.broker import EmbeddedBroker
from support.kafka_io import Record, create_topics, produce, read_topic
from support.kafka_server import Broker, KafkaServer
from support.story import CONFIG, story_posts, write_config
from support.worker import WorkerProcess, run_badbuzz


def post(**fields: object) -> bytes:
    whole = {"id": "1", "source": "forum", "text": "acme fails", "created_at": "2026-03-02T09:00:00Z", **fields}
    return json.dumps({name: value for name, value in whole.items() if value is not None}).encode()


BAD: list[tuple[str, bytes | None]] = [
    ("not_json", b"hello"),
    ("not_json", b""),
    ("not_json", b'{"id": "1", "text": "a\x00b"}'),
    ("not_utf8", b'{"id": "\xff"}'),
    ("wrong_type", post(text=5)),
    ("wrong_type", b"[1, 2]"),
    ("missing_field", post(source=None)),
    ("naive_date", post(created_at="2026-03-02T09:00:00")),
    ("bad_value", post(id="")),
    ("bad_value", post(created_at="1969-12-31T23:00:00Z")),
    ("null_record", None),
]
GOOD = [
    post(id="g1", sentiment="negative"),
    post(id="g2", sentiment="negative", created_at="1970-01-01T00:00:00Z"),  # late, so not counted
    post(id="g3", sentiment="negative", created_at="2100-01-01T00:00:00Z"),  # the future: counts as now
    post(id="g4", text=""),
    post(id="g5", text="acme " * 200_000, sentiment="negative"),  # 1 MB
    post(id="g6", text="somebody else"),
    post(id="g7", sentiment="negative", unheard_of={"deep": [1, 2, 3]}),
    post(id="g8", text="acme \x00\u202e", sentiment="negative"),
]


async def test_bad_records_are_buried_with_their_reason_and_harm_nobody(
    broker: Broker, prefix: str, tmp_path: Path
) -> None:
    await create_topics(broker.bootstrap, {f"{prefix}posts": 1}, config={"max.message.bytes": "2000000"})
    bad = [
        Record(value, key=b"k%d" % number, headers=(("trace", b"t%d" % number),))
        for number, (_, value) in enumerate(BAD)
    ]
    good = [Record(value) for value in GOOD]
    await produce(broker.bootstrap, f"{prefix}posts", [good[0], *bad, *good[1:]])
    async with WorkerProcess(broker.bootstrap, prefix, write_config(tmp_path), tmp_path) as worker:
        await worker.until("badbuzz_posts_total", len(GOOD))
        buried = await read_topic(broker.bootstrap, f"{prefix}dead-letters", at_least=len(BAD))
        await worker.until("badbuzz_mentions_total", 5, brand="acme", sentiment="negative")
        assert await worker.metric("badbuzz_mentions_late_total", brand="acme") == 1
        assert await worker.metric("badbuzz_posts_future_total") == 1
        assert await worker.metric("badbuzz_posts_unmatched_total") == 2
        for reason in {reason for reason, _ in BAD}:
            count = await worker.metric("badbuzz_dead_letters_total", reason=reason)
            assert count == sum(each == reason for each, _ in BAD), reason
    assert [(each.key, each.value) for each in buried] == [(each.key, each.value) for each in bad]
    for number, (reason, _) in enumerate(BAD):
        headers = dict(buried[number].headers)
        assert headers["badbuzz-reason"] == reason.encode()
        assert headers["badbuzz-topic"] == f"{prefix}posts".encode()
        assert headers["badbuzz-offset"] == b"%d" % (number + 1)
        assert headers["trace"] == b"t%d" % number, "the record's own headers stay"


async def test_health_turns_red_when_cut_off_and_green_again(
    kafka_broker: KafkaServer, prefix: str, tmp_path: Path
) -> None:
    config = write_config(tmp_path)
    async with WorkerProcess(kafka_broker.bootstrap, prefix, config, tmp_path, BADBUZZ_STALL_TIMEOUT_S="3") as worker:
        await produce(kafka_broker.bootstrap, f"{prefix}posts", [Record(each) for each in GOOD])
        await worker.until("badbuzz_posts_total", len(GOOD))
        assert (await worker.get("healthz"))[0] == 200
        kafka_broker.pause()
        try:
            await answers(worker, "healthz", 503)
            status, body = await worker.get("readyz")
            assert status == 503
            assert "stands still" in body
        finally:
            kafka_broker.resume()
        await answers(worker, "readyz", 200)


async def answers(worker: WorkerProcess, page: str, status: int, *, within_s: float = 40) -> None:
    deadline = time.monotonic() + within_s
    while (seen := (await worker.get(page))[0]) != status:
        assert time.monotonic() < deadline, f"/{page} says {seen}, not {status}: {worker.tail()}"
        await asyncio.sleep(0.1)


async def test_a_worker_that_is_not_ready_in_time_says_so_and_exits(
    embedded_broker: EmbeddedBroker, prefix: str, tmp_path: Path
) -> None:
    # To join a group takes the embedded broker three seconds.
    worker = WorkerProcess(
        embedded_broker.bootstrap, prefix, write_config(tmp_path), tmp_path, BADBUZZ_READY_TIMEOUT_S="0.5"
    ).start()
    deadline = time.monotonic() + 40
    while worker.returncode is None:
        assert time.monotonic() < deadline, worker.tail()
        await asyncio.sleep(0.1)
    assert worker.returncode == 3
    assert "no partitions after 0.5 s" in worker.tail()
    assert "Traceback" not in worker.tail()


@pytest.fixture
async def chat() -> object:
    """A chat service: takes what Apprise posts to it, once it has refused the first message."""
    taken: list[dict[str, str]] = []
    refused: list[int] = []

    async def take(request: web.Request) -> web.Response:
        if not refused:
            refused.append(1)
            return web.Response(status=503)
        taken.append(await request.json())
        return web.Response()

    app = web.Application()
    app.add_routes([web.post("/hook", take)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1], taken
    await runner.cleanup()


async def test_learned_then_live_an_incident_reaches_people_once(
    broker: Broker, prefix: str, tmp_path: Path, chat: tuple[int, list[dict[str, str]]]
) -> None:
    port, taken = chat
    teams = 'teams:\n  - {id: pr, name: PR, notify: ["${CHAT_URL}"]}\n'
    config = write_config(tmp_path, CONFIG.replace("{timezone: UTC}", "{timezone: UTC, allowed_lateness: 5s}") + teams)
    env = {"CHAT_URL": f"json://127.0.0.1:{port}/hook", "BADBUZZ_BROKERS": broker.bootstrap, "BADBUZZ_PREFIX": prefix}
    # Four ordinary days that ended an hour ago.
    ordinary = [json.loads(each) for each in story_posts(days=4.0)]
    ordinary = [each for each in ordinary if "Acme" not in each["text"] or each["created_at"] < "2026-03-05T22"]
    shift = datetime.now(UTC) - timedelta(hours=1) - datetime(2026, 3, 6, tzinfo=UTC)
    recorded = tmp_path / "recorded.jsonl"
    with recorded.open("w") as file:
        for each in ordinary:
            each["created_at"] = (datetime.fromisoformat(each["created_at"]) + shift).isoformat()
            file.write(json.dumps(each) + "\n")

    def learn() -> subprocess.CompletedProcess[str]:
        return run_badbuzz("backfill", str(recorded), "--config", str(config), env=env)

    done = await asyncio.to_thread(learn)
    assert done.returncode == 0, done.stderr
    assert "acme, globex, initech" in done.stdout

    async with WorkerProcess(broker.bootstrap, prefix, config, tmp_path, **env) as worker:
        now = datetime.now(UTC)
        wave = [
            Record(
                post(
                    id=f"w{number}", created_at=(now + timedelta(milliseconds=number)).isoformat(), sentiment="negative"
                )
            )
            for number in range(60)
        ]
        await produce(broker.bootstrap, f"{prefix}posts", wave)
        await worker.until("badbuzz_deliveries_total", 1, channel="pr/1", result="delivered")
        assert await worker.metric("badbuzz_deliveries_total", channel="pr/1", result="failed") == 1
        assert len(await read_topic(broker.bootstrap, f"{prefix}incidents")) == 1
        worker.kill()
        worker.start()
        await worker.ready()
        # What was told is not told again after a crash.
        await worker.until("badbuzz_snapshot_timestamp_seconds", 1, agent="ingest")
        assert await worker.metric("badbuzz_deliveries_total", channel="pr/1") == 0
    assert len(taken) == 1
    assert "Acme" in taken[0]["title"]
    assert "negative mentions since" in taken[0]["message"]
    again = await asyncio.to_thread(learn)
    assert again.returncode == 2
    assert "has state already" in again.stderr
