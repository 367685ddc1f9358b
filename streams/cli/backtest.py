"""`badbuzz backtest`: the brain over recorded posts, and what its alerts are worth."""

from __future__ import annotations

import enum
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detectors.errors import InputError
from streams.cli.feeding import feed
from streams.cli.options import (
    Columns,
    Model,
    Posts,
    Source,
    detector_kind,
    posts_file,
    read_labels,
    read_moment,
    read_watch,
)

if TYPE_CHECKING:
    from detectors.backtest import BacktestResult, Labels, Replay, ScoreBook, Timelines
    from detectors.model import Watch
    from detectors.text import Negativity
    from streams.sources.files import PostsFile

__all__ = ["FailOn", "backtest"]


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
    detector: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Run this detector instead of the configured ones: a kind, or a variant such as surge:fast that "
            "--config defines. Several are compared, at an equal number of false alarms.",
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="DATE",
            help="Count from here on, ISO 8601, in UTC where it has no zone. Earlier posts are read to learn from; "
            "their alerts and crises do not count.",
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Read no post later than this. A date without a time is its first moment."),
    ] = None,
    json: Annotated[
        Path | None, typer.Option(metavar="OUT", help="Write the result here as JSON; - is stdout, without tables.")
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(metavar="OUT.html", help="Write a page with charts here, for people; it needs no network."),
    ] = None,
    fail_on: Annotated[
        list[FailOn] | None, typer.Option(help="Exit with 1 if a crisis was missed, or at a false alarm.")
    ] = None,
    column: Columns = None,
    source: Source = None,
    model: Model = None,
) -> None:
    """Run the brain over recorded posts, as the stream would.

    Prints the alerts and, where labels say what happened, what they are worth.

    A record that is no post is told on stderr with its line, and left out.

    Several --detector run side by side over the same minutes; the first leads.
    Who cries more often finds more, so all are compared at an equal number of
    false alarms: the threshold of each, on its own scale of surprise, moves by
    one step for all brands, until its false alarms on this file are as many as
    those of the first at its own threshold, or the nearest number not above.
    Alerts count as in the stream: one is over after an hour of calm, and within
    six hours of its start it is the same story. Without --labels every alert
    counts as a false alarm.
    """
    import msgspec

    from detectors.backtest import ScoreBook, Timelines, compare, evaluate
    from streams.cli.page import backtest_page
    from streams.cli.report import print_backtest
    from streams.models import load_judge

    if fail_on and labels is None:
        raise InputError("--fail-on needs --labels, which say what is a crisis")
    stretch = _stretch(since, until)
    file = posts_file(posts, column, source)
    given = read_watch(config) if config is not None else None
    known = read_labels(labels, given) if labels is not None else None
    watch = given if given is not None else _named_by(known)
    known = known.between(stretch.since, stretch.until) if known is not None else None
    names = list(dict.fromkeys(detector or ()))
    if names:
        watch = _running(watch, names)

    listeners = _Listeners(
        Timelines({brand.id: brand.detectors[0] for brand in watch.brands}, since=stretch.since) if report else None,
        ScoreBook() if len(names) > 1 else None,
    )
    ran = _run(watch, file, load_judge(model), stretch, listeners)
    result = evaluate(
        ran.replay,
        known,
        posts_per_s=ran.replay.posts / ran.elapsed_s,
        until=stretch.until,
        warm_up_posts=ran.warm_up_posts,
    )
    if listeners.scores is not None:
        days = ran.replay.days
        comparison = compare(listeners.scores, names, watch, known, since=stretch.since, days=days)
        result = msgspec.structs.replace(result, comparison=comparison)
    if report is not None and listeners.timelines is not None:
        page = backtest_page(result, ran.replay, listeners.timelines, known, title=posts.name)
        report.write_text(page, encoding="utf-8")
    if json is not None:
        _write_json(result, json)
    if json != Path("-"):
        print_backtest(result)
    failed = {FailOn.MISSED: result.detected < result.of, FailOn.FALSE_ALARM: bool(result.false_alarms)}
    if any(failed[case] for case in fail_on or ()):
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """What counts of a file; None leaves that side open."""

    since: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class _Listeners:
    """Who hears the events of a replay beside it."""

    timelines: Timelines | None
    scores: ScoreBook | None


@dataclass(frozen=True, slots=True)
class _Ran:
    """A finished replay. `warm_up_posts` of its posts came before what counts."""

    replay: Replay
    warm_up_posts: int
    elapsed_s: float


def _stretch(since: str | None, until: str | None) -> _Stretch:
    stretch = _Stretch(
        read_moment("--since", since) if since is not None else None,
        read_moment("--until", until) if until is not None else None,
    )
    if stretch.since is not None and stretch.until is not None and stretch.since >= stretch.until:
        raise InputError(f"--since {since} is not before --until {until}")
    return stretch


def _named_by(labels: Labels | None) -> Watch:
    from streams.config import watch_for_labels

    named = labels.brands() if labels is not None else []
    if not named:
        raise InputError("which brands? Give --config brands.yaml, or --labels that name some")
    return watch_for_labels(named)


def _running(watch: Watch, names: list[str]) -> Watch:
    """The same brands with these detectors alone: the first leads, the others are only heard."""
    import msgspec

    for name in names:
        detector_kind(name, variants=True)
        without = [brand.id for brand in watch.brands if name not in brand.parameters]
        if ":" in name and without:
            raise InputError(
                f"--detector {name}: no `parameters` under this name for {', '.join(without)}; expected a variant that "
                f"--config defines for each brand"
            )
    leader, *others = names
    brands = [msgspec.structs.replace(brand, detectors=[leader], shadow_detectors=others) for brand in watch.brands]
    return msgspec.structs.replace(watch, brands=brands)


def _run(watch: Watch, file: PostsFile, judge: Negativity, stretch: _Stretch, listeners: _Listeners) -> _Ran:
    """The posts of a file through the brain; what is no post is told with its line.

    Raises:
        InputError: no post counts.
    """
    from detectors.backtest import Replay

    judge.judge_all(["", ""], ["en", "fr"])  # loads its words, which is not what is measured
    replay = Replay(watch, judge, since=stretch.since)
    replay.partition.tally.timer = time.perf_counter
    if listeners.scores is not None:
        replay.partition.tally.on_shadow_scores = listeners.scores.hear
    heard = [listener.take for listener in (listeners.timelines, listeners.scores) if listener is not None]
    started = time.perf_counter()
    warm_up_posts = feed(replay, file, "backtest", until=stretch.until, listeners=heard)
    if replay.posts == warm_up_posts:
        between = " between --since and --until" if stretch.since or stretch.until else " in it"
        raise InputError(f"{file.path}: not one post{between}")
    return _Ran(replay, warm_up_posts, time.perf_counter() - started)


def _write_json(result: BacktestResult, out: Path) -> None:
    import msgspec

    content = msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n"
    if out == Path("-"):
        sys.stdout.buffer.write(content)
    else:
        out.write_bytes(content)
