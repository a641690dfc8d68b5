"""A registry and its keeper over a fake cluster and a real simulator, for the tests of both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

from runai_operator.api.names import CONFIRM_ABSENCE, FINALIZER
from runai_operator.fleet.absence import Expected
from runai_operator.fleet.connection import Listeners
from runai_operator.fleet.keeper import Keeper
from runai_operator.fleet.registry import Registry, Tools
from runai_simulator import RunningSimulator
from tests.unit.engine.virtual_time import CLOCK, LoopClock

GOOD = {"clientId": "demo", "clientSecret": "demo-secret"}


class FakeCluster:
    """Secrets, ConfigMaps and one RunaiConnection."""

    def __init__(self, url: str) -> None:
        self.secrets: dict[str, dict[str, str]] = {"runai-credentials": dict(GOOD)}
        self.body: dict[str, Any] | None = {
            "metadata": {"name": "default", "uid": "u-1", "generation": 1},
            "spec": {
                "url": url,
                "credentialsSecretRef": {"name": "runai-credentials"},
                "polling": {"interval": "1s", "fullInterval": "1m"},
            },
        }
        self.users: list[dict[str, Any]] = []
        self.statuses: list[dict[str, Any]] = []
        self.events: list[str] = []

    async def secret(self, name: str) -> dict[str, str] | None:
        return self.secrets.get(name)

    async def config_map(self, name: str) -> dict[str, str] | None:
        return self.secrets.get(name)

    async def connection(self, name: str) -> dict[str, Any] | None:
        return self.body if name == "default" else None

    async def resources(self, _: Sequence[str] = ()) -> AsyncIterator[dict[str, Any]]:
        for each in self.users:
            yield each

    async def set_connection_finalizers(self, body: Any, finalizers: Sequence[str]) -> dict[str, Any]:
        body["metadata"]["finalizers"] = [*finalizers]
        if "deletionTimestamp" in body["metadata"] and not finalizers:
            self.body = None
        return dict(body)

    async def write_connection_status(self, body: Any, status: Any) -> None:
        self.statuses.append(dict(status))
        body["status"] = dict(status)

    async def tell(self, _body: Any, _namespace: str, reason: str, _message: str, *, warning: bool = False) -> None:
        assert warning == (reason not in ("Connected", "Deleting"))
        self.events.append(reason)

    @property
    def ready(self) -> dict[str, Any]:
        return next(each for each in self.statuses[-1]["conditions"] if each["type"] == "Ready")


class NoSleep(LoopClock):
    """A clock whose alarm is broken."""

    async def sleep(self, _seconds: float, /) -> None:
        raise RuntimeError("no alarm")


def a_user(name: str = "trainer", *, connection: str = "default", bound: bool = True) -> dict[str, Any]:
    """A RunaiWorkload on a connection; `bound`: it carries our finalizer."""
    metadata = {"namespace": "lab", "name": name, "finalizers": [FINALIZER] if bound else []}
    return {"metadata": metadata, "spec": {"connectionRef": {"name": connection}}}


class Office:
    """A registry and its keeper; `expected` is what the index would say, `moved` whom the connection has told of."""

    def __init__(self, simulator: RunningSimulator) -> None:
        self.simulator = simulator
        self.cluster = FakeCluster(simulator.url)
        self.expected = Expected()
        self.indexed = True
        self._build()

    def _build(self) -> None:
        self.heard: list[str] = []
        self.moved: set[str] = set()
        self.answered = asyncio.Event()
        self.registry = Registry(Tools(vault=self.cluster, clock=CLOCK, timeout=5), self._listeners)
        self.keeper = Keeper(
            self.cluster,
            self.registry,
            CLOCK,
            namespace="runai-operator",
            changed=self.heard.append,
            owned=lambda _: 3,
            bound=lambda _: len(self.cluster.users) if self.indexed else 0,
        )

    def _listeners(self, _name: str) -> Listeners:
        return Listeners(
            moved=self.moved.update,
            swept=lambda: None,
            changed=self.answered.set,
            expected=lambda: self.expected,
        )

    @property
    def body(self) -> dict[str, Any]:
        assert self.cluster.body is not None
        return self.cluster.body

    async def restart(self) -> None:
        """Another process: it knows what is written, and nothing else."""
        await self.registry.aclose()
        self._build()

    async def settle(self) -> float | None:
        """Reconciles, and again when there is news, until it is known how the connection stands."""
        async with asyncio.timeout(10):
            while True:
                self.answered.clear()
                after = await self.keeper.reconcile("default")
                if after is None or self.known:
                    return after
                await self.answered.wait()

    async def until(self, reason: str) -> None:
        """Reconciles when there is news, until that is told."""
        async with asyncio.timeout(10):
            while self.cluster.ready["reason"] != reason:
                await self.answered.wait()
                self.answered.clear()
                await self.keeper.reconcile("default")

    @property
    def known(self) -> bool:
        entry = self.registry._entries.get("default")
        return entry is None or entry.live.error is not None or entry.live.swept

    def spec(self, **changes: Any) -> None:
        self.body["spec"] |= changes
        self.body["metadata"]["generation"] += 1

    def annotate(self, confirmed: str) -> None:
        self.body["metadata"]["annotations"] = {CONFIRM_ABSENCE: confirmed}


def in_office(story: Callable[[Office], Awaitable[None]], *, full_interval: str = "1m") -> None:
    async def run() -> None:
        with RunningSimulator() as simulator:
            office = Office(simulator)
            office.body["spec"]["polling"]["fullInterval"] = full_interval
            try:
                await story(office)
            finally:
                await office.registry.aclose()

    asyncio.run(run())
