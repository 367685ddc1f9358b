"""Counts of the last days in bins: what a rule that compares one stretch of time with another needs to know."""

from __future__ import annotations

import math
from itertools import accumulate, pairwise
from typing import Self

import msgspec

__all__ = ["Windows", "WindowsState"]


class WindowsState(msgspec.Struct, array_like=True):
    """Minutes and count of the bin that is filling, minutes ever learned, the full bins (oldest first).

    `owed` is the part of a mention that `Windows.skip` has not put into a bin yet.
    """

    filled: int = 0
    filling: int = 0
    learned: int = 0
    owed: float = 0.0
    bins: list[int] = []


class Windows:
    """A ring of bins of `bin_minutes` that reaches back at least `kept_minutes`.

    Ages are minutes before the end of the minute that is being scored, at least one bin; the count of that minute
    is passed in, for scoring never learns. Where an age falls into a bin, the bin's mentions are taken as evenly
    spread over it. Every sum costs the same, however long the stretch: the ring holds running totals.

    >>> windows = Windows(5, 60, WindowsState())
    >>> for count in [1] * 50 + [2] * 9:
    ...     windows.add(count)
    >>> windows.since(10, count=4), windows.since(60, count=4), windows.per_min(10, 60)
    (22.0, 72.0, 1.0)
    """

    def __init__(self, bin_minutes: int, kept_minutes: int, state: WindowsState) -> None:
        self.bin_minutes = bin_minutes
        self.filled, self.filling, self.learned, self._owed = state.filled, state.filling, state.learned, state.owed
        self._size = kept_minutes // bin_minutes + 3
        self._closed = len(state.bins)
        self._last = self._closed
        edges = [0, *accumulate(state.bins)]
        self._edges = edges + [0] * (self._size - len(edges))
        self._moments: dict[tuple[int, int], tuple[int, float, float]] = {}

    def state(self) -> WindowsState:
        """Everything this remembers."""
        edges = [self._edges[self._last - back] for back in range(self._closed, -1, -1)]
        bins = [later - earlier for earlier, later in pairwise(edges)]
        return WindowsState(self.filled, self.filling, self.learned, self._owed, bins)

    def copy(self) -> Self:
        """Another one that may go its own way."""
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__, _edges=self._edges[:], _moments={})
        return twin

    def add(self, count: int) -> None:
        """Close a minute."""
        self.learned += 1
        self._advance(count, 1)

    def skip(self, minutes: int) -> None:
        """Minutes without data are taken as usual ones: they bring the mean of all that is known."""
        known = self.known - 1
        if not known:
            return
        rate = (self.filling + self._edges[self._last] - self._edges[self._last - self._closed]) / known
        left = min(minutes, self._size * self.bin_minutes)
        while left:
            step = min(left, self.bin_minutes - self.filled)
            self._owed += rate * step
            whole = int(self._owed)
            self._owed -= whole
            self._advance(whole, step)
            left -= step

    def drop_open(self) -> None:
        """Forget the bin that is filling: there is a hole in it."""
        self.filled = self.filling = 0

    @property
    def known(self) -> int:
        """How many minutes are known, the one being scored among them."""
        return self._closed * self.bin_minutes + self.filled + 1

    def since(self, age: int, count: int = 0) -> float:
        """Mentions of the last `age` minutes; the last of them, which is being scored, brings `count`."""
        bin_minutes, edges, last = self.bin_minutes, self._edges, self._last
        reach, kept = age - self.filled - 1, self._closed * bin_minutes
        back = (reach if reach < kept else kept) // bin_minutes
        edge = edges[last - back]
        total = count + self.filling + edges[last] - edge
        if reach < kept and (part := reach % bin_minutes):
            return total + (edge - edges[last - back - 1]) * part / bin_minutes
        return float(total)

    def per_min(self, newer_age: int, *ages: int) -> float:
        """Mean mentions a minute between an age and an older one, the highest of several; 0.0 where none is known."""
        known, newer, highest = self.known, self.since(newer_age), 0.0
        for age in ages:
            age = min(age, known)
            if age > newer_age:
                highest = max(highest, (self.since(age) - newer) / (age - newer_age))
        return highest

    def full_bin(self, back: int) -> int:
        """Mentions of the newest full bin (`back` 0) or of an earlier one; 0 where there is none."""
        if back >= self._closed:
            return 0
        return self._edges[self._last - back] - self._edges[self._last - back - 1]

    def moments(self, bins: int, guard: int = 0) -> tuple[int, float, float]:
        """Number, mean and standard deviation (of a sample) of the newest full bins but `guard`."""
        found = self._moments.get((bins, guard))
        if found is None:
            counts = [self.full_bin(back) for back in range(guard, min(guard + bins, self._closed))]
            number, total = len(counts), sum(counts)
            squares = number * sum(count * count for count in counts) - total * total
            deviation = math.sqrt(squares / (number * (number - 1))) if number > 1 else 0.0
            found = number, total / number if number else 0.0, deviation
            self._moments[bins, guard] = found
        return found

    def _advance(self, count: int, minutes: int) -> None:
        self.filling += count
        self.filled += minutes
        if self.filled < self.bin_minutes:
            return
        total = self._edges[self._last] + self.filling
        self._last = (self._last + 1) % self._size
        self._edges[self._last] = total
        self._closed = min(self._closed + 1, self._size - 1)
        self.filled = self.filling = 0
        self._moments.clear()
