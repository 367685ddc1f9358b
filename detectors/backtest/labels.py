"""What people say happened: the crises, traps and spans to ignore that a backtest is scored against."""

from __future__ import annotations

from typing import Annotated

import msgspec

from detectors.errors import InputError
from detectors.model import PostDate

__all__ = ["Crisis", "Labels", "Span", "parse_labels"]

Id = Annotated[str, msgspec.Meta(min_length=1)]


class Crisis(msgspec.Struct, frozen=True, kw_only=True):
    """A bad buzz that an early warning must find. `grade` is hard or soft: how plain it is."""

    id: Id
    brand: Id
    onset: PostDate
    peak: PostDate
    end: PostDate
    grade: str = "hard"
    kind: str = ""


class Span(msgspec.Struct, frozen=True, kw_only=True, rename={"start": "from", "until": "to"}):
    """A trap (an alert here is a false one) or a span to ignore (an alert here counts for nothing)."""

    id: Id
    brand: Id
    start: PostDate
    until: PostDate
    why: str = ""


class Labels(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of a file of posts."""

    crises: list[Crisis] = []
    traps: list[Span] = []
    ignore: list[Span] = []

    def brands(self) -> list[str]:
        """The brands that are named, in order of appearance."""
        crises = [crisis.brand for crisis in self.crises]
        return list(dict.fromkeys([*crises, *(span.brand for span in [*self.traps, *self.ignore])]))


def parse_labels(content: bytes, *, source: str = "labels") -> Labels:
    """Labels from their JSON.

    Raises:
        InputError: not JSON, or a label that does not fit, with its path.

    >>> parse_labels(b'{"crises": [{"id": "x"}]}')
    Traceback (most recent call last):
      ...
    detectors.errors.InputError: labels: Object missing required field `brand` - at `$.crises[0]`
    """
    try:
        labels = msgspec.json.decode(content, type=Labels)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{source}: {error}") from None
    for position, crisis in enumerate(labels.crises):
        if not crisis.onset <= crisis.peak <= crisis.end:
            raise InputError(f"{source}: onset, peak and end must follow each other - at `$.crises[{position}]`")
    for name, spans in (("traps", labels.traps), ("ignore", labels.ignore)):
        for position, span in enumerate(spans):
            if span.start > span.until:
                raise InputError(f"{source}: `from` must not be after `to` - at `$.{name}[{position}]`")
    return labels
