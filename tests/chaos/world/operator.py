"""One operator: what `runai-operator run` starts, in a process that can be killed and stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from contextvars import ContextVar
from typing import Any, Protocol

from runai_operator.api.names import CONNECTION_KIND, WORKLOAD_KIND
from runai_operator.cli.assembly import Assembly, Outside, Signs
from runai_operator.cli.leading import leading
from runai_operator.cli.process import look_after_connections, look_after_workloads
from runai_operator.engine import Result
from runai_operator.kube.election import Elector, LeaseLost, Timing
from runai_operator.kube.watch import kept_in
from runai_operator.runai import Permit
from runai_operator.settings import Settings
from runai_operator.sync.resource import Key
from tests.chaos.world.apiserver import ApiServer, Body
from tests.chaos.world.kubernetes import NAMESPACE, InMemoryKubernetes
from tests.chaos.world.lease import InMemoryLeases, LeaseStore
from tests.chaos.world.line import Line
from tests.chaos.world.runai import Runai, Wire
from tests.chaos.world.time import Process, ProcessClock

OWN_NAMESPACE = "runai-operator"
SETTINGS = Settings(namespace=OWN_NAMESPACE, workers=4)
ALONE = SETTINGS.model_copy(update={"leader_elect": False})
"""Of several operators one leads; a single one does not ask."""

ROUND: ContextVar[object] = ContextVar("round")
"""The round that the running task is in, as the world named it when it began."""


class Surroundings(Protocol):
    """What a world gives to an operator that starts in it."""

    cluster: str
    server: ApiServer
    runai: Runai
    lease: LeaseStore | None

    def wall(self) -> float: ...

    def dice(self) -> float: ...

    def latency(self) -> float: ...

    def call_later(self, seconds: float, callback: Callable[[], None]) -> None: ...

    def round_began(self, process: Process, key: Key) -> object: ...

    def ended(self, process: Process, why: str) -> None: ...

    def surprised(self, process: Process, key: object, error: BaseException) -> None: ...


class Operator:
    """Starts at once. `died` and the like are the process's own."""

    def __init__(self, process: Process, line: Line, world: Surroundings) -> None:
        self.process = process
        self._line = line
        self._world = world
        self._arrived = 0.0
        process.start(self._run())

    async def _run(self) -> None:
        try:
            async with AsyncExitStack() as stack:
                permit = await stack.enter_async_context(leading(self._elector(), Signs()))
                assembly = _Told(self._outside(permit), self._world, self.process)
                await look_after_connections(assembly, stack)
                self._watch(assembly)
                await look_after_workloads(assembly, stack)
                await asyncio.get_running_loop().create_future()
        except LeaseLost as lost:
            self._world.ended(self.process, str(lost))

    def _elector(self) -> Elector | None:
        if self._world.lease is None:
            return None
        timing = Timing(SETTINGS.lease_duration, SETTINGS.renew_deadline, SETTINGS.retry_period)
        return Elector(InMemoryLeases(self._world.lease, self._line), self.process.name, timing, ProcessClock())

    def _outside(self, permit: Permit) -> Outside:
        world = self._world
        return Outside(
            api_server=lambda labels, _: self._port(labels, permit),
            vault=self._port(lambda _: None, permit),
            clock=ProcessClock(),
            wall=world.wall,
            dice=world.dice,
            transport=lambda: Wire(world.runai, self._line, lambda: ROUND.get(None)),
            permit=permit,
        )

    def _port(self, labels: Callable[[str], Any], permit: Permit) -> InMemoryKubernetes:
        return InMemoryKubernetes(self._world.server, self._line, OWN_NAMESPACE, labels=labels, permit=permit)

    def _watch(self, assembly: Assembly) -> None:
        """In order, each after a while, for as long as the process lives."""
        seen = kept_in(assembly.index, assembly.moved())
        receivers = {WORKLOAD_KIND: seen.workload, CONNECTION_KIND: seen.connection, NAMESPACE: seen.namespace}

        def watcher(kind: str, gone: bool, body: Body) -> None:
            if not self.process.alive:
                self._world.server.unwatch(watcher)
            elif kind in receivers:
                self._deliver(lambda: receivers[kind](gone, body))

        self._world.server.watch(watcher)

    def _deliver(self, event: Callable[[], None]) -> None:
        now = self._world.wall()
        self._arrived = max(self._arrived, now + self._world.latency())
        self._world.call_later(self._arrived - now, lambda: self.process.post(event))


class _Told(Assembly):
    """The assembly, whose rounds the world is told of."""

    def __init__(self, outside: Outside, world: Surroundings, process: Process) -> None:
        super().__init__(SETTINGS if world.lease else ALONE, outside, world.cluster)
        self._world = world
        self._process = process

    async def reconcile(self, key: Key) -> Result:
        ROUND.set(self._world.round_began(self._process, key))
        return await super().reconcile(key)

    def failed(self, key: object, error: BaseException) -> None:
        super().failed(key, error)
        self._world.surprised(self._process, key, error)
