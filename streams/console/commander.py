"""What people do here, on its way to the workers: kept on disk until Kafka has it, so that no click is lost."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from detectors.commands import decode_command, encode_command
from detectors.errors import Unavailable
from detectors.model import Answer, AnyCommand
from streams.console.hub import Hub
from streams.console.private import private_database
from streams.console.readmodel import Changes
from streams.console.readmodel.journal import answer_of
from streams.settings import Settings

__all__ = ["Commander", "Waiting"]

MOST: Final = 10_000
"""More that nobody takes is refused."""
AGAIN_S: Final = 1.0
KEEP_MS: Final = 7 * 86_400_000
"""What no worker answered for so long is not waited for any more."""

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS outgoing (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, at INTEGER NOT NULL, sent INTEGER NOT NULL,
    body BLOB NOT NULL
);
"""

log = structlog.get_logger("badbuzz")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A command without an answer; `sent` is whether Kafka has it."""

    command: AnyCommand
    sent: bool


class Commander:
    """Gives commands. Each is on disk before anybody is told that it was taken, is sent when Kafka is there, in the
    order they came, and is forgotten when the journal has its answer. Sent twice it is done once.

    Raises:
        Unavailable: the file cannot be used.
    """

    def __init__(
        self,
        settings: Settings,
        home: Path,
        db: Callable[[], sqlite3.Connection],
        hub: Hub,
        clock_ms: Callable[[], int],
    ) -> None:
        self._settings = settings
        self._outgoing = private_database(home / "outgoing.db", _SCHEMA)
        self._db = db
        self._hub = hub
        self._clock_ms = clock_ms
        self._futures: dict[str, asyncio.Future[Answer]] = {}
        self._news = asyncio.Event()
        self._end = hub.listen(self._on_changes)

    def close(self) -> None:
        """Let go of the file."""
        self._end()
        self._outgoing.close()

    async def give(self, command: AnyCommand, *, within_s: float = 5.0) -> Answer | None:
        """Give a command, and what it came to; None where no worker has answered in time: it is still to be done.

        Raises:
            Unavailable: it could not be kept, or too many wait.
        """
        if (known := answer_of(self._db(), command.id)) is not None:
            return known
        self._keep(command)
        future = self._futures.setdefault(command.id, asyncio.get_running_loop().create_future())
        self._news.set()
        try:
            return await asyncio.wait_for(asyncio.shield(future), within_s)
        except TimeoutError:
            return None
        finally:
            self._futures.pop(command.id, None)

    def waiting(self) -> list[Waiting]:
        """Commands that have no answer yet, in order."""
        rows = self._outgoing.execute("SELECT sent, body FROM outgoing ORDER BY number")
        return [Waiting(decode_command(body), bool(sent)) for sent, body in rows]

    async def run(self) -> None:
        """Send what is to be sent, until cancelled."""
        self._forget_answered()
        while True:
            if self._unsent():
                try:
                    await self._send()
                except (KafkaError, OSError) as error:
                    log.warning("a command waits for Kafka", why=type(error).__name__)
                    await asyncio.sleep(AGAIN_S)
                    continue
            self._news.clear()
            await self._news.wait()

    def _keep(self, command: AnyCommand) -> None:
        try:
            many: int = self._outgoing.execute("SELECT count(*) FROM outgoing").fetchone()[0]
            if many >= MOST:
                raise Unavailable(f"{MOST} commands wait for a worker already")
            values = (command.id, self._clock_ms(), encode_command(command))
            self._outgoing.execute("INSERT OR IGNORE INTO outgoing (id, at, sent, body) VALUES (?, ?, 0, ?)", values)
        except sqlite3.Error as error:
            raise Unavailable(f"the command could not be kept: {error}") from error
        self._hub.tell(Changes())

    def _unsent(self) -> list[tuple[str, bytes]]:
        return self._outgoing.execute("SELECT id, body FROM outgoing WHERE NOT sent ORDER BY number").fetchall()

    async def _send(self) -> None:
        producer = AIOKafkaProducer(bootstrap_servers=self._settings.brokers, request_timeout_ms=5_000)
        await producer.start()
        try:
            while waiting := self._unsent():
                for id, body in waiting:
                    key = decode_command(body).brand.encode()
                    await producer.send_and_wait(self._settings.topic("commands"), body, key=key)
                    self._outgoing.execute("UPDATE outgoing SET sent = 1 WHERE id = ?", (id,))
                self._news.clear()
                # Clicks come in rows: the connection stays open for a while.
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), 60)
        finally:
            await producer.stop()

    def _on_changes(self, changes: Changes) -> None:
        for answer in changes.answers:
            self._outgoing.execute("DELETE FROM outgoing WHERE id = ?", (answer.command,))
            future = self._futures.get(answer.command)
            if future is not None and not future.done():
                future.set_result(answer)

    def _forget_answered(self) -> None:
        for (id,) in self._outgoing.execute("SELECT id FROM outgoing").fetchall():
            if answer_of(self._db(), id) is not None:
                self._outgoing.execute("DELETE FROM outgoing WHERE id = ?", (id,))
        self._outgoing.execute("DELETE FROM outgoing WHERE at < ?", (self._clock_ms() - KEEP_MS,))
