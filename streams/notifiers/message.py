"""An incident in words: what, how big against normal, how fast, why we think so, what to do."""

from __future__ import annotations

import msgspec

from detectors.alerting.playbook import Playbook, shipped_playbook
from detectors.model import Explanation, Growth, Incident, IncidentState, Story, Telling
from detectors.stories.titles import head, plain_title
from streams.notifiers.wording import KINDS, PARTS, SEVERITIES, SIGNALS, WORDING, Lang, count, decimal, moment

__all__ = ["body", "details", "named", "one_line", "pace", "people", "title", "where"]

SHOWN_CHARS = 140
SHOWN_PARTS = 6
SHOWN_KINDS = 3
SUBJECT_CHARS = 60
SHOWN_STEPS = 2
URL_CHARS = 300


def title(incident: Incident, lang: Lang = "en", telling: Telling | None = None) -> str:
    """One line: what happens, and why one hears of it now. Without a `telling`, what there is to say at any time.

    A brand's name is the company's own word; of what strangers wrote there are hashtags, accounts and quoted words in
    it, as `detectors.stories.titles` lets them through.
    """
    words, first = WORDING[lang], head(incident.brand_name, lang)
    plain = plain_title(incident.brand_name, lang)
    told = incident.why.titles.get(lang, plain)
    story = "" if told == plain else f" ({told.removeprefix(first)})"
    if telling is Telling.OVER or incident.state is IncidentState.RESOLVED:
        return f"{first}{words['over']}{story}"
    match telling:
        case Telling.GREW:
            return f"{first}{words['grows']}{story}"
        case Telling.REOPENED:
            return f"{first}{words['on again']}{story}"
        case Telling.WORSE:
            return f"{first}{words['worse'].format(severity=SEVERITIES[lang][incident.severity])}{story}"
        case Telling.ESCALATED:
            return f"{words['nobody']}{told}"
        case Telling.ASSIGNED:
            return f"{words['yours']}{told}"
        case _:
            return told


def body(
    incident: Incident,
    lang: Lang = "en",
    timezone: str = "UTC",
    playbook: Playbook | None = None,
    *,
    console_url: str | None = None,
) -> str:
    """The four lines below the title: how big and how fast, why we think so, who has it and what to do, where to look.

    Plain text: what strangers wrote is shown on its line and cut. `playbook` says what to do; None is ours.
    """
    lines = [
        " ".join(_how_big(incident, lang, timezone)),
        " ".join(_reasons(incident, lang)),
        " ".join([*_whose(incident, lang), *_to_do(incident, lang, playbook)]),
        where(incident, console_url),
    ]
    return "\n".join(line for line in lines if line)


def where(incident: Incident, console_url: str | None) -> str:
    """The incident's page in the console, or the command that shows it."""
    if console_url is not None:
        return f"{console_url.rstrip('/')}/incidents/{incident.id}"
    return f"badbuzz incidents show {incident.id}"


def _how_big(incident: Incident, lang: Lang, timezone: str) -> list[str]:
    why, words = incident.why, WORDING[lang]
    told: list[str] = []
    if _is_wave(incident):
        usual = decimal(why.expected, lang) if why.expected < 10 else count(why.expected, lang)
        since = moment(why.since, lang, timezone)
        told.append(words["observed"].format(observed=count(why.observed, lang), since=since, usual=usual))
        told.append(f"{pace(why.growth, lang)}.")
    if incident.severity_parts:
        told.append(_severity(incident, lang))
    return told


def _reasons(incident: Incident, lang: Lang) -> list[str]:
    why, words = incident.why, WORDING[lang]
    told: list[str] = []
    if kinds := words["beside"].join(_kind(story, lang) for story in why.stories[:SHOWN_KINDS]):
        told.append(words["kind"].format(kinds=kinds))
    if signals := ", ".join(SIGNALS[lang].get(name, name) for name in incident.signals):
        told.append(words["unusual"].format(signals=signals))
    if incident.little_history:
        told.append(words["little history"])
    if why.top_posts:
        told.append(words["quote"].format(text=one_line(why.top_posts[0].text)).removeprefix("- "))
    return told


def _whose(incident: Incident, lang: Lang) -> list[str]:
    if incident.owner:
        return [WORDING[lang]["owner"].format(owner=one_line(incident.owner))]
    return [] if incident.state is IncidentState.RESOLVED else [WORDING[lang]["no owner"]]


def _to_do(incident: Incident, lang: Lang, playbook: Playbook | None) -> list[str]:
    if incident.state is IncidentState.RESOLVED:
        return []
    steps = (playbook or shipped_playbook()).steps_for(incident, lang)
    left = [step.text for step in steps if step.id not in incident.ticked]
    return [WORDING[lang]["to do"].format(steps=" ".join(left[:SHOWN_STEPS]))] if left else []


def _is_wave(incident: Incident) -> bool:
    """Who passes for the brand is told of without a wave."""
    return incident.why.observed > 0 or not incident.why.stories


def details(incident: Incident, lang: Lang = "en", timezone: str = "UTC") -> str:
    """All that is known of it, for whoever looks at it; what strangers wrote is shown on its line and cut."""
    why, words = incident.why, WORDING[lang]
    channels, topics = named(why, "channel", lang), named(why, "topic", lang)
    standing_out = ", ".join(one_line(word.word) for word in why.words)
    lines = [
        *_how_big(incident, lang, timezone),
        *_reasons(msgspec.structs.replace(incident, why=msgspec.structs.replace(why, top_posts=[])), lang),
        *([words["channels"].format(channels=channels, reposts=named(why, "kind", lang))] if channels else []),
        *([words["topics"].format(topics=topics)] if topics else []),
        *([f"{people(why, lang)}."] if _is_wave(incident) else []),
        *([words["words"].format(words=standing_out)] if standing_out else []),
        *(
            words["quote"].format(text=one_line(post.text)) + (f" {one_line(post.url, URL_CHARS)}" if post.url else "")
            for post in why.top_posts[:3]
        ),
        words["version"].format(id=incident.id, version=incident.version),
    ]
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
    subject = f" {one_line(story.subject, SUBJECT_CHARS)}" if story.subject else ""
    share = WORDING[lang]["share"].format(
        share=f"{100 * story.share:.0f}", posts=count(story.posts, lang), of=count(story.of, lang)
    )
    return f"{KINDS[lang][story.kind]}{subject} ({share})"


def named(why: Explanation, dimension: str, lang: Lang = "en") -> str:
    """The parts of a dimension that have a name, the largest excess first: "forum 20, twitter 10"; "" without any."""
    parts = [part for part in why.parts.get(dimension, []) if part.observed and part.name != "none"]
    return ", ".join(
        f"{one_line(PARTS[lang].get(part.name, part.name))} {count(part.observed, lang)}"
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


def one_line(text: str, most_chars: int = SHOWN_CHARS) -> str:
    """What somebody wrote, on one line and cut, with nothing in it that moves a cursor."""
    line = "".join(char if char.isprintable() else " " for char in text)
    line = " ".join(line.split())
    return line if len(line) <= most_chars else line[: most_chars - 1] + "…"
