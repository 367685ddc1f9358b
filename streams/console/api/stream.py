"""Incidents as they happen: Server-Sent Events, for programs that want to know within a second."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Iterator
from typing import Annotated, Final

import structlog
from fastapi import Header, Request
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from starlette.responses import Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from streams.console.access import Who
from streams.console.api.asking import Asks
from streams.console.api.document import Operations
from streams.console.api.problems import Refused
from streams.console.core import Core
from streams.console.readmodel import Changes
from streams.console.readmodel.incidents import changed_since

__all__ = ["Streams", "operations"]

PULSE_S: Final = 15.0
"""After so long without an event there is a comment, so that whatever is between us keeps the connection."""
AGAIN_S: Final = 30.0
"""So often we look whether somebody may still listen."""
STUCK_S: Final = 30.0
"""Whoever has not read what they were sent for so long is not there."""
MOST: Final = 200
"""Streams at once; more are refused."""
BATCH: Final = 50

_PLACE: Final = re.compile(r"([0-9a-f]{8})-([0-9]{1,18})")

log = structlog.get_logger("badbuzz")

operations = Operations("incidents")


class Streams:
    """The streams that are open. Nothing is queued for them: each reads on in the read model when it has sent."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._open: set[asyncio.Event] = set()
        self._closed = False

    def __len__(self) -> int:
        """How many are open."""
        return len(self._open)

    def close(self) -> None:
        """End them all, and those that come: the server stops."""
        self._closed = True
        for news in self._open:
            news.set()

    async def follow(self, who: Who, last: str) -> AsyncGenerator[bytes]:
        """What came after the event with the id `last`, or what is open, then what changes; as long as `who` may."""
        now = asyncio.get_running_loop().time
        news = asyncio.Event()

        def notice(changes: Changes) -> None:
            if changes.incidents or not changes:
                news.set()

        self._open.add(news)
        try:
            with self._core.hub.listening(notice):
                place = self._place(last)
                again_at, pulse_at = now() + AGAIN_S, now() + PULSE_S
                yield format_sse_event(retry=1000)
                while not self._closed:
                    news.clear()
                    for reached, event in self._missed(place):
                        yield event
                        place, pulse_at = reached, now() + PULSE_S
                    if now() >= again_at:
                        if self._core.access.again(who) is None:
                            return
                        again_at = now() + AGAIN_S
                    if now() >= pulse_at:
                        yield KEEPALIVE_COMMENT
                        pulse_at = now() + PULSE_S
                    try:
                        await asyncio.wait_for(news.wait(), max(0.0, min(again_at, pulse_at) - now()))
                    except TimeoutError:
                        pass
        finally:
            self._open.discard(news)

    def _missed(self, place: tuple[str, int] | None) -> Iterator[tuple[tuple[str, int], bytes]]:
        """Events after a place, each with its own; those of what is open where the place is of another life."""
        link = self._core.hub.link
        if link.connected and not link.caught_up:
            return  # what is read now is long past
        life, end = self._meta("life"), int(self._meta("seq"))
        if place is None or place[0] != life:
            query = "SELECT seq, body FROM incidents WHERE is_open ORDER BY seq"
            for seq, body in self._core.db.execute(query).fetchall():
                yield (life, seq), _event(life, seq, body)
            # Without data nobody is told of it, and a client that comes back says so.
            place = life, end
            yield place, format_sse_event(id=f"{life}-{end}")
        while not self._closed and (found := changed_since(self._core.db, place[1], BATCH)):
            for seq, body in found:
                place = life, seq
                yield place, _event(life, seq, body)

    def _place(self, last: str) -> tuple[str, int] | None:
        match = _PLACE.fullmatch(last)
        return (match[1], int(match[2])) if match is not None else None

    def _meta(self, name: str) -> str:
        row = self._core.db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return str(row["value"])


class _EventStream(StreamingResponse):
    """A response that waits for a reader no longer than it must."""

    def __init__(self, events: AsyncGenerator[bytes]) -> None:
        super().__init__(events, headers={"X-Accel-Buffering": "no"}, media_type="text/event-stream")
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send."""

        async def patiently(message: Message) -> None:
            await asyncio.wait_for(send(message), STUCK_S)

        try:
            await super().__call__(scope, receive, patiently)
        except TimeoutError:
            log.warning("somebody who follows the incidents reads no more")
        finally:
            await self._events.aclose()


def _event(life: str, seq: int, body: bytes) -> bytes:
    return format_sse_event(data_str=body.decode(), event="incident", id=f"{life}-{seq}")


@operations.on(
    "GET",
    "/incidents/stream",
    "Follow incidents",
    media={"text/event-stream": {"schema": {"type": "string"}}},
    problems=[503],
)
async def stream_incidents(
    request: Request,
    asking: Asks,
    last_event_id: Annotated[
        str, Header(description="The id of the last event you have: what came after is sent.")
    ] = "",
) -> Response:
    """Server-Sent Events: `incident` with an incident as its data, each time one changes.

    First come those that are open, or, with `Last-Event-ID`, those that have changed since. An incident that changes
    twice before you have read it is sent once, as it is then; the same may come again after a reconnection.
    """
    streams: Streams = request.app.state.streams
    if len(streams) >= MOST:
        raise Refused("unavailable", f"{MOST} streams are open already")
    return _EventStream(streams.follow(asking.who, last_event_id))
