"""`badbuzz results`, tiny: every part comes out, as Markdown and as JSON. Not what is measured."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from detectors.algorithms import DETECTORS
from detectors.backtest.trials import BANDS
from streams.bench.markdown import markdown
from streams.bench.trials import Plan, run_trials
from streams.cli import main
from streams.cli.results import Part

TINY = Plan(brands=10, seeds=1, budget_days=22, early_days=30, waves_each=1, closing_brands=20)
SCORER = """
def load(path, windows):
    rows = open(path).read().splitlines()
    assert rows[0] == "timestamp,value,anomaly_score"
    return {"rows": len(rows) - 1, "live": [0] * len(windows)}

def evaluate(files, threshold, refractory):
    assert (threshold, refractory) == (0.5, 1)
    score = sum(file["rows"] for file in files)
    return {"standard": score, "reward_low_FP": score + 1, "reward_low_FN": score + 2,
            "windows": sum(len(file["live"]) for file in files), "hit": 1, "false_alarms_per_week": 0.25}
"""


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, object]:
    """Two cheap detectors, one budget, few brands, and nobody's recordings."""
    few = dict(list(DETECTORS.items())[-2:])
    monkeypatch.setattr("streams.bench.trials.DETECTORS", few)
    monkeypatch.setattr("streams.bench.detectors.DETECTORS", few)
    monkeypatch.setattr("streams.bench.trials.BUDGETS", (4.0,))
    monkeypatch.setattr("streams.bench.trials.QUICK", TINY)
    monkeypatch.setenv("BADBUZZ_SHARED", str(tmp_path / "nothing"))
    return dict(few)


def nab(shared: Path, *, rows: dict[str, int]) -> None:
    """NAB's files as they lie beside the repository, with a scorer that counts rows."""
    tweets = shared / "data" / "nab" / "realTweets"
    tweets.mkdir(parents=True)
    (shared / "tools").mkdir()
    (shared / "tools" / "nab_score.py").write_text(SCORER)
    labels = {f"realTweets/{name}.csv": [["2015-03-03 04:37:53.000000", "2015-03-04 13:37:53.000000"]] for name in rows}
    (shared / "data" / "nab" / "combined_windows.json").write_text(json.dumps(labels))
    for name, count in rows.items():
        lines = [f"2015-03-03 {minute // 12:02}:{minute % 12 * 5:02}:00,{minute % 3}" for minute in range(count)]
        (tweets / f"{name}.csv").write_text("\n".join(["timestamp,value", *lines]) + "\n")


def test_all_parts(tiny: dict[str, object], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "results.md"
    assert main(["results", "--quick", "--out", str(out), "--json", str(tmp_path / "results.json")]) == 0
    assert capsys.readouterr() == ("", "")
    text = out.read_text()
    assert [line for line in text.splitlines() if line.startswith("#")] == [
        "# Measured results",
        "## False alarms against the budget",
        "## How early",
        "## NAB, realTweets",
        "## Cost",
    ]
    assert "skipped: no data" in text
    result = json.loads((tmp_path / "results.json").read_text())
    assert result["leader"] == next(iter(tiny))
    assert [row["since_day"] for row in result["budget"]] == [3, 21]
    assert all(len(row["bands"]) == len(BANDS) for row in result["budget"])
    assert [tuple(band["band"]) for band in result["early"]] == list(BANDS)
    for band in result["early"]:
        assert set(band["trials"]) == set(tiny)
        assert all(len(found["delays_min"]) == len(band["floors"]) > 0 for found in band["trials"].values())
    assert [cost["detector"] for cost in result["detectors"]] == list(tiny)
    assert all(cost["quiet_per_s"] > 0 and cost["busy_per_s"] > 0 for cost in result["detectors"])
    assert result["closing"]["brands"] == 20


def test_nab_by_its_own_scorer(
    tiny: dict[str, object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    nab(tmp_path, rows={"one": 40, "two": 60})
    monkeypatch.setenv("BADBUZZ_SHARED", str(tmp_path / "data"))
    assert main(["results", "--quick", "--only", "nab", "--jobs", "1"]) == 0
    text = capsys.readouterr().out
    assert "| all series together    |    100.0 |         101.0 |         102.0 |" in text
    assert "| mean of each by itself |     50.0 |          51.0 |          52.0 |" in text
    assert "| mean, each left out    |     50.0 |          51.0 |          52.0 |" in text
    assert "1 of 2 windows hit, 0.25 false alarms a week and series, in 2 series at a threshold of 0.5." in text
    assert "## Cost" not in text


def test_nab_s_labels_must_name_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nab(tmp_path, rows={})
    monkeypatch.setenv("BADBUZZ_SHARED", str(tmp_path / "data"))
    assert main(["results", "--only", "nab"]) == 2
    assert "names none of the series" in capsys.readouterr().err


def test_the_same_at_every_run_and_told_how_far_it_is(tiny: dict[str, object]) -> None:
    plan, shares = msgspec.structs.replace(TINY, brands=5), list[float]()
    once = run_trials(plan, [Part.BUDGET], processes=2, at=lambda share, _: shares.append(share))
    assert shares == sorted(shares)
    assert 0 < shares[0] < shares[-1] == 1.0
    assert "## How early" not in markdown(once)
    assert run_trials(plan, [Part.BUDGET], processes=1, at=lambda *_: None) == once


def test_what_cannot_be_measured(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["results", "--only", "speed"]) == 2
    assert "speed" in capsys.readouterr().err
