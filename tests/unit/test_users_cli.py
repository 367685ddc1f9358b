"""`badbuzz users`: what is asked, what is told, and what is kept."""

from __future__ import annotations

import io
import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from streams.cli import main
from streams.console.audit import Audit
from streams.console.users import Role, Users
from support.signing import PASSWORD

RUN = [sys.executable, "-c", "import sys; from streams.cli import main; sys.exit(main())"]


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()


@pytest.fixture
def users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Users:
    """The users file that the environment names; empty."""
    monkeypatch.setenv("BADBUZZ_CONSOLE_USERS", str(tmp_path / "users.json"))
    monkeypatch.setenv("BADBUZZ_CONSOLE_DIR", str(tmp_path / "console"))
    monkeypatch.setenv("BADBUZZ_USER", "root")
    return Users(tmp_path / "users.json")


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str, stdin: bytes = PASSWORD.encode() + b"\n") -> int:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
    return main(["users", *arguments])


def test_a_user_from_first_to_last_day(
    users: Users, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "add", "anna", "--role", "admin", "--password-stdin") == 0
    assert run(monkeypatch, "add", "ben", "--role", "read", "--lang", "fr", "--password-stdin") == 0
    assert run(monkeypatch, "add", "zoe", "--role", "read", "--no-password") == 0
    assert run(monkeypatch, "role", "ben", "act") == 0
    found = users.check("ben", PASSWORD)
    assert found is not None and (found.role, found.lang) == (Role.ACT, "fr")
    assert run(monkeypatch, "password", "ben", "--password-stdin", stdin="öre öre öre 1\r\n".encode()) == 0
    assert users.check("ben", PASSWORD) is None and users.check("ben", "öre öre öre 1") is not None
    capsys.readouterr()
    assert run(monkeypatch, "list") == 0
    told = capsys.readouterr().out
    assert "ben" in told and "by the proxy only" in told and "argon2" not in told
    assert run(monkeypatch, "remove", "ben") == 0
    assert users.read().user("ben") is None
    with_log = Audit(tmp_path / "console")
    assert [(one.who, one.what, one.about) for one in reversed(with_log.read())] == [
        ("root", "user added", "anna: admin"),
        ("root", "user added", "ben: read"),
        ("root", "user added", "zoe: read"),
        ("root", "role changed", "ben: act"),
        ("root", "password changed", "ben"),
        ("root", "user removed", "ben"),
    ]


def test_a_token_is_told_once(
    users: Users, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "token", "grafana", "--role", "read") == 0
    said = capsys.readouterr()
    secret = said.out.strip()
    assert secret.startswith("bb_") and len(secret) > 40 and secret not in said.err
    token = users.read().token(secret)
    assert token is not None and token.by == "root"
    assert run(monkeypatch, "list", "--json") == 0
    listed = capsys.readouterr().out
    assert json.loads(listed)["tokens"][0]["name"] == "grafana" and "sha256" not in listed and secret not in listed
    assert run(monkeypatch, "revoke", "grafana") == 0 and users.read().token(secret) is None


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["add", "ben", "--role", "boss"], "expected one of: read, act, admin"),
        (["add", "ben", "--role", "act"], "expected a terminal, or --password-stdin"),
        (["add", "ben", "--role", "act", "--password-stdin", "--no-password"], "expected one of them"),
        (["add", "ANNA", "--role", "act", "--no-password"], "there is a user of this name"),
        (["add", "b\x1b[31m", "--role", "act", "--no-password"], "expected characters that print"),
        (["add", "ben", "--role", "act", "--lang", "de"], "--lang"),
        (["add", "ben"], "--role"),
        (["remove", "anna"], "last admin"),
        (["role", "anna", "read"], "last admin"),
        (["role", "anna", "boss"], "expected one of: read, act, admin"),
        (["remove", "ben"], "no such user; expected one of: anna"),
        (["password", "ben"], "no such user"),
        (["revoke", "grafana"], "no such token"),
    ],
    ids=lambda given: ascii(given) if isinstance(given, list) else "",
)
def test_what_cannot_be_is_said_in_a_line(
    arguments: list[str], message: str, users: Users, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    users.add("anna", Role.ADMIN, PASSWORD)
    before = users.path.read_bytes()
    assert run(monkeypatch, *arguments) == 2
    assert message in capsys.readouterr().err and users.path.read_bytes() == before
    assert not (tmp_path / "console").exists() or not Audit(tmp_path / "console").read()


@pytest.mark.parametrize("stdin", [b"", b"short\n", b"\xff\xff" * 10], ids=ascii)
def test_a_password_that_will_not_do_is_not_repeated(
    stdin: bytes, users: Users, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "add", "ben", "--role", "act", "--password-stdin", stdin=stdin) == 2
    said = capsys.readouterr().err
    assert "short" not in said and ("password: " in said or "no UTF-8" in said)


def test_without_a_users_file_it_says_how_to_name_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("BADBUZZ_CONSOLE_USERS", raising=False)
    assert run(monkeypatch, "list") == 2
    assert "--users FILE" in capsys.readouterr().err


def test_a_file_can_be_named_and_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BADBUZZ_CONSOLE_DIR", str(tmp_path / "console"))
    file = tmp_path / "mine.json"
    assert run(monkeypatch, "list", "--users", str(file)) == 0
    assert "badbuzz users add" in capsys.readouterr().out
    file.write_text('{"users": [{"name": "anna"}]}')
    assert run(monkeypatch, "list", "--users", str(file)) == 2
    assert "users[0]" in capsys.readouterr().err
    assert run(monkeypatch, "add", "ben", "--role", "act", "--password-stdin", "--users", "/dev/null/users.json") == 3


def test_a_log_that_cannot_be_written_stops_the_change(
    users: Users, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "console").write_text("in the way")
    assert run(monkeypatch, "add", "anna", "--role", "admin", "--password-stdin") == 3
    assert not users.path.exists()


@pytest.mark.parametrize("second, code", [(PASSWORD, 0), ("something else", 2)])
def test_a_terminal_is_asked_twice_and_shows_nothing(second: str, code: int, users: Users) -> None:
    screen, terminal = pty.openpty()
    with subprocess.Popen(
        [*RUN, "users", "add", "anna", "--role", "admin"], stdin=terminal, stdout=terminal, stderr=terminal,
        start_new_session=True, preexec_fn=lambda: os.close(os.open(os.ttyname(0), os.O_RDWR)),
    ) as running:  # fmt: skip
        os.close(terminal)
        shown = b""
        for asked, typed in ((b"Password: ", PASSWORD), (b"Once more: ", second)):
            while asked not in shown:
                shown += os.read(screen, 1000)
            os.write(screen, typed.encode() + b"\n")
        while True:
            try:
                shown += os.read(screen, 1000)
            except OSError:  # its other end is closed
                break
        assert running.wait() == code
    os.close(screen)
    assert PASSWORD.encode() not in shown and second.encode() not in shown
    assert (users.check("anna", PASSWORD) is not None) is (code == 0)
