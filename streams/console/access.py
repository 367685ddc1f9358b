"""Who is asking: the local user, somebody who has signed in, whom a reverse proxy names, or a program with a token."""

from __future__ import annotations

import asyncio
import enum
import hashlib
import hmac
import ipaddress
import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

import msgspec
from itsdangerous import BadData, URLSafeSerializer
from starlette.requests import HTTPConnection

from detectors.errors import ConfigError, ConfigProblem
from streams.console.attempts import Attempts
from streams.console.private import kept_secret, local_user, private_database
from streams.console.users import Lang, Role, User, Users
from streams.console.users_file import name_problem
from streams.settings import Settings

__all__ = ["SESSION_LASTS", "Access", "How", "SignIn", "Who", "is_loopback"]

SESSION_LASTS: Final = timedelta(hours=12)

_SCHEMA: Final = "CREATE TABLE IF NOT EXISTS ended (id TEXT PRIMARY KEY, until REAL NOT NULL) WITHOUT ROWID"
_AT_ONCE: Final = 2
"""Passwords that are checked at the same time: each takes 64 MiB."""


class How(enum.StrEnum):
    """How we know who somebody is."""

    LOCAL = "local"
    SESSION = "session"
    PROXY = "proxy"
    TOKEN = "token"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Who:
    """Who is asking. `proof` is for `Access.again` and a secret; it is never logged."""

    name: str
    role: Role
    lang: Lang | None
    how: How
    proof: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class SignIn:
    """What came of an attempt to sign in: who, or how long to wait before the next one, or neither: it was wrong.

    The `proof` of `who` is what the session's cookie holds.
    """

    who: Who | None = None
    wait: timedelta | None = None


class _Session(msgspec.Struct, frozen=True, array_like=True):
    """What a session's cookie says, signed."""

    id: str
    name: str
    mark: str
    until: float


