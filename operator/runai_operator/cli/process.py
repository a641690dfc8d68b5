"""The operator as one process: every part put together, started in order, and stopped in the opposite one."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from aiohttp import ClientError
from kubernetes.aio import client, config
from kubernetes.aio.client.exceptions import ApiException

from runai_operator import __version__
from runai_operator.engine import KeyedQueue, Priority, Result, SystemClock, run_workers
from runai_operator.fleet.connection import Listeners
from runai_operator.fleet.keeper import Keeper
from runai_operator.fleet.registry import Registry, Tools
from runai_operator.kube.api import KubernetesApi, OwnNamespace
from runai_operator.kube.index import Index
from runai_operator.kube.watch import Moved, Watch
from runai_operator.settings import Settings
from runai_operator.sync.ledger import Ledger
from runai_operator.sync.reconcile import Reconciler
from runai_operator.sync.resource import Key
from runai_operator.telemetry import Health, Heartbeat, Metrics, at_most, bind, configure_logging, serve_probes

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
CLUSTER_EVENTS = "default"
"""Where events about cluster-scoped objects have to be: the API server refuses them in any namespace of ours."""


class Process:
    """What the parts share: two queues, the index, and how news travels between them."""

    def __init__(self, settings: Settings, api: client.ApiClient, cluster_id: str) -> None:
        clock = SystemClock()
        self.settings = settings
        self.metrics = Metrics(version=__version__)
        self.health = Health()
        self.index = Index()
        self.queue: KeyedQueue[Key] = KeyedQueue(group=lambda key: key.namespace, clock=clock)
        self.connections: KeyedQueue[str] = KeyedQueue(clock=clock)
        self.kubernetes = KubernetesApi(
            api, labels=self.index.labels, wrote=lambda what: self.metrics.kubernetes_writes.labels(what).inc()
        )
        tools = Tools(
            vault=OwnNamespace(api, settings.namespace),
            clock=clock,
            timeout=settings.request_timeout,
            observer=self._observe,
        )
        self.registry = Registry(tools, self._listeners)
        self.keeper = Keeper(
            self.kubernetes,
            self.registry,
            clock,
            namespace=CLUSTER_EVENTS,
            changed=self._look_again_on,
            owned=self.index.owned_on,
        )
        ledger = Ledger(window=settings.settle_window, now=clock.monotonic)
        self.reconciler = Reconciler(self.kubernetes, self.registry, ledger, cluster_id)
        self.metrics.watch_queue(self.queue.due, self.queue.oldest_wait)

    async def reconcile(self, key: Key) -> Result:
        """A worker's round for a resource."""
        began = time.perf_counter()
        with bind(resource=str(key)):
            upcoming = await self.reconciler.reconcile(key)
            log.debug("reconciled: %s", upcoming.reason)
        if upcoming.reason == "Gone":
            self.index.drop(key)  # its DELETED event may have been missed
        self.metrics.reconcile_seconds.observe(time.perf_counter() - began)
        self.metrics.reconciles.labels(upcoming.reason).inc()
        return Result(after=upcoming.after, retry=upcoming.retry)

    def failed(self, key: object, error: BaseException) -> None:
        """A round that ended in an error: one line, and the traceback where it is a surprise."""
        self.metrics.errors.labels(type(error).__name__).inc()
        expected = isinstance(error, ApiException | ClientError | TimeoutError | OSError)
        log.error("a round for %s failed, it will be tried again: %s", key, error, exc_info=None if expected else error)

    async def reconcile_connection(self, name: str) -> Result:
        """A worker's round for a connection."""
        with bind(connection=name):
            after = await self.keeper.reconcile(name)
        if after is None:
            self.metrics.forget_connection(name)
        else:
            self.metrics.connection_ready.labels(name).set(self.registry.usable(name))
            self.metrics.set_workloads(name, self.registry.phases(name))
        return Result(after=after)

    def moved(self) -> Moved:
        """Where the watch puts what it sees."""
        return Moved(workload=self.queue.add, connection=self.connections.add)

    def _listeners(self, name: str) -> Listeners:
        def moved(workload_ids: set[str]) -> None:
            for key in self.index.keys_of(workload_ids):
                self.queue.add(key, priority=Priority.FOLLOW_UP)

        def changed() -> None:
            self.connections.add(name)
            for key in self.index.unsettled_on(name):
                self.queue.add(key, priority=Priority.FOLLOW_UP)

        return Listeners(moved=moved, swept=lambda: self._look_again_on(name), changed=changed)

    def _look_again_on(self, connection: str) -> None:
        for key in self.index.keys_on(connection):
            self.queue.add(key, priority=Priority.FOLLOW_UP)

    def _observe(self, route: str, status: int | None, seconds: float) -> None:
        self.metrics.runai_requests.labels(route, str(status or "none")).inc()
        self.metrics.runai_request_seconds.labels(route).observe(seconds)


