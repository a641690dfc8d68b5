"""The small world that integration tests act in."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from runai_simulator import RunningSimulator
from tests.control_plane import ControlPlane, Kubectl
from tests.integration.bad_input import other, undisturbed
from tests.integration.court import Court
from tests.integration.roles import Person, may, roles_for_people
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
    world.dismantle()


@pytest.fixture
def world(bare_world: World) -> World:
    """A world in which the operator runs and is connected."""
    bare_world.secret()
    bare_world.connect()
    bare_world.operator.start()
    return bare_world


@pytest.fixture
def beside(world: World) -> Iterator[World]:
    """A world with a settled resource, that must not be disturbed, and room for another connection."""
    world.submit("beside")
    world.until_ready("beside")
    before = undisturbed(world)
    yield world
    assert undisturbed(world) == before
    world.tear_away(other(world))


@pytest.fixture(scope="module")
def shared_world(
    crds: list[str],  # noqa: ARG001 (they have to be there)
    kubectl: Kubectl,
    control_plane: ControlPlane,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    """One running operator for all tests of a module; each works with names of its own."""
    namespace = f"test-{uuid4().hex[:12]}"
    kubectl("create", "namespace", namespace)
    kubectl("label", "namespace", namespace, "runai/queue=team-a")
    with RunningSimulator() as simulator:
        world = World(kubectl, control_plane, simulator, namespace, tmp_path_factory.mktemp("shared"))
        world.secret()
        world.connect(polling={"interval": "1s", "fullInterval": "1s"})
        world.operator.start()
        yield world
        if world.operator.running:
            world.operator.kill()
    world.dismantle()
    kubectl("delete", "namespace", namespace, "--wait=false")


@pytest.fixture
def name() -> str:
    """Of a workload that no other test knows."""
    return f"w-{uuid4().hex[:10]}"


@pytest.fixture(scope="module")
def court(
    crds: list[str],  # noqa: ARG001 (they have to be there)
    kubectl: Kubectl,
    control_plane: ControlPlane,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Court]:
    """One operator and two teams, for all attacks; the victim has settled workloads."""
    home, mallorys, victims = (f"{who}-{uuid4().hex[:8]}" for who in ("home", "mallory", "victim"))
    for namespace, project in ((home, "none"), (mallorys, "team-a"), (victims, "team-b")):
        kubectl("create", "namespace", namespace)
        kubectl("label", "namespace", namespace, f"runai/queue={project}")
    roles_for_people(kubectl)
    may(kubectl, "mallory", "edit", mallorys)
    with RunningSimulator() as simulator:
        simulator.control.add_project("commons", simulator.control.projects()[0]["cluster_id"])
        world = World(kubectl, control_plane, simulator, home, tmp_path_factory.mktemp("court"))
        world = world.with_settings(watch_namespaces=f"{mallorys},{victims}")
        world.secret()
        mallory = Person(kubectl, "mallory", mallorys)
        court = Court(world, mallory, mallorys, victims, f"shared-{victims}", f"private-{victims}")
        court.connect()
        world.operator.start()
        court.settle()
        yield court
        world.operator.kill()
    court.dismantle()
    kubectl("delete", "namespace", home, "--wait=false")
