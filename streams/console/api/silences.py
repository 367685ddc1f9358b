"""Silences that people begin and end: of a brand here, of one incident where that is."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import Depends
from starlette.responses import Response

from detectors.model import EndSilence, StartSilence, to_ms
from streams.console.api.asking import Asks, Nothing, body_of
from streams.console.api.commands import COMMAND_PROBLEMS, COMMAND_SAYS, command_body, give
from streams.console.api.document import Operations, answer
from streams.console.api.problems import Refused, Wrong
from streams.console.readmodel.journal import Silenced, silences
from streams.console.users import Role

__all__ = ["SilenceBody", "Silences", "operations"]

operations = Operations("silences")

SilenceBody = command_body(StartSilence, "BrandSilenceBody", "brand")
_needs = Depends(body_of(SilenceBody))


class Silences(msgspec.Struct, frozen=True, kw_only=True):
    """The silences that people began and that are not over, the one that ends first first."""

    silences: list[Silenced]


@operations.on("GET", "/silences", "List silences", says={200: Silences})
async def list_silences(asking: Asks) -> Response:
    """Those that people began and that are not over; those of brands.yaml are in /settings."""
    return answer(Silences(silences=silences(asking.core.db, to_ms(asking.core.now()))))


@operations.on(
    "POST",
    "/silences",
    "Silence a brand",
    role=Role.ACT,
    body=SilenceBody,
    says=COMMAND_SAYS,
    problems=COMMAND_PROBLEMS,
)
async def silence_brand(asking: Asks, said: Any = _needs) -> Response:
    """Nobody is told of a brand's incidents until then; the id of the command is that of the silence."""
    if asking.core.brand(said.brand) is None:
        known = ", ".join(brand.id for brand in asking.core.watch.brands)
        raise Refused("invalid", f"brand: {said.brand}: not watched", Wrong("brand", f"Expected one of: {known}"))
    return await give(asking, StartSilence, said)


@operations.on("DELETE", "/silences/{id}", "End a silence", role=Role.ACT, says=COMMAND_SAYS, problems=COMMAND_PROBLEMS)
async def end_silence(id: str, asking: Asks) -> Response:
    """It is over before its time, whether it is of a brand or of an incident."""
    on = silences(asking.core.db, to_ms(asking.core.now()))
    found = next((one.silence for one in on if one.silence.id == id), None)
    if found is None:
        raise Refused("not-found", f"{id}: no such silence, or it is over")
    return await give(asking, EndSilence, Nothing(), brand=found.brand, silence=found.id)
