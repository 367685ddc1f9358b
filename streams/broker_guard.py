"""Runs a program for as long as its owner lives: `python broker_guard.py PROGRAM ARGUMENT...`.

The owner keeps our stdin open. When it closes, because the owner is done or was killed with -9, the program is
ended: politely (SIGTERM), then surely (SIGKILL). When the program ends by itself, so do we, with its exit
code. Should this guard itself be killed, Linux ends the program (PR_SET_PDEATHSIG; a thread that starts and ends
in the owner cannot trigger it, for the guard has one thread only).

A file that is run, not imported, with the standard library alone: it must be up in milliseconds.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import sys
import time

__all__: list[str] = []

_PR_SET_PDEATHSIG = 1
_OWNERS_SIGNALS = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM)  # the owner decides, not the terminal
_GRACE_S = 2.0
_POLL_S = 0.1


def _die_with_parent() -> None:
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _start(command: list[str]) -> int:
    """Fork and exec `command` with no stdin and our stderr as its stdout; returns its pid."""
    guard = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    try:
        for number in _OWNERS_SIGNALS:  # what is ignored stays ignored through exec, and SIGTERM must be heard
            signal.signal(number, signal.SIG_DFL)
        _die_with_parent()
        if os.getppid() != guard:  # killed between fork and prctl
            os._exit(1)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(2, 1)
        os.execv(command[0], command)
    except OSError as error:
        os.write(2, f"{command[0]}: {error.strerror}\n".encode())
    os._exit(127)


def _ended(pid: int) -> int | None:
    """The exit code of `pid`, or None while it runs."""
    done, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if done else None


def _end(pid: int) -> int:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _GRACE_S
    while time.monotonic() < deadline:
        code = _ended(pid)
        if code is not None:
            return code
        time.sleep(0.01)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _guard(command: list[str]) -> int:
    owner = os.getppid()
    for number in _OWNERS_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    pid = _start(command)
    os.write(1, f"{pid}\n".encode())
    while True:
        code = _ended(pid)
        if code is not None:
            return code
        readable, _, _ = select.select([0], [], [], _POLL_S)
        # The owner's forked children may hold the pipe open after its death: its pid tells as well.
        if (readable and not os.read(0, 1024)) or os.getppid() != owner:
            return _end(pid)


if __name__ == "__main__":
    result = _guard(sys.argv[1:])
    sys.exit(result if result >= 0 else 128 - result)
