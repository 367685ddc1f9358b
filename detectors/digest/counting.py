"""The counters behind a digest: bounded, whatever the number of buckets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from detectors.digest.model import Answers, Change, ChannelLine, Sentiments, Talk, TeamLine, TopicLine
from detectors.model import Bucket

__all__ = ["Spoken", "change", "share", "talk"]

MOST_NAMES: Final = 1000
"""So many topics or channels of a brand have counters of their own."""
_OTHER: Final = "other"
_COMPARABLE: Final = 0.9
"""Two spans compare if the one of which less was counted has so much of the minutes of the other."""


@dataclass(slots=True)
class Desk:
    """The complaints about one topic, and how many seconds each first answer took."""

    complaints: int = 0
    in_span: int = 0
    took: Counter[int] = field(default_factory=Counter)

    def answers(self) -> Answers:
        """What came of them. An answer in the minute in which the span began may be to an earlier complaint."""
        answers = self.took.total()
        answered = min(self.in_span, self.complaints)
        return _timed(self.complaints, answered, answers - answered, self.took)


@dataclass(slots=True)
class Spoken:
    """What was said of a brand, or of several. `minutes` are those that were counted."""

    negative: int = 0
    neutral: int = 0
    positive: int = 0
    unknown: int = 0
    minutes: int = 0
    topics: Counter[str] = field(default_factory=Counter)
    channels: Counter[str] = field(default_factory=Counter)
    desks: dict[str, Desk] = field(default_factory=dict)

    @property
    def mentions(self) -> int:
        """All that was said."""
        return self.negative + self.neutral + self.positive + self.unknown

    def take(self, bucket: Bucket, *, age_s: float | None) -> None:
        """Add a bucket, whose end is `age_s` seconds after the beginning of the span; None counts its sums alone."""
        self.negative += bucket.negative
        self.neutral += bucket.neutral
        self.positive += bucket.positive
        self.unknown += bucket.unknown
        if age_s is None:
            return
        for topic, count in bucket.negative_by_topic.items():
            self.topics[_kept(self.topics, topic)] += count
        for channel, count in bucket.negative_by_channel.items():
            self.channels[_kept(self.channels, channel)] += count
        for topic, count in bucket.complaints.items():
            self._desk(topic).complaints += count
        for response in bucket.responses:
            desk = self._desk(response.topic)
            desk.took[max(response.took_s, 0)] += 1
            desk.in_span += response.took_s < age_s

    def add(self, other: Spoken) -> None:
        """Add what was said of another brand."""
        self.negative += other.negative
        self.neutral += other.neutral
        self.positive += other.positive
        self.unknown += other.unknown
        self.minutes += other.minutes
        for mine, theirs in ((self.topics, other.topics), (self.channels, other.channels)):
            for name, count in theirs.items():
                mine[_kept(mine, name)] += count
        for topic, desk in other.desks.items():
            mine_too = self._desk(topic)
            mine_too.complaints += desk.complaints
            mine_too.in_span += min(desk.in_span, desk.complaints)
            mine_too.took.update(desk.took)

    def _desk(self, topic: str) -> Desk:
        return self.desks.setdefault(_kept(self.desks, topic), Desk())


def _kept(known: Mapping[str, object], name: str) -> str:
    return name if name in known or len(known) < MOST_NAMES else _OTHER


def talk(spoken: Spoken, owners: Mapping[str, str | None]) -> Talk:
    """What was said, as a digest tells it; `owners` are the teams by topic."""
    desks = {topic: (desk.answers(), desk.took) for topic, desk in spoken.desks.items()}
    topics: list[TopicLine] = []
    of_team: dict[str | None, list[str]] = {}
    for topic in {**spoken.topics, **desks}:
        owner = owners.get(topic)
        of_team.setdefault(owner, []).append(topic)
        negative = spoken.topics[topic]
        answers = desks[topic][0] if topic in desks else Answers()
        part = share(negative, spoken.negative)
        topics.append(TopicLine(topic=topic, team=owner, negative=negative, share=part, answers=answers))
    teams = [
        TeamLine(
            team=team,
            negative=sum(spoken.topics[topic] for topic in names),
            answers=_joined(desks[topic] for topic in names if topic in desks),
        )
        for team, names in of_team.items()
    ]
    return Talk(
        said=_sentiments(spoken),
        topics=sorted(topics, key=lambda line: (-line.negative, -line.answers.complaints, line.topic)),
        channels=[
            ChannelLine(channel=channel, negative=count, share=share(count, spoken.negative))
            for channel, count in sorted(spoken.channels.items(), key=lambda pair: (-pair[1], pair[0]))
        ],
        teams=sorted(teams, key=lambda line: (line.team is None, -line.negative, line.team or "")),
        answers=_joined(desks.values()),
    )


def change(now: Spoken, before: Spoken) -> Change | None:
    """How much more was said than before; None where the two do not compare."""
    less, more = sorted((now.minutes, before.minutes))
    if not less or less < _COMPARABLE * more:
        return None
    return Change(
        mentions_before=before.mentions,
        negative_before=before.negative,
        mentions=_growth(now.mentions, before.mentions),
        negative=_growth(now.negative, before.negative),
    )


def share(part: int, whole: int) -> float | None:
    """A part of a whole, 0 to 1; None of nothing.

    >>> share(1, 4), share(0, 0)
    (0.25, None)
    """
    return min(part / whole, 1.0) if whole > 0 else None


def _growth(now: int, before: int) -> float | None:
    return (now - before) / before if before else None


def _sentiments(spoken: Spoken) -> Sentiments:
    mentions = spoken.mentions
    return Sentiments(
        mentions=mentions,
        negative=spoken.negative,
        neutral=spoken.neutral,
        positive=spoken.positive,
        unknown=spoken.unknown,
        negative_share=share(spoken.negative, mentions),
        neutral_share=share(spoken.neutral, mentions),
        positive_share=share(spoken.positive, mentions),
        unknown_share=share(spoken.unknown, mentions),
    )


def _joined(desks: Iterable[tuple[Answers, Counter[int]]]) -> Answers:
    told = list(desks)
    took: Counter[int] = Counter()
    for _, each in told:
        took.update(each)
    answers = [one for one, _ in told]
    return _timed(
        sum(one.complaints for one in answers),
        sum(one.answered for one in answers),
        sum(one.earlier for one in answers),
        took,
    )


def _timed(complaints: int, answered: int, earlier: int, took: Counter[int]) -> Answers:
    return Answers(
        complaints=complaints,
        answered=answered,
        unanswered=complaints - answered,
        earlier=earlier,
        median_s=_percentile(took, 50),
        p90_s=_percentile(took, 90),
    )


def _percentile(took: Counter[int], hundredths: int) -> int | None:
    """The smallest value that so many hundredths of all are at or below; None of nothing.

    >>> _percentile(Counter([10, 20, 30, 40]), 50), _percentile(Counter([10, 20, 30, 40]), 90)
    (20, 40)
    """
    rank = -(-took.total() * hundredths // 100)
    seen = 0
    for value in sorted(took):
        seen += took[value]
        if seen >= rank:
            return value
    return None
