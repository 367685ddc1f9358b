"""An incident in words: what, how big against normal, how fast, why we think so, what to do."""

from __future__ import annotations

from detectors.model import Explanation, Growth, Incident, IncidentState

__all__ = ["body", "named", "pace", "people", "title"]

SIGNALS = {
    "negative": "how many negative posts",
    "authors": "how many people",
    "share": "their share of all posts",
    "reposts": "how much is repeated",
}
"""The signals of surge in words."""
SHOWN_CHARS = 140
SHOWN_PARTS = 6


def title(incident: Incident) -> str:
    """One line. A brand's name is the company's own word; texts of posts never stand in a title."""
    match incident.state:
        case IncidentState.RESOLVED:
            return f"{incident.brand_name}: over, the rhythm is back to normal"
        case _ if incident.version == 1:
            return f"{incident.brand_name}: a wave of criticism is starting"
        case _:
            return f"{incident.brand_name}: the wave grows"


def body(incident: Incident) -> str:
    """The lines below the title, plain text: what strangers wrote is shown on one line and cut."""
    why = incident.why
    usual = f"{why.expected:.1f}" if why.expected < 10 else f"{why.expected:.0f}"
    channels, topics, words = named(why, "channel"), named(why, "topic"), ", ".join(word.word for word in why.words)
    lines = [
        f"{why.observed} negative mentions since {why.since:%d %b %H:%M} UTC, usual for this time: {usual}.",
        *(["Little history: the brand's habits are hardly known yet."] if incident.little_history else []),
        *([f"Unusual: {', '.join(SIGNALS.get(name, name) for name in incident.signals)}."] if incident.signals else []),
        *([f"Channels: {channels}; {named(why, 'kind')}."] if channels else []),
        *([f"Topics: {topics}."] if topics else []),
        f"{people(why)}.",
        *([f"Words that stand out: {words}."] if words else []),
        f"{pace(why.growth)}.",
        *(f'- "{_one_line(post.text)}"{f" {post.url}" if post.url else ""}' for post in why.top_posts[:3]),
    ]
    if incident.state is not IncidentState.RESOLVED:
        lines.append("Answer in private, by someone who can solve it. Do not delete comments.")
    lines.append(f"{incident.id} (version {incident.version})")
    return "\n".join(lines)


def named(why: Explanation, dimension: str) -> str:
    """The parts of a dimension that have a name, the largest excess first: "forum 20, twitter 10"; "" without any."""
    parts = [part for part in why.parts.get(dimension, []) if part.observed and part.name != "none"]
    return ", ".join(f"{_one_line(part.name)} {part.observed:,}" for part in parts[:SHOWN_PARTS])


def people(why: Explanation) -> str:
    """Who wrote it: many or few, heard by many or few.

    >>> from datetime import UTC, datetime
    >>> from msgspec.structs import replace
    >>> from detectors.model import Part
    >>> at = datetime(2026, 3, 2, tzinfo=UTC)
    >>> parts = {"authors": [Part(name="again", observed=18, expected=0.0), Part(name="new", observed=2, expected=0.5)]}
    >>> why = Explanation(since=at, until=at, observed=20, expected=0.5, first_post=None, top_posts=[], parts=parts)
    >>> people(replace(why, authors=2, reach=1300))
    '2 authors with 1,300 followers in all; 18 of 20 posts by people who had written within the hour'
    """
    if not why.authors:
        return "No author is named"
    least = "at least " if why.at_least else ""
    told = f"{least}{why.authors:,} author{'s' * (why.authors != 1)}"
    if why.reach:
        told += f" with {least}{why.reach:,} followers in all"
    again = sum(part.observed for part in why.parts.get("authors", []) if part.name == "again")
    if again:
        told += f"; {again:,} of {why.observed:,} posts by people who had written within the hour"
    if groups := named(why, "audience"):
        told += f"; by audience: {groups}"
    return told[0].upper() + told[1:]


def pace(growth: Growth) -> str:
    """How fast it grows and what comes next, nine times of ten.

    >>> pace(Growth())
    'Too early to say how fast it grows'
    >>> from detectors.model import Range
    >>> hour = Range(median=70, low_50=50, high_50=95, low_90=40.2, high_90=120)
    >>> pace(Growth(too_early=False, doubling_minutes=12.3, next_hour=hour))
    'Doubles every 12 min; in the next hour 40 to 120 more are likely'
    """
    if growth.too_early:
        return "Too early to say how fast it grows"
    told = f"Doubles every {_duration(growth.doubling_minutes)}" if growth.doubling_minutes else "Does not grow"
    if (hour := growth.next_hour) is not None:
        told += f"; in the next hour {hour.low_90:,.0f} to {hour.high_90:,.0f} more are likely"
    return told


def _duration(minutes: float) -> str:
    """Two or three digits of what is felt.

    >>> _duration(0.4), _duration(12.3), _duration(300.0)
    ('24 s', '12 min', '5.0 h')
    """
    if minutes < 2:
        return f"{minutes * 60:.0f} s"
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"


def _one_line(text: str) -> str:
    line = "".join(char if char.isprintable() else " " for char in text)
    line = " ".join(line.split())
    return line if len(line) <= SHOWN_CHARS else line[: SHOWN_CHARS - 1] + "…"
