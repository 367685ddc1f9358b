"""Chat, mail and a hundred other services, by one Apprise URL each."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qsl

import apprise

from detectors.errors import DeliveryError, RetriableDeliveryError
from detectors.model import Incident, IncidentState, Telling
from streams.notifiers.base import Recipient

__all__ = ["AppriseNotifier"]

TIMEOUT_S = 15.0
CONNECT_S = 5.0
MAIL = ("mailto:", "mailtos:")


class AppriseNotifier:
    """One Apprise URL of a team or a person, told in their language and time. The URL holds secrets: never logged,
    nor shown.

    Raises:
        DeliveryError: Apprise does not know this kind of URL.
    """

    def __init__(self, channel: str, url: str, recipient: Recipient | None = None) -> None:
        self.id = channel
        self._recipient = recipient or Recipient()
        self._mail = url.startswith(MAIL)
        self._apprise = apprise.Apprise()
        if not self._apprise.add(_patient(url)):
            raise DeliveryError(f"{channel}: not a URL that Apprise understands")

    idempotent = False

    async def deliver(self, incident: Incident, telling: Telling = Telling.NEW) -> None:
        """See `Notifier.deliver`. Apprise only says yes or no, so every no is tried again."""
        over = incident.state is IncidentState.RESOLVED
        await self._notify(
            self._recipient.title(incident, telling),
            self._recipient.body(incident),
            apprise.NotifyType.SUCCESS if over else apprise.NotifyType.WARNING,
            apprise.NotifyFormat.TEXT,
        )

    async def send(self, title: str, text: str, html: str) -> None:
        """See `Notifier.send`: mail gets the HTML."""
        if self._mail:
            await self._notify(title, html, apprise.NotifyType.INFO, apprise.NotifyFormat.HTML)
        else:
            await self._notify(title, text, apprise.NotifyType.INFO, apprise.NotifyFormat.TEXT)

    async def _notify(self, title: str, body: str, kind: apprise.NotifyType, form: apprise.NotifyFormat) -> None:
        sent = self._apprise.async_notify(title=title, body=body, notify_type=kind, body_format=form)
        try:
            if not await asyncio.wait_for(sent, timeout=TIMEOUT_S):
                raise RetriableDeliveryError(f"{self.id}: the service did not take the message")
        except TimeoutError:
            raise RetriableDeliveryError(f"{self.id}: no answer within {TIMEOUT_S:g} s", maybe=True) from None


def _patient(url: str) -> str:
    """The URL with Apprise's own waiting times, where it names none.

    Apprise gives up reading after four seconds and says no, as if the service had: whoever answers later would be told
    again. So it reads for longer than we wait for it, and then it is we who do not know.
    """
    parts, _, query = url.partition("?")
    given = {name for name, _ in parse_qsl(query, keep_blank_values=True)}
    waits = [f"{name}={value:g}" for name, value in (("cto", CONNECT_S), ("rto", 2 * TIMEOUT_S)) if name not in given]
    return f"{parts}?{'&'.join([*([query] if query else []), *waits])}" if waits else url
