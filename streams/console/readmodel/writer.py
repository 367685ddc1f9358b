"""From records of the topics to rows of the read model, in one transaction with how far they were read."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import msgspec

from detectors.commands import decode_command
from detectors.errors import InvalidCommand
from detectors.model import Answer, Bucket, Delivery, Incident, JournalEntry
from streams.console.readmodel import incidents, journal
from streams.console.readmodel.counts import CountsWriter
from streams.console.readmodel.store import Store
from streams.reading import decoded

__all__ = ["TOPICS", "Changes", "Taken", "Writer"]

TOPICS: Final = ("incidents", "journal", "commands", "brand-signals")
"""What the console reads; the first are small and soon read."""
TRIM_EVERY: Final = 200


class Taken(NamedTuple):
    """A record of one of our topics; `topic` is its short name."""

    topic: str
    partition: int
    offset: int
    at_ms: int
    value: bytes | None


@dataclass(slots=True)
class Changes:
    """What is different now."""

    incidents: set[str] = field(default_factory=set)
    brands: set[str] = field(default_factory=set)
    answers: list[Answer] = field(default_factory=list)
    deliveries: set[str] = field(default_factory=set)
    silences: bool = False

    def __bool__(self) -> bool:
        return bool(self.incidents or self.brands or self.answers or self.deliveries or self.silences)


class Writer:
    """Writes records into a `Store`; for one thread at a time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._counts = CountsWriter(store.writer)
        self._applied = 0
        self._incident: msgspec.json.Decoder[Incident] = msgspec.json.Decoder(Incident)
        self._entry: msgspec.json.Decoder[JournalEntry] = msgspec.json.Decoder(JournalEntry)
        self._bucket: msgspec.json.Decoder[Bucket] = msgspec.json.Decoder(Bucket)

    def offsets(self) -> dict[tuple[str, int], int]:
        """Where each partition goes on, by topic and number; what is missing was never read."""
        rows = self._store.writer.execute("SELECT topic, partition, next FROM offsets")
        return {(row["topic"], row["partition"]): row["next"] for row in rows}

    def clear(self) -> None:
        """Throw everything away."""
        self._store.clear()
        self._counts = CountsWriter(self._store.writer)

    def apply(self, records: Sequence[Taken], ends: Mapping[tuple[str, int], int]) -> Changes:
        """Write some records; `ends` are the places up to which their partitions are read then.

        What cannot be read (of a newer badbuzz, say) is left out.
        """
        changes, db = Changes(), self._store.writer
        with db:
            seq = int(db.execute("SELECT value FROM meta WHERE name = 'seq'").fetchone()["value"])
            for record in records:
                seq = self._take(db, record, changes, seq)
            changes.brands |= self._counts.flush()
            db.execute("UPDATE meta SET value = ? WHERE name = 'seq'", (str(seq),))
            db.executemany(
                "INSERT OR REPLACE INTO offsets VALUES (?, ?, ?)", ((*key, end) for key, end in ends.items())
            )
            self._applied += 1
            if records and self._applied % TRIM_EVERY == 1:
                incidents.trim(db)
                journal.trim(db, records[-1].at_ms)
                self._counts.trim()
        return changes

    def _take(self, db: sqlite3.Connection, record: Taken, changes: Changes, seq: int) -> int:
        match record.topic:
            case "incidents":
                incident = decoded(self._incident, record.value)
                if incident is not None and record.value is not None:
                    seq += 1
                    incidents.put(db, record.value, incident, seq)
                    changes.incidents.add(incident.id)
                    changes.brands.add(incident.brand)
            case "brand-signals":
                bucket = decoded(self._bucket, record.value)
                if bucket is not None:
                    self._counts.take(bucket)
            case "journal":
                entry = decoded(self._entry, record.value)
                if isinstance(entry, Answer):
                    journal.put_answer(db, entry)
                    changes.answers.append(entry)
                elif isinstance(entry, Delivery):
                    journal.put_delivery(db, entry)
                    changes.deliveries.add(entry.incident)
            case _:
                try:
                    journal.put_command(db, decode_command(record.value), record.at_ms)
                except InvalidCommand:
                    return seq
                changes.silences = True
        return seq