class Access:
    """Who may come in, as `settings` and the users file say; `users` is None where no file is configured.

    With neither users nor a proxy's header everybody is the local user, who may do all: on loopback only.

    Raises:
        ConfigError: nobody could sign in, or everybody from elsewhere could do all; or the users file is wrong.
        Unavailable: the users file or the console's folder cannot be used.
    """

    def __init__(
        self, settings: Settings, users: Users | None, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.users = users
        self._clock = clock
        self._header = settings.console_proxy_header
        self._proxies = [ipaddress.ip_network(part.strip()) for part in settings.console_trusted_proxies.split(",")]
        self._proxy_role = Role(settings.console_proxy_role)
        url = urlsplit(settings.console_url or "")
        self._https = url.scheme == "https"
        self._behind = self._header is not None or not is_loopback(url.hostname or "localhost")
        self.open = users is None and self._header is None
        _refuse(settings, users, elsewhere=self._behind)
        self._local = Who(local_user(), Role.ADMIN, None, How.LOCAL)
        key = settings.session_key
        home = settings.console_home
        secret = key.get_secret_value() if key is not None else kept_secret(home / "secret")
        self._secret = secret.encode(errors="surrogatepass")
        self._signer = URLSafeSerializer(
            self._secret,
            salt="badbuzz session",
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )
        self._ended: sqlite3.Connection = private_database(home / "sessions.db", _SCHEMA)
        self._attempts = Attempts()
        self._checking = asyncio.Semaphore(_AT_ONCE)

    def close(self) -> None:
        """Let go of the database of ended sessions."""
        self._ended.close()

    # ---------------------------------------------------------------------------------- who is asking

    def who(self, connection: HTTPConnection) -> Who | None:
        """Who makes a request, or opens a websocket; None for somebody who has to sign in first.

        A token counts under /api/ only, and there before all else: a wrong one is nobody, whoever sends it.
        """
        scheme, _, secret = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and connection.scope["path"].startswith("/api/"):
            return self._by_token(hashlib.sha256(secret.strip().encode("latin-1")).hexdigest())
        if self.open:
            return self._local
        named = self._named_by_proxy(connection)
        if named is not None:
            return self._by_proxy(named)
        cookie = connection.cookies.get(self.cookie_name(connection))
        return self._by_session(cookie) if cookie else None

    def again(self, who: Who) -> Who | None:
        """The same person as of now, whose page has been open: with the role of today, or None."""
        if who.how is How.SESSION:
            return self._by_session(who.proof)
        if who.how is How.TOKEN:
            return self._by_token(who.proof)
        return self._by_proxy(who.name) if who.how is How.PROXY else who

    def ip(self, connection: HTTPConnection) -> str:
        """Where a request comes from; behind a proxy that is believed, where that has it from."""
        peer = connection.client.host if connection.client is not None else ""
        if self._behind and self._is_proxy(peer):
            for hop in reversed(",".join(connection.headers.getlist("x-forwarded-for")).split(",")):
                address = _address(hop.strip())
                if address is None:
                    break
                peer = str(address)
                if not self._is_proxy(peer):
                    break
        return peer

    def is_secure(self, connection: HTTPConnection) -> bool:
        """Whether browsers reach the console by https."""
        return self._https or connection.scope.get("scheme") in ("https", "wss")

    def cookie_name(self, connection: HTTPConnection) -> str:
        """The name of the session's cookie; by https one that no neighbour under the same domain can set."""
        return "__Host-badbuzz" if self.is_secure(connection) else "badbuzz"

    # ------------------------------------------------------------------------------- signing in and out

    async def sign_in(self, name: str, password: str, ip: str) -> SignIn:
        """Try a name and a password that came from `ip`. Attempts are counted, good ones too."""
        if self.users is None:
            return SignIn()
        wait = self._attempts.wait(ip, name)
        if wait is not None:
            return SignIn(wait=wait)
        async with self._checking:
            user = await asyncio.to_thread(self.users.check, name, password)
        if user is None:
            return SignIn()
        until = (self._clock() + SESSION_LASTS).timestamp()
        session = _Session(secrets.token_urlsafe(16), user.name, self._mark(user), until)
        cookie = self._signer.dumps(msgspec.to_builtins(session))
        return SignIn(Who(user.name, user.role, user.lang, How.SESSION, str(cookie)))

    def sign_out(self, who: Who) -> None:
        """End a session, here and in every console with the same folder. Others have none to end."""
        session = self._session(who.proof) if who.how is How.SESSION else None
        if session is not None:
            self._ended.execute("DELETE FROM ended WHERE until < ?", (self._clock().timestamp(),))
            self._ended.execute("INSERT OR IGNORE INTO ended VALUES (?, ?)", (session.id, session.until))

    # --------------------------------------------------------------------------------------- within

    def _by_token(self, sha256: str) -> Who | None:
        tokens = self.users.current().tokens if self.users is not None else ()
        token = next((one for one in tokens if hmac.compare_digest(one.sha256, sha256)), None)
        return Who(f"{token.name} (token)", token.role, None, How.TOKEN, sha256) if token is not None else None

    def _named_by_proxy(self, connection: HTTPConnection) -> str | None:
        """Whom a proxy that is believed names; two names are none."""
        if self._header is None or connection.client is None or not self._is_proxy(connection.client.host):
            return None
        names = connection.headers.getlist(self._header)
        if len(names) != 1:
            return None
        try:
            name = names[0].encode("latin-1").decode()
        except UnicodeDecodeError:
            return None
        return name if name_problem(name) is None else None

    def _by_proxy(self, name: str) -> Who:
        user = self.users.current().user(name) if self.users is not None else None
        if user is None:
            return Who(name, self._proxy_role, None, How.PROXY)
        return Who(user.name, user.role, user.lang, How.PROXY)

    def _by_session(self, cookie: str) -> Who | None:
        session = self._session(cookie)
        if session is None or self.users is None:
            return None
        user = self.users.current().user(session.name)
        if user is None or not hmac.compare_digest(self._mark(user), session.mark):
            return None
        if self._ended.execute("SELECT 1 FROM ended WHERE id = ?", (session.id,)).fetchone() is not None:
            return None
        return Who(user.name, user.role, user.lang, How.SESSION, cookie)

    def _session(self, cookie: str) -> _Session | None:
        """What we signed, if it is that and not over."""
        try:
            session = msgspec.convert(self._signer.loads(cookie), _Session)
        except (BadData, msgspec.ValidationError):
            return None
        return session if self._clock().timestamp() < session.until else None

    def _mark(self, user: User) -> str:
        """Changes with the user's password, so that sessions end with it."""
        return hmac.new(self._secret, f"{user.name}\n{user.password}".encode(), hashlib.sha256).hexdigest()[:32]

    def _is_proxy(self, peer: str) -> bool:
        address = _address(peer)
        return address is not None and any(address in network for network in self._proxies)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches that host.

    >>> [is_loopback(host) for host in ("localhost", "127.0.0.2", "::1", "0.0.0.0", "localhost.example")]
    [True, True, True, False, False]
    """
    address = _address(host.removeprefix("[").removesuffix("]"))
    return address.is_loopback if address is not None else host.lower() == "localhost"


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _refuse(settings: Settings, users: Users | None, *, elsewhere: bool) -> None:
    """ConfigError where nobody could come in, or anybody."""
    if settings.console_proxy_header is not None:
        if users is not None:
            users.read()
        return
    add = "make a user with: badbuzz users add NAME --role admin --users FILE, and name FILE in BADBUZZ_CONSOLE_USERS"
    if users is not None:
        if all(one.password is None for one in users.read().users):
            problem = f"{users.path} holds nobody who could sign in; {add}"
            raise ConfigError([ConfigProblem("BADBUZZ_CONSOLE_USERS", problem)], source="console")
    elif not is_loopback(settings.console_host):
        problem = f"{settings.console_host} is reached from other machines, and there are no users; {add}"
        raise ConfigError([ConfigProblem("BADBUZZ_CONSOLE_HOST", problem)], source="console")
    elif elsewhere:
        problem = f"{settings.console_url} is reached from other machines, and there are no users; {add}"
        raise ConfigError([ConfigProblem("BADBUZZ_CONSOLE_URL", problem)], source="console")
