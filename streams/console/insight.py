"""What views and the API work out of the read model: loads of teams, shares of voice, how good detectors are.

Pure functions of a `Core`. What looks at a month of all brands takes a while: give it to a thread, with `Core.reader`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

import msgspec

from detectors.alerting.precision import Precision, Suggestion, precision, suggestions, verdict_of
from detectors.alerting.routing import facts_of, route
from detectors.errors import InputError
from detectors.model import Explanation, Incident, IncidentState, Opinion, Verdict, from_ms
from streams.console.core import Core
from streams.console.readmodel.counts import DAY, HOUR, KEEP_S, Counts, times, totals
from streams.console.readmodel.incidents import open_incidents

__all__ = [
    "MOST_DAYS",
    "NONE",
    "Achieved",
    "Cell",
    "Detectors",
    "Load",
    "Matrix",
    "Share",
    "Shares",
    "TeamLoad",
    "TopicLoad",
    "detectors",
    "matrix",
    "percentile",
    "shares",
]

MOST_DAYS: Final = KEEP_S[DAY] // DAY
"""As far back as the counts go."""
NONE: Final = "none"
"""The topic of what has none."""


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What a topic or a team had to bear: negative mentions, complaints to the brand itself, incidents that are open.

    `answered` and `unanswered` add up to `complaints`. `median_s` and `p90_s` are the seconds within which half and
    nine tenths of the first answers came, None where there were none; a complaint that is never answered is in neither.
    """

    negative: int = 0
    complaints: int = 0
    answered: int = 0
    unanswered: int = 0
    median_s: int | None = None
    p90_s: int | None = None
    open_incidents: int = 0


class TopicLoad(msgspec.Struct, frozen=True, kw_only=True):
    """The load of a topic ("none" without, "other" for rarer ones), and the team that answers for it."""

    topic: str
    team: str | None
    load: Load


class TeamLoad(msgspec.Struct, frozen=True, kw_only=True):
    """The load of a team's topics, and the incidents it hears of; None is nobody's."""

    team: str | None
    name: str
    load: Load


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """A topic and a team that answers for it, or hears at once of so many open incidents that are about it."""

    topic: str
    team: str
    answers_for_it: bool
    open_incidents: int


class Matrix(msgspec.Struct, frozen=True, kw_only=True):
    """Topics against teams, those with the most complaints first; cells that are missing are empty."""

    since: datetime
    until: datetime
    topics: list[TopicLoad]
    teams: list[TeamLoad]
    cells: list[Cell]


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """A brand among its competitors. Shares are 0 to 1, None of nothing.

    `voice` is its part of all mentions of all of them, `of_negative` that of their negative ones; `negativity` is the
    part of its own mentions that is negative. `minutes` are those of which something is known.
    """

    brand: str
    name: str
    mentions: int
    negative: int
    neutral: int
    positive: int
    unknown: int
    minutes: int
    voice: float | None
    of_negative: float | None
    negativity: float | None


class Shares(msgspec.Struct, frozen=True, kw_only=True):
    """A brand, then its competitors as they are configured."""

    since: datetime
    until: datetime
    shares: list[Share]


class Achieved(msgspec.Struct, frozen=True, kw_only=True):
    """What a detector of a brand has done in the last 30 days. `leads`: it alerts; else it runs in the shadow.

    `incidents` were its own, `false` and `unjudged` of them; `per_month` and `false_per_month` are rates by the
    `known_days` of which there are counts, None with less than a day. `budget` is the brand's `false_alarms_per_month`,
    None for what has none: impostors, answers. `shadow_alerts` are those that it would have given.
    """

    brand: str
    detector: str
    is_shadow: bool
    incidents: int
    false: int
    unjudged: int
    known_days: float
    per_month: float | None
    false_per_month: float | None
    budget: float | None
    shadow_alerts: int


class Detectors(msgspec.Struct, frozen=True, kw_only=True):
    """How good detectors are: as people judged all incidents there are, what that suggests, and the last 30 days."""

    precision: list[Precision]
    suggestions: list[Suggestion]
    achieved: list[Achieved]


# ------------------------------------------------------------------------------------------ matrix


