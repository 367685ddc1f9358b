"""`badbuzz incidents precision`: what comes of what people said of incidents. It changes nothing."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detectors.errors import InputError
from streams.cli.caring import app
from streams.cli.incidents import AsJson
from streams.cli.options import Brokers, Config, Prefix, read_watch, run, settings
from streams.cli.terminal import note, print_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from detectors.alerting.precision import LabelLists, Precision, Suggestion
    from detectors.model import Incident, Watch

__all__ = ["precision"]

_HOW = "badbuzz incidents feedback INCIDENT true (or false, too-late, not-for-me) says what one was worth"


@app.command(
    epilog="Examples:\n\nbadbuzz incidents precision --brand acme\n\nbadbuzz incidents precision --labels labels.json"
)
def precision(
    brand: Annotated[str | None, typer.Option(metavar="ID", help="Only of this brand.")] = None,
    json: AsJson = False,
    labels: Annotated[
        Path | None,
        typer.Option(metavar="OUT.json", help="Write what people said here, as labels for badbuzz tune and backtest."),
    ] = None,
    config: Config = None,
    brokers: Brokers = None,
    prefix: Prefix = None,
) -> None:
    """Say how often each detector was right, as people judged its incidents, and what that suggests.

    Each share comes with its 90 % interval: with few judgements it is wide, and nothing is suggested. Real incidents
    become crises of the labels, false ones traps; what is not decided or not judged is to be ignored there.

    It changes no threshold: that is up to whoever looks after brands.yaml.
    """
    import msgspec

    from detectors.alerting.precision import labels_of, suggestions
    from detectors.alerting.precision import precision as measure
    from streams.incidents import read_incidents

    where = settings(config=config, brokers=brokers, prefix=prefix)
    watch = read_watch(where.config)
    every = run(read_incidents(where))
    known = dict.fromkeys([*(one.id for one in watch.brands), *(incident.brand for incident in every)])
    if brand is not None and brand not in known:
        raise InputError(f"--brand {brand}: no such brand; expected one of: {', '.join(known)}")
    found = [incident for incident in every if brand in (None, incident.brand)]
    rows = [row for row in measure(found, watch) if brand is None or row.brand is not None]
    suggested = suggestions(rows, watch)
    known_labels = labels_of(_watched(found, watch))
    if labels is not None:
        labels.write_bytes(msgspec.json.format(msgspec.json.encode(known_labels)) + b"\n")
        note(_written(labels, known_labels, len(found) - len(_watched(found, watch))))
    if json:
        sys.stdout.buffer.write(msgspec.json.encode({"precision": rows, "suggestions": suggested}) + b"\n")
    elif not any(incident.opinions for incident in found):
        many = f"none of the {len(found)} incidents" if found else "nothing, for there is no incident"
        typer.echo(f"Nobody has judged anything yet: {many}.\n{_HOW}.")
    else:
        _show(rows)
        typer.echo("\n".join(_advice(suggested, labels, where.config, bool(known_labels["crises"]))))


def _watched(incidents: Sequence[Incident], watch: Watch) -> list[Incident]:
    """Labels may only name brands that are watched."""
    brands = {brand.id for brand in watch.brands}
    return [incident for incident in incidents if incident.brand in brands]


def _written(path: Path, labels: LabelLists, unwatched: int) -> str:
    told = f"{path}: {len(labels['crises'])} crises, {len(labels['traps'])} traps, {len(labels['ignore'])} to ignore"
    return f"{told}; without {unwatched} incidents of brands that are not watched" if unwatched else told


def _show(rows: Sequence[Precision]) -> None:
    columns = ["brand", "detector", ">precision", ">90 % interval", ">judged", ">true", ">too late", ">false"]
    print_table(
        "How often it was right",
        [*columns, ">not for me", ">unjudged"],
        [
            (
                row.brand or "(all)",
                row.detector,
                "-" if row.precision is None else f"{100 * row.precision:.0f} %",
                "-" if row.low is None or row.high is None else f"{100 * row.low:.0f} to {100 * row.high:.0f} %",
                row.judged,
                row.true,
                row.too_late,
                row.false,
                row.not_for_me,
                row.unjudged,
            )
            for row in rows
        ],
    )


def _advice(suggested: Sequence[Suggestion], labels: Path | None, config: Path, crises: bool) -> Iterator[str]:
    from detectors.alerting.precision import Advice

    if not suggested:
        yield "Nothing to suggest: these numbers speak for no change."
        return
    for one in suggested:
        yield from _one(one, config)
        yield ""
    yield "Nothing has been changed."
    detectors = dict.fromkeys(one.detector.partition(":")[0] for one in suggested if one.advice is not Advice.ROUTES)
    if not detectors:
        return
    written = shlex.quote(str(labels or "labels.json"))
    options = f"POSTS --labels {written} --config {shlex.quote(str(config))}"
    writes = "" if labels else f"; --labels {written} writes the labels"
    yield f"Check it first, on recorded posts of that time{writes}:"
    yield f"  badbuzz backtest {options}"
    if crises:
        yield from (f"  badbuzz tune {options} --detector {detector}" for detector in detectors)
    else:
        yield "badbuzz tune needs an incident that was real, too: none was judged so."


def _one(one: Suggestion, config: Path) -> Iterator[str]:
    from detectors.alerting.precision import Advice

    match one.advice:
        case Advice.LOWER_BUDGET | Advice.RAISE_BUDGET:
            verb = "lower" if one.advice is Advice.LOWER_BUDGET else "raise"
            yield f"{one.brand}: {verb} false_alarms_per_month from {one.now:g} to {one.to:g}"
            yield f"  because of {one.reason}"
            yield f"  in {config}:"
            yield "    brands:"
            yield f"      - id: {one.brand}"
            yield f"        false_alarms_per_month: {one.to:g}"
        case Advice.TUNE:
            yield f"{one.brand}: tune {one.detector}; another false_alarms_per_month helps against one, not the other"
            yield f"  because of {one.reason}"
            yield f"  badbuzz tune ... --out tuned.yaml writes parameters as a part of {config}"
        case Advice.ROUTES:
            yield f"{one.brand}: look at who is told"
            yield f"  because of {one.reason}"
            yield f"  in {config}: routes; badbuzz config route POST.json says who hears of what, and why"
