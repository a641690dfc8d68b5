"""Every command of the README is run, in its order, as a reader would."""

import os
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.control_plane.processes import wait_until
from tests.demo.stage import Stage
from tests.unit.test_readme import commands

TIMES = {"queued": 0.1, "applying": 0.1, "pending": 0.1, "running": 8.0}
SIMULATOR = "http://127.0.0.1:8088"
"""The address that examples/connection names; here, another port is taken."""


class Reader:
    """Types the commands, in a folder that holds what the README speaks of."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self._stage = stage
        self._folder = folder
        for name in ("crds", "examples"):
            (folder / name).symlink_to(REPOSITORY / name)

    def type(self, command: str) -> None:
        match shlex.split(command):
            case ["make", _]:
                pass  # held to Makefile and CI in tests/unit/test_readme.py: `make test` would run itself
            case ["runai-operator", "simulate"]:
                self._stage.simulator.start()
                wait_until(self._stage.simulator_answers, 30, self._stage.simulator.last_words)
                self._stage.control.times(**TIMES)
            case ["runai-operator", "run"]:
                self._stage.operator.start()
            case ["kubectl", *arguments]:
                self._kubectl(arguments)
            case _:
                raise AssertionError(f"nobody knows how to try this command of the README: {command}")

    def _kubectl(self, arguments: list[str]) -> None:
        if "examples/connection/" in arguments:
            arguments = [*self._with_our_address(arguments)]
        stage = self._stage
        done = subprocess.run(
            [stage.control_plane.kubectl, f"--cache-dir={self._folder / 'cache'}", *arguments],
            env=os.environ | {"KUBECONFIG": str(stage.kubeconfig)},
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=150,
        )
        told = f"{done.stdout}{done.stderr}{stage.operator.last_words()}"
        assert done.returncode == 0, f"kubectl {' '.join(arguments)}: {told}"
        assert done.stdout, f"kubectl {' '.join(arguments)} tells nothing"

    def _with_our_address(self, arguments: list[str]) -> Iterator[str]:
        """The same command for a copy that differs in the port alone."""
        copies = self._folder / "connection"
        copies.mkdir()
        for path in (REPOSITORY / "examples" / "connection").glob("*.yaml"):
            (copies / path.name).write_text(path.read_text().replace(SIMULATOR, self._stage.url))
        assert any(self._stage.url in copy.read_text() for copy in copies.iterdir())
        for argument in arguments:
            yield str(copies) if argument == "examples/connection/" else argument


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A control plane of its own, since the README's connection is called default, and nothing else yet."""
    stage = Stage(tmp_path / "stage", settings={"request_timeout": 2, "settle_margin": 2})
    try:
        stage.control_plane.start()
        yield stage
    finally:
        stage.stop()


def test_every_command_of_the_readme_works_in_its_order(stage: Stage, tmp_path: Path) -> None:
    reader = Reader(stage, tmp_path)
    typed = commands((REPOSITORY / "README.md").read_text())
    for command in typed:
        reader.type(command)
    assert [command for command in typed if command.startswith("kubectl delete rwl")]
    assert stage.workloads() == []
    assert [each for each in stage.control.workloads("hello-gpu") if not each["deleted"]] == []


def test_a_command_that_nobody_can_try_fails_the_test(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="nobody knows how to try"):
        Reader(Stage(tmp_path / "stage"), tmp_path).type("helm install runai-operator")
