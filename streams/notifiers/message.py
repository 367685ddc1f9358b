"""An incident in words: what, how big against normal, how fast, why we think so, what to do."""

from __future__ import annotations

from detectors.model import Incident, IncidentState

__all__ = ["body", "title"]

SHOWN_CHARS = 140


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
    channels = ", ".join(f"{_one_line(channel)} {count}" for channel, count in why.by_channel.items())
    lines = [
        f"{why.observed} negative mentions since {why.since:%d %b %H:%M} UTC, usual for this time: {usual}.",
        f"Channels: {channels}. Originals {why.originals}, reposts {why.reposts}.",
        f"Doubles every {_duration(why.doubling_minutes)}."
        if why.doubling_minutes
        else "Growth: none, or too early to say.",
        *(f'- "{_one_line(post.text)}"{f" {post.url}" if post.url else ""}' for post in why.top_posts[:3]),
    ]
    if incident.state is not IncidentState.RESOLVED:
        lines.append("Answer in private, by someone who can solve it. Do not delete comments.")
    lines.append(f"{incident.id} (version {incident.version})")
    return "\n".join(lines)


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
