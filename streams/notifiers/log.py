"""The log: always there, whoever else is told."""

from __future__ import annotations

import structlog

from detectors.model import Incident, Telling

__all__ = ["LogNotifier"]

log = structlog.get_logger("badbuzz")


class LogNotifier:
    """One line in the log of the worker, without any post's text."""

    id = "log"
    idempotent = True

    async def deliver(self, incident: Incident, telling: Telling = Telling.NEW) -> None:
        """See `Notifier.deliver`; never fails."""
        log.warning(
            "incident",
            incident=incident.id,
            brand=incident.brand,
            state=incident.state.value,
            severity=incident.severity.value,
            telling=telling.value,
            version=incident.version,
            observed=incident.why.observed,
            expected=incident.why.expected,
            doubling_minutes=incident.why.growth.doubling_minutes,
            authors=incident.why.authors,
            reach=incident.why.reach,
        )

    async def send(self, title: str, text: str, html: str) -> None:
        """See `Notifier.send`: the log has the numbers already."""
