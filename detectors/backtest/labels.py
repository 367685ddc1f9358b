"""What people say happened: the crises, traps and spans to ignore that a backtest is scored against."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import combinations, islice
from typing import Annotated, Final, TypeVar

import msgspec

from detectors.errors import InputError
from detectors.model import PostDate

__all__ = ["EARLY", "Crisis", "Labels", "Span", "parse_labels"]

EARLY: Final = timedelta(minutes=30)
"""An alert may come this much before the labelled onset, which people set by hand."""
SHOWN_BRANDS: Final = 20
"""More are not told to whoever named one that is not watched."""

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

    def covers(self, brand: str, at: datetime) -> bool:
        """Whether an alert of this brand at this moment finds the crisis: in [onset - 30 min, end]."""
        return brand == self.brand and self.onset - EARLY <= at <= self.end


class Span(msgspec.Struct, frozen=True, kw_only=True, rename={"start": "from", "until": "to"}):
    """A trap (an alert here is a false one) or a span to ignore (an alert here counts for nothing)."""

    id: Id
    brand: Id
    start: PostDate
    until: PostDate
    why: str = ""

    def covers(self, brand: str, at: datetime) -> bool:
        """Whether an alert of this brand at this moment lies in [from, to]."""
        return brand == self.brand and self.start <= at <= self.until


Label = TypeVar("Label", Crisis, Span)


class Labels(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of a file of posts."""

    crises: list[Crisis] = []
    traps: list[Span] = []
    ignore: list[Span] = []

    def brands(self) -> list[str]:
        """The brands that are named, in order of appearance."""
        crises = [crisis.brand for crisis in self.crises]
        return list(dict.fromkeys([*crises, *(span.brand for span in [*self.traps, *self.ignore])]))

    def between(self, since: datetime | None, until: datetime | None) -> Labels:
        """The labels of a stretch of the file; None leaves that side open.

        A crisis belongs to it if its onset does: from its middle on, nobody can say how early it was found. What of
        another crisis reaches into the stretch is to be ignored there.
        """
        inside: list[Crisis] = []
        ignored: list[Span] = []
        for crisis in self.crises:
            start = crisis.onset - EARLY
            if (since is None or since <= crisis.onset) and (until is None or crisis.onset <= until):
                inside.append(crisis)
            elif (since is None or since <= crisis.end) and (until is None or start <= until):
                why = "a crisis with its onset outside"
                ignored.append(Span(id=crisis.id, brand=crisis.brand, start=start, until=crisis.end, why=why))
        return Labels(crises=inside, traps=self.traps, ignore=[*self.ignore, *ignored])


class _Lists(msgspec.Struct, frozen=True):
    crises: list[msgspec.Raw] = []
    traps: list[msgspec.Raw] = []
    ignore: list[msgspec.Raw] = []


