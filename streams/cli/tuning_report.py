"""What a tuning found, for people: its sections as Markdown or as a small page, and the fragment of brands.yaml."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from detectors.backtest.tuning import LEAST_CRISES, Case, CaseKind, Dimension, Outcome, Trial, Verdict, value
from streams.cli.page_frame import framed, table
from streams.cli.terminal import markdown_table, span
from streams.markup import safe

__all__ = ["Tuned", "as_html", "as_markdown", "conclusion", "fragment"]


@dataclass(frozen=True, slots=True)
class Tuned:
    """A finished search. `chosen` has, for each case, what the other cases chose; `winner` is the best on all."""

    detector: str
    files: Sequence[str]
    dimensions: Sequence[Dimension]
    cases: Sequence[Case]
    defaults: Trial
    winner: Trial
    chosen: Sequence[Trial]
    trials: int
    asked: int
    verdict: Verdict

    @property
    def held_out(self) -> list[Outcome]:
        """What each case came to, with parameters that it had no say in."""
        return [trial.outcomes[place] for place, trial in enumerate(self.chosen)]

    @property
    def changed(self) -> dict[str, float]:
        """The winner's parameters that differ from the defaults."""
        defaults = {dimension.name: dimension.default for dimension in self.dimensions}
        return {name: given for name, given in self.winner.parameters.items() if given != defaults[name]}


@dataclass(frozen=True, slots=True)
class _Section:
    """A heading and, in this order, what there is of paragraphs, a table and code."""

    heading: str
    texts: Sequence[str] = ()
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    code: str = ""


def conclusion(tuned: Tuned) -> str:
    """What to do, in a sentence or two."""
    found = tuned.verdict
    between = f"worth {found.gain:+.2f}, nine tenths of the chance between {found.low:+.2f} and {found.high:+.2f}"
    if not tuned.changed:
        return "No parameters were better than the defaults: keep the defaults."
    if found.certain:
        return f"Better on cases it had not seen ({between}). Let it run as a shadow detector before it leads."
    if found.gain <= 0:
        return f"No gain on cases it had not seen: keep the defaults ({between})."
    crises = sum(case.kind is CaseKind.CRISIS for case in tuned.cases)
    few = f" {crises} crises are too few to tell; {LEAST_CRISES} is the least." if crises < LEAST_CRISES else ""
    return f"The gain is within noise: keep the defaults ({between}).{few}"


def fragment(tuned: Tuned) -> str:
    """Lines for `defaults`, or for one brand, of brands.yaml: the winner as a shadow detector.

    It holds only what differs from the defaults; where nothing does, it changes nothing.
    """
    lines = [f"# badbuzz tune, {tuned.detector}. {conclusion(tuned)}", "# Goes into `defaults`, or into one brand."]
    if not tuned.changed:
        return "\n".join([*lines, "shadow_detectors: []", ""])
    name = f"{tuned.detector}:tuned"
    numbers = [f"    {parameter}: {given:g}" for parameter, given in tuned.changed.items()]
    return "\n".join([*lines, f'shadow_detectors: ["{name}"]', "parameters:", f'  "{name}":', *numbers, ""])


def as_markdown(tuned: Tuned) -> str:
    """The report in Markdown."""
    parts: list[str] = []
    for section in _sections(tuned):
        parts += [f"{'##' if parts else '#'} {section.heading}", *section.texts]
        if section.columns:
            parts.append(markdown_table(section.columns, section.rows))
        if section.code:
            parts.append(f"```yaml\n{section.code}```")
    return "\n\n".join(parts) + "\n"


def as_html(tuned: Tuned) -> str:
    """The report as a page that fetches nothing."""
    parts: list[str] = []
    for section in _sections(tuned):
        level = "h2" if parts else "h1"
        parts += [f"<{level}>{section.heading}</{level}>", *(f"<p>{safe(text)}</p>" for text in section.texts)]
        if section.columns:
            parts.append(table(section.columns, section.rows, section.heading))
        if section.code:
            parts.append(f"<pre>{safe(section.code)}</pre>")
    return framed(f"badbuzz tune {tuned.detector}", parts)


def _sections(tuned: Tuned) -> Iterator[_Section]:
    """What there is to say. Headings are our own words, the rest may hold a stranger's."""
    kinds = [case.kind for case in tuned.cases]
    stopped = f", of {tuned.asked} asked for" if tuned.trials < tuned.asked else ""
    searched = (
        f"{tuned.trials} parameter sets{stopped}, on {', '.join(tuned.files)}: {kinds.count(CaseKind.CRISIS)} "
        f"crises, {kinds.count(CaseKind.TRAP)} traps, {kinds.count(CaseKind.LIFE)} lives of brands. Each case was "
        f"judged with the parameters that the other cases chose. A crisis earns 0.5 to 1, the earlier the more; a "
        f"false alarm beyond the budget costs 0.5."
    )
    yield _Section(
        f"Tuning {tuned.detector}",
        [conclusion(tuned), searched],
        columns=["", "defaults", "tuned, held out", "tuned, on what it was chosen by"],
        rows=list(zip(*[_summary(tuned, outcomes) for outcomes in _compared(tuned)], strict=True)),
    )
    yield _Section(
        "Parameters",
        ["Where the held-out choices lie far apart, the cases do not agree on the parameter: it is not known."],
        columns=["parameter", "range", "default", "tuned", "held-out choices"],
        rows=[_parameter(tuned, dimension) for dimension in tuned.dimensions],
    )
    yield _Section(
        "Case by case",
        columns=["file", "case", "kind", "defaults", "tuned, held out"],
        rows=[
            (case.file, case.name, case.kind, _told(case, before), _told(case, after))
            for case, before, after in zip(tuned.cases, tuned.defaults.outcomes, tuned.held_out, strict=True)
        ],
    )
    yield _Section("For brands.yaml", code=fragment(tuned))


def _compared(tuned: Tuned) -> Iterator[Sequence[Outcome] | None]:
    yield None
    yield tuned.defaults.outcomes
    yield tuned.held_out
    yield tuned.winner.outcomes


def _summary(tuned: Tuned, outcomes: Sequence[Outcome] | None) -> list[str]:
    """A column of the summary; the first one names its lines."""
    if outcomes is None:
        return ["worth", "crises found", "median delay", "false alarms", "... allowed by the budget"]
    of = sum(case.kind is CaseKind.CRISIS for case in tuned.cases)
    delays = [outcome.delay_s for outcome in outcomes if outcome.delay_s is not None]
    return [
        f"{value(outcomes):.2f}",
        f"{len(delays)} of {of}",
        span(median(delays) if delays else None),
        str(sum(outcome.false_alarms for outcome in outcomes)),
        f"{sum(outcome.budget for outcome in outcomes):.1f}",
    ]


def _parameter(tuned: Tuned, dimension: Dimension) -> tuple[str, ...]:
    choices = [trial.parameters[dimension.name] for trial in tuned.chosen]
    return (
        dimension.name,
        f"{dimension.low:g} to {dimension.high:g}",
        f"{dimension.default:g}",
        f"{tuned.winner.parameters[dimension.name]:g}",
        f"{min(choices):g} to {max(choices):g}",
    )


def _told(case: Case, outcome: Outcome) -> str:
    if case.kind is CaseKind.CRISIS:
        return "MISSED" if outcome.delay_s is None else f"found after {span(outcome.delay_s)}"
    alarms = "1 false alarm" if outcome.false_alarms == 1 else f"{outcome.false_alarms} false alarms"
    return f"{alarms}, budget {outcome.budget:.1f}" if case.kind is CaseKind.LIFE else alarms
