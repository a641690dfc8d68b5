"""All that a chapter acts on: git, Argo CD, the API server, the operator, and the simulated Run:ai."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runai_simulator import ControlClient
from tests.control_plane import Kubectl
from tests.control_plane.binaries import Say
from tests.demo.stage import Stage
from tests.e2e.argocd import cluster
from tests.e2e.argocd.applications import Argo, apply, declared, find
from tests.e2e.argocd.build import Built
from tests.e2e.argocd.programs import Programs
from tests.e2e.argocd.workloads import CONNECTION, CREDENTIALS, connection
from tests.e2e.checks import Checks
from tests.e2e.repository import Documents, Repository

PROJECT = "team-a"
API = "/apis/runai-operator.io/v1alpha1"
TIMES = {
    "queued": 0.2,
    "applying": 0.2,
    "pending": 0.5,
    "running": None,
    "stopping": 0.5,
    "resuming": 0.5,
    "deleting": 0.5,
}
"""Of the simulator, in seconds: nothing completes before it is told to."""
FOREVER = 36_000.0
"""Pending for so long (s): until it is told to run."""
SETTLED = ("Healthy", "Synced", "Succeeded")
"""How an application stands that is where git wants it."""
PUT = "update_workload_v2"
WRITES = ("create_workload_v2", PUT, "delete_workload_v2", "batch_workloads")


@dataclass(frozen=True)
class World:
    """What is there; workloads bear the names of their resources, so no two chapters use the same one."""

    stage: Stage
    argo: Argo
    repository: Repository
    checks: Checks

    @property
    def runai(self) -> ControlClient:
        return self.stage.control

    @property
    def kubectl(self) -> Kubectl:
        return self.stage.kubectl

    def sync(self, application: str, message: str, files: Mapping[str, Documents | None]) -> str:
        """Push a commit to the folder of an application, and have it noticed; the revision."""
        revision = self.repository.commit(message, {f"{application}/{path}": each for path, each in files.items()})
        if self.argo.found(application) is None:
            apply(self.kubectl, declared(application, self.repository.url, application, PROJECT))
        self.argo.refresh(application)
        return revision

    def resource(self, namespace: str, name: str) -> dict[str, Any]:
        """The RunaiWorkload; {} where there is none."""
        return find(self.stage.control_plane, f"{API}/namespaces/{namespace}/runaiworkloads/{name}") or {}

    def resources(self, namespace: str) -> dict[str, dict[str, Any]]:
        found = self.stage.control_plane.read(f"{API}/namespaces/{namespace}/runaiworkloads")["items"]
        return {each["metadata"]["name"]: each for each in found}

    def names(self, namespace: str) -> set[str]:
        return {*self.resources(namespace)}

    def ready(self, namespace: str, name: str) -> dict[str, Any]:
        """Its condition Ready."""
        conditions = self.resource(namespace, name).get("status", {}).get("conditions", [])
        return next((each for each in conditions if each["type"] == "Ready"), {})

    def patch(self, namespace: str, name: str, patch: Mapping[str, Any]) -> None:
        """An edit by hand, past git."""
        self.kubectl("patch", "rwl", name, "--type=merge", "-p", json.dumps(patch), namespace=namespace)

    def lives(self, name: str) -> list[dict[str, Any]]:
        """What lives in Run:ai under this name: {row, v2, ...} each."""
        return [each for each in self.runai.workloads(name) if not each["deleted"]]

    def one(self, name: str) -> dict[str, Any]:
        """The only one that lives under this name. Raises LookupError where there is none, or another beside it."""
        living = self.lives(name)
        if len(living) != 1:
            raise LookupError(f"{len(living)} workloads live in Run:ai under the name {name}, and not one")
        return living[0]

    def live_names(self) -> list[str]:
        """Of all that lives in Run:ai, one for each workload."""
        return sorted(each["row"]["name"] for each in self.runai.workloads() if not each["deleted"])

    def phase(self, name: str) -> list[str]:
        """Of what lives under this name, in Run:ai's word."""
        return [each["row"]["phase"] for each in self.lives(name)]

    def priority(self, name: str) -> str:
        """Of the one workload of this name, as Run:ai holds it."""
        return str(self.one(name)["v2"]["metadata"]["priority"])

    def id_of(self, name: str) -> str:
        return str(self.one(name)["row"]["id"])

    def act(self, name: str, action: str, **more: Any) -> None:
        """What Run:ai or its cluster does to the one workload of this name."""
        self.runai.act(self.id_of(name), action, **more)

    def run(self, name: str) -> None:
        """Resources are there, and the workload starts."""
        self.act(name, "phase", phase="Running")

    def puts(self) -> int:
        return self._received(PUT)

    def writes(self) -> int:
        """How many requests that write Run:ai received until now."""
        return self._received(*WRITES)

    def _received(self, *operations: str) -> int:
        received = self.runai.requests()["byOperation"]
        return sum(received.get(operation, 0) for operation in operations)


@contextmanager
def world(folder: Path, built: Built, helm: Path, kit: Path, say: Say) -> Iterator[World]:
    """Everything started; and stopped in the end, in which everything is ended that was started here."""
    checks = Checks(say)
    with Stage(folder / "stage", say=say, times=TIMES) as stage:
        cluster.install(stage.kubectl, built.crds, kit)
        connect(stage)
        with Programs(built, helm, stage.kubeconfig, folder / "argocd", say=say) as programs:

            def alive() -> None:
                stage.check()
                programs.check()

            checks.alive = alive
            yield World(stage, Argo(stage.control_plane, programs), Repository(folder / "git"), checks)


def connect(stage: Stage) -> None:
    """What an administrator does before git has a say: the credentials, and the connection that most chapters use."""
    own = "runai-operator"
    stage.kubectl("create", "namespace", own)
    literals = ("--from-literal=clientId=demo", "--from-literal=clientSecret=demo-secret")
    stage.kubectl("create", "secret", "generic", CREDENTIALS, *literals, namespace=own)
    stage.kubectl("apply", "--server-side", "-f", "-", input=connection(CONNECTION, stage.url))
    stage.kubectl("wait", "--for=condition=Ready", "--timeout=60s", f"rcon/{CONNECTION}")
