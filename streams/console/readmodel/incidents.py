"""Incidents in the read model: written as they come, and found again."""

from __future__ import annotations

import base64
import binascii
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Generic, TypeVar

import msgspec

from detectors.alerting.precision import verdict_of
from detectors.errors import InputError
from detectors.model import Incident, IncidentState, Severity, from_ms, to_ms
from streams.console.readmodel.texts import match_query, searchable

__all__ = [
    "KEEP_INCIDENTS",
    "Filter",
    "Page",
    "changed_since",
    "find",
    "open_incidents",
    "put",
    "search",
    "trim",
]

KEEP_INCIDENTS: Final = 50_000
"""Of those that are over, the ones that opened last."""
PAGE: Final = 50

_decode = msgspec.json.Decoder(Incident).decode
T = TypeVar("T")
_SEVERITIES: Final = {severity: number for number, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which incidents; what is None or empty holds for all. `until` is not included."""

    text: str = ""
    brand: str | None = None
    state: IncidentState | None = None
    is_open: bool | None = None
    kind: str | None = None
    severity_at_least: Severity | None = None
    owner: str | None = None
    verdict: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What lists show of an incident; `kind` is its plainest one, `verdict` what people agree that it was, or ""."""

    id: str
    brand: str
    brand_name: str
    titles: dict[str, str]
    state: IncidentState
    severity: Severity
    owner: str | None
    kind: str | None
    onset: datetime
    opened_at: datetime
    updated_at: datetime
    resolved_at: datetime | None
    observed: int
    expected: float
    verdict: str


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some incidents, the one that opened last first, how many there are in all, and where the next page begins."""

    incidents: list[T]
    total: int
    after: str | None


_decode_summary = msgspec.msgpack.Decoder(Summary).decode


def put(db: sqlite3.Connection, raw: bytes, incident: Incident, seq: int) -> None:
    """Keep a version of an incident; an older one than is known changes nothing."""
    known = db.execute("SELECT number, version FROM incidents WHERE id = ?", (incident.id,)).fetchone()
    if known is not None and known["version"] > incident.version:
        return
    number = known["number"] if known is not None else None
    summary = _summary(incident)
    values = (
        incident.id, seq, incident.brand, incident.state, incident.state is not IncidentState.RESOLVED,
        _SEVERITIES[incident.severity], incident.owner, summary.kind, summary.verdict, to_ms(incident.onset),
        to_ms(incident.opened_at), to_ms(incident.updated_at),
        None if incident.resolved_at is None else to_ms(incident.resolved_at), incident.why.observed, incident.version,
        msgspec.msgpack.encode(summary), raw,
    )  # fmt: skip
    marks = ", ".join("?" * (len(values) + 1))
    number = db.execute(f"INSERT OR REPLACE INTO incidents VALUES ({marks})", (number, *values)).lastrowid  # noqa: S608
    db.execute("DELETE FROM incident_texts WHERE rowid = ?", (number,))
    db.execute("INSERT INTO incident_texts (rowid, texts) VALUES (?, ?)", (number, searchable(incident)))


def trim(db: sqlite3.Connection, keep: int = KEEP_INCIDENTS) -> None:
    """Forget the oldest of those that are over."""
    old = "SELECT number FROM incidents WHERE NOT is_open ORDER BY opened_ms DESC, id DESC LIMIT -1 OFFSET ?"
    numbers = [(row["number"],) for row in db.execute(old, (keep,))]
    db.executemany("DELETE FROM incident_texts WHERE rowid = ?", numbers)
    db.executemany("DELETE FROM incidents WHERE number = ?", numbers)


def find(db: sqlite3.Connection, id: str) -> Incident | None:
    """One incident, or None where there is none of this id."""
    row = db.execute("SELECT body FROM incidents WHERE id = ?", (id,)).fetchone()
    return None if row is None else _decode(row["body"])


def open_incidents(db: sqlite3.Connection) -> list[Incident]:
    """Those that are not over: the worst first, of these the one that opened last."""
    found = db.execute("SELECT body FROM incidents WHERE is_open ORDER BY severity DESC, opened_ms DESC, id DESC")
    return [_decode(row["body"]) for row in found]


def changed_since(db: sqlite3.Connection, seq: int, limit: int) -> list[tuple[int, bytes]]:
    """The incidents that changed after this number, in that order, as their JSON."""
    found = db.execute("SELECT seq, body FROM incidents WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit))
    return [(row["seq"], row["body"]) for row in found]


def open_summaries(db: sqlite3.Connection) -> list[Summary]:
    """As `open_incidents`, what lists show of them."""
    found = db.execute("SELECT summary FROM incidents WHERE is_open ORDER BY severity DESC, opened_ms DESC, id DESC")
    return [_decode_summary(row["summary"]) for row in found]


def of_brand(db: sqlite3.Connection, brand: str, since_s: int, until_s: int) -> list[Summary]:
    """Those of a brand whose onset is in this time, the one that opened last first."""
    found = db.execute(
        "SELECT summary FROM incidents WHERE brand = ? AND onset_ms >= ? AND onset_ms < ?"
        " ORDER BY opened_ms DESC, id DESC",
        (brand, since_s * 1000, until_s * 1000),
    )
    return [_decode_summary(row["summary"]) for row in found]


def search_summaries(
    db: sqlite3.Connection, wanted: Filter, *, limit: int = PAGE, after: str | None = None
) -> Page[Summary]:
    """As `search`, what lists show of them."""
    return _page(db, wanted, limit, after, "summary", _decode_summary)


def search(db: sqlite3.Connection, wanted: Filter, *, limit: int = PAGE, after: str | None = None) -> Page[Incident]:
    """A page of the incidents that fit.

    Raises:
        InputError: `after` is not what a page said.
    """
    return _page(db, wanted, limit, after, "body", _decode)


def _page(
    db: sqlite3.Connection, wanted: Filter, limit: int, after: str | None, column: str, decode: Callable[[bytes], T]
) -> Page[T]:
    where, values = _where(wanted)
    total: int = db.execute(f"SELECT count(*) FROM incidents WHERE {where}", values).fetchone()[0]  # noqa: S608
    found = list(_rows(db, where, values, limit + 1, _cursor(after), column))
    mark = _mark(found[limit - 1]) if len(found) > limit else None
    return Page([decode(row[column]) for row in found[:limit]], total, mark)


def _rows(
    db: sqlite3.Connection, where: str, values: Sequence[object], limit: int, after: tuple[int, str] | None, column: str
) -> sqlite3.Cursor:
    if after is not None:
        where, values = f"{where} AND (opened_ms, id) < (?, ?)", [*values, *after]
    query = f"SELECT id, opened_ms, {column} FROM incidents WHERE {where} ORDER BY opened_ms DESC, id DESC LIMIT ?"  # noqa: S608
    return db.execute(query, [*values, limit])


def _where(wanted: Filter) -> tuple[str, list[object]]:
    """The condition in SQL, made of fixed words only, and its values."""
    said: list[tuple[str, object]] = []
    if (query := match_query(wanted.text)) is not None:
        said.append(("number IN (SELECT rowid FROM incident_texts WHERE incident_texts MATCH ?)", query))
    elif wanted.text.strip():
        return "0", []
    if wanted.is_open is not None:
        said.append(("is_open = ?", wanted.is_open))
    if wanted.severity_at_least is not None:
        said.append(("severity >= ?", _SEVERITIES[wanted.severity_at_least]))
    if wanted.since is not None:
        said.append(("opened_ms >= ?", to_ms(wanted.since)))
    if wanted.until is not None:
        said.append(("opened_ms < ?", to_ms(wanted.until)))
    for column in ("brand", "state", "owner", "verdict"):
        if (value := getattr(wanted, column)) is not None:
            said.append((f"{column} = ?", value))
    if wanted.kind is not None:
        said.append(("kind = ?", wanted.kind))
    return " AND ".join(clause for clause, _ in said) or "1", [value for _, value in said]


def _summary(incident: Incident) -> Summary:
    verdict, why = verdict_of(incident), incident.why
    return Summary(
        id=incident.id,
        brand=incident.brand,
        brand_name=incident.brand_name,
        titles=why.titles,
        state=incident.state,
        severity=incident.severity,
        owner=incident.owner,
        kind=why.stories[0].kind if why.stories else None,
        onset=incident.onset,
        opened_at=incident.opened_at,
        updated_at=incident.updated_at,
        resolved_at=incident.resolved_at,
        observed=why.observed,
        expected=why.expected,
        verdict="" if verdict is None else str(verdict),
    )


def _mark(row: sqlite3.Row) -> str:
    return base64.urlsafe_b64encode(f"{row['opened_ms']} {row['id']}".encode()).decode().rstrip("=")


def _cursor(after: str | None) -> tuple[int, str] | None:
    if after is None:
        return None
    try:
        opened, _, id = base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)).decode().partition(" ")
        return to_ms(from_ms(int(opened))), id
    except (binascii.Error, ValueError, OverflowError):
        raise InputError("after: this is not what a page said") from None
