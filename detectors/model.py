"""The words of badbuzz as data: frozen structs that go over the wire and into the brain.

Times inside the brain are whole milliseconds since 1970 in UTC (`..._ms`); at the edge (posts, alerts,
incidents, reports) they are timezone-aware datetimes. `to_ms` and `from_ms` are the only crossing.
"""

from __future__ import annotations

import enum
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
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
    "Growth",
    "Incident",
    "IncidentState",
    "Language",
    "Marks",
    "Match",
    "Mention",
    "MentionBatch",
    "MinuteCounts",
    "Part",
    "Person",
    "Post",
    "PostDate",
    "Range",
    "Route",
    "Score",
    "ScoreStatus",
    "Sentiment",
    "Severity",
    "SeverityPart",
    "ShadowAlert",
    "Shift",
    "Silence",
    "Story",
    "StoryKind",
    "Team",
    "TimelinePoint",
    "TopPost",
    "Topic",
    "Watch",
    "Word",
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


@lru_cache(maxsize=64)
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

    `followers` and `reposts` are counts; `sentiment` is a provider's own judgement, taken before ours. `reply_to`,
    `repost_of` and `quote_of` are ids of posts, `reply_to_author` and `quoted_author` the accounts that wrote them,
    `quoted_text` what was quoted. `author_name`, `author_bio` and `author_since` are the author's display name, what
    they say of themselves, and when the account was made.
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
    reply_to_author: str | None = None
    quote_of: str | None = None
    quoted_author: str | None = None
    quoted_text: str | None = None
    author_name: str | None = None
    author_bio: str | None = None
    author_since: PostDate | None = None
    url: str | None = None
    sentiment: Sentiment | None = None


class Marks(msgspec.Struct, frozen=True, array_like=True):
    """What a mention has to do with the story that is told of a brand, beside being negative or not.

    Names are folded and bounded in number and length. `prints` are those of its text: two texts that share one are
    nearly the same (see `detectors.text.copies`). `accounts` are those it answers, names or quotes, without the
    brand's own; `links` the pages, pictures or videos it points at; `own_hashtags` the brand's hashtags in it, or
    parodies of them; `rivals` ids of competitors it names; `subjects` what it speaks of ("operations" ...).
    `addressed`: it speaks to the brand, whose account it names or answers; `reply_to` is the post it answers.
    `official`: an account of the brand wrote it, so it is counted nowhere. `looks_like` is the official account that
    the author's could be taken for. `young`: the account was made within the last month. `ironic`: it says the
    contrary of what it means.
    """

    prints: tuple[int, ...] = ()
    accounts: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    own_hashtags: tuple[str, ...] = ()
    rivals: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    reply_to: str | None = None
    addressed: bool = False
    official: bool = False
    looks_like: str | None = None
    young: bool = False
    ironic: bool = False


