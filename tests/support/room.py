"""The people of a story: what they do about incidents, and what they are told on their channels.

    s.at("09:20").ack(by="anna").tick("operations-1", by="anna")
    assert [telling for _, telling, _ in s.told("pr/1")] == ["new", "over"]

What they do goes to the brain as commands, each at its time. What they are told is what the real outbox lets out: it
is asked in every minute of the story, and each message arrives at once.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol, Self

from detectors.alerting.outbox import Channel, Outbox
from detectors.model import (
    MINUTE_MS,
    Acknowledge,
    Answer,
    AnyCommand,
    Assign,
    Delivery,
    Feedback,
    Given,
    Grade,
    Incident,
    IncidentState,
    MentionBatch,
    Note,
    Reopen,
    Resolve,
    Respond,
    Severity,
    StartSilence,
    Tick,
    Verdict,
    Watch,
    to_ms,
)
from detectors.monitor import Event
from detectors.partition import PartitionMonitor

__all__ = ["LOG", "Deed", "Deeds", "Heard", "Room", "channels_of"]

LOG = "log"
"""The channel that is nobody's, and hears everything."""


class Heard(NamedTuple):
    """A message as it came."""

    at: datetime
    telling: str
    incident: str


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody does: to the incident of the brand that is `which` in the order of their opening, from 1.

    None is the newest that is open, or the newest of all if none is.
    """

    at: datetime
    kind: type[AnyCommand]
    brand: str
    by: str
    which: int | None = None
    whole_brand: bool = False
    fields: Mapping[str, object] | None = None

    def command(self, id: str, incidents: Sequence[Incident]) -> AnyCommand:
        """The command that does it, among these incidents: every version so far, of any brand."""
        name = None if self.whole_brand else self._incident(incidents)
        return self.kind(id=id, brand=self.brand, by=self.by, incident=name, **(self.fields or {}))  # type: ignore[arg-type]

    def _incident(self, incidents: Sequence[Incident]) -> str:
        newest = {one.id: one for one in incidents if one.brand == self.brand}
        opened = sorted(newest.values(), key=lambda one: one.opened_at)
        assert opened, f"{self.by} would {self.kind.__name__} at {self.at:%H:%M}, but {self.brand} has no incident yet"
        if self.which is not None:
            return opened[self.which - 1].id
        return [*opened, *(one for one in opened if one.state is not IncidentState.RESOLVED)][-1].id


class _Story(Protocol):
    def do(self, deed: Deed) -> None: ...

    def moment(self, time: str) -> datetime: ...

    @property
    def first_brand(self) -> str: ...


class Deeds:
    """What people can do at a moment of a story. `incident` and `brand` say to which (see `Deed`)."""

    at: datetime
    _story: _Story

    def ack(self, *, by: str = "anna", incident: int | None = None, brand: str | None = None) -> Self:
        """Somebody looks after it."""
        return self._do(Acknowledge, by, incident, brand)

    def assign(
        self, to: str | None, *, by: str = "anna", incident: int | None = None, brand: str | None = None
    ) -> Self:
        """It is somebody's."""
        return self._do(Assign, by, incident, brand, to=to)

    def note(self, text: str, *, by: str = "anna", incident: int | None = None, brand: str | None = None) -> Self:
        """Something to know about it."""
        return self._do(Note, by, incident, brand, text=text)

    def respond(
        self, text: str = "", *, by: str = "anna", incident: int | None = None, brand: str | None = None
    ) -> Self:
        """Somebody has answered where nobody listens."""
        return self._do(Respond, by, incident, brand, text=text)

    def tick(
        self, step: str, *, by: str = "anna", done: bool = True, incident: int | None = None, brand: str | None = None
    ) -> Self:
        """A step of the playbook is done."""
        return self._do(Tick, by, incident, brand, step=step, done=done)

    def grade(
        self, severity: str, why: str, *, by: str = "anna", incident: int | None = None, brand: str | None = None
    ) -> Self:
        """It is more or less severe than it seems."""
        return self._do(Grade, by, incident, brand, severity=Severity(severity), why=why)

    def resolve(
        self, why: str = "", *, by: str = "anna", incident: int | None = None, brand: str | None = None
    ) -> Self:
        """It is over, somebody says."""
        return self._do(Resolve, by, incident, brand, why=why)

    def reopen(self, why: str = "", *, by: str = "anna", incident: int | None = None, brand: str | None = None) -> Self:
        """It is not over after all."""
        return self._do(Reopen, by, incident, brand, why=why)

    def feedback(
        self, verdict: str, text: str = "", *, by: str = "anna", incident: int | None = None, brand: str | None = None
    ) -> Self:
        """What somebody thinks of it."""
        return self._do(Feedback, by, incident, brand, verdict=Verdict(verdict), text=text)

    def silence(
        self,
        comment: str,
        *,
        until: str,
        by: str = "anna",
        topics: Sequence[str] = (),
        kinds: Sequence[str] = (),
        whole_brand: bool = False,
        incident: int | None = None,
        brand: str | None = None,
    ) -> Self:
        """Nobody is told of this incident until then, or (`whole_brand`) of any of the brand that is of this."""
        fields = {"comment": comment, "until": self._story.moment(until), "topics": [*topics], "kinds": [*kinds]}
        return self._do(StartSilence, by, incident, brand, whole_brand=whole_brand, **fields)

    def _do(
        self,
        kind: type[AnyCommand],
        by: str,
        incident: int | None,
        brand: str | None,
        *,
        whole_brand: bool = False,
        **fields: object,
    ) -> Self:
        story = self._story
        story.do(Deed(self.at, kind, brand or story.first_brand, by, incident, whole_brand, fields))
        return self


