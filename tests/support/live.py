"""A worker that has learned ordinary life, people's channels as a local server, and a wave that comes now."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web

from support.kafka_io import Record, produce
from support.story import CONFIG, story_posts, write_config
from support.worker import run_badbuzz

__all__ = ["People", "learned", "people", "wave"]


@dataclass
class People:
    """What each channel was told, by its name; `answer` may say how a channel answers, and when."""

    port: int = 0
    told: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    headers: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    answer: Callable[[str, int], Awaitable[int]] | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def url(self, channel: str) -> str:
        """The address of a channel, as Apprise writes it."""
        return f"json://127.0.0.1:{self.port}/{channel}"

    def titles(self, channel: str) -> list[str]:
        """The titles that a channel was told."""
        return [one["title"] for one in self.told.get(channel, [])]

    async def until(self, channel: str, count: int, *, within_s: float = 40) -> list[str]:
        """Wait until a channel was told so often; the titles."""
        async with asyncio.timeout(within_s):
            while len(self.titles(channel)) < count:
                self._news.clear()
                await self._news.wait()
        return self.titles(channel)

    async def _take(self, request: web.Request) -> web.Response:
        channel = request.match_info["channel"]
        told = await request.json()
        self.told.setdefault(channel, []).append(told)
        self.headers.setdefault(channel, []).append(dict(request.headers))
        self._news.set()
        status = await self.answer(channel, len(self.told[channel])) if self.answer is not None else 200
        return web.Response(status=status)


@asynccontextmanager
async def people() -> AsyncIterator[People]:
    """A server that is everybody's chat."""
    server = People()
    app = web.Application()
    app.add_routes([web.post("/{channel}", server._take)])
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.port = runner.addresses[0][1]
    yield server
    await runner.cleanup()


async def learned(directory: Path, rest: str, env: dict[str, str]) -> Path:
    """A configuration with `rest` below the brands, for which four ordinary days, over an hour ago, are learned."""
    config = write_config(directory, CONFIG.replace("{timezone: UTC}", "{timezone: UTC, allowed_lateness: 5s}") + rest)
    ordinary = [json.loads(each) for each in story_posts(days=4.0)]
    ordinary = [each for each in ordinary if "Acme" not in each["text"] or each["created_at"] < "2026-03-05T22"]
    shift = datetime.now(UTC) - timedelta(hours=1) - datetime(2026, 3, 6, tzinfo=UTC)
    recorded = directory / "recorded.jsonl"
    with recorded.open("w") as file:
        for each in ordinary:
            each["created_at"] = (datetime.fromisoformat(each["created_at"]) + shift).isoformat()
            file.write(json.dumps(each) + "\n")
    done = await asyncio.to_thread(run_badbuzz, "backfill", str(recorded), "--config", str(config), env=env)
    assert done.returncode == 0, done.stderr
    return config


async def wave(bootstrap: str, prefix: str, *, posts: int = 60, text: str = "acme fails", name: str = "w") -> None:
    """So many negative posts on Acme, now."""
    now = datetime.now(UTC)
    records = [
        Record(
            json.dumps(
                {
                    "id": f"{name}{number}",
                    "source": "forum",
                    "text": text,
                    "created_at": (now + timedelta(milliseconds=number)).isoformat(),
                    "sentiment": "negative",
                }
            ).encode()
        )
        for number in range(posts)
    ]
    await produce(bootstrap, f"{prefix}posts", records)
