"""Uninstalling the operator deletes no workload. On a control plane of its own: its CRDs come and go."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import REPOSITORY
from tests.control_plane import ControlPlane, Kubectl
from tests.integration.world import World

CRD = "runaiworkloads.runai-operator.io"
CONNECTIONS_CRD = "runaiconnections.runai-operator.io"
MANY = [f"trainer-{number}" for number in range(20)]


@pytest.fixture(scope="module")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    with ControlPlane(tmp_path_factory.mktemp("uninstalled"), audit=True) as plane:
        yield plane


@pytest.fixture(scope="module")
def kubectl(control_plane: ControlPlane) -> Kubectl:
    return Kubectl(control_plane.kubectl, control_plane.kubeconfig)


@pytest.fixture
def crds(kubectl: Kubectl) -> list[str]:
    return install(kubectl)


def install(kubectl: Kubectl) -> list[str]:
    applied = kubectl("apply", "--server-side", "-f", str(REPOSITORY / "crds"), "-o", "name").split()
    kubectl("wait", "--for=condition=Established", "--timeout=30s", *applied)
    return applied


def recorded(world: World) -> dict[str, str]:
    """The ids of the workloads by the names of the resources that recorded them."""
    found = world.kubectl.json("get", "rwl", namespace=world.namespace)["items"]
    return {each["metadata"]["name"]: each.get("status", {}).get("workloadId", "") for each in found}


def test_the_crd_deleted_all_resources_go_and_every_workload_stays(world: World) -> None:
    for name in MANY:
        world.submit(name)
    world.until(lambda: len(list(filter(None, recorded(world).values()))) == len(MANY), within=120)
    before = recorded(world)
    world.kubectl("delete", "crd", CRD, "--timeout=120s")
    assert world.run.writes("delete_workload_v2") == []
    assert {each["row"]["id"] for each in world.run.workloads() if not each["deleted"]} == set(before.values())

    install(world.kubectl)
    for name in MANY:
        world.submit(name)
    world.until(lambda: recorded(world) == before, within=120)
    assert len(world.run.workloads()) == len(MANY)
    assert world.operator.running
    assert "Traceback" not in world.operator.log()


@pytest.mark.parametrize("connection_left", [True, False], ids=["the connection is left", "workloads alone are left"])
def test_an_operator_that_starts_amid_the_deletion_lets_go_of_what_is_left(world: World, connection_left: bool) -> None:
    """The CRDs were deleted while nobody led."""
    world.submit()
    world.until_ready()
    world.operator.stop()
    world.kubectl("delete", "crd", CRD, CONNECTIONS_CRD, "--wait=false")
    if not connection_left:
        world.tear_away(world.connection)
        world.kubectl("wait", "--for=delete", f"crd/{CONNECTIONS_CRD}", "--timeout=60s")
    world.operator.start()
    try:
        world.kubectl("wait", "--for=delete", f"crd/{CRD}", f"crd/{CONNECTIONS_CRD}", "--timeout=60s", timeout=90)
    finally:
        told = world.operator.log()
        install(world.kubectl)
    assert world.run.writes("delete_workload_v2") == [], told
