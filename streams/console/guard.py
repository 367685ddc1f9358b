"""What stands before the console's pages, its API and its websockets: who may come in, from where, and how."""

from __future__ import annotations

import re
import secrets
from http import HTTPStatus
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

import msgspec
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from streams.console.access import Access, is_loopback
from streams.settings import Settings

__all__ = ["MOST_BYTES", "Guard"]

MOST_BYTES: Final = 1_000_000
"""Of what somebody sends in one request."""

_OPEN: Final = frozenset({"/signin", "/signin.css", "/signin.js", "/signout", "/healthz", "/readyz"})
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_HOST: Final = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?", re.IGNORECASE)
_LENGTH: Final = re.compile(r"[0-9]{1,7}")
_IP: Final = re.compile(r"\[.*\]|[0-9.]+")

# 'unsafe-eval': Vue compiles the templates of NiceGUI's components in the browser, and its server sends code as text.
# 'unsafe-inline' of styles: Tailwind, Quasar and ECharts write style elements and attributes as they go. With all else
# closed, a style can fetch nothing from elsewhere. Inline scripts run only with the nonce, handlers in markup never.
_POLICY: Final = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # with no-referrer, browsers send forms of our own with "Origin: null"
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), hid=(), "
    "midi=(), display-capture=(), browsing-topics=()",
}


class Guard:
    """The ASGI app `app` for those who may use it; `scope["state"]` tells it `who` (None on open pages) and `ip`.

    Of websockets and of http:
    - a `Host` that is not ours is refused (421): a name that somebody points at this machine (DNS rebinding);
    - what another site's page sends is refused (403), unless it brings a token;
    - a body over 1 MB is refused (413);
    - who has not signed in is sent to /signin (pages), or refused (401): all but /signin, what it needs, and health.

    Every answer gets the security headers. `scope["state"]["nonce"]` is that of scripts in the page.
    """

    def __init__(self, app: ASGIApp, access: Access, settings: Settings) -> None:
        self._app = app
        self._access = access
        self._bound = settings.console_host.lower()
        url = urlsplit(settings.console_url or "")
        self._origin = f"{url.scheme}://{url.netloc}".lower() if settings.console_url else None
        self._name = url.hostname

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let `app` do it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        scope["headers"] = [(name, value) for name, value in scope["headers"] if name != b"x-forwarded-prefix"]
        nonce = secrets.token_urlsafe(16)
        who = self._access.who(connection)
        scope.setdefault("state", {}).update(who=who, ip=self._access.ip(connection), nonce=nonce)
        secured = self._secured(connection, nonce, send)
        refusal = self._refusal(connection)
        if refusal is None:
            refusal = None if who is not None or scope["path"] in _OPEN else _stranger(connection)
        if refusal is None and scope["type"] == "http":
            await _limited(self._app, scope, receive, secured)
        elif refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await refusal(scope, receive, secured)
        else:
            await receive()
            await send({"type": "websocket.close", "code": 4000 + refusal.status_code})

    def _refusal(self, connection: HTTPConnection) -> Response | None:
        """Why nobody may ask so, whoever they are."""
        if not self._is_our_host(connection):
            return _told(connection, 421, "This is not the console's address. BADBUZZ_CONSOLE_URL says what it is.")
        if self._is_from_elsewhere(connection):
            return _told(connection, 403, "Another site's page sent this.")
        length = connection.headers.get("content-length", "0")
        if not _LENGTH.fullmatch(length) or int(length) > MOST_BYTES:
            return _told(connection, 413, f"Expected {MOST_BYTES} bytes at most.")
        return None

    def _is_our_host(self, connection: HTTPConnection) -> bool:
        if connection.scope["path"] in (
            "/healthz",
            "/readyz",
        ):  # asked for by names that only a container's network knows
            return True
        hosts = connection.headers.getlist("host")
        match = _HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
        if match is None:
            return False
        host = match[1].lower()
        if is_loopback(host) or host == self._name or host == self._bound:
            return True
        # Nobody can point an address elsewhere.
        return not is_loopback(self._bound) and _IP.fullmatch(host) is not None

    def _is_from_elsewhere(self, connection: HTTPConnection) -> bool:
        """Whether a page of another origin made a browser send this, as far as that could do harm."""
        headers, scope = connection.headers, connection.scope
        if _has_token(connection):  # no page can add one of ours to what it makes a browser send
            return False
        site = headers.get("sec-fetch-site")
        origin = headers.get("origin", "").lower()
        if origin:
            scheme = {"ws": "http", "wss": "https"}.get(scope["scheme"], scope["scheme"])
            return site != "same-origin" and origin not in (self._origin, f"{scheme}://{headers['host'].lower()}")
        unsafe = scope["type"] == "websocket" or scope["method"] not in _SAFE
        return unsafe and site not in (None, "same-origin", "none")

    def _secured(self, connection: HTTPConnection, nonce: str, send: Send) -> Send:
        https = self._access.is_secure(connection)
        asset = connection.scope["path"].startswith("/_nicegui/")

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name in [name for name in headers if name.startswith("access-control-")]:
                    del headers[name]  # socket.io lets every origin read
                headers.update(_HEADERS)
                headers.setdefault("Content-Security-Policy", _POLICY.format(nonce=nonce))
                if https:
                    headers["Strict-Transport-Security"] = "max-age=31536000"
                if not asset:
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        return secured


def _has_token(connection: HTTPConnection) -> bool:
    scheme = connection.headers.get("authorization", "").partition(" ")[0]
    return scheme.lower() == "bearer" and connection.scope["path"].startswith("/api/")


def _stranger(connection: HTTPConnection) -> Response:
    """What somebody hears who has not signed in."""
    path = connection.scope["path"]
    page = "text/html" in connection.headers.get("accept", "") and not path.startswith(("/api/", "/_nicegui"))
    if connection.scope["type"] == "http" and connection.scope["method"] in ("GET", "HEAD") and page:
        query = connection.scope["query_string"].decode("latin-1")
        wanted = quote(path) + (f"?{query}" if query else "")
        return RedirectResponse(f"/signin?{urlencode({'next': wanted})}" if wanted != "/" else "/signin", 303)
    answer = _told(connection, 401, "Sign in, or send a token: Authorization: Bearer bb_...")
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def _told(connection: HTTPConnection, status: int, detail: str) -> Response:
    title = HTTPStatus(status).phrase
    if not connection.scope["path"].startswith("/api/"):
        return Response(f"{title}. {detail}\n", status, media_type="text/plain")
    problem = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return Response(msgspec.json.encode(problem), status, media_type="application/problem+json")


async def _limited(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """`app`, which reads no more than it may: a body that does not say how long it is is counted."""
    read = 0
    started = gone = False

    async def counted() -> Message:
        nonlocal read, gone
        message = await receive()
        read += len(message.get("body", b""))
        gone = gone or message["type"] == "http.disconnect"
        return message if read <= MOST_BYTES else {"type": "http.disconnect"}

    async def unless_too_large(message: Message) -> None:
        nonlocal started
        if read <= MOST_BYTES or started:
            started = True
            await send(message)

    try:
        await app(scope, counted, unless_too_large)
    except Exception:
        if read <= MOST_BYTES and not gone:  # what fails because nobody waits any more is no failure
            raise
    if read > MOST_BYTES and not started:
        await _told(HTTPConnection(scope), 413, f"Expected {MOST_BYTES} bytes at most.")(scope, receive, send)
