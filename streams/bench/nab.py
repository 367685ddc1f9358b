"""detect-counts on NAB's tweets (Lavin & Ahmad, ICMLA 2015, https://doi.org/10.1109/ICMLA.2015.141), by NAB's rules."""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import statistics
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import msgspec

from detectors.counts import score_counts
from detectors.errors import InputError
from streams.sources.files import open_file, read_csv, read_lines

__all__ = ["BUDGETS", "NabResult", "NabScore", "nab_data", "nab_files", "nab_result", "score_file", "scored_in"]

THRESHOLD: Final = 0.5
"""What detect-counts promises: from here on an alert would start. It is not tuned."""


BUDGETS: Final = (0.5, 0.7, 1.0, 1.4, 2.0)
"""False alarms a month, of which leaving a series out chooses one on the others."""


class NabScore(msgspec.Struct, frozen=True, kw_only=True):
    """NAB's three profiles: 0 is a detector that never alerts, 100 a perfect one."""

    standard: float
    reward_low_fp: float
    reward_low_fn: float


class NabResult(msgspec.Struct, frozen=True, kw_only=True):
    """All series together at one false alarm a month, `mean_of_files` each by itself, and `leave_one_out`.

    The last is each series by itself at the budget, out of `BUDGETS`, that is best on all the others, as NAB's
    own optimizer chooses a threshold: their mean.
    """

    files: int
    threshold: float
    all_files: NabScore
    mean_of_files: NabScore
    leave_one_out: NabScore
    windows: int
    hit: int
    false_alarms_per_week: float


def nab_data() -> Path | None:
    """The folder of NAB's files, in `$BADBUZZ_SHARED` or in shared/data beside the repository; None without them."""
    given = os.environ.get("BADBUZZ_SHARED")
    shared = Path(given) if given else Path(__file__).resolve().parents[3] / "shared" / "data"
    return shared / "nab" if _labels(shared / "nab").is_file() and _tool(shared / "nab").is_file() else None


def nab_files(data: Path) -> list[Path]:
    """The series."""
    return sorted((data / "realTweets").glob("**/*.csv"))


def score_file(series: Path, out: Path, budget: float) -> None:
    """What detect-counts makes of a series, at so many false alarms a month.

    Raises:
        InputError: it is no series of counts.
    """
    out.parent.mkdir(exist_ok=True)
    with open_file(series) as stream, out.open("w", encoding="utf-8", newline="") as output:
        writer = csv.writer(output, lineterminator="\n")
        writer.writerow(["timestamp", "value", "anomaly_score"])
        rows = read_csv(read_lines(stream, series.name), series.name)
        for row, score in score_counts(rows, series.name, false_alarms_per_month=budget):
            writer.writerow([row.timestamp, row.value, f"{score:g}"])


def scored_in(scratch: Path, budget: float) -> Path:
    """The folder for the files that were scored at this budget."""
    return scratch / f"{budget:g}"


def nab_result(data: Path, scratch: Path) -> NabResult:
    """The figures for the files that `score_file` wrote into the folders `scored_in`, at each of `BUDGETS`.

    Raises:
        InputError: not one of them has a window in the labels.
    """
    tool = _load(_tool(data))
    labels = json.loads(_labels(data).read_bytes())
    by_budget: dict[float, list[dict[str, Any]]] = {}
    for budget in BUDGETS:
        files = by_budget[budget] = []
        for path in sorted(scored_in(scratch, budget).glob("*.csv")):
            windows = next((spans for name, spans in labels.items() if name.endswith(path.name)), None)
            if windows and (file := tool.load(path, windows))["live"]:
                files.append(file)
    if not by_budget[1.0]:
        raise InputError(f"{_labels(data)}: names none of the series in {data}")
    together = tool.evaluate(by_budget[1.0], THRESHOLD, 1)
    left_out: list[dict[str, Any]] = []
    for place in range(len(by_budget[1.0])):
        others = {budget: files[:place] + files[place + 1 :] for budget, files in by_budget.items()}
        worth = {budget: tool.evaluate(rest, THRESHOLD, 1)["standard"] for budget, rest in others.items() if rest}
        best = max(worth, key=lambda budget: worth[budget], default=1.0)
        left_out.append(tool.evaluate([by_budget[best][place]], THRESHOLD, 1))
    return NabResult(
        files=len(by_budget[1.0]),
        threshold=THRESHOLD,
        all_files=_score([together]),
        mean_of_files=_score([tool.evaluate([file], THRESHOLD, 1) for file in by_budget[1.0]]),
        leave_one_out=_score(left_out),
        windows=together["windows"],
        hit=together["hit"],
        false_alarms_per_week=together["false_alarms_per_week"],
    )


def _score(results: list[dict[str, Any]]) -> NabScore:
    profiles = ("standard", "reward_low_FP", "reward_low_FN")
    return NabScore(
        **{name.lower(): round(statistics.mean(result[name] for result in results), 2) for name in profiles}
    )


def _labels(data: Path) -> Path:
    return data / "combined_windows.json"


def _tool(data: Path) -> Path:
    """The scorer lies beside the data: it is not ours to ship."""
    return data.parents[1] / "tools" / "nab_score.py"


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("nab_score", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
