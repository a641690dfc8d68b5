"""The operator as one process: its parts started in order, and stopped in the opposite one."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from kubernetes.aio import client, config

from runai_operator import __version__
from runai_operator.cli.assembly import Assembly, Outside, Signs
from runai_operator.cli.leading import elector_of, leading
from runai_operator.engine import run_workers
from runai_operator.kube.api import KubernetesApi
from runai_operator.kube.watch import Watch
from runai_operator.settings import Settings
from runai_operator.sync.resource import Key
from runai_operator.telemetry import Health, Heartbeat, at_most, configure_logging, serve_probes

log = logging.getLogger(__name__)

DEEPEST = 25_000
"""Levels of recursion. The API server stores JSON of 10,000, and one such object must not end the watch of all."""
STUCK = 300.0
"""No round takes so many seconds: a worker that does hangs."""
CONNECTION_WORKERS = 2
RETRY = 2.0
"""Seconds until an API server that could not list our resources is asked again."""
FAREWELL = 2.0
"""Seconds of the shutdown that are kept for closing what the workers used."""


async def run(settings: Settings) -> None:
    """Runs until SIGTERM or SIGINT, and stops within ten seconds of it. Raises LeaseLost."""
    configure_logging(settings.log_format, settings.log_level)
    gc.set_threshold(100_000, 20, 50)
    sys.setrecursionlimit(DEEPEST)
    stop, start_up = asyncio.Event(), asyncio.timeout(None)
    _on_signal(stop, start_up)
    async with AsyncExitStack() as stack:
        try:
            async with start_up:
                operator = await _start(settings, stack)
        except TimeoutError:
            if not start_up.expired():
                raise
            log.info("stopping: it stood by, or was still being started")
            return
        await stop.wait()
        log.info("stopping: what is in hand is finished first")
        operator.health.shut_down()


def _on_signal(stop: asyncio.Event, start_up: asyncio.Timeout) -> None:
    """SIGTERM and SIGINT set `stop`, and cut the start-up short, which may wait for an API server for long."""
    loop = asyncio.get_running_loop()

    def asked() -> None:
        stop.set()
        with suppress(RuntimeError):  # it is over
            start_up.reschedule(loop.time())

    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, asked)


async def _start(settings: Settings, stack: AsyncExitStack) -> Assembly:
    """What is entered last is left first: the workers stop before what they use."""
    api, signs = await stack.enter_async_context(api_client()), Signs()
    await _serve_probes(settings, signs, stack)
    permit = await stack.enter_async_context(leading(elector_of(settings, api), signs))
    cluster_id = settings.cluster_id or await KubernetesApi(api).cluster_id()
    operator = Assembly(settings, Outside.of(api, settings, permit), cluster_id, signs)
    watch = Watch(operator.index, operator.moved(), asyncio.get_running_loop(), namespaces=settings.watch_namespaces)
    operator.health.ready("watch", lambda: None if watch.ready.is_set() else "the watch has not begun")
    await look_after_connections(operator, stack)
    watch.start()
    operator.health.live("watch", watch.alive)
    stack.push_async_callback(watch.stop)
    await look_after_workloads(operator, stack)
    log.info("runai-operator %s looks after cluster %s", __version__, cluster_id)
    return operator


async def _serve_probes(settings: Settings, signs: Signs, stack: AsyncExitStack) -> None:
    serving = serve_probes(settings.probe_host, settings.probe_port, signs.health, signs.metrics.registry)
    port = await stack.enter_async_context(serving)
    await stack.enter_async_context(_beating(signs.health))
    log.info("/livez, /readyz and /metrics on port %d", port)


async def look_after_connections(operator: Assembly, stack: AsyncExitStack) -> None:
    """From here on, and each once before anything else: what is not known then is not there."""
    await _read_all_resources(operator)
    stack.push_async_callback(operator.registry.aclose)
    operator.health.live("pollers", operator.registry.ended)
    crew = run_workers(
        operator.connections,
        operator.reconcile_connection,
        backoff=operator.connection_backoff,
        clock=operator.clock,
        on_error=operator.failed,
        workers=CONNECTION_WORKERS,
        stop_within=1.0,
    )
    await stack.enter_async_context(crew)
    for name in await _all_connections(operator):
        try:
            await operator.keeper.reconcile(name)
        except Exception as error:  # one that cannot be looked at must not keep the others from working
            operator.failed(name, error)
        operator.connections.add(name)
    operator.registry.all_known()


async def look_after_workloads(operator: Assembly, stack: AsyncExitStack) -> None:
    """From here on, as the queue says."""
    settings = operator.settings
    crew = run_workers(
        operator.queue,
        operator.reconcile,
        backoff=operator.backoff,
        clock=operator.clock,
        on_error=operator.failed,
        workers=settings.workers,
        stop_within=max(settings.shutdown_seconds - FAREWELL, 0),
    )
    workers = await stack.enter_async_context(crew)
    stuck = at_most(STUCK, workers.longest, what="a worker has been at one resource")
    operator.health.live("workers", stuck)


async def _read_all_resources(operator: Assembly) -> None:
    """Into the index, before any fleet is read: to miss workloads it has to be known which there should be."""
    while True:
        try:
            async for body in operator.kubernetes.resources(operator.settings.watch_namespaces):
                operator.index.put(body)
                operator.queue.add(Key(body["metadata"]["namespace"], body["metadata"]["name"]))
            return
        except Exception as error:
            operator.failed("the list of RunaiWorkloads", error)
            await operator.clock.sleep(RETRY)


async def _all_connections(operator: Assembly) -> list[str]:
    """Asked until the API server tells: it may be starting, or still be without our resources."""
    while True:
        try:
            return await operator.kubernetes.connections()
        except Exception as error:
            operator.failed("the list of RunaiConnections", error)
            await operator.clock.sleep(RETRY)


@asynccontextmanager
async def _beating(health: Health) -> AsyncIterator[None]:
    """Shows that the event loop turns."""
    heartbeat = Heartbeat(within=30)
    health.live("loop", heartbeat)

    async def beat() -> None:
        while True:
            heartbeat.beat()
            await asyncio.sleep(1)

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def api_client() -> AsyncIterator[client.ApiClient]:
    """A client of the API server: as KUBECONFIG says, as a Pod's service account, or as ~/.kube/config says."""
    configuration = client.Configuration()
    if "KUBECONFIG" in os.environ:
        await config.load_kube_config(client_configuration=configuration)
    else:
        try:
            config.load_incluster_config(client_configuration=configuration)
        except config.ConfigException:
            await config.load_kube_config(client_configuration=configuration)
    async with client.ApiClient(configuration) as api:
        yield api
