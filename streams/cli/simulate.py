"""`badbuzz simulate`: made-up posts, and the truth about them, for backtests and tuning."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from detectors.errors import InputError
from streams.cli.options import read_moment
from streams.cli.terminal import note, progress

if TYPE_CHECKING:
    from detectors.simulation import Life, Simulation

__all__ = ["simulate"]

SHOWN_EVERY = 1000
"""The progress bar moves after so many posts."""
_HANDLE = re.compile(r"[a-z0-9_]{1,30}")


def simulate(
    out: Annotated[Path, typer.Argument(metavar="OUT.jsonl", help="Where the posts go.")],
    labels: Annotated[
        Path | None, typer.Option(metavar="OUT.json", help="Where the truth about them goes: crises and traps.")
    ] = None,
    event: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND[@DATE]",
            help="What happens: cascade, brigade, copy-paste, hashtag-hijack (crises), quarrel, contest, outage, "
            "clock-change (traps). Without a date, somewhere after the first 14 days.",
        ),
    ] = None,
    brand: Annotated[
        str, typer.Option(metavar="NAME/HANDLE", help="Whom people speak of; the handle is its id, too.")
    ] = "Torrelio/torrelio",
    mentions_per_min: Annotated[
        float, typer.Option(metavar="N", min=0.001, max=10_000, help="On an ordinary day; one in eight complains.")
    ] = 2.0,
    timezone: Annotated[str, typer.Option(metavar="ZONE", help="Where people live: Europe/Paris.")] = "UTC",
    start: Annotated[
        str, typer.Option(metavar="DATE", help="The first moment, ISO 8601, in UTC where it has no zone.")
    ] = "2026-01-05",
    days: Annotated[int, typer.Option(metavar="N", min=1, max=3660, help="For how long.")] = 28,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="The same seed, the same bytes.")] = 1,
) -> None:
    """Make up the posts of a brand: its ordinary life, and what you wish upon it.

    What --labels says of them is what `badbuzz backtest` and `badbuzz tune` want to know.

    The texts are in English, some in French, and name no real company.
    """
    from detectors.model import MINUTE_MS, to_ms
    from detectors.simulation import simulate as make

    life = _life(brand, mentions_per_min, timezone)
    if out.suffix != ".jsonl":
        raise InputError(f"{out}: unknown kind of file; expected .jsonl")
    start_ms = to_ms(read_moment("--start", start))
    if start_ms < 0 or start_ms + days * 1440 * MINUTE_MS > to_ms(read_moment("--start", "9000-01-01")):
        raise InputError(f"--start {start}: expected a date between 1970 and 9000")
    made = make(life, start_ms=start_ms, days=days, events=[_event(text) for text in event or ()], seed=seed)
    _write(made, out, labels, start_ms, days * 1440 * MINUTE_MS)
    if start_ms + days * 1440 * MINUTE_MS > time.time() * 1000:
        note("some posts are dated later than today; whoever reads them takes such posts as of now: --start earlier")
    if life.brand_name.lower() != life.handle:
        note(
            f"to read it, a brands.yaml needs `id: {life.handle}` and `match: {{any: [{life.brand_name!r}, "
            f"'@{life.handle}', '#{life.handle}']}}`"
        )


def _write(made: Simulation, out: Path, labels: Path | None, start_ms: int, length_ms: int) -> None:
    """Labels first, they are known already; then the posts, in a file that appears when it is whole."""
    import msgspec

    from detectors.model import to_ms

    if labels is not None:
        labels.write_bytes(msgspec.json.format(msgspec.json.encode(made.labels), indent=2) + b"\n")
    encode = msgspec.json.Encoder().encode
    part = out.with_name(f"{out.name}.part")
    count = 0
    try:
        with part.open("wb") as stream, progress("simulate", length_ms) as bar:
            for count, post in enumerate(made.posts, 1):
                stream.write(encode(post) + b"\n")
                if count % SHOWN_EVERY == 0:
                    bar.at(to_ms(post.created_at) - start_ms, f"{count:,} posts")
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    typer.echo(f"{out}: {count:,} posts; crises: {len(made.labels.crises)}, traps: {len(made.labels.traps)}")


def _life(brand: str, mentions_per_min: float, timezone: str) -> Life:
    from detectors.simulation import Life

    name, slash, handle = (part.strip() for part in brand.partition("/"))
    if not name or not slash or not _HANDLE.fullmatch(handle):
        raise InputError(f"--brand {brand}: expected a name and a handle, such as Torrelio/torrelio; a-z, 0-9 and _")
    try:
        ZoneInfo(timezone)
    except (KeyError, ValueError, OSError):  # what zoneinfo raises for an unknown name, for "../x", for a folder
        raise InputError(f"--timezone {timezone}: no time zone; expected a name such as Europe/Paris") from None
    return Life(name, handle, mentions_per_min, timezone=timezone)


def _event(text: str) -> tuple[str, int | None]:
    from detectors.model import to_ms

    kind, at, moment = text.partition("@")
    return kind, to_ms(read_moment(f"--event {kind}@", moment)) if at else None
