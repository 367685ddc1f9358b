"""Child processes: one that ends with its owner, how one is ended, and what one said last."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

__all__ = ["Guarded", "end", "last_words"]

_GUARD = Path(__file__).with_name("broker_guard.py")
_CLOSE_S = 5.0  # more than the guard takes to end a program for sure
_POLL_S = 0.02


class Guarded:
    """The program `command`, from here to `close()`; it ends with this process, whatever ends this one.

    A guard sees to that (`broker_guard.py`). A Ctrl-C in the terminal reaches neither: the owner decides. What it
    prints goes to `output`; `command[0]` is a path. What waits here blocks: in a coroutine use `asyncio.to_thread`.

    >>> with open(os.devnull, "wb") as output:
    ...     program = Guarded(["/bin/sh", "-c", "exit 7"], output)
    >>> program.wait(10), program.returncode
    (True, 7)
    >>> program.close()
    """

    def __init__(self, command: Sequence[str], output: IO[bytes], env: Mapping[str, str] | None = None) -> None:
        self.pid: int | None = None
        """The program's process, known after `started`; None where it could not be started."""
        self._guard = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_GUARD), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            start_new_session=True,
            env=env,
        )

    @property
    def returncode(self) -> int | None:
        """The program's exit code, 128 and more if a signal ended it; None while it runs."""
        return self._guard.poll()

    def started(self, within_s: float) -> None:
        """Wait, at most so long, until its `pid` is known. To be called once."""
        assert self._guard.stdout is not None
        if select.select([self._guard.stdout], [], [], within_s)[0]:
            with contextlib.suppress(ValueError):  # an empty line: the guard itself did not come up
                self.pid = int(self._guard.stdout.readline())

    def why_not_ready(self, answers: Callable[[], bool], *, within_s: float) -> str | None:
        """Wait until it has `started` and `answers`: None then, else the reason, to stand behind its name."""
        deadline = time.monotonic() + within_s
        self.started(within_s)
        while time.monotonic() < deadline:
            ready = answers()
            # Asked after the answer: another program may have given it, having taken the port, and ours ended over it.
            code = self.returncode
            if code is not None:
                return f"ended while starting (exit code {code})"
            if ready:
                return None
            time.sleep(_POLL_S)
        return f"was not ready within {within_s:g} s"

    def send_signal(self, number: signal.Signals) -> None:
        """To the program, not to its guard; nothing where it does not run."""
        if self.pid is not None and self.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def wait(self, within_s: float) -> bool:
        """Wait for its end, at most so long; whether it has ended."""
        return _ended(self._guard, within_s)

    def close(self) -> None:
        """End it if it still runs: SIGTERM, two seconds later SIGKILL. May be called twice."""
        assert self._guard.stdin is not None and self._guard.stdout is not None
        self._guard.stdin.close()  # the guard's sign to end the program
        if not _ended(self._guard, _CLOSE_S):
            self._guard.kill()  # and Linux kills the program with it
            self._guard.wait()
        self._guard.stdout.close()


def end(process: subprocess.Popen[bytes], *, within_s: float) -> bool:
    """End a process in order (SIGTERM), after `within_s` for sure (SIGKILL); whether the order was enough."""
    process.terminate()
    if _ended(process, within_s):
        return True
    process.kill()
    process.wait()
    return False


def last_words(log: Path, lines: int) -> str:
    """The end of a log as the end of an error message: each line on one of its own. Empty where there is no log."""
    if not log.exists():
        return ""
    return "".join(f"\n  | {line}" for line in log.read_text(errors="replace").splitlines()[-lines:])


def _ended(process: subprocess.Popen[bytes], within_s: float) -> bool:
    try:
        process.wait(within_s)
    except subprocess.TimeoutExpired:
        return False
    return True
