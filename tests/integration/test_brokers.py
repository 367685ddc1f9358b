"""What badbuzz relies on in a broker, on both of them; and that the embedded one starts, fails and ends well."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer

from detectors.errors import Unavailable
from streams.broker import EmbeddedBroker, answers_kafka, free_port
from support.kafka_io import Record, TopicMaker, create_topics, produce, read_topic
from support.kafka_server import Broker, KafkaServer


def until(met: Callable[[], bool], *, within: timedelta = timedelta(seconds=10)) -> bool:
    """Whether `met` became true within the time."""
    deadline = time.monotonic() + within.total_seconds()
    while not met():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


# --- both brokers ---


async def test_records_come_back_as_they_were_written(broker: Broker, new_topic: TopicMaker) -> None:
    topic = await new_topic("posts", partitions=2)
    moment_ms = 1_790_000_000_123
    written = [
        Record(b'{"id": "1"}', key=b"acme", headers=(("reason", b"not_json"), ("offset", b"7")), partition=0),
        Record(b"\xff\x00\xfe", key=None, headers=(("empty", b""),), partition=1),
        Record(None, key=b"tombstone", partition=1),
        Record(b"x" * 900_000, key=b"large", partition=0, timestamp_ms=moment_ms),
    ]

    await produce(broker.bootstrap, topic, written)
    read = await read_topic(broker.bootstrap, topic, at_least=4)

    in_order = sorted(written, key=lambda record: record.partition or 0)
    assert [(r.value, r.key, r.headers, r.partition) for r in read] == [
        (w.value, w.key, w.headers, w.partition) for w in in_order
    ]
    assert [r.offset for r in read] == [0, 1, 0, 1]
    assert read[1].timestamp_ms == moment_ms


async def test_a_group_of_two_shares_the_partitions_and_goes_on_where_it_was(
    broker: Broker, new_topic: TopicMaker, prefix: str
) -> None:
    topic = await new_topic("posts", partitions=4)
    await produce(broker.bootstrap, topic, [Record(b"%d" % n, partition=n % 4) for n in range(400)])

    def member() -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            topic,
            bootstrap_servers=broker.bootstrap,
            group_id=f"{prefix}workers",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            session_timeout_ms=6000,
            heartbeat_interval_ms=500,
            fetch_max_wait_ms=50,
        )

    async def drain(consumer: AIOKafkaConsumer, into: Counter[bytes], *, idle: float = 1.0) -> None:
        while found := await consumer.getmany(timeout_ms=int(idle * 1000)):
            into.update(record.value for records in found.values() for record in records)
            await consumer.commit()

    first, second = member(), member()
    seen: Counter[bytes] = Counter()
    await asyncio.gather(first.start(), second.start())
    try:
        deadline = time.monotonic() + 30
        while not (first.assignment() and second.assignment()) or first.assignment() & second.assignment():
            assert time.monotonic() < deadline, (first.assignment(), second.assignment())
            await asyncio.gather(first.getmany(timeout_ms=100, max_records=0), asyncio.sleep(0.1))
        assert len(first.assignment() | second.assignment()) == 4
        await asyncio.gather(drain(first, seen), drain(second, seen))
    finally:
        await asyncio.gather(first.stop(), second.stop())
    assert set(seen) == {b"%d" % n for n in range(400)}

    await produce(broker.bootstrap, topic, [Record(b"later", partition=n) for n in range(4)])
    again = member()
    seen.clear()
    await again.start()
    try:
        deadline = time.monotonic() + 30
        while seen.total() < 4 and time.monotonic() < deadline:
            await drain(again, seen)
    finally:
        await again.stop()
    assert seen == {b"later": 4}


async def test_a_paused_broker_answers_again_after_resume(broker: Broker, new_topic: TopicMaker) -> None:
    topic = await new_topic("posts")
    broker.pause()
    try:
        # A signal takes its time on a busy machine: one answer may still be on its way.
        answered = [
            await asyncio.to_thread(answers_kafka, "127.0.0.1", broker.port, timeout=timedelta(milliseconds=300))
            for _ in range(3)
        ]
    finally:
        broker.resume()
    assert not answered[-1]
    await produce(broker.bootstrap, topic, [Record(b"after")])
    assert [r.value for r in await read_topic(broker.bootstrap, topic, at_least=1)] == [b"after"]


# --- Apache Kafka, as the tests run it ---


@pytest.mark.kafka
@pytest.mark.usefixtures("kafka_broker")  # skips or fails where there is no Apache Kafka
async def test_apache_kafka_keeps_its_data_and_address_over_stop_and_kill(tmp_path: Path, prefix: str) -> None:
    server = KafkaServer(tmp_path / "kafka")
    await asyncio.to_thread(server.start)
    try:
        address = server.bootstrap
        await create_topics(address, {prefix + "a": 1})
        await produce(address, prefix + "a", [Record(b"1")])

        await asyncio.to_thread(server.stop)
        assert not server.running
        await asyncio.to_thread(server.start)
        await create_topics(address, {prefix + "b": 1})
        await produce(address, prefix + "a", [Record(b"2")])

        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.start)
        await create_topics(address, {prefix + "c": 1})

        assert server.bootstrap == address
        assert [r.value for r in await read_topic(address, prefix + "a", at_least=2)] == [b"1", b"2"]
    finally:
        await asyncio.to_thread(server.kill)


# --- the embedded broker's own life ---


@pytest.mark.embedded
def test_start_and_stop_may_be_called_twice_and_the_port_stays() -> None:
    broker = EmbeddedBroker()
    broker.start()
    port, pid = broker.port, broker.pid
    assert broker.start().pid == pid
    broker.stop()
    broker.stop()
    assert not broker.running
    assert pid is not None
    assert not alive(pid)
    with broker:
        assert broker.port == port
        assert answers_kafka("127.0.0.1", port)


@pytest.mark.embedded
def test_it_outlives_the_thread_that_started_it() -> None:
    broker = EmbeddedBroker()
    thread = threading.Thread(target=broker.start)
    thread.start()
    thread.join()
    try:
        time.sleep(0.3)
        assert broker.running
        assert answers_kafka("127.0.0.1", broker.port)
    finally:
        broker.stop()


@pytest.mark.embedded
def test_a_taken_port_is_unavailable() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        broker = EmbeddedBroker(port)
        with pytest.raises(Unavailable, match=f"port {port} of 127.0.0.1 cannot be used.*in use"):
            broker.start()
        assert not broker.running


@pytest.mark.embedded
def test_a_port_of_another_broker_is_unavailable(embedded_broker: EmbeddedBroker) -> None:
    with pytest.raises(Unavailable, match="cannot be used"):
        EmbeddedBroker(embedded_broker.port).start()


@pytest.mark.embedded
def test_a_missing_binary_is_unavailable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CALF_TANSU_BIN", str(tmp_path / "tansu"))
    with pytest.raises(Unavailable, match="no embedded broker for this platform"):
        EmbeddedBroker().start()


@pytest.mark.embedded
def test_a_binary_that_fails_shows_its_log(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "tansu"
    broken.write_text("#!/bin/sh\necho cannot do it\nexit 7\n")
    broken.chmod(0o755)
    monkeypatch.setenv("CALF_TANSU_BIN", str(broken))
    with pytest.raises(Unavailable, match=r"(?s)exit code 7.*cannot do it"):
        EmbeddedBroker().start()


@pytest.mark.embedded
def test_a_broker_that_never_answers_is_unavailable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    silent = tmp_path / "tansu"
    silent.write_text("#!/bin/sh\necho thinking\nexec sleep 60\n")
    silent.chmod(0o755)
    monkeypatch.setenv("CALF_TANSU_BIN", str(silent))
    with pytest.raises(Unavailable, match=r"(?s)not ready within 0\.5 s.*thinking"):
        EmbeddedBroker(ready_within=timedelta(seconds=0.5)).start()


def test_a_web_server_is_no_kafka() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1024)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        assert not answers_kafka("127.0.0.1", server.getsockname()[1])
        thread.join()
    assert not answers_kafka("127.0.0.1", free_port())


OWNER = textwrap.dedent(
    """
    import sys, time
    from streams.broker import EmbeddedBroker
    broker = EmbeddedBroker().start()
    print(broker.pid, broker.port, flush=True)
    time.sleep(60) if sys.argv[1] == "stay" else None
    """
)


@pytest.mark.embedded
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("end", ["kill -9 owner", "kill -9 guard", "ctrl-c", "return"])
def test_it_never_outlives_its_owner(end: str) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, "return" if end == "return" else "stay"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert owner.stdout is not None
    try:
        pid, port = map(int, owner.stdout.readline().split())
        if end == "kill -9 owner":
            owner.kill()
        elif end == "ctrl-c":
            owner.send_signal(signal.SIGINT)
        elif end == "kill -9 guard":
            guard = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
            os.kill(guard, signal.SIGKILL)
        if end != "kill -9 guard":
            owner.wait(timeout=10)
        assert until(lambda: not alive(pid))
        assert not answers_kafka("127.0.0.1", port)
    finally:
        owner.kill()
        owner.wait()
        owner.stdout.close()
