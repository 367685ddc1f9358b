"""Incidents: alerts grouped for people, and what people did about them."""

from __future__ import annotations

import enum
from datetime import datetime, timedelta

import msgspec

from detectors.model.commands import Verdict
from detectors.model.findings import Explanation, Severity
from detectors.model.watch import Silence

__all__ = ["BADBUZZ", "Change", "Entry", "Incident", "IncidentState", "Opinion", "SeverityPart"]

BADBUZZ = "badbuzz"
"""Who did what nobody did."""


class IncidentState(enum.StrEnum):
    """The life of an incident. What is REOPENED waits for somebody as what is OPEN does."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    REOPENED = "reopened"

    @property
    def waits(self) -> bool:
        """Whether nobody looks after it."""
        return self in (IncidentState.OPEN, IncidentState.REOPENED)


class SeverityPart(msgspec.Struct, frozen=True, kw_only=True):
    """What adds how many points to a severity; `value` is what was measured, None where nothing is known."""

    name: str
    points: int
    value: float | None = None


class Change(enum.StrEnum):
    """What happened to an incident. The first ones happen by themselves, the others people do."""

    OPENED = "opened"
    GREW = "grew"
    JOINED = "joined"
    WORSENED = "worsened"
    CALMED = "calmed"
    REOPENED = "reopened"
    ANSWERED = "answered"
    SURE = "sure"

    ACKNOWLEDGED = "acknowledged"
    ASSIGNED = "assigned"
    NOTED = "noted"
    RESPONDED = "responded"
    TICKED = "ticked"
    UNTICKED = "unticked"
    GRADED = "graded"
    RESOLVED = "resolved"
    JUDGED = "judged"
    SILENCED = "silenced"
    UNSILENCED = "unsilenced"


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line of an incident's timeline: what happened, when, by whom, and since which version it is so.

    `command` is the id of the command that did it; None where nobody did. `text` is what there is to say: a note, a
    reason, a name.
    """

    at: datetime
    what: Change
    version: int
    by: str = BADBUZZ
    text: str = ""
    command: str | None = None


class Opinion(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody thinks of an incident."""

    by: str
    at: datetime
    verdict: Verdict
    text: str = ""


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """Alerts grouped for people: the newest state of one story. `version` grows by one at each change.

    `severity` is the worst it has been, unless somebody has said otherwise; `severity_parts` are the points that
    added up to the worst (see `detectors.alerting.severity`). `detectors` are those whose alerts are in `alerts`.

    `signals` is what was unusual when its alerts fired; `little_history` says that the brand's habits were hardly
    known then. `signature` is what tells this story from another one of the brand: words, "#hashtags", "link:...",
    "@accounts" and "kind:...".

    `timeline` has every change, and `edits` counts those that people made. `ticked` are the steps of the playbook that
    are done, each with who did it; `opinions` the newest of each person; `silences` those of the brand that people
    began and that concern it, whether or not they are over. `doubt` says what may have faked it, a source that is
    silent, say: as long as it stands nobody is told. `first_response_at` is when one of its complaints was
    first answered, by an account of the brand or, as somebody said, elsewhere. `recorded`: it was found in recorded
    posts and was over, so nobody was told of it; what is on again is so no more.
    """

    id: str
    brand: str
    brand_name: str
    state: IncidentState
    version: int
    onset: datetime
    opened_at: datetime
    updated_at: datetime
    alerts: list[str]
    why: Explanation
    peak_surprise: float
    threshold: float
    detectors: list[str] = []
    signals: list[str] = []
    little_history: bool = False
    resolved_at: datetime | None = None
    severity: Severity = Severity.LOW
    severity_parts: list[SeverityPart] = []
    signature: list[str] = []
    owner: str | None = None
    acknowledged_at: datetime | None = None
    first_response_at: datetime | None = None
    timeline: list[Entry] = []
    edits: int = 0
    ticked: dict[str, str] = {}
    opinions: list[Opinion] = []
    silences: list[Silence] = []
    doubt: str | None = None
    recorded: bool = False

    @property
    def time_to_acknowledge(self) -> timedelta | None:
        """From its opening until somebody looked after it; None as long as nobody has."""
        return _since(self.opened_at, self.acknowledged_at)

    @property
    def time_to_first_response(self) -> timedelta | None:
        """From its opening until a complaint was answered; zero where that had been before."""
        return _since(self.opened_at, self.first_response_at)

    @property
    def time_to_resolution(self) -> timedelta | None:
        """From its opening until it was over; None while it is not."""
        return _since(self.opened_at, self.resolved_at)


def _since(start: datetime, end: datetime | None) -> timedelta | None:
    return None if end is None else max(end - start, timedelta(0))
