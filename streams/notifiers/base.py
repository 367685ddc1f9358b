"""What a notifier is. Every file in this folder keeps this contract; tests/contract runs over all of them."""

from __future__ import annotations

from typing import Protocol

from detectors.model import Incident

__all__ = ["Notifier"]


class Notifier(Protocol):
    """One way to one group of people. `id` names it in logs and metrics and never holds a secret."""

    id: str

    async def deliver(self, incident: Incident) -> None:
        """Tell them about this version of an incident.

        Raises:
            RetriableDeliveryError: not now; try again.
            DeliveryError: never.
        """
        ...
