"""Who is told what of an incident, and when: each change that matters once to each channel, a crash included.

The outbox decides; it sends nothing and reads no clock. Whoever sends asks what to `start`, makes that durable, sends,
and says how it went (`finish`). After a crash, what had been started and has no result may have arrived or not: a
channel that knows the same message again gets it again, any other does not.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final, NamedTuple

import msgspec

from detectors.alerting.likeness import alike, stems
from detectors.alerting.routing import Hearing, facts_of, on_duty, route, silence_of
from detectors.explanation.words import names_of
from detectors.model import (
    HOUR_MS,
    Change,
    Delivery,
    DeliveryResult,
    Entry,
    Incident,
    IncidentState,
    Telling,
    Watch,
    from_ms,
    to_ms,
)
from detectors.privacy import forget_texts

__all__ = ["ATTEMPTS", "Channel", "Followed", "Outbox", "Send"]

ATTEMPTS: Final = 8
LONGEST_PAUSE_S: Final = 900.0
WAIT_FOR_GROUP_MS: Final = 10 * 60_000
LONG_OVER_MS: Final = 6 * HOUR_MS
"""Until then the story of a group keeps that of its daughters quiet."""
KEPT_INCIDENTS: Final = 500
"""Of those that are over. Of older ones nobody knows any more who was told what."""


class Channel(NamedTuple):
    """A way to somebody: `owner` is a team's id, or "@" and a person's; empty is nobody's, and hears everything.

    `idempotent`: it takes the same message twice and tells people once.
    """

    id: str
    owner: str = ""
    idempotent: bool = False


class Told(msgspec.Struct, frozen=True, array_like=True):
    """The newest version that a channel was told of, and when."""

    version: int
    at_ms: int


class Pending(msgspec.Struct, array_like=True):
    """A message on its way to a channel: how often it was tried, and when it is tried next."""

    version: int
    telling: Telling
    due_ms: int
    attempts: int = 0
    started: bool = False
    maybe: bool = False
    """It may have arrived, though nobody said so."""


class Followed(msgspec.Struct):
    """An incident as it was last heard of, and who was told of it.

    `since_ms` is when people were to hear of it, since it opened or is on again; None while nobody is. `quiet` is the
    version of which it was last said why nobody is told.
    """

    incident: Incident
    told: dict[str, Told] = {}
    pending: dict[str, Pending] = {}
    since_ms: int | None = None
    quiet: int = 0


class Send(NamedTuple):
    """A message to send now."""

    incident: Incident
    channel: str
    telling: Telling
    attempt: int


class Outbox:
    """The messages of any number of incidents to the channels of a `Watch`.

    - **What matters** is told: that it is new, has doubled, is worse, is on again, is over, or is now yours.
    - **Once**: a channel is never told the same version again, and never of a version that is older.
    - **Quiet**: nobody but the log is told while a silence is on or a reason to doubt; what is still so afterwards is
      told then.
    - **Calm**: between two messages of one incident that can wait there is `watch.quiet_between`, and a channel has
      `watch.messages_per_hour` at most; what waits is told in its newest version.
    - **Escalation**: while nobody looks after it, the next team hears when its time has come.
    - **Apart**: what one channel does delays no other. What fails is tried again with growing, jittered pauses,
      `ATTEMPTS` times, and then given up.
    """

    def __init__(self, watch: Watch, channels: Iterable[Channel], *, rng: random.Random | None = None) -> None:
        self.watch = watch
        self.followed: dict[str, Followed] = {}
        self.sent: dict[str, list[int]] = {}
        self.changed: set[str] = set()
        self._channels = {channel.id: channel for channel in channels}
        self._busy: set[str] = set()
        self._rng = rng or random.Random()
        self._groups = {brand.id: brand.group for brand in watch.brands if brand.group is not None}
        self._names = {brand.id: stems(names_of(brand)) for brand in watch.brands if brand.id in self._groups.values()}

    def restore(self, followed: Mapping[str, Followed], sent: Mapping[str, list[int]], now_ms: int) -> list[Delivery]:
        """Go on where an outbox was stopped; what may have been sent and may not is told."""
        self.followed, self.sent = dict(followed), dict(sent)
        told: list[Delivery] = []
        for name, one in self.followed.items():
            for channel, pending in list(one.pending.items()):
                known = self._channels.get(channel)
                if known is None:
                    del one.pending[channel]
                elif pending.started and not known.idempotent:
                    del one.pending[channel]
                    one.told[channel] = Told(pending.version, now_ms)
                    told.append(
                        self._delivery(one, pending, channel, DeliveryResult.UNKNOWN, now_ms, "stopped while sending")
                    )
                pending.maybe = pending.maybe or pending.started
                pending.started = False
                self.changed.add(name)
        return told

    def take(self, incident: Incident, now_ms: int) -> None:
        """A version of an incident; passed over are what was only recorded and what is not newer than the last."""
        if incident.recorded:
            return
        one = self.followed.get(incident.id)
        if one is None:
            one = self.followed[incident.id] = Followed(incident)
        elif incident.version <= one.incident.version:
            return
        one.incident = incident
        if incident.state is IncidentState.RESOLVED:
            one.since_ms = None
        self.changed.add(incident.id)
        self._forget()

    def start(self, now_ms: int) -> tuple[list[Send], list[Delivery]]:
        """What is to be sent now, one message a channel at most, and who is not told for which reason.

        What is started counts as such until `finish`.
        """
        sends: list[Send] = []
        quiet: list[Delivery] = []
        for name, one in self.followed.items():
            over = one.incident.state is IncidentState.RESOLVED
            if over and one.told and not one.pending and self._all_know(one):
                continue
            why = self._quiet(one, now_ms)
            since_ms = None if why is not None or over else one.since_ms or now_ms
            if since_ms != one.since_ms:
                one.since_ms = since_ms
                self.changed.add(name)
            if why is not None and one.quiet < one.incident.version:
                one.quiet = one.incident.version
                self.changed.add(name)
                quiet.append(why)
            hearers = self._hearers(one, now_ms, only_log=why is not None)
            self._drop(one, hearers)
            for channel, first in hearers.items():
                send = self._due(one, channel, first, now_ms)
                if send is not None:
                    sends.append(send)
                    self.changed.add(name)
                    self._busy.add(channel)
        return sends, quiet

    def _drop(self, one: Followed, hearers: Mapping[str, Telling]) -> None:
        """What is on its way to who hears no more, unless it is being sent."""
        for channel, pending in list(one.pending.items()):
            if channel not in hearers and not pending.started:
                del one.pending[channel]
                self.changed.add(one.incident.id)

    def finish(
        self,
        send: Send,
        now_ms: int,
        *,
        failure: str | None = None,
        again: bool = False,
        after_s: float = 0.0,
        maybe: bool = False,
    ) -> Delivery:
        """How it went: delivered, or a `failure` that may be tried `again`, not before `after_s` seconds.

        What arrived `maybe` is tried again only where that is told once all the same.
        """
        one = self.followed[send.incident.id]
        pending = one.pending[send.channel]
        pending.started = False
        pending.maybe = pending.maybe or maybe
        self._busy.discard(send.channel)
        self.changed.add(send.incident.id)
        lost = maybe and not self._channels[send.channel].idempotent
        if failure is not None and again and not lost and pending.attempts < ATTEMPTS:
            pause_s = min(4.0 ** (pending.attempts - 1), LONGEST_PAUSE_S) * (0.5 + self._rng.random())
            pending.due_ms = now_ms + round(1000 * max(pause_s, after_s))
            return self._delivery(one, pending, send.channel, DeliveryResult.FAILED, now_ms, failure)
        del one.pending[send.channel]
        one.told[send.channel] = Told(send.incident.version, now_ms)
        if failure is not None:
            result = DeliveryResult.UNKNOWN if lost else DeliveryResult.GIVEN_UP
            return self._delivery(one, pending, send.channel, result, now_ms, failure)
        self.sent[send.channel] = [*self._sent_lately(send.channel, now_ms), now_ms]
        return self._delivery(one, pending, send.channel, DeliveryResult.DELIVERED, now_ms, "")

    @property
    def waiting(self) -> int:
        """Messages that are not delivered yet: tried again later, or being sent."""
        return sum(len(one.pending) for one in self.followed.values())

    # ------------------------------------------------------------------------------------- who

    def _hearers(self, one: Followed, now_ms: int, *, only_log: bool) -> dict[str, Telling]:
        """The channels that hear of it by now, and what each is told if it is the first time.

        Who has heard of it hears the rest of it. So does who has it; of that they are told if somebody gave it to them.
        """
        hearers = {channel.id: Telling.NEW for channel in self._channels.values() if not channel.owner}
        if only_log:
            return hearers
        owners: dict[str, Telling] = dict.fromkeys(self._owner(one.incident), Telling.ASSIGNED)
        for hearing, telling in self._due_hearings(one, now_ms):
            for owner in (hearing.team.id, *(f"@{person.id}" for person in hearing.people)):
                owners.setdefault(owner, telling)
        for channel in self._channels.values():
            if channel.owner in owners:
                hearers[channel.id] = owners[channel.owner]
            elif channel.id in one.told or channel.id in one.pending:
                hearers[channel.id] = Telling.NEW
        return hearers

    def _due_hearings(self, one: Followed, now_ms: int) -> list[tuple[Hearing, Telling]]:
        """Who is to hear by now: at once, or since nobody looked after it. While nobody does, who is on duty now."""
        if one.since_ms is None:
            return []
        waits, waited = one.incident.state.waits, timedelta(milliseconds=now_ms - one.since_ms)
        found: list[tuple[Hearing, Telling]] = []
        for hearing in route(self.watch, facts_of(one.incident), from_ms(one.since_ms)):
            if hearing.after and not (waits and hearing.after <= waited):
                continue
            if waits:
                people = on_duty(hearing.team, self.watch.people, from_ms(now_ms))
                hearing = msgspec.structs.replace(hearing, people=people)
            found.append((hearing, Telling.ESCALATED if hearing.after else Telling.NEW))
        return found

    def _owner(self, incident: Incident) -> set[str]:
        """The owners of channels whom an incident is assigned to, if it is somebody of the configuration."""
        name = (incident.owner or "").removeprefix("@")
        teams = {team.id for team in self.watch.teams if name in (team.id, team.name)}
        return teams | {f"@{person.id}" for person in self.watch.people if name in (person.id, person.name)}

    def _all_know(self, one: Followed) -> bool:
        return all(told.version >= one.incident.version or not self._news(one, told) for told in one.told.values())

    # ------------------------------------------------------------------------------- what, when

    def _due(self, one: Followed, channel: str, first: Telling, now_ms: int) -> Send | None:
        """What this channel is to be told now, if anything: the newest version."""
        if channel in self._busy:
            return None
        pending = one.pending.get(channel)
        telling = self._telling(one, channel, first, now_ms)
        if telling is None:
            one.pending.pop(channel, None)
            return None
        if pending is None:
            told = one.told.get(channel)
            between_ms = round(self.watch.quiet_between.total_seconds() * 1000)
            if told is not None and telling.can_wait and now_ms - told.at_ms < between_ms:
                return None
        elif now_ms < pending.due_ms:
            return None
        if self._channels[channel].owner and self._is_full(channel, now_ms):
            return None
        attempts = pending.attempts if pending is not None and pending.version == one.incident.version else 0
        maybe = pending is not None and pending.maybe
        one.pending[channel] = Pending(one.incident.version, telling, now_ms, attempts + 1, started=True, maybe=maybe)
        return Send(one.incident, channel, telling, attempts + 1)

    def _is_full(self, channel: str, now_ms: int) -> bool:
        return len(self._sent_lately(channel, now_ms)) >= self.watch.messages_per_hour

    def _sent_lately(self, channel: str, now_ms: int) -> list[int]:
        """When it was told something within the last hour."""
        return [at_ms for at_ms in self.sent.get(channel, ()) if now_ms - at_ms < HOUR_MS]

    def _telling(self, one: Followed, channel: str, first: Telling, now_ms: int) -> Telling | None:
        """What there is to tell this channel; None if it knows. `first` if it was never told."""
        told, incident, owner = one.told.get(channel), one.incident, self._channels[channel].owner
        if told is not None:
            return self._news(one, told, owner)
        if incident.state is IncidentState.RESOLVED and owner:
            # Who never heard of it need not hear that it is over; who may have, has to.
            return Telling.OVER if channel in one.pending and one.pending[channel].maybe else None
        if first is Telling.ASSIGNED and not any(entry.what is Change.ASSIGNED for entry in incident.timeline):
            one.told[channel] = Told(incident.version, now_ms)  # they took it themselves
            self.changed.add(incident.id)
            return None
        return first

    def _news(self, one: Followed, told: Told, owner: str = "") -> Telling | None:
        entries = [entry for entry in one.incident.timeline if entry.version > told.version]
        changes = {entry.what for entry in entries}
        if one.incident.state is IncidentState.RESOLVED:
            return Telling.OVER if changes & {Change.RESOLVED, Change.CALMED} else None
        if Change.REOPENED in changes:
            return Telling.REOPENED
        if Change.ASSIGNED in changes and owner and owner in self._owner(one.incident):
            return Telling.ASSIGNED
        if Change.WORSENED in changes:
            return Telling.WORSE
        if any(_brings_a_kind(entry) for entry in entries):
            return Telling.JOINED
        return Telling.GREW if Change.GREW in changes else None

    # ----------------------------------------------------------------------------------- quiet

    def _quiet(self, one: Followed, now_ms: int) -> Delivery | None:
        """Why nobody is told of it now, if there is a reason."""
        incident = one.incident
        silence = silence_of(self.watch, facts_of(incident), from_ms(now_ms), begun=incident.silences)
        if silence is not None:
            text = f"until {silence.until.isoformat()}: {silence.comment}"
            return self._delivery(one, None, "", DeliveryResult.SILENCED, now_ms, text)
        if incident.doubt:
            return self._delivery(one, None, "", DeliveryResult.INHIBITED, now_ms, incident.doubt)
        if self._waits_for_group(incident, now_ms):
            return self._delivery(
                one, None, "", DeliveryResult.INHIBITED, now_ms, "its group is named: it may be theirs"
            )
        group = self._group_incident(incident, now_ms)
        if group is not None:
            return self._delivery(one, None, "", DeliveryResult.INHIBITED, now_ms, f"the same story as {group.id}")
        return None

    def _names_group(self, incident: Incident) -> bool:
        """Whether the group's name is what tells this story of its daughter."""
        group = self._groups.get(incident.brand)
        return group is not None and not stems(incident.signature).isdisjoint(self._names[group])

    def _waits_for_group(self, incident: Incident, now_ms: int) -> bool:
        """Whether the group, which is named in it, may still get an incident of its own of the same story."""
        waits = now_ms - to_ms(incident.opened_at) < WAIT_FOR_GROUP_MS
        return waits and self._names_group(incident) and self._group_incident(incident, now_ms) is None

    def _group_incident(self, incident: Incident, now_ms: int) -> Incident | None:
        """The incident of the brand's group that tells the same story, or is named in it, if it is not long over."""
        group = self._groups.get(incident.brand)
        if group is None:
            return None
        named = self._names_group(incident)
        return next(
            (
                other.incident
                for other in self.followed.values()
                if other.incident.brand == group
                and not other.incident.doubt
                and not _is_long_over(other.incident, now_ms)
                and (named or alike(other.incident.signature, incident.signature))
            ),
            None,
        )

    # ---------------------------------------------------------------------------------- memory

    def _forget(self) -> None:
        """Keep no text of what is over and told, and nothing of the oldest."""
        over = [one for one in self.followed.values() if one.incident.state is IncidentState.RESOLVED]
        for one in over[: max(0, len(over) - KEPT_INCIDENTS)]:
            if not one.pending:
                del self.followed[one.incident.id]
                self.changed.add(one.incident.id)

    def trim(self) -> None:
        """Let go of the posts of what is over and of which everybody knows."""
        for name, one in self.followed.items():
            over = one.incident.state is IncidentState.RESOLVED and not one.pending and self._all_know(one)
            if over and (one.incident.why.top_posts or one.incident.why.first_post):
                one.incident = msgspec.structs.replace(one.incident, why=forget_texts(one.incident.why))
                self.changed.add(name)

    def _delivery(
        self,
        one: Followed,
        pending: Pending | None,
        channel: str,
        result: DeliveryResult,
        now_ms: int,
        text: str,
    ) -> Delivery:
        return Delivery(
            incident=one.incident.id,
            brand=one.incident.brand,
            version=pending.version if pending is not None else one.incident.version,
            result=result,
            at=from_ms(now_ms),
            channel=channel,
            telling=pending.telling if pending is not None else None,
            text=text,
        )


def _is_long_over(incident: Incident, now_ms: int) -> bool:
    return incident.resolved_at is not None and now_ms - to_ms(incident.resolved_at) > LONG_OVER_MS


def _brings_a_kind(entry: Entry) -> bool:
    """Whether an alert joined that says something that was not known, not only the same by another detector."""
    return entry.what is Change.JOINED and entry.text in _OF_A_KIND


_OF_A_KIND: Final[Sequence[str]] = ("impostor", "response")
