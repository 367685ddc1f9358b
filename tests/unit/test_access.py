"""Who is asking: sessions, tokens, a reverse proxy's word, and the local user; and when the console does not start."""

from __future__ import annotations

import base64
import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from itsdangerous import URLSafeSerializer

from detectors.errors import ConfigError, Unavailable
from streams.console.access import SESSION_LASTS, Access, How, Who
from streams.console.attempts import Attempts
from streams.console.users import Role, Users
from streams.settings import load_settings
from support.signing import NOON, PASSWORD, QUICK, Clock, access_in, asking, settings_in, staff

HEADER = "Remote-User"


async def signed_in(access: Access, name: str = "ben") -> Who:
    came = await access.sign_in(name, PASSWORD, "127.0.0.1")
    assert came.who is not None
    return came.who


def with_cookie(access: Access, cookie: str) -> Who | None:
    return access.who(asking(cookie=f"badbuzz={cookie}"))


# ---------------------------------------------------------------------------------------- starting


def test_without_users_on_loopback_everybody_is_the_local_admin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BADBUZZ_USER", "carol")
    access = Access(settings_in(tmp_path), None)
    assert access.open
    assert access.who(asking()) == Who("carol", Role.ADMIN, None, How.LOCAL)


@pytest.mark.parametrize(
    "fields, path",
    [
        ({"console_host": "0.0.0.0"}, "BADBUZZ_CONSOLE_HOST"),
        ({"console_host": "192.168.1.5"}, "BADBUZZ_CONSOLE_HOST"),
        ({"console_host": "::"}, "BADBUZZ_CONSOLE_HOST"),
        ({"console_host": "badbuzz.internal"}, "BADBUZZ_CONSOLE_HOST"),
        ({"console_url": "https://badbuzz.example"}, "BADBUZZ_CONSOLE_URL"),
    ],
)
def test_reached_from_elsewhere_it_does_not_start_without_users(
    fields: dict[str, object], path: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="badbuzz users add") as refused:
        Access(settings_in(tmp_path, **fields), None)
    assert [problem.path for problem in refused.value.problems] == [path]


def test_a_users_file_that_lets_nobody_in_is_refused(tmp_path: Path) -> None:
    users = Users(tmp_path / "users.json", QUICK)
    with pytest.raises(ConfigError, match="nobody who could sign in"):
        Access(settings_in(tmp_path), users)
    users.add("anna", Role.ADMIN, None)
    with pytest.raises(ConfigError, match="nobody who could sign in"):
        Access(settings_in(tmp_path), users)
    Access(settings_in(tmp_path, console_proxy_header=HEADER), users)  # but a proxy may name her


def test_a_users_file_that_is_wrong_is_refused(tmp_path: Path) -> None:
    users = staff(tmp_path)
    users.path.write_text("{")
    for fields in ({}, {"console_proxy_header": HEADER}):
        with pytest.raises(ConfigError, match="no JSON"):
            Access(settings_in(tmp_path, **fields), Users(users.path))


def test_the_secret_is_made_once_and_kept(tmp_path: Path) -> None:
    access_in(tmp_path).close()
    secret = tmp_path / "console" / "secret"
    assert secret.stat().st_mode & 0o777 == 0o600 and len(secret.read_text()) == 64
    before = secret.read_text()
    Access(settings_in(tmp_path), Users(tmp_path / "users.json"))
    assert secret.read_text() == before
    secret.write_text("short")
    with pytest.raises(Unavailable, match="remove it"):
        Access(settings_in(tmp_path), Users(tmp_path / "users.json"))


@pytest.mark.parametrize(
    "name, value, message",
    [
        ("CONSOLE_SECRET", "short", "can be guessed"),
        ("CONSOLE_SECRET_FILE", "/nowhere/secret", "cannot be read"),
        ("CONSOLE_PROXY_HEADER", "Remote User", "no name of a header"),
        ("CONSOLE_TRUSTED_PROXIES", "10.0.0.0/8,proxy.internal", "'proxy.internal' is no IP address"),
        ("CONSOLE_TRUSTED_PROXIES", "", "no IP address"),
        ("CONSOLE_PROXY_ROLE", "boss", "admin"),
        ("CONSOLE_HOST", "", "at least 1"),
        ("CONSOLE_PORT", "70000", "65535"),
    ],
)
def test_a_variable_that_does_not_fit_is_named(
    name: str, value: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"BADBUZZ_{name}", value)
    with pytest.raises(ConfigError, match=message) as refused:
        load_settings()
    assert [problem.path for problem in refused.value.problems] == [f"BADBUZZ_{name}"]


