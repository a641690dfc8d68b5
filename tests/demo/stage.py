"""What the demo plays on: a control plane, a simulator and an operator, all of this machine and of this process."""

import os
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import yaml

from runai_simulator import ControlClient
from tests.control_plane import ControlPlane, Kubectl
from tests.control_plane.binaries import Say
from tests.control_plane.processes import Process, free_ports, wait_until

REPOSITORY = Path(__file__).parent.parent.parent
EXAMPLES = REPOSITORY / "examples"
CONNECTION = EXAMPLES / "connection"
COMMAND = Path(sys.executable).parent / "runai-operator"
PATIENCE = 60.0
NOT_OURS = ("KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "POD_NAMESPACE")
"""What would lead the operator to the cluster that this machine happens to be a Pod of."""


class Stage:
    """`with Stage(folder) as stage: ...`; logs, data and the kubeconfig are in `folder`.

    Start it from the main thread: on Linux its processes die with the thread that started them. `times` are the
    simulator's, `settings` the operator's, by the names of their fields.
    """

    def __init__(
        self,
        folder: Path,
        *,
        say: Say = print,
        times: Mapping[str, float | None] | None = None,
        settings: Mapping[str, object] | None = None,
    ) -> None:
        self.folder = folder
        self._say = say
        self._times = dict(times or {})
        self._port, self._probes = free_ports(2)
        self.url = f"http://127.0.0.1:{self._port}"
        self.control_plane = ControlPlane(folder / "control-plane", say=say)
        self.kubeconfig = self.control_plane.kubeconfig
        self.control = ControlClient(self.url)
        self.simulator = self._process("simulator", "simulate", "--port", str(self._port))
        self.operator = self._process("operator", "run", **(settings or {}))

    @property
    def kubectl(self) -> Kubectl:
        return Kubectl(self.control_plane.kubectl, self.kubeconfig)

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
        """The operator first, in peace; then what it talks to."""
        self.operator.stop(within=10)
        self.control.close()
        self.simulator.stop()
        self.control_plane.stop()

    def check(self) -> None:
        """Raise ControlPlaneError when anything has ended without being told to."""
        self.control_plane.check()
        self.simulator.check()
        self.operator.check()

    def connect(self) -> None:
        """Apply examples/connection with the simulator's address in it."""
        documents = [document for path in sorted(CONNECTION.glob("*.yaml")) for document in read(path)]
        for document in documents:
            if document["kind"] == "RunaiConnection":
                document["spec"]["url"] = self.url
        self.kubectl("apply", "--server-side", "-f", "-", input=yaml.safe_dump_all(documents))

    def apply(self, *paths: Path) -> None:
        for path in paths:
            self.kubectl("apply", "--server-side", "-f", str(path))

    def workloads(self) -> list[dict[str, Any]]:
        return list(self.control_plane.read("/apis/runai-operator.io/v1alpha1/runaiworkloads")["items"])

    def _start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._say("starting a Kubernetes API server, with etcd and controllers")
        self.control_plane.start()
        self.apply(REPOSITORY / "crds")
        self.kubectl("wait", "--for=condition=Established", "--timeout=30s", "crd", "--all")
        self.kubectl("get", "rwl,rcon", "--all-namespaces")  # Established is not yet served: kubectl waits for that
        self._say(f"starting a simulated Run:ai on {self.url}")
        self.simulator.start()
        wait_until(self.simulator_answers, PATIENCE, self.simulator.last_words)
        self.control.times(**self._times)
        self._say("starting the operator")
        self.operator.start()
        wait_until(self._operator_is_ready, PATIENCE, self.operator.last_words)

    def simulator_answers(self) -> bool:
        self.simulator.check()
        try:
            return bool(self.control.settings())
        except httpx.TransportError:
            return False

    def _operator_is_ready(self) -> bool:
        self.operator.check()
        try:
            return httpx.get(f"http://127.0.0.1:{self._probes}/readyz", trust_env=False).is_success
        except httpx.TransportError:
            return False

    def _process(self, name: str, *arguments: str, **settings: object) -> Process:
        """A command of ours in an environment that knows this control plane and no other cluster."""
        strange = [key for key in os.environ if key.startswith("RUNAI_OPERATOR_") or key.lower().endswith("_proxy")]
        given = {
            "KUBECONFIG": self.kubeconfig,
            "RUNAI_OPERATOR_NAMESPACE": "runai-operator",
            "RUNAI_OPERATOR_PROBE_HOST": "127.0.0.1",
            "RUNAI_OPERATOR_PROBE_PORT": self._probes,
            "RUNAI_OPERATOR_LEASE_DURATION": 60,  # it is alone, and a busy machine shall not cost it the lead
            "RUNAI_OPERATOR_RENEW_DEADLINE": 40,
            **{f"RUNAI_OPERATOR_{key.upper()}": value for key, value in settings.items()},
        }
        unset = [part for key in (*strange, *NOT_OURS) for part in ("-u", key)]
        command = ["env", *unset, *(f"{key}={value}" for key, value in given.items()), str(COMMAND), *arguments]
        return Process(name, command, self.folder / f"{name}.log")


def read(path: Path) -> list[dict[str, Any]]:
    """The documents of a YAML file."""
    return [document for document in yaml.safe_load_all(path.read_text()) if document]
