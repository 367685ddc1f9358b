"""An incident in words: what, how big against normal, how fast, why we think so, what to do."""

from __future__ import annotations

from detectors.alerting.playbook import Playbook, shipped_playbook
from detectors.model import Explanation, Growth, Incident, IncidentState, Story
from detectors.stories.titles import head, plain_title
from streams.notifiers.wording import KINDS, PARTS, SEVERITIES, SIGNALS, WORDING, Lang, count, decimal, moment

__all__ = ["body", "named", "pace", "people", "title"]

SHOWN_CHARS = 140
SHOWN_PARTS = 6
SHOWN_KINDS = 3
SUBJECT_CHARS = 60
SHOWN_STEPS = 2
URL_CHARS = 300


def title(incident: Incident, lang: Lang = "en") -> str:
    """One line: what happens, or that it grows or is over, and then what happened.

    A brand's name is the company's own word; of what strangers wrote there are hashtags, accounts and quoted words in
    it, as `detectors.stories.titles` lets them through.
    """
    words, first = WORDING[lang], head(incident.brand_name, lang)
    plain = plain_title(incident.brand_name, lang)
    told = incident.why.titles.get(lang, plain)
    story = "" if told == plain else f" ({told.removeprefix(first)})"
    match incident.state:
        case IncidentState.RESOLVED:
            return f"{first}{words['over']}{story}"
        case _ if incident.version == 1:
            return told
        case _:
            return f"{first}{words['grows']}{story}"


def body(incident: Incident, lang: Lang = "en", timezone: str = "UTC", playbook: Playbook | None = None) -> str:
    """The lines below the title, plain text: what strangers wrote is shown on one line and cut.

    `playbook` says what to do; None is ours.
    """
    why, words = incident.why, WORDING[lang]
    usual = decimal(why.expected, lang) if why.expected < 10 else count(why.expected, lang)
    signals = ", ".join(SIGNALS[lang].get(name, name) for name in incident.signals)
    channels, topics = named(why, "channel", lang), named(why, "topic", lang)
    standing_out = ", ".join(_one_line(word.word) for word in why.words)
    kinds = "; ".join(_kind(story, lang) for story in why.stories[:SHOWN_KINDS])
    # Who passes for the brand is told of without a wave.
    wave = why.observed > 0 or not why.stories
    lines = [
        *(
            [words["observed"].format(observed=why.observed, since=moment(why.since, lang, timezone), usual=usual)]
            if wave
            else []
        ),
        *([words["kind"].format(kinds=kinds)] if kinds else []),
        *([_severity(incident, lang)] if incident.severity_parts else []),
        *([words["little history"]] if incident.little_history else []),
        *([words["unusual"].format(signals=signals)] if signals else []),
        *([words["channels"].format(channels=channels, reposts=named(why, "kind", lang))] if channels else []),
        *([words["topics"].format(topics=topics)] if topics else []),
        *([f"{people(why, lang)}."] if wave else []),
        *([words["words"].format(words=standing_out)] if standing_out else []),
        *([f"{pace(why.growth, lang)}."] if wave else []),
        *(
            words["quote"].format(text=_one_line(post.text))
            + (f" {_one_line(post.url, URL_CHARS)}" if post.url else "")
            for post in why.top_posts[:3]
        ),
    ]
    if incident.state is not IncidentState.RESOLVED:
        if why.stories:
            steps = (playbook or shipped_playbook()).steps(
                [story.kind for story in why.stories], incident.severity, lang
            )
            lines.append(words["to do"].format(steps=" ".join(step.text for step in steps[:SHOWN_STEPS])))
        lines.append(words["advice"])
    lines.append(words["version"].format(id=incident.id, version=incident.version))
    return "\n".join(lines)


def _severity(incident: Incident, lang: Lang) -> str:
    names = SEVERITIES[lang]
    parts = ", ".join(f"{names[part.name]} {part.points}" for part in incident.severity_parts if part.points)
    severity = names[incident.severity]
    return WORDING[lang]["severity"].format(severity=severity, parts=parts or "0")


def _kind(story: Story, lang: Lang) -> str:
    """A kind of story with its evidence.

    >>> from detectors.model import StoryKind
    >>> hijacked = Story(kind=StoryKind.HIJACKED_HASHTAG, share=0.6, threshold=0.3, posts=36, of=60, subject="#askacme")
    >>> _kind(hijacked, "en")
    'hijacked hashtag #askacme (60%, 36 of 60)'
    """
    subject = f" {_one_line(story.subject, SUBJECT_CHARS)}" if story.subject else ""
    share = WORDING[lang]["share"].format(
        share=f"{100 * story.share:.0f}", posts=count(story.posts, lang), of=count(story.of, lang)
    )
    return f"{KINDS[lang][story.kind]}{subject} ({share})"


def named(why: Explanation, dimension: str, lang: Lang = "en") -> str:
    """The parts of a dimension that have a name, the largest excess first: "forum 20, twitter 10"; "" without any."""
    parts = [part for part in why.parts.get(dimension, []) if part.observed and part.name != "none"]
    return ", ".join(
        f"{_one_line(PARTS[lang].get(part.name, part.name))} {count(part.observed, lang)}"
        for part in parts[:SHOWN_PARTS]
    )


def people(why: Explanation, lang: Lang = "en") -> str:
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
    words = WORDING[lang]
    if not why.authors:
        return words["no author"]
    least = words["at least"] if why.at_least else ""
    told = words["author" if why.authors == 1 else "authors"].format(least=least, authors=count(why.authors, lang))
    if why.reach:
        told += words["followers"].format(least=least, reach=count(why.reach, lang))
    again = sum(part.observed for part in why.parts.get("authors", []) if part.name == "again")
    if again:
        told += words["again"].format(again=count(again, lang), observed=count(why.observed, lang))
    if groups := named(why, "audience", lang):
        told += words["audience"].format(groups=groups)
    return told[0].upper() + told[1:]


def pace(growth: Growth, lang: Lang = "en") -> str:
    """How fast it grows and what comes next, nine times of ten.

    >>> pace(Growth())
    'Too early to say how fast it grows'
    >>> from detectors.model import Range
    >>> hour = Range(median=70, low_50=50, high_50=95, low_90=40.2, high_90=120)
    >>> pace(Growth(too_early=False, doubling_minutes=12.3, next_hour=hour))
    'Doubles every 12 min; in the next hour 40 to 120 more are likely'
    >>> pace(Growth(), "fr")
    'Trop tôt pour dire à quelle vitesse elle grandit'
    """
    words = WORDING[lang]
    if growth.too_early:
        return words["too early"]
    doubling = growth.doubling_minutes
    told = words["doubles"].format(duration=_duration(doubling, lang)) if doubling else words["does not grow"]
    if (hour := growth.next_hour) is not None:
        told += words["next hour"].format(low=count(hour.low_90, lang), high=count(hour.high_90, lang))
    return told


def _duration(minutes: float, lang: Lang = "en") -> str:
    """Two or three digits of what is felt.

    >>> _duration(0.4), _duration(12.3), _duration(300.0), _duration(300.0, "fr")
    ('24 s', '12 min', '5.0 h', '5,0 h')
    """
    if minutes < 2:
        return f"{minutes * 60:.0f} s"
    return f"{minutes:.0f} min" if minutes < 120 else f"{decimal(minutes / 60, lang)} h"


def _one_line(text: str, most_chars: int = SHOWN_CHARS) -> str:
    line = "".join(char if char.isprintable() else " " for char in text)
    line = " ".join(line.split())
    return line if len(line) <= most_chars else line[: most_chars - 1] + "…"
