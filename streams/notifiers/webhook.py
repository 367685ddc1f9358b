"""A web hook of one's own, signed: the whole incident as JSON, for programs."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final
from urllib.parse import unquote, urlsplit, urlunsplit

import aiohttp
import msgspec

from detectors.errors import DeliveryError, RetriableDeliveryError
from detectors.model import Incident, Telling
from streams.notifiers.base import Recipient

__all__ = ["SCHEMES", "WebhookNotifier", "signature"]

SCHEMES: Final = ("signed+https://", "signed+http://")
TIMEOUT_S = 15.0
LEAST_SECRET: Final = 16
_LONGEST_PAUSE_S: Final = 300.0


class WebhookNotifier:
    """One address that is told of every version of an incident: `signed+https://SECRET@host/path`.

    A POST of JSON: `incident`, as the topic `incidents` carries it, with its `title` and `text` in one's language, and
    `telling`, why it is told now. Its
    headers: `Badbuzz-Timestamp` (seconds since 1970), `Badbuzz-Signature` (see `signature`) and `Idempotency-Key`,
    the same whenever the same version is sent again. Any 2xx is a yes; 408, 425, 429, 5xx and silence are tried
    again, after `Retry-After` if it says so; everything else is a no. Redirects are not followed: the secret is for
    one address.

    Raises:
        DeliveryError: the URL has no host, or a secret of fewer than 16 characters.
    """

    def __init__(
        self, channel: str, url: str, recipient: Recipient | None = None, *, now: Callable[[], float] = time.time
    ) -> None:
        self.id = channel
        self._recipient = recipient or Recipient()
        self._now = now
        parts = urlsplit(url.removeprefix("signed+"))
        secret = unquote(parts.username or "")
        if not parts.hostname or len(secret) < LEAST_SECRET:
            expected = "signed+https://SECRET@host/path"
            raise DeliveryError(f"{channel}: expected {expected}, the secret of {LEAST_SECRET} characters or more")
        self._secret = secret.encode()
        self._url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))

    idempotent = True

    async def deliver(self, incident: Incident, telling: Telling = Telling.NEW) -> None:
        """See `Notifier.deliver`."""
        told = {
            "telling": telling,
            "incident": incident,
            "title": self._recipient.title(incident, telling),
            "text": self._recipient.body(incident),
        }
        await self._post(told, f"{incident.id}-{incident.version}")

    async def send(self, title: str, text: str, html: str) -> None:
        """See `Notifier.send`: both forms, and no `incident`."""
        name = hashlib.sha256(f"{title}\n{text}".encode(errors="replace")).hexdigest()
        await self._post({"title": title, "text": text, "html": html}, name)

    async def _post(self, told: dict[str, object], key: str) -> None:
        content = msgspec.json.encode(told)
        stamp = str(int(self._now()))
        headers = {
            "Content-Type": "application/json",
            "Badbuzz-Timestamp": stamp,
            "Badbuzz-Signature": signature(self._secret, stamp, content),
            "Idempotency-Key": key,
        }
        try:
            timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(self._url, data=content, headers=headers, allow_redirects=False) as answer,
            ):
                status, wait = answer.status, answer.headers.get("Retry-After", "")
        except TimeoutError:
            raise RetriableDeliveryError(f"{self.id}: no answer within {TIMEOUT_S:g} s", maybe=True) from None
        except aiohttp.ClientError as error:
            raise RetriableDeliveryError(f"{self.id}: {type(error).__name__}") from None
        if 200 <= status < 300:
            return
        if status in (408, 425, 429) or status >= 500:
            pause = timedelta(seconds=min(float(wait), _LONGEST_PAUSE_S)) if wait.isdecimal() else None
            raise RetriableDeliveryError(f"{self.id}: answered {status}", retry_after=pause)
        raise DeliveryError(f"{self.id}: answered {status}")


def signature(secret: bytes, timestamp: str, content: bytes) -> str:
    """What a receiver computes again and compares, in constant time: HMAC-SHA256 over timestamp, "." and body.

    >>> signature(b"0123456789abcdef", "1772442000", b"{}")[:19]
    'v1=5ad22d4b8dd43190'
    """
    return "v1=" + hmac.new(secret, timestamp.encode() + b"." + content, hashlib.sha256).hexdigest()
