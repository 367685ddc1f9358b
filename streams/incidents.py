"""The incidents there are: the newest state of each, from the topic that holds them."""

from __future__ import annotations

import msgspec

from detectors.model import Incident
from streams.reading import read_to_end, topic_reader
from streams.settings import Settings

__all__ = ["read_incidents"]


async def read_incidents(settings: Settings) -> list[Incident]:
    """Every incident in its newest state, the one that opened last first.

    What cannot be read as one (of a newer badbuzz, say) is left out.

    Raises:
        Unavailable: no broker, no such topic, or it could not be read to its end in 30 s.
    """
    newest: dict[str, Incident] = {}

    def keep(value: bytes | None) -> None:
        incident = _incident(value)
        if incident is not None:
            newest[incident.id] = incident

    async with topic_reader(settings, "incidents") as (consumer, partitions):
        await read_to_end(consumer, partitions, keep)
    return sorted(newest.values(), key=lambda incident: (incident.opened_at, incident.id), reverse=True)


def _incident(value: bytes | None) -> Incident | None:
    if value is None:
        return None
    try:
        return msgspec.json.decode(value, type=Incident)
    except msgspec.DecodeError:
        return None
