"""Labelled texts in files: what a negativity model is trained on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec

from detectors.errors import InputError
from detectors.text.negativity.quality import CLASSES, Source
from streams.sources.files import open_file, read_lines

__all__ = ["read_labelled"]

MAX_PROBLEMS = 20
_LABELS = tuple(label.value for label in CLASSES)


@dataclass(slots=True)
class _Problems:
    """What is wrong with the files, up to a number, and how much there is in all."""

    told: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, problem: str) -> None:
        self.count += 1
        if self.count <= MAX_PROBLEMS:
            self.told.append(problem)

    def check(self) -> None:
        """Refuse what had problems.

        Raises:
            InputError: with each of them.
        """
        if self.count == 1:
            raise InputError(self.told[0])
        if self.count:
            more = f"\n  and {self.count - MAX_PROBLEMS} more" if self.count > MAX_PROBLEMS else ""
            raise InputError(f"{self.count} lines cannot be used\n" + "\n".join(f"  {one}" for one in self.told) + more)


def read_labelled(texts: list[Path], validate: list[Path]) -> tuple[list[Source], list[Source]]:
    """The labelled texts of files to train on, and of files to score.

    Lines are label TAB text; in a .jsonl, objects with `label` and `text`.

    Raises:
        InputError: with every line that cannot be used, up to a number; a file that is given twice, or empty.
        Unavailable: a file cannot be read.
    """
    problems = _Problems()
    files = [*texts, *validate]
    twice = next((path for place, path in enumerate(files) if path in files[:place]), None)
    if twice is not None:
        raise InputError(f"{twice}: given twice; expected each file once, to train or to validate")
    sources = [_source(path, problems) for path in files]
    problems.check()
    empty = next((source.name for source in sources if not source.texts), None)
    if empty is not None:
        raise InputError(f"{empty}: no texts; expected lines of label TAB text")
    return sources[: len(texts)], sources[len(texts) :]


def _source(path: Path, problems: _Problems) -> Source:
    texts: list[str] = []
    labels: list[int] = []
    for label, text in _lines(path, problems):
        texts.append(text)
        labels.append(_LABELS.index(label))
    return Source(path.name, texts, labels)


class _Labelled(msgspec.Struct):
    text: str
    label: Literal["negative", "neutral", "positive"]


def _lines(path: Path, problems: _Problems) -> Iterator[tuple[str, str]]:
    """The labels and texts of a file; what is no such line becomes a problem."""
    decode = msgspec.json.Decoder(_Labelled).decode
    records = path.suffix == ".jsonl"
    with open_file(path) as stream:
        for number, line in read_lines(stream, str(path)):
            place = f"{path}: line {number}"
            if not line.strip():
                continue
            try:
                if records:
                    labelled = decode(line)
                    yield labelled.label, labelled.text
                    continue
                label, tab, text = line.decode().rstrip("\r\n").partition("\t")
            except UnicodeDecodeError as error:
                problems.add(f"{place}: byte {error.start + 1} is no UTF-8")
            except msgspec.MsgspecError as error:
                problems.add(f"{place}: {error}; expected an object with `text` and `label` ({', '.join(_LABELS)})")
            else:
                if not tab:
                    problems.add(f"{place}: no tab; expected label TAB text")
                elif label not in _LABELS:
                    problems.add(f"{place}: label {label[:40]!r}; expected one of: {', '.join(_LABELS)}")
                elif not text.strip():
                    problems.add(f"{place}: no text; expected label TAB text")
                else:
                    yield label, text
