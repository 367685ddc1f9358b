"""/metrics, /healthz and /readyz of a worker, on loopback unless told otherwise."""

from __future__ import annotations

import structlog
from aiohttp import web
from mode import Service
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from streams.runtime import Runtime

__all__ = ["HealthServer"]

log = structlog.get_logger("badbuzz")


class HealthServer(Service):
    """A small web server beside the agents. /readyz: partitions are assigned and nothing stands still.

    /healthz is red only where a restart would help: something fatal happened, or an agent has work and does not
    get on with it.
    """

    runtime: Runtime

    @classmethod
    def bound_to(cls, runtime: Runtime) -> type[HealthServer]:
        """A service class for one worker: Faust makes the instance itself."""
        return type("BoundHealthServer", (cls,), {"runtime": runtime})

    async def on_start(self) -> None:
        """Listen; a taken port stops the worker."""
        app = web.Application()
        app.add_routes(
            [
                web.get("/metrics", self._metrics),
                web.get("/healthz", self._healthz),
                web.get("/readyz", self._readyz),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        settings = self.runtime.settings
        try:
            await web.TCPSite(self._runner, settings.http_host, settings.http_port).start()
        except OSError as error:
            await self.runtime.fatal(error, f"cannot listen on {settings.http_host}:{settings.http_port}")
            return
        host, port = self._runner.addresses[0][:2]
        log.info("listening", url=f"http://{host}:{port}/metrics")

    async def on_stop(self) -> None:
        """Stop listening."""
        await self._runner.cleanup()

    async def _metrics(self, request: web.Request) -> web.Response:
        body = generate_latest(self.runtime.metrics.registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _healthz(self, request: web.Request) -> web.Response:
        return self._answer(self._problems())

    async def _readyz(self, request: web.Request) -> web.Response:
        problems = self._problems()
        if not self.runtime.health.ready:
            problems.append("no partitions yet")
        return self._answer(problems)

    def _problems(self) -> list[str]:
        health = self.runtime.health
        stalled = health.stalled(self.runtime.settings.stall_timeout_s)
        fatal = [health.fatal] if health.fatal else []
        return fatal + [f"{agent} stands still" for agent in stalled]

    @staticmethod
    def _answer(problems: list[str]) -> web.Response:
        return web.json_response({"ok": not problems, "problems": problems}, status=503 if problems else 200)
