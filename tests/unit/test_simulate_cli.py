"""`badbuzz simulate`: files that backtest and tune can read, the same ones for the same seed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from detectors.backtest import parse_labels
from detectors.intake import decode_post
from detectors.simulation import EVENTS
from streams.cli import main

Refused = Callable[..., str]


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Refused:
    """`refused("--days", 3, code=2)` runs it, and gives the one line that it said; nothing is left behind."""

    def run(*arguments: object, code: int = 2, out: str = "posts.jsonl") -> str:
        assert main(["simulate", str(tmp_path / out), *map(str, arguments)]) == code
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        assert [*tmp_path.iterdir()] == []
        return said.err

    return run


def made(folder: Path, *arguments: object) -> tuple[bytes, bytes]:
    """The bytes of the posts and of the labels."""
    posts, labels = folder / "posts.jsonl", folder / "labels.json"
    assert main(["simulate", str(posts), "--labels", str(labels), *map(str, arguments)]) == 0
    assert sorted(path.name for path in folder.iterdir()) == ["labels.json", "posts.jsonl"]
    return posts.read_bytes(), labels.read_bytes()


def test_posts_and_labels_are_as_the_others_read_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--event", "cascade@2026-01-07T10:00+01:00", "--event", "quarrel@2026-01-06", "--days", 5)
    posts, labels = made(tmp_path, *options, "--mentions-per-min", 0.2)
    known = parse_labels(labels, brands=["torrelio"])
    assert [crisis.id for crisis in known.crises] == ["cascade-1"] and [trap.id for trap in known.traps] == [
        "quarrel-2"
    ]
    assert known.crises[0].onset.isoformat() == "2026-01-07T09:00:00+00:00"
    lines = posts.splitlines()
    read = [decode_post(line) for line in lines]
    assert [post.created_at for post in read] == sorted(post.created_at for post in read)
    assert f"{len(lines):,} posts; crises: 1, traps: 1" in capsys.readouterr().out


def test_same_seed_same_bytes_other_seed_others(tmp_path: Path) -> None:
    options = ("--event", "brigade", "--event", "outage", "--days", 18, "--mentions-per-min", 0.1)
    one, same, other = made(tmp_path, *options), made(tmp_path, *options), made(tmp_path, *options, "--seed", 2)
    assert one == same
    assert one[0] != other[0] and one[1] != other[1]


def test_a_life_without_events_has_labels_that_say_so(tmp_path: Path) -> None:
    _, labels = made(tmp_path, "--days", 1, "--mentions-per-min", 0.1)
    assert json.loads(labels) == {"crises": [], "traps": [], "ignore": []}


def test_a_name_that_is_no_handle_comes_with_what_brands_yaml_needs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    posts, _ = made(tmp_path, "--brand", "Café Torrelio/torrelio_eu", "--days", 1, "--mentions-per-min", 1)
    assert b"@torrelio_eu" in posts and "Café Torrelio".encode() in posts
    assert "match: {any: ['Café Torrelio', '@torrelio_eu', '#torrelio_eu']}" in capsys.readouterr().err


def test_whoever_makes_a_future_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made(tmp_path, "--start", "2999-01-01", "--days", 1, "--mentions-per-min", 0.01)
    assert "later than today" in capsys.readouterr().err


def test_the_help_names_every_event(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--help"]) == 0
    said = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert all(kind in said for kind in EVENTS)


def test_what_cannot_be_made_is_said_in_a_line(refused: Refused, tmp_path: Path) -> None:
    assert "no event 'wedding'; expected one of: cascade" in refused("--event", "wedding")
    assert "--event cascade@ 'soon': no date" in refused("--event", "cascade@soon")
    assert "is not between" in refused("--event", "cascade@2025-01-01")
    assert "no room for cascade-1" in refused("--event", "cascade", "--days", 10)
    assert "happen at the same time" in refused("--event", "contest@2026-01-06", "--event", "quarrel@2026-01-06")
    assert "clocks of UTC are not changed" in refused("--event", "clock-change")
    assert "expected a name and a handle" in refused("--brand", "Torrelio")
    assert "expected a name and a handle" in refused("--brand", "Torrelio/TORRELIO")
    assert "--timezone Mars/Base: no time zone" in refused("--timezone", "Mars/Base")
    assert "--start 'today': no date" in refused("--start", "today")
    assert "between 1970 and 9000" in refused("--start", "1969-01-01")
    assert "expected .jsonl" in refused(out="posts.csv")
    assert "--days" in refused("--days", 0)
    assert "--mentions-per-min" in refused("--mentions-per-min", 0)
    assert str(tmp_path / "no") in refused("--days", 1, out="no/posts.jsonl", code=3)
    assert str(tmp_path / "no") in refused("--days", 1, "--labels", tmp_path / "no" / "labels.json", code=3)
