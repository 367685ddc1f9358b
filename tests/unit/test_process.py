"""Child processes: none is left behind, and one that fails says why."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from streams.process import Guarded, end, last_words

POLITE = "echo up; exec sleep 60"
STUBBORN = "trap '' TERM; echo up; exec sleep 60"

StartGuarded = Callable[..., Guarded]
"""What the fixture gives: `(*command) -> Guarded`, its output in `log`."""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "program.log"


@pytest.fixture
def guarded(log: Path) -> Iterator[StartGuarded]:
    started: list[Guarded] = []

    def start(*command: str) -> Guarded:
        with log.open("wb") as output:
            started.append(Guarded(command, output))
        return started[-1]

    yield start
    for process in started:
        process.close()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


# --- a program with a guard ---


@pytest.mark.parametrize(
    "command, code, words",
    [
        (["/bin/sh", "-c", "echo cannot do it; exit 7"], 7, "cannot do it"),
        (["/bin/sh", "-c", "echo too much >&2; kill -KILL $$"], 137, "too much"),
        (["/no/such/program"], 127, "/no/such/program: No such file or directory"),
    ],
    ids=["exit", "killed", "missing"],
)
def test_who_ends_early_is_not_ready_and_its_words_are_kept(
    command: list[str], code: int, words: str, guarded: StartGuarded, log: Path
) -> None:
    process = guarded(*command)
    assert process.why_not_ready(lambda: False, within_s=20) == f"ended while starting (exit code {code})"
    assert process.returncode == code
    assert last_words(log, 5) == f"\n  | {words}"


def test_an_answer_counts_only_of_one_that_lives(guarded: StartGuarded) -> None:
    # As when another broker has taken the port: it answers, and ours has ended.
    process = guarded("/bin/sh", "-c", "exit 1")
    assert process.why_not_ready(lambda: process.wait(20), within_s=20) == "ended while starting (exit code 1)"


def test_who_never_answers_is_not_ready_in_time(guarded: StartGuarded) -> None:
    process = guarded("/bin/sh", "-c", POLITE)
    assert process.why_not_ready(lambda: False, within_s=0.2) == "was not ready within 0.2 s"
    assert process.returncode is None


@pytest.mark.parametrize("program", [POLITE, STUBBORN], ids=["polite", "stubborn"])
def test_close_leaves_no_orphan_and_may_be_called_twice(program: str, guarded: StartGuarded, log: Path) -> None:
    process = guarded("/bin/sh", "-c", program)
    assert process.why_not_ready(lambda: log.read_bytes() == b"up\n", within_s=20) is None
    assert process.pid is not None and alive(process.pid)
    process.close()
    assert not alive(process.pid)
    assert process.returncode == (128 + signal.SIGTERM if program is POLITE else 128 + signal.SIGKILL)
    process.close()
    process.send_signal(signal.SIGTERM)  # to nobody: the number may be another's by now


def test_close_before_it_is_known_to_run_leaves_no_orphan(guarded: StartGuarded, log: Path) -> None:
    process = guarded("/bin/sh", "-c", f"echo $$; {POLITE}")
    process.close()
    assert process.pid is None and process.returncode is not None
    assert not any(alive(int(word)) for word in log.read_text().split() if word.isdigit())


def test_a_signal_reaches_the_program(guarded: StartGuarded, log: Path) -> None:
    process = guarded("/bin/sh", "-c", POLITE)
    assert process.why_not_ready(lambda: log.read_bytes() == b"up\n", within_s=20) is None
    assert not process.wait(0)
    process.send_signal(signal.SIGUSR1)
    assert process.wait(20)
    assert process.returncode == 128 + signal.SIGUSR1


# --- one without ---


@pytest.mark.parametrize(
    "program, within_s, in_order, code",
    [(POLITE, 20.0, True, -signal.SIGTERM), (STUBBORN, 0.1, False, -signal.SIGKILL)],
    ids=["polite", "stubborn"],
)
def test_it_ends_in_order_or_for_sure(program: str, within_s: float, in_order: bool, code: int) -> None:
    with subprocess.Popen(["/bin/sh", "-c", program], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline() == b"up\n"
        assert end(process, within_s=within_s) is in_order
        assert process.returncode == code
        assert end(process, within_s=0)


# --- last words ---


def test_last_words_are_the_end_of_the_log(log: Path) -> None:
    assert last_words(log, 2) == ""
    log.write_bytes(b"one\ntwo\nthr\xffee\n")
    assert last_words(log, 2) == "\n  | two\n  | thr\ufffdee"