def matrix(core: Core, days: int, brand: str | None = None) -> Matrix:
    """Topics against teams over the last days (1 to 30), of all brands or of one."""
    watched = [one.id for one in core.watch.brands if brand in (None, one.id)]
    since_s, now_s = _since(core, days), core.now_s()
    said = _added(_totals(core, watched, since_s).values())
    took = times(core.db, since_s, None if brand is None else watched)
    owners = {topic.id: topic.team for topic in core.watch.topics}
    negative, complaints = said.parts.get("topic", {}), said.parts.get("complaints", {})
    heard = [
        (
            facts.topics or (NONE,),
            [one.team.id for one in route(core.watch, facts, incident.opened_at) if not one.after],
        )
        for incident in open_incidents(core.db)
        if brand in (None, incident.brand)
        for facts in [facts_of(incident)]
    ]
    names = list(
        dict.fromkeys([*owners, *negative, *complaints, *took, *(name for about, _ in heard for name in about)])
    )
    topics = [
        TopicLoad(
            topic=name,
            team=owners.get(name),
            load=_load(negative, complaints, took, [name], sum(name in about for about, _ in heard)),
        )
        for name in names
    ]
    teams = [
        TeamLoad(
            team=team,
            name=title,
            load=_load(
                negative,
                complaints,
                took,
                [name for name in names if owners.get(name) == team],
                sum(team in hearing if team is not None else not hearing for _, hearing in heard),
            ),
        )
        for team, title in [*((one.id, one.name) for one in core.watch.teams), (None, "")]
    ]
    cells = [
        Cell(topic=name, team=team.id, answers_for_it=owners.get(name) == team.id, open_incidents=many)
        for name in names
        for team in core.watch.teams
        for many in [sum(name in about and team.id in hearing for about, hearing in heard)]
        if many or owners.get(name) == team.id
    ]
    return Matrix(
        since=from_ms(since_s * 1000),
        until=from_ms(now_s * 1000),
        topics=sorted(topics, key=lambda one: _heaviest(one.load)),
        teams=sorted(teams, key=lambda one: (one.team is None, *_heaviest(one.load))),
        cells=cells,
    )


def _heaviest(load: Load) -> tuple[int, int, int]:
    return -load.complaints, -load.negative, -load.open_incidents


def _load(
    negative: dict[str, int],
    complaints: dict[str, int],
    took: dict[str, list[int]],
    names: Sequence[str],
    open_incidents: int,
) -> Load:
    all_took = sorted(one for name in names for one in took.get(name, ()))
    complained = sum(complaints.get(name, 0) for name in names)
    # An answer may be to a complaint of before.
    answered = sum(min(len(took.get(name, ())), complaints.get(name, 0)) for name in names)
    return Load(
        negative=sum(negative.get(name, 0) for name in names),
        complaints=complained,
        answered=answered,
        unanswered=complained - answered,
        median_s=percentile(all_took, 50),
        p90_s=percentile(all_took, 90),
        open_incidents=open_incidents,
    )


