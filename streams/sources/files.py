"""Recorded posts in files: JSON lines and CSV, read line by line, the same bytes for stream and backtest."""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final, cast

import msgspec

from detectors.errors import InputError, Unavailable
from detectors.model import Post, PostDate, from_ms, to_ms

__all__ = ["MAX_LINE_BYTES", "PostsFile", "RecordedPost", "created_ms", "moved", "open_file", "read_csv", "read_lines"]

MAX_LINE_BYTES: Final = 16 * 2**20
"""A longer line is refused: a file without a line break must not fill the memory."""

_BOM: Final = b"\xef\xbb\xbf"
_FIELDS: Final = Post.__struct_fields__
_REQUIRED: Final = ("id", "source", "text", "created_at")
_WHOLE: Final = re.compile(r"-?[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class RecordedPost:
    """One record of a file: the number of the line it starts on, and its JSON, which nobody has checked yet."""

    line: int
    value: bytes


class PostsFile:
    """A file of recorded posts: `.jsonl` or `.csv`, either also with `.gz`.

    Iterating gives its `RecordedPost`s in order, from the first one each time, and holds one line at a time.

    - `.jsonl`: each line that is not blank is a record, its bytes as they are, whatever they are.
    - `.csv`: in UTF-8, with a header. Each row becomes the JSON of a Post. `columns` maps a field of Post to the name
      of its column, by default its own name; columns that no field has are not read. `source`, if given, is the source
      of every post. An empty cell is a field that is not given (a text may be empty), a date with a zone is
      written in the one form that every reader takes; what does not fit stays as it is, for the brain to refuse.

    Raises:
        Unavailable: the file cannot be opened, or reading it failed.
        InputError: another kind of file, a column that is not there, a damaged row or line, with its line.
    """

    def __init__(self, path: Path, *, columns: Mapping[str, str] | None = None, source: str | None = None) -> None:
        self.path = path
        self._columns = dict(columns or {})
        self._source = source
        self._raw: BinaryIO | None = None
        kind = path.name.lower().removesuffix(".gz").rpartition(".")[2]
        if kind not in ("jsonl", "csv"):
            raise InputError(f"{path}: unknown kind of file; expected .jsonl or .csv (also .gz)")
        self._csv = kind == "csv"
        if not self._csv and (self._columns or source is not None):
            raise InputError(f"{path}: columns and a source are for .csv files; a .jsonl line is a whole post")
        unknown = [field for field in self._columns if field not in _FIELDS]
        if unknown:
            raise InputError(f"a post has no field `{unknown[0]}`; expected one of: {', '.join(_FIELDS)}")
        with open_file(path) as raw:
            self.size_bytes = raw.seek(0, 2) if raw.seekable() else None

    @property
    def position_bytes(self) -> int:
        """How far the file has been read, of `size_bytes` (None where that is not known: a pipe)."""
        return self._raw.tell() if self._raw is not None and not self._raw.closed and self._raw.seekable() else 0

    def __iter__(self) -> Iterator[RecordedPost]:
        with open_file(self.path) as raw:
            self._raw = raw
            stream = cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if self.path.name.lower().endswith(".gz") else raw
            lines = read_lines(stream, str(self.path))
            if self._csv:
                yield from self._rows(lines)
            else:
                for number, line in lines:
                    if value := line.rstrip(b"\r\n"):
                        yield RecordedPost(number, value)

    def _rows(self, lines: Iterable[tuple[int, bytes]]) -> Iterator[RecordedPost]:
        rows = read_csv(lines, str(self.path))
        _, header = next(rows, (1, []))
        places = self._places(header)
        for line, row in rows:
            post: dict[str, object] = {"source": self._source} if self._source is not None else {}
            for field, place in places.items():
                if row[place] or field == "text":
                    post[field] = _cell(field, row[place])
            yield RecordedPost(line, msgspec.json.encode(post))

    def _places(self, header: Sequence[str]) -> dict[str, int]:
        """The place of each field's column."""
        names = [name.strip() for name in header]
        places: dict[str, int] = {}
        for field in _FIELDS:
            if field == "source" and self._source is not None:
                continue
            column = self._columns.get(field, field)
            if column in names:
                places[field] = names.index(column)
            elif field in self._columns or field in _REQUIRED:
                wish = f"; it has: {', '.join(names) or 'no header'}. Say which one with --column {field}=NAME"
                also = " or --source NAME" if field == "source" else ""
                raise InputError(f"{self.path}: line 1: no column `{column}` for `{field}`{wish}{also}")
        return places


def _cell(field: str, text: str) -> object:
    if field in ("followers", "reposts") and _WHOLE.fullmatch(text):
        return int(text)
    if field == "created_at":
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return text
        return text if moment.tzinfo is None else moment.isoformat()
    return text


# ------------------------------------------------------------------------------------------- lines


def open_file(path: Path) -> BinaryIO:
    """The file at `path`, to be read.

    Raises:
        Unavailable: it is not there, or not for us to read.
    """
    try:
        return path.open("rb")
    except OSError as error:
        raise Unavailable(f"{path}: cannot be read: {error.strerror}") from error


def read_lines(stream: BinaryIO, name: str) -> Iterator[tuple[int, bytes]]:
    r"""Each line with its number, from 1, and its line break; a byte order mark at the start is left out.

    Raises:
        InputError: a line is longer than `MAX_LINE_BYTES`, or a compressed file is damaged.
        Unavailable: reading failed.

    >>> import io
    >>> list(read_lines(io.BytesIO(b"one\n\ntwo"), "example"))
    [(1, b'one\n'), (2, b'\n'), (3, b'two')]
    """
    number = 1
    while True:
        try:
            line = stream.readline(MAX_LINE_BYTES + 1)
        except (gzip.BadGzipFile, zlib.error, EOFError) as error:
            raise InputError(f"{name}: line {number}: damaged compressed file: {error}") from None
        except OSError as error:
            raise Unavailable(f"{name}: line {number}: cannot be read: {error.strerror}") from error
        if not line:
            return
        if len(line) > MAX_LINE_BYTES:
            raise InputError(f"{name}: line {number}: longer than {MAX_LINE_BYTES >> 20} MiB; expected a record a line")
        yield number, line.removeprefix(_BOM) if number == 1 else line
        number += 1


def read_csv(lines: Iterable[tuple[int, bytes]], name: str) -> Iterator[tuple[int, list[str]]]:
    r"""Each row of a CSV in UTF-8 with the line it starts on, the header first; blank lines are left out.

    Raises:
        InputError: no UTF-8, a quote that never ends, or a row with more or fewer cells than the header.

    >>> list(read_csv([(1, b"a,b\n"), (2, b'1,"x\n'), (3, b'y"\n')], "example"))
    [(1, ['a', 'b']), (2, ['1', 'x\ny'])]
    """
    csv.field_size_limit(MAX_LINE_BYTES)
    reader = csv.reader(_texts(lines, name), strict=True)
    width: int | None = None
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise InputError(f"{name}: line {line}: no CSV: {error}") from None
        if not row:
            continue
        width = len(row) if width is None else width
        if len(row) != width:
            raise InputError(f"{name}: line {line}: {len(row)} cells; expected {width}, as in the header")
        yield line, row


def _texts(lines: Iterable[tuple[int, bytes]], name: str) -> Iterator[str]:
    for number, line in lines:
        try:
            yield line.decode()
        except UnicodeDecodeError as error:
            raise InputError(f"{name}: line {number}: byte {error.start + 1} is no UTF-8") from None


# ------------------------------------------------------------------------------------------- dates


class _Dated(msgspec.Struct):
    created_at: PostDate


_decode_date = msgspec.json.Decoder(_Dated).decode


def created_ms(value: bytes) -> int | None:
    """When a record says it was created, in ms since 1970; None where it does not say it as a post must.

    >>> created_ms(b'{"created_at": "1970-01-01T00:00:02Z"}'), created_ms(b"{}")
    (2000, None)
    """
    try:
        return to_ms(_decode_date(value).created_at)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def moved(value: bytes, by_ms: int) -> bytes:
    """The record created `by_ms` later (or earlier); one without a date as it is.

    Raises nothing: a date that would leave the calendar stays.

    >>> moved(b'{"id":"1","created_at":"1970-01-01T00:00:02Z"}', 60_000)
    b'{"id":"1","created_at":"1970-01-01T00:01:02Z"}'
    """
    at_ms = created_ms(value)
    if at_ms is None:
        return value
    try:
        post = {**msgspec.json.decode(value), "created_at": from_ms(at_ms + by_ms)}
    except (OverflowError, msgspec.MsgspecError, RecursionError):
        return value
    return msgspec.json.encode(post)
