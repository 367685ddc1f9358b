"""The garbage collector of a process that keeps what it has and makes many small things."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

__all__ = ["settled"]

YOUNG: Final = 20_000
"""A collection begins after so many new objects, instead of 700: the buckets of a minute hold no cycles."""


@contextmanager
def settled() -> Iterator[None]:
    """What is alive now stays alive, so the collector need not look at it again; and it looks more seldom at the rest.

    Workers run so after their start, and whatever measures them.
    """
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
