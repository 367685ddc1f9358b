"""The README's pictures of the console, of the demo as it runs: `make screenshots`.

python tests/e2e/screenshots.py .github/images
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
CHROMIUM = os.environ.get("BADBUZZ_CHROMIUM", "/usr/bin/chromium")
READY_S = 180
CRISIS_S = 120
GROWN_S = 75
"""So long after its opening the incident is worth a picture."""


async def main(directory: Path) -> None:
    """Play the demo and take the pictures."""
    command = [sys.executable, "-m", "streams.cli", "demo"]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )
    try:
        address = await asyncio.wait_for(_address(process), READY_S)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
            await _take(browser, address, directory)
            await browser.close()
    finally:
        os.killpg(process.pid, signal.SIGINT)
        await process.wait()


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    async for line in process.stderr:
        if (found := re.search(rb"open (http://\S+)", line)) is not None:
            return found[1].decode()
    raise SystemExit("the demo ended before its console was there")


async def _take(browser: Browser, address: str, directory: Path) -> None:
    page = await _page(browser, address, width=1280, height=760)
    await page.wait_for_selector("[data-incident]", timeout=CRISIS_S * 1000)
    await page.wait_for_timeout(GROWN_S * 1000)
    incident = await page.get_attribute("[data-incident] a", "href")
    await page.screenshot(path=directory / "now.png")
    for name, path, height in (("incident", str(incident), 1180), ("brand", "/brands/torrelio", 1080)):
        page = await _page(browser, address + path, width=1280, height=height)
        await page.screenshot(path=directory / f"{name}.png")
    page = await _page(browser, address, width=390, height=760, dark=True, locale="fr-FR")
    await page.screenshot(path=directory / "phone.png")


async def _page(
    browser: Browser, address: str, *, width: int, height: int, dark: bool = False, locale: str = "en-GB"
) -> Page:
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        locale=locale,
        timezone_id="Europe/Paris",
    )
    page = await context.new_page()
    await page.goto(address)
    await page.wait_for_selector("h1")
    await page.wait_for_load_state("networkidle")
    return page


if __name__ == "__main__":
    images = Path(sys.argv[1] if len(sys.argv) > 1 else ".github/images")
    images.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(images))
