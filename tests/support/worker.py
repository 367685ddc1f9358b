"""Real `badbuzz` processes that tests can ask, stop and kill; the worker among them."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from streams.process import end, last_words

__all__ = ["Served", "WorkerProcess", "run_badbuzz"]


def run_badbuzz(
    *arguments: str, timeout_s: float = 120, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a `badbuzz` command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "streams.cli", *arguments],
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


class Served:
    """A `badbuzz` process that serves pages: started and ready inside `async with`, terminated at the end."""

    def __init__(self, arguments: Sequence[str], log: Path, env: Mapping[str, str]) -> None:
        self.log = log
        self._arguments = arguments
        self._env = {**os.environ, **env}
        self._process: subprocess.Popen[bytes] | None = None
        self._url: str | None = None
        self._log_start = 0

    def start(self) -> Self:
        """Start the process; `ready` waits until it has partitions."""
        with self.log.open("ab") as log:
            self._log_start = log.tell()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "streams.cli", *self._arguments], env=self._env, stderr=log, stdout=log
            )
        self._url = None
        return self

    async def ready(self, timeout_s: float = 60) -> Self:
        """Wait until /readyz says yes."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            assert self.returncode is None, f"it ended: {self.tail()}"
            status, _ = await self.get("readyz")
            if status == 200:
                return self
            await asyncio.sleep(0.1)
        raise AssertionError(f"not ready after {timeout_s} s: {self.tail()}")

    async def get(self, path: str) -> tuple[int | None, str]:
        """Status and body of a page; None while it does not listen."""
        if self._url is None:
            written = self.log.read_bytes()[self._log_start :].decode(errors="replace")
            found = re.findall(r"url=(http://[^\s/]+)", written)
            if not found:
                return None, ""
            self._url = found[-1]
        try:
            timeout = aiohttp.ClientTimeout(total=5)
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.get(f"{self._url}/{path}") as response,
            ):
                return response.status, await response.text()
        except (aiohttp.ClientError, OSError, TimeoutError):
            return None, ""

    @property
    def returncode(self) -> int | None:
        """The exit code, None while it runs."""
        assert self._process is not None
        return self._process.poll()

    def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def freeze(self) -> None:
        """SIGSTOP: alive for the system, dead for its group."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    async def terminate(self, timeout_s: float = 30) -> int:
        """SIGTERM, and wait for the end; the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return await asyncio.to_thread(self._process.wait, timeout_s)

    def tail(self, lines: int = 25) -> str:
        """The last lines of the log."""
        return last_words(self.log, lines)

    async def __aenter__(self) -> Self:
        try:
            return await self.start().ready()
        except AssertionError:
            self.kill()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._process is not None
        in_order = await asyncio.to_thread(end, self._process, within_s=30)
        assert in_order, f"did not stop within 30 s of SIGTERM: {self.tail()}"


class WorkerProcess(Served):
    """`async with WorkerProcess(...) as worker`."""

    def __init__(self, bootstrap: str, prefix: str, config: Path, directory: Path, **env: str) -> None:
        arguments = ["worker", "--brokers", bootstrap, "--prefix", prefix, "--config", str(config)]
        log = directory / f"worker-{prefix}{time.monotonic_ns()}.log"
        super().__init__(arguments, log, {"BADBUZZ_HTTP_PORT": "0", **env})

    async def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric's samples that carry these labels; 0.0 where there is none."""
        _, text = await self.get("metrics")
        return sum(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    async def until(self, name: str, at_least: float, *, timeout_s: float = 60, **labels: str) -> None:
        """Wait until a metric has reached a value."""
        deadline = time.monotonic() + timeout_s
        value = 0.0
        while time.monotonic() < deadline:
            value = await self.metric(name, **labels)
            if value >= at_least:
                return
            assert self.returncode is None, f"it ended: {self.tail()}"
            await asyncio.sleep(0.1)
        raise AssertionError(f"{name} is {value}, not {at_least}: {self.tail()}")
