"""Who runs the console, and what it keeps for itself in its folder, readable by nobody else."""

from __future__ import annotations

import getpass
import os
import secrets
import sqlite3
import tempfile
from pathlib import Path

from detectors.errors import Unavailable

__all__ = ["kept_secret", "local_user", "private_database"]


def local_user() -> str:
    """Who runs this process, as audit log and incidents name them: BADBUZZ_USER, or whoever is logged in."""
    try:
        return os.environ.get("BADBUZZ_USER") or getpass.getuser()
    except (KeyError, ImportError, OSError):  # what it raises for a user without a name
        return "local"


def private_database(path: Path, schema: str) -> sqlite3.Connection:
    """The SQLite database at `path`, made with `schema` if it is not there; each statement is its own transaction.

    Several processes may have it open. Raises Unavailable.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        database = sqlite3.connect(path, timeout=5.0, isolation_level=None, check_same_thread=False)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.executescript(schema)
    except OSError as error:
        raise Unavailable(f"{path}: {error.strerror}") from error
    except sqlite3.Error as error:
        raise Unavailable(f"{path}: {error}") from error
    return database


def kept_secret(path: Path) -> str:
    """The secret kept at `path`, made by whoever asks first. Raises Unavailable."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            with os.fdopen(handle, "w", encoding="ascii") as stream:
                stream.write(secrets.token_hex(32))
            try:
                os.link(name, path)  # whole or not at all, and never over another's
            except FileExistsError:
                pass
            finally:
                os.unlink(name)
        secret = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Unavailable(f"{path}: {getattr(error, 'strerror', None) or 'no secret of ours'}") from error
    if len(secret) < 32:
        raise Unavailable(f"{path}: no secret of ours; remove it, and a new one is made")
    return secret
