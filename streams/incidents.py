"""The incidents there are: the newest state of each, from the topic that holds them."""

from __future__ import annotations

import msgspec

from detectors.model import Incident
from streams.reading import read_decoded
from streams.settings import Settings

__all__ = ["read_incidents"]


async def read_incidents(settings: Settings) -> list[Incident]:
    """Every incident in its newest state, the one that opened last first. Errors as of `read_decoded`."""
    newest: dict[str, Incident] = {}

    def keep(incident: Incident) -> None:
        newest[incident.id] = incident

    await read_decoded(settings, "incidents", msgspec.json.Decoder(Incident), keep)
    return sorted(newest.values(), key=lambda incident: (incident.opened_at, incident.id), reverse=True)
