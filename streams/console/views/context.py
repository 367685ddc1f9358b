"""What a page knows of who looks at it, and how things are said to them: words, numbers, times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from nicegui.element import Element

from detectors.model import Severity, StoryKind, from_ms
from streams.console.access import Who
from streams.console.core import Core
from streams.console.readmodel import Changes
from streams.console.views.wording import WORDS
from streams.digests.wording import hundredths, took
from streams.notifiers.wording import KINDS, SEVERITIES, Lang, count, decimal, moment

__all__ = ["Refresh", "View"]

Refresh = Callable[[Changes], None]
"""What a view does when something has changed."""


@dataclass(slots=True)
class View:
    """One open page: whose it is, in which language and time zone; `keys` are those that mean something now.

    `page` is the element that all is in. Dialogs and notices are put there: what they were asked from may be drawn
    anew meanwhile.
    """

    core: Core
    page: Element
    who: Who
    lang: Lang
    tz: str
    keys: dict[str, Callable[[], Any]] = field(default_factory=dict)

    def t(self, key: str, **fill: Any) -> str:
        """A sentence."""
        said = WORDS[self.lang][key]
        return said.format(**fill) if fill else said

    def number(self, value: float) -> str:
        """A whole number."""
        return count(value, self.lang)

    def decimal(self, value: float) -> str:
        """A number, with one decimal where it is small."""
        return count(value, self.lang) if value >= 10 else decimal(value, self.lang)

    def percent(self, share: float | None) -> str:
        """A share, 0 to 1; a dash where there is none."""
        return hundredths(share, self.lang)

    def when(self, at: datetime | None) -> str:
        """A moment, in the reader's time zone; a dash for none."""
        return "-" if at is None else moment(at, self.lang, self.tz)

    def clock(self, at: datetime) -> str:
        """Only its time of day."""
        return at.astimezone(ZoneInfo(self.tz)).strftime("%H:%M")

    def took(self, time: timedelta | float | None) -> str:
        """A length of time; a dash for none."""
        seconds = time.total_seconds() if isinstance(time, timedelta) else time
        return took(None if seconds is None else round(seconds), self.lang)

    def age(self, at: datetime) -> str:
        """How long ago it was."""
        return self.took(max(timedelta(0), self.core.now() - at))

    def severity(self, severity: Severity | str) -> str:
        """How a severity is called, or one of its parts."""
        return SEVERITIES[self.lang].get(severity, severity)

    def kind(self, kind: str) -> str:
        """How a kind of story is called."""
        return KINDS[self.lang][StoryKind(kind)] if kind in list(StoryKind) else kind

    def team(self, id: str | None) -> str:
        """The name of a team, or of a person; what is nobody's is called so."""
        named: Sequence[Any] = [*self.core.watch.teams, *self.core.watch.people]
        return next((one.name for one in named if one.id == id), id or self.t("nobody"))

    def name(self, name: str) -> str:
        """The name of a part of a count: some are words of ours."""
        return self.t(name) if name in ("none", "other", "unknown", "new", "again") else name

    def local(self, second: int) -> datetime:
        """A second since 1970 in the reader's time zone."""
        return from_ms(second * 1000).astimezone(ZoneInfo(self.tz))

    def utc(self, text: str) -> datetime | None:
        """A day that somebody typed, at its beginning in their time zone; None where it is none."""
        try:
            return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(self.tz)).astimezone(UTC)
        except (ValueError, OverflowError):
            return None
