"""How each brand stands now: what the first page shows, and the API."""

from __future__ import annotations

import enum
import sqlite3
from typing import Final

import msgspec

from detectors.model import BucketStatus, ScoreStatus, Watch
from streams.console.readmodel.counts import FIVE_MINUTES, HOUR, Brand, last_of

__all__ = ["SPARK", "BrandState", "State", "brand_states", "newest_s"]

SPARK: Final = 36
"""Spans of five minutes in a sparkline: three hours."""
ELEVATED: Final = 0.6
"""From this share of a detector's threshold on, a brand is not quiet any more."""
SILENT_S: Final = 600
"""A brand of which so long no minute was closed while others were: no data."""


class State(enum.StrEnum):
    """How a brand stands; what needs a look comes first."""

    FIRING = "firing"
    ELEVATED = "elevated"
    NO_DATA = "no data"
    WARMING_UP = "warming"
    QUIET = "quiet"


class BrandState(msgspec.Struct, frozen=True, kw_only=True):
    """A watched brand. Counts are negative mentions; `spark` has those of the newest three hours, five minutes each.

    `expected` is what the newest hour of known minutes would have had on an ordinary day; `surprise` is the leading
    detector's last score, None where it has none.
    """

    brand: str
    name: str
    state: State
    open_incidents: int
    negative: int
    mentions: int
    expected: float
    surprise: float | None
    threshold: float | None
    spark: list[int]


def newest_s(db: sqlite3.Connection) -> int | None:
    """The end of the newest minute of which anything is known, in seconds since 1970."""
    found = db.execute("SELECT max(last_start) FROM brands").fetchone()[0]
    return None if found is None else int(found) + 60


def brand_states(db: sqlite3.Connection, watch: Watch) -> list[BrandState]:
    """Each watched brand: what needs a look first, then by name."""
    last, end = last_of(db), newest_s(db) or 0
    opened = dict(db.execute("SELECT brand, count(*) FROM incidents WHERE is_open GROUP BY brand").fetchall())
    first = end - end % FIVE_MINUTES - (SPARK - 1) * FIVE_MINUTES
    sparks: dict[str, list[int]] = {}
    hours: dict[str, tuple[int, int, float]] = {}
    query = (
        "SELECT brand, start, negative, negative + neutral + positive + unknown, expected FROM counts"
        " WHERE seconds = ? AND start >= ?"
    )
    for brand, start, negative, mentions, expected in db.execute(query, (FIVE_MINUTES, first)):
        sparks.setdefault(brand, [0] * SPARK)[min(SPARK - 1, (start - first) // FIVE_MINUTES)] += negative
        if start > end - HOUR - FIVE_MINUTES:
            before = hours.get(brand, (0, 0, 0.0))
            hours[brand] = (before[0] + negative, before[1] + mentions, before[2] + expected)
    found = []
    for one in watch.brands:
        newest, count = last.get(one.id), opened.get(one.id, 0)
        score = newest.score if newest is not None else None
        negative, mentions, expected = hours.get(one.id, (0, 0, 0.0))
        found.append(
            BrandState(
                brand=one.id,
                name=one.name,
                state=_state(newest, count, end),
                open_incidents=count,
                negative=negative,
                mentions=mentions,
                expected=expected,
                surprise=score.surprise if score is not None else None,
                threshold=score.threshold if score is not None else None,
                spark=sparks.get(one.id, [0] * SPARK),
            )
        )
    order = list(State)
    return sorted(found, key=lambda one: (order.index(one.state), -one.open_incidents, one.name.casefold()))


def _state(newest: Brand | None, open_incidents: int, end: int) -> State:
    if open_incidents:
        return State.FIRING
    if newest is None or newest.score is None or newest.start_s < end - SILENT_S:
        return State.NO_DATA
    score = newest.score
    if newest.status is BucketStatus.NO_DATA or score.status is ScoreStatus.NO_DATA:
        return State.NO_DATA
    if score.status is ScoreStatus.WARMING_UP or score.surprise is None or score.threshold is None:
        return State.WARMING_UP
    if score.exceeds:
        return State.FIRING
    return State.ELEVATED if score.surprise > ELEVATED * score.threshold else State.QUIET
