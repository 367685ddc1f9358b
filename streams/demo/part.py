"""A `badbuzz` process that the demo runs: started, waited for, watched, and ended with its owner."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
import time
from pathlib import Path

import aiohttp

from detectors.errors import BadbuzzError
from streams.process import Guarded, last_words
from streams.settings import Settings

__all__ = ["Part"]

_STOP_S = 8.0
_TAIL_LINES = 20


class Part:
    """`badbuzz COMMAND` with `settings` as its environment; its log goes to a file in `directory`.

    It ends with the process that started it, whatever ends that, and a Ctrl-C in the terminal does not reach it
    (see `Guarded`).
    """

    def __init__(self, command: str, settings: Settings, directory: Path) -> None:
        self.log = directory / f"{command}.log"
        self._command = command
        self._env = settings.environ()
        self._process: Guarded | None = None

    @property
    def url(self) -> str | None:
        """Where it says that it listens, without a path; None before it does."""
        found = re.search(r"\burl=(http://[^\s/]+)", self.log.read_text(errors="replace"))
        return found[1] if found is not None else None

    @property
    def pid(self) -> int | None:
        """The process itself, None while there is none."""
        return None if self._process is None else self._process.pid

    async def start(self, *, ready_within_s: float) -> None:
        """Start it and wait until its /readyz says yes.

        Raises:
            BadbuzzError: it ended, or was not ready in time; with the end of its log.
        """
        with self.log.open("wb") as log:
            command = [sys.executable, "-m", "streams.cli", self._command]
            self._process = Guarded(command, log, {**os.environ, **self._env})
        deadline = time.monotonic() + ready_within_s
        await asyncio.to_thread(self._process.started, ready_within_s)
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session:
            while not await self._is_ready(session):
                self.check()
                if time.monotonic() > deadline:
                    raise BadbuzzError(f"the {self._command} was not ready within {ready_within_s:g} s{self._tail()}")
                await asyncio.sleep(0.05)

    async def _is_ready(self, session: aiohttp.ClientSession) -> bool:
        url = self.url
        if url is None:
            return False
        try:
            async with session.get(f"{url}/readyz") as response:
                return response.status == 200
        except (aiohttp.ClientError, OSError, TimeoutError):
            return False

    def check(self) -> None:
        """Nothing, while it runs.

        Raises:
            BadbuzzError: it has ended; with the end of its log.
        """
        code = self._process.returncode if self._process is not None else None
        if code is not None:
            raise BadbuzzError(f"the {self._command} ended by itself (exit code {code}){self._tail()}")

    async def stop(self) -> None:
        """End it in order (SIGTERM), after `_STOP_S` for sure. Does nothing where it does not run."""
        process, self._process = self._process, None
        if process is None:
            return
        try:
            if process.pid is not None:
                process.send_signal(signal.SIGTERM)
                await asyncio.to_thread(process.wait, _STOP_S)
        finally:
            await asyncio.to_thread(process.close)

    def _tail(self) -> str:
        return last_words(self.log, _TAIL_LINES)