async def run(settings: Settings) -> None:
    """Runs until SIGTERM or SIGINT, and stops within ten seconds of it."""
    configure_logging(settings.log_format, settings.log_level)
    gc.set_threshold(100_000, 20, 50)
    sys.setrecursionlimit(DEEPEST)
    stop, start_up = asyncio.Event(), asyncio.timeout(None)
    _on_signal(stop, start_up)
    async with AsyncExitStack() as stack:
        try:
            async with start_up:
                process = await _start(settings, stack)
        except TimeoutError:
            if not start_up.expired():
                raise
            log.info("stopping: it was still being started")
            return
        await stop.wait()
        log.info("stopping: what is in hand is finished first")
        process.health.shut_down()


def _on_signal(stop: asyncio.Event, start_up: asyncio.Timeout) -> None:
    """SIGTERM and SIGINT set `stop`, and cut the start-up short, which may wait for an API server for long."""
    loop = asyncio.get_running_loop()

    def asked() -> None:
        stop.set()
        with suppress(RuntimeError):  # it is over
            start_up.reschedule(loop.time())

    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, asked)


async def _start(settings: Settings, stack: AsyncExitStack) -> Process:
    """What is entered last is left first: the workers stop before what they use."""
    api = await stack.enter_async_context(_api())
    cluster_id = settings.cluster_id or await KubernetesApi(api).cluster_id()
    process = Process(settings, api, cluster_id)
    health = process.health
    watch = Watch(process.index, process.moved(), asyncio.get_running_loop(), namespaces=settings.watch_namespaces)
    health.ready("watch", lambda: None if watch.ready.is_set() else "the watch has not begun")
    port = await stack.enter_async_context(
        serve_probes(settings.probe_host, settings.probe_port, health, process.metrics.registry)
    )
    log.info("/livez, /readyz and /metrics on port %d", port)
    stack.push_async_callback(process.registry.aclose)
    await stack.enter_async_context(
        run_workers(
            process.connections,
            process.reconcile_connection,
            on_error=process.failed,
            workers=CONNECTION_WORKERS,
            stop_within=1.0,
        )
    )
    for name in await _all_connections(process):
        try:
            await process.keeper.reconcile(name)
        except Exception as error:  # one that cannot be looked at must not keep the others from working
            process.failed(name, error)
        process.connections.add(name)
    process.registry.all_known()
    watch.start()
    health.live("watch", watch.alive)
    stack.push_async_callback(watch.stop)
    workers = await stack.enter_async_context(
        run_workers(
            process.queue,
            process.reconcile,
            on_error=process.failed,
            workers=settings.workers,
            stop_within=max(settings.shutdown_seconds - FAREWELL, 0),
        )
    )
    health.live("workers", at_most(STUCK, workers.longest, what="a worker has been at one resource"))
    health.live("pollers", process.registry.ended)
    await stack.enter_async_context(_beating(health))
    log.info("runai-operator %s looks after cluster %s", __version__, cluster_id)
    return process


async def _all_connections(process: Process) -> list[str]:
    """Asked until the API server tells: it may be starting, or still be without our resources."""
    while True:
        try:
            return await process.kubernetes.connections()
        except Exception as error:
            process.failed("the list of RunaiConnections", error)
            await asyncio.sleep(RETRY)


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
async def _api() -> AsyncIterator[client.ApiClient]:
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
