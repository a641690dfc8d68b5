"""A small world for one test: a namespace, a connection, a simulator, and an operator as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from runai_simulator import ControlClient, RunningSimulator
from tests.control_plane import ControlPlane, Kubectl, KubectlFailed
from tests.control_plane.processes import die_with, wait_until
from tests.integration.finalizers import take_finalizers
from tests.integration.watching import Watching

PATIENCE = 60.0
"""Seconds after which what should have happened has not, also where other tests run beside it."""
API = "/apis/runai-operator.io/v1alpha1"
CONNECTIONS = f"{API}/runaiconnections"
LEASE = {
    "RUNAI_OPERATOR_LEASE_DURATION": "60",
    "RUNAI_OPERATOR_RENEW_DEADLINE": "40",
    "RUNAI_OPERATOR_RETRY_PERIOD": "0.5",
}
"""A busy machine, and an API server that restarts, cost no test its leader. Given back, a Lease is free at once; a test
that kills the operator and starts it again goes without, or it would wait for the dead one's Lease to expire."""
COMMAND = Path(sys.executable).parent / "runai-operator"


class OperatorProcess:
    """`runai-operator run` against the control plane under test."""

    def __init__(self, control_plane: ControlPlane, folder: Path, namespace: str, **settings: object) -> None:
        self._environment = {
            **{key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")},
            "KUBECONFIG": str(control_plane.kubeconfig),
            "USER": "test",
            "RUNAI_OPERATOR_NAMESPACE": namespace,
            "RUNAI_OPERATOR_WATCH_NAMESPACES": namespace,
            "RUNAI_OPERATOR_PROBE_HOST": "127.0.0.1",
            "RUNAI_OPERATOR_PROBE_PORT": "0",
            "RUNAI_OPERATOR_REQUEST_TIMEOUT": "2",
            "RUNAI_OPERATOR_SETTLE_MARGIN": "2",
            **LEASE,
            "RUNAI_OPERATOR_LOG_FORMAT": "json",
            "RUNAI_OPERATOR_LOG_LEVEL": "debug",
            **{f"RUNAI_OPERATOR_{key.upper()}": str(value) for key, value in settings.items()},
        }
        self._log = folder / "operator.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *command: str | Path, **environment: str) -> OperatorProcess:
        """By default as a user does; `command` and `environment` let a test do otherwise."""
        command, environ = command or (COMMAND, "run"), {**self._environment, **environment}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command], env=environ, stdout=log, stderr=log, preexec_fn=die_with(os.getpid())
            )
        return self

    def exit_code(self) -> int | None:
        """None while it runs; negative: the signal that ended it."""
        assert self._process is not None
        return self._process.poll()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(15)

    def kill(self) -> None:
        """SIGKILL: no farewell."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def pause(self) -> None:
        """SIGSTOP: it stands still, and knows nothing of it."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def log(self) -> str:
        return self._log.read_text() if self._log.exists() else ""

    def lines(self) -> list[dict[str, Any]]:
        """What is logged as JSON, but for a line that is only being written."""
        *whole, _ = self.log().split("\n")
        return [json.loads(line) for line in whole if line.startswith("{")]

    def probe_port(self) -> int:
        """The port that it says it serves its probes on."""
        found: list[int] = []

        def serving() -> bool:
            text = "/livez, /readyz and /metrics on port "
            said = (line.get("message", "") for line in self.lines())
            found[:] = [int(each.rpartition(" ")[2]) for each in said if text in each]
            return bool(found)

        wait_until(serving, PATIENCE, self.log)
        return found[-1]


