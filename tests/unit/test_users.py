"""The users file: what stands in it, who changes it at once with whom, and what it refuses."""

from __future__ import annotations

import json
import multiprocessing
import os
from pathlib import Path

import argon2
import pytest
from structlog.testing import capture_logs

from detectors.errors import ConfigError, InputError, Unavailable
from streams.console.users import Role, Users
from support.signing import NOON, PASSWORD, QUICK, staff

SLOWER = argon2.PasswordHasher(time_cost=2, memory_cost=8, parallelism=1)


def rewrite(users: Users, text: str) -> None:
    new = users.path.with_suffix(".new")
    new.write_text(text)
    new.replace(users.path)


def test_a_user_gets_in_with_the_password_and_with_nothing_else(tmp_path: Path) -> None:
    users = staff(tmp_path)
    found = users.check("ben", PASSWORD)
    assert found is not None and (found.name, found.role, found.lang) == ("ben", Role.ACT, "fr")
    assert users.check("ben", PASSWORD + "!") is None
    assert users.check("nobody", PASSWORD) is None
    assert users.check("ben", "\udcff" * 12) is None


def test_the_file_holds_no_password_and_is_its_owners(tmp_path: Path) -> None:
    users = staff(tmp_path)
    secret = users.make_token("grafana", Role.READ, "anna", NOON)
    held = users.path.read_text()
    assert PASSWORD not in held and secret not in held and secret.removeprefix("bb_") not in held
    assert users.path.stat().st_mode & 0o777 == 0o600
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
    assert PASSWORD not in repr(users.read()) and "argon2" not in repr(users.read().users)


@pytest.mark.parametrize("name", ["BEN", "\uff42\uff45\uff4e", "ben"], ids=ascii)
def test_one_person_is_one_user_however_the_name_is_written(name: str, tmp_path: Path) -> None:
    users = staff(tmp_path)
    assert users.check(name, PASSWORD) is not None
    with pytest.raises(InputError, match="there is a user of this name"):
        users.add(name, Role.READ, PASSWORD)


def test_accents_may_be_typed_in_either_way(tmp_path: Path) -> None:
    users = staff(tmp_path)
    users.set_password("ben", "été à la mer, oui")
    assert users.check("ben", "e\u0301te\u0301 a\u0300 la mer, oui") is not None


@pytest.mark.parametrize(
    "name", ["", " ben", "be\nn", "b\u202en", "x" * 65, "grafana (token)", "b\x00", "\udcff"], ids=ascii
)
def test_names_are_one_line_and_nobody_is_called_like_a_token(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="name: "):
        staff(tmp_path).add(name, Role.READ, PASSWORD)


def test_a_name_may_look_like_markup(tmp_path: Path) -> None:
    users = staff(tmp_path)
    users.add("<b>carol</b>", Role.READ, PASSWORD)
    assert users.read().known("<b>carol</b>").role is Role.READ


@pytest.mark.parametrize("password", ["short", "x" * 11, "x" * 1001])
def test_passwords_have_12_characters_or_more(password: str, tmp_path: Path) -> None:
    users = staff(tmp_path)
    with pytest.raises(InputError, match="expected 12 to 1000") as refused:
        users.add("carol", Role.READ, password)
    assert password not in str(refused.value)
    with pytest.raises(InputError):
        users.set_password("ben", password)


def test_there_is_always_an_admin_once_there_was_one(tmp_path: Path) -> None:
    users = staff(tmp_path)
    with pytest.raises(InputError, match="last admin"):
        users.remove("anna")
    with pytest.raises(InputError, match="last admin"):
        users.set_role("anna", Role.ACT)
    users.set_role("ben", Role.ADMIN)
    users.remove("anna")
    assert [one.name for one in users.read().users] == ["ben"]


def test_who_has_no_password_cannot_sign_in(tmp_path: Path) -> None:
    users = staff(tmp_path)
    users.add("carol", Role.READ, None)
    assert users.check("carol", "") is None and users.check("carol", PASSWORD) is None


