"""The SQLite file of the read model: its tables, opening it, and throwing away what does not fit any more."""

from __future__ import annotations

import contextlib
import sqlite3
import uuid
from pathlib import Path
from typing import Final

from detectors.errors import Unavailable

__all__ = ["SCHEMA_VERSION", "Store"]

SCHEMA_VERSION: Final = 1
"""Of another version the file is thrown away and built again from the topics."""

_TABLES: Final = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE offsets (
    topic TEXT, partition INTEGER, next INTEGER NOT NULL, PRIMARY KEY (topic, partition)) WITHOUT ROWID;

-- The newest version of each incident. `seq` grows with each change of any of them.
CREATE TABLE incidents (
    number INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, seq INTEGER NOT NULL, brand TEXT NOT NULL,
    state TEXT NOT NULL, is_open INTEGER NOT NULL, severity INTEGER NOT NULL, owner TEXT, kind TEXT,
    verdict TEXT NOT NULL,
    onset_ms INTEGER NOT NULL, opened_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL, resolved_ms INTEGER,
    observed INTEGER NOT NULL, version INTEGER NOT NULL,
    summary BLOB NOT NULL, body BLOB NOT NULL);
CREATE INDEX incidents_by_seq ON incidents (seq);
CREATE INDEX incidents_by_time ON incidents (opened_ms DESC, id DESC);
CREATE INDEX incidents_by_brand ON incidents (brand, opened_ms DESC, id DESC);
CREATE INDEX incidents_open ON incidents (severity DESC, opened_ms DESC) WHERE is_open;
CREATE VIRTUAL TABLE incident_texts USING fts5 (
    texts, tokenize="unicode61 remove_diacritics 2", prefix='2 3');

-- What was said of a brand in 5 minutes, an hour and a day (UTC); `parts` (by channel, topic ...) not of 5 minutes.
CREATE TABLE counts (
    brand TEXT, seconds INTEGER, start INTEGER, negative INTEGER NOT NULL, neutral INTEGER NOT NULL,
    positive INTEGER NOT NULL, unknown INTEGER NOT NULL, expected REAL NOT NULL, minutes INTEGER NOT NULL, parts BLOB,
    PRIMARY KEY (brand, seconds, start)) WITHOUT ROWID;
CREATE INDEX counts_by_time ON counts (seconds, start);
CREATE TABLE brands (brand TEXT PRIMARY KEY, last_start INTEGER NOT NULL, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE responses (brand TEXT, at INTEGER, topic TEXT, took_s INTEGER NOT NULL);
CREATE INDEX responses_by_time ON responses (at);
CREATE INDEX responses_by_brand ON responses (brand, at);

-- What was sent to whom, what commands came to, and the silences that people began.
CREATE TABLE deliveries (incident TEXT NOT NULL, at INTEGER NOT NULL, body BLOB NOT NULL);
CREATE INDEX deliveries_by_incident ON deliveries (incident, at);
CREATE INDEX deliveries_by_time ON deliveries (at);
CREATE TABLE answers (command TEXT PRIMARY KEY, at INTEGER NOT NULL, body BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX answers_by_time ON answers (at);
CREATE TABLE silences (
    id TEXT PRIMARY KEY, brand TEXT NOT NULL, until INTEGER NOT NULL, ended INTEGER, body BLOB NOT NULL) WITHOUT ROWID;
"""

_READ: Final = (
    "offsets", "incidents", "incident_texts", "counts", "brands", "responses", "deliveries", "answers", "silences",
)  # fmt: skip


class Store:
    """The read model's file. One process writes to it; any number of connections read (write-ahead log).

    `source` says which topics it is of: a file of others, or of another version, is thrown away.

    Raises:
        Unavailable: the file cannot be written, or another console has it.
    """

    def __init__(self, path: Path, source: str) -> None:
        self.path = path
        self._source = source
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.writer = self._open()
        except (OSError, sqlite3.Error) as error:
            raise Unavailable(f"{path}: cannot be written: {error}") from error

    def _open(self) -> sqlite3.Connection:
        connection = _connect(self.path)
        try:
            fits = _meta(connection, "schema") == str(SCHEMA_VERSION) and _meta(connection, "source") == self._source
        except sqlite3.DatabaseError:
            fits = False
        if fits:
            return connection
        connection.close()
        return self._make()

    def _make(self) -> sqlite3.Connection:
        for suffix in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        connection = _connect(self.path)
        connection.executescript(_TABLES)
        # Who follows changes by number notices by the name that the numbers are other ones.
        values = {"schema": str(SCHEMA_VERSION), "source": self._source, "life": uuid.uuid4().hex[:8], "seq": "0"}
        connection.executemany("INSERT INTO meta VALUES (?, ?)", values.items())
        connection.commit()
        self.path.chmod(0o600)
        return connection

    def clear(self) -> None:
        """Throw everything away that was read; it is read again."""
        with self.writer:
            for name in _READ:
                self.writer.execute(f"DELETE FROM {name}")  # noqa: S608
            self.writer.execute("UPDATE meta SET value = ? WHERE name = 'life'", (uuid.uuid4().hex[:8],))

    def reader(self) -> sqlite3.Connection:
        """A connection that only reads."""
        connection = _connect(self.path)
        connection.execute("PRAGMA query_only = ON")
        return connection

    def close(self) -> None:
        """Close the file."""
        with contextlib.suppress(sqlite3.Error):
            self.writer.close()


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, check_same_thread=False, timeout=10)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA secure_delete = ON")  # what is forgotten upstream is gone here too
    connection.execute("PRAGMA cache_size = -16000")
    return connection


def _meta(connection: sqlite3.Connection, name: str) -> str | None:
    row = connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row["value"])
