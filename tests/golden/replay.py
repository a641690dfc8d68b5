"""An operator that finds what an earlier version left on both sides, and whatever it writes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from runai_operator.runai import Credentials, RunaiClient
from runai_operator.runai.models import Project, Workload
from runai_operator.sync.ledger import Ledger
from runai_operator.sync.reconcile import Reconciler
from runai_operator.sync.resource import Resource
from tests.unit.sync.builders import AResource
from tests.unit.sync.fakes import WINDOW, Clock, FakeConnection, FakeKubernetes

NOT_FOUND = httpx.Response(404, json={"code": 404, "message": "it was not found"})


class Kept:
    """One recorded story. Run:ai answers reads as it did then; of writes it only takes note, in `writes`."""

    def __init__(self, file: Path) -> None:
        self._kept: Mapping[str, Any] = json.loads(file.read_text())
        self.then: str = self._kept["then"]
        self.resource = Resource(self._kept["resource"])
        self.live: dict[str, Mapping[str, Any]] = {
            each["row"]["id"]: each for each in self._kept["workloads"] if not each["deleted"]
        }
        self.writes: list[str] = []
        self.clock = Clock()
        self.kubernetes = FakeKubernetes()
        self.kubernetes.put(AResource(self._kept["resource"]))
        self.kubernetes.labels["runai/queue"] = "team-a"
        self._reconciler = Reconciler(
            self.kubernetes,
            self,
            Ledger(window=WINDOW, now=self.clock),
            self._kept["clusterId"],
            now=self.clock.wall,
        )

    def find(self, name: str) -> FakeConnection:  # noqa: ARG002 (there is one)
        return self.connection

    @property
    def gone(self) -> bool:
        return self.resource.key not in self.kubernetes.objects

    def rounds(self, times: int, *, listed: bool = True) -> None:
        """So many, or until something is written to Run:ai; `listed`: the fleet's sweep has shown its rows."""
        asyncio.run(self._rounds(times, listed=listed))

    async def _rounds(self, times: int, *, listed: bool) -> None:
        client = RunaiClient(
            "https://runai.example", Credentials("id", "secret"), transport=httpx.MockTransport(self._answer)
        )
        async with client:
            self.connection = KeptConnection(client, Project.model_validate(self._kept["project"]))
            self.connection.tenant = self.resource.status.get("tenantId")
            if listed:
                for each in self.live.values():
                    self.connection.learn(Workload.model_validate(each["row"]))
            while times and not self.writes and not self.gone:
                await self._reconciler.reconcile(self.resource.key)
                times -= 1

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path, query = request.url.path, request.url.params
        if path.endswith("/token"):
            return httpx.Response(200, json={"access_token": "t", "expires_in": 3600})
        if request.method != "GET":
            self.writes.append(f"{request.method} {path}")
            return httpx.Response(503, json={"code": 503, "message": "nothing is written here"})
        head, _, last = path.rpartition("/")
        if path == "/api/v1/workloads":
            wanted = dict(each.split("==") for each in query["filterBy"].split(","))
            rows = (each["row"] for each in self._kept["workloads"] if each["deleted"] is (query["deleted"] == "true"))
            found = [row for row in rows if all(row[field] == value for field, value in wanted.items())]
            return httpx.Response(200, json={"workloads": found})
        if head == "/api/v1/workloads" and last in self.live:
            return httpx.Response(200, json=self.live[last]["row"])
        if head == "/api/v2/workloads" and last in self.live and not self.live[last]["foreign"]:
            return httpx.Response(
                200, json={"workload": self.live[last]["v2"], "syncInfo": self.live[last]["syncInfo"]}
            )
        project = self._kept["project"]
        if path == f"/api/v1/org-unit/projects/{project['id']}":
            return httpx.Response(200, json=project)
        return NOT_FOUND


class KeptConnection(FakeConnection):
    """One whose client is a real one."""

    def __init__(self, client: RunaiClient, project: Project) -> None:
        super().__init__(client)  # type: ignore[arg-type]
        self._project = project

    async def project(self, **_: Any) -> Project:
        return self._project

    def _asked(self, verb: str, workload_id: str) -> str | None:
        raise AssertionError(f"{verb} {workload_id}: nothing of the kind is to come")
