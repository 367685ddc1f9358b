"""What the parts of the console share."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, TypeVar

from detectors.alerting.playbook import Playbook
from detectors.model import Brand, Watch, to_ms
from streams.console.access import Access
from streams.console.audit import Audit
from streams.console.commander import Commander
from streams.console.hub import Hub
from streams.settings import Settings

__all__ = ["Core"]

FRESH_S: Final = 10
MOST_KNOWN: Final = 500

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Core:
    """One console: what it is set to, what it knows (`db` reads the read model), and what it can do."""

    settings: Settings
    watch: Watch
    playbook: Playbook
    db: sqlite3.Connection
    hub: Hub
    commander: Commander
    access: Access
    audit: Audit
    clock: Callable[[], datetime]
    _known: dict[Hashable, tuple[tuple[int, int], Any]] = field(default_factory=dict)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives: worked out once for all open pages until something changes, every 10 s at least.

        For pages, in the event loop. Keys are few: what there is to show, by language and time zone, say.
        """
        at = (self.hub.version, self.now_s() // FRESH_S)
        known = self._known.get(key)
        if known is None or known[0] != at:
            known = self._known[key] = (at, make())
            if len(self._known) > MOST_KNOWN:
                self._known.clear()
        found: T = known[1]
        return found

    def now(self) -> datetime:
        """The time it is."""
        return self.clock()

    def now_s(self) -> int:
        """The time it is, in seconds since 1970."""
        return to_ms(self.clock()) // 1000

    def brand(self, id: str) -> Brand | None:
        """A watched brand; None where this one is not."""
        return next((brand for brand in self.watch.brands if brand.id == id), None)

    @contextlib.contextmanager
    def reader(self) -> Iterator[Core]:
        """The same with a connection of its own, for a thread that reads for long while pages go on."""
        (path,) = (row["file"] for row in self.db.execute("PRAGMA database_list") if row["name"] == "main")
        with contextlib.closing(sqlite3.connect(path, timeout=10, check_same_thread=False)) as db:
            db.row_factory = sqlite3.Row
            db.execute("PRAGMA query_only = ON")
            yield replace(self, db=db)
