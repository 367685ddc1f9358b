"""The console's process: the read model is kept up to date, pages and the API are served, until somebody stops it."""

from __future__ import annotations

import asyncio
import fcntl
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import structlog
import uvicorn
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from detectors.errors import BadbuzzError, Unavailable
from detectors.model import Watch
from streams.console.access import Access
from streams.console.api import Api, create_api
from streams.console.audit import Audit
from streams.console.commander import Commander
from streams.console.core import Core
from streams.console.feed import Feed
from streams.console.guard import Guard
from streams.console.hub import Hub
from streams.console.readmodel import Store, Writer
from streams.console.signin import signin_routes
from streams.console.users import Users
from streams.console.views import mount_views
from streams.playbooks import load_playbook
from streams.settings import Settings

__all__ = ["run_console"]

DRAIN_S: Final = 3

log = structlog.get_logger("badbuzz")


async def run_console(settings: Settings, watch: Watch) -> None:
    """One console until SIGTERM, SIGINT or a failure. It starts without Kafka, too, and says so on its pages.

    Raises:
        ConfigError: nobody could sign in.
        Unavailable: its folder or its port cannot be used, or another console has them.
        BadbuzzError: what stopped it.
    """
    async with AsyncExitStack() as parts:
        home = settings.console_home
        parts.enter_context(_alone(home))
        hub, clock = Hub(), lambda: datetime.now(UTC)
        store = Store(home / "read-model.db", f"{settings.brokers} {settings.prefix}")
        parts.callback(store.close)
        db = store.reader()
        parts.callback(db.close)
        users = Users(settings.console_users) if settings.console_users is not None else None
        access, audit = Access(settings, users), Audit(home)
        parts.callback(access.close)
        parts.callback(audit.close)
        commander = Commander(settings, home, lambda: db, hub, lambda: round(time.time() * 1000))
        parts.callback(commander.close)
        playbook = load_playbook(settings.playbook_dir)
        core = Core(settings, watch, playbook, db, hub, commander, access, audit, clock)
        listening = parts.enter_context(_listen(settings))
        api = create_api(core)
        server = _Server(Guard(_web(core, api), access, settings), api)
        await _serve(server, listening, settings, Feed(settings, Writer(store), hub), commander)


class _Server(uvicorn.Server):
    """Serves until it is told to stop; who follows the API's stream is let go of first."""

    def __init__(self, app: Guard, api: Api) -> None:
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=DRAIN_S,
            ws_max_size=1_000_000,
        )
        super().__init__(config)
        self._api = api

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what would go on for ever, then the rest in order."""
        self._api.state.streams.close()
        await super().shutdown(sockets)


def _web(core: Core, api: Api) -> FastAPI:
    """Pages, API and what a balancer asks, without the guard."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield

    web = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, lifespan=lifespan)

    async def healthz(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(_: Request) -> Response:
        link = core.hub.link
        if link.connected and link.caught_up:
            return PlainTextResponse("ready\n")
        said = f"{link.progress:.0%} read" if link.connected else "Kafka is away"
        return PlainTextResponse(f"{said}\n", 503)

    web.router.add_route("/healthz", healthz)
    web.router.add_route("/readyz", readyz)
    web.router.routes.extend(signin_routes(core.access, core.audit))
    web.mount("/api/v1", api)
    mount_views(core, web)
    return web


async def _serve(
    server: _Server, listening: socket.socket, settings: Settings, feed: Feed, commander: Commander
) -> None:
    host, port = listening.getsockname()[:2]
    log.info(
        "listening", url=f"http://{f'[{host}]' if ':' in host else host}:{port}", folder=str(settings.console_home)
    )
    serving = asyncio.create_task(server.serve([listening]))
    work = [asyncio.create_task(feed.run()), asyncio.create_task(commander.run())]
    try:
        done, _ = await asyncio.wait([serving, *work], return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        await asyncio.wait([serving], timeout=DRAIN_S + 2)
    finally:
        server.should_exit = True
        for task in (*work, serving):
            task.cancel()
        await asyncio.gather(*work, serving, return_exceptions=True)
    for task in done - {serving}:
        error = task.exception()
        raise BadbuzzError(f"the console failed: {error}") from error
    log.info("stopped")


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """The folder, for us alone.

    Raises:
        Unavailable: another console has it, or it cannot be made.
    """
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (home / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise Unavailable(
                    f"{home}: another console has this folder; give each its own (BADBUZZ_CONSOLE_DIR)"
                ) from None
            yield
    except PermissionError as error:
        raise Unavailable(f"{home}: {error.strerror}") from error


@contextmanager
def _listen(settings: Settings) -> Iterator[socket.socket]:
    """The socket on which we listen.

    Raises:
        Unavailable: the address cannot be had.
    """
    host, port = settings.console_host, settings.console_port
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        raise Unavailable(f"cannot listen on {host}:{port}: {error.strerror or error}") from None
    with listening:
        yield listening
