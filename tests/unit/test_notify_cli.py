"""`badbuzz notify test`: whether messages would arrive, tried on a real local server."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from streams.cli import main

SECRET = "a-secret-of-its-own"


class Hook(BaseHTTPRequestHandler):
    """Takes what is sent to /yes, refuses the rest."""

    got: ClassVar[list[tuple[str, dict[str, object]]]] = []

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((self.path, json.loads(content)))
        self.send_response(200 if self.path == "/yes" else 403)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    Hook.got.clear()
    server = HTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def config(tmp_path: Path, port: int, *, person: str) -> str:
    path = tmp_path / "brands.yaml"
    hook = f"signed+http://{SECRET}@127.0.0.1:{port}"
    path.write_text(
        f"""
brands: [{{id: acme, name: Acme, match: {{any: [acme]}}}}]
teams:
  - {{id: pr, name: PR, language: fr, notify: ["{hook}/yes"], rota: [{{days: [mon], people: [anna]}}]}}
  - {{id: quiet, name: Quiet}}
people: [{{id: anna, name: Anna, notify: ["{hook}/{person}"]}}, {{id: ben, name: Ben, notify: ["{hook}/no"]}}]
"""
    )
    return str(path)


def test_each_channel_of_the_team_and_its_people_is_tried(
    tmp_path: Path, port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["notify", "test", "pr", "--config", config(tmp_path, port, person="yes")]) == 0
    said = capsys.readouterr().out
    assert "pr/1" in said and "@anna/1" in said and "@ben" not in said and SECRET not in said
    assert {str(told["title"]).replace("\u00a0", " ") for _, told in Hook.got} == {
        "badbuzz : ceci est un essai, rien ne s'est passé",
        "badbuzz: this is a test, nothing has happened",
    }


def test_one_that_does_not_take_it_is_named(tmp_path: Path, port: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["notify", "test", "pr", "--config", config(tmp_path, port, person="no")]) == 1
    said = capsys.readouterr()
    assert "@anna/1: answered 403" in said.out and "1 of 2 channels did not take it" in said.err


@pytest.mark.parametrize("team, message", [("nobody", "expected one of: pr, quiet"), ("quiet", "no channel")])
def test_a_team_that_cannot_be_told_is_refused(
    team: str, message: str, tmp_path: Path, port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["notify", "test", team, "--config", config(tmp_path, port, person="yes")]) == 2
    assert message in capsys.readouterr().err
