"""What the chaos acts on: API server, simulated Run:ai, two operators, and a proxy on each of their ways."""

from __future__ import annotations

import json
import math
import os
import re
import signal
import ssl
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from runai_simulator import ControlClient
from tests.chaos.live.cluster import Away, Cluster
from tests.chaos.live.proxy import Proxy
from tests.chaos.live.requests import between
from tests.control_plane import ControlPlane, Kubectl
from tests.control_plane.processes import Process, free_ports, wait_until

REPOSITORY = Path(__file__).parent.parent.parent.parent
COMMAND = Path(sys.executable).parent / "runai-operator"
NAMESPACE, OWN_NAMESPACE, CONNECTION, CLUSTER_ID = "chaos", "runai-operator", "default", "live"
RUNAI = "http://runai.chaos.svc"
"""A name that nobody resolves: whoever asks there does so through the proxy that he was given."""
RESTARTED_AFTER = 1.0
"""Seconds until an operator that ended is started again, as a kubelet would."""
LEASE = f"/apis/coordination.k8s.io/v1/namespaces/{OWN_NAMESPACE}/leases/runai-operator"
IDENTITY = re.compile(r"leading as (\S+?)\"")
Say = Callable[[str], None]


@dataclass
class Operator:
    """One of the two, its own ways to the API server and to Run:ai, and when it was seen to have ended."""

    name: str
    process: Process
    to_api_server: Proxy
    to_runai: Proxy
    paused: bool = False
    ended_at: float | None = None
    restarts: int = 0

    def signal(self, signum: int) -> None:
        if self.process.pid is not None:
            os.kill(self.process.pid, signum)

    def pause(self) -> None:
        self.paused = True
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.paused = False
        self.signal(signal.SIGCONT)

    def log(self, since: int = 0) -> str:
        if not self.process.log.exists():
            return ""
        with self.process.log.open("rb") as log:
            log.seek(since)
            return log.read().decode(errors="replace")

    def log_size(self) -> int:
        return self.process.log.stat().st_size if self.process.log.exists() else 0

    def wrote(self, since: float, until: float = math.inf) -> list[str]:
        """What it sent that is none for reading, on either way, between these moments of the monotonic clock."""
        return [each for way in (self.to_api_server, self.to_runai) for each in between(way.writes, since, until)]

    def supervise(self) -> None:
        """Started again when it ended, whatever ended it."""
        if self.process.pid is not None:
            self.ended_at = None
        elif self.ended_at is None:
            self.ended_at = time.monotonic()
        elif time.monotonic() - self.ended_at > RESTARTED_AFTER:
            self.restarts += 1
            self.process.start()


