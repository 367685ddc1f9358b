"""Digests by themselves: a day or a week of the brands, to each team that has planned it, once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

import structlog

from detectors.digest.plan import Due, digest_due
from detectors.errors import DeliveryError, RetriableDeliveryError
from detectors.model import DeliveryResult, Team, from_ms, to_ms
from streams.digests import digest_html, digest_text, read_digest
from streams.notifiers import Notifier
from streams.notifiers.wording import Lang
from streams.runtime import Runtime

__all__ = ["DigestSender"]

log = structlog.get_logger("badbuzz")

PAUSES_S: Final = (0.0, 5.0, 60.0, 600.0)


class DigestSender:
    """Says which teams are due, and sends what they get; whoever calls keeps, durably, until when each had one."""

    def __init__(
        self,
        runtime: Runtime,
        notifiers: Mapping[str, Notifier],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._runtime = runtime
        self._now = now
        self._notifiers = notifiers
        self._teams = [team for team in runtime.watch.teams if team.digest is not None]

    def due(self, had: dict[str, int]) -> list[tuple[Team, Due]]:
        """The teams that are to get one now. `had`, until when each had one in ms, is brought up to date."""
        now, found = self._now(), list[tuple[Team, Due]]()
        for team in self._teams:
            assert team.digest is not None
            last = from_ms(had[team.id]) if team.id in had else None
            due = digest_due(team.digest, team.timezone, last, now)
            had[team.id] = to_ms(due.until)
            if due.sent:
                found.append((team, due))
        return found

    async def send(self, team: Team, due: Due) -> None:
        """Read what happened, and send it by all channels of the team."""
        settings, watch = self._runtime.settings, self._runtime.watch
        lang: Lang = "fr" if team.language == "fr" else "en"
        digest = await read_digest(settings, watch, due.since, due.until)
        page = {"team": team.id, "console_url": settings.console_url}
        text = digest_text(digest, lang, team.timezone, **page)
        html = digest_html(digest, lang, team.timezone, **page)
        title = text.partition("\n")[0]
        channels = [one for name, one in self._notifiers.items() if name.startswith(f"{team.id}/")]
        await asyncio.gather(*(self._send(one, title, text, html) for one in channels))

    async def _send(self, notifier: Notifier, title: str, text: str, html: str) -> None:
        results = self._runtime.metrics.deliveries
        for pause_s in PAUSES_S:
            await asyncio.sleep(pause_s)
            try:
                await notifier.send(title, text, html)
            except RetriableDeliveryError:
                results.labels(notifier.id, DeliveryResult.FAILED.value).inc()
            except DeliveryError:
                break
            else:
                results.labels(notifier.id, DeliveryResult.DELIVERED.value).inc()
                return
        results.labels(notifier.id, DeliveryResult.GIVEN_UP.value).inc()
        log.warning("digest not delivered", channel=notifier.id)