class Mention(msgspec.Struct, frozen=True, array_like=True):
    """What the monitor needs to know of one post that speaks of one brand.

    `offset` is the post's place in its source partition, `watermark_ms` the watermark of that partition
    once this post had arrived there: with it, how posts were cut into batches changes nothing. `key` is a
    64-bit hash of (source, id). Only negative mentions, and those of an impostor, carry their text and the rest of
    what an explanation needs: `topics` are ids in the order of the configuration, `audience` is the id of the author's
    group (see `Audience`), `hashtags` are folded, each with its "#". `marks` is None where there is nothing to mark.
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
    topics: tuple[str, ...] = ()
    audience: str | None = None
    hashtags: tuple[str, ...] = ()
    marks: Marks | None = None


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


class MinuteCounts(msgspec.Struct, frozen=True, array_like=True):
    """What one minute of one brand brought: what detectors see.

    `negative` mentions, those of them by `authors` that were not counted in the hour before, `mentions` of any
    sentiment, and the `reposts` among the negative ones.
    """

    negative: int = 0
    authors: int = 0
    mentions: int = 0
    reposts: int = 0

    @classmethod
    def bare(cls, count: int) -> MinuteCounts:
        """A count of which nothing more is known: each by an author of its own, nothing else said, no repost.

        >>> MinuteCounts.bare(3)
        MinuteCounts(negative=3, authors=3, mentions=3, reposts=0)
        """
        return cls(count, count, count, 0)


# ----------------------------------------------------------------------------------- configuration


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
    from which a wave is of a kind, by kind, where they are not the usual ones.
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


class Severity(enum.StrEnum):
    """How bad an incident is.

    >>> Severity.CRITICAL.at_least(Severity.HIGH), Severity.LOW.at_least(Severity.MEDIUM)
    (True, False)
    """

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    def at_least(self, other: Severity) -> bool:
        """Whether it is as bad as another, or worse."""
        order = list(Severity)
        return order.index(self) >= order.index(other)


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
    severity_at_least: Severity | None = None
    hours: tuple[int, int] | None = None


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """Incidents that nobody is told of from `start` to `until`, and why: a planned launch, a story that is known.

    An empty condition holds for every one. They open all the same, and are counted.
    """

    comment: str
    until: datetime
    start: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    brands: list[str] = []
    topics: list[str] = []
    kinds: list[str] = []


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


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """A whole brands.yaml: what is watched, how, and for whom.

    `allowed_lateness` is how long a bucket waits for late posts; `no_data_after` how long a source may
    say nothing before its silence counts as missing data instead of zero mentions.
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


# ----------------------------------------------------------------------------- what the brain says


class ScoreStatus(enum.StrEnum):
    """Whether a score says anything: warming up and no data are answers, not 0.0.

    LITTLE_HISTORY is a score against habits that are hardly known: only the unmistakable exceeds its threshold.
    """

    OK = "ok"
    LITTLE_HISTORY = "little_history"
    WARMING_UP = "warming_up"
    NO_DATA = "no_data"


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """A detector's opinion of a series at one moment.

    `surprise` and `threshold` share the detector's own scale (Gumbel units for surge); None while it is
    WARMING_UP or has NO_DATA. `observed` and `expected` are the weighted counts that were compared;
    `expected_per_min` is the baseline of the bucket in negative mentions per minute. `signals` names what
    is unusual, where a detector looks at more than one series and the score exceeds.
    """

    status: ScoreStatus
    surprise: float | None = None
    threshold: float | None = None
    observed: float = 0.0
    expected: float = 0.0
    expected_per_min: float = 0.0
    signals: list[str] = []

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


class Range(msgspec.Struct, frozen=True, kw_only=True):
    """A number that is not known yet: its median, and what it stays within in half and in nine tenths of the cases."""

    median: float
    low_50: float
    high_50: float
    low_90: float
    high_90: float


