"""How quick the console is, by its pages' own clocks: a full house on the embedded broker, watched in Chromium.

No worker runs: the bench itself answers commands as one does, so that what is timed is the console.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.structs import TopicPartition

from detectors.commands import decode_command
from detectors.errors import Unavailable
from detectors.model import (
    Answer,
    Bucket,
    BucketStatus,
    Change,
    Entry,
    Explanation,
    Incident,
    IncidentState,
    Outcome,
    Part,
    Score,
    ScoreStatus,
    Severity,
    Story,
    StoryKind,
    TimelinePoint,
    TopPost,
    Word,
)
from streams.broker import EmbeddedBroker
from streams.demo.part import Part as Process
from streams.settings import Settings, load_settings
from streams.topics import ensure_topics

__all__ = ["ConsoleBench", "Figures", "bench_console"]

OPEN: Final = 200
PAST: Final = 10_000
BRANDS: Final = 500
MINUTES: Final = 180
WATCHERS: Final = 20
ROUNDS: Final = 12
CHROMIUM_ARGS: Final = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
WORDS: Final = [
    "late",
    "lost",
    "broken",
    "refund",
    "cancelled",
    "rude",
    "dirty",
    "queue",
    "battery",
    "leak",
    "app",
    "delay",
    "price",
    "voucher",
    "seat",
    "noise",
]

# In the page, by its own clock: from a click until something about `row` is so.
_CLICK: Final = """([button, shown, gone]) => new Promise(done => {
  const at = performance.now();
  const is = () => (shown ? document.querySelector(shown) : true) && !(gone && document.querySelector(gone));
  const look = () => { if (is()) done(performance.now() - at); else requestAnimationFrame(look); };
  document.querySelector(button).click();
  look();
})"""
_FIRST_ROW: Final = """
new MutationObserver((_, me) => {
  if (document.querySelector("[data-incident]")) { window.bbFirstRow = performance.now(); me.disconnect(); }
}).observe(document, { childList: true, subtree: true });
"""


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds by what was measured: median and 95th percentile of `count`."""

    median: float
    p95: float
    count: int


class ConsoleBench(msgspec.Struct, frozen=True, kw_only=True):
    """What was there, how long pages took, and what the console's process needed."""

    open_incidents: int
    past_incidents: int
    brands: int
    watchers: int
    minutes_read: int
    read_per_s: float
    first_view_ms: Figures
    click_to_change_ms: Figures
    to_another_view_ms: Figures
    search_ms: Figures
    live_ms: Figures
    mib_when_read: float
    mib_at_the_end: float


async def bench_console(*, at: Callable[[float, str], None]) -> ConsoleBench:
    """Fill the topics, start a console, watch it. `at` is told how far it is (0..1) and what comes now.

    Raises:
        Unavailable: no Playwright (a development dependency), no Chromium, or no embedded broker.
        BadbuzzError: the console ended or did not get ready.
    """
    try:
        from playwright.async_api import async_playwright
    except ImportError:
        raise Unavailable("bench --console needs Playwright: it is one of the development dependencies") from None
    chromium = os.environ.get("BADBUZZ_CHROMIUM", "/usr/bin/chromium")
    if not os.access(chromium, os.X_OK):
        raise Unavailable(f"{chromium}: no Chromium there (BADBUZZ_CHROMIUM says where it is)")
    with tempfile.TemporaryDirectory(prefix="badbuzz-bench-") as folder, EmbeddedBroker() as broker:
        settings = _settings(broker.bootstrap, Path(folder))
        await ensure_topics(settings)
        now = datetime.now(UTC).replace(second=0, microsecond=0)
        at(0.02, "filling the topics")
        await _fill(settings, now)
        console = Process("console", settings, Path(folder))
        at(0.3, "the console reads")
        started = time.monotonic()
        try:
            await console.start(ready_within_s=300)
            took_s = time.monotonic() - started
            read_mib = _mib(console)
            async with _answering(settings), async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGS)
                measured = await _watch(browser, str(console.url), settings, now, at)
                await browser.close()
            return ConsoleBench(
                open_incidents=OPEN, past_incidents=PAST, brands=BRANDS, watchers=WATCHERS,
                minutes_read=BRANDS * MINUTES, read_per_s=(BRANDS * MINUTES + OPEN + PAST) / took_s,
                mib_when_read=read_mib, mib_at_the_end=_mib(console), **measured,
            )  # fmt: skip
        finally:
            await console.stop()


