"""What a notifier is. Every file in this folder keeps this contract; tests/contract runs over all of them."""

from __future__ import annotations

from typing import Protocol

from detectors.model import Incident, Telling

__all__ = ["Notifier"]


class Notifier(Protocol):
    """One way to one group of people. `id` names it in logs and metrics and never holds a secret.

    `idempotent` says that whoever takes the same message twice can tell: then it may be sent again after a crash.
    """

    id: str
    idempotent: bool

    async def deliver(self, incident: Incident, telling: Telling = Telling.NEW) -> None:
        """Tell them about this version of an incident, and why they hear of it.

        Raises:
            RetriableDeliveryError: not now; try again.
            DeliveryError: never.
        """
        ...

    async def send(self, title: str, text: str, html: str) -> None:
        """Send a page that is no incident, as text or as HTML, whichever they can show. Errors as for `deliver`."""
        ...
