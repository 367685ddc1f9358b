"""What the brain says: scores, buckets, explanations and alerts."""

from __future__ import annotations

import enum
from datetime import datetime

import msgspec

__all__ = [
    "Alert",
    "AlertState",
    "Bucket",
    "BucketStatus",
    "Explanation",
    "Growth",
    "Part",
    "Range",
    "Response",
    "Score",
    "ScoreStatus",
    "Severity",
    "ShadowAlert",
    "Story",
    "StoryKind",
    "TimelinePoint",
    "TopPost",
    "Word",
]


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


class Response(msgspec.Struct, frozen=True, array_like=True):
    """The first answer of an account of the brand to a complaint about this topic ("none" without), after so long."""

    topic: str
    took_s: int


class Bucket(msgspec.Struct, frozen=True, kw_only=True):
    """One minute of one brand, closed: the record of `brand-signals`.

    `negative_by_channel`, `..._topic` and `..._audience` add up to `negative`. `complaints` counts by topic what was
    said to the brand itself, `responses` are its first answers in this minute. `negative_by_hashtag` has the ten
    most frequent hashtags of negative mentions, the most frequent first, without those that are the brand's own terms;
    a mention counts for each that it has, so they need not add up. `shadow_alerts` are the shadow detectors that would
    have alerted in this minute. Of a span without data only the first bucket is told.
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
    negative_by_topic: dict[str, int] = {}
    negative_by_audience: dict[str, int] = {}
    complaints: dict[str, int] = {}
    responses: list[Response] = []
    scores: dict[str, Score] = {}
    negative_by_hashtag: dict[str, int] = {}
    shadow_alerts: list[str] = []


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
    span. `parts` cuts them in several ways, by dimension: "channel", "topic", "audience", "authors", "hashtag",
    "kind" and "language". Each mention is in exactly one part of each dimension, so that of every dimension the sums
    of `observed`, `expected` and `excess` are the totals, to the last bit. A mention with several topics or hashtags is
    in the part of its first; "none" has those without any, "other" those of rarer names.

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
