"""What the parts of the console share."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from detectors.alerting.playbook import Playbook
from detectors.model import Brand, Watch, to_ms
from streams.console.access import Access
from streams.console.audit import Audit
from streams.console.commander import Commander
from streams.console.hub import Hub
from streams.settings import Settings

__all__ = ["Core"]


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
