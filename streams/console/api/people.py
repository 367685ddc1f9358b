"""Who may do what: users, programs' tokens, the audit log, and who one is oneself."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Final
from urllib.parse import quote

import msgspec
from fastapi import Depends
from msgspec import UNSET, Meta, UnsetType
from starlette.responses import Response

from detectors.errors import InputError
from streams.console.access import How
from streams.console.api.asking import Asking, Asks, body_of, query_of
from streams.console.api.document import Operations, answer
from streams.console.api.problems import Refused, Wrong
from streams.console.audit import Entry
from streams.console.users import LEAST_PASSWORD, Lang, Role, User, Users
from streams.console.users_file import Book, name_key

__all__ = ["operations"]

operations = Operations("people")

Name = Annotated[
    str,
    Meta(
        max_length=64,
        pattern=r"^[\w.@+'-]([\w .@+'-]*[\w.@+'-])?$(?!\n)",
        description="Letters, digits and . _ - + @ ' with spaces between.",
    ),
]
Password = Annotated[str, Meta(min_length=LEAST_PASSWORD, max_length=1000)]


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, what they may do, and how we know."""

    name: str
    role: Role
    lang: Lang | None
    how: How


class UserSetting(msgspec.Struct, frozen=True, kw_only=True):
    """A user; without a password they come by a reverse proxy only."""

    name: str
    role: Role
    lang: Lang | None
    has_password: bool


class UserList(msgspec.Struct, frozen=True, kw_only=True):
    """Who may use the console."""

    users: list[UserSetting]


