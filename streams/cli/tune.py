"""`badbuzz tune`: parameters of a detector, searched on labelled posts, judged on cases they have not seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detectors.errors import InputError
from streams.cli.feeding import feed
from streams.cli.options import Model, detector_kind, posts_file, read_labels, read_watch
from streams.cli.terminal import note, progress

if TYPE_CHECKING:
    from detectors.algorithms import Detector
    from detectors.backtest.tuning import Case, Dimension, Series, Trial
    from detectors.text import Negativity
    from streams.cli.tuning_report import Tuned

__all__ = ["tune"]

SEED = 1


def tune(
    posts: Annotated[
        list[Path],
        typer.Argument(metavar="POSTS...", help="Recorded posts, .jsonl or .csv (also .gz); one or several."),
    ],
    labels: Annotated[
        list[Path],
        typer.Option(metavar="FILE", help="Known crises and traps, JSON; one for each POSTS, in their order."),
    ],
    detector: Annotated[str, typer.Option(metavar="NAME", help="Whose parameters: surge.")],
    trials: Annotated[int, typer.Option(metavar="N", min=1, max=100_000, help="How many parameter sets to try.")] = 100,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What to watch; else the brands that the labels name.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="OUT.yaml", help="Write the parameters here, as a part of brands.yaml.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="OUT.md", help="Write the report here, .md or .html; else it is printed.")
    ] = None,
    model: Model = None,
) -> None:
    """Search the parameters of a detector on posts of which it is known what happened.

    Says whether they are better than the defaults on cases that had no say in them, or whether that is noise.

    Posts are read and understood once; then each parameter set runs over the counts of each minute. Parameters are
    worth what they find, and how early, less what they cry for nothing beyond the budget of false alarms. The same
    input gives the same parameters.

    Ctrl-C ends the search early: what was found until then is judged and written, and the exit code is 0.
    """
    from detectors.backtest.tuning import cases, dimensions
    from streams.models import load_judge

    if len(posts) != len(labels):
        raise InputError(f"{len(posts)} files of posts and {len(labels)} --labels; expected one --labels for each")
    if report is not None and report.suffix not in (".md", ".html"):
        raise InputError(f"{report}: unknown kind of report; expected .md or .html")
    kind = detector_kind(detector)
    searched = dimensions(kind)
    judge = load_judge(model)
    series = [found for pair in zip(posts, labels, strict=True) for found in _series(*pair, config, judge)]
    if not any(found.labels.crises for found in series):
        raise InputError(f"no crisis in {', '.join(map(str, labels))}; expected some to be found")
    names = cases(series)
    tried: list[Trial] = []
    try:
        with progress("tune", trials) as bar:
            for trial in _search(kind, searched, series, trials):
                tried.append(trial)
                bar.at(len(tried), f"best so far {_worth(tried):.2f}")
    except KeyboardInterrupt:
        if not tried:
            raise
        note(f"stopped after {len(tried)} of {trials} parameter sets; what follows is what they gave")
    tuned = _finish(kind.name, searched, names, tried, trials, [path.name for path in posts])
    _write(tuned, out, report)


def _series(posts: Path, labels: Path, config: Path | None, judge: Negativity) -> Iterator[Series]:
    """The brands of a file as tapes.

    Raises:
        InputError: a labelled brand of which there is no post.
    """
    from detectors.backtest.tapes import Recorder
    from detectors.backtest.tuning import Series
    from streams.config import watch_for_labels

    file = posts_file(posts, None, None)
    watch = read_watch(config) if config is not None else None
    known = read_labels(labels, watch)
    if watch is None:
        watch = watch_for_labels(known.brands())
    recorder = Recorder(watch, judge)
    feed(recorder, file, f"read {posts.name}")
    unheard = [brand for brand in known.brands() if brand not in recorder.tapes]
    if unheard:
        raise InputError(f"{posts}: not one post about {', '.join(unheard)}, which {labels} names")
    for tape in recorder.tapes.values():
        yield Series(posts.name, tape, known)


def _search(
    kind: type[Detector], searched: Sequence[Dimension], series: Sequence[Series], trials: int
) -> Iterator[Trial]:
    """The defaults, then what a sampler proposes that learns from what came before.

    Source: Bergstra et al., Algorithms for Hyper-Parameter Optimization, NIPS 2011 (TPE), as in
    https://optuna.readthedocs.io/en/stable/reference/samplers/generated/optuna.samplers.TPESampler.html
    """
    import optuna

    from detectors.backtest.tuning import value

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    space: dict[str, optuna.distributions.BaseDistribution] = {
        one.name: optuna.distributions.IntDistribution(int(one.low), int(one.high), log=one.log)
        if one.whole
        else optuna.distributions.FloatDistribution(one.low, one.high, log=one.log)
        for one in searched
    }
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=SEED))
    study.enqueue_trial({one.name: one.default for one in searched})
    for _ in range(trials):
        asked = study.ask(space)
        trial = _trial(kind, {one.name: one.tidy(asked.params[one.name]) for one in searched}, series)
        study.tell(asked, value(trial.outcomes))
        yield trial


def _trial(kind: type[Detector], parameters: dict[str, float], series: Sequence[Series]) -> Trial:
    import msgspec

    from detectors.backtest.tuning import Trial, firings, judge

    params = msgspec.convert(parameters, kind.PARAMS)
    outcomes = [outcome for one in series for outcome in judge(one, firings(kind, params, one.tape))]
    return Trial(parameters, outcomes)


def _worth(tried: Sequence[Trial]) -> float:
    from detectors.backtest.tuning import best, value

    return value(best(tried).outcomes)


def _finish(
    detector: str,
    searched: Sequence[Dimension],
    names: Sequence[Case],
    tried: Sequence[Trial],
    asked: int,
    files: Sequence[str],
) -> Tuned:
    from detectors.backtest.tuning import best, held_out, verdict
    from streams.cli.tuning_report import Tuned

    chosen = held_out(tried)
    judged = [trial.outcomes[place] for place, trial in enumerate(chosen)]
    return Tuned(
        detector=detector,
        files=files,
        dimensions=searched,
        cases=names,
        defaults=tried[0],
        winner=best(tried),
        chosen=chosen,
        trials=len(tried),
        asked=asked,
        verdict=verdict(tried[0].outcomes, judged, names),
    )


def _write(tuned: Tuned, out: Path | None, report: Path | None) -> None:
    from streams.cli.tuning_report import as_html, as_markdown, conclusion, fragment

    if out is not None:
        out.write_text(fragment(tuned), encoding="utf-8")
    if report is None:
        typer.echo(as_markdown(tuned), nl=False)
        return
    report.write_text(as_html(tuned) if report.suffix == ".html" else as_markdown(tuned), encoding="utf-8")
    typer.echo(conclusion(tuned))
