"""Operations and their description: OpenAPI, with the schemas of the structs that go over the wire."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

import msgspec
from fastapi import Depends, FastAPI
from starlette.responses import Response

from streams.console.api.asking import Nothing, allowed, query_of
from streams.console.api.problems import MEDIA_TYPE, PROBLEMS, Problem
from streams.console.users import Role

__all__ = ["Api", "Operations", "answer"]

_ALWAYS: Final = frozenset({401, 403, 421, 422, 500})
_OF_BODIES: Final = frozenset({400, 413, 415})
_JSON: Final = "application/json"
_SECURITY: Final = {
    "token": {"type": "http", "scheme": "bearer", "description": "A token: `badbuzz users token`, or POST /tokens."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "badbuzz",
        "description": "Of somebody who has signed in; by https it is `__Host-badbuzz`.",
    },
}

F = TypeVar("F", bound=Callable[..., Any])


def answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A struct as JSON."""
    return Response(msgspec.json.encode(value), status, headers=headers, media_type=_JSON)


class Operations:
    """Some operations of the API under one tag, for `Api.join`."""

    def __init__(self, tag: str) -> None:
        self.routes: list[dict[str, Any]] = []
        self.kinds: list[type] = [Problem]
        self._tag = tag

    def on(
        self,
        method: str,
        path: str,
        summary: str,
        *,
        role: Role = Role.READ,
        query: type[msgspec.Struct] = Nothing,
        body: type[msgspec.Struct] | None = None,
        says: Mapping[int, type | None] | None = None,
        media: Mapping[str, Mapping[str, Any]] | None = None,
        headers: Mapping[str, str] | None = None,
        problems: Iterable[int] = (),
    ) -> Callable[[F], F]:
        """The operation whose endpoint this is; its docstring describes it.

        `says` are the structs of its answers by status; `media` that of 200 where it is no JSON, `headers` its own.
        """
        statuses = _ALWAYS | set(problems) | (_OF_BODIES if body is not None else set())
        responses: dict[int | str, dict[str, Any]] = {status: _problem(status) for status in sorted(statuses)}
        for status, kind in (says or {}).items():
            content = {} if kind is None else {"content": {_JSON: {"schema": self._ref(kind)}}}
            responses[status] = {"description": _SAID[status], **content}
        if media is not None:
            responses[200] = {"description": _SAID[200], "content": media}
        for name, told in (headers or {}).items():
            ok = min(status for status in responses if isinstance(status, int))
            responses[ok].setdefault("headers", {})[name] = {"description": told, "schema": {"type": "string"}}
        extra: dict[str, Any] = {"parameters": self._parameters(query)}
        if body is not None:
            required = bool(_schema(body)["required"])
            extra["requestBody"] = {"required": required, "content": {_JSON: {"schema": self._ref(body)}}}

        def add(endpoint: F) -> F:
            needs = f"Needs the role `{role}`."
            self.routes.append(
                {
                    "path": path,
                    "endpoint": endpoint,
                    "methods": [method],
                    "tags": [self._tag],
                    "summary": summary,
                    "description": f"{inspect.getdoc(endpoint) or ''}\n\n{needs}",
                    "status_code": min(status for status in responses if isinstance(status, int)),
                    "response_class": Response,
                    "response_model": None,
                    "responses": responses,
                    "openapi_extra": extra,
                    "dependencies": [Depends(allowed(role)), Depends(query_of(query))],
                }
            )
            return endpoint

        return add

    def _ref(self, kind: type) -> dict[str, str]:
        self.kinds.append(kind)
        return {"$ref": f"#/components/schemas/{kind.__name__}"}

    @staticmethod
    def _parameters(query: type[msgspec.Struct]) -> list[dict[str, Any]]:
        schema = _schema(query)
        return [
            {
                "name": name,
                "in": "query",
                "required": name in schema["required"],
                "description": one.get("description", ""),
                "schema": {key: value for key, value in one.items() if key != "description"},
            }
            for name, one in schema["properties"].items()
        ]


_SAID: Final = {
    200: "As asked for.",
    201: "It is there now.",
    202: "Taken, and kept until a worker does it: see Location.",
    204: "It is gone.",
}


class Api(FastAPI):
    """FastAPI, whose description has the schemas of our structs."""

    def __init__(self, **about: Any) -> None:
        super().__init__(**about)
        self._kinds: list[type] = []

    def join(self, operations: Operations) -> None:
        """Do these, too. No router is included: what can be done at a path is looked up in `routes`."""
        for route in operations.routes:
            self.add_api_route(**route)
        self._kinds += operations.kinds

    def openapi(self) -> dict[str, Any]:
        """The description, made once."""
        if self.openapi_schema is None:
            document = super().openapi()
            _, schemas = msgspec.json.schema_components(self._kinds, ref_template="#/components/schemas/{name}")
            for schema in schemas.values():
                if "description" in schema:
                    schema["description"] = inspect.cleandoc(schema["description"])
            document["components"] = {"schemas": schemas, "securitySchemes": _SECURITY}
            document["security"] = [{name: []} for name in _SECURITY]
        return super().openapi()


def _problem(status: int) -> dict[str, Any]:
    names = {name: title for name, (code, title) in PROBLEMS.items() if code == status}
    told = "; ".join(f"{title} (`{name}`)" for name, title in names.items())
    content = {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}}}
    return {"description": f"{told}.", "content": content}


def _schema(kind: type[msgspec.Struct]) -> dict[str, Any]:
    _, schemas = msgspec.json.schema_components([kind], ref_template="#/components/schemas/{name}")
    schema: dict[str, Any] = schemas[kind.__name__]
    return schema
