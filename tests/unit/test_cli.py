"""The command line as people meet it: help, data on stdout, one clear line on stderr, and the exit codes."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from streams.cli import app, main

RUN = [sys.executable, "-c", "import sys; from streams.cli import main; sys.exit(main())"]
BRANDS = """
brands: [{id: acme, name: "Acme [bold]", match: {any: [acme], none: [museum]}, false_alarms_per_month: 0.5}]
teams: [{id: care, name: Care, notify: ["json://user:s3cret@example.com", "mailto://s3cret"], escalate_after: 15m}]
"""
LABELS: dict[str, list[dict[str, str]]] = {
    "crises": [
        {
            "id": "lost-bags",
            "brand": "acme",
            "onset": "2026-03-06T09:00:00Z",
            "peak": "2026-03-06T10:00:00Z",
            "end": "2026-03-06T12:00:00Z",
        }
    ]
}


def post(number: int, at: datetime, text: str = "acme lost my bag, this is terrible") -> str:
    return json.dumps({"id": str(number), "source": "forum", "text": text, "lang": "en", "created_at": at.isoformat()})


@pytest.fixture
def crisis(tmp_path: Path) -> Path:
    """Five days of a post an hour, then three a minute; the labels beside it."""
    calm = [datetime(2026, 3, 1, 9, tzinfo=UTC) + timedelta(hours=hour) for hour in range(120)]
    storm = [calm[-1] + timedelta(hours=1, seconds=20 * number) for number in range(180)]
    path = tmp_path / "posts.jsonl"
    path.write_text("\n".join(post(number, at) for number, at in enumerate(calm + storm)) + "\n")
    (tmp_path / "labels.json").write_text(json.dumps(LABELS))
    return path


@pytest.fixture
def brands(tmp_path: Path) -> Path:
    path = tmp_path / "brands.yaml"
    path.write_text(BRANDS)
    return path


Refused = Callable[..., str]


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Refused:
    """`refused("backtest", ..., code=2)` runs it, and gives the one line that it said."""

    def run(*arguments: object, code: int) -> str:
        assert main([str(argument) for argument in arguments]) == code
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return said.err

    return run


# ------------------------------------------------------------------------------------------- usage


def commands() -> list[list[str]]:
    group = get_command(app)
    found: list[list[str]] = []
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        below = getattr(command, "commands", None)
        found += [[name]] if below is None else [[name, one] for one in below]
    return found


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_command_explains_itself_with_an_example(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, "--help"]) == 0
    said = capsys.readouterr().out
    assert "Examples:" in said
    assert f"badbuzz {' '.join(command)}" in said.partition("Examples:")[2]


def test_the_help_loads_nothing_heavy() -> None:
    heavy = "faust", "aiokafka", "pydantic", "msgspec", "numpy", "scipy", "fasttext", "river", "apprise", "asyncio"
    code = f"import sys; from streams.cli import main; main(['--help']); print({heavy} & sys.modules.keys())"
    done = subprocess.run(
        [sys.executable, "-c", code.replace(f"{heavy} &", f"set({heavy}) &")], capture_output=True, check=True
    )
    assert done.stdout.decode().splitlines()[-1] == "set()"


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["backtest"],
        ["backtest", "x", "--nonsense"],
        ["replay", "x", "--json", "y"],
        ["broker", "--port", "x"],
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2(arguments: list[str], refused: Refused) -> None:
    assert "Usage: badbuzz" in refused(*arguments, code=2)


def test_who_stops_reading_gets_no_traceback(crisis: Path) -> None:
    series = crisis.with_name("series.csv")
    start = datetime(2026, 3, 1)
    rows = [f"{start + timedelta(minutes=5 * row)},3\n" for row in range(20_000)]
    series.write_text("timestamp,value\n" + "".join(rows))
    with subprocess.Popen(
        [*RUN, "detect-counts", str(series)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout is not None and running.stderr is not None
        running.stdout.readline()
        running.stdout.close()
        assert running.stderr.read() == b""


# ---------------------------------------------------------------------------------------- backtest


def test_a_backtest_finds_the_crisis_and_says_when(crisis: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels = crisis.with_name("labels.json")
    arguments = ["backtest", str(crisis), "--labels", str(labels)]
    assert main([*arguments, "--fail-on", "missed", "--fail-on", "false-alarm"]) == 0
    said = capsys.readouterr().out
    assert "lost-bags" in said and "1 of 1 crises found; 0 false alarms" in said

    assert main([*arguments, "--json", "-"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["posts"] == 300 and result["crises"][0]["detected"] is True
    assert [*result["brands"]] == ["acme"]


def test_a_backtest_with_a_configuration_writes_its_json(
    crisis: Path, brands: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = crisis.with_name("out.json")
    assert main(["backtest", str(crisis), "--config", str(brands), "--json", str(out)]) == 0
    assert "acme-surge-2026" in capsys.readouterr().out
    assert json.loads(out.read_bytes())["brands"]["acme"]["posts"] == 300


def test_a_missed_crisis_fails_only_if_asked(crisis: Path) -> None:
    labels = crisis.with_name("labels.json")
    labels.write_text(json.dumps(LABELS).replace("03-06T", "03-03T"))
    arguments = ["backtest", str(crisis), "--labels", str(labels)]
    assert main(arguments) == 0
    assert main([*arguments, "--fail-on", "missed"]) == 1
    assert main([*arguments, "--fail-on", "false-alarm"]) == 1


def test_records_that_are_no_posts_are_told_with_their_line_and_left_out(
    crisis: Path, brands: Path, refused: Refused
) -> None:
    good = post(1, datetime(2026, 3, 1, tzinfo=UTC))
    bad = [b"{", b"\xff", b'{"id": "1"}', b'{"id": 1}', b"null", b"[]", good.replace("+00:00", "").encode()]
    crisis.write_bytes(b"\n".join([good.encode(), b"", *bad]))
    said = refused("backtest", crisis, "--config", brands, code=0).splitlines()
    assert [line.split(": ")[1:3] for line in said[:5]] == [
        ["line 3", "not_json"],
        ["line 4", "not_utf8"],
        ["line 5", "missing_field"],
        ["line 6", "wrong_type"],
        ["line 7", "wrong_type"],
    ]
    assert said[5:] == [f"{crisis}: 7 of 8 records are no posts and were left out"]


def test_what_a_backtest_cannot_do_is_said_in_a_line(crisis: Path, brands: Path, refused: Refused) -> None:
    labels, here = crisis.with_name("labels.json"), crisis.parent
    assert "Give --config" in refused("backtest", crisis, code=2)
    assert "needs --labels" in refused("backtest", crisis, "--config", brands, "--fail-on", "missed", code=2)
    assert "nope.jsonl: cannot be read: No such file" in refused("backtest", here / "nope.jsonl", code=3)
    assert "nope.json: cannot be read" in refused("backtest", crisis, "--labels", here / "nope.json", code=3)
    assert "nope.yaml: no such file" in refused("backtest", crisis, "--config", here / "nope.yaml", code=3)
    assert "unknown kind of file" in refused("backtest", brands, "--labels", labels, code=2)
    assert "expected FIELD=NAME" in refused("backtest", crisis, "--column", "text", code=2)
    unwritable = here / "no" / "out.json"
    assert str(unwritable) in refused("backtest", crisis, "--config", brands, "--json", unwritable, code=3)
    labels.write_text(json.dumps(LABELS).replace('"acme"', '"other"'))
    said = refused("backtest", crisis, "--config", brands, "--labels", labels, code=2)
    assert "'other' is not watched; expected one of: acme - at `$.crises[0].brand`" in said
    labels.write_text('{"crises": [{"id": "x"}]}')
    assert "`$.crises[0]`" in refused("backtest", crisis, "--labels", labels, code=2)
    crisis.write_text("{\n")
    assert "not one post in it" in refused("backtest", crisis, "--config", brands, code=2)


def test_detectors_are_compared_side_by_side(crisis: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["backtest", str(crisis), "--labels", str(crisis.with_name("labels.json"))]
    compared = ["--detector", "surge", "--detector", "ears-c2", "--detector", "surge"]
    assert main([*arguments, *compared]) == 0
    said = capsys.readouterr().out
    assert "Detectors side by side" in said and "ears-c2" in said
    assert "At an equal number of false alarms: 0, which is what surge has at its own threshold" in " ".join(
        said.split()
    )

    assert main([*arguments, *compared, "--json", "-"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert [row["detector"] for row in result["comparison"]["detectors"]] == ["surge", "ears-c2"]
    assert result["detectors"] == ["surge"] and [*result["shadows"]] == ["ears-c2"]
    assert {*result["us_per_bucket"]} == {"surge", "ears-c2"} and min(result["us_per_bucket"].values()) > 0
    assert result["brands"]["acme"]["budget_per_month"] == 1.0
    assert result["brands"]["acme"]["achieved_per_month"] == 0.0


def test_one_detector_leads_instead_of_the_configured_ones(
    crisis: Path, brands: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    brands.write_text(BRANDS.replace("id: acme,", "id: acme, shadow_detectors: [meltwater],"))
    assert main(["backtest", str(crisis), "--config", str(brands), "--detector", "ears-c2", "--json", "-"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert {alert["detector"] for alert in result["brands"]["acme"]["alerts"]} == {"ears-c2"}
    assert (result["shadows"], result["comparison"]) == ({}, None)


def test_a_detector_that_nobody_knows_is_refused(crisis: Path, brands: Path, refused: Refused) -> None:
    arguments = ["backtest", crisis, "--config", brands, "--detector"]
    said = refused(*arguments, "oracle", code=2)
    assert "--detector oracle: no such detector; expected one of: " in said and "surge" in said
    said = refused(*arguments, "surge:fast", code=2)
    assert "--detector surge:fast: no `parameters` under this name for acme" in said
    brands.write_text(BRANDS.replace("id: acme,", 'id: acme, parameters: {"surge:fast": {}},'))
    assert refused(*arguments, "surge:fast", code=0) == ""


def test_a_backtest_counts_between_two_dates(crisis: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["backtest", str(crisis), "--labels", str(crisis.with_name("labels.json")), "--json", "-"]

    def result(*more: str) -> dict[str, Any]:
        assert main([*arguments, *more]) == 0
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    # The days before teach what is usual: the crisis is found all the same.
    told = result("--since", "2026-03-06T10:00+01:00")
    assert (told["posts"], told["warm_up_posts"], told["of"], told["detected"]) == (180, 120, 1, 1)
    assert (told["since"], told["until"]) == ("2026-03-06T09:00:00Z", None)
    # From the middle of a crisis on, it is neither found nor missed, and its alert is not a false one.
    told = result("--since", "2026-03-06T09:00:01", "--until", "2026-03-06T09:30:20")
    assert (told["posts"], told["warm_up_posts"], told["of"], told["false_alarms"]) == (91, 121, 0, [])
    assert told["brands"]["acme"]["posts"] <= 91 and told["brands"]["acme"]["alerts"]
    # An alert from before does not count.
    told = result("--since", "2026-03-06T09:40")
    assert (told["posts"], told["of"], told["brands"]["acme"]["alerts"]) == (60, 0, [])
    # What comes after is not read.
    told = result("--until", "2026-03-06")
    assert (told["posts"], told["warm_up_posts"], told["of"]) == (112, 0, 0)


@pytest.mark.parametrize("option", ["--since", "--until"])
@pytest.mark.parametrize("date", ["yesterday", "", "2026-13-01", "1772787600", "0001-01-01T00:00+14:00"])
def test_a_date_is_iso_8601(crisis: Path, option: str, date: str, refused: Refused) -> None:
    said = refused("backtest", crisis, "--labels", crisis.with_name("labels.json"), f"{option}={date}", code=2)
    assert said.startswith(f"badbuzz: {option} {date!r}: no date; expected ISO 8601, such as 2015-02-22")


def test_dates_follow_each_other_and_something_lies_between(crisis: Path, refused: Refused) -> None:
    arguments = ["backtest", crisis, "--labels", crisis.with_name("labels.json")]
    for since, until in (("2026-03-07", "2026-03-06"), ("2026-03-06T01:00+01:00", "2026-03-06")):
        said = refused(*arguments, "--since", since, "--until", until, code=2)
        assert said == f"badbuzz: --since {since} is not before --until {until}\n"
    for dates in (["--since=2027-01-01"], ["--until=2025-01-01"], ["--since=2025-01-01", "--until=2025-02-01"]):
        assert "not one post between --since and --until" in refused(*arguments, *dates, code=2)


def test_a_backtest_writes_a_page(crisis: Path, capsys: pytest.CaptureFixture[str], refused: Refused) -> None:
    arguments = ["backtest", str(crisis), "--labels", str(crisis.with_name("labels.json"))]
    page = crisis.with_name("out.html")
    assert main([*arguments, "--report", str(page)]) == 0
    assert "lost-bags" in capsys.readouterr().out
    assert page.read_text().startswith("<!doctype html>") and "Plotly.react" in page.read_text()
    unwritable = crisis.parent / "no" / "out.html"
    assert str(unwritable) in refused(*arguments, "--report", unwritable, code=3)


# ----------------------------------------------------------------------------------- detect-counts


def test_detect_counts_writes_a_file_when_it_is_whole(tmp_path: Path, refused: Refused) -> None:
    series, out = tmp_path / "in.csv", tmp_path / "out.csv"
    series.write_text("timestamp,value\n2026-03-01 00:00:00,1\n2026-03-01 00:05:00,2\n")
    assert main(["detect-counts", str(series), "--out", str(out)]) == 0
    assert out.read_text() == ("timestamp,value,anomaly_score\n2026-03-01 00:00:00,1,0\n2026-03-01 00:05:00,2,0\n")
    out.unlink()
    series.write_text("timestamp,value\n2026-03-01 00:00:00,1\n2026-03-01 00:05:00,many\n")
    assert refused("detect-counts", series, "--out", out, code=2) == (
        f"badbuzz: {series}: line 3: `value` is 'many'; expected a whole number of 0 or more\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]
    assert "No such file" in refused("detect-counts", tmp_path / "nope.csv", code=3)
    assert "--false-alarms-per-month" in refused("detect-counts", series, "--false-alarms-per-month", "0", code=2)


# ---------------------------------------------------------------------------------------- classify


def say(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


def test_classify_answers_a_line_with_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    say(monkeypatch, "I hate this\u2028airline\nquel bonheur, merci\r\n\nthe end".encode())
    assert main(["classify"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(rows) == 4
    assert [*rows[0]] == ["label", "negative", "neutral", "positive", "lang"]
    assert (rows[0]["label"], rows[0]["lang"]) == ("negative", "en")
    assert (rows[1]["label"], rows[1]["lang"]) == ("positive", "fr")


def test_classify_takes_the_language_and_names_the_line_that_is_no_utf8(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "texts.txt"
    path.write_bytes(b"nul\n\xe9t\xe9\n")
    assert main(["classify", str(path), "--lang", "fr"]) == 2
    said = capsys.readouterr()
    assert json.loads(said.out)["label"] == "negative"
    assert said.err == f"badbuzz: {path}: line 2: byte 1 is no UTF-8\n"


# ---------------------------------------------------------------------------------------- config


def test_config_check_shows_what_is_watched_and_no_secret(
    brands: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BADBUZZ_CONFIG", str(brands))
    assert main(["config", "check"]) == 0
    said = capsys.readouterr().out
    for part in ("acme", "Acme [bold]", "museum", "0.5", "surge", "json, mailto", "after 15 min"):
        assert part in said
    assert "s3cret" not in said


def test_config_check_tells_every_problem_with_its_path(brands: Path, refused: Refused) -> None:
    brands.write_text("brands: [{id: A B, match: {any: []}}]")
    said = refused("config", "check", brands, code=2)
    assert "brands[0].id" in said and "brands[0].name" in said and "brands[0].match.any" in said
    assert "no such file" in refused("config", "check", brands.with_name("nope.yaml"), code=3)


# ------------------------------------------------------------------------------ Kafka, without any


@pytest.mark.parametrize("speed", ["fast", "-1", "nan", "inf", ""])
def test_a_speed_is_a_number_or_max(crisis: Path, speed: str, refused: Refused) -> None:
    assert "expected a number above 0, such as 60, or max" in refused("replay", crisis, f"--speed={speed}", code=2)


def test_dates_that_are_moved_to_now_must_not_run_away(crisis: Path, refused: Refused) -> None:
    assert "--now is for --speed 1" in refused("replay", crisis, "--now", "--speed", "60", code=2)


@pytest.mark.parametrize("brokers", ["nowhere", "kafka://127.0.0.1:9092", "a:1,,b:2", "a:port", ""])
def test_brokers_are_hosts_with_ports(brokers: str, refused: Refused) -> None:
    assert "expected host:port" in refused("topics", "--brokers", brokers, code=2)


def test_a_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch, refused: Refused) -> None:
    monkeypatch.setenv("BADBUZZ_PARTITIONS", "many")
    assert "BADBUZZ_PARTITIONS" in refused("topics", code=2)
