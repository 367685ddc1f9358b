"""Chat, mail and a hundred other services, by one Apprise URL each."""

from __future__ import annotations

import asyncio

import apprise

from detectors.alerting.playbook import Playbook
from detectors.errors import DeliveryError, RetriableDeliveryError
from detectors.model import Incident, IncidentState, Telling
from streams.notifiers.message import body, title
from streams.notifiers.wording import Lang

__all__ = ["AppriseNotifier"]

TIMEOUT_S = 15.0


class AppriseNotifier:
    """One Apprise URL of a team or a person, told in their language and time. The URL holds secrets: never logged,
    nor shown.

    Raises:
        DeliveryError: Apprise does not know this kind of URL.
    """

    def __init__(
        self,
        channel: str,
        url: str,
        *,
        lang: Lang = "en",
        timezone: str = "UTC",
        playbook: Playbook | None = None,
        console_url: str | None = None,
    ) -> None:
        self.id = channel
        self._lang: Lang = lang
        self._timezone = timezone
        self._playbook = playbook
        self._console_url = console_url
        self._apprise = apprise.Apprise()
        if not self._apprise.add(url):
            raise DeliveryError(f"{channel}: not a URL that Apprise understands")

    idempotent = False

    async def deliver(self, incident: Incident, telling: Telling = Telling.NEW) -> None:
        """See `Notifier.deliver`. Apprise only says yes or no, so every no is tried again."""
        kind = apprise.NotifyType.SUCCESS if incident.state is IncidentState.RESOLVED else apprise.NotifyType.WARNING
        sent = self._apprise.async_notify(
            title=title(incident, self._lang, telling),
            body=body(incident, self._lang, self._timezone, self._playbook, console_url=self._console_url),
            notify_type=kind,
            body_format=apprise.NotifyFormat.TEXT,
        )
        try:
            if not await asyncio.wait_for(sent, timeout=TIMEOUT_S):
                raise RetriableDeliveryError(f"{self.id}: the service did not take the message")
        except TimeoutError:
            raise RetriableDeliveryError(f"{self.id}: no answer within {TIMEOUT_S:g} s") from None