class Growth(msgspec.Struct, frozen=True, kw_only=True):
    """How fast a wave grows, and where to. `too_early` until there are enough posts: then nothing else is said.

    `doubling_minutes` is None where the wave does not grow; `branching_ratio` is the mean number of posts that
    one post brings (1 and above: it feeds itself); `next_hour` counts the negative mentions of the next hour,
    `peak_hour` those of the busiest hour that has been, in the minutes kept, or comes within twelve hours.
    """

    too_early: bool = True
    doubling_minutes: float | None = None
    branching_ratio: float | None = None
    next_hour: Range | None = None
    peak_hour: Range | None = None


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What one channel, one topic, one group of authors ... has to do with a run, in negative mentions.

    `expected` is a whole number of 256ths: sums of those have no rounding error.
    """

    name: str
    observed: int
    expected: float

    @property
    def excess(self) -> float:
        """Observed above expected; below 0 where less was said than usual."""
        return self.observed - self.expected


class TimelinePoint(msgspec.Struct, frozen=True, array_like=True):
    """Five minutes of a brand: what was counted, what the baseline foresaw, and the range of an ordinary count.

    All in negative mentions in the five minutes from `at` on; the newest five may not be over. Nine of ten
    ordinary counts lie within `low` and `high`, both included.
    """

    at: datetime
    observed: int
    expected: float
    low: int
    high: int


class StoryKind(enum.StrEnum):
    """What kind of story a wave is; it may be several."""

    HIJACKED_HASHTAG = "hijacked-hashtag"
    RALLY = "rally"
    ONE_LINK = "one-link"
    IMPOSTOR = "impostor"
    UNANSWERED = "unanswered"
    BRIGADE = "brigade"
    COPY_PASTE = "copy-paste"
    RIVAL = "rival"
    OPERATIONS = "operations"
    PRODUCT = "product"
    CONDUCT = "conduct"
    ADVERTISING = "advertising"


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of story that a wave is, with its evidence: `posts` of the `of` that were looked at make it so.

    `share` is what was held against `threshold`, both 0 to 1. `subject` is the hashtag, account, link or brand it
    is about, None where there is none: strangers' words, to be shown as such. `facts` are numbers that tell it, by
    name ("authors", "minutes" ...).
    """

    kind: StoryKind
    share: float
    threshold: float
    posts: int
    of: int
    subject: str | None = None
    facts: dict[str, float] = {}


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """A word or a #hashtag that a run says more often than the brand's usual negative talk does.

    `posts` of the run that were read have it; `z` is its log-odds ratio in standard errors.
    """

    word: str
    posts: int
    z: float


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Why an alert fired: what was said since the onset, against what is usual, in parts that add up.

    Counts are of negative mentions from `since` to `until`; `expected` is what the baseline foresaw for the same
    span. `parts` cuts them in several ways, by dimension: "channel", "topic", "audience", "authors", "hashtag" and
    "kind". Each mention is in exactly one part of each dimension, so that of every dimension the sums of `observed`,
    `expected` and `excess` are the totals, to the last bit. A mention with several topics or hashtags is in the
    part of its first; "none" has those without any, "other" those of rarer names.

    `authors` are the different authors since the onset and `reach` the sum of their followers, each counted once; both
    are at least that many if `at_least`. Posts without an author add nothing to either.

    `stories` are the kinds of story it is, the plainest first; `titles` say it in one line, by language ("en", "fr").
    """

    since: datetime
    until: datetime
    observed: int
    expected: float
    parts: dict[str, list[Part]] = {}
    authors: int = 0
    reach: int = 0
    at_least: bool = False
    first_post: TopPost | None
    top_posts: list[TopPost]
    words: list[Word] = []
    timeline: list[TimelinePoint] = []
    growth: Growth = Growth()
    stories: list[Story] = []
    titles: dict[str, str] = {}

    @property
    def excess(self) -> float:
        """Observed above expected."""
        return self.observed - self.expected


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


class ShadowAlert(msgspec.Struct, frozen=True, kw_only=True):
    """The alert that a shadow detector would have given. It goes to metrics and reports, never to people."""

    brand: str
    detector: str
    onset: datetime
    at: datetime
    score: Score


class IncidentState(enum.StrEnum):
    """The life of an incident."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class SeverityPart(msgspec.Struct, frozen=True, kw_only=True):
    """What adds how many points to a severity; `value` is what was measured, None where nothing is known."""

    name: str
    points: int
    value: float | None = None


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """Alerts grouped for people: the newest state of one story. `version` grows by one at each change.

    `severity` is the worst it has been, and `severity_parts` are the points that added up to it (see
    `detectors.alerting.severity`).

    `signals` is what was unusual when its alerts fired; `little_history` says that the brand's habits were hardly
    known then.
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
    signals: list[str] = []
    little_history: bool = False
    resolved_at: datetime | None = None
    severity: Severity = Severity.LOW
    severity_parts: list[SeverityPart] = []
