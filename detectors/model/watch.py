"""What is watched, how, and for whom: a brands.yaml as data."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec

from detectors.model.findings import Severity

__all__ = ["Audience", "Brand", "DigestPlan", "Match", "Person", "Route", "Shift", "Silence", "Team", "Topic", "Watch"]


class Match(msgspec.Struct, frozen=True):
    """Words, @handles and #hashtags that name a brand, and those that say it is something else.

    For a name that means other things too ("Orange"): one of `near` must stand near it, none of `not_near` may.
    """

    any: list[str]
    none: list[str] = []
    near: list[str] = []
    not_near: list[str] = []


class Brand(msgspec.Struct, frozen=True, kw_only=True):
    """A watched brand. `official_accounts` maps a source to the brand's own accounts there.

    A detector is named by its kind, or as a variant of it ("surge:fast"), whose parameters stand under that name
    in `parameters`. The first of `detectors` leads; `shadow_detectors` run beside them and alert nobody.

    `harmless` are words that mean nothing bad here ("killer deal", a product named "Poison"). `stories` are the shares
    from which a wave is of a kind, by kind, where they are not the usual ones. `group` is the brand that this one
    belongs to: a story that is told of both is the group's.
    """

    id: str
    name: str
    match: Match
    official_accounts: dict[str, list[str]] = {}
    timezone: str = "UTC"
    languages: list[str] = msgspec.field(default_factory=lambda: ["en", "fr"])
    competitors: list[str] = []
    false_alarms_per_month: float = 1.0
    detectors: list[str] = msgspec.field(default_factory=lambda: ["surge"])
    shadow_detectors: list[str] = []
    parameters: dict[str, dict[str, int | float]] = {}
    harmless: list[str] = []
    stories: dict[str, float] = {}
    group: str | None = None


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """What people complain about: words by language, and the team that answers for it."""

    id: str
    words: dict[str, list[str]]
    team: str | None = None


class Audience(msgspec.Struct, frozen=True, kw_only=True):
    """A group of authors: by reach, by name (`accounts`, by source), or by what they say they are (`roles`: words)."""

    id: str
    followers_at_least: int | None = None
    accounts: dict[str, list[str]] = {}
    roles: list[str] = []


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """Who of a team is on duty: on these days ("mon" to "sun", "holidays"), from the first to the second minute of
    the day.

    One that ends at or before its beginning ends on the next day.
    """

    days: list[str]
    hours: tuple[int, int] = (0, 1440)
    people: list[str]


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who can be on duty, how they are told, and the days (first and last) on which they are away."""

    id: str
    name: str
    notify: list[str] = []
    language: str = "en"
    timezone: str = "UTC"
    away: list[tuple[date, date]] = []


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """Which teams hear of incidents that are all of this; an empty condition holds for every one.

    `hours` are minutes of the day in the brand's time zone; from a later to an earlier one is over night.
    """

    teams: list[str]
    brands: list[str] = []
    topics: list[str] = []
    kinds: list[str] = []
    languages: list[str] = []
    severity_at_least: Severity | None = None
    hours: tuple[int, int] | None = None


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """Incidents that nobody is told of from `start` to `until`, and why: a planned launch, a story that is known.

    An empty condition holds for every one. They open all the same, and are counted. One that somebody began in the
    console or by command has the `id` of that, and says `by` whom.
    """

    comment: str
    until: datetime
    id: str = ""
    by: str = ""
    start: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    brands: list[str] = []
    topics: list[str] = []
    kinds: list[str] = []
    incidents: list[str] = []


class DigestPlan(msgspec.Struct, frozen=True, kw_only=True):
    """When a team gets a digest: every "day" or "week" (on `day`, "mon" to "sun"), at a minute of the day."""

    every: str
    minute: int = 480
    day: str = "mon"


class Team(msgspec.Struct, frozen=True, kw_only=True):
    """Who answers. `notify` holds Apprise URLs, secrets already filled in from the environment."""

    id: str
    name: str
    notify: list[str] = []
    language: str = "en"
    timezone: str = "UTC"
    rota: list[Shift] = []
    holidays: list[date] = []
    escalate_after: timedelta | None = None
    escalate_to: str | None = None
    digest: DigestPlan | None = None


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """A whole brands.yaml: what is watched, how, and for whom.

    `allowed_lateness` is how long a bucket waits for late posts; `no_data_after` how long a source may
    say nothing before its silence counts as missing data instead of zero mentions. `quiet_between` is the least time
    between two messages of one incident to a channel, if the second can wait; a channel has no more than
    `messages_per_hour`.
    """

    brands: list[Brand]
    topics: list[Topic] = []
    audiences: list[Audience] = []
    teams: list[Team] = []
    people: list[Person] = []
    routes: list[Route] = []
    silences: list[Silence] = []
    allowed_lateness: timedelta = timedelta(seconds=60)
    no_data_after: timedelta = timedelta(hours=2)
    quiet_between: timedelta = timedelta(minutes=10)
    messages_per_hour: int = 30
