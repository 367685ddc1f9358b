"""`badbuzz replay` and a worker say what `badbuzz backtest` says, at any pace."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from streams.broker import EmbeddedBroker
from support.kafka_io import create_topics
from support.kafka_server import Broker, KafkaServer
from support.story import answer_in_memory, read_answer, write_config
from support.worker import WorkerProcess, run_badbuzz

AIRLINES = """
brands:
  - {id: usairways, name: US Airways, match: {any: ["@usairways", "#usairways", usairways]}}
  - {id: united, name: United, match: {any: ["@united", "#united", united]}}
  - {id: virginamerica, name: Virgin America, match: {any: ["@virginamerica", "#virginamerica", virginamerica]}}
"""


async def replay_and_compare(
    broker: Broker, prefix: str, directory: Path, recording: Path, *, speed: str, partitions: int = 1
) -> None:
    """Replay through the command line into a worker; its answer against the one in memory."""
    config = write_config(directory, AIRLINES)
    posts = await asyncio.to_thread(recording.read_bytes)
    expected = answer_in_memory(config, posts.splitlines())
    assert expected.alerts
    await create_topics(broker.bootstrap, {f"{prefix}posts": partitions, f"{prefix}mentions": 2})
    async with WorkerProcess(broker.bootstrap, prefix, config, directory):
        arguments = ["replay", str(recording), "--speed", speed, "--brokers", broker.bootstrap, "--prefix", prefix]
        done = await asyncio.to_thread(run_badbuzz, *arguments, timeout_s=280)
        assert done.returncode == 0, done.stderr
        deadline = asyncio.get_running_loop().time() + 60
        while True:
            answer = await read_answer(broker.bootstrap, prefix)
            whole = partitions > 1 or answer.alerts == expected.alerts
            if whole and answer.incidents.keys() >= expected.incidents.keys():
                break
            assert asyncio.get_running_loop().time() < deadline, f"{answer.alerts.keys()}"
            await asyncio.sleep(0.3)
    # An id holds brand, detector and onset, to the bucket.
    assert answer.incidents.keys() == expected.incidents.keys()
    if partitions == 1:
        assert answer.alerts == expected.alerts


@pytest.mark.parametrize("partitions", [1, 4])
async def test_a_real_crisis_replayed_without_waiting(
    broker: Broker, prefix: str, tmp_path: Path, shared_data: Path, partitions: int
) -> None:
    recording = shared_data / "airlines" / "posts.jsonl"
    await replay_and_compare(broker, prefix, tmp_path, recording, speed="max", partitions=partitions)


async def test_a_real_crisis_replayed_an_hour_a_second(
    embedded_broker: EmbeddedBroker, kafka_broker: KafkaServer, prefix: str, tmp_path: Path, shared_data: Path
) -> None:
    # A week takes three minutes at this pace: both brokers at once.
    recording = shared_data / "airlines" / "posts.jsonl"
    brokers: list[Broker] = [embedded_broker, kafka_broker]
    folders = [tmp_path / "embedded", tmp_path / "kafka"]
    for folder in folders:
        folder.mkdir()
    await asyncio.gather(
        *(
            replay_and_compare(broker, prefix, folder, recording, speed="3600")
            for broker, folder in zip(brokers, folders, strict=True)
        )
    )
