"""The board: what the topics of a worker say, put together for people. It knows nothing of who wrote the posts."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from dataclasses import dataclass, field

import msgspec

from detectors.model import (
    Bucket,
    BucketStatus,
    Incident,
    IncidentState,
    MentionBatch,
    ScoreStatus,
    Sentiment,
    Watch,
    to_ms,
)

__all__ = ["TOPICS", "Board", "NegativePost", "Row"]

TOPICS = ("mentions", "brand-signals", "incidents")

SPARK_BINS = 24
SPARK_BIN_S = 5
KEPT_S = 3 * 3600
KEPT_POSTS = 20

_decode_batch = msgspec.msgpack.Decoder(MentionBatch).decode
_decode_bucket = msgspec.json.Decoder(Bucket).decode
_decode_incident = msgspec.json.Decoder(Incident).decode


@dataclass(frozen=True, slots=True)
class NegativePost:
    """A negative mention as it was read."""

    brand_name: str
    source: str
    author: str
    text: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Row:
    """One brand at one moment: the last minute, what is usual (None: not known yet), and its two last minutes.

    `spark` counts negative mentions in bins of `SPARK_BIN_S` seconds, the newest last.
    """

    name: str
    mentions_per_min: int
    negative_per_min: int
    usual_per_min: float | None
    spark: list[int]
    state: str
    in_incident: bool


@dataclass(slots=True)
class _Counts:
    """Mentions of one brand by second of event time."""

    mentions: Counter[int] = field(default_factory=Counter)
    negative: Counter[int] = field(default_factory=Counter)
    bucket: Bucket | None = None


class Board:
    """Takes records of `TOPICS` in any order; answers for any moment of the last `KEPT_S` seconds.

    Incidents of the recorded past are no news, so they are left out.
    """

    def __init__(self, watch: Watch) -> None:
        self._names = {brand.id: brand.name for brand in watch.brands}
        self._counts = {brand.id: _Counts() for brand in watch.brands}
        self.newest: deque[NegativePost] = deque(maxlen=KEPT_POSTS)
        self.incidents: dict[str, Incident] = {}
        """Newest version of each, in the order in which they came out."""
        self.first: dict[str, Incident] = {}
        """Each as it came out."""
        self.incident_out = asyncio.Event()

    def take(self, topic: str, value: bytes) -> None:
        """One record; `topic` is one of `TOPICS`, without the prefix."""
        match topic:
            case "mentions":
                self._take_batch(_decode_batch(value))
            case "brand-signals":
                bucket = _decode_bucket(value)
                if bucket.brand in self._counts:
                    self._counts[bucket.brand].bucket = bucket
            case "incidents":
                incident = _decode_incident(value)
                if incident.recorded:
                    return
                self.incidents[incident.id] = incident
                self.first.setdefault(incident.id, incident)
                self.incident_out.set()

    def _take_batch(self, batch: MentionBatch) -> None:
        counts = self._counts.get(batch.brand or "")
        if counts is None:
            return
        for mention in batch.mentions:
            if mention.marks is not None and mention.marks.official:
                continue  # what the brand says is no mention of it
            second = mention.event_ms // 1000
            counts.mentions[second] += 1
            if mention.sentiment is Sentiment.NEGATIVE:
                counts.negative[second] += 1
                self.newest.append(
                    NegativePost(
                        self._names[batch.brand or ""],
                        mention.source,
                        mention.author or "",
                        mention.text or "",
                        mention.event_ms,
                    )
                )

    def rows(self, now_ms: int) -> list[Row]:
        """A row for each brand, in the order of the configuration."""
        return [self._row(brand, now_ms // 1000) for brand in self._counts]

    def _row(self, brand: str, now_s: int) -> Row:
        counts = self._counts[brand]
        for counter in (counts.mentions, counts.negative):
            for second in [second for second in counter if second < now_s - KEPT_S]:
                del counter[second]
        bins = [0] * SPARK_BINS
        for ago in range(SPARK_BINS * SPARK_BIN_S):
            bins[-1 - ago // SPARK_BIN_S] += counts.negative.get(now_s - ago, 0)
        burning = any(
            incident.brand == brand and incident.state is not IncidentState.RESOLVED
            for incident in self.incidents.values()
        )
        usual, status = _reading(counts.bucket)
        return Row(
            name=self._names[brand],
            mentions_per_min=sum(counts.mentions.get(now_s - ago, 0) for ago in range(60)),
            negative_per_min=sum(counts.negative.get(now_s - ago, 0) for ago in range(60)),
            usual_per_min=usual,
            spark=bins,
            state="incident" if burning else status,
            in_incident=burning,
        )

    def newest_posts(self, count: int) -> list[NegativePost]:
        """So many of the newest negative mentions, the newest first."""
        return sorted(self.newest, key=lambda post: -post.at_ms)[:count]

    def negative_since(self, incident: Incident) -> int:
        """Negative mentions of the incident's brand since its onset, as far as is remembered."""
        counts = self._counts.get(incident.brand)
        onset_s = to_ms(incident.onset) // 1000
        return sum(count for second, count in counts.negative.items() if second >= onset_s) if counts else 0


def _reading(bucket: Bucket | None) -> tuple[float | None, str]:
    """What is usual, and a word for how a brand is, from its newest closed minute."""
    if bucket is None:
        return None, "waiting"
    if bucket.status is BucketStatus.NO_DATA:
        return None, "no data"
    score = next(iter(bucket.scores.values()), None)
    if score is None or score.status is not ScoreStatus.OK:
        return None, "warming up"
    return score.expected_per_min, "normal"
