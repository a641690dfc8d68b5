"""The parts of the operator, put together: two queues, the index, and how news travels between them."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

import httpx
from aiohttp import ClientError
from kubernetes.aio import client
from kubernetes.aio.client.exceptions import ApiException

from runai_operator import __version__
from runai_operator.engine import Backoff, Clock, KeyedQueue, Priority, Result, SystemClock
from runai_operator.fleet.absence import Expected
from runai_operator.fleet.connection import Listeners
from runai_operator.fleet.keeper import Keeper, Store
from runai_operator.fleet.material import Vault
from runai_operator.fleet.registry import Registry, Tools
from runai_operator.kube.answers import TIMEOUT
from runai_operator.kube.api import KubernetesApi
from runai_operator.kube.index import Index
from runai_operator.kube.vault import OwnNamespace
from runai_operator.kube.watch import Moved
from runai_operator.runai import Permit
from runai_operator.settings import Settings
from runai_operator.sync.ledger import Ledger
from runai_operator.sync.ports import Kubernetes, NotLeading
from runai_operator.sync.reconcile import Reconciler
from runai_operator.sync.resource import Key
from runai_operator.telemetry import Health, Metrics, bind

log = logging.getLogger(__name__)

CLUSTER_EVENTS = "default"
"""Where events about cluster-scoped objects have to be: the API server refuses them in any namespace of ours."""


Labels = Callable[[str], Mapping[str, str] | None]
Wrote = Callable[[str], None]


class ApiServer(Kubernetes, Store, Protocol):
    """All that the operator asks of the API server, its watch and its vault aside."""

    async def connections(self) -> list[str]:
        """The names of all RunaiConnections."""


@dataclass(frozen=True)
class Outside:
    """What an operator reaches beyond its own memory: tests hand in a world, and a time, of their own.

    `api_server` is told who knows the labels of namespaces, and who counts the writes; `wall` is the time of day in
    seconds since the epoch, `dice` a number in [0, 1), `transport` what replaces the network to Run:ai. `permit` is
    asked before each write to Run:ai; what `api_server` gives asks before its own.
    """

    api_server: Callable[[Labels, Wrote], ApiServer]
    vault: Vault
    clock: Clock
    wall: Callable[[], float] = time.time
    dice: Callable[[], float] = random.random
    transport: Callable[[], httpx.AsyncBaseTransport] | None = None
    permit: Permit = lambda: None

    @classmethod
    def of(cls, api: client.ApiClient, settings: Settings, permit: Permit) -> Outside:
        """A cluster, the network, and the machine's clocks."""
        write_timeout = min(settings.write_seconds or TIMEOUT, TIMEOUT)
        return cls(
            api_server=lambda labels, wrote: KubernetesApi(
                api, labels=labels, wrote=wrote, permit=permit, write_timeout=write_timeout
            ),
            vault=OwnNamespace(api, settings.namespace),
            clock=SystemClock(),
            permit=permit,
        )


@dataclass(frozen=True)
class Signs:
    """What is seen of a process from outside, whether it leads or not."""

    health: Health = field(default_factory=Health)
    metrics: Metrics = field(default_factory=lambda: Metrics(version=__version__))


class Assembly:
    """One operator that leads: its rounds, and what they share. What it waits out, it waits out from now on."""

    def __init__(self, settings: Settings, outside: Outside, cluster_id: str, signs: Signs | None = None) -> None:
        clock, signs = outside.clock, signs or Signs()
        self.clock = clock
        self.settings = settings
        self.metrics, self.health = signs.metrics, signs.health
        self.index = Index()
        self.queue: KeyedQueue[Key] = KeyedQueue(group=lambda key: key.namespace, clock=clock)
        self.backoff: Backoff[Key] = Backoff(random=outside.dice)
        self.connections: KeyedQueue[str] = KeyedQueue(clock=clock)
        self.connection_backoff: Backoff[str] = Backoff(random=outside.dice)
        self.kubernetes = outside.api_server(
            self.index.labels, lambda what: self.metrics.kubernetes_writes.labels(what).inc()
        )
        tools = Tools(
            vault=outside.vault,
            clock=clock,
            timeout=settings.request_timeout,
            observer=self._observe,
            wall=outside.wall,
            transport=outside.transport,
            permit=outside.permit,
        )
        self.registry = Registry(tools, self._listeners)
        self.keeper = Keeper(
            self.kubernetes,
            self.registry,
            clock,
            namespace=CLUSTER_EVENTS,
            changed=self._look_again_on,
            owned=self.index.owned_on,
            bound=self.index.bound_on,
        )
        ledger = Ledger(window=settings.settle_window, now=clock.monotonic)
        self.reconciler = Reconciler(
            self.kubernetes, self.registry, ledger, cluster_id, now=lambda: datetime.fromtimestamp(outside.wall(), UTC)
        )
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
        expected = isinstance(error, ApiException | ClientError | NotLeading | TimeoutError | OSError)
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
            for key in self.index.keys_of(sorted(workload_ids)):  # in one order in every run: a story can be replayed
                self.queue.add(key, priority=Priority.FOLLOW_UP)

        def changed() -> None:
            self.connections.add(name)
            for key in self.index.unsettled_on(name):
                self.queue.add(key, priority=Priority.FOLLOW_UP)

        return Listeners(
            moved=moved,
            swept=lambda: self._look_again_on(name),
            changed=changed,
            expected=lambda: Expected(*self.index.awaited_on(name)),
        )

    def _look_again_on(self, connection: str) -> None:
        for key in self.index.keys_on(connection):
            self.queue.add(key, priority=Priority.FOLLOW_UP)

    def _observe(self, route: str, status: int | None, seconds: float) -> None:
        self.metrics.runai_requests.labels(route, str(status or "none")).inc()
        self.metrics.runai_request_seconds.labels(route).observe(seconds)
