"""The console's API, /api/v1: all that its pages do, for programs. Its description is /api/v1/openapi.json."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Final

from streams.console.api.brands import operations as of_brands
from streams.console.api.commands import operations as of_commands
from streams.console.api.document import Api
from streams.console.api.incidents import operations as of_incidents
from streams.console.api.people import operations as of_people
from streams.console.api.problems import add_handlers
from streams.console.api.silences import operations as of_silences
from streams.console.api.stream import Streams
from streams.console.api.stream import operations as of_stream
from streams.console.core import Core

__all__ = ["Api", "create_api"]

_ABOUT: Final = """\
Early warning for bad buzz: incidents, what is said of brands, and what people do about both.

A program sends a token (`Authorization: Bearer bb_...`), a page the cookie of whoever has signed in. Roles: `read`
looks, `act` looks after incidents, `admin` says who may do what. Errors are problem+json (RFC 9457) with stable types.
Times are RFC 3339 with an offset; answers are in UTC.
"""


def create_api(core: Core) -> Api:
    """The API, to be mounted at /api/v1 behind a `Guard`.

    `state.streams` is a `Streams`: close it when the server stops, so that what follows incidents ends at once.
    """
    api = Api(
        title="badbuzz",
        version=_version(),
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    api.state.core = core
    api.state.streams = Streams(core)
    add_handlers(api)
    # The stream and the export come before the incident whose id these words could be.
    for operations in (of_stream, of_incidents, of_commands, of_silences, of_brands, of_people):
        api.join(operations)
    return api


def _version() -> str:
    try:
        return version("badbuzz")
    except PackageNotFoundError:
        return "0"
