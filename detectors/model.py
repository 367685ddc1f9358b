"""The words of badbuzz as data: frozen structs that go over the wire and into the brain.

Times inside the brain are whole milliseconds since 1970 in UTC (`..._ms`); at the edge (posts, alerts,
incidents, reports) they are timezone-aware datetimes. `to_ms` and `from_ms` are the only crossing.
"""

from __future__ import annotations

import enum
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec

__all__ = [
    "MINUTE_MS",
    "Alert",
    "AlertState",
    "Audience",
    "Brand",
    "Bucket",
    "BucketStatus",
    "Explanation",
    "Gap",
    "Incident",
    "IncidentState",
    "Language",
    "Match",
    "Mention",
    "MentionBatch",
    "Post",
    "PostDate",
    "Score",
    "ScoreStatus",
    "Sentiment",
    "Team",
    "TopPost",
    "Topic",
    "Watch",
    "from_ms",
    "to_ms",
]

MINUTE_MS = 60_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970 in UTC of an aware datetime.

    >>> to_ms(datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC))
    1500
    """
    return round(moment.timestamp() * 1000)


def from_ms(ms: int) -> datetime:
    """The aware datetime of milliseconds since 1970.

    >>> from_ms(1500).isoformat()
    '1970-01-01T00:00:01.500000+00:00'
    """
    return _EPOCH + timedelta(milliseconds=ms)


# ------------------------------------------------------------------------------------------- posts


class Sentiment(enum.StrEnum):
    """How a text speaks of a brand; UNKNOWN where nobody could tell (another language, no words)."""

    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"
    UNKNOWN = "unknown"


class Language(enum.StrEnum):
    """The languages badbuzz reads, and all the others as one."""

    ENGLISH = "en"
    FRENCH = "fr"
    OTHER = "other"


PostDate = Annotated[datetime, msgspec.Meta(tz=True)]


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """One post as it comes from a topic or a file (JSON, unknown fields are ignored).

    `followers` and `reposts` are counts; `sentiment` is a provider's own judgement, taken before ours.
    """

    id: str
    source: str
    text: str
    created_at: PostDate
    author: str | None = None
    lang: str | None = None
    followers: int | None = None
    reposts: int | None = None
    repost_of: str | None = None
    reply_to: str | None = None
    url: str | None = None
    sentiment: Sentiment | None = None


class Mention(msgspec.Struct, frozen=True, array_like=True):
    """What the monitor needs to know of one post that speaks of one brand.

    `offset` is the post's place in its source partition, `watermark_ms` the watermark of that partition
    once this post had arrived there: with it, how posts were cut into batches changes nothing. `key` is a
    64-bit hash of (source, id). Only negative mentions carry their text, for the explanation.
    """

    offset: int
    event_ms: int
    watermark_ms: int
    key: int
    source: str
    sentiment: Sentiment
    author: str | None = None
    followers: int = 0
    reposts: int = 0
    is_repost: bool = False
    id: str | None = None
    text: str | None = None
    url: str | None = None


class Gap(msgspec.Struct, frozen=True, array_like=True):
    """A span in which a source said nothing at all in one partition; `end_ms` is None while it lasts.

    A gap that starts and ends at once only says that the partition carries the source.
    """

    source: str
    start_ms: int
    end_ms: int | None = None


class MentionBatch(msgspec.Struct, frozen=True, array_like=True):
    """One record of the `mentions` topic: a brand's mentions out of one ingest batch.

    With `brand` None it only carries the time: a heartbeat. `partition` is the source partition, one of
    `partitions`; `watermark_ms` is its watermark after the batch, None while it has never spoken, and
    `idle` says that it has nothing more to read at the moment. `gaps` are silences of sources found since.
    """

    brand: str | None
    partition: int
    partitions: int
    watermark_ms: int | None
    idle: bool = False
    gaps: list[Gap] = []
    mentions: list[Mention] = []


# ----------------------------------------------------------------------------------- configuration


class Match(msgspec.Struct, frozen=True):
    """Words, @handles and #hashtags that name a brand, and those that say it is something else."""

    any: list[str]
    none: list[str] = []


