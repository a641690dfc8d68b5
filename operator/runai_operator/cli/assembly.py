"""The parts of the operator, put together: two queues, the index, and how news travels between them."""

from __future__ import annotations

import logging
import time

from aiohttp import ClientError
from kubernetes.aio import client
from kubernetes.aio.client.exceptions import ApiException

from runai_operator import __version__
from runai_operator.engine import KeyedQueue, Priority, Result, SystemClock
from runai_operator.fleet.connection import Listeners
from runai_operator.fleet.keeper import Keeper
from runai_operator.fleet.registry import Registry, Tools
from runai_operator.kube.api import KubernetesApi, OwnNamespace
from runai_operator.kube.index import Index
from runai_operator.kube.watch import Moved
from runai_operator.settings import Settings
from runai_operator.sync.ledger import Ledger
from runai_operator.sync.reconcile import Reconciler
from runai_operator.sync.resource import Key
from runai_operator.telemetry import Health, Metrics, bind

log = logging.getLogger(__name__)

CLUSTER_EVENTS = "default"
"""Where events about cluster-scoped objects have to be: the API server refuses them in any namespace of ours."""


class Assembly:
    """One operator: its rounds, and what they share."""

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
