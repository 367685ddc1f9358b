"""The kept buckets of a series: a week of counts in a kilobyte or two, to warm a detector again."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import msgspec

__all__ = ["CHUNK_BUCKETS", "KEPT_CHUNKS", "History"]

CHUNK_BUCKETS = 360
KEPT_CHUNKS = 28


class History(msgspec.Struct):
    """Counts of consecutive one-minute buckets, the newest week of them; None stands for no data.

    Full chunks (6 h) are compressed once and never touched again, so a snapshot costs what a copy costs.

    >>> history = History(start_ms=0)
    >>> for count in [3, 0, None, 500]:
    ...     history.append(count)
    >>> list(history.counts())
    [3, 0, None, 500]
    """

    start_ms: int
    """Start of the first bucket that is still kept."""
    chunks: list[bytes] = []
    current: bytearray = msgspec.field(default_factory=bytearray)
    buckets_in_current: int = 0

    def append(self, count: int | None) -> None:
        """Add the next bucket. A count is one LEB128 number, shifted by one; 0 is no data."""
        value = 0 if count is None else count + 1
        while value > 0x7F:
            self.current.append(value & 0x7F | 0x80)
            value >>= 7
        self.current.append(value)
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

    def counts(self) -> Iterator[int | None]:
        """All kept counts, the oldest first."""
        for packed in (*map(zlib.decompress, self.chunks), bytes(self.current)):
            value = shift = 0
            for byte in packed:
                value |= (byte & 0x7F) << shift
                if byte & 0x80:
                    shift += 7
                    continue
                yield value - 1 if value else None
                value = shift = 0
