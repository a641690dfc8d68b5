"""The cluster of processes, as one thing that is started and stopped."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.control_plane import ControlPlaneError, Kubectl, KubectlFailed
from tests.control_plane.binaries import Say, prepare, prepare_node
from tests.control_plane.processes import Process, wait_until

from . import programs, traces
from .commands import commands
from .configuration import SANDBOX, log_of, write_configuration
from .containers import Containers
from .credentials import make_credentials
from .dns import IMAGE, dns_objects
from .host import Before, forward
from .packages import am_root, require
from .scratch import write_image
from .site import NODE, Site, find_site

READY_WITHIN = 90.0
PODS_GONE_WITHIN = 60.0
WRITERS = ("kube-controller-manager", "kube-scheduler")
"""They make Pods, so they end before the Pods do."""
ORDER = ("kubelet", "kube-proxy", "kube-apiserver", "etcd", "containerd")


class ProcessCluster:
    """A cluster with one node, this machine, in a folder that it makes and takes away; `with` starts and stops it."""

    def __init__(self, folder: Path, say: Say) -> None:
        self.folder = folder
        self.kubeconfig = folder / "admin.kubeconfig"
        self._say = say
        self._processes: dict[str, Process] = {}
        self._containers = Containers(folder / "containerd.sock")

    @property
    def kubectl(self) -> Kubectl:
        return Kubectl(prepare(self._say).kubectl, self.kubeconfig)

    def require(self, also: Mapping[str, str]) -> None:
        """Raise ControlPlaneError that names the packages which this machine lacks."""
        require(am_root(), also)

    def load(self, archive: Path) -> None:
        """Have an image on the node."""
        self._containers.load(archive)

    def kill(self, container: str) -> None:
        """SIGKILL to a container, by its id."""
        self._containers.kill(container)

    def check(self) -> None:
        """Raise ControlPlaneError when a part of it has ended without being told to."""
        for process in self._processes.values():
            process.check()

    def left(self) -> list[str]:
        """What it has not put back."""
        return traces.left(self.folder)

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            self._prepare()
            undo.callback(self.stop)
            self._start()
            undo.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """End the Pods, then the processes, and put the machine back as it was."""
        for name in WRITERS:
            self._end(name)
        self._end_pods()
        for name in ORDER:
            self._end(name)
        traces.clear(self.folder)

    def _prepare(self) -> None:
        """Build what is missing, and take away what a run that was killed has left."""
        self._plane, self._node = prepare(self._say), prepare_node(self._say)
        self._pause, self._coredns = programs.pause(self._say), programs.coredns(self._say)
        if self.folder.exists():
            self._say(f"an earlier run was killed: taking away what it left in {self.folder}")
            traces.clear(self.folder)
        traces.refuse_another_node()

    def _start(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True)
        Before.read(traces.tables()).save(self.folder / traces.BEFORE)
        site = find_site(self.folder)
        self._lay_out(site)
        forward()
        self._start_until("containerd", self._containers.answers)
        self._load_own()
        self._processes["etcd"].start()
        self._start_until("kube-apiserver", self._api_server_ready)
        for name in (*WRITERS, "kubelet", "kube-proxy"):
            self._processes[name].start()
        self._until("the node is not ready", self._node_ready)
        self._say("the node is ready")
        self.kubectl("apply", "--server-side", "-f", "-", input=dns_objects())
        self.kubectl("rollout", "status", "deployment/coredns", "--timeout=60s", namespace="kube-system", timeout=90)
        self._say("names are answered for")

    def _lay_out(self, site: Site) -> None:
        authority = make_credentials(site)
        write_configuration(site)
        told = commands(site, authority, self._plane, self._node)
        self._processes = {name: Process(name, command, log_of(site, name)) for name, command in told.items()}

    def _load_own(self) -> None:
        for tag, program in ((SANDBOX, self._pause), (IMAGE, self._coredns)):
            archive = self.folder / "image.tar"
            write_image(tag, program, archive)
            self.load(archive)
            archive.unlink()

    def _start_until(self, name: str, ready: Any) -> None:
        self._processes[name].start()
        self._until(f"{name} is not ready", ready)

    def _until(self, otherwise: str, ready: Any) -> None:
        def looked() -> bool:
            self.check()
            return bool(ready())

        def told() -> str:
            return "\n".join([f"{otherwise}.", *(process.last_words(4) for process in self._processes.values())])

        wait_until(looked, READY_WITHIN, told)

    def _api_server_ready(self) -> bool:
        try:
            return self.kubectl("get", "--raw", "/readyz") == "ok"
        except KubectlFailed:
            return False

    def _node_ready(self) -> bool:
        try:
            node = self.kubectl.json("get", "node", NODE)
            self.kubectl("get", "serviceaccount", "default", namespace="default")
        except KubectlFailed:
            return False
        conditions = {each["type"]: each["status"] for each in node["status"].get("conditions", ())}
        return conditions.get("Ready") == "True" and not node["spec"].get("taints")

    def _end_pods(self) -> None:
        """By the API server and the kubelet, as long as these run: then the network puts back what it made."""
        if not self._alive("kube-apiserver", "kubelet", "containerd"):
            return
        try:
            everywhere = ("delete", "pods", "--all-namespaces", "--all", "--grace-period=1", "--wait=false")
            self.kubectl(*everywhere)
            wait_until(lambda: not self._pods(), PODS_GONE_WITHIN, lambda: f"Pods stay: {self._pods()}")
        except (KubectlFailed, ControlPlaneError) as error:
            self._say(f"Pods did not end in order ({error}): they are killed")

    def _pods(self) -> list[str]:
        found = json.loads(self.kubectl("get", "pods", "--all-namespaces", "-o", "json"))["items"]
        return [each["metadata"]["name"] for each in found] or self._containers.running()

    def _alive(self, *names: str) -> bool:
        return all(name in self._processes and self._processes[name].pid is not None for name in names)

    def _end(self, name: str) -> None:
        if name in self._processes:
            self._processes[name].stop(within=10)
