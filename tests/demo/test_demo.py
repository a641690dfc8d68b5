"""`python -m tests.demo`, as `make demo` runs it: what it tells, how it ends, and that it leaves nothing running."""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

import pytest

from tests.conftest import REPOSITORY
from tests.control_plane.processes import wait_until
from tests.demo.expectations import REFUSED, amiss
from tests.demo.play import TITLE, names

WITHIN = 120
CTRL_C, CURSOR_UP = "\x03", "\x1b[1A"


# Asks for the fixture, so that what is missing is built in the open, before the demo's time runs.
pytestmark = pytest.mark.usefixtures("control_plane")


def test_without_a_terminal_it_ends_well_once_all_are_where_they_should_be(tmp_path: Path) -> None:
    with demo(tmp_path) as process:
        told, _ = process.communicate(timeout=WITHIN)
    assert process.returncode == 0, told
    for name in names():
        assert name in told
    assert "priority 'urgent' is unknown" in told
    assert "export KUBECONFIG=" in told
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_stops_all_that_it_started(tmp_path: Path, signum: signal.Signals) -> None:
    with demo(tmp_path) as process:
        wait_until(lambda: len(left_behind(tmp_path)) >= 3, WITHIN, lambda: "it starts nothing")
        process.send_signal(signum)
        told, _ = process.communicate(timeout=30)
    assert process.returncode == 130, told
    assert left_behind(tmp_path) == []


def test_it_fails_when_an_example_does_not_arrive_and_says_which(tmp_path: Path) -> None:
    with demo(tmp_path, "--within", "2") as process:
        told, _ = process.communicate(timeout=WITHIN)
    assert process.returncode == 1, told
    _, _, why = told.partition("the demo did not get where it should:")
    for name in names() - {REFUSED}:
        assert f"{name} should be " in why or f"{name} has " in why, why
    assert "stays until Ctrl-C" not in told, "nobody is told to go on with what is not there"
    assert left_behind(tmp_path) == []


def test_at_a_terminal_the_table_lives_and_all_stays_until_ctrl_c(tmp_path: Path) -> None:
    with Terminal() as terminal, demo(tmp_path, terminal=terminal) as process:
        terminal.read_until("Ctrl-C ends it", within=WITHIN)
        watched = terminal.text
        assert {"Queued", "Pending"} & {*words(watched)}, "no stage on the way is seen, however busy the machine is"
        assert "Running" in words(watched)
        assert watched.count(CURSOR_UP) > 0, "the table is printed again and again, instead of drawn anew"
        assert "export KUBECONFIG=" in watched
        redrawn = watched.count(TITLE)
        wait_until(lambda: terminal.read().count(TITLE) >= redrawn + 3, 20, lambda: terminal.text)
        assert len(left_behind(tmp_path)) >= 3, "the control plane, the simulator and the operator stay"
        terminal.type(CTRL_C)
        assert process.wait(30) == 0, terminal.read()
    assert left_behind(tmp_path) == []


def test_what_is_not_where_it_should_be_is_named() -> None:
    assert amiss([], frozenset({"hello-gpu"})) == {"hello-gpu": "is not there"}


class Terminal:
    """A terminal of 160 columns: what a program shows on it, and what is typed."""

    def __enter__(self) -> Self:
        self._ours, self.theirs = pty.openpty()
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 160, 0, 0))
        os.set_blocking(self._ours, False)
        self.text = ""
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._ours)
        os.close(self.theirs)

    def take(self) -> None:
        """In a child: this is the terminal that Ctrl-C comes from."""
        os.setsid()
        fcntl.ioctl(self.theirs, termios.TIOCSCTTY, 0)

    def read(self) -> str:
        """All that was shown until now."""
        with suppress(BlockingIOError):
            while piece := os.read(self._ours, 65536):
                self.text += piece.decode(errors="replace")
        return self.text

    def read_until(self, words: str, *, within: float) -> None:
        wait_until(lambda: words in self.read(), within, lambda: self.text)

    def type(self, keys: str) -> None:
        os.write(self._ours, keys.encode())


def words(shown: str) -> list[str]:
    """What a person reads, without the colours."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", " ", shown).split()


@contextmanager
def demo(folder: Path, *arguments: str, terminal: Terminal | None = None) -> Iterator[subprocess.Popen[str]]:
    """The demo, in a world with another cluster; its processes are known by the folder of its temporary files."""
    environ = os.environ | {"TMPDIR": str(folder), "KUBECONFIG": "/nonexistent", "KUBERNETES_SERVICE_HOST": "192.0.2.1"}
    shown = terminal.theirs if terminal else None
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.demo", *arguments],
        cwd=REPOSITORY,
        env=environ | {"TERM": "xterm-256color"},
        stdin=shown or subprocess.DEVNULL,
        stdout=shown or subprocess.PIPE,
        stderr=shown or subprocess.STDOUT,
        preexec_fn=terminal.take if terminal else None,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def left_behind(folder: Path) -> list[int]:
    """Ids of the processes, other than the demo itself, that know of the folder by arguments or environment."""
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and _knows(entry, folder)]


def _knows(entry: Path, folder: Path) -> bool:
    try:
        words = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
    except OSError:
        return False
    return str(folder).encode() in words and b"tests.demo" not in words
