"""The sentences of a digest, each from what it is told of."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from detectors.digest import Answers, BrandDigest, Change, Digest, IncidentLine, Sentiments, Talk
from streams.digests.wording import WORDS, counted, growth, hundredths, joined, period, took
from streams.notifiers.message import one_line
from streams.notifiers.wording import Lang, count, moment

__all__ = ["Sentences"]

NAME_CHARS: Final = 40
NAMES: Final = 20
CHANNELS: Final = 6
RIVALS: Final = 5
_MINUTE: Final = timedelta(minutes=1)


class Sentences:
    """Says things about one digest, in a language and a time zone. What there is nothing to say of is ""."""

    def __init__(self, digest: Digest, lang: Lang, timezone: str) -> None:
        self._digest = digest
        self._lang: Lang = lang
        self._timezone = timezone
        self._words = WORDS[lang]
        self._length = digest.until - digest.since

    def span(self) -> str:
        """From when to when."""
        since, until = (moment(at, self._lang, self._timezone) for at in (self._digest.since, self._digest.until))
        return self._words["span"].format(since=since, until=until)

    def headline(self) -> str:
        """The first line: what happened, that nothing did, or that nobody knows."""
        digest, words, span = self._digest, self._words, self.span()
        if not digest.quiet:
            lines = [line for brand in digest.brands for line in brand.incidents]
            told = [
                counted(name, number, self._lang)
                for name, number in (
                    ("opened", sum(line.opened for line in lines)),
                    ("reopened", sum(line.reopened for line in lines)),
                    ("is over", sum(line.over for line in lines)),
                    ("open", sum(line.open for line in lines)),
                )
                if number
            ]
            incidents = counted("incident", len(lines), self._lang)
            return words["happened"].format(incidents=incidents, span=span, states=", ".join(told))
        if not digest.brands:
            return words["no brand"]
        if digest.known_until is None:
            return words["unknown"].format(span=span)
        return words["nothing" if self.sure else "nothing known"].format(span=span)

    @property
    def sure(self) -> bool:
        """Whether enough was counted to say that nothing happened."""
        return self._digest.known_until is not None and not self._stopped() and not self._missing()

    def said(self, said: Sentiments, change: Change | None) -> str:
        """How much was said, and how much more than before."""
        if not said.mentions:
            return "" if self._digest.known_until is None else self._words["no mentions"]
        more = negative = ""
        if change is not None and change.mentions is not None:
            before = period(self._length, self._lang)
            more = self._words["change"].format(growth=growth(change.mentions, self._lang), period=before)
        if change is not None and change.negative is not None:
            negative = f", {growth(change.negative, self._lang)}"
        return self._words["said"].format(
            mentions=counted("mention", said.mentions, self._lang),
            change=more,
            negative=counted("negative", said.negative, self._lang),
            share=hundredths(said.negative_share, self._lang),
            negative_change=negative,
        )

    def status(self, line: IncidentLine) -> str:
        """When an incident began and ended, who had it, and how long it took them."""
        incident, words, lang = line.incident, self._words, self._lang
        at = moment(incident.opened_at, lang, self._timezone)
        nobody = words["no owner" if line.open else "no owner had"]
        told = [words["since"].format(at=at)]
        if line.reopened:
            told.append(words["again"])
        if not line.open and incident.resolved_at is not None:
            told.append(words["until"].format(at=moment(incident.resolved_at, lang, self._timezone)))
        if incident.owner:
            told.append(words["owner"].format(owner=one_line(incident.owner, NAME_CHARS)))
        elif line.acknowledged_after_s is None:
            told.append(nobody)
        for name, seconds in (
            ("acknowledged", line.acknowledged_after_s),
            ("responded", line.responded_after_s),
            ("took", line.over_after_s),
        ):
            if seconds is not None:
                told.append(words[name].format(time=took(seconds, lang)))
        if incident.why.observed:
            told.append(counted("observed", incident.why.observed, lang))
        return ", ".join(told)

    def answers(self, answers: Answers) -> str:
        """Complaints to the brand, and how long it took to answer them."""
        words, lang = self._words, self._lang
        if not answers.complaints and not answers.earlier:
            return ""
        told = words["no complaints"]
        if answers.complaints:
            told = words["answers"].format(
                complaints=count(answers.complaints, lang),
                answered=count(answers.answered, lang),
                unanswered=count(answers.unanswered, lang),
            )
        more = [told]
        if answers.median_s is not None:
            more.append(words["half"].format(median=took(answers.median_s, lang), p90=took(answers.p90_s, lang)))
        if answers.earlier:
            more.append(counted("earlier", answers.earlier, lang))
        return words["apart"].join(more)

    def answered(self, answers: Answers) -> list[str]:
        """The same as cells of a table: complaints, unanswered, median, nine tenths."""
        lang = self._lang
        counts = [count(number, lang) for number in (answers.complaints, answers.unanswered)]
        return [
            *(counts if answers.complaints else ("-", "-")),
            took(answers.median_s, lang),
            took(answers.p90_s, lang),
        ]

    def channels(self, talk: Talk) -> str:
        """Where the negative mentions are."""
        names = [
            f"{one_line(line.channel, NAME_CHARS)} {count(line.negative, self._lang)}"
            for line in talk.channels
            if line.negative
        ]
        return joined(names, self._lang, most=CHANNELS)

    def voice(self, brand: BrandDigest) -> str:
        """The brand's part of what is said of it and its competitors."""
        if not brand.rivals or brand.rivals[0].share is None:
            return ""
        shown = [(one_line(rival.name, NAME_CHARS), rival) for rival in brand.rivals]
        shares = joined([f"{name} {hundredths(one.share, self._lang)}" for name, one in shown], self._lang, most=RIVALS)
        if brand.rivals[0].negative_share is None:
            return shares
        bad = [f"{name} {hundredths(one.negative_share, self._lang)}" for name, one in shown]
        return self._words["voice"].format(shares=shares, negative=joined(bad, self._lang, most=RIVALS))

    def notes(self) -> list[str]:
        """Which brands were quiet, and of which nobody can tell."""
        digest, words = self._digest, self._words
        if digest.known_until is None:
            return [] if digest.quiet else [words["unknown"].format(span=self.span())]
        told = []
        if quiet := [one_line(brand.name, NAME_CHARS) for brand in digest.brands if brand.quiet and brand.heard]:
            told.append(words["quiet"].format(names=joined(quiet, self._lang, most=NAMES)))
        if self._stopped():
            told.append(words["stopped"].format(at=moment(digest.known_until, self._lang, self._timezone)))
        if missing := self._missing():
            names = [
                words["without"].format(
                    name=one_line(brand.name, NAME_CHARS), time=took(60 * brand.minutes_without_data, self._lang)
                )
                for brand in missing
            ]
            told.append(words["missing"].format(names=joined(names, self._lang, most=NAMES)))
        if unheard := [one_line(brand.name, NAME_CHARS) for brand in digest.brands if not brand.heard]:
            told.append(words["unheard"].format(names=joined(unheard, self._lang, most=NAMES)))
        return told

    def _stopped(self) -> bool:
        """Whether nothing of any brand was counted for long, up to the end."""
        return self._is_long(self._tail())

    def _tail(self) -> int:
        known = self._digest.known_until
        return 0 if known is None else (self._digest.until - known) // _MINUTE

    def _missing(self) -> list[BrandDigest]:
        """Brands of which nothing was counted for long, while something was of others, the longest first."""
        tail = self._tail()
        found = [one for one in self._digest.brands if one.heard and self._is_long(one.minutes_without_data - tail)]
        return sorted(found, key=lambda brand: (-brand.minutes_without_data, brand.brand))

    def _is_long(self, minutes: int) -> bool:
        """Five minutes, and a twentieth of the span."""
        return minutes >= 5 and minutes * 20 >= self._length / _MINUTE