def test_a_password_is_hashed_again_when_the_parameters_change(tmp_path: Path) -> None:
    before = staff(tmp_path).read().known("ben").password
    later = Users(tmp_path / "users.json", SLOWER)
    found = later.check("ben", PASSWORD)
    now = later.read().known("ben").password
    assert found is not None and found.password == now != before
    assert now is not None and "t=2" in now
    again = later.check("ben", PASSWORD)
    assert again is not None and again.password == now


def test_a_token_is_found_by_its_secret_until_it_is_revoked(tmp_path: Path) -> None:
    users = staff(tmp_path)
    secret = users.make_token("grafana", Role.READ, "anna", NOON)
    token = users.read().token(secret)
    assert token is not None and (token.name, token.by, token.created) == ("grafana", "anna", NOON)
    with pytest.raises(InputError, match="there is a token"):
        users.make_token("Grafana", Role.READ, "anna", NOON)
    users.revoke_token("grafana")
    assert users.read().token(secret) is None
    with pytest.raises(InputError, match="no such token"):
        users.revoke_token("grafana")


def test_a_change_by_another_is_seen_at_once(tmp_path: Path) -> None:
    here, there = staff(tmp_path), Users(tmp_path / "users.json", QUICK)
    assert there.read().known("ben").role is Role.ACT
    here.set_role("ben", Role.READ)
    assert there.read().known("ben").role is Role.READ


def add_many(path: Path, who: str) -> None:
    for number in range(20):
        Users(path, QUICK).add(f"{who}{number}", Role.READ, None)


def test_changes_by_several_at_once_are_all_kept(tmp_path: Path) -> None:
    path = staff(tmp_path).path
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=add_many, args=(path, who)) for who in "xyz"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(Users(path).read().users) == 62


def test_everything_wrong_is_told_by_its_path(tmp_path: Path) -> None:
    users = staff(tmp_path)
    tree = json.loads(users.path.read_text())
    tree["users"] += [
        {"name": "carol", "role": "boss"},
        {"name": "ANNA", "role": "read"},
        {"name": "dan", "role": "read", "password": "plain text"},
        {"name": "e\u202e", "role": "read", "lang": None},
        "frank",
        {"name": "gina", "role": "read", "pasword": "x"},
    ]
    tree["tokens"] = [{"name": "x", "role": "read", "sha256": "0", "created": "2026-01-01T00:00:00Z", "by": "anna"}]
    tree["groups"] = []
    users.path.write_text(json.dumps(tree))
    with pytest.raises(ConfigError) as refused:
        Users(users.path).read()
    assert {problem.path for problem in refused.value.problems} == {
        "groups", "users[2].role", "users[3].name", "users[4].password", "users[5].name", "users[6]", "users[7]",
        "tokens[0].sha256",
    }  # fmt: skip
    assert "plain text" not in str(refused.value)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"users": {}}', "\udcff"], ids=ascii)
def test_what_is_no_users_file_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "users.json"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(ConfigError):
        Users(path).read()
    with pytest.raises(ConfigError):
        Users(path, QUICK).add("anna", Role.ADMIN, PASSWORD)
    assert path.read_bytes() == text.encode(errors="surrogateescape")


def test_a_file_that_goes_bad_or_away_changes_nothing_and_is_logged_once(tmp_path: Path) -> None:
    users = staff(tmp_path)
    good = users.path.read_text()
    assert users.current().user("ben") is not None
    with capture_logs() as logs:
        rewrite(users, "{")
        assert users.current().user("ben") is not None and users.current().user("ben") is not None
    assert len(logs) == 1 and logs[0]["log_level"] == "error"
    rewrite(users, '{"users": []}')
    assert users.current().user("ben") is None
    rewrite(users, good)
    assert users.current().user("ben") is not None
    users.path.unlink()
    assert users.current().user("ben") is not None


def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable):
        Users(tmp_path / "file" / "users.json", QUICK).add("anna", Role.ADMIN, PASSWORD)


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real = tmp_path / "real.json"
    users = Users(tmp_path / "users.json", QUICK)
    os.symlink(real, users.path)
    users.add("anna", Role.ADMIN, PASSWORD)
    assert users.path.is_symlink() and Users(real).read().known("anna").role is Role.ADMIN