class World:
    """What a test acts in and looks at."""

    def __init__(
        self, kubectl: Kubectl, control_plane: ControlPlane, simulator: RunningSimulator, namespace: str, folder: Path
    ) -> None:
        self.kubectl = kubectl
        self.control_plane = control_plane
        self.simulator = simulator
        self.namespace = namespace
        self.connection = namespace
        self.folder = folder
        self.operator = OperatorProcess(control_plane, folder, namespace)

    @property
    def run(self) -> ControlClient:
        """Run:ai as a person would handle it; asked anew, for it is another one after the simulator was away."""
        return self.simulator.control

    def with_settings(self, **settings: object) -> World:
        self.operator = OperatorProcess(self.control_plane, self.folder, self.namespace, **settings)
        return self

    def secret(self, name: str = "runai-credentials", /, **data: str) -> None:
        """The credentials; by default those that the simulator accepts."""
        given = data or {"clientId": "demo", "clientSecret": "demo-secret"}
        self.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": given})

    def connection_spec(self, **spec: Any) -> dict[str, Any]:
        """By which this namespace may use every project."""
        return {
            "url": self.simulator.url,
            "credentialsSecretRef": {"name": "runai-credentials"},
            "access": [
                {
                    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": self.namespace}},
                    "projects": {"names": ["*"]},
                }
            ],
            "polling": {"interval": "1s", "fullInterval": "3s"},
            **spec,
        }

    def connect(self, named: str | None = None, **spec: Any) -> None:
        """The connection, or another one."""
        self.kubectl(
            "apply",
            "--server-side",
            "-f",
            "-",
            input={
                "apiVersion": "runai-operator.io/v1alpha1",
                "kind": "RunaiConnection",
                "metadata": {"name": named or self.connection},
                "spec": self.connection_spec(**spec),
            },
        )

    def apply(self, document: Mapping[str, Any]) -> None:
        self.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", input=document, namespace=self.namespace)

    def submit(self, name: str = "trainer", *, annotations: Mapping[str, str] | None = None, **spec: Any) -> None:
        """Apply a RunaiWorkload; a Job by default."""
        metadata: dict[str, Any] = {"name": name}
        if annotations:
            metadata["annotations"] = dict(annotations)
        self.apply(
            {
                "apiVersion": "runai-operator.io/v1alpha1",
                "kind": "RunaiWorkload",
                "metadata": metadata,
                "spec": {"connectionRef": {"name": self.connection}, "manifest": a_job(), **spec},
            }
        )

    def patch(self, name: str, patch: Mapping[str, Any]) -> None:
        self.kubectl("patch", "rwl", name, "--type=merge", "-p", json.dumps(patch), namespace=self.namespace)

    def annotate(self, name: str, value: str) -> None:
        self.kubectl("annotate", "--overwrite", "rwl", name, value, namespace=self.namespace)

    def get(self, name: str = "trainer") -> dict[str, Any]:
        found: dict[str, Any] = self.control_plane.read(f"{self._path}/{name}")
        return found

    def resources(self) -> dict[str, dict[str, Any]]:
        """Every RunaiWorkload of this namespace, by name."""
        return {each["metadata"]["name"]: each for each in self.control_plane.read(self._path)["items"]}

    def status(self, name: str = "trainer") -> dict[str, Any]:
        return self.get(name).get("status", {})

    def condition(self, kind: str, name: str = "trainer") -> dict[str, Any]:
        conditions = self.status(name).get("conditions", [])
        return next((each for each in conditions if each["type"] == kind), {})

    def ready(self, name: str = "trainer") -> tuple[dict[str, Any], int]:
        """The condition Ready, and the generation that it should be about."""
        found = self.get(name)
        conditions = found.get("status", {}).get("conditions", [])
        ready = next((each for each in conditions if each["type"] == "Ready"), {})
        return ready, found["metadata"]["generation"]

    def connection_condition(self, named: str | None = None) -> dict[str, Any]:
        connection = self.control_plane.read(f"{CONNECTIONS}/{named or self.connection}")
        status = connection.get("status", {})
        return next((each for each in status.get("conditions", []) if each["type"] == "Ready"), {})

    def workloads(self, name: str = "trainer") -> list[dict[str, Any]]:
        """What lives in Run:ai under this name."""
        return [each for each in self.run.workloads(name) if not each["deleted"]]

    def until(self, done: Callable[[], Any], within: float = PATIENCE) -> None:
        wait_until(lambda: bool(done()), within, self.story)

    def until_ready(self, name: str = "trainer", reason: str = "Running") -> None:
        """Until Ready gives this reason for the newest generation."""

        def there() -> bool:
            ready, generation = self.ready(name)
            return ready.get("reason") == reason and ready.get("observedGeneration") == generation

        self.until(there)

    def polls(self, more: int = 3) -> None:
        """Waits until the fleet was read so many times more: in the shared world each of these is a sweep."""
        before = self._reads()
        self.until(lambda: self._reads() >= before + more)

    def _reads(self) -> int:
        return int(self.run.requests()["byOperation"].get("get_workloads", 0))

    def asked_about(self, name: str) -> list[str]:
        """The operations that Run:ai was asked about workloads of this name, the lists aside, oldest first."""
        ids = {each["row"]["id"] for each in self.run.workloads(name)}
        told = [(each["at"], each["operation"]) for each in self.run.log() if _names(each["path"], ids)]
        told += [
            (each["at"], each["operation"])
            for each in self.run.writes()
            if not _names(each["path"], ids) and _names(json.dumps(each["body"]), {*ids, f'"{name}"'})
        ]
        return [operation for _, operation in sorted(told)]

    def written(self, name: str) -> list[str]:
        """The writes among them."""
        reads = ("get_workload", "get_workload_v2_by_id", "get_workload_endpoints")
        return [each for each in self.asked_about(name) if each not in reads]

    def watching(self) -> Watching:
        """Every version of this namespace's resources from now on: `with world.watching() as watching: ...`."""
        since = str(self.control_plane.read(self._path)["metadata"]["resourceVersion"])
        return Watching(self.kubectl, self._path, since, self.folder)

    def history(self, name: str, watching: Watching) -> list[dict[str, Any]]:
        """Every version of a resource until now, as that watch saw them."""
        now = self.get(name)["metadata"]["resourceVersion"]
        self.until(lambda: now in {each["metadata"]["resourceVersion"] for each in watching.versions(name)})
        return watching.versions(name)

    @property
    def _path(self) -> str:
        return f"{API}/namespaces/{self.namespace}/runaiworkloads"

    def tear_away(self, connection: str) -> None:
        """Deletes a connection, and waits for nobody who needs it."""
        self.kubectl("delete", "rcon", connection, "--ignore-not-found", "--wait=false")
        with suppress(KubectlFailed):  # nobody needed it, or nothing of it is left
            self.kubectl("patch", "rcon", connection, "--type=merge", "-p", '{"metadata":{"finalizers":null}}')

    def dismantle(self) -> None:
        """Takes connection and finalizers away, so that the namespace can go without an operator."""
        self.tear_away(self.connection)
        resources = self.kubectl("get", "rwl", "-o", "name", namespace=self.namespace).split()
        names = [each.rpartition("/")[2] for each in resources]
        take_finalizers(self.control_plane.kubeconfig, self.namespace, names)

    def story(self) -> str:
        """What a person would want to read when a test fails."""
        objects = self.kubectl("get", "rwl,rcon", "-o", "yaml", "-n", self.namespace)
        return f"{objects[-6000:]}\n{json.dumps(self.simulator.state.ledger.summary())}\n{self.operator.log()[-6000:]}"

    def operator_patches(self, name: str | None = None) -> list[dict[str, Any]]:
        """The PATCHes of resources in this namespace that the operator sent, by the API server's audit log."""
        return [
            line
            for line in self.control_plane.audited(self.namespace)
            if line["verb"] == "patch"
            and line["objectRef"].get("namespace") == self.namespace
            and name in (None, line["objectRef"]["name"])
            and line["objectRef"]["resource"] == "runaiworkloads"
            and "kubectl" not in line.get("userAgent", "")
            and line["stage"] == "ResponseComplete"
        ]


def a_job(**more: Any) -> dict[str, Any]:
    """A Job that asks for a GPU."""
    container = {"name": "main", "image": "trainer:1", "resources": {"limits": {"nvidia.com/gpu": 1}}, **more}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [container]}}},
    }


def _names(text: str, names: set[str]) -> bool:
    return any(name in text for name in names)
