"""The cluster where Docker and kind work (kind.sigs.k8s.io): a node in a container."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.control_plane import ControlPlaneError, Kubectl
from tests.control_plane.binaries import Say, prepare

NAME = "runai-operator-e2e"
CONFIGURATION = Path(__file__).parent / "kind.yaml"
NODE = f"{NAME}-control-plane"
"""kind's name for the container of the first node."""
PATIENCE = 600.0


def kind_works() -> bool:
    """Whether there is kind, and a Docker with its daemon."""
    if not (shutil.which("kind") and shutil.which("docker")):
        return False
    try:
        return subprocess.run(["docker", "info"], capture_output=True, timeout=20, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False


class KindCluster:
    """A cluster in a container, with its kubeconfig in a folder of ours; `with` starts and stops it."""

    def __init__(self, folder: Path, say: Say) -> None:
        self.folder = folder
        self.kubeconfig = folder / "admin.kubeconfig"
        self._say = say

    @property
    def kubectl(self) -> Kubectl:
        return Kubectl(prepare(self._say).kubectl, self.kubeconfig)

    def require(self, also: Mapping[str, str]) -> None:  # noqa: ARG002
        """Raise ControlPlaneError where kind or Docker does not work; Docker builds images, too."""
        if not kind_works():
            raise ControlPlaneError(
                "kind needs two programs, kind and docker, and Docker's daemon: install them and start it, or leave "
                "--cluster kind out"
            )

    def load(self, archive: Path) -> None:
        _run("kind", "load", "image-archive", str(archive), "--name", NAME)

    def kill(self, container: str) -> None:
        _run("docker", "exec", NODE, "ctr", "-n", "k8s.io", "tasks", "kill", "-s", "SIGKILL", container)

    def check(self) -> None:
        """Raise ControlPlaneError when its container has ended."""
        _run("docker", "exec", NODE, "true")

    def left(self) -> list[str]:
        clusters = _run("kind", "get", "clusters").split()
        return [each for each in clusters if each == NAME] + ([str(self.folder)] if self.folder.exists() else [])

    @property
    def _own(self) -> tuple[str, str]:
        """Or kind would write to the user's."""
        return "--kubeconfig", str(self.kubeconfig)

    def __enter__(self) -> Self:
        self.stop()  # what a run that was killed has left
        self.folder.mkdir(mode=0o700, parents=True)
        self._say("making a cluster with kind")
        told = ("--name", NAME, "--config", str(CONFIGURATION), "--wait", "180s", *self._own)
        try:
            _run("kind", "create", "cluster", *told)
        except ControlPlaneError:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        _run("kind", "delete", "cluster", "--name", NAME, *self._own)  # it is no error that there is none
        shutil.rmtree(self.folder, ignore_errors=True)


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    if done.returncode:
        raise ControlPlaneError(f"`{' '.join(command[:3])} ...` ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout
