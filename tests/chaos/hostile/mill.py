"""An operator in this process, between a real API server and a simulated Run:ai: its rounds are called one by one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
from kubernetes.aio import client, config

from runai_operator.api.names import API_VERSION
from runai_operator.cli.assembly import Assembly, Outside
from runai_operator.engine import Result
from runai_operator.settings import Settings
from runai_operator.sync.ports import NotYet, Problem
from runai_operator.sync.resource import Key
from runai_simulator import Settings as SimulatorSettings
from runai_simulator import Times
from runai_simulator.app import create_app
from tests.control_plane import ControlPlane

GROUP = f"/apis/{API_VERSION}"
STAGE = 0.1
"""Seconds of Run:ai's clock that pass between two rounds: every stage of a workload is shorter."""
PATIENCE = 20.0


@dataclass
class Refused:
    """What the API server says about a resource that it does not take."""

    status: int
    message: str
    fields: list[str] = field(default_factory=list)


class Mill:
    """What is put in at one end, and what comes of it at the other."""

    def __init__(self, assembly: Assembly, plane: ControlPlane, app: Any, namespace: str) -> None:
        self.assembly = assembly
        self.runai = app.state.simulator
        self.namespace = namespace
        self._plane = plane
        self.wrote: list[str] = []
        self.reasons: list[str] = []

    def send(self, method: str, path: str, body: str | None = None, kind: str = "application/json") -> tuple[int, Any]:
        status, answer = self._plane.reader.ask(method, path, None if body is None else body.encode(), kind)
        return status, json.loads(answer)

    def create(self, path: str, body: str) -> dict[str, Any] | Refused:
        """The resource as it was stored, or why it was not."""
        status, answer = self.send("POST", path, body)
        if status == 201:
            return dict(answer)
        causes = (answer.get("details") or {}).get("causes") or ()
        return Refused(status, answer["message"], [each.get("field", "") for each in causes])

    async def round(self, key: Key) -> Result:
        """One of the resource's; then a moment passes in Run:ai."""
        upcoming = await self.assembly.reconciler.reconcile(key)
        self.reasons.append(upcoming.reason)
        result = Result(after=upcoming.after, retry=upcoming.retry)
        self.runai.clock.advance(STAGE)
        return result

    def asked(self) -> int:
        """How many requests Run:ai had."""
        return int(self.runai.ledger.summary()["total"])

    async def until_usable(self, connection: str) -> None:
        async with asyncio.timeout(PATIENCE):
            while not self._serves(connection):
                await self.assembly.reconcile_connection(connection)
                await asyncio.sleep(0.01)

    def _serves(self, connection: str) -> bool:
        try:
            return self.assembly.registry.find(connection) is not None
        except (NotYet, Problem):
            return False


@asynccontextmanager
async def a_mill(plane: ControlPlane, namespace: str) -> AsyncIterator[Mill]:
    settings = Settings(namespace=namespace, request_timeout=2, settle_margin=0)
    configuration = client.Configuration()
    await config.load_kube_config(str(plane.kubeconfig), client_configuration=configuration)
    app = create_app(SimulatorSettings(times=Times.fast()))
    async with client.ApiClient(configuration) as api:
        outside = replace(
            Outside.of(api, settings, lambda: None),
            transport=lambda: httpx.ASGITransport(app=app, raise_app_exceptions=False),
        )
        mill: list[Mill] = []
        counted = replace(outside, api_server=lambda labels, wrote: outside.api_server(labels, _both(wrote, mill)))
        assembly = Assembly(settings, counted, "cluster-1")
        mill.append(Mill(assembly, plane, app, namespace))
        try:
            yield mill[0]
        finally:
            await assembly.registry.aclose()


def _both(wrote: Any, mill: list[Mill]) -> Any:
    def tell(what: str) -> None:
        wrote(what)
        if mill:
            mill[0].wrote.append(what)

    return tell


def conditions(body: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {each["type"]: each for each in body.get("status", {}).get("conditions", ())}
