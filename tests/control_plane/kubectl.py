"""kubectl, bound to one kubeconfig: it never sees a cluster of the user's."""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .processes import die_with


class KubectlFailed(AssertionError):
    """kubectl refused, or the API server did; `stderr` is what it told."""

    def __init__(self, args: tuple[str, ...], stderr: str) -> None:
        super().__init__(f"kubectl {' '.join(args)}: {stderr}")
        self.stderr = stderr


@dataclass(frozen=True)
class Kubectl:
    """Call it like the command: `kubectl("get", "rwl", "-o", "name", namespace="team-a")`."""

    binary: Path
    kubeconfig: Path

    def __call__(
        self,
        *args: str,
        input: str | Mapping[str, Any] | None = None,
        namespace: str | None = None,
        timeout: float = 60,
    ) -> str:
        """Standard output of the command; an object given as `input` goes to it as JSON, for `-f -`.

        Raises KubectlFailed when it exits with anything but 0, TimeoutExpired after `timeout` seconds.
        """
        done = self._run(args, input, namespace, timeout)
        if done.returncode:
            raise KubectlFailed(args, done.stderr.strip())
        return done.stdout

    def fails(
        self,
        *args: str,
        input: str | Mapping[str, Any] | None = None,
        namespace: str | None = None,
        timeout: float = 60,
    ) -> str:
        """Standard error of a command that must not succeed; AssertionError when it does."""
        done = self._run(args, input, namespace, timeout)
        if not done.returncode:
            raise AssertionError(f"kubectl {' '.join(args)} should have failed, and said: {done.stdout.strip()}")
        return done.stderr.strip()

    def json(self, *args: str, namespace: str | None = None) -> Any:
        """What the command tells with `-o json`, parsed."""
        return json.loads(self(*args, "-o", "json", namespace=namespace))

    def start(self, *args: str, output: Path) -> subprocess.Popen[bytes]:
        """The command in the background, with its standard output in a file; who starts it ends it."""
        with output.open("wb") as written:
            return subprocess.Popen(
                self._command(args), stdout=written, env=self._environ, preexec_fn=die_with(os.getpid())
            )

    def _run(
        self, args: tuple[str, ...], given: str | Mapping[str, Any] | None, namespace: str | None, timeout: float
    ) -> subprocess.CompletedProcess[str]:
        scope = ("--namespace", namespace) if namespace else ()
        text = json.dumps(given) if isinstance(given, Mapping) else given
        return subprocess.run(
            self._command((*scope, *args)),
            input=text or "",
            env=self._environ,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def _command(self, args: tuple[str, ...]) -> list[str]:
        cache = self.kubeconfig.parent / "kubectl-cache"  # by address: an earlier run's must not answer for this one
        return [str(self.binary), f"--kubeconfig={self.kubeconfig}", f"--cache-dir={cache}", *args]

    @property
    def _environ(self) -> dict[str, str]:
        return os.environ | {"KUBERC": "off"}
