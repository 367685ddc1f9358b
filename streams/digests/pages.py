"""What a digest tells, in which order, and how much of it: plain texts, which the renderings lay out and escape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from detectors.digest import BrandDigest, Digest, IncidentLine, Talk
from detectors.model import Severity
from detectors.stories.telling.grammar import NBSP
from streams.digests.sentences import Sentences
from streams.digests.wording import WORDS, counted, growth, hundredths, joined, took
from streams.notifiers.message import one_line, title, where
from streams.notifiers.wording import SEVERITIES, Lang, count

__all__ = ["Grid", "Page", "Section", "Story", "page_of"]

SECTIONS: Final = 8
STORIES: Final = 5
TOPICS: Final = 6
ALL_TOPICS: Final = 12
TEAMS: Final = 12
BRANDS: Final = 25
NAMES: Final = 20


@dataclass(frozen=True, slots=True)
class Story:
    """An incident: its title, how bad and whether it is on, what was done about it, and where it is looked at."""

    title: str
    severity: Severity
    badge: str
    status: str
    where: str
    link: str | None
    yours: str | None


@dataclass(frozen=True, slots=True)
class Grid:
    """A table. Columns whose name starts with ">" are aligned to the right."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    more: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A brand, or all of them: what was said, what happened, what is to know beside, by label."""

    title: str
    lead: str
    stories: Sequence[Story] = ()
    more: str = ""
    facts: Sequence[tuple[str, str]] = ()
    grids: Sequence[Grid] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """A digest from its first line to its last. It is `calm` if nothing happened, as far as anybody can tell."""

    lang: Lang
    title: str
    headline: str
    mood: Literal["calm", "unsure", "busy"]
    lead: str
    sections: list[Section] = field(default_factory=list)
    volumes: Grid | None = None
    notes: list[str] = field(default_factory=list)
    small: str = ""


def page_of(digest: Digest, lang: Lang, timezone: str, *, team: str | None, console_url: str | None) -> Page:
    """The page of a digest, for a team where one is named."""
    return _Teller(digest, lang, timezone, team, console_url).page()


