"""etcd, kube-apiserver and kube-controller-manager on 127.0.0.1, as one thing that is started and stopped."""

import http.client
import json
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .binaries import Binaries, Say, prepare
from .commands import apiserver_command, controller_manager_command, etcd_command, write_audit_policy
from .credentials import make_credentials, write_kubeconfig
from .errors import ControlPlaneError
from .kubectl import KubectlFailed
from .processes import Process, free_ports, wait_until
from .reader import Reader

READY_WITHIN = 90.0
GRACE = 10.0
NEEDED = ("/readyz", "/api/v1/namespaces/default", "/api/v1/namespaces/kube-system")
CONTROLLERS_AT_WORK = b"all resource monitors have synced"
"""The garbage collector logs it once it has seen everything (seen on 1.36); it is the last of them to begin."""


class ControlPlane:
    """A control plane whose data, logs and credentials are in `folder`; `with ControlPlane(folder) as plane: ...`.

    With `audit`, each request for a resource of runai-operator.io, and each of a service account, is a line of JSON in
    `audit_log`.
    """

    def __init__(
        self, folder: Path, *, audit: bool = False, binaries: Binaries | None = None, say: Say = print
    ) -> None:
        self.folder = folder.absolute()
        self.audit = audit
        self.kubeconfig = self.folder / "kubeconfig"
        self.audit_log = self.folder / "audit.jsonl"
        self._binaries = binaries
        self._say = say
        self._processes: dict[str, Process] = {}

    @property
    def kubectl(self) -> Path:
        """The kubectl program of the same version; `Kubectl` calls it."""
        return self.binaries.kubectl

    @property
    def binaries(self) -> Binaries:
        if self._binaries is None:
            self._binaries = prepare(self._say)
        return self._binaries

    @property
    def pids(self) -> dict[str, int]:
        """The process ids of what runs, by name."""
        return {name: process.pid for name, process in self._processes.items() if process.pid is not None}

    def read(self, path: str) -> Any:
        """The object or list at a path of the API server, as `kubectl get --raw` tells it; KubectlFailed as there."""
        return json.loads(self.reader(path))

    def audited(self, about: str = "") -> list[dict[str, Any]]:
        """The lines of the audit log that hold a text, but for one that is only being written.

        Split at line feeds alone: a string of what was sent may hold other characters that end a line, such as U+0085.
        Others are not parsed: what another test sent may be nested deeper than Python reads.
        """
        *whole, _ = self.audit_log.read_text().split("\n")
        return [json.loads(line) for line in whole if about in line]

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> Self:
        """Start everything, and return when the API server is ready.

        Raises ControlPlaneError when a part of it dies or is not ready in time; then nothing is left running.
        """
        with ExitStack() as undo:
            undo.callback(self.stop)
            self._lay_out()
            self._processes["etcd"].start()
            self.start_apiserver()
            undo.pop_all()
        return self

    def stop(self) -> None:
        """Stop everything; the folder stays. Killed, since what they would save is thrown away."""
        for process in reversed(self._processes.values()):
            process.kill()

    def start_apiserver(self) -> None:
        """Start the API server on its port, and the controllers if they do not run; return when they are ready."""
        self._processes["kube-apiserver"].start()
        wait_until(self._is_ready, READY_WITHIN, self._why_not_ready)
        self._start_controllers()

    def stop_apiserver(self, *, kill: bool = True) -> None:
        """End the API server alone: at once as a crash does, or with `kill=False` as an upgrade does.

        Asked to end, it waits for idle connections up to a minute (seen); after GRACE seconds it is killed.
        """
        apiserver = self._processes["kube-apiserver"]
        if kill:
            apiserver.kill()
        else:
            apiserver.stop(within=GRACE)

    def restart_apiserver(self, *, kill: bool = True) -> None:
        """Stop and start the API server; address, certificate and data stay."""
        self.stop_apiserver(kill=kill)
        self.start_apiserver()

    def compact(self) -> int:
        """Have etcd forget every revision but the newest; which that is."""
        revision = self._ask_etcd("range", {"key": "AA=="})["header"]["revision"]
        self._ask_etcd("compaction", {"revision": revision, "physical": True})
        return int(revision)

    def _ask_etcd(self, what: str, request: dict[str, Any]) -> Any:
        """Over etcd's JSON gateway (etcd documentation, "gRPC gateway"); bytes are in base64."""
        connection = http.client.HTTPConnection("127.0.0.1", self._etcd_port, timeout=READY_WITHIN)
        try:
            connection.request("POST", f"/v3/kv/{what}", json.dumps(request))
            answer = connection.getresponse()
            if answer.status != http.client.OK:
                raise ControlPlaneError(f"etcd answers {answer.status} for {what}: {answer.read(300)!r}")
            return json.load(answer)
        finally:
            connection.close()

    def check(self) -> None:
        """Raise ControlPlaneError when a part of it has ended without being told to."""
        for process in self._processes.values():
            process.check()

    def _lay_out(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        credentials = make_credentials(self.folder / "credentials")
        self._etcd_port, port = free_ports(2)
        write_kubeconfig(self.kubeconfig, f"https://127.0.0.1:{port}", credentials)
        self.reader = Reader(port, credentials)
        policy = write_audit_policy(self.folder) if self.audit else None
        commands = {
            "etcd": etcd_command(self.binaries, self.folder / "etcd", self._etcd_port),
            "kube-apiserver": apiserver_command(
                self.binaries, credentials, self._etcd_port, port, policy, self.audit_log
            ),
            "kube-controller-manager": controller_manager_command(self.binaries, self.kubeconfig),
        }
        self._processes = {
            name: Process(name, command, self.folder / f"{name}.log") for name, command in commands.items()
        }

    def _start_controllers(self) -> None:
        """Start them, unless they run, and return when they do: before that they end where the API server goes away."""
        controllers = self._processes["kube-controller-manager"]
        if controllers.pid is not None:
            return
        before = controllers.log.stat().st_size if controllers.log.exists() else 0
        controllers.start()

        def at_work() -> bool:
            controllers.check()
            return CONTROLLERS_AT_WORK in controllers.log.read_bytes()[before:]

        wait_until(at_work, READY_WITHIN, controllers.last_words)

    def _is_ready(self) -> bool:
        self._processes["etcd"].check()
        self._processes["kube-apiserver"].check()
        try:
            return all(self.reader(path) for path in NEEDED)
        except (OSError, http.client.HTTPException, KubectlFailed):
            return False

    def _why_not_ready(self) -> str:
        return "the API server is not ready. " + self._processes["kube-apiserver"].last_words()
