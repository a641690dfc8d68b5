"""The small HTTP server that kubelet and Prometheus ask: `/livez`, `/readyz`, `/metrics`."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from .health import Health, Report

Handler = Callable[[web.Request], Awaitable[web.Response]]


@asynccontextmanager
async def serve_probes(host: str, port: int, health: Health, registry: CollectorRegistry) -> AsyncIterator[int]:
    """Serves while the block runs; gives the port, which the system chooses when `port` is 0.

    A stuck event loop answers nothing, which is what a liveness probe is to find out. Raises OSError when the port is
    taken.
    """
    runner = web.AppRunner(_application(health, registry), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def _application(health: Health, registry: CollectorRegistry) -> web.Application:
    application = web.Application()
    application.router.add_get("/livez", _probe(health.livez))
    application.router.add_get("/readyz", _probe(health.readyz))
    application.router.add_get("/metrics", _metrics(registry))
    return application


def _probe(examine: Callable[[], Report]) -> Handler:
    async def answer(_: web.Request) -> web.Response:
        report = examine()
        return web.Response(text=report.text(), status=200 if report.ok else 503)

    return answer


def _metrics(registry: CollectorRegistry) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(registry), headers={"Content-Type": content_type})

    return answer
