"""What goes wrong, as problem+json (RFC 9457): the names are stable, programs may decide by them."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import msgspec
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from detectors.errors import Unavailable
from detectors.model import Answer

__all__ = ["MEDIA_TYPE", "PROBLEMS", "Problem", "Refused", "Wrong", "add_handlers"]

MEDIA_TYPE: Final = "application/problem+json"

PROBLEMS: Final[Mapping[str, tuple[int, str]]] = {
    "unreadable": (400, "The body is no JSON"),
    "unauthorized": (401, "Sign in, or send a token"),
    "forbidden": (403, "Your role may not do this, or another site's page asked for it"),
    "not-found": (404, "There is no such thing"),
    "method-not-allowed": (405, "This cannot be done to it"),
    "conflict": (409, "Somebody has changed it since you looked"),
    "impossible": (409, "This cannot be done to it as it is"),
    "taken": (409, "The name is somebody else's"),
    "last-admin": (409, "Somebody has to be admin"),
    "no-users": (409, "This console has no users file"),
    "gone": (410, "It is not there any more"),
    "too-large": (413, "More than may be sent at once"),
    "media-type": (415, "Expected application/json"),
    "misdirected": (421, "This is not the console's address"),
    "invalid": (422, "What was asked for will not do"),
    "internal": (500, "The console is at fault; its log says more"),
    "unavailable": (503, "Not now; try again"),
}
"""Status and title of each problem: `urn:badbuzz:problem:NAME`. Those of 401, 413 and 421 are of type `about:blank`."""


class Wrong(msgspec.Struct, frozen=True):
    """What is wrong with one parameter, or one field of the body; `path` is its name, "" for all of it."""

    path: str
    message: str


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What went wrong, by RFC 9457. Where a worker said no, `answer` is what it said."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[Wrong] = []
    answer: Answer | None = None


class Refused(Exception):
    """What was asked for is refused: the problem `name` of `PROBLEMS`."""

    def __init__(self, name: str, detail: str, *errors: Wrong, answer: Answer | None = None) -> None:
        super().__init__(detail)
        status, title = PROBLEMS[name]
        kind = f"urn:badbuzz:problem:{name}"
        self.problem = Problem(type=kind, title=title, status=status, detail=detail, errors=list(errors), answer=answer)


def add_handlers(api: FastAPI) -> None:
    """Answer whatever is raised as a problem."""

    async def refused(_: Request, error: Exception) -> Response:
        assert isinstance(error, Refused)
        return _told(error)

    async def unavailable(_: Request, error: Exception) -> Response:
        return _told(Refused("unavailable", str(error)), {"Retry-After": "5"})

    async def invalid(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        wrong = [Wrong(str(one["loc"][-1]), one["msg"]) for one in error.errors()]
        return _told(Refused("invalid", "; ".join(f"{one.path}: {one.message}" for one in wrong), *wrong))

    async def framework(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            allowed = ", ".join(sorted(_methods(api, request)))
            return _told(Refused("method-not-allowed", f"Expected one of: {allowed}"), {"Allow": allowed})
        if error.status_code == HTTPStatus.NOT_FOUND:
            return _told(Refused("not-found", "openapi.json says what there is"))
        raise error

    async def internal(_: Request, error: Exception) -> Response:
        return _told(Refused("internal", type(error).__name__))

    api.add_exception_handler(Refused, refused)
    api.add_exception_handler(Unavailable, unavailable)
    api.add_exception_handler(RequestValidationError, invalid)
    api.add_exception_handler(HTTPException, framework)
    api.add_exception_handler(Exception, internal)


def _told(refused: Refused, headers: Mapping[str, str] | None = None) -> Response:
    body = msgspec.json.encode(refused.problem)
    return Response(body, refused.problem.status, headers=headers, media_type=MEDIA_TYPE)


def _methods(api: FastAPI, request: Request) -> set[str]:
    """What can be done at this path: several routes share it."""
    found: set[str] = set()
    for route in api.routes:
        if route.matches(request.scope)[0] is not Match.NONE:
            found |= getattr(route, "methods", None) or set()
    return found
