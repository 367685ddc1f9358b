"""A real Chromium, of which every error, and every request to somewhere else, fails the test."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, Page, async_playwright

__all__ = ["Surfer", "chromium", "surfing"]

ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
EXPECTED = ("net::ERR_", "WebSocket connection to", "502", "status of 401")
"""What a browser says when a server is away, or when somebody is not signed in."""


def chromium() -> Path:
    """Where Chromium is, or would be."""
    return Path(os.environ.get("BADBUZZ_CHROMIUM", "/usr/bin/chromium"))


class Surfer:
    """Somebody with a browser: `open` gives a page; `wrong` has what went wrong on any of them."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self.wrong: list[str] = []

    async def open(self, url: str, *, locale: str = "en-GB", cookies: dict[str, str] | None = None, **how: Any) -> Page:
        """A page in a window of its own, as a person with this language would see it."""
        context = await self._browser.new_context(locale=locale, timezone_id="Europe/Paris", **how)
        if cookies:
            await context.add_cookies([{"name": name, "value": value, "url": url} for name, value in cookies.items()])
        page = await context.new_page()
        home = urlsplit(url).netloc

        def on_request(request: Any) -> None:
            where = urlsplit(request.url)
            if where.scheme not in ("data", "blob", "about") and where.netloc != home:
                self.wrong.append(f"asked {request.url}")

        def on_console(message: Any) -> None:
            if message.type == "error" and not any(known in message.text for known in EXPECTED):
                self.wrong.append(f"{page.url}: {message.text}")

        page.on("request", on_request)
        page.on("console", on_console)
        page.on("pageerror", lambda error: self.wrong.append(f"{page.url}: {error}"))
        page.on("dialog", lambda dialog: self.wrong.append(f"{page.url}: a dialog opened: {dialog.message}"))
        await page.goto(url)
        return page


@asynccontextmanager
async def surfing() -> AsyncIterator[Surfer]:
    """A browser; at the end nothing must have gone wrong."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(chromium()), args=ARGS)
        surfer = Surfer(browser)
        yield surfer
        await browser.close()
        assert surfer.wrong == []
