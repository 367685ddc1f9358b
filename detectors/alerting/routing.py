"""Who hears of an incident, and why: from brand, topic, kind, severity and hour to teams, the people on duty, and who
is next.

Measured against Alertmanager's routing tree and PagerDuty's schedules, and smaller than both: a list of routes, the
first that fits decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from detectors.model import Incident, Person, Route, Severity, Shift, Silence, StoryKind, Team, Watch

__all__ = ["Facts", "Hearing", "facts_of", "on_duty", "route", "silence_of"]

_MOST_ESCALATIONS: Final = 10
_NONE: Final = "none"


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What routes and silences look at, of an incident.

    `topics` are that which is most spoken of, and others of a third of it or more; `languages` those of a third.
    """

    brand: str
    severity: Severity
    topics: Sequence[str] = ()
    kinds: Sequence[StoryKind] = ()
    languages: Sequence[str] = ()
    incident: str | None = None


class Hearing(msgspec.Struct, frozen=True, kw_only=True):
    """A team that hears of an incident. `after` is how long nobody may have acknowledged it before; 0 hears at once.

    `people` are those on duty, `channels` the team's own and theirs. `why` says which rule sent it there.
    """

    team: Team
    why: str
    after: timedelta
    people: Sequence[Person] = ()

    @property
    def channels(self) -> list[str]:
        """Apprise URLs, each once: they hold secrets."""
        return list(dict.fromkeys([*self.team.notify, *(url for person in self.people for url in person.notify)]))


def facts_of(incident: Incident) -> Facts:
    """What routes look at, of an incident."""
    parts = incident.why.parts.get("topic", [])
    named = [part for part in parts if part.observed and part.name not in (_NONE, "other")]
    languages = incident.why.parts.get("language", [])
    least = incident.why.observed / 3
    return Facts(
        brand=incident.brand,
        severity=incident.severity,
        topics=tuple(one.name for one in named if one is named[0] or one.observed >= least),
        kinds=tuple(story.kind for story in incident.why.stories),
        languages=tuple(one.name for one in languages if one.name != _NONE and 0 < least <= one.observed),
        incident=incident.id,
    )


def route(watch: Watch, facts: Facts, at: datetime) -> list[Hearing]:
    """Who hears of it, in the order of time: at once, then by escalation while nobody acknowledges.

    The first of `watch.routes` that fits decides. Where none does, the team of the topic that is most spoken of; where
    that has none either, every team. `at` is when the incident opened.

    >>> from datetime import UTC
    >>> from detectors.model import Brand, Match, Topic
    >>> boss = Team(id="boss", name="Boss")
    >>> care = Team(id="care", name="Care", escalate_after=timedelta(minutes=15), escalate_to="boss")
    >>> watch = Watch(
    ...     brands=[Brand(id="acme", name="Acme", match=Match(any=["acme"]))],
    ...     topics=[Topic(id="refund", words={"en": ["refund"]}, team="care")],
    ...     teams=[care, boss],
    ...     routes=[Route(teams=["boss"], severity_at_least=Severity.CRITICAL)],
    ... )
    >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> [(one.team.id, one.why, one.after) for one in route(
    ...     watch, Facts(brand="acme", severity=Severity.LOW, topics=["refund"]), noon)]
    [('care', 'topic refund', datetime.timedelta(0)), ('boss', 'not acknowledged', datetime.timedelta(seconds=900))]
    >>> [one.why for one in route(watch, Facts(brand="acme", severity=Severity.CRITICAL), noon)]
    ['routes[0]: severity critical']
    """
    teams = {team.id: team for team in watch.teams}
    first = _first(watch, facts, at)
    hearings: list[Hearing] = []
    waiting = [(timedelta(0), team, why) for team, why in first if team in teams]
    heard: set[str] = set()
    while waiting and len(hearings) < _MOST_ESCALATIONS * max(1, len(first)):
        waiting.sort(key=lambda one: one[0])
        after, name, why = waiting.pop(0)
        if name in heard:
            continue
        heard.add(name)
        team = teams[name]
        hearings.append(Hearing(team=team, why=why, after=after, people=on_duty(team, watch.people, at + after)))
        if team.escalate_after is not None and team.escalate_to in teams:
            waiting.append((after + team.escalate_after, team.escalate_to, "not acknowledged"))
    return hearings


