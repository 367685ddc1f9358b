"""How bad an incident is: a few points each for surprise, growth, reach and kind, which add up and are told."""

from __future__ import annotations

from typing import Final

from detectors.model import Explanation, Severity, SeverityPart, StoryKind

__all__ = ["KIND_POINTS", "LEVELS", "level", "severity_parts"]

LEVELS: Final = {Severity.CRITICAL: 8, Severity.HIGH: 5, Severity.MEDIUM: 3, Severity.LOW: 0}
"""From how many points on."""

_SURPRISE_STEP: Final = 2.0
_MOST: Final = 3
_DOUBLING: Final = ((15.0, 3), (60.0, 2), (240.0, 1))
_REACH: Final = ((1_000_000, 3), (100_000, 2), (10_000, 1))
KIND_POINTS: Final = {
    StoryKind.IMPOSTOR: 2,
    StoryKind.RALLY: 2,
    StoryKind.HIJACKED_HASHTAG: 2,
    StoryKind.CONDUCT: 2,
    StoryKind.PRODUCT: 2,
    StoryKind.ADVERTISING: 1,
    StoryKind.OPERATIONS: 1,
    StoryKind.UNANSWERED: 1,
    StoryKind.ONE_LINK: 1,
    StoryKind.RIVAL: 0,
    StoryKind.COPY_PASTE: -1,
    StoryKind.BRIGADE: -1,
}
"""What a kind of story adds; of several, the largest and the smallest count. Few accounts in step are worth less."""


def severity_parts(why: Explanation, *, peak_surprise: float, threshold: float) -> list[SeverityPart]:
    """What makes an incident bad: four parts, in whole points.

    `surprise`: one for each two units that it was beyond its threshold, three at most. `growth`: doubling within 15
    minutes 3, an hour 2, four hours 1. `reach`: a million followers 3, a hundred thousand 2, ten thousand 1. `kind`:
    see `KIND_POINTS`. A part's `value` is what was measured, None where nothing is known.

    >>> from datetime import UTC, datetime
    >>> at = datetime(2026, 3, 2, tzinfo=UTC)
    >>> why = Explanation(since=at, until=at, observed=90, expected=9.0, first_post=None, top_posts=[], reach=250_000)
    >>> parts = severity_parts(why, peak_surprise=7.5, threshold=3.0)
    >>> [(part.name, part.points) for part in parts], level(parts)
    ([('surprise', 2), ('growth', 0), ('reach', 2), ('kind', 0)], <Severity.MEDIUM: 'medium'>)
    """
    beyond = max(0.0, peak_surprise - threshold)
    doubling = None if why.growth.too_early else why.growth.doubling_minutes
    kinds = [KIND_POINTS[story.kind] for story in why.stories]
    return [
        SeverityPart(name="surprise", points=min(_MOST, int(beyond / _SURPRISE_STEP)), value=round(beyond, 2)),
        SeverityPart(
            name="growth",
            points=next((points for most, points in _DOUBLING if doubling is not None and doubling <= most), 0),
            value=None if doubling is None else round(doubling, 1),
        ),
        SeverityPart(
            name="reach",
            points=next((points for least, points in _REACH if why.reach >= least), 0),
            value=float(why.reach),
        ),
        SeverityPart(name="kind", points=max([0, *kinds]) + min([0, *kinds]), value=None),
    ]


def level(parts: list[SeverityPart]) -> Severity:
    """The severity that these parts add up to."""
    points = sum(part.points for part in parts)
    return next((severity for severity, least in LEVELS.items() if points >= least), Severity.LOW)
