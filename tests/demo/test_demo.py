"""`python -m tests.demo`, as `make demo` runs it: what it tells, how it ends, and that it leaves nothing running."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.control_plane.processes import wait_until
from tests.demo.expectations import amiss
from tests.demo.play import names

WITHIN = 120


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


def test_what_is_not_where_it_should_be_is_named() -> None:
    assert amiss([], frozenset({"hello-gpu"})) == {"hello-gpu": "is not there"}


@contextmanager
def demo(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """The demo, in a world with another cluster; its processes are known by the folder of its temporary files."""
    environ = os.environ | {"TMPDIR": str(folder), "KUBECONFIG": "/nonexistent", "KUBERNETES_SERVICE_HOST": "192.0.2.1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.demo"],
        cwd=REPOSITORY,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
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
