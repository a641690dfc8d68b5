"""Argo CD as processes of this machine: what Deployments of it would be, with Helm in their PATH, beside a redis."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from tests.control_plane import ControlPlaneError
from tests.control_plane.binaries import Say
from tests.control_plane.processes import Process, free_ports, wait_until
from tests.e2e.argocd.build import Built
from tests.e2e.repository import environment

NAMESPACE = "argocd"
READY_WITHIN = 90.0
RESYNC = 20
"""Every how many seconds the controller compares anew what nothing moved: minutes by default."""
FOLDERS = {
    "ARGOCD_TLS_DATA_PATH": "tls",
    "ARGOCD_SSH_DATA_PATH": "ssh",
    "ARGOCD_GPG_DATA_PATH": "gpg",
    "ARGOCD_GNUPGHOME": "gpg",
    "ARGOCD_PLUGINSOCKFILEPATH": "plugins",
    "HOME": "home",
    "TMPDIR": "tmp",
}
"""Where Argo CD keeps what an image of it has elsewhere."""


class Programs:
    """`with Programs(built, helm, kubeconfig, folder) as programs: ...`; logs and data are in `folder`. `helm` is the
    program that renders charts.

    Start it from the main thread: on Linux its processes die with the thread that started them.
    """

    def __init__(self, built: Built, helm: Path, kubeconfig: Path, folder: Path, *, say: Say = print) -> None:
        self._built, self._helm, self._kubeconfig, self._folder, self._say = built, helm, kubeconfig, folder, say
        self._redis, self._repo, self._server, *self._metrics = free_ports(6)
        self.processes: dict[str, Process] = {}

    @property
    def address(self) -> str:
        """Of argocd-server: it speaks HTTP there, and gRPC with the command line."""
        return f"127.0.0.1:{self._server}"

    def __enter__(self) -> Self:
        redis = redis_server()
        with ExitStack() as undo:
            undo.callback(self.stop)
            self._lay_out(redis)
            self._start()
            undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Killed, the last one first: what they would save is thrown away."""
        for process in reversed(self.processes.values()):
            process.kill()

    def check(self) -> None:
        """Raise ControlPlaneError when one of them has ended."""
        for process in self.processes.values():
            process.check()

    def command_line(self, *args: str) -> list[str]:
        """`argocd` as a user at a terminal calls it."""
        to_server = ("--server", self.address, "--plaintext", "--config", str(self._folder / "config.yaml"))
        return [*self._environment(), str(self._built.program), *args, *to_server]

    def _lay_out(self, redis: str) -> None:
        for name in {*FOLDERS.values(), "bin", "redis"}:
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        for name in ("argocd-repo-server", "argocd-application-controller", "argocd-server"):
            (self._folder / "bin" / name).symlink_to(self._built.program)
        (self._folder / "bin" / "helm").symlink_to(self._helm)
        self.processes = {
            "redis": self._process("redis", redis, *self._redis_flags()),
            "repo-server": self._process("repo-server", "argocd-repo-server", *self._repo_server_flags()),
            "controller": self._process(
                "controller", "argocd-application-controller", *self._clients_flags(), *self._controller_flags()
            ),
            "server": self._process("server", "argocd-server", *self._clients_flags(), *self._server_flags()),
        }

    def _start(self) -> None:
        self._say("starting redis and Argo CD: repo-server, application-controller, server")
        controller, server = self._metrics[1], self._server
        ready = {
            "redis": lambda: _listens(self._redis),
            "repo-server": lambda: _listens(self._repo),
            "controller": lambda: _is_healthy(controller),
            "server": lambda: _is_healthy(server),
        }
        for name, process in self.processes.items():
            process.start()
            self._wait_for(process, ready[name])

    def _wait_for(self, process: Process, ready: Callable[[], bool]) -> None:
        def at_work() -> bool:
            self.check()
            return ready()

        wait_until(at_work, READY_WITHIN, process.last_words)

    def _redis_flags(self) -> list[str]:
        nothing_on_disk = ["--save", "", "--appendonly", "no", "--dir", str(self._folder / "redis")]
        return ["--port", str(self._redis), "--bind", "127.0.0.1", *nothing_on_disk]

    def _repo_server_flags(self) -> list[str]:
        plain = ["--disable-tls", "--client-ca-path", ""]  # the second names a default that contradicts the first
        return ["--redis", f"127.0.0.1:{self._redis}", *plain, *_at(self._repo), *_metrics_at(self._metrics[0])]

    def _clients_flags(self) -> list[str]:
        to_repo = ["--repo-server", f"127.0.0.1:{self._repo}", "--repo-server-plaintext"]
        return ["--namespace", NAMESPACE, "--redis", f"127.0.0.1:{self._redis}", *to_repo]

    def _controller_flags(self) -> list[str]:
        """Its metrics are on every address: there is no flag for that."""
        return ["--metrics-port", str(self._metrics[1]), "--app-resync", str(RESYNC), "--app-resync-jitter", "0"]

    def _server_flags(self) -> list[str]:
        return ["--insecure", "--disable-auth", *_at(self._server), *_metrics_at(self._metrics[2])]

    def _process(self, name: str, *command: str) -> Process:
        return Process(name, [*self._environment(), *command], self._folder / f"{name}.log")

    def _environment(self) -> list[str]:
        """A prefix of commands: folders of this run's, no configuration of the user's, and one cluster."""
        strange = [key for key in os.environ if key.startswith("ARGOCD_") or key.lower().endswith("_proxy")]
        given = {
            **{key: value for key, value in environment().items() if key.startswith("GIT_")},
            **{key: str(self._folder / name) for key, name in FOLDERS.items()},
            "KUBECONFIG": str(self._kubeconfig),
            "ARGOCD_FAKE_IN_CLUSTER": "true",  # https://kubernetes.default.svc is the cluster of the kubeconfig
            "ARGOCD_GPG_ENABLED": "false",
            "PATH": f"{self._folder / 'bin'}:{self._built.folder}:{os.environ['PATH']}",
        }
        unset = [part for key in strange for part in ("-u", key)]
        return ["env", *unset, *(f"{key}={value}" for key, value in given.items())]


def redis_server() -> str:
    """The program of this machine. Raises ControlPlaneError where there is none."""
    return _installed("redis-server", "Argo CD keeps its cache in redis", "; it need not be running")


def git() -> str:
    """The program of this machine, for us and for Argo CD. Raises ControlPlaneError where there is none."""
    return _installed("git", "Argo CD reads manifests out of git")


def _installed(name: str, why: str, remark: str = "") -> str:
    found = shutil.which(name)
    if found is None:
        raise ControlPlaneError(
            f"{why}, and there is no {name} in PATH: install your system's package of it (Debian: apt-get install "
            f"--no-install-recommends {name}){remark}"
        )
    return found


def _at(port: int) -> list[str]:
    return ["--address", "127.0.0.1", "--port", str(port)]


def _metrics_at(port: int) -> list[str]:
    return ["--metrics-address", "127.0.0.1", "--metrics-port", str(port)]


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _is_healthy(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False).is_success
    except httpx.TransportError:
        return False
