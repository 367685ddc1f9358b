"""Counts by name that cost little: the hashtags, accounts, links and rivals of a brand's posts."""

from __future__ import annotations

import math
import zlib
from typing import Final

import msgspec

__all__ = ["KEPT_NAMES", "Named", "add_names", "distinct", "halved_names", "keep_most_frequent", "voice"]

KEPT_NAMES: Final = 16
"""Of names that come once each, 16 have to come before a clearing: one that a tenth of the posts have is not lost."""
_BITS: Final = 64


class Named(msgspec.Struct, array_like=True, gc=False):
    """What is known of one name: `against` posts against the brand have it, of `posts` of any sentiment.

    `voices` are the bits of the authors who wrote those against it (see `voice`); `beside_rival` of them name a
    rival too.
    """

    against: int = 0
    posts: int = 0
    voices: int = 0
    beside_rival: int = 0

    @property
    def authors(self) -> int:
        """About how many different people wrote those against the brand."""
        return min(distinct(self.voices), self.against)


def voice(source: str, author: str | None) -> int:
    """The bit of an author, the same in every process; 0 for nobody. 0.4 us."""
    if author is None:
        return 0
    return 1 << (zlib.crc32(f"{source} {author}".encode("utf-8", "surrogatepass")) & (_BITS - 1))


def distinct(voices: int) -> int:
    """About how many different authors set these bits: one off for ten, a tenth for fifty, 266 at most.

    Linear counting with 64 bits (Whang, Vander-Zanden & Taylor, "A linear-time probabilistic counting algorithm for
    database applications", ACM Transactions on Database Systems 15, 1990, https://doi.org/10.1145/78922.78925).

    >>> bits = 0
    >>> for number in range(30):
    ...     bits |= voice("twitter", f"u{number % 10}")
    >>> distinct(bits), distinct(0), distinct(2**64 - 1)
    (11, 0, 266)
    """
    free = _BITS - voices.bit_count()
    return round(_BITS * math.log(_BITS / max(free, 1)))


def keep_most_frequent(names: dict[str, Named]) -> None:
    """Forget all but the 16 most frequent once there are twice as many: one that comes later still gets its chance.

    >>> names = {f"#{number}": Named(number, number) for number in range(2 * KEPT_NAMES + 1)}
    >>> keep_most_frequent(names)
    >>> len(names), "#32" in names, "#16" in names
    (16, True, False)
    """
    if len(names) <= 2 * KEPT_NAMES:
        return
    for name in sorted(names, key=lambda name: (-names[name].against, -names[name].posts, name))[KEPT_NAMES:]:
        del names[name]


def add_names(names: dict[str, Named], more: dict[str, Named], *, voices: bool) -> None:
    """Add what another holds, which stays as it is; who wrote it only if `voices`."""
    for name, one in more.items():
        known = names.get(name)
        if known is None:
            known = names[name] = Named()
        known.against += one.against
        known.posts += one.posts
        known.beside_rival += one.beside_rival
        if voices:
            known.voices |= one.voices
    keep_most_frequent(names)


def halved_names(names: dict[str, Named]) -> dict[str, Named]:
    """Half of it; what was there once is gone.

    >>> halved_names({"#a": Named(5, 9), "#b": Named(1, 1)})
    {'#a': Named(against=2, posts=4, voices=0, beside_rival=0)}
    """
    return {
        name: Named(one.against // 2, one.posts // 2, one.voices, one.beside_rival // 2)
        for name, one in names.items()
        if one.posts > 1
    }