def test_a_secret_comes_from_one_place_and_goes_to_a_process_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text("s" * 32 + "\n")
    monkeypatch.setenv("BADBUZZ_CONSOLE_SECRET_FILE", str(tmp_path / "secret"))
    settings = load_settings()
    assert settings.session_key is not None and "s" * 32 not in repr(settings)
    told = settings.environ()
    assert told["BADBUZZ_CONSOLE_SECRET"] == "s" * 32 and "BADBUZZ_CONSOLE_SECRET_FILE" not in told
    monkeypatch.setenv("BADBUZZ_CONSOLE_SECRET", "x" * 32)
    with pytest.raises(ConfigError, match="there is BADBUZZ_CONSOLE_SECRET too"):
        load_settings()


def test_the_consoles_folder_is_where_state_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BADBUZZ_CONSOLE_DIR", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", "/srv/state")
    assert load_settings().console_home == Path("/srv/state/badbuzz/console")
    monkeypatch.setenv("XDG_STATE_HOME", "state")  # to be passed over, says the standard
    assert load_settings().console_home == Path.home() / ".local/state/badbuzz/console"


# ---------------------------------------------------------------------------------------- sessions


async def test_a_session_lasts_12_hours(tmp_path: Path) -> None:
    access = access_in(tmp_path, clock := Clock())
    ben = await signed_in(access)
    assert ben == Who("ben", Role.ACT, "fr", How.SESSION, ben.proof)
    clock.move(SESSION_LASTS - timedelta(seconds=1))
    assert with_cookie(access, ben.proof) == access.again(ben) == ben
    clock.move(timedelta(seconds=1))
    assert with_cookie(access, ben.proof) is None and access.again(ben) is None


async def test_the_wrong_password_and_a_name_nobody_has_are_the_same(tmp_path: Path) -> None:
    access = access_in(tmp_path)
    assert await access.sign_in("ben", "wrong", "::1") == await access.sign_in("nobody", PASSWORD, "::1")


async def test_a_session_ends_with_sign_out_in_every_console(tmp_path: Path) -> None:
    access = access_in(tmp_path, clock := Clock())
    ben, again = await signed_in(access), await signed_in(access)
    other = Access(settings_in(tmp_path), Users(tmp_path / "users.json", QUICK), clock)
    assert with_cookie(other, ben.proof) == ben
    access.sign_out(ben)
    access.sign_out(ben)
    assert with_cookie(access, ben.proof) is None and with_cookie(other, ben.proof) is None
    assert with_cookie(access, again.proof) == again  # signed in twice, out once
    other.close()
    later = Access(settings_in(tmp_path), Users(tmp_path / "users.json", QUICK), clock)
    assert later.again(ben) is None


async def test_ended_sessions_are_forgotten_when_they_would_be_over(tmp_path: Path) -> None:
    access = access_in(tmp_path, clock := Clock())
    for _ in range(3):
        access.sign_out(await signed_in(access))
    clock.move(SESSION_LASTS + timedelta(seconds=1))
    access.sign_out(await signed_in(access))
    assert access._ended.execute("SELECT count(*) FROM ended").fetchone() == (1,)


async def test_roles_passwords_and_removal_count_at_once(tmp_path: Path) -> None:
    access = access_in(tmp_path)
    users = Users(tmp_path / "users.json", QUICK)
    ben = await signed_in(access)
    users.set_role("ben", Role.READ)
    now = access.again(ben)
    assert now is not None and now.role is Role.READ
    users.set_password("ben", "another long password")
    assert access.again(ben) is None
    came = await access.sign_in("ben", "another long password", "")
    assert came.who is not None
    users.remove("ben")
    assert access.again(came.who) is None
    users.add("ben", Role.ADMIN, "another long password")  # somebody else, perhaps
    assert access.again(came.who) is None


