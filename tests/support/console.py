"""A real `badbuzz console`, what it watches, and records for it to show."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from streams.settings import load_settings
from streams.topics import ensure_topics
from support.kafka_io import Record, produce
from support.worker import Served

__all__ = ["WATCHED", "ConsoleProcess", "Wire", "tell"]

WATCHED = """
defaults: {timezone: Europe/Paris}
brands:
  - {id: acme, name: Acme, match: {any: [acme]}, competitors: [globex]}
  - {id: globex, name: Globex, match: {any: [globex]}, competitors: [acme]}
topics:
  - {id: refund, words: {en: [refund], fr: [rembourser]}, team: care}
teams:
  - {id: care, name: Customer care, rota: [{days: [mon, tue, wed, thu, fri, sat, sun], people: [anna]}]}
people: [{id: anna, name: Anna Roux}]
"""


class ConsoleProcess(Served):
    """`async with ConsoleProcess(...) as console`: on loopback, with what it keeps in `home`. `url` is its address."""

    def __init__(
        self,
        bootstrap: str,
        prefix: str,
        config: Path,
        home: Path,
        *,
        port: int = 0,
        env: Mapping[str, str] | None = None,
    ) -> None:
        home.mkdir(parents=True, exist_ok=True)
        arguments = ["console", "--brokers", bootstrap, "--prefix", prefix, "--config", str(config)]
        log = home.with_name(f"{home.name}-{time.monotonic_ns()}.log")
        super().__init__(
            arguments, log, {"BADBUZZ_CONSOLE_DIR": str(home), "BADBUZZ_CONSOLE_PORT": str(port), **(env or {})}
        )

    @property
    def url(self) -> str:
        """Where it is."""
        assert self._url is not None
        return self._url


async def tell(bootstrap: str, prefix: str, topic: str, values: Iterable[msgspec.Struct], key: bytes = b"acme") -> None:
    """Write records to one of our topics, which is made if it is not there."""
    await ensure_topics(load_settings(brokers=bootstrap, prefix=prefix, partitions=1))
    await produce(bootstrap, f"{prefix}{topic}", [Record(msgspec.json.encode(value), key=key) for value in values])


class Wire:
    """The way between a browser and a console, which can be cut: `async with Wire(port) as wire`."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._cut = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """Where the browser connects to."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def cut(self) -> None:
        """End every connection, and let no new one through."""
        self._cut = True
        for writer in self._writers:
            writer.close()

    def mend(self) -> None:
        """Let connections through again."""
        self._cut = False

    async def __aenter__(self) -> Wire:
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cut:
            writer.close()
            return
        there, back = await asyncio.open_connection("127.0.0.1", self._to)
        self._writers |= {writer, back}
        await asyncio.gather(_pump(reader, back), _pump(there, writer))
        self._writers -= {writer, back}


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
