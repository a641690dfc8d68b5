"""One program of the control plane as a child process that never outlives us."""

import ctypes
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

from .errors import ControlPlaneError

PR_SET_PDEATHSIG = 1  # prctl(2)
POLL = 0.05
PORTS = range(20_000, 30_000)


class Process:
    """A program whose output goes to a log file, that can be started again after it was stopped.

    On Linux the kernel kills it when the thread that started it ends, so start it from one that lives long enough.
    """

    def __init__(self, name: str, command: Sequence[str | Path], log: Path) -> None:
        self.name = name
        self.log = log
        self._command = [str(part) for part in command]
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._child.pid if self._child and self._child.poll() is None else None

    def start(self) -> None:
        """Start it, unless it runs."""
        if self.pid is not None:
            return
        with open(self.log, "ab") as log:
            self._child = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C at the terminal is for us: we stop them in order
                preexec_fn=die_with(os.getpid()),
            )

    def stop(self, within: float = 5.0) -> None:
        """Ask it to end, and kill it when it has not after `within` seconds."""
        if self._child is None:
            return
        self._child.terminate()
        try:
            self._child.wait(within)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._child = None

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            self._child = None

    def check(self) -> None:
        """Raise ControlPlaneError when it has ended without being told to."""
        if self._child and (code := self._child.poll()) is not None:
            raise ControlPlaneError(f"{self.name} ended with {code}. {self.last_words()}")

    def last_words(self, lines: int = 12) -> str:
        """The end of its log, and where the rest is."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return f"Its log is {self.log}, and ends:\n" + "\n".join(text.splitlines()[-lines:])


def wait_until(done: Callable[[], bool], within: float, otherwise: Callable[[], str]) -> None:
    """Return once `done`; after `within` seconds raise ControlPlaneError with what `otherwise` tells."""
    deadline = time.monotonic() + within
    while not done():
        if time.monotonic() > deadline:
            raise ControlPlaneError(f"{otherwise()} (waited {within:.0f} s)")
        time.sleep(POLL)


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nothing listens on.

    Below the ports that the kernel hands to outgoing connections, so that none of those takes it while the API server
    is down for a moment.
    """
    free = list(islice(filter(_is_free, random.sample(PORTS, 500)), count))
    if len(free) < count:
        raise ControlPlaneError(f"no free port on 127.0.0.1 between {PORTS.start} and {PORTS.stop}")
    return free


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def die_with(parent: int) -> Callable[[], None] | None:
    """What the child does before it becomes the program: asks the kernel to kill it when its parent is gone."""
    try:
        prctl = ctypes.CDLL(None).prctl
    except (OSError, AttributeError):
        return None  # not Linux: an orderly end still stops everything

    def before_exec() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return before_exec
