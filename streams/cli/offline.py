"""Commands that need no broker: detect-counts, classify. See also `backtest`."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated, TextIO

import typer

from detectors.errors import InputError
from streams.cli.terminal import progress

__all__ = ["classify", "detect_counts"]


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
) -> None:
    """Say how negative texts are.

    One text a line in, one JSON a line out.

    Each line has label (negative, neutral, positive, or unknown where the language is neither English nor French), the
    shares negative, neutral and positive, and lang.
    """
    import msgspec

    from detectors.text import load_negativity
    from streams.sources.files import open_file, read_lines

    model = load_negativity()
    name = str(file) if file else "stdin"
    with open_file(file) if file else nullcontext(sys.stdin.buffer) as stream:
        for number, line in read_lines(stream, name):
            try:
                text = line.decode().rstrip("\r\n")
            except UnicodeDecodeError as error:
                raise InputError(f"{name}: line {number}: byte {error.start + 1} is no UTF-8") from None
            sys.stdout.buffer.write(msgspec.json.encode(model.judge_all([text], [lang])[0]) + b"\n")
            sys.stdout.buffer.flush()
