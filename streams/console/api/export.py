"""Incidents as files: CSV for spreadsheets, JSON for programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from detectors.alerting.precision import verdict_of
from detectors.model import Incident
from streams.console.core import Core
from streams.console.readmodel.incidents import Filter, search

__all__ = ["as_csv", "as_json"]

_PAGE: Final = 500
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_COLUMNS: Final[dict[str, Callable[[Incident], object]]] = {
    "id": lambda one: one.id,
    "brand": lambda one: one.brand,
    "brand_name": lambda one: one.brand_name,
    "title": lambda one: one.why.titles.get("en", ""),
    "titre": lambda one: one.why.titles.get("fr", ""),
    "severity": lambda one: one.severity,
    "state": lambda one: one.state,
    "kind": lambda one: one.why.stories[0].kind if one.why.stories else "",
    "owner": lambda one: one.owner,
    "verdict": verdict_of,
    "onset": lambda one: one.onset.isoformat(),
    "opened_at": lambda one: one.opened_at.isoformat(),
    "acknowledged_at": lambda one: one.acknowledged_at and one.acknowledged_at.isoformat(),
    "first_response_at": lambda one: one.first_response_at and one.first_response_at.isoformat(),
    "resolved_at": lambda one: one.resolved_at and one.resolved_at.isoformat(),
    "negative": lambda one: one.why.observed,
    "expected": lambda one: round(one.why.expected, 2),
    "authors": lambda one: one.why.authors,
    "reach": lambda one: one.why.reach,
    "detectors": lambda one: " ".join(one.detectors),
}


def as_csv(core: Core, wanted: Filter) -> Iterator[bytes]:
    """A table of the incidents that fit, in UTF-8 with its mark, without which Excel takes it for something else."""
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(_COLUMNS)
    yield b"\xef\xbb\xbf"
    for page in _pages(core, wanted):
        table.writerows([_cell(column(incident)) for column in _COLUMNS.values()] for incident in page)
        yield text.getvalue().encode(errors="replace")
        text.seek(0)
        text.truncate()


def as_json(core: Core, wanted: Filter) -> Iterator[bytes]:
    """The incidents that fit, as one array."""
    before = b"["
    for page in _pages(core, wanted):
        for incident in page:
            yield before + msgspec.json.encode(incident)
            before = b",\n"
    yield b"]" if before != b"[" else b"[]"


def _pages(core: Core, wanted: Filter) -> Iterator[list[Incident]]:
    """Pages of incidents, at least one: whoever reads slowly keeps nothing open meanwhile."""
    after = None
    with core.reader() as own:
        while True:
            page = search(own.db, wanted, limit=_PAGE, after=after)
            yield page.incidents
            if (after := page.after) is None:
                return


def _cell(value: object) -> str:
    """A cell that no spreadsheet takes for a formula.

    >>> _cell("=1+1"), _cell("a=b"), _cell(None)
    ("'=1+1", 'a=b', '')
    """
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