@dataclass
class Stage:
    """`with Stage(folder) as stage: ...`; logs and data are in `folder`. `settings` are the operators'.

    Start it from the main thread: on Linux its processes die with the thread that started them.
    """

    folder: Path
    say: Say = print
    settings: Mapping[str, object] = field(default_factory=dict)
    times: Mapping[str, float | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.plane = ControlPlane(self.folder / "control-plane", say=self.say)
        self._undo = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            undo.callback(self.stop)
            self._start()
            undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """The operators first; then what they talk to."""
        self._undo.close()

    def leader(self, within: float = 90.0) -> Operator:
        """The one whose identity stands in the Lease; waits until there is one, and it is not paused."""
        found: list[Operator] = []

        def known() -> bool:
            self.supervise()
            holder = self._holder()
            found[:] = [
                each for each in self.operators if holder and self._identity(each) == holder and not each.paused
            ]
            return bool(found)

        wait_until(known, within, lambda: f"nobody leads: {self._holder()!r} holds the Lease")
        return found[0]

    def standby(self) -> Operator:
        leader = self.leader()
        return next(each for each in self.operators if each is not leader)

    def supervise(self) -> None:
        for operator in self.operators:
            operator.supervise()

    def _identity(self, operator: Operator) -> str | None:
        """As it last told, if it is that process still."""
        told = IDENTITY.findall(operator.log())
        return told[-1] if told and operator.process.pid is not None else None

    def lease_duration(self) -> float:
        """For how many seconds after its renewal the Lease is its holder's, as it says itself. Raises Away."""
        return float(self.cluster.get(LEASE)["spec"]["leaseDurationSeconds"])

    def _holder(self) -> str:
        try:
            return str(self.cluster.get(LEASE)["spec"].get("holderIdentity") or "")
        except (Away, LookupError):
            return ""

    def _start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.say("starting etcd, a Kubernetes API server, a simulated Run:ai, and two operators")
        self._undo.enter_context(self.plane)
        self.cluster = self._undo.enter_context(Cluster(self.plane.kubeconfig))
        (self._runai_port,) = free_ports(1)
        simulator = self._process("simulator", ["simulate", "--port", str(self._runai_port)], {})
        self._undo.callback(simulator.kill)
        simulator.start()
        self.runai = ControlClient(f"http://127.0.0.1:{self._runai_port}")
        wait_until(self._simulated, 60, simulator.last_words)
        self.runai.times(**self.times)
        self._lay_out()
        self.operators = [self._operator(name) for name in ("a", "b")]
        for operator in self.operators:
            operator.process.start()

    def _simulated(self) -> bool:
        try:
            return bool(self.runai.settings())
        except httpx.TransportError:
            return False

    def _lay_out(self) -> None:
        """The custom resources, the namespaces, and a connection that every project may be used by."""
        kubectl = Kubectl(self.plane.kubectl, self.plane.kubeconfig)
        kubectl("apply", "--server-side", "-f", str(REPOSITORY / "crds"))
        kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd", "--all")
        kubectl("get", "rwl,rcon", "--all-namespaces")  # Established is not yet served: kubectl waits for that
        kubectl("create", "namespace", NAMESPACE)
        kubectl("label", "namespace", NAMESPACE, "runai/queue=team-a")
        kubectl("create", "namespace", OWN_NAMESPACE)
        literals = ("--from-literal=clientId=demo", "--from-literal=clientSecret=demo-secret")
        kubectl("create", "secret", "generic", "runai-credentials", *literals, namespace=OWN_NAMESPACE)
        kubectl("apply", "--server-side", "-f", "-", input=self._connection())

    def _connection(self) -> dict[str, Any]:
        spec = {
            "url": RUNAI,
            "credentialsSecretRef": {"name": "runai-credentials"},
            "access": [{"namespaceSelector": {}, "projects": {"names": ["*"]}}],
            "polling": {"interval": "2s", "fullInterval": "20s"},
            "limits": {"requestsPerSecond": 200, "maxConcurrent": 32},
        }
        api = "runai-operator.io/v1alpha1"
        return {"apiVersion": api, "kind": "RunaiConnection", "metadata": {"name": CONNECTION}, "spec": spec}

    def _operator(self, name: str) -> Operator:
        config = json.loads(self.plane.kubeconfig.read_text())
        cluster = config["clusters"][0]["cluster"]
        tls = ssl.create_default_context(cafile=cluster["certificate-authority"])
        port = int(cluster["server"].rpartition(":")[2])
        to_api_server = self._undo.enter_context(Proxy(port, reads_http=True, tls=tls))
        to_runai = self._undo.enter_context(Proxy(self._runai_port, reads_http=True))
        cluster["server"] = f"http://127.0.0.1:{to_api_server.port}"
        kubeconfig = self.folder / f"kubeconfig-{name}"
        kubeconfig.write_text(json.dumps(config))
        given = {
            "KUBECONFIG": kubeconfig,
            "HTTP_PROXY": f"http://127.0.0.1:{to_runai.port}",
            "NO_PROXY": "127.0.0.1",
            "RUNAI_OPERATOR_NAMESPACE": OWN_NAMESPACE,
            "RUNAI_OPERATOR_CLUSTER_ID": CLUSTER_ID,
            "RUNAI_OPERATOR_PROBE_HOST": "127.0.0.1",
            "RUNAI_OPERATOR_PROBE_PORT": 0,
            "RUNAI_OPERATOR_LOG_FORMAT": "json",
            **{f"RUNAI_OPERATOR_{key.upper()}": value for key, value in self.settings.items()},
        }
        process = self._process(f"operator-{name}", ["run"], given)
        self._undo.callback(process.kill)
        return Operator(name, process, to_api_server, to_runai)

    def _process(self, name: str, arguments: list[str], given: Mapping[str, object]) -> Process:
        """A command of ours, in an environment that knows no other cluster, and no proxy but what is given."""
        strange = [key for key in os.environ if key.startswith("RUNAI_OPERATOR_") or key.lower().endswith("_proxy")]
        strange += ["KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "POD_NAMESPACE"]
        unset = [part for key in strange for part in ("-u", key)]
        command = ["env", *unset, *(f"{key}={value}" for key, value in given.items()), str(COMMAND), *arguments]
        return Process(name, command, self.folder / f"{name}.log")
