"""A short play in the ordinary suite; `make chaos-live` plays the long one."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.conftest import REPOSITORY

FAULTS = ("kill-leader", "pause-leader", "compact")


@pytest.mark.timeout(480)
@pytest.mark.usefixtures("control_plane")  # so that what is missing is built in the open, before its time runs
def test_two_operators_under_faults_leave_nothing_twice_and_nothing_lost() -> None:
    """A process of its own, as `make chaos-live` starts it: what it starts dies with its main thread."""
    short = ("--short", "--resources", "8", "--minutes", "0.1", "--rate", "2", "--lasts", "7")
    command = [sys.executable, "-m", "tests.chaos.live", *short, "--faults", *FAULTS]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=450, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["faults"], told["resources"], told["violations"]) == (len(FAULTS), 8, 0)
    assert 0 < told["recovery_seconds"]["median"] <= told["recovery_seconds"]["worst"]
    assert told["churn_seconds"] >= 6


def test_a_fault_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    command = [sys.executable, "-m", "tests.chaos.live", "--faults", "kill-everybody"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "kill-everybody" in done.stderr
    assert "kill-leader" in done.stderr
