"""Who may use the console, and programs' tokens: the users file as consoles and `badbuzz users` share it."""

from __future__ import annotations

import functools
import os
import secrets
import threading
import unicodedata
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import argon2
import msgspec
import structlog

from detectors.errors import ConfigError, InputError, Unavailable
from streams.console.users_file import (
    Book,
    Lang,
    Role,
    Token,
    User,
    digest,
    locked,
    name_key,
    name_problem,
    parse_book,
    write_book,
)

__all__ = ["LEAST_PASSWORD", "Book", "Lang", "Role", "Token", "User", "Users"]

LEAST_PASSWORD: Final = 12
"""Characters of a password."""

_MOST_PASSWORD: Final = 1000

log = structlog.get_logger("badbuzz")


class Users:
    """The file at `path`. Whatever changes it is whole or not at all, and blocks: up to a second where others write.

    Passwords take tens of milliseconds on purpose: give what hashes or checks one to a thread.
    """

    def __init__(self, path: Path, hasher: argon2.PasswordHasher | None = None) -> None:
        self.path = path
        self._hasher = hasher or argon2.PasswordHasher()
        self._lock = threading.Lock()
        self._seen: tuple[int, ...] | None = None
        self._refused: tuple[int, ...] | None = ()
        self._book = Book()

    def read(self) -> Book:
        """What stands in the file now; a file that is not there has nobody in it.

        Raises:
            ConfigError: with everything that is wrong in it, by its path.
            Unavailable: it cannot be read.
        """
        with self._lock:
            mark = self._mark()
            if mark != self._seen or mark is None:
                self._book = self._load()
                self._seen = mark
            return self._book

    def current(self) -> Book:
        """The same for a console that runs: a file that went bad, or away, changes nothing, and is logged once."""
        mark = self._mark()
        if mark == self._refused and mark != self._seen:
            return self._book
        try:
            if mark is None and self._seen is not None:
                raise Unavailable(f"{self.path}: no such file any more")
            return self.read()
        except (ConfigError, Unavailable) as error:
            self._refused = mark
            log.error("users file not used; the one before still holds", error=str(error))
            return self._book

    # ------------------------------------------------------------------------------------- changes

    def add(self, name: str, role: Role, password: str | None, lang: Lang | None = None) -> User:
        """Add a user. InputError if there is one of that name, or name or password will not do."""
        problem = name_problem(name)
        if problem is not None:
            raise InputError(f"name: {problem}")
        user = User(name=name, role=role, password=self._hashed(password), lang=lang)

        def change(book: Book) -> Book:
            if book.user(name) is not None:
                raise InputError(f"{name}: there is a user of this name")
            return msgspec.structs.replace(book, users=(*book.users, user))

        self._change(change)
        return user

    def remove(self, name: str) -> None:
        """Remove a user; their sessions end. InputError for the last admin, and if there is none of that name."""

        def change(book: Book) -> Book:
            user = book.known(name)
            return _administered(book, [one for one in book.users if one is not user])

        self._change(change)

    def set_role(self, name: str, role: Role) -> None:
        """Give a user another role. InputError for the last admin, and if there is none of that name."""
        self._change(lambda book: _replaced(book, book.known(name), role=role))

    def set_password(self, name: str, password: str) -> None:
        """Give a user another password; their sessions end. InputError if it will not do, or there is none."""
        self.read().known(name)
        hashed = self._hashed(password)
        self._change(lambda book: _replaced(book, book.known(name), password=hashed))

    def make_token(self, name: str, role: Role, by: str, now: datetime) -> str:
        """Make a token; its secret, which nobody can read again. InputError if there is one of that name."""
        problem = name_problem(name)
        if problem is not None:
            raise InputError(f"name: {problem}")
        secret = f"bb_{secrets.token_urlsafe(32)}"
        token = Token(name=name, role=role, sha256=digest(secret), created=now, by=by)

        def change(book: Book) -> Book:
            if any(name_key(one.name) == name_key(name) for one in book.tokens):
                raise InputError(f"{name}: there is a token of this name")
            return msgspec.structs.replace(book, tokens=(*book.tokens, token))

        self._change(change)
        return secret

    def revoke_token(self, name: str) -> None:
        """End a token. InputError if there is none of that name."""

        def change(book: Book) -> Book:
            left = tuple(one for one in book.tokens if name_key(one.name) != name_key(name))
            if len(left) == len(book.tokens):
                raise InputError(f"{name}: no such token")
            return msgspec.structs.replace(book, tokens=left)

        self._change(change)

    def check(self, name: str, password: str) -> User | None:
        """The user whose name and password these are. It takes as long for a name that nobody has."""
        nobody = self._nobody
        user = self.current().user(name)
        known = user.password if user is not None else None
        try:
            self._hasher.verify(known or nobody, _octets(password))
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return None
        if user is None or known is None:
            return None
        return self._rehashed(user, password) if self._hasher.check_needs_rehash(known) else user

    # --------------------------------------------------------------------------------------- within

    @functools.cached_property
    def _nobody(self) -> str:
        """A hash that no password fits, to check one against where there is no user."""
        return self._hasher.hash(secrets.token_hex())

    def _hashed(self, password: str | None) -> str | None:
        if password is None:
            return None
        if not LEAST_PASSWORD <= len(password) <= _MOST_PASSWORD:
            raise InputError(f"password: {len(password)} characters; expected {LEAST_PASSWORD} to {_MOST_PASSWORD}")
        return self._hasher.hash(_octets(password))

    def _rehashed(self, user: User, password: str) -> User:
        """The same password under today's parameters; as it was where the file cannot be written."""
        hashed = self._hasher.hash(_octets(password))

        def change(book: Book) -> Book:
            now = book.user(user.name)
            return book if now is None or now.password != user.password else _replaced(book, now, password=hashed)

        try:
            self._change(change)
        except (ConfigError, Unavailable):
            return user
        return msgspec.structs.replace(user, password=hashed)

    def _mark(self) -> tuple[int, ...] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def _load(self) -> Book:
        try:
            return parse_book(self.path.read_bytes(), str(self.path))
        except FileNotFoundError:
            return Book()
        except OSError as error:
            raise Unavailable(f"{self.path}: {error.strerror}") from error

    def _change(self, change: Callable[[Book], Book]) -> None:
        path = Path(os.path.realpath(self.path))
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with locked(path.with_name(f"{path.name}.lock")):
                book = self._load()
                changed = change(book)
                if changed is not book:
                    write_book(path, changed)
        except OSError as error:
            raise Unavailable(f"{self.path}: {error.strerror}") from error


def _octets(password: str) -> bytes:
    """The same for a password however its accents were typed."""
    return unicodedata.normalize("NFKC", password).encode(errors="surrogatepass")


def _replaced(book: Book, user: User, **fields: Any) -> Book:
    changed = msgspec.structs.replace(user, **fields)
    return _administered(book, [changed if one is user else one for one in book.users])


def _administered(book: Book, users: list[User]) -> Book:
    """The book with these users; never without an admin if it had one."""
    if all(one.role is not Role.ADMIN for one in users) and any(one.role is Role.ADMIN for one in book.users):
        raise InputError("this is the last admin; make somebody else one first")
    return msgspec.structs.replace(book, users=tuple(users))
