"""What is asked of the API: who asks, with which parameters and which body. msgspec reads both."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, Final, TypeVar

import msgspec
from fastapi import Depends
from starlette.requests import Request

from streams.console.access import Who
from streams.console.api.problems import Refused, Wrong
from streams.console.core import Core
from streams.console.users import Role

__all__ = ["Asking", "Asks", "Nothing", "allowed", "body_of", "given", "in_thread", "query_of"]

_UNKNOWN: Final = re.compile(r"(?:unknown|required) field `(.*)`", re.DOTALL)
_WHOLE: Final = re.compile(r"-?[0-9]{1,18}")
_BOOLEANS: Final = {"true": True, "false": False}

S = TypeVar("S", bound=msgspec.Struct)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, from where, and the console that is asked; `root` is the API's path."""

    core: Core
    who: Who
    ip: str
    root: str

    def note(self, what: str, about: str = "") -> None:
        """Into the audit log."""
        self.core.audit.note(self.who.name, what, about, self.ip)


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """No parameters."""


async def _asking(request: Request) -> Asking:
    state = request.scope["state"]
    return Asking(request.app.state.core, state["who"], state["ip"], request.scope["root_path"])


Asks = Annotated[Asking, Depends(_asking)]


def allowed(role: Role) -> Callable[[Request], Awaitable[None]]:
    """A dependency that refuses whoever may not do what this role may."""

    async def check(request: Request) -> None:
        who: Who = request.scope["state"]["who"]
        if not who.role.may(role):
            raise Refused("forbidden", f"{who.name} has the role {who.role}; this needs {role}")

    return check


@cache
def query_of(kind: type[S]) -> Callable[[Request], Awaitable[S]]:
    """A dependency: the parameters of the query as a struct. What is unknown, twice there, or wrong is refused."""
    spelled = {field.encode_name: _spelling(field.type) for field in _fields(kind)}

    async def read(request: Request) -> S:
        found: dict[str, object] = {}
        for name, value in request.query_params.multi_items():
            if name in found:
                raise _invalid(Wrong(name, "given twice"))
            found[name] = spelled[name](value) if name in spelled else value
        try:
            return _checked(msgspec.convert(found, kind))
        except msgspec.ValidationError as error:
            raise _invalid(_wrong(error)) from None

    return read


@cache
def body_of(kind: type[S]) -> Callable[[Request], Awaitable[S]]:
    """A dependency: the body's JSON as a struct. None at all is one without fields."""

    async def read(request: Request) -> S:
        body = await request.body()
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "application/json" and (body or media_type):
            raise Refused("media-type", f"not {media_type or 'nothing'}")
        try:
            return _checked(msgspec.convert(_decode(body or b"{}"), kind))
        except msgspec.ValidationError as error:
            raise _invalid(_wrong(error)) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Refused("unreadable", str(error)) from None

    return read


def given(asked: msgspec.Struct) -> dict[str, Any]:
    """The fields of a struct that were given."""
    found = ((name, getattr(asked, name)) for name in asked.__struct_fields__)
    return {name: value for name, value in found if value is not msgspec.UNSET}


async def in_thread(core: Core, work: Callable[[Core], T]) -> T:
    """What takes long, done in a thread with a connection of its own."""

    def run() -> T:
        with core.reader() as own:
            return work(own)

    return await asyncio.to_thread(run)


def _fields(kind: type[msgspec.Struct]) -> tuple[msgspec.inspect.Field, ...]:
    info = msgspec.inspect.type_info(kind)
    assert isinstance(info, msgspec.inspect.StructType)
    return info.fields


def _spelling(kind: msgspec.inspect.Type) -> Callable[[str], object]:
    """How a parameter of this type is written."""
    inner = kind.type if isinstance(kind, msgspec.inspect.Metadata) else kind
    if isinstance(inner, msgspec.inspect.IntType):
        return lambda text: int(text) if _WHOLE.fullmatch(text) else text
    if isinstance(inner, msgspec.inspect.BoolType):
        return lambda text: _BOOLEANS.get(text, text)
    return lambda text: text


def _checked(asked: S) -> S:
    """The same; refused where it names a moment that UTC does not have."""
    for name, value in given(asked).items():
        if isinstance(value, datetime):
            try:
                value.astimezone(UTC)
            except OverflowError:
                raise _invalid(Wrong(name, "Expected a date from the year 1 to 9999 in UTC")) from None
    return asked


def _number(text: str) -> int | float:
    """A number with a point; 1.0 is a whole one, as JSON Schema has it."""
    number = float(text)
    return int(number) if number.is_integer() else number


_decode: Final = msgspec.json.Decoder(float_hook=_number).decode


def _wrong(error: msgspec.ValidationError) -> Wrong:
    """Where msgspec saw what.

    >>> _wrong(msgspec.ValidationError("Expected `int`, got `str` - at `$.a.b[0]`"))
    Wrong(path='a.b[0]', message='Expected `int`, got `str`')
    >>> _wrong(msgspec.ValidationError("Object contains unknown field `x`")).path
    'x'
    """
    message, _, place = str(error).rpartition(" - at `$")
    message, place = (message, place.removesuffix("`").removeprefix(".")) if message else (place or str(error), "")
    named = _UNKNOWN.search(message)
    return Wrong(".".join(part for part in (place, named[1] if named else "") if part), message)


def _invalid(wrong: Wrong) -> Refused:
    return Refused("invalid", f"{wrong.path}: {wrong.message}" if wrong.path else wrong.message, wrong)
