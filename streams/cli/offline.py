"""Commands that need no broker: backtest, detect-counts, classify."""

from __future__ import annotations

import csv
import enum
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from detectors.errors import InputError
from streams.cli.options import Columns, Posts, Source, posts_file, read_watch
from streams.cli.terminal import note, progress

if TYPE_CHECKING:
    from detectors.backtest import BacktestResult, Labels, Replay
    from detectors.model import Watch
    from streams.sources.files import PostsFile

__all__ = ["FailOn", "backtest", "classify", "detect_counts"]

CHUNK_POSTS = 500
SHOWN_REJECTS = 5


class FailOn(enum.StrEnum):
    """What makes a backtest end with exit code 1."""

    MISSED = "missed"
    FALSE_ALARM = "false-alarm"


def backtest(
    posts: Posts,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What to watch; else the brands that the labels name.")
    ] = None,
    labels: Annotated[Path | None, typer.Option(metavar="FILE", help="Known crises and traps, JSON.")] = None,
    json: Annotated[
        Path | None, typer.Option(metavar="OUT", help="Write the result here as JSON; - is stdout, without tables.")
    ] = None,
    fail_on: Annotated[
        list[FailOn] | None, typer.Option(help="Exit with 1 if a crisis was missed, or at a false alarm.")
    ] = None,
    column: Columns = None,
    source: Source = None,
) -> None:
    """Run the brain over recorded posts, as the stream would.

    Prints the alerts and, where labels say what happened, what they are worth.

    A record that is no post is told on stderr with its line, and left out.
    """
    from detectors.backtest import evaluate, parse_labels
    from streams.cli.report import print_backtest
    from streams.sources.files import open_file

    file = posts_file(posts, column, source)
    known: Labels | None = None
    if labels is not None:
        with open_file(labels) as stream:
            known = parse_labels(stream.read(), source=str(labels))
    elif fail_on:
        raise InputError("--fail-on needs --labels, which say what is a crisis")
    watch = _watch(config, known)
    replay, elapsed_s = _replay(watch, file)
    if not replay.posts:
        raise InputError(f"{posts}: not one post in it")
    result = evaluate(replay, known, posts_per_s=replay.posts / elapsed_s)
    if json is not None:
        _write_json(result, json)
    if json != Path("-"):
        print_backtest(result)
    failed = {FailOn.MISSED: result.detected < result.of, FailOn.FALSE_ALARM: bool(result.false_alarms)}
    if any(failed[case] for case in fail_on or ()):
        raise typer.Exit(1)


def _watch(config: Path | None, labels: Labels | None) -> Watch:
    from streams.config import watch_for_labels

    named = labels.brands() if labels is not None else []
    if config is None:
        if not named:
            raise InputError("which brands? Give --config brands.yaml, or --labels that name some")
        return watch_for_labels(named)
    watch = read_watch(config)
    unwatched = [name for name in named if name not in {brand.id for brand in watch.brands}]
    if unwatched:
        raise InputError(f"the labels name brands that {config} does not watch: {', '.join(unwatched)}")
    return watch


def _replay(watch: Watch, file: PostsFile) -> tuple[Replay, float]:
    """The posts of a file through the brain, and the seconds it took; what is no post is told with its line."""
    from detectors.backtest import Replay
    from detectors.intake import RawRecord
    from detectors.mentions import MentionFinder
    from detectors.text import VaderNegativity

    model = VaderNegativity()
    model.judge("", "en")  # loads its words, which is not what is measured
    replay = Replay(watch, MentionFinder(watch.brands, model))
    started, published_ms = time.perf_counter(), time.time_ns() // 1_000_000
    posts = iter(file)
    offset = 0
    with progress("backtest", file.size_bytes) as bar:
        while chunk := list(islice(posts, CHUNK_POSTS)):
            told = len(replay.rejected)
            replay.feed([RawRecord(offset + place, post.value, published_ms) for place, post in enumerate(chunk)])
            for rejected in replay.rejected[told:SHOWN_REJECTS]:
                line = chunk[rejected.record.offset - offset].line
                note(f"{file.path}: line {line}: {rejected.error.reason}: {rejected.error}")
            offset += len(chunk)
            bar.at(file.position_bytes, f"{replay.posts:,} posts")
    if replay.rejected:
        note(f"{file.path}: {len(replay.rejected):,} of {offset:,} records are no posts and were left out")
    return replay, time.perf_counter() - started


def _write_json(result: BacktestResult, out: Path) -> None:
    import msgspec

    content = msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n"
    if out == Path("-"):
        sys.stdout.buffer.write(content)
    else:
        out.write_bytes(content)


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

    from detectors.text import VaderNegativity
    from streams.sources.files import open_file, read_lines

    model = VaderNegativity()
    name = str(file) if file else "stdin"
    with open_file(file) if file else nullcontext(sys.stdin.buffer) as stream:
        for number, line in read_lines(stream, name):
            try:
                text = line.decode().rstrip("\r\n")
            except UnicodeDecodeError as error:
                raise InputError(f"{name}: line {number}: byte {error.start + 1} is no UTF-8") from None
            sys.stdout.buffer.write(msgspec.json.encode(model.judge(text, lang)) + b"\n")
            sys.stdout.buffer.flush()
