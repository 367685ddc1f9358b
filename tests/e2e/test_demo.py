"""`badbuzz demo` as a user runs it: an incident with its why, and nothing left behind however it ends."""

from __future__ import annotations

import json
import os
import pty
import re
import secrets
import select
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.embedded

SHOW_CURSOR = "\x1b[?25h"
HIDE_CURSOR = "\x1b[?25l"


@dataclass
class Demo:
    """A running `badbuzz demo`; every process that descends from it carries its mark in the environment."""

    process: subprocess.Popen[bytes]
    out: int
    mark: str
    said: str = field(default="")

    def until(self, words: str, *, within_s: float) -> None:
        deadline = time.monotonic() + within_s
        while words not in self.said:
            left = deadline - time.monotonic()
            assert left > 0, f"no {words!r} within {within_s} s: {self.said[-2000:]}"
            assert self._read(left) or words in self.said, f"ended without {words!r}: {self.said[-2000:]}"

    def _read(self, timeout_s: float) -> bool:
        if not select.select([self.out], [], [], timeout_s)[0]:
            return True
        try:
            data = os.read(self.out, 65536)
        except OSError:  # the other end of a pty is closed
            return False
        self.said += data.decode()
        return bool(data)

    def signal(self, number: signal.Signals) -> int:
        """To the whole group, as a terminal does on Ctrl-C; the exit code."""
        os.killpg(self.process.pid, number)
        deadline = time.monotonic() + 30
        while self._read(0.2) and time.monotonic() < deadline:
            pass
        return self.process.wait(timeout=10)

    def family(self) -> list[str]:
        """The command lines of all processes that carry the mark."""
        found = []
        for process in Path("/proc").iterdir():
            try:
                if process.name.isdigit() and self.mark.encode() in (process / "environ").read_bytes():
                    found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:  # not ours to read, or gone meanwhile
                continue
        return found

    def assert_nothing_left(self, within_s: float = 0.0) -> None:
        deadline = time.monotonic() + within_s
        while self.family() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert self.family() == []


StartDemo = Callable[..., Demo]
"""What the fixture gives: `(*, terminal: bool) -> Demo`."""


@pytest.fixture
def start_demo(tmp_path: Path) -> Iterator[StartDemo]:
    started: list[Demo] = []

    def start(*, terminal: bool) -> Demo:
        reading, writing = pty.openpty() if terminal else os.pipe()
        mark = f"BADBUZZ_MARK_{secrets.token_hex(8)}"
        process = subprocess.Popen(
            [sys.executable, "-m", "streams.cli", "demo"],
            env={**os.environ, mark: "1", "COLUMNS": "100", "LINES": "30", "TERM": "xterm", "TMPDIR": str(tmp_path)},
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=writing,
            start_new_session=True,
        )
        os.close(writing)
        started.append(Demo(process, reading, mark))
        return started[-1]

    yield start
    for demo in started:
        if demo.process.poll() is None:
            demo.process.kill()
        demo.process.wait()
        os.close(demo.out)


needs_proc = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks for orphans in /proc")


def test_once_prints_the_incident_of_the_right_brand_with_its_why() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "streams.cli", "demo", "--once"],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert re.match(r"INCIDENT Torrelio: \S.*\n", done.stdout), done.stdout
    observed = re.search(r"(\d+) negative mentions since .* UTC, usual for this time: ([\d.]+)\.", done.stdout)
    assert observed is not None, done.stdout
    # Small: of some two thousand posts that the crisis will bring.
    assert float(observed[2]) < int(observed[1]) < 120
    # In five lines, as people get it: what, how big and how bad, why, who has it and what to do, where to look.
    what, size, why, who, where = done.stdout.splitlines()
    assert "Severity: " in size and "Unusual: " in why and '"' in why
    assert who.startswith("Nobody has it yet. To do: ") and where.startswith("badbuzz incidents show incident-torrelio")
    assert what.startswith("INCIDENT")
    assert "\x1b" not in done.stdout + done.stderr
    for stage in ("a Kafka broker", "topics made", "brands' habits learned from", "a worker", "an incident, after"):
        assert re.search(rf"^ *\d+\.\d s  .*{stage}", done.stderr, re.MULTILINE), done.stderr
    assert "console" not in done.stderr


@needs_proc
def test_ctrl_c_in_the_live_view_ends_everything(start_demo: StartDemo) -> None:
    demo = start_demo(terminal=True)
    demo.until("negative, last 2 min", within_s=120)
    demo.until("newest negative posts", within_s=30)
    assert "the console: open http://127.0.0.1:" in re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", demo.said)
    family = " ".join(demo.family())
    assert "streams.cli worker" in family and "streams.cli console" in family and "broker_guard.py" in family
    assert demo.signal(signal.SIGINT) == 0
    demo.assert_nothing_left()
    assert "Traceback" not in demo.said
    assert demo.said.rindex(SHOW_CURSOR) > demo.said.rindex(HIDE_CURSOR)


@needs_proc
def test_ctrl_c_while_learning_ends_everything(start_demo: StartDemo) -> None:
    demo = start_demo(terminal=False)
    demo.until("topics made", within_s=60)
    assert demo.signal(signal.SIGINT) == 130
    demo.assert_nothing_left()
    assert "Traceback" not in demo.said


@needs_proc
def test_the_console_answers_at_the_printed_address_and_shows_what_was_and_what_comes(start_demo: StartDemo) -> None:
    with socket.socket() as taken:  # its port, by somebody else: it takes another one
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            taken.bind(("127.0.0.1", 8484))
            taken.listen()
        demo = start_demo(terminal=False)
        demo.until("posts come in as they are written", within_s=120)
        found = re.search(r"^ *\d+\.\d s  a console: open (http://127\.0\.0\.1:(\d+))$", demo.said, re.MULTILINE)
        assert found is not None and found[2] != "8484", demo.said
        past = incidents(found[1], "open=false")
        assert {("torrelio", True), ("kavanta", True)} <= {(one["brand"], one["recorded"]) for one in past}
        assert {one["state"] for one in past} == {"resolved"}
        demo.until("INCIDENT Torrelio", within_s=120)
        deadline = time.monotonic() + 10
        while not (now := incidents(found[1], "open=true")):
            assert time.monotonic() < deadline, demo.said
            time.sleep(0.1)
        assert [(one["brand"], one["state"], one["recorded"]) for one in now] == [("torrelio", "open", False)]
        assert demo.signal(signal.SIGINT) == 0
    demo.assert_nothing_left()
    assert "Traceback" not in demo.said


def incidents(address: str, query: str) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{address}/api/v1/incidents?{query}", timeout=10) as response:
        found: list[dict[str, Any]] = json.load(response)["incidents"]
    return found


@needs_proc
def test_a_demo_that_is_killed_leaves_no_process(start_demo: StartDemo) -> None:
    demo = start_demo(terminal=False)
    demo.until("  a console", within_s=120)
    assert demo.signal(signal.SIGKILL) == -signal.SIGKILL
    demo.assert_nothing_left(within_s=10)


def test_no_embedded_broker_is_one_clear_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "streams.cli", "demo", "--once"],
        env={**os.environ, "CALF_TANSU_BIN": "/nonexistent/tansu"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 3
    assert done.stdout == ""
    assert done.stderr.startswith("badbuzz: no embedded broker for this platform")
    assert "Traceback" not in done.stderr
