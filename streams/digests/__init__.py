"""Digests for people: read from the topics, told as text and as a page that mail clients show.

What is told, in which order and how much of it is in `pages.py`, every fixed word of it in `wording.py`; `texts.py` and
`mails.py` only lay it out.
"""

from __future__ import annotations

from detectors.digest import Digest
from streams.digests.mails import as_html
from streams.digests.pages import page_of
from streams.digests.reading import read_digest
from streams.digests.texts import as_text
from streams.notifiers.wording import Lang

__all__ = ["digest_html", "digest_text", "read_digest"]


def digest_text(
    digest: Digest, lang: Lang, timezone: str, *, team: str | None = None, console_url: str | None = None
) -> str:
    """A digest as plain text, its first line what happened, or that nothing did.

    Times are in `timezone`. What is the `team`'s is marked so; where there is a console, incidents name their page in
    it. However many brands there are it is some 300 lines at most, and no line holds anything that moves a cursor.
    """
    return as_text(page_of(digest, lang, timezone, team=team, console_url=console_url))


def digest_html(
    digest: Digest, lang: Lang, timezone: str, *, team: str | None = None, console_url: str | None = None
) -> str:
    """The same as one page of HTML for mail: it fetches nothing, runs nothing and needs no style sheet.

    Names and strangers' words are escaped. It stays below the 102 kB at which Gmail cuts a message, unless names are
    long and made of what has to be escaped.
    """
    return as_html(page_of(digest, lang, timezone, team=team, console_url=console_url))
