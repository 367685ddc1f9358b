"""The audit log: who did what, for as long as it is kept."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from detectors.errors import Unavailable
from streams.console import audit as module
from streams.console.audit import SIGN_IN_FAILED, Audit
from support.signing import NOON, Clock


def test_it_is_read_newest_first_page_by_page(tmp_path: Path) -> None:
    log = Audit(tmp_path, clock := Clock())
    for number in range(5):
        log.note("anna", "acknowledge", f"incident-{number}", "127.0.0.1")
        clock.move(timedelta(minutes=1))
    first = log.read(limit=2)
    assert [one.about for one in first] == ["incident-4", "incident-3"]
    assert first[1].at == NOON + timedelta(minutes=3) and first[0].ip == "127.0.0.1"
    assert [one.about for one in log.read(limit=9, before=first[-1].id)] == ["incident-2", "incident-1", "incident-0"]


def test_each_entry_is_a_line_of_the_log_too(tmp_path: Path) -> None:
    with capture_logs() as lines:
        Audit(tmp_path, Clock()).note("anna", "sign-in", ip="10.0.0.1")
    assert [(one["event"], one["who"], one["what"], one["ip"]) for one in lines] == [
        ("audit", "anna", "sign-in", "10.0.0.1")
    ]


def test_what_was_typed_stays_on_one_line_and_short(tmp_path: Path) -> None:
    log = Audit(tmp_path, Clock())
    log.note("an\nna\u202e\x1b[31m\udcff", "export", "x" * 5000)
    (entry,) = log.read()
    assert entry.who == "an na  [31m " and len(entry.about) == 200


def test_several_share_it_and_nobody_changes_it(tmp_path: Path) -> None:
    here, there = Audit(tmp_path, Clock()), Audit(tmp_path, Clock())
    here.note("anna", "sign-in")
    there.note("ben", "sign-in")
    assert [one.who for one in here.read()] == ["ben", "anna"]
    assert (tmp_path / "audit.db").stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(tmp_path / "audit.db") as other, pytest.raises(sqlite3.IntegrityError, match="append only"):
        other.execute("UPDATE audit SET who = 'mallory'")


def test_it_keeps_400_days_and_so_many_entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ENTRIES", 300)
    monkeypatch.setattr(module, "MOST_FAILURES", 50)
    log = Audit(tmp_path, clock := Clock())
    log.note("anna", "sign-in")
    clock.move(timedelta(days=401))
    for number in range(1, 600):
        log.note("anna", "export", str(number))
        assert len(log.read(limit=1000)) <= 300
    assert log.read(limit=1)[0].about == "599" and "sign-in" not in {one.what for one in log.read(1000)}
    for _ in range(1000):
        log.note("unknown", SIGN_IN_FAILED)
    what = [one.what for one in log.read(limit=1000)]
    assert what.count("export") > 50  # whoever tries for days pushes little else out
    assert what.count(SIGN_IN_FAILED) < 50 + 100


def test_a_full_disk_stops_nobody(tmp_path: Path) -> None:
    log = Audit(tmp_path, Clock())
    log.note("anna", "sign-in")
    with sqlite3.connect(tmp_path / "audit.db") as other:
        other.execute("CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(FAIL, 'disk full'); END")
    with capture_logs() as lines:
        log.note("anna", "acknowledge", "incident-1")
    assert [one["log_level"] for one in lines] == ["info", "error"] and len(log.read()) == 1


def test_what_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "audit.db").write_bytes(b"no database, " * 100)
    with pytest.raises(Unavailable, match=r"audit\.db"):
        Audit(tmp_path, Clock())
