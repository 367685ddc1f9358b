"""Commands that need no broker: detect-counts, classify. See also `backtest`."""

from __future__ import annotations

import codecs
import csv
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated, BinaryIO, TextIO, cast

import typer

from detectors.errors import InputError
from streams.cli.options import Model
from streams.cli.terminal import progress

__all__ = ["classify", "detect_counts"]

_CHUNK_BYTES = 2**16


def detect_counts(
    series: Annotated[Path, typer.Argument(metavar="CSV", help="Rows of timestamp,value, evenly spaced, in order.")],
    out: Annotated[Path | None, typer.Option(metavar="CSV", help="Where the scores go; stdout if not given.")] = None,
    false_alarms_per_month: Annotated[
        float, typer.Option(metavar="N", min=0.001, max=1000, help="The budget of false alarms.")
    ] = 1.0,
) -> None:
    """Say where in a series of counts an alert would start.

    Rows of timestamp,value in, of timestamp,value,anomaly_score out.

    A score is between 0 and 1; 0.5 or more says that an alert starts in this row. It knows nothing of later rows, and
    is 0 in the first three days, while an alert is on, and for 6 h after one started. A timestamp without a zone is in
    UTC; where rows are missing there is no data, not zero. Values are whole numbers.
    """
    from detectors.counts import score_counts
    from streams.sources.files import open_file, read_csv, read_lines

    name = str(series)
    with open_file(series) as stream, _text_output(out) as output:
        total = os.fstat(stream.fileno()).st_size if stream.seekable() else None
        rows = read_csv(read_lines(stream, name), name)
        writer = csv.writer(output, lineterminator="\n")
        writer.writerow(["timestamp", "value", "anomaly_score"])
        with progress("detect-counts", total) as bar:
            for row, score in score_counts(rows, name, false_alarms_per_month=false_alarms_per_month):
                writer.writerow([row.timestamp, row.value, f"{score:g}"])
                if total is not None and not row.line % 1000:
                    bar.at(stream.tell())


@contextmanager
def _text_output(out: Path | None) -> Iterator[TextIO]:
    """Stdout, or a file that appears when it is whole."""
    if out is None:
        yield sys.stdout
        return
    part = out.with_name(f"{out.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as stream:
            yield stream
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


def classify(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="One text a line, in UTF-8; stdin if not given.")
    ] = None,
    lang: Annotated[
        str | None, typer.Option(metavar="CODE", help="The language of all texts: en, fr; else each is guessed.")
    ] = None,
    model: Model = None,
) -> None:
    """Say how negative texts are.

    One text a line in, one JSON a line out.

    Each line has label (negative, neutral, positive, or unknown where the language is neither English nor French), the
    shares negative, neutral and positive, and lang; and "ironic": true where the words say so.
    """
    import msgspec

    from streams.models import load_judge
    from streams.sources.files import open_file

    judge = load_judge(model)
    name = str(file) if file else "stdin"
    encode = msgspec.json.Encoder().encode
    with open_file(file) if file else nullcontext(sys.stdin.buffer) as stream:
        for lines, damage in _texts_at_hand(stream, name):
            judged = judge.judge_all(lines, [lang] * len(lines))
            sys.stdout.buffer.write(b"".join(encode(judgement) + b"\n" for judgement in judged))
            sys.stdout.buffer.flush()
            if damage is not None:
                raise damage


def _texts_at_hand(stream: BinaryIO, name: str) -> Iterator[tuple[list[str], InputError | None]]:
    """The lines that are there to be read, all at once, without waiting for more; with them, what ends them too early.

    So a file is judged by hundreds of texts, which is fast, and who types one gets the answer to it.
    """
    from streams.sources.files import MAX_LINE_BYTES

    number, rest = 1, b""
    while True:
        chunk = cast(io.BufferedReader, stream).read1(_CHUNK_BYTES)
        *lines, rest = (rest + chunk).split(b"\n")
        if not chunk and rest:
            lines, rest = [rest], b""
        texts: list[str] = []
        damage: InputError | None = None
        for line in lines:
            try:
                texts.append((line.removeprefix(codecs.BOM_UTF8) if number == 1 else line).decode().rstrip("\r"))
            except UnicodeDecodeError as error:
                damage = InputError(f"{name}: line {number}: byte {error.start + 1} is no UTF-8")
                break
            number += 1
        if damage is None and len(rest) > MAX_LINE_BYTES:
            damage = InputError(f"{name}: line {number}: longer than {MAX_LINE_BYTES >> 20} MiB; expected one text")
        if texts or damage is not None:
            yield texts, damage
        if not chunk:
            return