def percentile(ordered: Sequence[int], hundredths: int) -> int | None:
    """The smallest value that so many hundredths of all are at or below; None of nothing.

    >>> percentile([10, 20, 30, 40], 50), percentile([10, 20, 30, 40], 90), percentile([], 50)
    (20, 40, None)
    """
    return ordered[max(0, -(-len(ordered) * hundredths // 100) - 1)] if ordered else None


# ------------------------------------------------------------------------------------------ shares


def shares(core: Core, brand: str, days: int) -> Shares:
    """A brand against its competitors over the last days (1 to 30). InputError for one that is not watched."""
    own = core.brand(brand)
    if own is None:
        raise InputError(f"{brand}: no such brand")
    since_s = _since(core, days)
    names = {one.id: one.name for one in core.watch.brands}
    rivals = list(dict.fromkeys([own.id, *own.competitors]))
    found = _totals(core, rivals, since_s)
    whole = _added(found.values())
    return Shares(
        since=from_ms(since_s * 1000),
        until=from_ms(core.now_s() * 1000),
        shares=[
            Share(
                brand=id,
                name=names.get(id, id),
                mentions=one.mentions,
                negative=one.negative,
                neutral=one.neutral,
                positive=one.positive,
                unknown=one.unknown,
                minutes=one.minutes,
                voice=_part(one.mentions, whole.mentions),
                of_negative=_part(one.negative, whole.negative),
                negativity=_part(one.negative, one.mentions),
            )
            for id, one in found.items()
        ],
    )


def _part(part: int, whole: int) -> float | None:
    return part / whole if whole else None


# --------------------------------------------------------------------------------------- detectors


def detectors(core: Core) -> Detectors:
    """How good detectors are."""
    since = from_ms(_since(core, MOST_DAYS) * 1000)
    incidents = list(_judged(core))
    rows = precision(incidents, core.watch)
    return Detectors(
        precision=rows,
        suggestions=suggestions(rows, core.watch),
        achieved=_achieved(core, [one for one in incidents if one.opened_at >= since]),
    )


class _Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked at of an incident here: of ten thousand, to read the rest as well takes seconds."""

    id: str
    brand: str
    opened_at: datetime
    detectors: list[str] = []
    opinions: list[Opinion] = []


def _judged(core: Core) -> Iterator[Incident]:
    """All incidents, without their explanations."""
    decode = msgspec.json.Decoder(_Judged).decode
    for row in core.db.execute("SELECT body FROM incidents"):
        one = decode(row["body"])
        at = one.opened_at
        yield Incident(
            id=one.id,
            brand=one.brand,
            brand_name=one.brand,
            state=IncidentState.OPEN,
            version=0,
            onset=at,
            opened_at=at,
            updated_at=at,
            alerts=[],
            why=Explanation(since=at, until=at, observed=0, expected=0.0, first_post=None, top_posts=[]),
            peak_surprise=0.0,
            threshold=0.0,
            detectors=one.detectors,
            opinions=one.opinions,
        )


def _achieved(core: Core, incidents: Iterable[Incident]) -> list[Achieved]:
    of: dict[tuple[str, str], list[Incident]] = {}
    for incident in incidents:
        for detector in dict.fromkeys(incident.detectors):
            of.setdefault((incident.brand, detector), []).append(incident)
    said = _totals(core, [brand.id for brand in core.watch.brands], _since(core, MOST_DAYS))
    achieved = []
    for brand in core.watch.brands:
        known_days = round(said[brand.id].minutes / 1440, 2)
        shadows = said[brand.id].parts.get("shadow", {})
        names = [*brand.detectors, *(name for id, name in of if id == brand.id), *brand.shadow_detectors, *shadows]
        for detector in dict.fromkeys(names):
            own = of.get((brand.id, detector), [])
            verdicts = [verdict_of(incident) for incident in own]
            false = verdicts.count(Verdict.FALSE)
            achieved.append(
                Achieved(
                    brand=brand.id,
                    detector=detector,
                    is_shadow=detector not in brand.detectors and not own,
                    incidents=len(own),
                    false=false,
                    unjudged=verdicts.count(None),
                    known_days=known_days,
                    per_month=_per_month(len(own), known_days),
                    false_per_month=_per_month(false, known_days),
                    budget=brand.false_alarms_per_month if detector in brand.detectors else None,
                    shadow_alerts=shadows.get(detector, 0),
                )
            )
    return achieved


def _per_month(count: int, days: float) -> float | None:
    return round(count * 30 / min(days, 30), 3) if days >= 1 else None


# ------------------------------------------------------------------------------------------ within


def _since(core: Core, days: int) -> int:
    """The hour that began so many days ago, in seconds since 1970."""
    start = core.now_s() - days * DAY
    return start - start % HOUR


def _totals(core: Core, brands: Sequence[str], since_s: int) -> dict[str, Counts]:
    """All that was said of these brands since then: hours up to midnight, then days, for these are far fewer."""
    midnight = since_s + -since_s % DAY
    found = totals(core.db, brands, DAY, midnight, core.now_s())
    for id, one in totals(core.db, brands, HOUR, since_s, midnight).items():
        found[id].merge(one)
    return found


def _added(every: Iterable[Counts]) -> Counts:
    whole = Counts("", 0, 0, parts={})
    for one in every:
        whole.merge(one)
    return whole