async def test_a_forged_session_is_nobodys(tmp_path: Path) -> None:
    access = access_in(tmp_path)
    ben = await signed_in(access)
    payload, _, signature = ben.proof.rpartition(".")
    told: list[Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert PASSWORD not in str(told)
    anna = base64.urlsafe_b64encode(json.dumps([told[0], "anna", *told[2:]]).encode()).decode().rstrip("=")
    forged = [
        f"{anna}.{signature}",
        payload,
        f"{payload}.",
        f".{signature}",
        "",
        "\x00",
        "x" * 10_000,
        str(URLSafeSerializer("another secret", salt="badbuzz session").dumps(told)),
    ]
    for cookie in forged:
        assert (
            with_cookie(access, cookie) is None
            and access.again(Who("ben", Role.ACT, None, How.SESSION, cookie)) is None
        )


async def test_what_we_signed_for_another_purpose_is_no_session(tmp_path: Path) -> None:
    access = access_in(tmp_path, console_secret="s" * 32)
    for told in (["x"], {"name": "anna"}, ["id", "anna", "", (NOON + SESSION_LASTS).timestamp()], "anna", None):
        assert with_cookie(access, str(access._signer.dumps(told))) is None


async def test_by_https_the_cookie_is_one_that_no_neighbour_can_set(tmp_path: Path) -> None:
    access = access_in(tmp_path, console_url="https://badbuzz.example")
    ben = await signed_in(access)
    assert with_cookie(access, ben.proof) is None
    assert access.who(asking(cookie=f"__Host-badbuzz={ben.proof}")) == ben
    plain = Access(settings_in(tmp_path), Users(tmp_path / "users.json"))
    assert not plain.is_secure(asking()) and plain.is_secure(asking(scheme="https"))
    assert plain.is_secure(asking(scheme="wss"))


async def test_who_is_asking_is_logged_without_the_proof(tmp_path: Path) -> None:
    ben = await signed_in(access_in(tmp_path))
    assert ben.proof not in repr(ben)


# ------------------------------------------------------------------------------------------ tokens


async def test_a_token_counts_for_the_api_only(tmp_path: Path) -> None:
    access = access_in(tmp_path)
    users = Users(tmp_path / "users.json", QUICK)
    secret = users.make_token("grafana", Role.READ, "anna", NOON)
    grafana = access.who(asking("/api/v1/incidents", authorization=f"Bearer {secret}"))
    assert grafana is not None and (grafana.name, grafana.role, grafana.how) == (
        "grafana (token)",
        Role.READ,
        How.TOKEN,
    )
    assert access.who(asking("/incidents", authorization=f"Bearer {secret}")) is None
    assert access.who(asking("/apiary", authorization=f"bearer {secret}")) is None
    assert access.who(asking("/api/v1/incidents", authorization=f"Basic {secret}")) is None
    assert access.again(grafana) == grafana
    users.revoke_token("grafana")
    assert access.again(grafana) is None
    assert access.who(asking("/api/v1/incidents", authorization=f"Bearer {secret}")) is None


async def test_a_wrong_token_is_nobody_whoever_sends_it(tmp_path: Path) -> None:
    access = access_in(tmp_path)
    ben = await signed_in(access)
    for token in ("bb_wrong", "", "é", "x" * 100_000):
        assert access.who(asking("/api/v1/x", cookie=f"badbuzz={ben.proof}", authorization=f"Bearer {token}")) is None
    alone = Access(settings_in(tmp_path / "alone"), None)
    assert alone.who(asking("/api/v1/x", authorization="Bearer bb_wrong")) is None


def test_an_address_in_host_does_not_make_a_page_the_api(tmp_path: Path) -> None:
    access = access_in(tmp_path)
    secret = Users(tmp_path / "users.json", QUICK).make_token("grafana", Role.ADMIN, "anna", NOON)
    assert access.who(asking("/", authorization=f"Bearer {secret}", host="x/api/?")) is None


# ------------------------------------------------------------------------------------------- proxy


def test_a_proxy_says_who_it_is_only_where_that_is_configured(tmp_path: Path) -> None:
    assert access_in(tmp_path).who(asking(remote_user="anna")) is None
    alone = Access(settings_in(tmp_path / "alone"), None)
    who = alone.who(asking(remote_user="mallory"))
    assert who is not None and who.name != "mallory"


def test_a_proxy_is_believed_from_where_it_is(tmp_path: Path) -> None:
    access = access_in(tmp_path, console_proxy_header=HEADER, console_trusted_proxies="10.1.0.0/16, ::1")
    for peer in ("10.1.2.3", "::1", "::ffff:10.1.2.3"):
        assert access.who(asking(peer=peer, remote_user="Ben")) == Who("ben", Role.ACT, "fr", How.PROXY)
    for peer in ("10.2.0.1", "127.0.0.1", "", "unix:", "10.1.2.3.4"):
        assert access.who(asking(peer=peer, remote_user="anna")) is None


@pytest.mark.parametrize("name", ["", "an\u202ena", "x" * 65, " anna", "grafana (token)", "\x00"], ids=ascii)
def test_a_name_that_is_none_is_nobody(name: str, tmp_path: Path) -> None:
    access = access_in(tmp_path, console_proxy_header=HEADER)
    assert access.who(asking(remote_user=name)) is None


def test_two_names_are_nobody(tmp_path: Path) -> None:
    access = access_in(tmp_path, console_proxy_header=HEADER)
    request = asking(remote_user="ben")
    request.scope["headers"].insert(0, (b"remote-user", b"anna"))
    assert access.who(request) is None


def test_whom_the_file_does_not_know_has_the_proxys_role_and_roles_follow(tmp_path: Path) -> None:
    access = access_in(tmp_path, console_proxy_header=HEADER, console_proxy_role="act")
    zoe = access.who(asking(remote_user="Zoé <b>"))
    assert zoe == Who("Zoé <b>", Role.ACT, None, How.PROXY)
    ben = access.who(asking(remote_user="ben"))
    assert ben is not None
    Users(tmp_path / "users.json", QUICK).set_role("ben", Role.READ)
    now = access.again(ben)
    assert now is not None and now.role is Role.READ
    alone = Access(settings_in(tmp_path / "alone", console_proxy_header=HEADER, console_host="0.0.0.0"), None)
    assert not alone.open and alone.who(asking()) is None
    assert alone.who(asking(remote_user="ben")) == Who("ben", Role.READ, None, How.PROXY)


async def test_beside_a_proxy_people_may_sign_in_here(tmp_path: Path) -> None:
    access = access_in(tmp_path, console_proxy_header=HEADER)
    assert with_cookie(access, (await signed_in(access)).proof) is not None


def test_an_address_is_taken_from_a_proxy_that_is_believed(tmp_path: Path) -> None:
    behind = access_in(tmp_path, console_url="https://badbuzz.example", console_trusted_proxies="127.0.0.1,10.0.0.0/8")
    assert behind.ip(asking(x_forwarded_for="6.6.6.6, 203.0.113.9, 10.0.0.7")) == "203.0.113.9"
    assert behind.ip(asking(x_forwarded_for="6.6.6.6, junk, 10.0.0.7")) == "10.0.0.7"
    assert behind.ip(asking()) == "127.0.0.1"
    assert behind.ip(asking(peer="198.51.100.4", x_forwarded_for="6.6.6.6")) == "198.51.100.4"
    alone = Access(settings_in(tmp_path / "alone"), None)
    assert alone.ip(asking(x_forwarded_for="6.6.6.6")) == "127.0.0.1"


# ---------------------------------------------------------------------------------------- attempts


@pytest.fixture
def time_goes(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "time", lambda: clock.now.timestamp())
    return clock


async def test_five_attempts_a_minute_for_a_name_from_a_place(tmp_path: Path, time_goes: Clock) -> None:
    access = access_in(tmp_path)
    for _ in range(5):
        assert (await access.sign_in("ben", "wrong password", "10.0.0.1")).wait is None
        time_goes.move(timedelta(seconds=1))
    for name in ("ben", "BEN"):  # the right password neither
        late = await access.sign_in(name, PASSWORD, "10.0.0.1")
        assert late.who is None and late.wait == timedelta(seconds=55)
    assert (await access.sign_in("ben", PASSWORD, "10.0.0.2")).who is not None
    assert (await access.sign_in("anna", PASSWORD, "10.0.0.1")).who is not None
    time_goes.move(timedelta(seconds=56))
    assert (await access.sign_in("ben", PASSWORD, "10.0.0.1")).who is not None


def test_thirty_attempts_a_minute_from_a_place(time_goes: Clock) -> None:
    attempts = Attempts()
    for number in range(30):
        assert attempts.wait(f"2001:db8::{number:x}", f"name-{number}") is None
    assert attempts.wait("2001:db8::ffff", "anna") == timedelta(minutes=1)
    assert attempts.wait("2001:db8:0:1::1", "anna") is None  # another household


def test_names_and_places_without_end_need_no_memory_without_end(time_goes: Clock) -> None:
    attempts = Attempts()
    for number in range(25_000):
        attempts.wait(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", "x" * 10_000)
    assert len(attempts._storage.events) <= 20_001
    assert attempts.wait("192.0.2.1", "anna") == timedelta(minutes=1)
    time_goes.move(timedelta(seconds=61))
    assert attempts.wait("192.0.2.1", "anna") is None
    assert len(attempts._storage.events) == len(attempts._storage.locks) == 2
