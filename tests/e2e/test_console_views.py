"""Every view in a real browser: for everybody, on every screen, whatever strangers wrote."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from detectors.model import (
    Bucket,
    Change,
    Entry,
    Incident,
    IncidentState,
    Part,
    Response,
    Severity,
    Story,
    StoryKind,
    TimelinePoint,
    TopPost,
    Word,
)
from streams.broker import EmbeddedBroker
from streams.console.users import Role, Users
from support.browser import Surfer
from support.console import WATCHED, ConsoleProcess, Wire, tell
from support.made_up import incident, minute
from support.story import write_config

PASSWORD = "correct horse battery"
VIEWS = (
    "/",
    "/incidents/bags",
    "/brands",
    "/brands/acme",
    "/compare",
    "/matrix",
    "/history",
    "/detectors",
    "/settings",
)

NOW = datetime.now(UTC).replace(second=0, microsecond=0)
"""Pages show the last days: what they show has to be of today."""
START = NOW - timedelta(hours=4)

MARKUP = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>'
TEMPLATE = "{{ constructor.constructor('window.pwned=1')() }} ${window.pwned=1}"
LINK = "javascript:window.pwned=1"
FORMULA = '=HYPERLINK("http://example.com","x")'
BACKWARDS = "\u202egnp.exe\u202c"
ZALGO = "Z" + "\u0351\u0321\u0337\u0352" * 40 + "algo"


def bags(**fields: Any) -> Incident:
    """An incident with something in every section."""
    at = NOW - timedelta(minutes=30)
    made = incident("bags", opened=at, text="My bag is lost, and nobody answers", severity=Severity.HIGH, **fields)
    points = [TimelinePoint(START + timedelta(minutes=5 * n), 2 + n // 40 * 30, 2.0, 0, 5) for n in range(46)]
    parts = {
        name: [Part(name="none", observed=41, expected=2.0)]
        for name in ("channel", "topic", "kind", "authors", "language")
    }
    story = Story(kind=StoryKind.RALLY, share=0.5, threshold=0.3, posts=20, of=41, subject="#lostbags")
    why = msgspec.structs.replace(
        made.why, timeline=points, parts=parts, stories=[story], words=[Word(word="bag", posts=30, z=9.0)]
    )
    return msgspec.structs.replace(made, why=why)


def minutes(**fields: Any) -> list[Bucket]:
    """Four hours of Acme until now."""
    first = (START - datetime(2026, 3, 2, 9, tzinfo=UTC)) // timedelta(minutes=1)
    named = {
        "negative_by_channel": {"forum": 1},
        "negative_by_topic": {"refund": 1},
        "complaints": {"refund": 1},
        **fields,
    }
    return [minute(first + number, responses=[Response("refund", 300)], **named) for number in range(240)]


@asynccontextmanager
async def console(broker: EmbeddedBroker, prefix: str, directory: Path, **env: str) -> AsyncIterator[ConsoleProcess]:
    """A console on what was told."""
    config = write_config(directory, WATCHED)
    async with ConsoleProcess(broker.bootstrap, prefix, config, directory / "home", env=env) as process:
        yield process


async def settled(page: Page) -> None:
    """Wait until a view is there, with all it fetches."""
    await expect(page.locator("h1")).to_be_visible()
    await page.wait_for_load_state("networkidle")


async def test_every_view_is_for_everybody_light_and_dark_on_a_desk_and_on_a_telephone(
    embedded_broker: EmbeddedBroker, prefix: str, tmp_path: Path, surfer: Surfer
) -> None:
    await tell(embedded_broker.bootstrap, prefix, "incidents", [bags(), *_past(30)])
    await tell(embedded_broker.bootstrap, prefix, "brand-signals", minutes())
    async with console(embedded_broker, prefix, tmp_path) as process:
        desk = await surfer.open(process.url, viewport={"width": 1280, "height": 900})
        telephone = await surfer.open(process.url, locale="fr-FR", viewport={"width": 390, "height": 844})
        serious = []
        for dark in (False, True):
            for page in (desk, telephone):
                await page.emulate_media(color_scheme="dark" if dark else "light")
            for path in VIEWS:
                await desk.goto(process.url + path)
                await settled(desk)
                found = await Axe().run(desk, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})
                serious += [
                    f"{path} {'dark' if dark else 'light'}: {one['id']}: {one['nodes'][0]['html'][:200]}"
                    for one in found.response["violations"]
                    if one["impact"] in ("serious", "critical")
                ]
        assert serious == []
        for path in VIEWS:
            await telephone.goto(process.url + path)
            await settled(telephone)
            too_wide = await telephone.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert too_wide <= 0, f"{path} is {too_wide} px too wide"
        await telephone.goto(f"{process.url}/incidents/bags")
        await expect(telephone.get_by_role("button", name="Prendre en charge")).to_be_in_viewport()


def _past(count: int) -> list[Incident]:
    return [
        incident(f"past{number}", opened=NOW - timedelta(days=2 + number), state=IncidentState.RESOLVED)
        for number in range(count)
    ]


async def test_by_keyboard_alone(embedded_broker: EmbeddedBroker, prefix: str, tmp_path: Path, surfer: Surfer) -> None:
    await tell(embedded_broker.bootstrap, prefix, "incidents", [bags()])
    async with console(embedded_broker, prefix, tmp_path) as process:
        page = await surfer.open(process.url)
        await settled(page)
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.textContent") == "Skip to the content"
        await page.keyboard.press("g")
        await page.keyboard.press("h")
        await expect(page).to_have_url(f"{process.url}/history")
        await expect(page.locator("h1")).to_have_text("History")
        await page.keyboard.press("/")
        await page.keyboard.type("bag lost")
        await expect(page.locator(".bb-found")).to_have_count(1)
        await expect(page).to_have_url(f"{process.url}/history?q=bag+lost")
        await page.keyboard.press("Tab")
        await page.reload()
        await expect(page.locator(".bb-found")).to_have_count(1)


async def test_whatever_strangers_write_is_text(
    embedded_broker: EmbeddedBroker, prefix: str, tmp_path: Path, surfer: Surfer
) -> None:
    texts = [MARKUP, TEMPLATE, LINK, FORMULA, BACKWARDS, ZALGO, "x" * 100_000, "**bold** [a](javascript:1)"]
    posts = [
        TopPost(id=str(n), source=MARKUP, text=text, created_at=NOW, author=MARKUP, url=LINK)
        for n, text in enumerate(texts)
    ]
    posts += [TopPost(id="d", source="forum", text="data", created_at=NOW, url="data:text/html,<script>1</script>")]
    base = bags()
    why = msgspec.structs.replace(
        base.why,
        top_posts=posts,
        titles={"en": f"{FORMULA} {MARKUP} {TEMPLATE}", "fr": MARKUP},
        words=[Word(word=word, posts=3, z=5.0) for word in (MARKUP, TEMPLATE)],
        parts={"hashtag": [Part(name=text[:300], observed=4, expected=1.0) for text in texts]},
        stories=[Story(kind=StoryKind.RALLY, share=0.5, threshold=0.3, posts=2, of=4, subject=MARKUP)],
    )
    noted = Entry(at=NOW, what=Change.NOTED, version=1, by=MARKUP, text=TEMPLATE, command="c")
    hostile = msgspec.structs.replace(base, why=why, doubt=MARKUP, owner=MARKUP, timeline=[noted])
    await tell(embedded_broker.bootstrap, prefix, "incidents", [hostile])
    names = {text[:200]: 1 for text in texts}
    signals = minutes(negative_by_channel=names, negative_by_topic=names, negative_by_hashtag=names, complaints=names)
    await tell(embedded_broker.bootstrap, prefix, "brand-signals", signals[:60])
    async with console(embedded_broker, prefix, tmp_path) as process:
        page = await surfer.open(process.url)
        for path in (*VIEWS, "/history?q=bag"):
            await page.goto(process.url + path)
            await settled(page)
            assert await page.evaluate("window.pwned === undefined"), f"{path} ran a stranger's script"
            hrefs = await page.evaluate("[...document.querySelectorAll('[href], [src]')].map(e => e.href || e.src)")
            assert not [one for one in hrefs if str(one).lower().startswith(("javascript:", "data:text"))]
        await page.goto(f"{process.url}/incidents/bags")
        await expect(page.get_by_text(MARKUP).first).to_be_visible()
        await expect(page.get_by_text("{{ constructor").first).to_be_visible()
        exported = await page.request.get(f"{process.url}/api/v1/incidents/export?format=csv")
        lines = (await exported.text()).splitlines()
        assert not [cell for line in lines for cell in line.split(",") if cell.strip('"').startswith(("=", "+", "@"))]


async def test_from_an_empty_disk_it_shows_the_same_and_open_pages_come_back_by_themselves(
    embedded_broker: EmbeddedBroker, prefix: str, tmp_path: Path, surfer: Surfer
) -> None:
    await tell(embedded_broker.bootstrap, prefix, "incidents", [bags(), *_past(5)])
    await tell(embedded_broker.bootstrap, prefix, "brand-signals", minutes())
    config = write_config(tmp_path, WATCHED)
    shown = ("/incidents/bags", "/compare", "/history")

    async def texts(page: Page, url: str) -> list[str]:
        found = []
        for path in shown:
            await page.goto(url + path)
            await settled(page)
            found.append(await page.locator("main").inner_text())
        return found

    console = ConsoleProcess(embedded_broker.bootstrap, prefix, config, tmp_path / "home")
    async with console:
        url, port = console.url, int(console.url.rpartition(":")[2])
        reader = await surfer.open(url)
        before = await texts(reader, url)
        watcher = await surfer.open(url)
        await settled(watcher)
    shutil.rmtree(tmp_path / "home")
    await tell(embedded_broker.bootstrap, prefix, "incidents", [incident("meanwhile", opened=NOW)])
    async with ConsoleProcess(embedded_broker.bootstrap, prefix, config, tmp_path / "home", port=port):
        await expect(watcher.locator('[data-incident="meanwhile"]')).to_be_visible(timeout=30_000)
        after = await texts(reader, url)
    assert _without_ages(before[0]) == _without_ages(after[0]) and before[1] == after[1]
    assert set(before[2].splitlines()) - set(after[2].splitlines()) == {"6 incidents"}
    assert "story meanwhile" in after[2]


def _without_ages(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if " ago)" not in line)


async def test_over_a_dropped_connection_what_changed_meanwhile_is_shown(
    embedded_broker: EmbeddedBroker, prefix: str, tmp_path: Path, surfer: Surfer
) -> None:
    await tell(embedded_broker.bootstrap, prefix, "incidents", [bags()])
    async with (
        console(embedded_broker, prefix, tmp_path) as process,
        Wire(int(process.url.rpartition(":")[2])) as wire,
    ):
        page = await surfer.open(wire.url)
        await expect(page.locator('[data-incident="bags"]')).to_contain_text("nobody")
        wire.cut()
        changed = bags(version=2, state=IncidentState.ACKNOWLEDGED, owner="anna")
        await tell(embedded_broker.bootstrap, prefix, "incidents", [changed])
        await asyncio.sleep(1)  # the console knows it; the page must not
        wire.mend()
        await expect(page.locator('[data-incident="bags"]')).to_contain_text("Anna Roux", timeout=20_000)


async def test_who_may_only_read_finds_nothing_to_press_and_who_was_removed_is_sent_away(
    embedded_broker: EmbeddedBroker, prefix: str, tmp_path: Path, surfer: Surfer
) -> None:
    users = Users(tmp_path / "users.json")
    for name, role in (("root", Role.ADMIN), ("rita", Role.READ), ("anna", Role.ACT)):
        users.add(name, role, PASSWORD)
    await tell(embedded_broker.bootstrap, prefix, "incidents", [bags()])
    async with console(embedded_broker, prefix, tmp_path, BADBUZZ_CONSOLE_USERS=str(users.path)) as process:

        async def signed_in(name: str) -> Page:
            page = await surfer.open(f"{process.url}/incidents/bags")
            await expect(page).to_have_url(f"{process.url}/signin?next=%2Fincidents%2Fbags")
            await page.fill("[name=name]", name)
            await page.fill("[name=password]", PASSWORD)
            await page.keyboard.press("Enter")
            await settled(page)
            return page

        reads, acts = await signed_in("rita"), await signed_in("anna")
        await expect(acts.get_by_role("button", name="Acknowledge")).to_be_visible()
        await expect(reads.get_by_text("My bag is lost").first).to_be_visible()
        for name in ("Acknowledge", "Resolve", "Add the note", "False alarm"):
            await expect(reads.get_by_role("button", name=name)).to_have_count(0)
        refused = await reads.request.post(
            f"{process.url}/api/v1/incidents/bags/acknowledge", data={}, headers={"Origin": process.url}
        )
        assert refused.status == 403
        users.remove("anna")
        await acts.get_by_role("button", name="Acknowledge").click()
        await expect(acts).to_have_url(re.compile("/signin"), timeout=10_000)


@pytest.mark.parametrize("locale, wrong", [("en-GB", "do not go together"), ("fr-FR", "ne vont pas ensemble")])
async def test_signing_in_wrongly_and_rightly_and_out_again(
    embedded_broker: EmbeddedBroker, prefix: str, tmp_path: Path, surfer: Surfer, locale: str, wrong: str
) -> None:
    users = Users(tmp_path / "users.json")
    users.add("root", Role.ADMIN, PASSWORD)
    await tell(embedded_broker.bootstrap, prefix, "incidents", [bags()])
    async with console(embedded_broker, prefix, tmp_path, BADBUZZ_CONSOLE_USERS=str(users.path)) as process:
        page = await surfer.open(process.url, locale=locale)
        found = await Axe().run(page)
        assert not [one for one in found.response["violations"] if one["impact"] in ("serious", "critical")]
        await page.fill("[name=name]", "root")
        await page.fill("[name=password]", "no password of ours")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text(wrong)
        await page.fill("[name=name]", "root")
        await page.fill("[name=password]", PASSWORD)
        await page.keyboard.press("Enter")
        await settled(page)
        await page.locator(".bb-user").click()
        await page.get_by_role("button", name="Sign out" if locale == "en-GB" else "Se déconnecter").click()
        await expect(page.locator("[name=password]")).to_be_visible()
        await page.goto(f"{process.url}/history")
        await expect(page.locator("[name=password]")).to_be_visible()
