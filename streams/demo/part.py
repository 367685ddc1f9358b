"""A `badbuzz` process that the demo runs: started, waited for, watched, and ended with its owner."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
import time
from pathlib import Path

import aiohttp

from detectors.errors import BadbuzzError
from streams.settings import Settings

__all__ = ["Part"]

_GUARD = Path(__file__).parents[1] / "broker_guard.py"
_STOP_S = 8.0
_TAIL_LINES = 20


class Part:
    """`badbuzz COMMAND` with `settings` as its environment; its log goes to a file in `directory`.

    It ends with the process that started it, whatever ends that (see `broker_guard`), and a Ctrl-C in the terminal
    does not reach it: the owner decides.
    """

    def __init__(self, command: str, settings: Settings, directory: Path) -> None:
        self.log = directory / f"{command}.log"
        self._command = command
        self._env = {f"BADBUZZ_{name.upper()}": str(value) for name, value in settings.model_dump().items()}
        self._guard: asyncio.subprocess.Process | None = None
        self._pid: int | None = None

    async def start(self, *, ready_within_s: float) -> None:
        """Start it and wait until its /readyz says yes.

        Raises:
            BadbuzzError: it ended, or was not ready in time; with the end of its log.
        """
        with self.log.open("wb") as log:
            self._guard = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", str(_GUARD)),
                *(sys.executable, "-m", "streams.cli", self._command),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                env={**os.environ, **self._env},
            )
        assert self._guard.stdout is not None
        line = await self._guard.stdout.readline()
        self._pid = int(line) if line.strip() else None
        deadline = time.monotonic() + ready_within_s
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session:
            while not await self._is_ready(session):
                self.check()
                if time.monotonic() > deadline:
                    raise BadbuzzError(f"the {self._command} was not ready within {ready_within_s:g} s{self._tail()}")
                await asyncio.sleep(0.05)

    async def _is_ready(self, session: aiohttp.ClientSession) -> bool:
        found = re.search(r"url=(http://\S+)/metrics", self.log.read_text(errors="replace"))
        if found is None:
            return False
        try:
            async with session.get(f"{found[1]}/readyz") as response:
                return response.status == 200
        except (aiohttp.ClientError, OSError, TimeoutError):
            return False

    def check(self) -> None:
        """Nothing, while it runs.

        Raises:
            BadbuzzError: it has ended; with the end of its log.
        """
        code = self._guard.returncode if self._guard is not None else None
        if code is not None:
            raise BadbuzzError(f"the {self._command} ended by itself (exit code {code}){self._tail()}")

    async def stop(self) -> None:
        """End it in order (SIGTERM), after `_STOP_S` for sure. Does nothing where it does not run."""
        guard, self._guard = self._guard, None
        if guard is None:
            return
        assert guard.stdin is not None
        try:
            if guard.returncode is None and self._pid is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self._pid, signal.SIGTERM)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(guard.wait(), _STOP_S)
        finally:
            guard.stdin.close()  # the guard's sign to end what is left
        await guard.wait()

    def _tail(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()
        return "".join(f"\n  | {line}" for line in lines[-_TAIL_LINES:])