class Brand(msgspec.Struct, frozen=True, kw_only=True):
    """A watched brand. `official_accounts` maps a source to the brand's own accounts there."""

    id: str
    name: str
    match: Match
    official_accounts: dict[str, list[str]] = {}
    timezone: str = "UTC"
    languages: list[str] = msgspec.field(default_factory=lambda: ["en", "fr"])
    competitors: list[str] = []
    false_alarms_per_month: float = 1.0
    detectors: list[str] = msgspec.field(default_factory=lambda: ["surge"])


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """What people complain about: words by language, and the team that answers for it."""

    id: str
    words: dict[str, list[str]]
    team: str | None = None


class Audience(msgspec.Struct, frozen=True, kw_only=True):
    """A group of authors by reach."""

    id: str
    followers_at_least: int


class Team(msgspec.Struct, frozen=True, kw_only=True):
    """Who answers. `notify` holds Apprise URLs, secrets already filled in from the environment."""

    id: str
    name: str
    notify: list[str] = []
    escalate_after: timedelta | None = None
    escalate_to: str | None = None


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """A whole brands.yaml: what is watched, how, and for whom.

    `allowed_lateness` is how long a bucket waits for late posts; `no_data_after` how long a source may
    say nothing before its silence counts as missing data instead of zero mentions.
    """

    brands: list[Brand]
    topics: list[Topic] = []
    audiences: list[Audience] = []
    teams: list[Team] = []
    allowed_lateness: timedelta = timedelta(seconds=60)
    no_data_after: timedelta = timedelta(hours=2)


# ----------------------------------------------------------------------------- what the brain says


class ScoreStatus(enum.StrEnum):
    """Whether a score says anything: warming up and no data are answers, not 0.0."""

    OK = "ok"
    WARMING_UP = "warming_up"
    NO_DATA = "no_data"


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """A detector's opinion of a series at one moment.

    `surprise` and `threshold` share the detector's own scale (Gumbel units for surge); None unless OK.
    `observed` and `expected` are the weighted counts that were compared; `expected_per_min` is the
    baseline of the bucket in negative mentions per minute.
    """

    status: ScoreStatus
    surprise: float | None = None
    threshold: float | None = None
    observed: float = 0.0
    expected: float = 0.0
    expected_per_min: float = 0.0

    @property
    def exceeds(self) -> bool:
        """Whether this score is worth an alert."""
        return self.surprise is not None and self.threshold is not None and self.surprise > self.threshold


class BucketStatus(enum.StrEnum):
    """Whether the counts of a bucket can be believed."""

    COUNTED = "counted"
    NO_DATA = "no_data"


class Bucket(msgspec.Struct, frozen=True, kw_only=True):
    """One minute of one brand, closed: the record of `brand-signals`.

    `negative_by_channel` adds up to `negative`. Of a span without data only the first bucket is told.
    """

    brand: str
    start: datetime
    seconds: int
    status: BucketStatus
    negative: int = 0
    neutral: int = 0
    positive: int = 0
    unknown: int = 0
    negative_by_channel: dict[str, int] = {}
    scores: dict[str, Score] = {}


class TopPost(msgspec.Struct, frozen=True, kw_only=True):
    """A post worth reading first."""

    id: str
    source: str
    text: str
    created_at: datetime
    author: str | None = None
    url: str | None = None
    followers: int = 0
    reposts: int = 0


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Why an alert fired: counts since the onset, whose parts add up.

    sum(by_channel.values()) == originals + reposts == observed, in negative mentions since `since`;
    `expected` is what the baseline foresaw for the same span. `doubling_minutes` is None where the wave
    does not grow or is too young to say.
    """

    since: datetime
    until: datetime
    observed: int
    expected: float
    by_channel: dict[str, int]
    originals: int
    reposts: int
    first_post: TopPost | None
    top_posts: list[TopPost]
    doubling_minutes: float | None


class AlertState(enum.StrEnum):
    """The life of an alert."""

    FIRING = "firing"
    RESOLVED = "resolved"


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """A detector's finding, published at each change of state. `id` is derived from brand, detector and onset."""

    id: str
    brand: str
    detector: str
    state: AlertState
    onset: datetime
    at: datetime
    score: Score
    why: Explanation
    resolved_at: datetime | None = None


class IncidentState(enum.StrEnum):
    """The life of an incident."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """Alerts grouped for people: the newest state of one story. `version` grows by one at each change."""

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
    resolved_at: datetime | None = None
