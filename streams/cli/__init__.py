"""The `badbuzz` command. One module per group of commands; what is heavy is imported when a command runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from detectors.errors import BadbuzzError, ConfigError, InputError, Unavailable
from streams.cli import (
    backtest,
    bench,
    caring,
    config,
    console,
    demo,
    digest,
    doctor,
    kafka,
    notify,
    offline,
    results,
    simulate,
    train,
    tune,
    users,
    worker,
)
from streams.cli import precision as precision  # its command is one of those of caring

__all__ = ["app", "main"]

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

_PANELS = {"run": "Run", "lab": "Try on recorded posts, no broker needed", "ops": "Look after it"}


def _add(name: str, command: Callable[..., None], panel: str, *examples: str) -> None:
    """Register a command, with its examples under its help."""
    epilog = "\n\n".join(["Examples:", *examples])
    app.command(name, epilog=epilog, rich_help_panel=_PANELS[panel])(command)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import PackageNotFoundError, version

        try:
            typer.echo(f"badbuzz {version('badbuzz')}")
        except PackageNotFoundError:
            raise Unavailable("badbuzz is not installed, it only runs from its folder: pip install -e .") from None
        raise typer.Exit


@app.callback(
    epilog="Exit codes: 0 done, 1 it did not come out, 2 wrong usage or input, 3 something outside is missing."
)
def badbuzz(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Early warning for brand crises: posts on Kafka in, explained incidents out."""


_add("demo", demo.demo, "run", "badbuzz demo", "badbuzz demo --once")
_add("worker", worker.worker, "run", "badbuzz worker --config brands.yaml --brokers kafka-1:9092,kafka-2:9092")
_add("console", console.console, "run", "badbuzz console", "badbuzz console --host 0.0.0.0 --port 8484")
_add("backfill", worker.backfill, "run", "badbuzz backfill posts.jsonl --config brands.yaml")
_add("replay", kafka.replay, "run", "badbuzz replay posts.jsonl --speed 60", "badbuzz replay posts.jsonl --now")
_add(
    "digest",
    digest.digest,
    "run",
    "badbuzz digest --since 1d",
    "badbuzz digest --since 7d --team customer-care --html digest.html",
)
_add("broker", kafka.broker, "run", "badbuzz broker --port 9092")
_add(
    "backtest",
    backtest.backtest,
    "lab",
    "badbuzz backtest posts.jsonl --labels labels.json",
    "badbuzz backtest posts.jsonl --config brands.yaml --json -",
    "badbuzz backtest posts.csv --config brands.yaml --column text=body --source forum",
    "badbuzz backtest posts.jsonl --labels labels.json --fail-on missed --fail-on false-alarm",
    "badbuzz backtest posts.jsonl --labels labels.json --since 2015-02-20 --report backtest.html",
    "badbuzz backtest posts.jsonl --labels labels.json --detector surge --detector ears-c2",
)
_add(
    "simulate",
    simulate.simulate,
    "lab",
    "badbuzz simulate posts.jsonl --labels labels.json --event cascade --event contest",
    "badbuzz simulate posts.jsonl --labels labels.json --event brigade@2026-01-26T14:00 --timezone Europe/Paris",
)
_add(
    "tune",
    tune.tune,
    "lab",
    "badbuzz tune posts.jsonl --labels labels.json --detector surge --out tuned.yaml",
    "badbuzz tune a.jsonl b.jsonl --labels a.json --labels b.json --detector surge --report tuned.html",
)
_add("detect-counts", offline.detect_counts, "lab", "badbuzz detect-counts mentions.csv --out scored.csv")
_add("classify", offline.classify, "lab", "echo 'my bag is lost AGAIN' | badbuzz classify --lang en")
_add(
    "train",
    train.train,
    "lab",
    "badbuzz train tweets.tsv complaints.jsonl --lang fr --out models",
    "badbuzz train ours.tsv --lang en --validate theirs.tsv --out models",
)
_add("topics", kafka.topics, "ops", "badbuzz topics --dry-run", "badbuzz topics --brokers kafka-1:9092,kafka-2:9092")
_add("bench", bench.bench, "ops", "badbuzz bench", "badbuzz bench --peers --brokers 127.0.0.1:9092 --json bench.json")
_add("results", results.results, "ops", "badbuzz results --quick", "badbuzz results --out results.md")
_add("doctor", doctor.doctor, "ops", "badbuzz doctor --brokers kafka-1:9092")
app.add_typer(config.app, name="config", rich_help_panel=_PANELS["ops"])
app.add_typer(caring.app, name="incidents", rich_help_panel=_PANELS["run"])
app.add_typer(users.app, name="users", rich_help_panel=_PANELS["ops"])
app.add_typer(notify.app, name="notify", rich_help_panel=_PANELS["ops"])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line on `arguments` (those of the process where None); the exit code.

    0 done; 1 what was asked for did not come out; 2 wrong usage or input; 3 something outside is not there;
    130 interrupted. What badbuzz raises on purpose is told on stderr, without a traceback.
    """
    try:
        code = _run(arguments)
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # whoever read our output has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (InputError, ConfigError) as error:
        return _tell(error, 2)
    except Unavailable as error:
        return _tell(error, 3)
    except BadbuzzError as error:
        return _tell(error, 1)
    except OSError as error:
        return _tell(f"{error.filename}: {error.strerror}" if error.filename else error, 3)


def _run(arguments: Sequence[str] | None) -> int:
    try:
        app(arguments, prog_name="badbuzz")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0


def _tell(error: object, code: int) -> int:
    sys.stderr.write(f"badbuzz: {error}\n")
    return code
