"""Options that several commands have, and what they lead to."""

from __future__ import annotations

import os
import re
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from detectors.errors import InputError, Unavailable

if TYPE_CHECKING:
    from detectors.algorithms import Detector
    from detectors.backtest import Labels
    from detectors.model import Watch
    from streams.settings import Settings
    from streams.sources.files import PostsFile

__all__ = [
    "Brokers",
    "Columns",
    "Config",
    "Model",
    "Posts",
    "Prefix",
    "Source",
    "detector_kind",
    "posts_file",
    "read_labels",
    "read_moment",
    "read_span",
    "read_watch",
    "run",
    "settings",
]

T = TypeVar("T")

Brokers = Annotated[
    str | None,
    typer.Option(metavar="HOST:PORT,...", help="Kafka's bootstrap servers; else BADBUZZ_BROKERS, 127.0.0.1:9092."),
]
Prefix = Annotated[
    str | None, typer.Option(metavar="TEXT", help="Put before the name of each topic and group; else BADBUZZ_PREFIX.")
]
Config = Annotated[Path | None, typer.Option(metavar="FILE", help="What to watch; else BADBUZZ_CONFIG, brands.yaml.")]
Model = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", envvar="BADBUZZ_NEGATIVITY_DIR", show_envvar=False,
        help="Weights that badbuzz train wrote, instead of those that come with badbuzz; else BADBUZZ_NEGATIVITY_DIR.",
    ),
]  # fmt: skip
Posts = Annotated[Path, typer.Argument(metavar="POSTS", help="Recorded posts, .jsonl or .csv (also .gz).")]
Columns = Annotated[
    list[str] | None,
    typer.Option("--column", metavar="FIELD=NAME", help="The column of a .csv that holds a field of a post."),
]
Source = Annotated[str | None, typer.Option(metavar="NAME", help="The source of all posts of a .csv.")]

_SERVER = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\s:/,\[\]]+):[0-9]{1,5}")


def settings(**overrides: object) -> Settings:
    """Settings from the environment, with what the command line says on top; None says nothing.

    Raises:
        ConfigError: a variable or an option does not fit.
        InputError: brokers that are no host:port.
    """
    from streams.settings import load_settings

    loaded = load_settings(**overrides)
    for server in loaded.brokers.split(","):
        if not _SERVER.fullmatch(server.strip()):
            raise InputError(f"brokers: {server.strip()!r} is no Kafka server; expected host:port, separated by commas")
    return loaded


def read_watch(path: Path) -> Watch:
    """The brands.yaml at `path`.

    Raises:
        Unavailable: it is not there.
        ConfigError: with every problem.
    """
    from streams.config import load_watch

    if not path.exists():
        raise Unavailable(f"{path}: no such file; expected the configuration that says what to watch")
    return load_watch(path, os.environ)


def read_labels(path: Path, watch: Watch | None) -> Labels:
    """The labels at `path`; they may name the brands of `watch`, or any where that is None.

    Raises:
        InputError: with what is wrong with them.
        Unavailable: the file cannot be read.
    """
    from detectors.backtest import parse_labels
    from streams.sources.files import open_file

    brands = [brand.id for brand in watch.brands] if watch is not None else None
    with open_file(path) as stream:
        return parse_labels(stream.read(), source=str(path), brands=brands)


def detector_kind(name: str, *, variants: bool = False) -> type[Detector]:
    """The detector that `--detector` names; with `variants` also by the name of a variant, such as surge:fast.

    Raises:
        InputError: there is none.
    """
    from detectors.algorithms import DETECTORS

    kind = name.partition(":")[0] if variants else name
    if kind not in DETECTORS:
        raise InputError(f"--detector {name}: no such detector; expected one of: {', '.join(sorted(DETECTORS))}")
    return DETECTORS[kind]


def read_span(option: str, text: str | None) -> timedelta:
    """The duration that an option names; InputError if it names none."""
    from streams.spans import parse_span

    try:
        return parse_span(text)
    except ValueError as error:
        raise InputError(f"{option} {text}: {error}") from None


def read_moment(option: str, text: str) -> datetime:
    """The moment that an option names, in UTC where it names no zone.

    Raises:
        InputError: it names none.

    >>> read_moment("--since", "2015-02-22T02:30+01:00"), read_moment("--until", "2015-02-22")
    (datetime.datetime(2015, 2, 22, 1, 30, tzinfo=datetime.timezone.utc),
     datetime.datetime(2015, 2, 22, 0, 0, tzinfo=datetime.timezone.utc))
    """
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InputError(
            f"{option} {text!r}: no date; expected ISO 8601, such as 2015-02-22 or 2015-02-22T02:30:00Z"
        ) from None


def posts_file(path: Path, columns: list[str] | None, source: str | None) -> PostsFile:
    """The file of recorded posts that the options describe.

    Raises:
        InputError, Unavailable: see `PostsFile`.
    """
    from streams.sources.files import PostsFile

    pairs = [entry.partition("=") for entry in columns or ()]
    for field, _, name in pairs:
        if not field or not name:
            raise InputError(f"--column {field}: expected FIELD=NAME, such as text=body")
    return PostsFile(path, columns={field: name for field, _, name in pairs}, source=source)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run what talks to Kafka to its end.

    Raises:
        Unavailable: Kafka failed in the middle.
    """
    import asyncio
    import logging

    from aiokafka.errors import KafkaError

    # The client tells each failed connection on its own; we say it once.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL + 1)
    try:
        return asyncio.run(work)
    except KafkaError as error:
        raise Unavailable(f"Kafka failed: {error}") from error
