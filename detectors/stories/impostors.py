"""Accounts that look like an official one and speak to the brand's customers: what they wrote lately."""

from __future__ import annotations

from typing import Final

import msgspec

from detectors.model import Mention

__all__ = ["Impostors"]

KEPT_ACCOUNTS: Final = 8
KEPT_POSTS: Final = 5
NOBODY: Final = ""


class Impostors(msgspec.Struct, omit_defaults=True):
    """One appearance of look-alikes, from the minute of their first post to a customer on.

    `posts` speak to customers, `others` are by look-alikes too. `accounts` are those that speak to customers, with
    their posts, the first eight; `kept` their first posts, without marks; `newest_ms` the time of the newest of them.
    """

    start_ms: int
    posts: int = 0
    others: int = 0
    newest_ms: int = 0
    looks_like: str = NOBODY
    accounts: dict[str, int] = {}
    kept: list[Mention] = []

    @property
    def account(self) -> str | None:
        """The one that wrote most of them; None where no author is known."""
        names = [name for name in self.accounts if name != NOBODY]
        return min(names, key=lambda name: (-self.accounts[name], name), default=None)

    def add(self, mention: Mention, looks_like: str, *, to_customer: bool) -> None:
        """One more post of a look-alike."""
        if not to_customer:
            self.others += 1
            return
        self.posts += 1
        self.newest_ms = max(self.newest_ms, mention.event_ms)
        self.looks_like = self.looks_like or looks_like
        name = mention.author or NOBODY
        if name in self.accounts or len(self.accounts) < KEPT_ACCOUNTS:
            self.accounts[name] = self.accounts.get(name, 0) + 1
        if len(self.kept) < KEPT_POSTS:
            self.kept.append(msgspec.structs.replace(mention, marks=None))
