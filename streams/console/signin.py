"""The page where people sign in: HTML that works without a script, in English and French."""

from __future__ import annotations

import html
import math
import re
from datetime import timedelta
from importlib import resources
from typing import Final
from urllib.parse import parse_qs, quote, urlencode

from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from streams.console.access import SESSION_LASTS, Access, Who
from streams.console.audit import SIGN_IN_FAILED, Audit
from streams.console.users import Lang
from streams.notifiers.wording import spaced

__all__ = ["language", "safe_next", "signin_routes"]

_YEAR: Final = 365 * 24 * 3600
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
_WORDING: Final[dict[Lang, dict[str, str]]] = {
    "en": {
        "title": "Sign in",
        "lead": "Early warning for brand crises.",
        "name": "Name",
        "password": "Password",
        "submit": "Sign in",
        "wrong": "This name and password do not go together.",
        "wait": "Too many attempts. Try again in {seconds} seconds.",
        "elsewhere": "You get in here through your organisation's own sign-in. Open badbuzz from there.",
        "languages": "Language",
    },
    "fr": {
        "title": "Connexion",
        "lead": "Voir venir les crises d'image.",
        "name": "Nom",
        "password": "Mot de passe",
        "submit": "Se connecter",
        "wrong": "Ce nom et ce mot de passe ne vont pas ensemble.",
        "wait": "Trop de tentatives. Réessayez dans {seconds} secondes.",
        "elsewhere": "On entre ici par la connexion de votre organisation. Ouvrez badbuzz depuis celle-ci.",
        "languages": "Langue",
    },
}
_LANGUAGES: Final[dict[Lang, str]] = {"en": "English", "fr": "Français"}


def signin_routes(access: Access, audit: Audit) -> list[Route]:
    """/signin and /signout, and what they need; `Guard` stands before them."""

    async def show(request: Request) -> Response:
        wanted = safe_next(request.query_params.get("next", ""))
        if request.state.who is not None:
            return RedirectResponse(wanted, 303)
        answer = _page(access, language(request), wanted)
        if request.query_params.get("lang") in _LANGUAGES:
            answer.set_cookie("lang", request.query_params["lang"], _YEAR, samesite="lax")
        return answer

    async def sign_in(request: Request) -> Response:
        form = _form(await request.body())
        wanted, name, lang = safe_next(form.get("next", "")), form.get("name", "").strip(), language(request)
        came = await access.sign_in(name, form.get("password", ""), request.state.ip)
        if came.wait is not None:
            return _page(access, lang, wanted, name=name, wait=came.wait)
        if came.who is None:
            audit.note(_known(access, name), SIGN_IN_FAILED, ip=request.state.ip)
            return _page(access, lang, wanted, name=name, wrong=True)
        if request.state.who is not None:
            access.sign_out(request.state.who)
        audit.note(came.who.name, "sign-in", ip=request.state.ip)
        answer = RedirectResponse(wanted, 303)
        answer.set_cookie(
            access.cookie_name(request),
            came.who.proof,
            int(SESSION_LASTS.total_seconds()),
            secure=access.is_secure(request),
            httponly=True,
            samesite="lax",
        )
        return answer

    async def sign_out(request: Request) -> Response:
        who: Who | None = request.state.who
        if who is not None:
            access.sign_out(who)
            audit.note(who.name, "sign-out", ip=request.state.ip)
        answer = RedirectResponse("/signin", 303)
        answer.delete_cookie(
            access.cookie_name(request), secure=access.is_secure(request), httponly=True, samesite="lax"
        )
        return answer

    return [
        Route("/signin", show, methods=["GET"]),
        Route("/signin", sign_in, methods=["POST"]),
        Route("/signout", sign_out, methods=["POST"]),
        _asset("signin.css", "text/css"),
        _asset("signin.js", "text/javascript"),
    ]


def safe_next(wanted: str) -> str:
    r"""Where to go after signing in: a path of our own, or the first page.

    >>> [safe_next(wanted) for wanted in ("/brands/acme?days=7", "//evil.example", "https://evil.example", r"/x\y")]
    ['/brands/acme?days=7', '/', '/', '/']
    """
    # No "//" anywhere, no backslash, nothing that browsers drop on the way: only the letters of a path and its query.
    letters = r"[A-Za-z0-9._~!$&'()*+,;=:@%-]"
    own = re.fullmatch(rf"/({letters}+/)*{letters}*(\?({letters}|[/?])*)?", wanted)
    return wanted if own and len(wanted) <= 2000 and not wanted.startswith(("/signin", "/signout", "/api/")) else "/"