async def _watch(
    browser: Any, url: str, settings: Settings, now: datetime, at: Callable[[float, str], None]
) -> dict[str, Figures]:
    at(0.5, f"{WATCHERS - 1} watch")
    for _ in range(WATCHERS - 1):
        await (await (await browser.new_context()).new_page()).goto(url)
    at(0.6, "first views")
    page = await (await browser.new_context()).new_page()
    await page.add_init_script(_FIRST_ROW)
    first = []
    for _ in range(ROUNDS):
        await page.goto(url)
        await page.wait_for_selector("[data-incident]")
        first.append(await page.evaluate("window.bbFirstRow"))
    at(0.7, "clicks")
    clicks, views = [], []
    for _ in range(ROUNDS):
        waiting = await page.evaluate("document.querySelector('.bb-act').closest('[data-incident]').dataset.incident")
        row = f'[data-incident="{waiting}"]'
        clicks.append(await page.evaluate(_CLICK, [f"{row} .bb-act", None, f"{row} .bb-act"]))
    for _ in range(ROUNDS):
        views.append(await page.evaluate(_CLICK, ["[data-incident] a", ".bb-head", None]))
        views.append(await page.evaluate(_CLICK, ['.bb-nav a[href="/"]', "[data-incident]", ".bb-head"]))
    at(0.85, "searches")
    await page.goto(f"{url}/history")
    await page.wait_for_selector(".bb-found")
    searches = [await _search(page, number) for number in range(ROUNDS)]
    at(0.95, "news")
    await page.goto(url)
    await page.wait_for_selector("[data-incident]")
    live = [await _news(page, settings, now, number) for number in range(ROUNDS)]
    return {
        "first_view_ms": _figures(first), "click_to_change_ms": _figures(clicks), "to_another_view_ms": _figures(views),
        "search_ms": _figures(searches), "live_ms": _figures(live),
    }  # fmt: skip


async def _search(page: Any, number: int) -> float:
    """From the last key until other results are there."""
    await page.evaluate("document.querySelectorAll('.bb-found').forEach(row => row.dataset.old = 1)")
    started = time.perf_counter()
    await page.fill(".bb-find input", f"{WORDS[number % len(WORDS)]} {WORDS[(number * 5 + 3) % len(WORDS)]}")
    await page.wait_for_selector("[data-old]", state="detached")
    return 1000 * (time.perf_counter() - started)


async def _news(page: Any, settings: Settings, now: datetime, number: int) -> float:
    """From the moment Kafka has a new incident until the page shows it."""
    made = _incident(
        f"news-{number}", now + timedelta(seconds=number + 1), random.Random(number), severity=Severity.CRITICAL
    )
    started = time.perf_counter()
    await _send(settings, "incidents", [made])
    await page.wait_for_selector(f'[data-incident="{made.id}"]')
    return 1000 * (time.perf_counter() - started)