class _Teller:
    def __init__(self, digest: Digest, lang: Lang, timezone: str, team: str | None, console_url: str | None) -> None:
        self._digest = digest
        self._lang: Lang = lang
        self._words = WORDS[lang]
        self._team = team
        self._console_url = console_url
        self._say = Sentences(digest, lang, timezone)

    def page(self) -> Page:
        digest, say = self._digest, self._say
        busy = [brand for brand in digest.brands if not brand.quiet]
        sections = [self._section(brand) for brand in busy[:SECTIONS]]
        notes = []
        if rest := busy[SECTIONS:]:
            names = joined([one_line(brand.name, 40) for brand in rest], self._lang, most=NAMES)
            notes.append(counted("more busy", len(rest), self._lang).format(names=names))
        alone = len(digest.brands) == 1
        if digest.known_until is not None and not (alone and busy):
            sections.append(self._all(digest.brands[0] if alone else None))
        notes += say.notes()
        return Page(
            lang=self._lang,
            title=f"{self._words['title']} {say.span()}",
            headline=say.headline(),
            mood="busy" if not digest.quiet else "calm" if say.sure else "unsure",
            lead=say.said(digest.talk.said, digest.change),
            sections=sections,
            volumes=None if alone or digest.known_until is None else self._volumes(),
            notes=notes,
            small=self._words["note"] if digest.talk.answers.answered else "",
        )

    # ------------------------------------------------------------------------------ sections

    def _section(self, brand: BrandDigest) -> Section:
        more = len(brand.incidents) - STORIES
        alone = len(self._digest.brands) == 1
        return Section(
            title=one_line(brand.name, 60),
            lead="" if alone else self._say.said(brand.talk.said, brand.change),
            stories=[self._story(line) for line in brand.incidents[:STORIES]],
            more=counted("more incidents", more, self._lang) if more > 0 else "",
            facts=self._facts(brand.talk, self._say.voice(brand)),
            grids=self._grids(brand.talk, TOPICS, teams=alone),
        )

    def _all(self, alone: BrandDigest | None) -> Section:
        talk = self._digest.talk
        return Section(
            title=one_line(alone.name, 60) if alone is not None else self._words["brands"],
            lead="",
            facts=self._facts(talk, self._say.voice(alone) if alone is not None else ""),
            grids=self._grids(talk, ALL_TOPICS, teams=True),
        )

    def _facts(self, talk: Talk, voice: str) -> list[tuple[str, str]]:
        told = {"Complaints": self._say.answers(talk.answers), "Channels": self._say.channels(talk), "Voice": voice}
        return [(self._words[name], text) for name, text in told.items() if text]

    def _story(self, line: IncidentLine) -> Story:
        incident = line.incident
        state = self._words["state open" if line.open else "state over"]
        hears = self._team is not None and self._team in line.teams
        url = where(incident, self._console_url)
        return Story(
            title=one_line(title(incident, self._lang), 200),
            severity=incident.severity,
            badge=f"{SEVERITIES[self._lang][incident.severity]}, {state}",
            status=self._say.status(line),
            where=url,
            link=url if self._console_url is not None else None,
            yours=self._words["yours"] if hears else None,
        )

    # --------------------------------------------------------------------------------- grids

    def _grids(self, talk: Talk, most: int, *, teams: bool) -> list[Grid]:
        """Topics that have a name, and the teams that answer for them."""
        words, lang = self._words, self._lang
        numbers = [f">{words[name]}" for name in ("negatives", "complaints", "unanswered", "median", "p90")]
        grids = []
        if any(line.topic != "none" for line in talk.topics):
            rows = [
                [
                    self._topic(line.topic),
                    self._team_name(line.team),
                    f"{count(line.negative, lang)}{NBSP}({hundredths(line.share, lang)})",
                    *self._say.answered(line.answers),
                ]
                for line in sorted(talk.topics, key=lambda line: line.topic == "none")[:most]
            ]
            more = f"… {words['and more'].format(n=len(talk.topics) - most)}" if len(talk.topics) > most else ""
            grids.append(Grid(words["by topic"], [words["topic"], words["team"], *numbers], rows, more))
        if teams and any(line.team is not None for line in talk.teams):
            lines = [
                [self._team_name(line.team), count(line.negative, lang), *self._say.answered(line.answers)]
                for line in talk.teams[:TEAMS]
            ]
            grids.append(Grid(words["by team"], [words["team"], *numbers], lines))
        return grids

    def _volumes(self) -> Grid:
        """The brands of which the most bad is said."""
        words, lang = self._words, self._lang
        names = [words["brand"], *(f">{words[name]}" for name in ("mentions", "negatives", "changed", "unanswered"))]
        heard = sorted(
            (brand for brand in self._digest.brands if brand.heard),
            key=lambda brand: (-brand.talk.said.negative, -brand.talk.said.mentions, brand.brand),
        )
        rows = [
            [
                one_line(brand.name, 40),
                count(brand.talk.said.mentions, lang),
                f"{count(brand.talk.said.negative, lang)}{NBSP}({hundredths(brand.talk.said.negative_share, lang)})",
                growth(brand.change.negative if brand.change is not None else None, lang),
                self._unanswered(brand),
                took(brand.talk.answers.median_s, lang),
                hundredths(brand.rivals[0].share if brand.rivals else None, lang),
            ]
            for brand in heard[:BRANDS]
        ]
        more = len(heard) - BRANDS
        return Grid(
            words["volumes"],
            [*names, f">{words['median']}", f">{words['voices']}"],
            rows,
            counted("more brands", more, lang) if more > 0 else "",
        )

    def _unanswered(self, brand: BrandDigest) -> str:
        answers = brand.talk.answers
        if not answers.complaints:
            return "-"
        return f"{count(answers.unanswered, self._lang)} / {count(answers.complaints, self._lang)}"

    def _topic(self, topic: str) -> str:
        return self._words[topic] if topic in ("none", "other") else one_line(topic, 40)

    def _team_name(self, team: str | None) -> str:
        if team is None:
            return self._words["no team"]
        name = one_line(self._digest.teams.get(team, team), 40)
        return f"{name} ({self._words['yours'].replace(' ', NBSP)})" if team == self._team else name