class NewUser(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A user to add."""

    name: Name
    role: Role
    password: Password | None = None
    lang: Lang | None = None


class UserChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be different of a user."""

    role: Role | UnsetType = UNSET
    password: Password | UnsetType = UNSET


class TokenSetting(msgspec.Struct, frozen=True, kw_only=True):
    """A program's way to the API."""

    name: str
    role: Role
    created: datetime
    by: str


class TokenList(msgspec.Struct, frozen=True, kw_only=True):
    """All tokens."""

    tokens: list[TokenSetting]


class NewToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A token to make."""

    name: Name
    role: Role


class TokenMade(msgspec.Struct, frozen=True, kw_only=True):
    """A token with its secret, which is told this once."""

    name: str
    role: Role
    secret: str


class AuditQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A page of the audit log."""

    limit: Annotated[int, Meta(ge=1, le=500, description="As many at most.")] = 100
    before: Annotated[int, Meta(ge=0, le=2**53, description="`before` of the page before.")] | UnsetType = UNSET


class AuditPage(msgspec.Struct, frozen=True, kw_only=True):
    """Lines of the audit log, the newest first, and where the next page begins."""

    entries: list[Entry]
    before: int | None


@operations.on("GET", "/me", "Who you are", says={200: Me})
async def read_me(asking: Asks) -> Response:
    """Who asks, and what they may do."""
    who = asking.who
    return answer(Me(name=who.name, role=who.role, lang=who.lang, how=who.how))


# ------------------------------------------------------------------------------------------- users


@operations.on("GET", "/users", "List users", role=Role.ADMIN, says={200: UserList}, problems=[409])
async def list_users(asking: Asks) -> Response:
    """Who may use the console."""
    book = _users(asking).current()
    return answer(UserList(users=[_setting(user) for user in book.users]))


@operations.on(
    "POST",
    "/users",
    "Add a user",
    role=Role.ADMIN,
    body=NewUser,
    says={201: UserSetting},
    headers={"Location": "Where the user is."},
    problems=[409, 503],
)
async def add_user(asking: Asks, said: Annotated[NewUser, Depends(body_of(NewUser))]) -> Response:
    """Somebody new; who signs in here needs a password of 12 characters or more."""
    users = _users(asking)
    if users.current().user(said.name) is not None:
        raise Refused("taken", f"{said.name}: there is a user of this name", Wrong("name", "Expected a new one"))
    try:
        user = await asyncio.to_thread(users.add, said.name, said.role, said.password, said.lang)
    except InputError as error:
        raise Refused("invalid", str(error), Wrong("name", str(error))) from None
    asking.note("user added", f"{user.name}: {user.role}")
    return answer(_setting(user), 201, {"Location": f"{asking.root}/users/{quote(user.name, safe='')}"})


@operations.on(
    "PATCH",
    "/users/{name}",
    "Change a user",
    role=Role.ADMIN,
    body=UserChange,
    says={200: UserSetting},
    problems=[404, 409, 503],
)
async def change_user(name: str, asking: Asks, said: Annotated[UserChange, Depends(body_of(UserChange))]) -> Response:
    """Another role or another password; with that their sessions end."""
    users = _users(asking)
    user = _user(users.current(), name)
    try:
        if said.role is not UNSET:
            await asyncio.to_thread(users.set_role, user.name, said.role)
            asking.note("role changed", f"{user.name}: {said.role}")
        if said.password is not UNSET:
            await asyncio.to_thread(users.set_password, user.name, said.password)
            asking.note("password changed", user.name)
    except InputError as error:
        raise Refused("last-admin", str(error)) from None
    return answer(_setting(_user(users.current(), name)))


@operations.on("DELETE", "/users/{name}", "Remove a user", role=Role.ADMIN, says={204: None}, problems=[404, 409, 503])
async def remove_user(name: str, asking: Asks) -> Response:
    """Somebody may not come in any more; their sessions end."""
    users = _users(asking)
    user = _user(users.current(), name)
    try:
        await asyncio.to_thread(users.remove, user.name)
    except InputError as error:
        raise Refused("last-admin", str(error)) from None
    asking.note("user removed", user.name)
    return Response(status_code=204)


# ------------------------------------------------------------------------------------------ tokens


@operations.on("GET", "/tokens", "List tokens", role=Role.ADMIN, says={200: TokenList}, problems=[409])
async def list_tokens(asking: Asks) -> Response:
    """Programs that may use the API."""
    tokens = _users(asking).current().tokens
    return answer(
        TokenList(tokens=[TokenSetting(name=one.name, role=one.role, created=one.created, by=one.by) for one in tokens])
    )


@operations.on(
    "POST", "/tokens", "Make a token", role=Role.ADMIN, body=NewToken, says={201: TokenMade}, problems=[409, 503]
)
async def make_token(asking: Asks, said: Annotated[NewToken, Depends(body_of(NewToken))]) -> Response:
    """A way in for a program. Its secret is told this once, and nobody can read it again."""
    users = _users(asking)
    if any(name_key(one.name) == name_key(said.name) for one in users.current().tokens):
        raise Refused("taken", f"{said.name}: there is a token of this name", Wrong("name", "Expected a new one"))
    now = asking.core.now()
    try:
        secret = await asyncio.to_thread(users.make_token, said.name, said.role, asking.who.name, now)
    except InputError as error:
        raise Refused("invalid", str(error), Wrong("name", str(error))) from None
    asking.note("token made", f"{said.name}: {said.role}")
    return answer(TokenMade(name=said.name, role=said.role, secret=secret), 201)


@operations.on("DELETE", "/tokens/{name}", "End a token", role=Role.ADMIN, says={204: None}, problems=[404, 409, 503])
async def revoke_token(name: str, asking: Asks) -> Response:
    """A program may not come in any more."""
    try:
        await asyncio.to_thread(_users(asking).revoke_token, name)
    except InputError as error:
        raise Refused("not-found", str(error)) from None
    asking.note("token ended", name)
    return Response(status_code=204)


# ------------------------------------------------------------------------------------------- audit


@operations.on("GET", "/audit", "Who did what", role=Role.ADMIN, query=AuditQuery, says={200: AuditPage})
async def read_audit(asking: Asks, asked: Annotated[AuditQuery, Depends(query_of(AuditQuery))]) -> Response:
    """The audit log, the newest first, page by page."""
    before = None if asked.before is UNSET else asked.before
    entries = asking.core.audit.read(asked.limit, before)
    more = len(entries) == asked.limit
    return answer(AuditPage(entries=entries, before=entries[-1].id if more else None))


_NONE: Final = "BADBUZZ_CONSOLE_USERS names no file; until then everybody here is the local user"


def _users(asking: Asking) -> Users:
    users = asking.core.access.users
    if users is None:
        raise Refused("no-users", _NONE)
    return users


def _user(book: Book, name: str) -> User:
    user = book.user(name)
    if user is None:
        raise Refused("not-found", f"{name}: no such user")
    return user


def _setting(user: User) -> UserSetting:
    return UserSetting(name=user.name, role=user.role, lang=user.lang, has_password=user.password is not None)