def silence_of(watch: Watch, facts: Facts, at: datetime, *, begun: Sequence[Silence] = ()) -> Silence | None:
    """The silence that keeps an incident from people at a moment: of several the one that ends last.

    Beside those of the configuration there are those that people have `begun`.

    >>> from datetime import UTC
    >>> launch = Silence(comment="launch", until=datetime(2026, 3, 2, 12, tzinfo=UTC), topics=["price"])
    >>> watch = Watch(brands=[], silences=[launch])
    >>> facts = Facts(brand="acme", severity=Severity.LOW, topics=["price"])
    >>> [silence_of(watch, facts, datetime(2026, 3, 2, hour, tzinfo=UTC)) is launch for hour in (11, 12)]
    [True, False]
    """
    found = [
        silence
        for silence in (*watch.silences, *begun)
        if silence.start <= at < silence.until
        and (not silence.incidents or facts.incident in silence.incidents)
        and _same(silence.brands, silence.topics, silence.kinds, facts) is not None
    ]
    return max(found, key=lambda silence: silence.until, default=None)


def on_duty(team: Team, people: Iterable[Person], at: datetime) -> list[Person]:
    """The people of a team's rota at a moment, in the order of the rota; nobody on a day that is a holiday of theirs.

    Shifts are in the team's time zone; one that ends at or before its beginning ends on the next day. A shift with
    `holidays` as its days stands on the team's holidays, when no other does.
    """
    known = {person.id: person for person in people}
    local = at.astimezone(ZoneInfo(team.timezone))
    found: list[str] = []
    for shift in team.rota:
        day = _day_of(shift, local)
        if day is None:
            continue
        holiday = day in team.holidays
        if ("holidays" in shift.days) if holiday else (_DAYS[day.weekday()] in shift.days):
            found += [name for name in shift.people if name in known and not _away(known[name], local.date())]
    return [known[name] for name in dict.fromkeys(found)]


_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _first(watch: Watch, facts: Facts, at: datetime) -> list[tuple[str, str]]:
    brand = next((brand for brand in watch.brands if brand.id == facts.brand), None)
    zone = brand.timezone if brand is not None else "UTC"
    for place, one in enumerate(watch.routes):
        reasons = _fits(one, facts, at.astimezone(ZoneInfo(zone)))
        if reasons is not None:
            told = ", ".join(reasons) or "everything"
            return [(team, f"routes[{place}]: {told}") for team in one.teams]
    owners = {topic.id: topic.team for topic in watch.topics}
    for topic in facts.topics:
        owner = owners.get(topic)
        if owner is not None:
            return [(owner, f"topic {topic}")]
    return [(team.id, "no rule says otherwise") for team in watch.teams]


def _fits(one: Route, facts: Facts, local: datetime) -> list[str] | None:
    """What of a route fits, None where something does not."""
    reasons = _same(one.brands, one.topics, one.kinds, facts)
    if reasons is None:
        return None
    if one.languages:
        spoken = [lang for lang in facts.languages if lang in one.languages]
        if not spoken:
            return None
        reasons.append(f"language {spoken[0]}")
    if one.severity_at_least is not None:
        if not facts.severity.at_least(one.severity_at_least):
            return None
        reasons.append(f"severity {facts.severity}")
    if one.hours is not None:
        if not _within(one.hours, local.hour * 60 + local.minute):
            return None
        reasons.append(f"{local:%H:%M} in the brand's time")
    return reasons


def _same(brands: Sequence[str], topics: Sequence[str], kinds: Sequence[str], facts: Facts) -> list[str] | None:
    """What is asked for and there, None where something that is asked for is not."""
    reasons: list[str] = []
    for name, wanted, given in (
        ("brand", brands, [facts.brand]),
        ("topic", topics, facts.topics),
        ("kind", kinds, facts.kinds),
    ):
        if wanted:
            same = [value for value in given if value in wanted]
            if not same:
                return None
            reasons.append(f"{name} {same[0]}")
    return reasons


def _within(hours: tuple[int, int], minute: int) -> bool:
    start, end = hours
    return start <= minute < end if start < end else minute >= start or minute < end


def _day_of(shift: Shift, local: datetime) -> date | None:
    """The day on which a shift began that is on at this moment."""
    start, end = shift.hours
    minute = local.hour * 60 + local.minute
    if not _within(shift.hours, minute):
        return None
    return local.date() - timedelta(days=1) if start >= end and minute < end else local.date()


def _away(person: Person, day: date) -> bool:
    return any(first <= day <= last for first, last in person.away)