def language(connection: HTTPConnection) -> Lang:
    """The language of a page for somebody not known yet: as chosen here, else what the browser prefers."""
    for chosen in (connection.query_params.get("lang"), connection.cookies.get("lang")):
        for lang in _LANGUAGES:
            if lang == chosen:
                return lang
    wishes: list[tuple[float, Lang]] = []
    for part in connection.headers.get("accept-language", "").lower().split(",")[:20]:
        tag, _, quality = part.strip().partition(";q=")
        for lang in _LANGUAGES:
            if tag.split("-")[0] == lang:
                weight = float(quality) if re.fullmatch(r"[01](\.[0-9]{1,3})?", quality) else 1.0
                wishes.append((weight, lang))
    return max(wishes, key=lambda wish: wish[0], default=(0.0, "en"))[1]


def _known(access: Access, name: str) -> str:
    """The name of a user; whatever else was typed may be a password."""
    user = access.users.current().user(name) if access.users is not None else None
    return user.name if user is not None else "unknown"


def _form(body: bytes) -> dict[str, str]:
    try:
        fields = parse_qs(body.decode(errors="replace"), keep_blank_values=True, max_num_fields=10)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}


def _page(
    access: Access, lang: Lang, wanted: str, *, name: str = "", wrong: bool = False, wait: timedelta | None = None
) -> HTMLResponse:
    words = {key: spaced(text) for key, text in _WORDING[lang].items()}
    seconds = math.ceil(wait.total_seconds()) if wait is not None else 0
    error = words["wait"].format(seconds=seconds) if wait is not None else words["wrong"] if wrong else ""
    fields = {key: html.escape(text) for key, text in words.items()} | {
        "lang": lang,
        "next": html.escape(wanted),
        "typed": html.escape(name[:200]),
        "error": f'<p role="alert" id="error">{html.escape(error)}</p>' if error else "",
        "described": ' aria-describedby="error" aria-invalid="true"' if error else "",
        "on_name": "" if name else " autofocus",
        "on_password": " autofocus" if name else "",
        "switch": "".join(_switch(other, wanted, now=other == lang) for other in _LANGUAGES),
    }
    fields["body"] = (_FORM if access.users is not None else _ELSEWHERE).format_map(fields)
    headers = {"Content-Security-Policy": _POLICY, "Vary": "Accept-Language, Cookie"}
    if wait is not None:
        headers["Retry-After"] = str(seconds)
    status = 429 if wait is not None else 401 if wrong else 200
    return HTMLResponse(_PAGE.format_map(fields), status, headers)


def _switch(lang: Lang, wanted: str, *, now: bool) -> str:
    address = html.escape(f"/signin?{urlencode({'lang': lang, 'next': wanted}, quote_via=quote)}")
    current = ' aria-current="true"' if now else ""
    return f'<a href="{address}" lang="{lang}" hreflang="{lang}"{current}>{_LANGUAGES[lang]}</a>'


def _asset(name: str, kind: str) -> Route:
    content = resources.files("streams.console").joinpath("assets", name).read_bytes()

    async def serve(request: Request) -> Response:
        return Response(content, media_type=kind, headers={"Cache-Control": "no-cache"})

    return Route(f"/{name}", serve, methods=["GET"])


_FORM: Final = """{error}
<form method="post" action="/signin">
<input type="hidden" name="next" value="{next}">
<label for="name">{name}</label>
<input id="name" name="name" value="{typed}" required maxlength="200" autocomplete="username" autocapitalize="none"
 spellcheck="false" dir="auto"{described}{on_name}>
<label for="password">{password}</label>
<input id="password" name="password" type="password" required maxlength="1000"
 autocomplete="current-password"{described}{on_password}>
<button>{submit}</button>
</form>"""

_ELSEWHERE: Final = "<p>{elsewhere}</p>"

_PAGE: Final = """<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} - badbuzz</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/signin.css">
<script src="/signin.js" defer></script>
</head>
<body>
<main>
<h1>badbuzz</h1>
<p class="lead">{lead}</p>
{body}
</main>
<nav aria-label="{languages}">{switch}</nav>
</body>
</html>
"""
