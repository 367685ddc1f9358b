"""What a digest says. Shares are 0 to 1; None is what nobody knows, or a share of nothing."""

from __future__ import annotations

from datetime import datetime

import msgspec

from detectors.model import Incident

__all__ = [
    "Answers",
    "BrandDigest",
    "Change",
    "ChannelLine",
    "Digest",
    "IncidentLine",
    "Rival",
    "Sentiments",
    "Talk",
    "TeamLine",
    "TopicLine",
]


class Sentiments(msgspec.Struct, frozen=True, kw_only=True):
    """Mentions by sentiment: the four add up to `mentions`, their shares to 1. Without mentions there are no shares."""

    mentions: int
    negative: int
    neutral: int
    positive: int
    unknown: int
    negative_share: float | None
    neutral_share: float | None
    positive_share: float | None
    unknown_share: float | None


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """Complaints to the brand itself in the span: `answered` and `unanswered` at its end add up to `complaints`.

    `earlier` are first answers in the span to complaints of before. `median_s` and `p90_s` are the seconds from a
    complaint to its first answer within which half and nine tenths of all these answers came: times that occurred,
    None where nothing was answered. A complaint that is never answered is in none of them.
    """

    complaints: int = 0
    answered: int = 0
    unanswered: int = 0
    earlier: int = 0
    median_s: int | None = None
    p90_s: int | None = None


class TopicLine(msgspec.Struct, frozen=True, kw_only=True):
    """A topic ("none" without, "other" for rarer ones), the team that answers for it, and its share of the negative."""

    topic: str
    team: str | None
    negative: int
    share: float | None
    answers: Answers


class TeamLine(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of the topics of a team; None are those that nobody answers for."""

    team: str | None
    negative: int
    answers: Answers


class ChannelLine(msgspec.Struct, frozen=True, kw_only=True):
    """Negative mentions of a channel, and their share."""

    channel: str
    negative: int
    share: float | None


class Talk(msgspec.Struct, frozen=True, kw_only=True):
    """What was said in the span: topics, channels and teams with the most negative mentions first.

    The negative mentions of the topics, of the teams and of the channels add up to `said.negative`; the complaints and
    answers of the topics, and of the teams, to those of `answers`.
    """

    said: Sentiments
    topics: list[TopicLine]
    channels: list[ChannelLine]
    teams: list[TeamLine]
    answers: Answers


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """Against the span of equal length before: 0.5 is half as much again; None where there had been nothing."""

    mentions_before: int
    negative_before: int
    mentions: float | None
    negative: float | None


class Rival(msgspec.Struct, frozen=True, kw_only=True):
    """Of all that is said of a brand and its competitors, the part of one of them."""

    brand: str
    name: str
    mentions: int
    share: float | None
    negative: int
    negative_share: float | None


class IncidentLine(msgspec.Struct, frozen=True, kw_only=True):
    """An incident of the span: it `opened` or came back (`reopened`) in it, was `over` in it, or `open` at its end.

    `incident` is its newest state without what was quoted of posts, and open if it was over only after the span.
    `teams` are those that hear of it at once.
    """

    incident: Incident
    teams: list[str]
    opened: bool
    reopened: bool
    over: bool
    open: bool
    acknowledged_after_s: int | None
    responded_after_s: int | None
    over_after_s: int | None


class BrandDigest(msgspec.Struct, frozen=True, kw_only=True):
    """One brand. `quiet` is one without an incident, whatever was said.

    `change` is None where the two spans do not compare: of one much more is known than of the other.
    `minutes_without_data` are those of the span of which nothing was counted; `heard` says whether anything was, in
    this span or the one before. `rivals` are the brand itself and then its competitors, the loudest first, without
    those of whom nothing was counted; empty where none is left.
    """

    brand: str
    name: str
    talk: Talk
    change: Change | None
    minutes_without_data: int
    heard: bool
    incidents: list[IncidentLine]
    rivals: list[Rival]
    quiet: bool


class Digest(msgspec.Struct, frozen=True, kw_only=True):
    """What happened from `since` up to `until`, the busiest brand first; `quiet` if no brand had an incident.

    `known_until` is the end of the last minute of which something was counted, None where there is none: then nobody
    knows whether it was quiet. `talk` is of all brands together: a post about two of them counts twice. `teams` are
    their names by id.
    """

    since: datetime
    until: datetime
    known_until: datetime | None
    talk: Talk
    change: Change | None
    brands: list[BrandDigest]
    teams: dict[str, str]
    quiet: bool
