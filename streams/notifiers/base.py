"""What a notifier is. Every file in this folder keeps this contract; tests/contract runs over all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from detectors.alerting.playbook import Playbook
from detectors.model import Incident, Telling
from streams.notifiers.message import body, title
from streams.notifiers.wording import Lang

__all__ = ["Notifier", "Recipient"]


@dataclass(frozen=True)
class Recipient:
    """Whoever reads a message: their language and time zone, the `playbook` (None is ours), where links lead."""

    lang: Lang = "en"
    timezone: str = "UTC"
    playbook: Playbook | None = None
    console_url: str | None = None

    def title(self, incident: Incident, telling: Telling) -> str:
        """The title of an incident for them."""
        return title(incident, self.lang, telling)

    def body(self, incident: Incident) -> str:
        """The lines below it."""
        return body(incident, self.lang, self.timezone, self.playbook, console_url=self.console_url)


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
