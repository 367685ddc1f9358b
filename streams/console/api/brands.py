"""Brands: how they stand, what is said of them, who has to answer, and how good their detectors are."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Final, Literal

import msgspec
from fastapi import Depends
from msgspec import UNSET, Meta, UnsetType
from starlette.responses import Response

from detectors.alerting.routing import on_duty
from detectors.model import Brand, DigestPlan, Person, Route, Shift, Silence, Team, Topic, from_ms, to_ms
from streams.console import insight
from streams.console.api.asking import Asking, Asks, in_thread, query_of
from streams.console.api.document import Operations, answer
from streams.console.api.problems import Refused, Wrong
from streams.console.insight import MOST_DAYS, Detectors, Matrix, Shares
from streams.console.overview import BrandState, brand_states
from streams.console.readmodel.counts import DAY, HOUR, KEEP_S, Counts, series

__all__ = ["Settings", "operations"]

operations = Operations("brands")

_RESOLUTIONS: Final = {"hour": HOUR, "day": DAY}


class Brands(msgspec.Struct, frozen=True, kw_only=True):
    """Every watched brand: what needs a look first."""

    brands: list[BrandState]


class Span(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stretch of time, and how finely it is cut."""

    resolution: Annotated[Literal["hour", "day"], Meta(description="Each span is so long (UTC).")] = "hour"
    since: Annotated[datetime, Meta(tz=True, description="From then on; else 7 days.")] | UnsetType = UNSET
    until: Annotated[datetime, Meta(tz=True, description="Up to then; else now.")] | UnsetType = UNSET


class Days(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The last days."""

    days: Annotated[int, Meta(ge=1, le=MOST_DAYS, description="The last so many.")] = 7


class MatrixQuery(Days, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The last days, of all brands or of one."""

    brand: Annotated[str, Meta(description="Only of this brand.")] | UnsetType = UNSET


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """What was said of a brand, span by span; one of which nothing is known is missing. Spans are kept for 30 days."""

    brand: str
    resolution: str
    since: datetime
    until: datetime
    spans: list[Counts]


class TeamSetting(msgspec.Struct, frozen=True, kw_only=True):
    """A team without its channels, for these hold secrets; `on_duty` are the people who are now."""

    id: str
    name: str
    language: str
    timezone: str
    rota: list[Shift]
    holidays: list[date]
    escalate_after: timedelta | None
    escalate_to: str | None
    digest: DigestPlan | None
    on_duty: list[str]


class PersonSetting(msgspec.Struct, frozen=True, kw_only=True):
    """A person without their channels."""

    id: str
    name: str
    language: str
    timezone: str
    away: list[tuple[date, date]]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What is watched, how, and for whom: brands.yaml without addresses and secrets."""

    now: datetime
    brands: list[Brand]
    topics: list[Topic]
    teams: list[TeamSetting]
    people: list[PersonSetting]
    routes: list[Route]
    silences: list[Silence]


@operations.on("GET", "/brands", "How brands stand", says={200: Brands})
async def list_brands(asking: Asks) -> Response:
    """Every watched brand with its state: firing, elevated, no data, warming up, quiet."""
    return answer(await in_thread(asking.core, lambda core: Brands(brands=brand_states(core.db, core.watch))))


@operations.on("GET", "/brands/{id}/series", "What is said of a brand", query=Span, says={200: Series}, problems=[404])
async def read_series(id: str, asking: Asks, asked: Annotated[Span, Depends(query_of(Span))]) -> Response:
    """Mentions by sentiment and what was foreseen, with their channels, topics and audiences, by hour or day."""
    brand, seconds = _brand(asking, id), _RESOLUTIONS[asked.resolution]
    now_s = asking.core.now_s()
    until_s = now_s if asked.until is UNSET else to_ms(asked.until) // 1000
    since_s = now_s - 7 * DAY if asked.since is UNSET else to_ms(asked.since) // 1000
    # Older ones are not there, though they may not have been thrown away yet.
    since_s = max(since_s, now_s - KEEP_S[seconds])
    return answer(
        Series(
            brand=brand.id,
            resolution=asked.resolution,
            since=from_ms(since_s * 1000),
            until=from_ms(until_s * 1000),
            spans=series(asking.core.db, [brand.id], seconds, since_s - since_s % seconds, until_s),
        )
    )


@operations.on(
    "GET", "/brands/{id}/shares", "A brand against its competitors", query=Days, says={200: Shares}, problems=[404]
)
async def read_shares(id: str, asking: Asks, asked: Annotated[Days, Depends(query_of(Days))]) -> Response:
    """Share of voice, and of what is negative, of a brand and each of its competitors."""
    brand = _brand(asking, id)
    return answer(await in_thread(asking.core, lambda core: insight.shares(core, brand.id, asked.days)))


@operations.on("GET", "/matrix", "Topics against teams", query=MatrixQuery, says={200: Matrix})
async def read_matrix(asking: Asks, asked: Annotated[MatrixQuery, Depends(query_of(MatrixQuery))]) -> Response:
    """Who has to answer for what: complaints, negative mentions, open incidents, and how long first answers take."""
    brand = None if asked.brand is UNSET else asked.brand
    if brand is not None and asking.core.brand(brand) is None:
        raise Refused("invalid", f"brand: {brand}: not watched", Wrong("brand", "Expected a watched brand"))
    return answer(await in_thread(asking.core, lambda core: insight.matrix(core, asked.days, brand)))


@operations.on("GET", "/detectors", "How good detectors are", says={200: Detectors})
async def read_detectors(asking: Asks) -> Response:
    """Measured precision, what it suggests, and false alarms of the last 30 days against the budget."""
    return answer(await in_thread(asking.core, insight.detectors))


@operations.on("GET", "/settings", "What is set", says={200: Settings})
async def read_settings(asking: Asks) -> Response:
    """What is watched, how, and for whom, and who is on duty now. Never an address or a secret."""
    watch, now = asking.core.watch, asking.core.now()
    return answer(
        Settings(
            now=now,
            brands=watch.brands,
            topics=watch.topics,
            teams=[_team(team, watch.people, now) for team in watch.teams],
            people=[
                PersonSetting(id=one.id, name=one.name, language=one.language, timezone=one.timezone, away=one.away)
                for one in watch.people
            ],
            routes=watch.routes,
            silences=watch.silences,
        )
    )


def _team(team: Team, people: list[Person], now: datetime) -> TeamSetting:
    return TeamSetting(
        id=team.id,
        name=team.name,
        language=team.language,
        timezone=team.timezone,
        rota=team.rota,
        holidays=team.holidays,
        escalate_after=team.escalate_after,
        escalate_to=team.escalate_to,
        digest=team.digest,
        on_duty=[person.id for person in on_duty(team, people, now)],
    )


def _brand(asking: Asking, id: str) -> Brand:
    found = asking.core.brand(id)
    if found is None:
        raise Refused("not-found", f"{id}: no such brand")
    return found
