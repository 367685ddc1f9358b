"""Recorded posts of a file through the brain, as the commands that need no broker do it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import groupby, islice
from typing import TYPE_CHECKING, Final

from streams.cli.terminal import note, progress

if TYPE_CHECKING:
    from detectors.backtest import Replay
    from detectors.monitor import Event
    from streams.sources.files import PostsFile, RecordedPost

__all__ = ["feed"]

CHUNK_POSTS: Final = 500
SHOWN_REJECTS: Final = 5


def feed(
    replay: Replay,
    file: PostsFile,
    title: str,
    *,
    until: datetime | None = None,
    listeners: Sequence[Callable[[list[Event]], object]] = (),
) -> int:
    """The posts of a file, up to `until`, through a replay; how many of them came before its `since`.

    `listeners` are told what comes of them. On stderr stand a progress bar, under `title`, the first
    `SHOWN_REJECTS` records that are no posts, with their lines, and how many of those there are.
    """
    from detectors.intake import RawRecord

    published_ms = time.time_ns() // 1_000_000
    offset = warm_up_posts = 0
    with progress(title, file.size_bytes) as bar:
        for early, chunk in _chunks(file, replay.since, until):
            told, read = len(replay.rejected), replay.posts
            events = replay.feed(
                [RawRecord(offset + place, post.value, published_ms) for place, post in enumerate(chunk)]
            )
            for listener in listeners:
                listener(events)
            for rejected in replay.rejected[told:SHOWN_REJECTS]:
                line = chunk[rejected.record.offset - offset].line
                note(f"{file.path}: line {line}: {rejected.error.reason}: {rejected.error}")
            offset += len(chunk)
            warm_up_posts += replay.posts - read if early else 0
            bar.at(file.position_bytes, f"{replay.posts:,} posts")
    if replay.rejected:
        note(f"{file.path}: {len(replay.rejected):,} of {offset:,} records are no posts and were left out")
    return warm_up_posts


def _chunks(
    file: PostsFile, since: datetime | None, until: datetime | None
) -> Iterator[tuple[bool, list[RecordedPost]]]:
    """The records up to `until` in pieces, and of each whether all of it is from before `since`."""
    from streams.sources.files import created_ms

    since_ms = round(since.timestamp() * 1000) if since is not None else None
    until_ms = round(until.timestamp() * 1000) if until is not None else None

    def early(post: RecordedPost) -> bool:
        at_ms = created_ms(post.value) if since_ms is not None else None
        return at_ms is not None and since_ms is not None and at_ms < since_ms

    def read(post: RecordedPost) -> bool:
        at_ms = created_ms(post.value) if until_ms is not None else None
        return at_ms is None or until_ms is None or at_ms <= until_ms

    for before, posts in groupby(filter(read, file), key=early):
        while chunk := list(islice(posts, CHUNK_POSTS)):
            yield before, chunk
