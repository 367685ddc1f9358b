"""Durations as people write them: 60s, 15m, 2h, 7d."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

__all__ = ["parse_span"]

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_span(value: object) -> timedelta:
    """A whole number with its unit. ValueError where it is none.

    >>> parse_span("90s")
    datetime.timedelta(seconds=90)
    """
    match = re.fullmatch(r"([0-9]{1,6})([smhd])", value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("no duration; expected a whole number with a unit, such as 60s, 15m, 2h or 1d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})
