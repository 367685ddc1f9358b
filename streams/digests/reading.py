"""From the topics of buckets and of incidents to a digest."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Final

import msgspec

from detectors.digest import Digest, Summary
from detectors.model import Bucket, Watch
from streams.incidents import read_incidents
from streams.reading import read_to_end, topic_reader
from streams.settings import Settings

__all__ = ["read_digest"]

TIMEOUT_S: Final = 900.0
"""A topic with a month of 500 brands holds 21 million buckets."""
_MARK: Final = b'"start":"'
_MINUTE_CHARS: Final = len("2026-03-01T09:00")
_SECOND_CHARS: Final = len("2026-03-01T09:00:00")


async def read_digest(
    settings: Settings,
    watch: Watch,
    since: datetime,
    until: datetime,
    brands: Collection[str] | None = None,
    *,
    on_read: Callable[[int], object] = lambda read: None,
) -> Digest:
    """What happened from `since` up to `until` to these brands, all where None: see `detectors.digest.summarise`.

    What cannot be read as a bucket or an incident is left out. `on_read` is told now and then how many buckets were
    looked at.

    Raises:
        Unavailable: no broker, no such topic, or it could not be read to its end in a quarter of an hour.
        ValueError: no such span, see `detectors.digest.Summary`.
    """
    summary = Summary(watch, since, until, brands)
    take = _Taker(summary, on_read)
    async with topic_reader(settings, "brand-signals") as (consumer, partitions):
        # No minute is published before it is over.
        await read_to_end(consumer, partitions, take, since=summary.first, timeout_s=TIMEOUT_S)
    return summary.digest(await read_incidents(settings))


class _Taker:
    """Decodes buckets of the span, and looks at no more than the time of all others."""

    def __init__(self, summary: Summary, on_read: Callable[[int], object]) -> None:
        self._summary = summary
        self._on_read = on_read
        self._first, self._last = _prefix(summary.first), _prefix(summary.until)
        self._decoder = msgspec.json.Decoder(Bucket)
        self._read = 0

    def __call__(self, value: bytes | None) -> None:
        self._read += 1
        if self._read % 5000 == 0:
            self._on_read(self._read)
        if value is None or self._is_outside(value):
            return
        try:
            self._summary.take(self._decoder.decode(value))
        except (msgspec.DecodeError, TypeError):  # TypeError: a time without its zone
            return

    def _is_outside(self, value: bytes) -> bool:
        """Whether it is surely of another time: as a worker writes UTC, times compare as texts, to the minute."""
        place = value.find(_MARK)
        if place < 0:
            return False
        at = place + len(_MARK)
        if value[at + _SECOND_CHARS : at + _SECOND_CHARS + 2] != b'Z"':
            return False
        start = value[at : at + _MINUTE_CHARS]
        return start < self._first or start > self._last


def _prefix(at: datetime) -> bytes:
    return at.astimezone(UTC).isoformat().encode()[:_MINUTE_CHARS]
