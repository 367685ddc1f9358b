"""What people repeat: reposts, and texts that are nearly the same."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice
from operator import add
from struct import Struct
from typing import Final
from zlib import crc32

import msgspec
from rensa import RMinHash

from detectors.model import MINUTE_MS, Post
from detectors.text.terms import fold

__all__ = ["BANDS", "KEPT_GROUPS", "MEMORY_MS", "MIN_WORDS", "Copies", "Group", "is_repost", "prints"]

BANDS: Final = 8
"""A text has so many prints, or none."""
MIN_WORDS: Final = 5
"""Fewer words are written twice without one author knowing of the other."""
MEMORY_MS: Final = 48 * 60 * MINUTE_MS
KEPT_GROUPS: Final = 1_000
"""One takes 63 bytes of a snapshot at most: 64 kB for a brand with a thousand complaints in two days."""
_FORGOTTEN_AT_ONCE: Final = KEPT_GROUPS // 8
_CLEARED_EVERY_MS: Final = 6 * 60 * MINUTE_MS
_ROWS: Final = 4
_SEED: Final = 7
_READ_CHARS: Final = 2_000
_READ_WORDS: Final = 80
_PACK: Final = Struct(f"<{BANDS * _ROWS}I").pack
_OWN_WORDS: Final = 2
"""A quote with so many words of its own is a comment."""

_PREFIX: Final = re.compile(r"[^\w@#]*(?:rt|mt)\b[\s:]*@\w+")
# Links, @handles and #hashtags are found as well, as "", so that their letters are no words.
_WORDS: Final = re.compile(r"https?://\S*|[@#]\w+(?:[.@-]\w+)*|(\w+)")
_UNSPACED: Final = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ud7ff\uf900-\ufaff]")
"""Letters of languages that write no spaces: each says as much as a short word."""


def is_repost(post: Post) -> bool:
    r"""Whether `post` says nothing of its own, only again what somebody else has said.

    It does so by field (`repost_of`), by "RT @name" or "MT @name" at the start of its text, or by quoting (`quote_of`
    or `quoted_text`) with at most one word beside links, @handles, #hashtags and emoji, or with words that all stand
    so in what it quotes. A quote with a comment of two words ("worst airline") is none, and neither is "via @name". A
    comment put *before* "RT @name" makes a post of its own, one put behind the repeated words cannot be told.

    Any text; 0.3 us, 2 us where something is quoted.

    >>> from datetime import UTC, datetime
    >>> def say(text: str, **fields: str) -> Post:
    ...     return Post(id="1", source="x", text=text, created_at=datetime(2026, 1, 1, tzinfo=UTC), **fields)
    >>> is_repost(say("RT @marie: Acme lost my bag")), is_repost(say("So true! RT @marie: Acme lost my bag"))
    (True, False)
    >>> is_repost(say("This! \U0001f447 #acme", quote_of="7")), is_repost(say("Same here, never again", quote_of="7"))
    (True, False)
    """
    if post.repost_of is not None:
        return True
    text = post.text
    if post.quote_of is None and post.quoted_text is None:
        return "@" in text and _PREFIX.match(text[:100].lower()) is not None
    folded = fold(text[:_READ_CHARS])
    if _PREFIX.match(folded):
        return True
    own = _words(folded)
    said = len(own) + sum(len(_UNSPACED.findall(word)) for word in own[:_OWN_WORDS])
    if said < _OWN_WORDS or post.quoted_text is None:
        return said < _OWN_WORDS
    quoted = _words(fold(post.quoted_text[:_READ_CHARS]))
    return f" {' '.join(own)} " in f" {' '.join(quoted)} "


def prints(text: str, *, folded: str | None = None) -> tuple[int, ...]:
    """What a text has in common with its near copies: 8 numbers below 2^32, or none.

    Two texts of which one number is the same are nearly the same. Case, accents, punctuation, emoji, links, @handles,
    #hashtags and an "RT @name:" at the start do not count. A text of fewer than 5 words has no prints, nor has one in
    a language without spaces. Of a text the first 2,000 characters and 80 words are read; `folded` is what
    `detectors.text.terms.fold` makes of it, for a caller that has it.

    How: the MinHash (rensa's R-MinHash, 32 slots, always the same seed) of all pairs of words that stand side by side
    or have one word between them, cut into 8 bands of 4 slots. Stable across processes and platforms; another
    algorithm version of rensa would give other numbers, and a test says so.

    Measured (`pytest tests/unit/test_copies.py -k measured -s`) on 17 made-up English and French letters of 14 to 45
    words: a copy shares a print with its original always where case, emoji, links, handles or hashtags differ, in 98 %
    where one word is misspelt or another, 99 % where one is added or left out, 77 % where two are others, 48 % where
    three are. Of 3,500 texts of the simulation on one brand 0.3 % share one with a text from another template; of
    6,900 real tweets to airlines 0.8 % share one with another, three quarters of them because they are the same text
    again. Cost: 8.7 us for a tweet of 10 words, 11.5 us for one of 17 (medians over 20,000 of the simulation and the
    7,239 to airlines, both cores busy); 1.5 us less with `folded`.

    >>> letter = "Acme knew that the heater burns and sold it to us all the same. Copy this!"
    >>> copy = "RT @ann: ACME knew that the heater burns and sold it to us all the same, copy this #BoycottAcme"
    >>> set(prints(letter)) == set(prints(copy))
    True
    >>> set(prints(letter)) & set(prints("My heater from Acme is loud and it burns my hand when I touch it"))
    set()
    >>> prints("I hate you, @acme!")
    ()
    """
    if folded is None:
        folded = fold(text[:_READ_CHARS])
    words = _words(folded[:_READ_CHARS])[:_READ_WORDS]
    if len(words) < MIN_WORDS:
        return ()
    minhash = RMinHash(BANDS * _ROWS, _SEED)
    minhash.update([*map(add, words, words[1:]), *map(add, words, words[2:])])
    slots = _PACK(*minhash.digest())
    return tuple([crc32(slots[at : at + 4 * _ROWS]) for at in range(0, 4 * _ROWS * BANDS, 4 * _ROWS)])


def _words(folded: str) -> list[str]:
    """The words of a folded text, without what a copy adds or loses."""
    found = _WORDS.findall(folded)
    if found and found[0] in ("rt", "mt") and "" in found[1:2]:
        del found[0]
    return list(filter(None, found))


class Group(msgspec.Struct, array_like=True):
    """A text and its near copies: how many posts, the time of the earliest and of the latest."""

    prints: tuple[int, ...]
    size: int
    first_ms: int
    last_ms: int


class Copies(msgspec.Struct, dict=True):
    """Remembers which texts were seen of one brand, to tell copies from originals.

    A text is a copy if it shares a print with the first text of a group, at most 48 hours before the earliest or
    after the latest post of that group; it then is of that group, the largest such. Posts need not come in the order
    of their times. Groups not seen in the 48 hours up to the newest post are forgotten, and beyond 1,000 groups the
    125 that were not seen for longest: 64 kB in a snapshot and 1.3 MB in memory at most, for a brand with a thousand
    different complaints in two days.

    All of it is a function of what was seen, in that order: a copy made by msgspec (a snapshot) goes on just the same.
    `see` costs 1 to 2.5 us.

    >>> copies = Copies()
    >>> letter = prints("Acme knew that the heater burns and sold it all the same")
    >>> copies.see(letter, event_ms=60_000), copies.see(letter, event_ms=0), copies.see((), event_ms=0)
    (False, True, False)
    >>> copies.largest().size, copies.largest().first_ms
    (2, 0)
    """

    groups: dict[int, Group] = {}
    """By the first print of the text that founded each; the one that was seen last stands last."""
    newest_ms: int = 0
    cleared_ms: int = 0
    """When groups that nobody will join again were last forgotten, in the time of posts."""

    def __post_init__(self) -> None:
        # No two groups share a print: whoever shares one with a group joins it.
        self._index = {one: name for name, group in self.groups.items() for one in group.prints}

    def see(self, prints: Sequence[int], event_ms: int) -> bool:
        """Whether such a text was seen before; it is remembered. One without prints never was, nor will be.

        A text from more than 48 hours before its group is none of its copies, and not remembered.
        """
        if not prints:
            return False
        self.newest_ms = max(self.newest_ms, event_ms)
        if self.newest_ms >= self.cleared_ms + _CLEARED_EVERY_MS:
            self._clear()
        index, groups = self._index, self.groups
        joined: int | None = None
        largest, too_early = 0, False
        for name in dict.fromkeys([index[one] for one in prints if one in index]):
            group = groups[name]
            if event_ms < group.first_ms - MEMORY_MS:
                too_early = True
            elif event_ms > group.last_ms + MEMORY_MS:
                self._forget(name)
            elif group.size > largest:
                joined, largest = name, group.size
        if joined is None:
            if not too_early:
                self._found(prints, event_ms)
            return False
        group = groups[joined] = groups.pop(joined)
        group.size += 1
        group.first_ms = min(group.first_ms, event_ms)
        group.last_ms = max(group.last_ms, event_ms)
        return True

    def largest(self) -> Group | None:
        """The group with the most posts, of those seen in the 48 hours up to the newest post; None if all are single.

        Of equals the earliest. Reads all groups, in up to 0.1 ms: for an alert, not for each post.
        """
        found: Group | None = None
        for group in self.groups.values():
            if group.size < 2 or group.last_ms < self.newest_ms - MEMORY_MS:
                continue
            if found is None or (-group.size, group.first_ms, group.prints) < (
                -found.size,
                found.first_ms,
                found.prints,
            ):
                found = group
        return found

    def _clear(self) -> None:
        self.cleared_ms = self.newest_ms
        for name in [name for name, group in self.groups.items() if group.last_ms < self.newest_ms - MEMORY_MS]:
            self._forget(name)

    def _found(self, prints: Sequence[int], event_ms: int) -> None:
        if len(self.groups) >= KEPT_GROUPS:
            for name in list(islice(self.groups, _FORGOTTEN_AT_ONCE)):
                self._forget(name)
        name = prints[0]
        self.groups[name] = Group(tuple(prints), 1, event_ms, event_ms)
        for one in prints:
            self._index[one] = name

    def _forget(self, name: int) -> None:
        for one in self.groups.pop(name).prints:
            self._index.pop(one, None)
