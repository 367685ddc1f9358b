"""The incidents of one brand: alerts grouped for people, their life, and what people do to them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

import msgspec

from detectors.alerting.actions import Act, act
from detectors.alerting.alerts import IMPOSTOR, RESPONSE, is_kept_too_long
from detectors.alerting.likeness import LEAST_WORDS, covers
from detectors.alerting.severity import level, severity_parts
from detectors.model import (
    Alert,
    Answer,
    AnyCommand,
    Brand,
    Change,
    EndSilence,
    Entry,
    Explanation,
    Given,
    Incident,
    IncidentState,
    Outcome,
    Score,
    ScoreStatus,
    Silence,
    StartSilence,
    from_ms,
    to_ms,
)
from detectors.privacy import forget_texts

__all__ = ["IncidentBook", "IncidentBookState"]

KEPT_INCIDENTS: Final = 8
"""Of those that are over; who wants something of an older one is told that it is gone."""
KEPT_FOR: Final = timedelta(days=30)
KEPT_ANSWERS: Final = 64
KEPT_SILENCES: Final = 50
LONGEST_SILENCE: Final = timedelta(days=30)
"""As long as commands are kept; what is to last longer belongs into brands.yaml."""
KEPT_GROWTH: Final = 40
"""Lines of a timeline that say "it grew"; of more, the oldest go. What people did stays."""
MOST_EDITS: Final = 500
MOST_SIGNATURE: Final = 40
_WITHOUT_SCALE: Final = (IMPOSTOR, RESPONSE)
"""Detectors whose surprise says nothing about how bad it is."""


class IncidentBookState(msgspec.Struct):
    """All that is remembered of a brand's incidents.

    `of` says which incident the alert with a key belongs to, `told` how many posts above expectation people were told
    of, `silences` are those that people began. `answers` are the newest, by the id of their command, and `commanded`
    is the offset of the newest command by its partition.
    """

    incidents: dict[str, Incident] = {}
    of: dict[str, str] = {}
    told: dict[str, float] = {}
    silences: list[Silence] = []
    answers: dict[str, Answer] = {}
    commanded: dict[int, int] = {}


class IncidentBook:
    """Every method returns what changed, each incident in a new version.

    An incident opens with an alert, changes when the number of posts has doubled since people were told, when another
    alert joins or somebody does something, and is over with the last of its alerts, or when somebody says so. What
    somebody said is over opens again when it has doubled since, or its alert comes back.
    """

    def __init__(self, brand: Brand, state: IncidentBookState | None = None) -> None:
        self.brand = brand
        self.state = state or IncidentBookState()

    def of(self, key: str) -> Incident | None:
        """The incident that the alert with this key belongs to."""
        return self.state.incidents.get(self.state.of.get(key, ""))

    def newest_first(self) -> list[Incident]:
        """Those that are open and the newest of those that are over."""
        return sorted(self.state.incidents.values(), key=lambda one: (one.updated_at, one.id), reverse=True)

    # ------------------------------------------------------------------------------- by itself

    def attach(
        self,
        key: str,
        alert: Alert,
        *,
        at_ms: int,
        signature: Iterable[str] = (),
        into: str | None = None,
        doubt: str | None = None,
    ) -> Incident:
        """An alert fires: it joins the incident `into`, or that which it was of when it is on again, or opens one."""
        known = self.state.incidents.get(into or "") or self.with_alert(alert)
        if known is None:
            return self._open(key, alert, at_ms, signature, doubt)
        self.state.of[key] = known.id
        changes: dict[str, Any] = {
            "why": alert.why,
            "alerts": list(dict.fromkeys([*known.alerts, alert.id])),
            "detectors": list(dict.fromkeys([*known.detectors, alert.detector])),
            "signals": list(dict.fromkeys([*known.signals, *alert.score.signals])),
            "signature": list(dict.fromkeys([*known.signature, *signature])),
            "doubt": doubt and known.doubt,
        }
        if alert.detector not in _WITHOUT_SCALE and all(name in _WITHOUT_SCALE for name in known.detectors):
            changes |= _scale(alert.score)  # so far without a scale of its own
        if known.state is IncidentState.RESOLVED:
            changes |= {"state": IncidentState.REOPENED, "resolved_at": None}
            return self._change(known, Change.REOPENED, at_ms, text=alert.detector, **changes)
        return self._change(known, Change.JOINED, at_ms, text=alert.detector, **changes)

    def doubled(self, key: str, excess: float) -> bool:
        """Whether the incident of this alert has twice the posts above expectation that people were told of."""
        incident = self.of(key)
        return incident is not None and excess >= 2 * max(1.0, self.state.told.get(incident.id, 0.0))

    def grow(self, key: str, score: Score, why: Explanation, *, at_ms: int) -> list[Incident]:
        """The incident of this alert has grown so much that people hear of it again."""
        incident = self.of(key)
        if incident is None:
            return []
        changes: dict[str, Any] = {"why": why}
        if score.surprise is not None:
            changes["peak_surprise"] = max(incident.peak_surprise, score.surprise)
        what = Change.GREW
        if incident.state is IncidentState.RESOLVED:
            what, changes = Change.REOPENED, {**changes, "state": IncidentState.REOPENED, "resolved_at": None}
        return [self._change(incident, what, at_ms, text=str(why.observed), **changes)]

    def over(self, key: str, alert: Alert, *, firing: Iterable[str], at_ms: int) -> list[Incident]:
        """An alert is over; so is its incident, if none of those that are still `firing` is one of its own."""
        incident = self.of(key)
        if incident is None or any(self.state.of.get(other) == incident.id for other in firing):
            return []
        return self.calm(incident.id, alert.why, at_ms=at_ms)

    def calm(self, name: str, why: Explanation, *, at_ms: int) -> list[Incident]:
        """The story is over by itself: its rhythm is back."""
        incident = self.state.incidents[name]
        if incident.state is IncidentState.RESOLVED:
            return []
        state, at = IncidentState.RESOLVED, from_ms(at_ms)
        return [self._change(incident, Change.CALMED, at_ms, state=state, resolved_at=at, why=why)]

    def cut_off(self, key: str, why: Explanation, *, at_ms: int) -> list[Incident]:
        """The recording ends while this alert is on: how its incident went on is not known."""
        incident = self.of(key)
        if incident is None or incident.state is IncidentState.RESOLVED:
            return []
        state, at, text = IncidentState.RESOLVED, from_ms(at_ms), "the recording ends here"
        return [self._change(incident, Change.RESOLVED, at_ms, text=text, state=state, resolved_at=at, why=why)]

    def sure(self, name: str, *, at_ms: int) -> list[Incident]:
        """Nothing speaks against it any more: people are told now."""
        return [self._change(self.state.incidents[name], Change.SURE, at_ms, doubt=None)]

    def release(self, key: str) -> None:
        """The alert goes on, its story is over: it belongs to no incident any more."""
        self.state.of.pop(key, None)

    def with_alert(self, alert: Alert | None) -> Incident | None:
        """The newest incident that this alert was of."""
        return next((one for one in self.newest_first() if alert is not None and alert.id in one.alerts), None)

    def sign(self, name: str, signature: Iterable[str]) -> None:
        """Know an incident by more; people see it in its next version."""
        incident = self.state.incidents[name]
        known = list(dict.fromkeys([*signature, *incident.signature]))[:MOST_SIGNATURE]
        self.state.incidents[name] = msgspec.structs.replace(incident, signature=known)

    def story_of(self, post: set[str]) -> str:
        """The open incident that a post is of, by what is known of it; "" where there is none, or none is known."""
        on = (one for one in self.newest_first() if one.state is not IncidentState.RESOLVED)
        return next((one.id for one in on if covers(one.signature, post)), "")

    def answered(self, *, at_ms: int, since_ms: int, story: str = "") -> list[Incident]:
        """The brand has answered a complaint of that time and `story`: the first response of that incident.

        Of what was said before it opened, or where too little is known of it, the time alone tells.
        """
        return [
            self._change(incident, Change.ANSWERED, at_ms, first_response_at=from_ms(at_ms))
            for incident in list(self.state.incidents.values())
            if incident.state is not IncidentState.RESOLVED
            and incident.first_response_at is None
            and to_ms(incident.onset) <= since_ms
            and (
                story == incident.id
                or (not story and since_ms < to_ms(incident.opened_at))
                or len(incident.signature) < LEAST_WORDS
            )
        ]

    def forget(self, now_ms: int, *, texts_before_ms: int, firing: Iterable[str] = ()) -> list[Incident]:
        """Let go of what has been over for long; an incident that loses posts is told again, in the same version.

        What somebody said is over is kept while an alert of it is `firing`, and what has been over for less than a day.
        """
        state, told = self.state, list[Incident]()
        for name, incident in list(state.incidents.items()):
            if is_kept_too_long(incident.resolved_at, incident.why, texts_before_ms):
                state.incidents[name] = msgspec.structs.replace(incident, why=forget_texts(incident.why))
                told.append(state.incidents[name])
        over = [one for one in self.newest_first() if one.state is IncidentState.RESOLVED]
        now, needed = from_ms(now_ms), {state.of.get(key) for key in firing}
        for place, one in enumerate(over):
            age = now - one.updated_at
            if one.id not in needed and (age > KEPT_FOR or (place >= KEPT_INCIDENTS and age > timedelta(days=1))):
                state.incidents.pop(one.id)
                state.told.pop(one.id, None)
        state.of = {key: name for key, name in state.of.items() if name in state.incidents}
        state.silences = [silence for silence in state.silences if silence.until > from_ms(now_ms)]
        return told

    # ------------------------------------------------------------------------------- by people

    def command(self, partition: int, given: Given) -> list[Incident | Answer]:
        """What somebody did: the incidents that changed, then the answer. A record that was read before: nothing.

        The same command again gets the same answer, and nothing else.
        """
        state, command = self.state, given.command
        if given.offset <= state.commanded.get(partition, -1):
            return []
        state.commanded[partition] = given.offset
        known = state.answers.get(command.id)
        if known is not None:
            return [known]
        at = from_ms(given.at_ms)
        changed, answer = self._silence(command, at) or self._act(command, at)
        state.answers[command.id] = answer
        if len(state.answers) > KEPT_ANSWERS:
            state.answers = dict(islice(state.answers.items(), len(state.answers) - KEPT_ANSWERS, None))
        return [*changed, answer]

    def _act(self, command: AnyCommand, at: datetime) -> tuple[list[Incident], Answer]:
        incident = self.state.incidents.get(command.incident or "")
        if incident is None:
            gone = f"no such incident, or it has been over for more than {KEPT_FOR.days} days"
            return [], self._answer(command, at, Act(Outcome.GONE, gone), None)
        done = self._refused(incident, command) or act(incident, command, at)
        if done.outcome is Outcome.DONE:
            assert done.entry is not None
            incident = self._edit(incident, done.entry, at, command, done.text, **done.changes)
        changed = [incident] if done.outcome is Outcome.DONE else []
        return changed, self._answer(command, at, done, incident)

    def _refused(self, incident: Incident, command: AnyCommand) -> Act | None:
        if command.if_edits is not None and command.if_edits != incident.edits:
            newest = next((entry for entry in reversed(incident.timeline) if entry.command), None)
            by = f": {newest.by}, {newest.what}" if newest else ""
            return Act(Outcome.CONFLICT, f"somebody has changed it since you looked{by}")
        if incident.edits >= MOST_EDITS:
            return Act(Outcome.IMPOSSIBLE, f"its timeline is full: {MOST_EDITS} changes")
        if any(entry.command == command.id for entry in incident.timeline):
            return Act(Outcome.UNCHANGED, "it was done before")
        return None

    def _silence(self, command: AnyCommand, at: datetime) -> tuple[list[Incident], Answer] | None:
        """What a command on silences does; None if it is none."""
        state = self.state
        match command:
            case StartSilence():
                names = [command.incident] if command.incident is not None else []
                incident = state.incidents.get(command.incident or "")
                problem = self._refused(incident, command) if incident is not None else None
                problem = problem or self._no_silence(command, at, names)
                if problem is not None:
                    return [], self._answer(command, at, problem, None)
                silence = Silence(
                    id=command.id,
                    by=command.by,
                    comment=command.comment,
                    start=command.start or at,
                    until=command.until,
                    brands=[self.brand.id],
                    topics=command.topics,
                    kinds=command.kinds,
                    incidents=names,
                )
                state.silences = [*state.silences, silence]
                what, text = Change.SILENCED, f"until {silence.until.isoformat()}: {silence.comment}"
            case EndSilence():
                found = next((one for one in state.silences if one.id == command.silence and one.until > at), None)
                if found is None:
                    gone = Act(Outcome.GONE, "no such silence, or it is over")
                    return [], self._answer(command, at, gone, None)
                silence = found
                state.silences = [one for one in state.silences if one is not silence]
                what, text = Change.UNSILENCED, silence.comment
            case _:
                return None
        changed = [
            self._edit(incident, what, at, command, text)
            for incident in list(state.incidents.values())
            if (incident.state is not IncidentState.RESOLVED or silence.id in [one.id for one in incident.silences])
            and (not silence.incidents or incident.id in silence.incidents)
            and incident.edits < MOST_EDITS
        ]
        only = state.incidents.get(command.incident or "")
        return changed, self._answer(command, at, Act(Outcome.DONE), only)

    def _no_silence(self, command: StartSilence, at: datetime, names: list[str]) -> Act | None:
        if any(name not in self.state.incidents for name in names):
            return Act(Outcome.GONE, "no such incident, or it has been over for long")
        if command.until <= max(at, command.start or at):
            return Act(Outcome.IMPOSSIBLE, "it would be over before it begins")
        if command.until - at > LONGEST_SILENCE:
            return Act(Outcome.IMPOSSIBLE, f"longer than {LONGEST_SILENCE.days} days")
        if len([one for one in self.state.silences if one.until > at]) >= KEPT_SILENCES:
            return Act(Outcome.IMPOSSIBLE, f"{KEPT_SILENCES} silences of this brand are on")
        return None

    def _answer(self, command: AnyCommand, at: datetime, done: Act, incident: Incident | None) -> Answer:
        return Answer(
            command=command.id,
            brand=self.brand.id,
            incident=command.incident,
            outcome=done.outcome,
            at=at,
            text="" if done.outcome is Outcome.DONE else done.text,
            edits=incident.edits if incident is not None else None,
        )

    # ----------------------------------------------------------------------------------- change

    def _open(self, key: str, alert: Alert, at_ms: int, signature: Iterable[str], doubt: str | None) -> Incident:
        at = from_ms(at_ms)
        incident = Incident(
            id=f"incident-{alert.id}",
            brand=self.brand.id,
            brand_name=self.brand.name,
            state=IncidentState.OPEN,
            version=1,
            onset=alert.onset,
            opened_at=at,
            updated_at=at,
            alerts=[alert.id],
            detectors=[alert.detector],
            why=alert.why,
            signals=alert.score.signals,
            signature=list(signature),
            doubt=doubt,
            timeline=[Entry(at=at, what=Change.OPENED, version=1, text=alert.detector)],
            silences=[one for one in self.state.silences if not one.incidents],
            **_scale(alert.score),
        )
        self.state.of[key] = incident.id
        self.state.told[incident.id] = _excess(alert.why)
        return self._keep(_graded(incident))

    def _change(self, incident: Incident, what: Change, at_ms: int, *, text: str = "", **changes: Any) -> Incident:
        """A new version of what changed by itself. A graver severity is what people hear of first."""
        before = incident.severity
        incident = _graded(msgspec.structs.replace(incident, **changes))
        if what is Change.GREW and incident.severity is not before:
            what, text = Change.WORSENED, incident.severity.value
        self.state.told[incident.id] = max(self.state.told.get(incident.id, 0.0), _excess(incident.why))
        return self._next(incident, Entry(at=from_ms(at_ms), what=what, version=incident.version + 1, text=text))

    def _edit(
        self, incident: Incident, what: Change, at: datetime, command: AnyCommand, text: str, **changes: Any
    ) -> Incident:
        """A new version of what somebody changed."""
        entry = Entry(at=at, what=what, version=incident.version + 1, by=command.by, text=text, command=command.id)
        return self._next(msgspec.structs.replace(incident, edits=incident.edits + 1, **changes), entry)

    def _next(self, incident: Incident, entry: Entry) -> Incident:
        return self._keep(
            msgspec.structs.replace(
                incident,
                version=entry.version,
                recorded=incident.recorded and incident.state is IncidentState.RESOLVED,
                updated_at=max(incident.updated_at, entry.at),
                timeline=_bounded([*incident.timeline, entry]),
                silences=[one for one in self.state.silences if not one.incidents or incident.id in one.incidents],
            )
        )

    def _keep(self, incident: Incident) -> Incident:
        self.state.incidents[incident.id] = incident
        return incident


def _graded(incident: Incident) -> Incident:
    """The incident with its severity, which may rise by itself; when a wave fades, what it was stays told.

    Where somebody has graded it, it rises again when its points reach a level that they had not when that was done.
    """
    parts = severity_parts(incident.why, peak_surprise=incident.peak_surprise, threshold=incident.threshold)
    new = level(parts)
    if not incident.severity_parts:
        return msgspec.structs.replace(incident, severity=new, severity_parts=parts)
    old = level(incident.severity_parts)
    if not new.at_least(old):
        return incident
    severity = incident.severity if new is old or incident.severity.at_least(new) else new
    return msgspec.structs.replace(incident, severity=severity, severity_parts=parts)


def _scale(score: Score) -> dict[str, Any]:
    """How sure the first detector of a wave is, on its own scale."""
    assert score.surprise is not None and score.threshold is not None
    little = score.status is ScoreStatus.LITTLE_HISTORY
    return {"peak_surprise": score.surprise, "threshold": score.threshold, "little_history": little}


def _excess(why: Explanation) -> float:
    return why.observed - why.expected


def _bounded(timeline: list[Entry]) -> list[Entry]:
    own = [entry for entry in timeline if entry.command is None and entry.what is not Change.OPENED]
    if len(own) <= KEPT_GROWTH:
        return timeline
    # In place of the oldest that only say "it grew", or failing these, the oldest of all that nobody did.
    gone = next((entry for entry in own if entry.what is Change.GREW), own[0])
    return [entry for entry in timeline if entry is not gone]
