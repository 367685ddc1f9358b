"""What a source that is silent, or has just come back, may fake: nobody is told of that until it is sure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from detectors.model import Explanation, Score, from_ms
from detectors.windowing import MonitorClock

__all__ = ["BACKLOG_MS", "doubt_of_answers", "doubt_of_wave"]

BACKLOG_MS: Final = 30 * 60_000
"""So long after a source is back, what it brings may be what it had kept."""
_COUNTS: Final = 0.1
"""A source that usually brings less of a brand's mentions fakes nothing."""
_MOSTLY: Final = 0.8
_FAKED: Final = {"share"}
"""Signals that rise when neutral posts are missing."""


def doubt_of_wave(
    clock: MonitorClock, carried: Mapping[str, float], score: Score, why: Explanation, now_ms: int
) -> str | None:
    """Why a wave may be none; None if nothing speaks against it.

    Only the share of negative mentions is unusual, while a source says nothing that usually brings a tenth of what is
    said or more: what is missing may be the friendly part. Or four fifths of what is unusual came by a source that has
    been back for less than half an hour: it may be all that it had kept.
    """
    total = sum(carried.values())
    large = [source for source, count in carried.items() if total and count >= _COUNTS * total]
    if set(score.signals) == _FAKED:
        quiet, _ = clock.silent(large, now_ms)
        if quiet:
            return f"{', '.join(sorted(quiet))} is silent: the share of negative mentions may only seem larger"
    excess = {part.name: max(0.0, part.excess) for part in why.parts.get("channel", [])}
    for source in large:
        back_ms = clock.back_since(source, now_ms)
        if back_ms is None or now_ms - back_ms >= BACKLOG_MS:
            continue
        if excess.get(source, 0.0) >= _MOSTLY * sum(excess.values()) > 0:
            return f"{source} is back since {from_ms(back_ms):%H:%M} UTC: it may bring what it had kept"
    return None


def doubt_of_answers(clock: MonitorClock, sources: Mapping[str, object], since_ms: int, now_ms: int) -> str | None:
    """Why answers may be there that nobody heard: a source on which the brand answers was silent since then."""
    for source in sources:
        if clock.silent([source], now_ms)[0]:
            return f"{source} is silent: answers may be missing"
        back_ms = clock.back_since(source, now_ms)
        if back_ms is not None and back_ms > since_ms:
            return f"{source} was silent until {from_ms(back_ms):%H:%M} UTC: answers may be missing"
    return None
