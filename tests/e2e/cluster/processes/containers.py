"""What of containerd is asked directly: its own images and processes, not those of the API server's telling."""

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Containers:
    """containerd behind its socket, in the namespace that the kubelet uses."""

    socket: Path

    def answers(self) -> bool:
        return self._ctr("version").returncode == 0

    def load(self, archive: Path) -> None:
        """Have the images of an archive. Raises CalledProcessError with what containerd told."""
        self._ctr("images", "import", str(archive)).check_returncode()

    def running(self) -> list[str]:
        """The ids of containers with a process, sandboxes too."""
        return self._ctr("tasks", "ls", "--quiet").stdout.split()

    def kill(self, container: str) -> None:
        """SIGKILL to the first process of a container, as a crash or the kernel's memory killer would have it."""
        self._ctr("tasks", "kill", "--signal", "SIGKILL", container).check_returncode()

    def _ctr(self, *args: str) -> subprocess.CompletedProcess[str]:
        command = ["ctr", "--address", str(self.socket), "--namespace", "k8s.io", *args]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
