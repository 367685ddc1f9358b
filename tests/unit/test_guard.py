"""What stands before the console: hosts, origins, bodies, headers, who may come in, and the sign-in page behind it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import Message
from starlette.websockets import WebSocket

from streams.console.access import Access
from streams.console.audit import Audit
from streams.console.guard import MOST_BYTES, Guard
from streams.console.nonces import Nonced
from streams.console.signin import safe_next, signin_routes
from streams.console.users import Role, Users
from support.signing import NOON, PASSWORD, Clock, settings_in, staff

HOME = "http://127.0.0.1:8484"
PAGE = {"accept": "text/html,application/xhtml+xml"}


async def tell(request: Request) -> Response:
    state = request.state
    answer = JSONResponse({"who": state.who and state.who.name, "ip": state.ip, "nonce": state.nonce})
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


async def take(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def fail(request: Request) -> Response:
    raise RuntimeError("a bug")


async def socket(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text(websocket.state.who.name)
    await websocket.close()


class Console:
    """A small app within Guard; `get` and `post` ask it."""

    def __init__(self, folder: Path, users: Users | None, **fields: object) -> None:
        settings = settings_in(folder, **fields)
        self.access = Access(settings, users, Clock())
        self.audit = Audit(settings.console_home, Clock())
        paths = ["/", "/brands/{id}", "/healthz", "/readyz", "/api/v1/x", "/_nicegui/3.18.0/static/nicegui.js"]
        routes = [
            *signin_routes(self.access, self.audit),
            *(Route(path, tell) for path in paths),
            *(Route(path, take, methods=["POST"]) for path in ("/take", "/api/v1/take")),
            Route("/fail", fail),
            WebSocketRoute("/_nicegui_ws/socket.io/", socket),
        ]
        self.app = Guard(Starlette(routes=routes), self.access, settings)
        self.client = self.from_("127.0.0.1")
        self.get, self.post = self.client.get, self.client.post

    def from_(self, peer: str, url: str = HOME) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=self.app, client=(peer, 5000), raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url=url)

    async def sign_in(self, name: str = "ben", **form: str) -> httpx.Response:
        return await self.post("/signin", data={"name": name, "password": PASSWORD, **form}, headers={"origin": HOME})

    async def open_socket(self, path: str = "/_nicegui_ws/socket.io/", **headers: str) -> list[Message]:
        """What a websocket hears."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.client.cookies.items())
        sent = {"host": "127.0.0.1:8484", "cookie": cookies, **{k.replace("_", "-"): v for k, v in headers.items()}}
        scope: dict[str, Any] = {
            "type": "websocket", "path": path, "query_string": b"", "scheme": "ws", "client": ("127.0.0.1", 5000),
            "headers": [(name.encode(), value.encode()) for name, value in sent.items()], "subprotocols": [],
        }  # fmt: skip
        heard: list[Message] = []

        async def receive() -> Message:
            return {"type": "websocket.connect"}

        async def send(message: Message) -> None:
            heard.append(message)

        await self.app(scope, receive, send)
        return heard


@pytest.fixture
async def console(tmp_path: Path) -> AsyncIterator[Console]:
    one = Console(tmp_path, staff(tmp_path))
    yield one
    await one.client.aclose()
    one.access.close()
    one.audit.close()


@pytest.fixture
async def alone(tmp_path: Path) -> AsyncIterator[Console]:
    """On loopback without users."""
    one = Console(tmp_path, None)
    yield one
    await one.client.aclose()
    one.access.close()
    one.audit.close()


# --------------------------------------------------------------------------------- who may come in


