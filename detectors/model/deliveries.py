"""What people are told of an incident, and whether it reached them."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import TypeAlias

import msgspec

from detectors.model.commands import Answer

__all__ = ["Delivery", "DeliveryResult", "JournalEntry", "Telling"]


class Telling(enum.StrEnum):
    """Why somebody is told of an incident."""

    NEW = "new"
    GREW = "grew"
    WORSE = "worse"
    JOINED = "joined"
    REOPENED = "reopened"
    OVER = "over"
    ESCALATED = "escalated"
    ASSIGNED = "assigned"

    @property
    def can_wait(self) -> bool:
        """Whether there may be so short a time since the last message that this one waits."""
        return self in (Telling.GREW, Telling.JOINED)


class DeliveryResult(enum.StrEnum):
    """What became of a message. UNKNOWN: it may have arrived, nobody said so; it is not sent again."""

    DELIVERED = "delivered"
    FAILED = "failed"
    GIVEN_UP = "given-up"
    UNKNOWN = "unknown"
    SILENCED = "silenced"
    INHIBITED = "inhibited"


class Delivery(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="delivery"):
    """One message to one channel, or why there was none: then `channel` is empty."""

    incident: str
    brand: str
    version: int
    result: DeliveryResult
    at: datetime
    channel: str = ""
    telling: Telling | None = None
    text: str = ""


JournalEntry: TypeAlias = Answer | Delivery
"""What lies on the topic `journal`."""
