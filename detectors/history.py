"""The kept buckets of a brand: a week of counts in a few kilobytes, to warm a detector again."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import msgspec

from detectors.model import MinuteCounts

__all__ = ["CHUNK_BUCKETS", "KEPT_CHUNKS", "History"]

CHUNK_BUCKETS = 360
KEPT_CHUNKS = 28


class History(msgspec.Struct):
    """Counts of consecutive one-minute buckets, the newest week of them; None stands for no data.

    Full chunks (6 h) are compressed once and never touched again, so a snapshot costs what a copy costs.

    >>> history = History(start_ms=0)
    >>> for minute in [MinuteCounts(negative=3, authors=2, mentions=9), MinuteCounts(), None]:
    ...     history.append(minute)
    >>> [minute and minute.negative for minute in history.counts()]
    [3, 0, None]
    """

    start_ms: int
    """Start of the first bucket that is still kept."""
    chunks: list[bytes] = []
    current: bytearray = msgspec.field(default_factory=bytearray)
    buckets_in_current: int = 0

    def append(self, counts: MinuteCounts | None) -> None:
        """Add the next bucket. A number is LEB128; the first is mentions plus one, or 0 for no data.

        What must be 0 is not written: negative follows where there are mentions, authors and reposts where
        there are negative ones.
        """
        if counts is None:
            self.current.append(0)
        elif not counts.mentions:
            self.current.append(1)
        else:
            numbers = [counts.mentions + 1, counts.negative]
            if counts.negative:
                numbers += [counts.authors, counts.reposts]
            for number in numbers:
                while number > 0x7F:
                    self.current.append(number & 0x7F | 0x80)
                    number >>= 7
                self.current.append(number)
        self.buckets_in_current += 1
        if self.buckets_in_current == CHUNK_BUCKETS:
            self.chunks.append(zlib.compress(bytes(self.current), 1))
            self.current = bytearray()
            self.buckets_in_current = 0
            if len(self.chunks) > KEPT_CHUNKS:
                del self.chunks[0]
                self.start_ms += CHUNK_BUCKETS * 60_000

    def restart(self, start_ms: int) -> None:
        """Forget all: what follows is too far from what was."""
        self.start_ms, self.chunks, self.current, self.buckets_in_current = start_ms, [], bytearray(), 0

    def __len__(self) -> int:
        return len(self.chunks) * CHUNK_BUCKETS + self.buckets_in_current

    def counts(self) -> Iterator[MinuteCounts | None]:
        """All kept buckets, the oldest first."""
        for packed in (*map(zlib.decompress, self.chunks), bytes(self.current)):
            numbers = _numbers(packed)
            for first in numbers:
                if first < 2:
                    yield MinuteCounts() if first else None
                elif negative := next(numbers):
                    yield MinuteCounts(negative, next(numbers), first - 1, next(numbers))
                else:
                    yield MinuteCounts(mentions=first - 1)


def _numbers(packed: bytes) -> Iterator[int]:
    value = shift = 0
    for byte in packed:
        value |= (byte & 0x7F) << shift
        if byte & 0x80:
            shift += 7
            continue
        yield value
        value = shift = 0