async def test_a_page_leads_to_sign_in_and_back(console: Console) -> None:
    sent = await console.get("/brands/acme?days=7", headers=PAGE)
    assert sent.status_code == 303 and sent.headers["location"] == "/signin?next=%2Fbrands%2Facme%3Fdays%3D7"
    assert (await console.get("/", headers=PAGE)).headers["location"] == "/signin"
    form = await console.get(sent.headers["location"])
    assert form.status_code == 200 and 'name="next" value="/brands/acme?days=7"' in form.text
    came = await console.sign_in(next="/brands/acme?days=7")
    assert came.status_code == 303 and came.headers["location"] == "/brands/acme?days=7"
    told = (await console.get("/brands/acme")).json()
    assert (told["who"], told["ip"]) == ("ben", "127.0.0.1")


async def test_the_api_answers_strangers_with_a_problem(console: Console) -> None:
    answer = await console.get("/api/v1/x", headers=PAGE)
    assert answer.status_code == 401 and answer.headers["content-type"] == "application/problem+json"
    assert answer.json().keys() == {"type", "title", "status", "detail"} and answer.json()["status"] == 401
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "path", ["/_nicegui/3.18.0/static/nicegui.js", "/nowhere", "/fail", "/signin/", "/signin.css/x"]
)
async def test_all_else_is_closed(path: str, console: Console) -> None:
    assert (await console.get(path)).status_code == 401
    assert (await console.post("/take", headers=PAGE)).status_code == 401


@pytest.mark.parametrize("path", ["/signin", "/signin.css", "/signin.js", "/healthz", "/readyz"])
async def test_what_signing_in_needs_is_open(path: str, console: Console) -> None:
    assert (await console.get(path)).status_code == 200


async def test_a_websocket_is_for_who_has_signed_in(console: Console) -> None:
    assert await console.open_socket(origin=HOME) == [{"type": "websocket.close", "code": 4401}]
    await console.sign_in()
    heard = await console.open_socket(origin=HOME)
    assert heard[1]["text"] == "ben"


async def test_a_token_is_enough_for_the_api(console: Console) -> None:
    assert console.access.users is not None
    secret = console.access.users.make_token("grafana", Role.ACT, "anna", NOON)
    bearer = {"authorization": f"Bearer {secret}"}
    assert (await console.get("/api/v1/x", headers=bearer)).json()["who"] == "grafana (token)"
    other = {**bearer, "origin": "https://tool.example", "sec-fetch-site": "cross-site"}
    assert (await console.post("/api/v1/take", headers=other, content=b"12")).text == "2"
    assert (await console.get("/", headers=bearer)).status_code == 401
    assert await console.open_socket(authorization=bearer["authorization"]) == [
        {"type": "websocket.close", "code": 4401}
    ]


async def test_alone_on_loopback_nobody_signs_in(alone: Console) -> None:
    assert (await alone.get("/")).json()["who"]
    assert (await alone.get("/signin")).headers["location"] == "/"
    assert (await alone.open_socket(origin=HOME))[1]["type"] == "websocket.send"


# ------------------------------------------------------------------------------------------- hosts


@pytest.mark.parametrize("host", ["localhost:8484", "127.0.0.1", "127.0.0.1:9", "[::1]:8484", "LOCALHOST"])
async def test_this_machine_has_these_names(host: str, alone: Console) -> None:
    assert (await alone.get("/", headers={"host": host})).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["", " ", "[::1", "evil.example", "evil.example:8484", "127.0.0.1.evil.example", "localhost.evil.example",
     "localhost.", "192.168.1.5", "127.0.0.1@evil.example", "127.0.0.1/evil.example", "evil.example/127.0.0.1",
     "127.0.0.1:8484:1"],
)  # fmt: skip
async def test_a_name_that_was_pointed_at_this_machine_is_refused(host: str, alone: Console) -> None:
    for path, status in (("/", 421), ("/api/v1/x", 421), ("/healthz", 200)):
        answer = await alone.get(path, headers={"host": host, **PAGE})
        assert answer.status_code == status
    assert await alone.open_socket(host=host, origin=f"http://{host}") == [{"type": "websocket.close", "code": 4421}]


