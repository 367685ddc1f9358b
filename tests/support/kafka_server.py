"""Apache Kafka for tests: one node, KRaft, on loopback, fetched by `.ci/run` and run by Java."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from detectors.errors import Unavailable
from streams.broker import answers_kafka, free_port
from streams.process import Guarded, last_words

__all__ = ["KAFKA_VERSION", "Broker", "KafkaServer", "kafka_home", "why_no_kafka"]

KAFKA_VERSION = "4.2.0"

_HOST = "127.0.0.1"
_CLUSTER_ID = "badbuzzAAAAAAAAAAAAAAA"  # any 16 bytes in base64
_LOG_TAIL_LINES = 30


class Broker(Protocol):
    """What a test may ask of either broker, `EmbeddedBroker` or `KafkaServer`."""

    @property
    def port(self) -> int: ...
    @property
    def bootstrap(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def pid(self) -> int | None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...


def kafka_home() -> Path:
    """Where `.ci/run` keeps Apache Kafka: `$BADBUZZ_KAFKA_HOME`, else the user's cache directory."""
    given = os.environ.get("BADBUZZ_KAFKA_HOME")
    if given:
        return Path(given)
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache, "badbuzz", f"kafka-{KAFKA_VERSION}")


def why_no_kafka() -> str | None:
    """The reason why Apache Kafka cannot run here, None if it can."""
    if shutil.which("java") is None:
        return "Java is missing: the tests on Apache Kafka need Java 17 or newer"
    if not list(kafka_home().glob(f"libs/kafka_2.13-{KAFKA_VERSION}.jar")):
        return f"Apache Kafka {KAFKA_VERSION} is not in {kafka_home()}: .ci/run fetches it (BADBUZZ_KAFKA_HOME)"
    return None


class KafkaServer:
    """One node of Apache Kafka, from `start()` to `stop()`, or as a context manager; its data in `directory`.

    The ports are chosen once, so `start()` after `stop()` or `kill()` goes on with the same data at the same
    address. Topics are never created by themselves; a group forms without delay. It dies with the process that
    started it, also when that is killed with -9. `Unavailable`, with the end of its log, when it does not start.
    """

    def __init__(self, directory: Path, *, ready_within: timedelta = timedelta(seconds=60)) -> None:
        self._directory = directory
        self._ready_within = ready_within
        self._port = free_port()
        self._controller_port = free_port()
        self._process: Guarded | None = None

    @property
    def port(self) -> int:
        return self._port

    @property
    def bootstrap(self) -> str:
        """`host:port`, as Kafka clients want it."""
        return f"{_HOST}:{self._port}"

    @property
    def url(self) -> str:
        """`kafka://host:port`, as Faust wants it."""
        return f"kafka://{self.bootstrap}"

    @property
    def pid(self) -> int | None:
        """The process of the broker, None unless it was started."""
        return self._process.pid if self._process is not None else None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def log(self) -> Path:
        return self._directory / "server.log"

    # --- its life ---

    def start(self) -> Self:
        """Start it and wait until it answers."""
        if self.running:
            return self
        reason = why_no_kafka()
        if reason is not None:
            raise Unavailable(reason)
        self._directory.mkdir(parents=True, exist_ok=True)
        properties = self._directory / "server.properties"
        if not properties.exists():
            properties.write_text(self._properties())
            self._format(properties)
        with self.log.open("ab") as log:
            self._process = Guarded([*self._java("kafka.Kafka"), str(properties)], log)
        try:
            reason = self._process.why_not_ready(
                lambda: answers_kafka(_HOST, self._port), within_s=self._ready_within.total_seconds()
            )
            if reason is not None:
                raise Unavailable(f"Apache Kafka {reason}{last_words(self.log, _LOG_TAIL_LINES)}")
        except BaseException:
            self.kill()
            raise
        return self

    def stop(self) -> None:
        """Shut it down in order; its data stays."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill -9; its data stays as far as it was written."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Freeze it: connections stay open and nobody answers, as behind a cut cable (SIGSTOP)."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after `pause()` (SIGCONT)."""
        self._signal(signal.SIGCONT)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # --- inside ---

    def _signal(self, number: signal.Signals) -> None:
        if self._process is None or not self.running:
            raise Unavailable("Apache Kafka does not run")
        self._process.send_signal(number)

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.pid is not None:
            process.send_signal(signal.SIGCONT)  # one that is paused hears nothing
            process.send_signal(number)
            process.wait(20)
        process.close()

    def _java(self, main: str) -> list[str]:
        java = shutil.which("java")
        assert java is not None
        return [
            *(java, "-Xmx512m", "-Xshare:auto", "-Djava.awt.headless=true"),
            *("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"),  # it lives for minutes: too short to optimise
            *("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dorg.slf4j.simpleLogger.showDateTime=true"),
            *("-cp", f"{kafka_home()}/libs/*", main),
        ]

    def _format(self, properties: Path) -> None:
        done = subprocess.run(
            [*self._java("kafka.tools.StorageTool"), "format", "-t", _CLUSTER_ID, "-c", str(properties)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            properties.unlink()
            raise Unavailable(f"Apache Kafka could not format its storage:\n{done.stdout}{done.stderr}")

    def _properties(self) -> str:
        settings = {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.voters": f"1@{_HOST}:{self._controller_port}",
            "listeners": f"PLAINTEXT://{_HOST}:{self._port},CONTROLLER://{_HOST}:{self._controller_port}",
            "advertised.listeners": f"PLAINTEXT://{_HOST}:{self._port}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "PLAINTEXT",
            "controller.listener.names": "CONTROLLER",
            "log.dirs": self._directory / "data",
            "auto.create.topics.enable": "false",
            "delete.topic.enable": "true",
            "num.partitions": 1,
            "default.replication.factor": 1,
            "min.insync.replicas": 1,
            "offsets.topic.replication.factor": 1,
            "offsets.topic.num.partitions": 4,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "transaction.state.log.num.partitions": 4,
            "share.coordinator.state.topic.replication.factor": 1,
            "share.coordinator.state.topic.min.isr": 1,
            "group.initial.rebalance.delay.ms": 0,
            "log.cleaner.dedupe.buffer.size": 16 * 1024 * 1024,
            "log.cleaner.threads": 1,
            # After kill() a start waits until the controller has given up the node's former life.
            "broker.session.timeout.ms": 2000,
            "broker.heartbeat.interval.ms": 250,
        }
        return "".join(f"{key}={value}\n" for key, value in settings.items())
