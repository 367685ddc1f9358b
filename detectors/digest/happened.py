"""Which incidents are told of a span, and how each stood at its end."""

from __future__ import annotations

from collections.abc import Container, Iterable
from datetime import datetime, timedelta

import msgspec

from detectors.alerting.routing import facts_of, route
from detectors.digest.model import IncidentLine
from detectors.model import Change, Incident, IncidentState, Severity, Watch

__all__ = ["happened"]


def happened(
    watch: Watch, incidents: Iterable[Incident], since: datetime, until: datetime, brands: Container[str]
) -> dict[str, list[IncidentLine]]:
    """The incidents of these brands by brand, the open ones first and the worst of them; of each its newest version."""
    newest: dict[str, Incident] = {}
    for incident in incidents:
        if incident.brand in brands and (incident.id not in newest or incident.version >= newest[incident.id].version):
            newest[incident.id] = incident
    found: dict[str, list[IncidentLine]] = {}
    for incident in newest.values():
        line = _line(watch, incident, since, until)
        if line is not None:
            found.setdefault(incident.brand, []).append(line)
    for lines in found.values():
        lines.sort(key=_order)
    return found


def _line(watch: Watch, incident: Incident, since: datetime, until: datetime) -> IncidentLine | None:
    if incident.opened_at >= until:
        return None
    over_at = incident.resolved_at
    opened = since <= incident.opened_at
    is_open = over_at is None or over_at >= until
    over = over_at is not None and since <= over_at < until
    if not (opened or is_open or over):
        return None
    reopened = any(entry.what is Change.REOPENED and since <= entry.at < until for entry in incident.timeline)
    told = _as_it_was(incident, is_open=is_open)
    heard = route(watch, facts_of(incident), incident.opened_at)
    return IncidentLine(
        incident=told,
        teams=[hearing.team.id for hearing in heard if not hearing.after],
        opened=opened,
        reopened=reopened,
        over=over,
        open=is_open,
        acknowledged_after_s=_seconds(told.time_to_acknowledge),
        responded_after_s=_seconds(told.time_to_first_response),
        over_after_s=_seconds(told.time_to_resolution),
    )


def _as_it_was(incident: Incident, *, is_open: bool) -> Incident:
    """Without what is long, or quoted from posts; on, if it was."""
    why = msgspec.structs.replace(incident.why, first_post=None, top_posts=[], words=[], timeline=[])
    state, resolved_at = incident.state, incident.resolved_at
    if is_open and state is IncidentState.RESOLVED:
        state = IncidentState.OPEN if incident.acknowledged_at is None else IncidentState.ACKNOWLEDGED
    if is_open:
        resolved_at = None
    return msgspec.structs.replace(
        incident, why=why, timeline=[], opinions=[], silences=[], state=state, resolved_at=resolved_at
    )


def _order(line: IncidentLine) -> tuple[bool, int, float, str]:
    incident = line.incident
    return (
        not line.open,
        -list(Severity).index(incident.severity),
        -incident.opened_at.timestamp(),
        incident.id,
    )


def _seconds(time: timedelta | None) -> int | None:
    return None if time is None else round(time.total_seconds())
