"""The audit log: who signed in, who changed what, who took what away. Never a password, a token or a post's text."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
import structlog

from streams.console.private import private_database

__all__ = ["AUDIT_LASTS", "MOST_ENTRIES", "MOST_FAILURES", "SIGN_IN_FAILED", "Audit", "Entry"]

AUDIT_LASTS: Final = timedelta(days=400)
MOST_ENTRIES: Final = 100_000
SIGN_IN_FAILED: Final = "sign-in failed"
MOST_FAILURES: Final = 10_000
"""Of attempts to sign in that failed: whoever tries for days pushes nothing else out of the log."""

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL,
    about TEXT NOT NULL, ip TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS audit_what ON audit (what, id);
CREATE TRIGGER IF NOT EXISTS audit_stays BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'append only'); END;
"""
_LONGEST: Final = 200
_EVERY: Final = 100
"""Entries between two looks for old ones."""

log = structlog.get_logger("badbuzz")


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the audit log; `id` grows with time."""

    id: int
    at: datetime
    who: str
    what: str
    about: str
    ip: str


class Audit:
    """The log in `folder`/audit.db, which several consoles and commands may share. Nothing in it is changed.

    Entries go after 400 days, and the oldest of more than 100,000, or of 10,000 failed attempts to sign in. A full
    disk stops nobody: what could not be written is in the process's log, where all of it is too.

    Raises:
        Unavailable: the folder or the file cannot be used.
    """

    def __init__(self, folder: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._clock = clock
        self._database = private_database(folder / "audit.db", _SCHEMA)
        self._prune()

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def note(self, who: str, what: str, about: str = "", ip: str = "") -> None:
        """Write down that `who` did `what` ("sign-in", "user added", "acknowledge" ...), to or with `about`.

        Of each no more than 200 characters are kept: a name that was typed may be anything.
        """
        now = self._clock()
        who, what, about, ip = (_short(text) for text in (who, what, about, ip))
        log.info("audit", who=who, what=what, about=about, ip=ip)
        try:
            row = self._database.execute(
                "INSERT INTO audit (at, who, what, about, ip) VALUES (?, ?, ?, ?, ?)",
                (now.timestamp(), who, what, about, ip),
            )
            if (row.lastrowid or 0) % _EVERY == 0:
                self._prune()
        except sqlite3.Error as error:
            log.error("audit log not written; the line before is all there is", error=str(error))

    def read(self, limit: int = 100, before: int | None = None) -> list[Entry]:
        """The newest entries first, at most `limit`; `before` is the id of the last one of the page before."""
        rows = self._database.execute(
            "SELECT id, at, who, what, about, ip FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?",
            (2**62 if before is None else before, limit),
        )
        return [
            Entry(id=key, at=datetime.fromtimestamp(at, UTC), who=who, what=what, about=about, ip=ip)
            for key, at, who, what, about, ip in rows
        ]

    def _prune(self) -> None:
        oldest = (self._clock() - AUDIT_LASTS).timestamp()
        self._database.execute("DELETE FROM audit WHERE at < ?", (oldest,))
        self._database.execute(
            "DELETE FROM audit WHERE what = ?1 "
            "AND id <= (SELECT id FROM audit WHERE what = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
            (SIGN_IN_FAILED, MOST_FAILURES),
        )
        self._database.execute(
            "DELETE FROM audit WHERE id <= (SELECT id FROM audit ORDER BY id DESC LIMIT 1 OFFSET ?)",
            (MOST_ENTRIES - _EVERY,),
        )


def _short(text: str) -> str:
    """On one line, without what moves a cursor or turns the direction of writing."""
    return "".join(char if char.isprintable() else " " for char in text[:_LONGEST])
