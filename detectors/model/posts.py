"""Posts as they come, and mentions as they travel to the monitors."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Annotated

import msgspec

from detectors.model.commands import Given

__all__ = ["Gap", "Language", "Marks", "Mention", "MentionBatch", "MinuteCounts", "Post", "PostDate", "Sentiment"]


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
    lang: Language | None = None


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

    A record with `commands`, what people did to the brand's incidents, carries nothing else, the time neither.
    """

    brand: str | None
    partition: int
    partitions: int
    watermark_ms: int | None
    idle: bool = False
    gaps: list[Gap] = []
    mentions: list[Mention] = []
    commands: list[Given] = []


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
