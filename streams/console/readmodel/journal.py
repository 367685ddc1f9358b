"""What was sent to whom, what commands came to, and the silences that people began, in the read model."""

from __future__ import annotations

import sqlite3
from typing import Final

import msgspec

from detectors.model import Answer, AnyCommand, Delivery, EndSilence, StartSilence, to_ms

__all__ = [
    "KEEP_S",
    "Silenced",
    "answer_of",
    "deliveries",
    "put_answer",
    "put_command",
    "put_delivery",
    "silences",
    "trim",
]

KEEP_S: Final = 30 * 86_400
"""As long as the topics `journal` and `commands`."""

_answer = msgspec.json.Decoder(Answer).decode
_delivery = msgspec.json.Decoder(Delivery).decode
_silence = msgspec.json.Decoder(StartSilence).decode


class Silenced(msgspec.Struct, frozen=True, kw_only=True):
    """A silence that somebody began by command; `done` is None where no worker has said yes yet."""

    silence: StartSilence
    done: bool | None


def put_delivery(db: sqlite3.Connection, one: Delivery) -> None:
    """Keep what was sent to whom. What comes twice is kept once."""
    raw = msgspec.json.encode(one)
    values = (one.incident, to_ms(one.at), raw)
    same = db.execute("SELECT 1 FROM deliveries WHERE incident = ? AND at = ? AND body = ?", values)
    if same.fetchone() is None:
        db.execute("INSERT INTO deliveries VALUES (?, ?, ?)", values)


def put_answer(db: sqlite3.Connection, one: Answer) -> None:
    """Keep what a command came to: its first answer, the others repeat it."""
    db.execute("INSERT OR IGNORE INTO answers VALUES (?, ?, ?)", (one.command, to_ms(one.at), msgspec.json.encode(one)))


def put_command(db: sqlite3.Connection, command: AnyCommand, at_ms: int) -> None:
    """Keep a silence, or that it was ended; of the other commands the incidents tell."""
    if isinstance(command, StartSilence):
        db.execute(
            "INSERT OR IGNORE INTO silences VALUES (?, ?, ?, NULL, ?)",
            (command.id, command.brand, to_ms(command.until), msgspec.json.encode(command)),
        )
    elif isinstance(command, EndSilence):
        db.execute("UPDATE silences SET ended = ? WHERE id = ?", (at_ms, command.silence))


def deliveries(db: sqlite3.Connection, incident: str) -> list[Delivery]:
    """What was sent to whom of an incident, in order."""
    found = db.execute("SELECT body FROM deliveries WHERE incident = ? ORDER BY at, rowid", (incident,))
    return [_delivery(row["body"]) for row in found]


def answer_of(db: sqlite3.Connection, command: str) -> Answer | None:
    """What a command came to, None where that is not known."""
    row = db.execute("SELECT body FROM answers WHERE command = ?", (command,)).fetchone()
    return None if row is None else _answer(row["body"])


def silences(db: sqlite3.Connection, now_ms: int) -> list[Silenced]:
    """The silences that people began and that are on, the one that ends first first; refused ones are left out."""
    found = []
    query = "SELECT id, body FROM silences WHERE until > ? AND ended IS NULL ORDER BY until, id"
    for row in db.execute(query, (now_ms,)):
        answer = answer_of(db, row["id"])
        if answer is None or answer.outcome.ok:
            found.append(Silenced(silence=_silence(row["body"]), done=None if answer is None else True))
    return found


def trim(db: sqlite3.Connection, now_ms: int) -> None:
    """Forget what is older than the topics keep it."""
    old = (now_ms - KEEP_S * 1000,)
    db.execute("DELETE FROM deliveries WHERE at < ?", old)
    db.execute("DELETE FROM answers WHERE at < ?", old)
    db.execute("DELETE FROM silences WHERE until < ?", old)
