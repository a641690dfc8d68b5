"""Helm, bound to one kubeconfig and to a home of its own: it sees neither a cluster nor the settings of the user's."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .binaries import Say
from .programs import Program, prepare_program
from .versions import HELM, HELM_3_KUBERNETES


class HelmFailed(AssertionError):
    """Helm refused, or the API server did; `stderr` is what it told."""

    def __init__(self, args: tuple[str, ...], stderr: str) -> None:
        super().__init__(f"helm {' '.join(args)}: {stderr}")
        self.stderr = stderr


def helm_program(major: int, say: Say = print) -> Path:
    """Where Helm 3 or 4 is, built into the cache where it is not there yet. Raises ControlPlaneError."""
    module, version = f"helm.sh/helm/v{major}", HELM[major]
    stamps = ((f"{module}/internal/version.version", version), *(_kubernetes(module) if major == 3 else ()))
    return prepare_program(Program("helm", module, version, f"{module}/cmd/helm", stamps), say)


def _kubernetes(module: str) -> Iterator[tuple[str, str]]:
    """For templates and for lint; without it Helm 3 takes a Kubernetes of long ago for given, which charts refuse."""
    for package in ("chartutil", "lint/rules"):
        for part, number in zip(("Major", "Minor"), HELM_3_KUBERNETES, strict=True):
            yield f"{module}/pkg/{package}.k8sVersion{part}", number


@dataclass(frozen=True)
class Helm:
    """Call it like the command: `helm("install", "runai-operator", str(chart), namespace="runai-operator")`.

    `home` is a folder for its caches; without a `kubeconfig` it reaches no cluster.
    """

    binary: Path
    home: Path
    kubeconfig: Path | None = None

    def __call__(self, *args: str, namespace: str | None = None, input: str = "", timeout: float = 120) -> str:
        """Standard output of the command. Raises HelmFailed when it exits with anything but 0, TimeoutExpired."""
        done = self._run(args, namespace, input, timeout)
        if done.returncode:
            raise HelmFailed(args, done.stderr.strip() or done.stdout.strip())
        return done.stdout

    def fails(self, *args: str, namespace: str | None = None, input: str = "", timeout: float = 120) -> str:
        """Standard error of a command that must not succeed; AssertionError when it does."""
        done = self._run(args, namespace, input, timeout)
        if not done.returncode:
            raise AssertionError(f"helm {' '.join(args)} should have failed, and said: {done.stdout.strip()}")
        return done.stderr.strip() or done.stdout.strip()

    def _run(
        self, args: tuple[str, ...], namespace: str | None, given: str, timeout: float
    ) -> subprocess.CompletedProcess[str]:
        scope = ("--namespace", namespace) if namespace else ()
        return subprocess.run(
            [str(self.binary), *args, *scope],
            input=given,
            env=self._environ,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    @property
    def _environ(self) -> dict[str, str]:
        own = {f"HELM_{what}_HOME": str(self.home / what.lower()) for what in ("CACHE", "CONFIG", "DATA")}
        kept = {key: value for key, value in os.environ.items() if not key.startswith("HELM_")}
        cache = self.home / "discovery"  # by address: an earlier run's must not answer for this one
        return kept | own | {"KUBECONFIG": str(self.kubeconfig or os.devnull), "KUBECACHEDIR": str(cache)}
