"""The log: always there, whoever else is told."""

from __future__ import annotations

import structlog

from detectors.model import Incident

__all__ = ["LogNotifier"]

log = structlog.get_logger("badbuzz")


class LogNotifier:
    """One line in the log of the worker, without any post's text."""

    id = "log"

    async def deliver(self, incident: Incident) -> None:
        """See `Notifier.deliver`; never fails."""
        log.warning(
            "incident",
            incident=incident.id,
            brand=incident.brand,
            state=incident.state.value,
            version=incident.version,
            observed=incident.why.observed,
            expected=incident.why.expected,
            doubling_minutes=incident.why.growth.doubling_minutes,
            authors=incident.why.authors,
            reach=incident.why.reach,
        )
