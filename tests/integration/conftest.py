"""The small world that integration tests act in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from runai_simulator import RunningSimulator
from tests.control_plane import ControlPlane, Kubectl
from tests.integration.world import World


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    with RunningSimulator() as simulator:
        yield simulator


@pytest.fixture
def bare_world(
    crds: list[str],  # noqa: ARG001 (they have to be there)
    kubectl: Kubectl,
    control_plane: ControlPlane,
    simulator: RunningSimulator,
    namespace: str,
    tmp_path: Path,
) -> Iterator[World]:
    """Everything but connection and operator, which the test makes itself."""
    world = World(kubectl, control_plane, simulator, namespace, tmp_path)
    yield world
    if world.operator.running:
        world.operator.kill()
    kubectl("delete", "rcon", world.connection, "--ignore-not-found")
    for name in kubectl("get", "rwl", "-o", "name", namespace=namespace).split():
        kubectl("patch", name, "--type=merge", "-p", '{"metadata":{"finalizers":null}}', namespace=namespace)


@pytest.fixture
def world(bare_world: World) -> World:
    """A world in which the operator runs and is connected."""
    bare_world.secret()
    bare_world.connect()
    bare_world.operator.start()
    return bare_world