def _figures(values: list[float]) -> Figures:
    ordered = sorted(values)
    return Figures(
        median=round(ordered[len(ordered) // 2], 1),
        p95=round(ordered[min(len(ordered) - 1, len(ordered) * 95 // 100)], 1),
        count=len(ordered),
    )


def _mib(console: Process) -> float:
    status = Path(f"/proc/{console.pid}/status")
    if not status.exists():
        return 0.0
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return round(int(line.split()[1]) / 1024, 1)


# --------------------------------------------------------------------------------- what is there


def _settings(bootstrap: str, folder: Path) -> Settings:
    config = folder / "brands.yaml"
    brands = "\n".join(f"  - {{id: brand{n}, name: Brand {n}, match: {{any: [brand{n}]}}}}" for n in range(BRANDS))
    config.write_text(f"brands:\n{brands}\nteams: [{{id: pr, name: PR}}]\n")
    return load_settings(
        brokers=bootstrap, config=config, prefix="bench-", console_host="127.0.0.1", console_port=0,
        console_dir=folder / "console", http_port=0, log_level="warning" if sys.flags.dev_mode else "info",
    )  # fmt: skip


async def _fill(settings: Settings, now: datetime) -> None:
    rng = random.Random(1)
    past = (
        _incident(f"past-{n}", now - timedelta(hours=n + 2), rng, state=IncidentState.RESOLVED) for n in range(PAST)
    )
    await _send(settings, "incidents", past)
    await _send(settings, "incidents", (_incident(f"open-{n}", now - timedelta(minutes=n), rng) for n in range(OPEN)))
    await _send(settings, "brand-signals", _minutes(now, rng))


def _minutes(now: datetime, rng: random.Random) -> Iterator[Bucket]:
    score = Score(status=ScoreStatus.OK, surprise=1.0, threshold=4.8, expected_per_min=0.5)
    for minute in range(MINUTES):
        for brand in range(BRANDS):
            negative = rng.choice((0, 0, 1, 2))
            yield Bucket(
                brand=f"brand{brand}",
                start=now - timedelta(minutes=MINUTES - minute + 1),
                seconds=60,
                status=BucketStatus.COUNTED,
                negative=negative,
                neutral=3,
                positive=1,
                negative_by_channel={"twitter": negative},
                negative_by_topic={"none": negative},
                scores={"surge": score},
            )


def _incident(
    name: str,
    opened: datetime,
    rng: random.Random,
    *,
    state: IncidentState = IncidentState.OPEN,
    severity: Severity | None = None,
) -> Incident:
    number = rng.randrange(BRANDS)
    said = [" ".join(rng.choice(WORDS) for _ in range(18)) for _ in range(6)]
    posts = [
        TopPost(id=f"{name}-{n}", source="twitter", text=text, created_at=opened, author=f"author{n}", followers=99)
        for n, text in enumerate(said)
    ]
    parts = [Part(name=word, observed=10, expected=1.0) for word in WORDS[:4]]
    why = Explanation(
        since=opened,
        until=opened,
        observed=40,
        expected=4.0,
        parts=dict.fromkeys(("channel", "topic", "audience", "authors", "hashtag", "kind", "language"), parts),
        first_post=posts[0],
        top_posts=posts,
        words=[Word(word=word, posts=9, z=5.0) for word in WORDS[:12]],
        timeline=[TimelinePoint(opened + timedelta(minutes=5 * n), n, 2.0, 0, 5) for n in range(48)],
        stories=[Story(kind=rng.choice(list(StoryKind)), share=0.5, threshold=0.3, posts=9, of=40)],
        titles={
            "en": f"Brand {number}: criticism about {said[0][:40]}",
            "fr": f"Brand {number} : critiques, {said[0][:40]}",
        },
    )
    return Incident(
        id=name,
        brand=f"brand{number}",
        brand_name=f"Brand {number}",
        state=state,
        version=1,
        onset=opened,
        opened_at=opened,
        updated_at=opened,
        resolved_at=opened + timedelta(hours=1) if state is IncidentState.RESOLVED else None,
        alerts=[],
        why=why,
        peak_surprise=6.0,
        threshold=4.8,
        severity=severity or rng.choice(list(Severity)),
        timeline=[Entry(at=opened, what=Change.OPENED, version=1)],
    )


async def _send(settings: Settings, topic: str, values: Any) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=settings.brokers, linger_ms=5)
    await producer.start()
    try:
        last = None
        for value in values:
            key = (value.id if isinstance(value, Incident) else value.brand).encode()
            last = await producer.send(settings.topic(topic), msgspec.json.encode(value), key=key)
        if last is not None:
            await producer.flush()
    finally:
        await producer.stop()


@asynccontextmanager
async def _answering(settings: Settings) -> AsyncIterator[None]:
    """Answer commands meanwhile, as a worker does."""
    task = asyncio.create_task(_answer(settings))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _answer(settings: Settings) -> None:
    rng = random.Random(2)
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.brokers, auto_offset_reset="earliest", fetch_max_wait_ms=50)
    producer = AIOKafkaProducer(bootstrap_servers=settings.brokers)
    await consumer.start()
    await producer.start()
    try:
        consumer.assign([TopicPartition(settings.topic("commands"), n) for n in range(settings.partitions)])
        async for record in consumer:
            command = decode_command(record.value)
            now = datetime.now(UTC)
            done = Answer(
                command=command.id, brand=command.brand, incident=command.incident, outcome=Outcome.DONE, at=now
            )
            made = _incident(str(command.incident), now, rng, state=IncidentState.ACKNOWLEDGED)
            made = msgspec.structs.replace(made, version=2, owner=command.by, brand=command.brand)
            await producer.send(settings.topic("incidents"), msgspec.json.encode(made), key=made.id.encode())
            await producer.send(settings.topic("journal"), msgspec.json.encode(done), key=command.id.encode())
    finally:
        await producer.stop()
        await consumer.stop()
