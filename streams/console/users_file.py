"""The users file: who may use the console, and programs' tokens, as JSON that is checked whole."""

from __future__ import annotations

import enum
import fcntl
import hashlib
import os
import secrets
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar

import argon2
import msgspec

from detectors.errors import ConfigError, ConfigProblem, InputError

__all__ = [
    "Book",
    "Lang",
    "Role",
    "Token",
    "User",
    "digest",
    "locked",
    "name_key",
    "name_problem",
    "parse_book",
    "write_book",
]

_MOST_NAME: Final = 64

Lang = Literal["en", "fr"]
T = TypeVar("T")


class Role(enum.StrEnum):
    """What somebody may do: look; act on incidents; change who may do what."""

    READ = "read"
    ACT = "act"
    ADMIN = "admin"

    def may(self, other: Role) -> bool:
        """Whether it includes what `other` may do.

        >>> Role.ACT.may(Role.READ), Role.ACT.may(Role.ADMIN)
        (True, False)
        """
        order = list(Role)
        return order.index(self) >= order.index(other)


class User(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A person. Without a password they come by a reverse proxy only. `password` is a hash of argon2, never shown."""

    name: str
    role: Role
    password: str | None = None
    lang: Lang | None = None

    def __repr__(self) -> str:
        return f"User(name={self.name!r}, role={self.role.value!r})"


class Token(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A program's way to the API: `sha256` of its secret, when it was made and by whom."""

    name: str
    role: Role
    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    created: Annotated[datetime, msgspec.Meta(tz=True)]
    by: str


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """All of the file. Names are told apart by `name_key`: however they are written, one person is one user."""

    users: tuple[User, ...] = ()
    tokens: tuple[Token, ...] = ()

    def user(self, name: str) -> User | None:
        """The user of that name."""
        return next((one for one in self.users if name_key(one.name) == name_key(name)), None)

    def known(self, name: str) -> User:
        """The user of that name; InputError if there is none."""
        user = self.user(name)
        if user is None:
            known = ", ".join(one.name for one in self.users) or "none"
            raise InputError(f"{name}: no such user; expected one of: {known}")
        return user

    def token(self, secret: str) -> Token | None:
        """The token whose secret this is."""
        wanted = digest(secret)
        return next((one for one in self.tokens if secrets.compare_digest(one.sha256, wanted)), None)


def name_key(name: str) -> str:
    """What names are told apart by."""
    return unicodedata.normalize("NFKC", name).casefold()


def digest(secret: str) -> str:
    """What is kept of a token's secret."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def name_problem(name: str) -> str | None:
    """Why this can be nobody's name; None if it can."""
    if not 1 <= len(name) <= _MOST_NAME:
        return f"expected 1 to {_MOST_NAME} characters"
    if not name.isprintable() or name != name.strip():
        return "expected characters that print, without spaces around them"
    if name_key(name).endswith("(token)"):
        return "only tokens are called so"
    return None


def parse_book(content: bytes, source: str) -> Book:
    """The file's content; ConfigError with everything that is wrong in it, by its path."""
    try:
        tree = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError([ConfigProblem("$", f"no JSON: {error}")], source=source) from None
    if not isinstance(tree, dict):
        raise ConfigError([ConfigProblem("$", "expected an object with users and tokens")], source=source)
    problems = [ConfigProblem(key, "unknown; expected users, tokens") for key in tree.keys() - {"users", "tokens"}]
    users = _entries(tree, "users", User, problems)
    tokens = _entries(tree, "tokens", Token, problems)
    for number, user in users.items():
        if user.password is not None:
            try:
                argon2.extract_parameters(user.password)
            except argon2.exceptions.InvalidHashError:
                problems.append(ConfigProblem(f"users[{number}].password", "no hash of argon2; badbuzz users password"))
    if problems:
        raise ConfigError(problems, source=source)
    return Book(users=tuple(users.values()), tokens=tuple(tokens.values()))


def _entries(tree: dict[str, Any], part: str, kind: type[T], problems: list[ConfigProblem]) -> dict[int, T]:
    """The entries of a list by their number; what is wrong with the others goes to `problems`."""
    entries = tree.get(part, [])
    if not isinstance(entries, list):
        problems.append(ConfigProblem(part, "expected a list"))
        return {}
    good: dict[int, T] = {}
    names: set[str] = set()
    for number, entry in enumerate(entries):
        path = f"{part}[{number}]"
        try:
            one = msgspec.convert(entry, kind)
        except msgspec.ValidationError as error:
            message, _, where = str(error).partition(" - at `$")
            problems.append(ConfigProblem(f"{path}{where.rstrip('`')}", message))
            continue
        name: str = entry["name"]
        if (problem := name_problem(name)) is not None:
            problems.append(ConfigProblem(f"{path}.name", problem))
        if name_key(name) in names:
            problems.append(ConfigProblem(f"{path}.name", f"{name!r} is there twice"))
        names.add(name_key(name))
        good[number] = one
    return good


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Wait until nobody else, in this process or another, holds the lock of that file; hold it meanwhile."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def write_book(path: Path, book: Book) -> None:
    """Replace the file, readable by its owner only; that stays who it was, where we may say so."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(msgspec.json.format(msgspec.json.encode(book), indent=2) + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
            if path.exists() and os.geteuid() == 0:
                owner = path.stat()
                os.chown(name, owner.st_uid, owner.st_gid)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
