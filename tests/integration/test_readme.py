"""Every command of the README is run, in its order, as a reader would; each section's in a cluster of its own."""

import os
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chart.installed.cluster import connect
from tests.conftest import REPOSITORY
from tests.control_plane import Helm
from tests.control_plane.processes import wait_until
from tests.demo.stage import Stage
from tests.unit.test_readme import commands

TIMES = {"queued": 0.1, "applying": 0.1, "pending": 0.1, "running": 8.0}
SIMULATOR = "http://127.0.0.1:8088"
"""The address that examples/connection names; here, another port is taken."""
RUNAI = "https://example.run.ai"
"""The one that the chart is told; here, a simulated one has to do."""


class Reader:
    """Types the commands, in a folder that holds what the README speaks of."""

    def __init__(self, stage: Stage, folder: Path, helm: Helm) -> None:
        self._stage = stage
        self._helm = helm
        self._folder = folder
        for name in ("crds", "deploy", "examples"):
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
            case ["helm", "install", *arguments]:
                self._install(arguments)
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

    def _install(self, arguments: list[str]) -> None:
        """What Helm does, and then what the Pods would do: none run here, so there is nothing to --wait for."""
        assert "--wait" in arguments
        assert f"connection.url={RUNAI}" in arguments
        rest = [each.replace(RUNAI, self._stage.url) for each in arguments if each != "--wait"]
        chart = rest.index("deploy/helm/runai-operator")
        rest[chart] = str(self._folder / rest[chart])
        Helm(self._helm.binary, self._folder / "helm", self._stage.kubeconfig)("install", *rest)
        self.type("runai-operator simulate")
        done = connect(self._stage.control_plane, self._stage.kubectl, self._folder)
        assert done.returncode == 0, done.stderr
        self.type("runai-operator run")

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


def sections() -> dict[str, list[str]]:
    """The commands of the README by the heading that they stand under, where there are any for a cluster."""
    parts = (REPOSITORY / "README.md").read_text().split("\n## ")
    found = {part.partition("\n")[0]: commands(part) for part in parts}
    return {heading: typed for heading, typed in found.items() if any("kubectl" in command for command in typed)}


def type_all(stage: Stage, folder: Path, helm: Helm, section: str) -> list[str]:
    """What was typed."""
    reader, typed = Reader(stage, folder, helm), sections()[section]
    for command in typed:
        reader.type(command)
    return typed


def test_every_section_with_commands_for_a_cluster_is_tried() -> None:
    assert list(sections()) == ["Install it", "A first workload"]


def test_a_workload_runs_after_five_commands(stage: Stage, tmp_path: Path, helm: Helm) -> None:
    assert "team-a" not in stage.kubectl("get", "namespaces", "-o", "name"), "the commands have to make it"
    assert len(type_all(stage, tmp_path, helm, "Install it")) == 5
    [workload] = stage.workloads()
    assert workload["status"]["phase"] in ("Running", "Completed")


def test_every_command_for_an_operator_on_ones_own_machine_works(stage: Stage, tmp_path: Path, helm: Helm) -> None:
    typed = type_all(stage, tmp_path, helm, "A first workload")
    assert [command for command in typed if command.startswith("kubectl delete rwl")]
    assert stage.workloads() == []
    assert [each for each in stage.control.workloads("hello-gpu") if not each["deleted"]] == []


def test_a_command_that_nobody_can_try_fails_the_test(tmp_path: Path, helm: Helm) -> None:
    with pytest.raises(AssertionError, match="nobody knows how to try"):
        Reader(Stage(tmp_path / "stage"), tmp_path, helm).type("helm uninstall runai-operator")