async def test_the_consoles_address_is_its_name_too(tmp_path: Path) -> None:
    console = Console(tmp_path, staff(tmp_path), console_url="https://badbuzz.example/")
    assert (await console.get("/signin", headers={"host": "badbuzz.example"})).status_code == 200
    assert (await console.get("/signin", headers={"host": "other.example"})).status_code == 421


async def test_bound_to_the_network_it_has_addresses_and_no_names(tmp_path: Path) -> None:
    console = Console(tmp_path, staff(tmp_path), console_host="0.0.0.0")
    for host in ("192.168.1.5:8484", "[fe80::1]", "localhost"):
        assert (await console.get("/signin", headers={"host": host})).status_code == 200
    assert (await console.get("/signin", headers={"host": "intranet"})).status_code == 421


# ------------------------------------------------------------------------------------ other origins


@pytest.mark.parametrize(
    "headers, status",
    [
        ({}, 200),  # no browser
        ({"origin": HOME}, 200),
        ({"origin": HOME, "sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "https://evil.example", "sec-fetch-site": "cross-site"}, 403),
        ({"origin": "http://127.0.0.1:9999", "sec-fetch-site": "same-site"}, 403),
        ({"origin": "https://127.0.0.1:8484"}, 403),
        ({"origin": "http://localhost:8484"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "null", "sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
    ],
)
async def test_what_another_sites_page_sends_is_refused(headers: dict[str, str], status: int, alone: Console) -> None:
    for path in ("/take", "/api/v1/take"):
        assert (await alone.post(path, headers=headers, content=b"x")).status_code == status
    for method in ("PUT", "DELETE", "PATCH"):
        answer = await alone.client.request(method, "/take", headers=headers)
        assert answer.status_code == (403 if status == 403 else 405)


async def test_nobody_is_signed_in_or_out_by_another_site(console: Console) -> None:
    evil = {"origin": "https://evil.example"}
    form = {"name": "ben", "password": PASSWORD}
    assert (await console.post("/signin", data=form, headers=evil)).status_code == 403
    await console.sign_in()
    assert (await console.post("/signout", headers=evil)).status_code == 403
    assert (await console.get("/")).status_code == 200


async def test_links_from_elsewhere_lead_in(alone: Console) -> None:
    followed = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", **PAGE}
    assert (await alone.get("/brands/acme", headers=followed)).status_code == 200


async def test_another_site_reads_nothing(alone: Console) -> None:
    assert (await alone.get("/api/v1/x", headers={"origin": "https://evil.example"})).status_code == 403
    answer = await alone.get("/api/v1/x")
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:9999", "https://127.0.0.1:8484"])
async def test_a_websocket_of_another_site_is_refused(origin: str, alone: Console, console: Console) -> None:
    await console.sign_in()
    for one in (alone, console):
        assert await one.open_socket(origin=origin) == [{"type": "websocket.close", "code": 4403}]


async def test_behind_a_proxy_the_origin_is_the_consoles_address(tmp_path: Path) -> None:
    console = Console(tmp_path, staff(tmp_path), console_url="https://badbuzz.example")
    for host in ("badbuzz.example", "127.0.0.1:8484"):
        sent = {"host": host, "origin": "https://badbuzz.example"}
        assert (await console.post("/signout", headers=sent)).status_code == 303
        sent["origin"] = "https://evil.example"
        assert (await console.post("/signout", headers=sent)).status_code == 403


async def test_a_prefix_that_somebody_sends_does_not_reach_pages(alone: Console) -> None:
    seen: list[bytes] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.extend(name for name, _ in scope["headers"])

    guard = Guard(app, alone.access, settings_in(Path("/nowhere")))
    transport = httpx.ASGITransport(app=guard)
    async with httpx.AsyncClient(transport=transport, base_url=HOME) as client:
        with pytest.raises(AssertionError):  # it does not answer
            await client.get("/", headers={"x-forwarded-prefix": "//evil.example"})
    assert b"host" in seen and b"x-forwarded-prefix" not in seen


# ----------------------------------------------------------------------------------------- bodies


async def endless() -> AsyncIterator[bytes]:
    while True:
        yield b"x" * 65536


async def test_a_body_over_a_megabyte_is_refused(alone: Console) -> None:
    assert (await alone.post("/take", content=b"x" * MOST_BYTES)).text == str(MOST_BYTES)
    assert (await alone.post("/take", content=b"x" * (MOST_BYTES + 1))).status_code == 413
    for length in ("-1", "9" * 5000, "1e3", "x"):
        assert (await alone.post("/take", headers={"content-length": length})).status_code == 413


async def test_one_that_does_not_say_how_long_it_is_too(alone: Console) -> None:
    answer = await asyncio.wait_for(alone.post("/api/v1/take", content=endless()), 10)
    assert answer.status_code == 413 and answer.json()["title"]
    assert answer.headers["x-content-type-options"] == "nosniff"


# ----------------------------------------------------------------------------------------- headers


@pytest.mark.parametrize(
    "method, path, status",
    [
        ("GET", "/", 200),
        ("GET", "/api/v1/x", 200),
        ("GET", "/nowhere", 404),
        ("GET", "/fail", 500),
        ("POST", "/", 405),
        ("POST", "/signout", 303),
        ("GET", "/signin.css", 200),
        ("GET", "/_nicegui/3.18.0/static/nicegui.js", 200),
    ],
)
async def test_every_answer_has_the_security_headers(method: str, path: str, status: int, alone: Console) -> None:
    answer = await alone.client.request(method, path)
    assert answer.status_code == status
    has_headers(answer)
    assert ("cache-control" in answer.headers) is not path.startswith("/_nicegui/")
    assert "strict-transport-security" not in answer.headers


@pytest.mark.parametrize("headers", [{"host": "evil.example"}, {"origin": "https://evil.example"}, {}, PAGE])
async def test_refusals_have_them_too(headers: dict[str, str], console: Console) -> None:
    answer = await console.get("/", headers=headers)
    assert answer.status_code in (421, 403, 401, 303) and answer.headers["cache-control"] == "no-store"
    has_headers(answer)


def has_headers(answer: httpx.Response) -> None:
    headers = answer.headers
    policy = headers["content-security-policy"]
    scripts = re.findall(r"script-src ([^;]*)", policy)
    assert len(scripts) == 1 and "unsafe-inline" not in scripts[0] and "*" not in policy and "http" not in policy
    for part in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"):
        assert part in policy
    assert headers["x-content-type-options"] == "nosniff" and headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin" and headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]


async def test_each_page_has_a_nonce_of_its_own(alone: Console) -> None:
    one, other = await alone.get("/"), await alone.get("/")
    assert one.json()["nonce"] != other.json()["nonce"] and len(one.json()["nonce"]) >= 22
    assert f"'nonce-{one.json()['nonce']}'" in one.headers["content-security-policy"]


async def test_by_https_browsers_are_told_to_stay_there(tmp_path: Path) -> None:
    console = Console(tmp_path, staff(tmp_path), console_url="https://badbuzz.example")
    assert "max-age" in (await console.get("/signin")).headers["strict-transport-security"]
    came = await console.post("/signin", data={"name": "ben", "password": PASSWORD})
    cookie = came.headers["set-cookie"]
    assert cookie.startswith("__Host-badbuzz=") and "Secure" in cookie and "Path=/" in cookie and "Domain" not in cookie


# ----------------------------------------------------------------------------------- signing in, out


async def test_the_session_is_in_a_cookie_that_no_script_reads(console: Console) -> None:
    cookie = (await console.sign_in()).headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Max-Age=43200" in cookie and "Secure" not in cookie
    assert (await console.get("/signin?next=/brands/acme")).headers["location"] == "/brands/acme"


async def test_signing_out_ends_the_session_on_the_server(console: Console) -> None:
    await console.sign_in()
    kept = dict(console.client.cookies)
    out = await console.post("/signout", headers={"origin": HOME})
    assert out.status_code == 303 and out.headers["location"] == "/signin" and not console.client.cookies
    console.client.cookies.update(kept)
    assert (await console.get("/")).status_code == 401
    assert [(one.who, one.what, one.ip) for one in console.audit.read()] == [
        ("ben", "sign-out", "127.0.0.1"),
        ("ben", "sign-in", "127.0.0.1"),
    ]


async def test_signing_in_again_ends_the_session_before(console: Console) -> None:
    await console.sign_in("ben")
    kept = console.client.cookies["badbuzz"]
    await console.sign_in("anna")
    assert (await console.get("/")).json()["who"] == "anna"
    console.client.cookies.set("badbuzz", kept, domain="127.0.0.1")
    assert (await console.from_("127.0.0.1").get("/", headers={"cookie": f"badbuzz={kept}"})).status_code == 401


async def test_a_wrong_password_and_an_unknown_name_hear_the_same(console: Console) -> None:
    wrong = await console.sign_in("ben", password="not that one at all")
    unknown = await console.sign_in("nobody", password="not that one at all")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.text.replace("ben", "nobody") == unknown.text
    assert '<p role="alert" id="error">' in wrong.text and "not that one" not in wrong.text
    assert [(one.who, one.what) for one in console.audit.read()] == [
        ("unknown", "sign-in failed"),
        ("ben", "sign-in failed"),
    ]


async def test_a_password_typed_as_a_name_is_not_written_down(console: Console) -> None:
    await console.sign_in(PASSWORD)
    assert PASSWORD not in str(console.audit.read())


async def test_too_many_attempts_have_to_wait(console: Console) -> None:
    for _ in range(5):
        await console.sign_in(password="not that one at all")
    late = await console.sign_in()
    assert late.status_code == 429 and 0 < int(late.headers["retry-after"]) <= 60
    assert "Too many attempts" in late.text and 'role="alert"' in late.text
    elsewhere = console.from_("192.0.2.7")
    assert (await elsewhere.post("/signin", data={"name": "ben", "password": PASSWORD})).status_code == 303


HOSTILE = ['"><script>alert(1)</script>', "<b>\u202e</b>", "x" * 10_000, "' onfocus='alert(1)", "\udcff{title}\x00"]


@pytest.mark.parametrize("text", HOSTILE, ids=range(5))
async def test_what_was_typed_is_text(text: str, console: Console) -> None:
    content = f"name={quote(text, errors='surrogateescape')}&password=x&next={quote(text, errors='surrogateescape')}"
    page = await console.post("/signin", content=content)
    assert page.status_code == 401 and "<script>" not in page.text and "<b>" not in page.text
    assert "onfocus='" not in page.text and len(page.text) < 5000 and 'name="next" value="/"' in page.text
    assert (await console.get("/signin", params={"next": text.encode(errors="replace").decode()})).status_code == 200


@pytest.mark.parametrize("body", [b"", b"&&&", b"name=ben", b"a=1&" * 1000, b"\xff\xfe", b"name=ben&password=%ff"])
async def test_what_is_no_form_signs_nobody_in(body: bytes, console: Console) -> None:
    assert (await console.post("/signin", content=body)).status_code == 401


@pytest.mark.parametrize(
    "wanted",
    ["https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "/a//b", "javascript:alert(1)",
     "evil", "/\tx", "/\n/evil.example", " /x", "/x\r\nSet-Cookie: a=b", "", "/signin?next=/", "/signout", "/é",
     "/api/v1/x", "/" + "x" * 3000, "/x#//evil.example", "http:/evil.example", "/<script>"],
)  # fmt: skip
async def test_signing_in_leads_nowhere_else(wanted: str, console: Console) -> None:
    assert safe_next(wanted) == "/"
    assert (await console.sign_in(next=wanted)).headers["location"] == "/"
    assert (await console.get("/signin", params={"next": wanted})).headers["location"] == "/"


@pytest.mark.parametrize("path", ["/", "/?brand=acme", "/brands/acme", "/history/?q=a%20b&next=/x", "/incidents/a:b@c"])
def test_pages_of_ours_are_led_to(path: str) -> None:
    assert safe_next(path) == path


async def test_a_path_is_led_back_to_as_it_was(console: Console) -> None:
    sent = await console.get("/brands/%3Cb%3E%2F%2Fx?q=%22", headers=PAGE)
    page = await console.get(sent.headers["location"])
    assert 'name="next" value="/brands/%3Cb%3E//x?q=%22"' not in page.text  # "//" leads nowhere
    sent = await console.get("/brands/%C3%A9%3Cb%3E?q=%22", headers=PAGE)
    page = await console.get(sent.headers["location"])
    assert 'name="next" value="/brands/%C3%A9%3Cb%3E?q=%22"' in page.text


@pytest.mark.parametrize(
    "headers, query, lang",
    [
        ({}, "", "en"),
        ({"accept-language": "fr-CA,fr;q=0.9,en;q=0.8"}, "", "fr"),
        ({"accept-language": "de,en;q=0.5,fr;q=0.7"}, "", "fr"),
        ({"accept-language": "en-GB,fr"}, "", "en"),
        ({"accept-language": "fr;q=x,*;q=0"}, "", "fr"),
        ({"accept-language": "x" * 5000 + ",," * 100}, "", "en"),
        ({"accept-language": "fr", "cookie": "lang=en"}, "", "en"),
        ({"cookie": "lang=<b>"}, "?lang=xx", "en"),
        ({"cookie": "lang=en"}, "?lang=fr", "fr"),
    ],
)
async def test_the_page_speaks_ones_language(headers: dict[str, str], query: str, lang: str, console: Console) -> None:
    page = await console.get(f"/signin{query}", headers=headers)
    assert f'<html lang="{lang}">' in page.text and ("Mot de passe" in page.text) is (lang == "fr")
    assert ("lang=fr" in page.headers.get("set-cookie", "")) is (query == "?lang=fr")


async def test_the_page_needs_no_script_and_names_its_fields(console: Console) -> None:
    page = (await console.get("/signin")).text
    assert "unsafe" not in (await console.get("/signin")).headers["content-security-policy"]
    for field, complete in (("name", "username"), ("password", "current-password")):
        assert f'<label for="{field}">' in page
        assert re.search(rf'<input id="{field}"[^>]*autocomplete="{complete}"', page)
    assert re.findall(r"<script[^>]*>", page) == ['<script src="/signin.js" defer>'] and "style=" not in page


async def test_where_only_a_proxy_leads_in_there_is_no_form(tmp_path: Path) -> None:
    console = Console(tmp_path, None, console_proxy_header="Remote-User")
    page = await console.get("/signin")
    assert "<form" not in page.text and "organisation" in page.text
    assert (await console.sign_in()).status_code == 401
    assert (await console.get("/", headers={"remote-user": "zoe"})).json()["who"] == "zoe"
    far = console.from_("192.0.2.7")
    assert (await far.get("/", headers={"remote-user": "zoe"})).status_code == 401


def test_only_niceguis_own_scripts_have_the_nonce() -> None:
    from nicegui import client

    own = client.templates.env.loader
    assert own is not None
    env = client.templates.env.overlay(loader=Nonced(own))
    hostile = "<script>alert(1)</script>"
    page = env.get_template("index.html").render(
        request=Request({"type": "http", "state": {"nonce": "n0nce"}}), head_html=hostile, elements=hostile,
        tailwind=True, unocss="mini", translations={}, imports="{}", js_imports_urls=[], vue_config="{}",
    )  # fmt: skip
    assert page.count(hostile) == 2
    scripts = re.findall(r"<script[^>]*>", page)
    assert len(scripts) > 8 and all('nonce="n0nce"' in script for script in scripts if script != "<script>")
    assert scripts.count("<script>") == 2
