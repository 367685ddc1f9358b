"""The one crossing between milliseconds inside the brain and datetimes at its edge."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

__all__ = ["HOUR_MS", "MINUTE_MS", "from_ms", "to_ms"]

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS

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
