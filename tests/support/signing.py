"""Users, and what they ask the console, without a server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import argon2
from starlette.requests import HTTPConnection

from streams.console.access import Access
from streams.console.users import Role, Users
from streams.settings import Settings

PASSWORD = "correct horse battery"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
QUICK = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def move(self, span: timedelta) -> None:
        """Let so much time pass."""
        self.now += span


def staff(folder: Path) -> Users:
    """Anna, an admin; Ben, who acts and reads French; both with PASSWORD."""
    users = Users(folder / "users.json", QUICK)
    users.add("anna", Role.ADMIN, PASSWORD)
    users.add("ben", Role.ACT, PASSWORD, "fr")
    return users


def settings_in(folder: Path, **fields: object) -> Settings:
    """Settings of a console that keeps its things in `folder`."""
    return Settings(**{"console_dir": folder / "console", **fields})  # type: ignore[arg-type]


def access_in(folder: Path, clock: Clock | None = None, **fields: object) -> Access:
    """An Access for `staff`."""
    return Access(settings_in(folder, **fields), staff(folder), clock or Clock())


def asking(
    path: str = "/", peer: str = "127.0.0.1", scheme: str = "http", query: str = "", **headers: str
) -> HTTPConnection:
    """A request; headers are named with _ for -."""
    sent = {"host": "127.0.0.1:8484", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return HTTPConnection(
        {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": query.encode(),
            "scheme": scheme,
            "client": (peer, 5000),
            "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
        }
    )