def channels_of(watch: Watch) -> list[Channel]:
    """The log, and the channels of the teams and people as a worker names them: "pr/1", "@anna/1"; one at least."""
    owners = {team.id: team.notify for team in watch.teams} | {f"@{one.id}": one.notify for one in watch.people}
    names = [(owner, number) for owner, urls in owners.items() for number in range(1, max(1, len(urls)) + 1)]
    return [Channel(LOG), *(Channel(f"{owner}/{number}", owner) for owner, number in names)]


class Room:
    """What comes to the people of a story, in the time of the story.

    `heard` is by channel, `quiet` says of what nobody was told and why, `answers` what their deeds came to.
    """

    def __init__(self, watch: Watch) -> None:
        self.heard: dict[str, list[Heard]] = {channel.id: [] for channel in channels_of(watch)}
        self.quiet: list[Delivery] = []
        self.answers: list[Answer] = []
        self._outbox = Outbox(watch, channels_of(watch), rng=random.Random(1))
        self._now_ms = 0
        self._commands = 0

    def does(self, deed: Deed, partition: PartitionMonitor, incidents: Sequence[Incident]) -> list[Event]:
        """Somebody does something; what came of it."""
        number, self._commands = self._commands, self._commands + 1
        command = deed.command(f"c{number}", incidents)
        given = Given(number, to_ms(deed.at), command)
        events = partition.take(MentionBatch(deed.brand, 0, 1, None, commands=[given]))
        self.answers += [event for event in events if isinstance(event, Answer)]
        return events

    def hear(self, incident: Incident) -> None:
        """A version of an incident, at its time."""
        self.until(to_ms(incident.updated_at))
        self._outbox.take(incident, self._now_ms)
        self._send()

    def until(self, now_ms: int) -> None:
        """Time goes on: the outbox is asked in each minute."""
        if self._outbox.followed:
            for minute_ms in range(self._now_ms - self._now_ms % MINUTE_MS + MINUTE_MS, now_ms + 1, MINUTE_MS):
                self._now_ms = minute_ms
                self._send()
        self._now_ms = max(self._now_ms, now_ms)

    def _send(self) -> None:
        while True:
            sends, quiet = self._outbox.start(self._now_ms)
            self.quiet += quiet
            for send in sends:
                told = self._outbox.finish(send, self._now_ms)
                self.heard[send.channel].append(Heard(told.at, send.telling.value, told.incident))
            if not sends:
                return