def parse_labels(content: bytes, *, source: str = "labels", brands: Collection[str] | None = None) -> Labels:
    """Labels from their JSON; `brands` are those that are watched, None where the labels themselves say it.

    Refused is what would count one thing twice, or as two things: an id that stands twice in a list, two crises of a
    brand at the same time (or two traps, or two spans to ignore), a crisis of it in a trap or in a span to ignore.
    Spans may touch.

    Raises:
        InputError: not JSON, or labels that do not fit, each with its path.

    >>> parse_labels(b'{"crises": [{"id": "x"}], "traps": [{"id": 1}]}')
    Traceback (most recent call last):
      ...
    detectors.errors.InputError: labels: 8 problems
      Object missing required field `brand` - at `$.crises[0]`
      Object missing required field `onset` - at `$.crises[0]`
      Object missing required field `peak` - at `$.crises[0]`
      Object missing required field `end` - at `$.crises[0]`
      Expected `str`, got `int` - at `$.traps[0].id`
      Object missing required field `brand` - at `$.traps[0]`
      Object missing required field `from` - at `$.traps[0]`
      Object missing required field `to` - at `$.traps[0]`
    """
    try:
        lists = msgspec.json.decode(content, type=_Lists)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{source}: {error}") from None
    problems: list[str] = []
    crises = _read(Crisis, lists.crises, "crises", problems)
    traps = _read(Span, lists.traps, "traps", problems)
    ignore = _read(Span, lists.ignore, "ignore", problems)
    for path, crisis in crises:
        if not crisis.onset <= crisis.peak <= crisis.end:
            problems.append(f"onset, peak and end must follow each other - at `{path}`")
    for path, span in [*traps, *ignore]:
        if span.start > span.until:
            problems.append(f"`from` must not be after `to` - at `{path}`")
    for labels in (crises, traps, ignore):
        problems += _same_ids(labels)
    named = [(path, crisis.brand) for path, crisis in crises]
    named += [(path, span.brand) for path, span in [*traps, *ignore]]
    for path, brand in named:
        if brands is not None and brand not in brands:
            expected = ", ".join(islice(brands, SHOWN_BRANDS))
            problems.append(f"{brand!r} is not watched; expected one of: {expected} - at `{path}.brand`")
    problems += _overlaps(crises, traps, ignore)
    if len(problems) == 1:
        raise InputError(f"{source}: {problems[0]}")
    if problems:
        raise InputError("\n  ".join([f"{source}: {len(problems)} problems", *problems]))
    return Labels(crises=[c for _, c in crises], traps=[s for _, s in traps], ignore=[s for _, s in ignore])


def _read(kind: type[Label], items: Sequence[msgspec.Raw], name: str, problems: list[str]) -> list[tuple[str, Label]]:
    """The labels of a list that can be read, each with its path; what is wrong with the others goes to `problems`."""
    read: list[tuple[str, Label]] = []
    for position, item in enumerate(items):
        path, told = f"$.{name}[{position}]", len(problems)
        try:
            fields = msgspec.json.decode(item, type=dict[str, msgspec.Raw])
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            problems.append(f"{error} - at `{path}`")
            continue
        for field in msgspec.structs.fields(kind):
            if field.encode_name in fields:
                try:
                    msgspec.json.decode(fields[field.encode_name], type=field.type)
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    problems.append(f"{error} - at `{path}.{field.encode_name}`")
            elif field.required:
                problems.append(f"Object missing required field `{field.encode_name}` - at `{path}`")
        if len(problems) == told:
            read.append((path, msgspec.json.decode(item, type=kind)))
    return read


def _same_ids(labels: Sequence[tuple[str, Crisis | Span]]) -> Iterator[str]:
    seen: dict[str, str] = {}
    for path, label in labels:
        if seen.setdefault(label.id, path) != path:
            yield f"{label.id!r} is the id of `{seen[label.id]}`; expected an id of its own - at `{path}.id`"


def _overlaps(
    crises: Sequence[tuple[str, Crisis]], traps: Sequence[tuple[str, Span]], ignore: Sequence[tuple[str, Span]]
) -> Iterator[str]:
    lists: tuple[Sequence[tuple[str, Crisis | Span]], ...] = (crises, traps, ignore)
    for labels in lists:
        for (earlier, one), (path, other) in combinations(labels, 2):
            if _overlap(one, other):
                yield f"overlaps `{earlier}`, of the same brand - at `{path}`"
    for path, span in [*traps, *ignore]:
        for crisis_path, crisis in crises:
            if _overlap(crisis, span):
                yield f"overlaps the crisis `{crisis_path}`, of the same brand - at `{path}`"


def _overlap(one: Crisis | Span, other: Crisis | Span) -> bool:
    if one.brand != other.brand:
        return False
    (start, end), (other_start, other_end) = _ends(one), _ends(other)
    return max(start, other_start) < min(end, other_end)


def _ends(label: Crisis | Span) -> tuple[datetime, datetime]:
    return (label.onset, label.end) if isinstance(label, Crisis) else (label.start, label.until)
