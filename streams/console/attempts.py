"""How often one may try to sign in."""

from __future__ import annotations

import ipaddress
import itertools
import time
from datetime import timedelta
from typing import Final

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from streams.console.users_file import name_key

__all__ = ["Attempts"]

_BY_NAME: Final = RateLimitItemPerMinute(5, namespace="name")
_BY_PLACE: Final = RateLimitItemPerMinute(30, namespace="place")
_MINUTE: Final = timedelta(minutes=1)
_MOST_KEYS: Final = 20_000
"""Of people and places within a minute, in memory; with more than that nobody gets in."""


class Attempts:
    """At most 5 a minute for a name from one place, and 30 a minute from one place. Its clock is that of `limits`."""

    def __init__(self) -> None:
        self._storage = MemoryStorage()
        self._limiter = MovingWindowRateLimiter(self._storage)
        self._last: dict[str, float] = {}  # by key, the longest ago first: `limits` empties keys, and keeps them

    def wait(self, ip: str, name: str) -> timedelta | None:
        """Count an attempt; None if it may be made, else how long to wait."""
        now = time.time()
        self._forget(now)
        if len(self._last) >= _MOST_KEYS:
            return _MINUTE
        place = _place(ip)
        for limit, *who in ((_BY_PLACE, place), (_BY_NAME, place, name_key(name[:64]))):
            key = limit.key_for(*who)
            self._last.pop(key, None)
            self._last[key] = now
            if not self._limiter.hit(limit, *who):
                left = self._limiter.get_window_stats(limit, *who).reset_time - now
                return timedelta(seconds=max(1.0, left))
        return None

    def _forget(self, now: float) -> None:
        over = now - _MINUTE.total_seconds()
        for key in [*itertools.takewhile(lambda key: self._last[key] < over, self._last)]:
            with self._storage.locks[key]:  # its own thread looks at keys too
                self._storage.clear(key)
            del self._last[key]


def _place(ip: str) -> str:
    """An address; of IPv6 the network that one household has."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return ip
    return str(ipaddress.ip_network((address, 64), strict=False)) if address.version == 6 else ip
