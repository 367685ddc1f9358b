"""Incidents, found and read, one by one, by page and all at once."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal
from urllib.parse import quote, urlencode

import msgspec
from fastapi import Depends, Request
from msgspec import UNSET, Meta, UnsetType
from starlette.responses import Response, StreamingResponse

from detectors.errors import InputError
from detectors.model import Delivery, Incident, IncidentState, Severity, StoryKind
from streams.console.api.asking import Asking, Asks, given, query_of
from streams.console.api.document import Operations, answer
from streams.console.api.export import as_csv, as_json
from streams.console.api.problems import Refused, Wrong
from streams.console.readmodel.incidents import PAGE, Filter, find, search
from streams.console.readmodel.journal import deliveries

__all__ = ["Export", "Query", "Selection", "incident_of", "operations"]

_SHORT: Final = 200

operations = Operations("incidents")


class Selection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which incidents; what is not said holds for all."""

    text: (
        Annotated[str, Meta(max_length=_SHORT, description="Words in titles, posts, notes ...: all of them.")]
        | UnsetType
    ) = UNSET
    brand: Annotated[str, Meta(max_length=_SHORT, description="A brand's id.")] | UnsetType = UNSET
    state: Annotated[IncidentState, Meta(description="Its state.")] | UnsetType = UNSET
    open: Annotated[bool, Meta(description="Whether it is not over.")] | UnsetType = UNSET
    kind: Annotated[StoryKind, Meta(description="The plainest kind of story.")] | UnsetType = UNSET
    severity_at_least: Annotated[Severity, Meta(description="As bad or worse.")] | UnsetType = UNSET
    owner: Annotated[str, Meta(max_length=_SHORT, description="Whose it is.")] | UnsetType = UNSET
    verdict: (
        Annotated[Literal["true", "false", "too-late", ""], Meta(description="What it was; empty: nobody says.")]
        | UnsetType
    ) = UNSET
    since: Annotated[datetime, Meta(tz=True, description="Opened then or later.")] | UnsetType = UNSET
    until: Annotated[datetime, Meta(tz=True, description="Opened before.")] | UnsetType = UNSET


class Query(Selection, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A page of incidents."""

    limit: Annotated[int, Meta(ge=1, le=200, description="As many at most.")] = PAGE
    after: Annotated[str, Meta(max_length=1000, description="`after` of the page before.")] | UnsetType = UNSET


class Export(Selection, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All incidents of a selection, in a file."""

    format: Annotated[Literal["csv", "json"], Meta(description="A table, or all that is known.")] = "json"


class Language(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """In which language."""

    lang: Annotated[Literal["en", "fr"], Meta(description="Yours, where it is not said.")] | UnsetType = UNSET


class Incidents(msgspec.Struct, frozen=True, kw_only=True):
    """Some incidents, the one that opened last first, how many there are in all, and where the next page begins."""

    incidents: list[Incident]
    total: int
    after: str | None


class Deliveries(msgspec.Struct, frozen=True, kw_only=True):
    """What was sent to whom, in order."""

    deliveries: list[Delivery]


class StepDone(msgspec.Struct, frozen=True, kw_only=True):
    """A step of the playbook, and who did it; None while nobody has."""

    id: str
    text: str
    by: str | None


class Steps(msgspec.Struct, frozen=True, kw_only=True):
    """What to do about an incident, in order."""

    lang: str
    steps: list[StepDone]


def incident_of(asking: Asking, id: str) -> Incident:
    """The incident of that id. Refused where there is none."""
    found = find(asking.core.db, id)
    if found is None:
        raise Refused("not-found", f"{id}: no such incident")
    return found


@operations.on(
    "GET",
    "/incidents",
    "Find incidents",
    query=Query,
    says={200: Incidents},
    headers={"Link": "Where there is a next page: its address, as rel=next (RFC 8288)."},
)
async def list_incidents(request: Request, asking: Asks, asked: Annotated[Query, Depends(query_of(Query))]) -> Response:
    """The incidents that fit, the one that opened last first, page by page."""
    after = None if asked.after is UNSET else asked.after
    try:
        page = search(asking.core.db, _filter(asked), limit=asked.limit, after=after)
    except InputError as error:
        raise Refused("invalid", str(error), Wrong("after", "This is not what a page said")) from None
    headers = {}
    if page.after is not None:
        parameters = {**dict(request.query_params), "after": page.after}
        headers["Link"] = f'<{quote(request.url.path)}?{urlencode(parameters)}>; rel="next"'
    return answer(Incidents(incidents=page.incidents, total=page.total, after=page.after), headers=headers)


@operations.on(
    "GET",
    "/incidents/export",
    "Save incidents as a file",
    query=Export,
    media={
        "application/json": {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/Incident"}}},
        "text/csv": {"schema": {"type": "string"}},
    },
    headers={"Content-Disposition": "The file's name."},
)
async def export_incidents(asking: Asks, asked: Annotated[Export, Depends(query_of(Export))]) -> Response:
    """All incidents that fit. Before what a spreadsheet would take for a formula, the CSV has an apostrophe."""
    asking.note("export", urlencode(given(asked)))
    write, media_type = (as_csv, "text/csv") if asked.format == "csv" else (as_json, "application/json")
    name = f"badbuzz-incidents-{asking.core.now():%Y%m%d-%H%M%S}.{asked.format}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(write(asking.core, _filter(asked)), media_type=media_type, headers=headers)


@operations.on("GET", "/incidents/{id}", "Read an incident", says={200: Incident}, problems=[404])
async def read_incident(id: str, asking: Asks) -> Response:
    """All that is known of it. `edits` is what a command's `if_edits` is held against."""
    return answer(incident_of(asking, id))


@operations.on("GET", "/incidents/{id}/deliveries", "Who was told", says={200: Deliveries}, problems=[404])
async def list_deliveries(id: str, asking: Asks) -> Response:
    """What was sent to whom of it, or why nothing was, of the last 30 days."""
    incident = incident_of(asking, id)
    return answer(Deliveries(deliveries=deliveries(asking.core.db, incident.id)))


@operations.on("GET", "/incidents/{id}/steps", "What to do", query=Language, says={200: Steps}, problems=[404])
async def list_steps(id: str, asking: Asks, asked: Annotated[Language, Depends(query_of(Language))]) -> Response:
    """The steps of its playbook, with who has done them."""
    incident = incident_of(asking, id)
    lang = asked.lang if asked.lang is not UNSET else asking.who.lang or "en"
    steps = asking.core.playbook.steps_for(incident, lang)
    done = [StepDone(id=one.id, text=one.text, by=incident.ticked.get(one.id)) for one in steps]
    return answer(Steps(lang=lang, steps=done))


def _filter(asked: Selection) -> Filter:
    fields = {name: value for name, value in given(asked).items() if name in Selection.__struct_fields__}
    is_open = fields.pop("open", None)
    return Filter(**fields, is_open=is_open)
