"""`badbuzz backfill`: what recorded posts leave to workers and to whoever looks back, and whom it is told: nobody."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from detectors.model import Bucket, Change, Delivery, Incident, IncidentState
from streams.incidents import read_incidents
from streams.journal import read_journal
from streams.settings import Settings, load_settings
from support.kafka_io import Record, read_topic
from support.kafka_server import Broker
from support.live import People, people, wave
from support.story import CONFIG, answer_in_memory, read_answer, story_posts, write_config
from support.worker import WorkerProcess, run_badbuzz

TEAMS = """
teams: [{id: pr, name: PR, notify: ["${PR_URL}"]}]
routes: [{teams: [pr]}]
"""
DAYS = timedelta(days=5.2)


@pytest.fixture
async def chat() -> AsyncIterator[People]:
    async with people() as server:
        yield server


def recording(end: datetime) -> list[bytes]:
    """Five days of ordinary life with two crises of Acme, a day apart: one was over, one was on when it ends."""
    first = [json.loads(each) for each in story_posts(days=4.2)]
    second = [json.loads(each) for each in story_posts(days=1.0, seed=8)]
    for each in second:
        if each["created_at"] > "2026-03-02T22" and each["sentiment"] == "negative" and "Acme" in each["text"]:
            each["text"] = f"Acme delivers rotten parcels, case {each['id']}"
        each["id"] = f"second-{each['id']}"
    moved = [(first, end - DAYS), (second, end - timedelta(days=1.0))]
    for posts, start in moved:
        for each in posts:
            at = datetime.fromisoformat(each["created_at"]) - datetime(2026, 3, 2, tzinfo=UTC) + start
            each["created_at"] = at.isoformat()
    return [json.dumps(each).encode() for each in (*first, *second)]


def decoded_bucket(record: Record) -> Bucket:
    return msgspec.json.decode(record.value or b"", type=Bucket)


async def the_past(settings: Settings) -> tuple[Incident, Incident]:
    """The incident that was over, and the one that the recording breaks off."""
    second, first = await read_incidents(settings)
    return first, second


async def test_the_past_is_found_again_and_nobody_is_told_of_it(
    broker: Broker, prefix: str, tmp_path: Path, chat: People
) -> None:
    settings = load_settings(brokers=broker.bootstrap, prefix=prefix)
    env = {"PR_URL": chat.url("pr"), "BADBUZZ_BROKERS": broker.bootstrap, "BADBUZZ_PREFIX": prefix}
    brands = CONFIG.replace("{timezone: UTC}", "{timezone: UTC, allowed_lateness: 5s}")
    posts = recording(datetime.now(UTC) - timedelta(hours=1))
    expected = answer_in_memory(write_config(tmp_path, brands), posts)
    config, recorded = write_config(tmp_path, brands + TEAMS), tmp_path / "recorded.jsonl"
    recorded.write_bytes(b"\n".join(posts))
    done = await asyncio.to_thread(run_badbuzz, "backfill", str(recorded), "--config", str(config), env=env)
    assert done.returncode == 0, done.stderr
    assert "2 incidents" in done.stdout

    # The minutes are those of the backtest, to the byte; the incidents are over, as they were in the end.
    published = await read_answer(broker.bootstrap, prefix)
    assert published.until(expected).buckets == expected.buckets
    first, second = await the_past(settings)
    assert [one.state for one in (first, second)] == [IncidentState.RESOLVED, IncidentState.RESOLVED]
    assert [one.timeline[-1].what for one in (first, second)] == [Change.CALMED, Change.RESOLVED]
    assert first.recorded and second.recorded and first.why.top_posts
    listed = await asyncio.to_thread(run_badbuzz, "incidents", "list", "--all", env=env)
    assert first.id in listed.stdout and second.id in listed.stdout

    async with WorkerProcess(broker.bootstrap, prefix, config, tmp_path, **env) as worker:
        await worker.until("badbuzz_snapshot_timestamp_seconds", 1, agent="notify")
        # The second story goes on: whoever has to know hears of it for the first time, in the incident of before.
        await wave(broker.bootstrap, prefix, text="Acme delivers rotten parcels")
        (told,) = await chat.until("pr", 1)
        assert told.startswith("Acme")
        again = (await the_past(settings))[1]
        assert (again.id, again.state, again.recorded) == (second.id, IncidentState.REOPENED, False)
        deliveries = [one for one in await read_journal(settings) if isinstance(one, Delivery)]
        assert {(one.channel, one.incident, one.version) for one in deliveries} >= {("pr/1", again.id, again.version)}
        assert {one.incident for one in deliveries} == {again.id}
        assert min(one.version for one in deliveries) == again.version
        assert first.id not in worker.log.read_text()
    assert (await the_past(settings))[0] == first
    assert len(await read_topic(broker.bootstrap, f"{prefix}dead-letters")) == 0
    # What the worker closed it closed after what had been recorded: no minute was told twice.
    signals = await read_topic(broker.bootstrap, f"{prefix}brand-signals")
    minutes = Counter((bucket.brand, bucket.start) for bucket in map(decoded_bucket, signals))
    assert max(minutes.values()) == 1
