"""How much is said of each brand, in the read model: closed minutes, added up to five minutes, hours and days."""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from detectors.model import Bucket, BucketStatus, Score, to_ms

__all__ = [
    "DAY",
    "FIVE_MINUTES",
    "HOUR",
    "KEEP_S",
    "Brand",
    "Counts",
    "CountsWriter",
    "last_of",
    "series",
    "times",
    "totals",
]

FIVE_MINUTES: Final = 300
HOUR: Final = 3600
DAY: Final = 86_400
KEEP_S: Final = {FIVE_MINUTES: 2 * DAY, HOUR: 30 * DAY, DAY: 30 * DAY}
"""How long each is kept: no longer than the topic has them, so that what is built again is the same."""
NAMES: Final = 40
"""Names of a dimension that an hour or a day keeps; the rest is "other"."""
CACHED: Final = 20_000


class Counts(msgspec.Struct):
    """A span of a brand. `minutes` are those of which something is known, `expected` the negative mentions foreseen.

    `parts` cuts the negative mentions ("channel", "topic", "audience", "hashtag"), and has "complaints" by topic, and
    "shadow": how often which shadow detector would have alerted.
    """

    brand: str
    seconds: int
    start_s: int
    negative: int = 0
    neutral: int = 0
    positive: int = 0
    unknown: int = 0
    expected: float = 0.0
    minutes: int = 0
    parts: dict[str, dict[str, int]] = {}

    @property
    def mentions(self) -> int:
        """All mentions."""
        return self.negative + self.neutral + self.positive + self.unknown

    def add(self, bucket: Bucket) -> None:
        """Count a minute."""
        if bucket.status is BucketStatus.NO_DATA:
            return
        self.negative += bucket.negative
        self.neutral += bucket.neutral
        self.positive += bucket.positive
        self.unknown += bucket.unknown
        self.minutes += max(1, bucket.seconds // 60)
        lead = lead_score(bucket)
        self.expected += lead.expected_per_min * bucket.seconds / 60 if lead is not None else 0.0
        if self.seconds == FIVE_MINUTES:
            return
        for name, found in (
            ("channel", bucket.negative_by_channel),
            ("topic", bucket.negative_by_topic),
            ("audience", bucket.negative_by_audience),
            ("hashtag", bucket.negative_by_hashtag),
            ("complaints", bucket.complaints),
            ("shadow", dict.fromkeys(bucket.shadow_alerts, 1)),
        ):
            if found:
                _add_names(self.parts.setdefault(name, {}), found)

    def merge(self, other: Counts) -> None:
        """Count another span with this one."""
        for name in ("negative", "neutral", "positive", "unknown", "expected", "minutes"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name, found in other.parts.items():
            _add_names(self.parts.setdefault(name, {}), found)


class Brand(msgspec.Struct, frozen=True, kw_only=True):
    """The newest that is known of a brand: its last closed minute and the leading detector's score of it."""

    brand: str
    start_s: int
    status: BucketStatus
    score: Score | None


def lead_score(bucket: Bucket) -> Score | None:
    """The score of the detector that leads; it comes first."""
    return next(iter(bucket.scores.values()), None)


class CountsWriter:
    """Adds minutes up. A minute that comes again (after a crash of a worker) is counted once."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._open: OrderedDict[tuple[str, int, int], Counts] = OrderedDict()
        self._last: dict[str, int] = {row["brand"]: row["last_start"] for row in db.execute("SELECT * FROM brands")}
        self._touched: set[tuple[str, int, int]] = set()
        self._brands: dict[str, Brand] = {}
        self._responses: list[tuple[str, int, str, int]] = []
        self.newest_s = max(self._last.values(), default=0)

    def take(self, bucket: Bucket) -> bool:
        """Count a minute; False where it was counted before."""
        start_s = to_ms(bucket.start) // 1000
        if start_s <= self._last.get(bucket.brand, -1):
            return False
        self._last[bucket.brand] = start_s
        self.newest_s = max(self.newest_s, start_s)
        for seconds in KEEP_S:
            key = (bucket.brand, seconds, start_s - start_s % seconds)
            if key not in self._open:
                self._open[key] = _find(self._db, key)
            self._open[key].add(bucket)
            self._touched.add(key)
        self._responses += [(bucket.brand, start_s, one.topic, one.took_s) for one in bucket.responses]
        self._brands[bucket.brand] = Brand(
            brand=bucket.brand, start_s=start_s, status=bucket.status, score=lead_score(bucket)
        )
        return True

    def flush(self) -> set[str]:
        """Write what has changed; the brands of which something has."""
        rows = (self._open[key] for key in self._touched)
        self._db.executemany(
            "INSERT OR REPLACE INTO counts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (one.brand, one.seconds, one.start_s, one.negative, one.neutral, one.positive, one.unknown,
                 one.expected, one.minutes, msgspec.msgpack.encode(one.parts) if one.parts else None)
                for one in rows
            ),
        )  # fmt: skip
        self._db.executemany(
            "INSERT OR REPLACE INTO brands VALUES (?, ?, ?)",
            ((one.brand, one.start_s, msgspec.msgpack.encode(one)) for one in self._brands.values()),
        )
        self._db.executemany("INSERT INTO responses VALUES (?, ?, ?, ?)", self._responses)
        changed = set(self._brands)
        self._touched.clear()
        self._brands.clear()
        self._responses.clear()
        while len(self._open) > CACHED:
            self._open.popitem(last=False)
        return changed

    def trim(self) -> None:
        """Forget what is older than it is kept, by the newest minute there is."""
        for seconds, keep_s in KEEP_S.items():
            old = (seconds, self.newest_s - keep_s)
            self._db.execute("DELETE FROM counts WHERE seconds = ? AND start < ?", old)
        self._db.execute("DELETE FROM responses WHERE at < ?", (self.newest_s - KEEP_S[HOUR],))


def last_of(db: sqlite3.Connection) -> dict[str, Brand]:
    """The newest of each brand of which anything is known."""
    decode = msgspec.msgpack.Decoder(Brand).decode
    return {row["brand"]: decode(row["body"]) for row in db.execute("SELECT brand, body FROM brands")}


def series(db: sqlite3.Connection, brands: Sequence[str], seconds: int, since_s: int, until_s: int) -> list[Counts]:
    """The spans of these brands from `since_s` up to `until_s`, in order; a span without data is missing."""
    marks = ", ".join("?" * len(brands))
    query = f"SELECT * FROM counts WHERE brand IN ({marks}) AND seconds = ? AND start >= ? AND start < ? ORDER BY start, brand"  # noqa: S608, E501
    return [_counts(row) for row in db.execute(query, [*brands, seconds, since_s, until_s])]


def totals(
    db: sqlite3.Connection, brands: Iterable[str], seconds: int, since_s: int, until_s: int
) -> dict[str, Counts]:
    """All that was said of each of these brands in that time, added up."""
    found = {brand: Counts(brand, until_s - since_s, since_s, parts={}) for brand in brands}
    query = "SELECT * FROM counts WHERE seconds = ? AND start >= ? AND start < ?"
    for row in db.execute(query, (seconds, since_s, until_s)):
        if (into := found.get(row["brand"])) is not None:
            into.merge(_counts(row))
    return found


def times(db: sqlite3.Connection, since_s: int, brands: Sequence[str] | None = None) -> dict[str, list[int]]:
    """How long first answers took since then, in seconds, by topic; of all brands where None."""
    found: dict[str, list[int]] = {}
    marks = "" if brands is None else f" AND brand IN ({', '.join('?' * len(brands))})"
    query = f"SELECT topic, took_s FROM responses WHERE at >= ?{marks} ORDER BY took_s"  # noqa: S608
    for row in db.execute(query, [since_s, *(brands or ())]):
        found.setdefault(row["topic"], []).append(row["took_s"])
    return found


def _find(db: sqlite3.Connection, key: tuple[str, int, int]) -> Counts:
    row = db.execute("SELECT * FROM counts WHERE brand = ? AND seconds = ? AND start = ?", key).fetchone()
    return Counts(*key, parts={}) if row is None else _counts(row)


def _counts(row: sqlite3.Row) -> Counts:
    parts = msgspec.msgpack.decode(row["parts"], type=dict[str, dict[str, int]]) if row["parts"] is not None else {}
    found = Counts(*tuple(row)[:-1])
    found.parts = parts
    return found


def _add_names(into: dict[str, int], found: dict[str, int]) -> None:
    for name, count in found.items():
        key = name if name in into or len(into) < NAMES else "other"
        into[key] = into.get(key, 0) + count
