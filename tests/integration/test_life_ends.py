"""Deletion, names that are taken, and manifests that Run:ai does not take."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from runai_operator.api.names import CLAIM, FINALIZER, STAMP_PREFIX
from tests.control_plane import Kubectl
from tests.integration.watching import Watching
from tests.integration.world import World, a_job

CREATE, PUT, DELETE = "create_workload_v2", "update_workload_v2", "delete_workload_v2"
FOREIGN = "example.com/hold"
PROJECT = "4501"


def running(world: World, name: str, **spec: Any) -> str:
    world.submit(name, **spec)
    world.until_ready(name)
    (workload,) = world.workloads(name)
    return str(workload["row"]["id"])


def delete(world: World, name: str, *more: str) -> None:
    world.kubectl("delete", "rwl", name, "--timeout=30s", *more, namespace=world.namespace)


def exists(world: World, name: str) -> bool:
    return name in world.resources()


def test_kubectl_delete_leaves_nothing(shared_world: World, name: str) -> None:
    world = shared_world
    running(world, name)
    delete(world, name)
    assert world.workloads(name) == []
    assert world.written(name) == [CREATE, DELETE]


def test_a_resource_deleted_while_it_is_being_submitted_leaves_nothing(shared_world: World, name: str) -> None:
    world = shared_world
    world.submit(name)
    delete(world, name)
    world.polls()
    assert world.workloads(name) == []


def test_orphan_leaves_the_workload(shared_world: World, name: str) -> None:
    world = shared_world
    running(world, name, deletionPolicy="Orphan")
    delete(world, name)
    world.polls(2)
    assert [each["row"]["phase"] for each in world.workloads(name)] == ["Running"]
    assert world.written(name) == [CREATE]


def test_release_lets_go_without_deleting(shared_world: World, name: str) -> None:
    world = shared_world
    running(world, name)
    world.annotate(name, "runai-operator.io/release=true")
    world.polls(2)
    assert exists(world, name)
    delete(world, name)
    assert len(world.workloads(name)) == 1
    assert world.written(name) == [CREATE]


def test_release_frees_a_deletion_that_hangs(shared_world: World, name: str) -> None:
    world = shared_world
    running(world, name)
    fault = world.run.add_fault("status", operation=DELETE, status=503)
    try:
        delete_later(world, name)
        world.until(lambda: DELETE in world.written(name))
        assert exists(world, name)
        world.annotate(name, "runai-operator.io/release=true")
        world.until(lambda: not exists(world, name))
    finally:
        world.run.remove_fault(fault)


def delete_later(world: World, name: str) -> None:
    world.kubectl("delete", "rwl", name, "--wait=false", namespace=world.namespace)


def test_only_our_own_finalizer_is_touched(shared_world: World, name: str) -> None:
    world = shared_world
    running(world, name)
    world.patch(name, {"metadata": {"finalizers": [FOREIGN, FINALIZER]}})
    delete_later(world, name)
    world.until(lambda: world.get(name)["metadata"]["finalizers"] == [FOREIGN])
    assert world.workloads(name) == []
    patches = len(world.operator_patches(name))
    world.polls()
    assert len(world.operator_patches(name)) == patches
    world.patch(name, {"metadata": {"finalizers": None}})
    world.until(lambda: not exists(world, name))


def test_a_resource_replaced_without_claim_and_finalizer_gets_them_back(shared_world: World, name: str) -> None:
    world = shared_world
    workload_id = running(world, name)
    found = world.get(name)
    bare = {key: found[key] for key in ("apiVersion", "kind", "spec")} | {"metadata": {"name": name}}
    world.kubectl("replace", "-f", "-", input=bare, namespace=world.namespace)

    def whole() -> bool:
        metadata = world.get(name)["metadata"]
        return metadata.get("finalizers") == [FINALIZER] and CLAIM in metadata.get("annotations", {})

    world.until(whole)
    assert json.loads(world.get(name)["metadata"]["annotations"][CLAIM])["name"] == name
    world.polls(2)
    assert world.written(name) == [CREATE]
    assert world.status(name)["workloadId"] == workload_id
    delete(world, name)
    assert world.workloads(name) == []


@pytest.fixture
def crowded(world: World) -> World:
    """A world with a hundred workloads."""
    items = [
        {
            "apiVersion": "runai-operator.io/v1alpha1",
            "kind": "RunaiWorkload",
            "metadata": {"name": f"many-{number}"},
            "spec": {"connectionRef": {"name": world.connection}, "manifest": a_job()},
        }
        for number in range(100)
    ]
    world.apply({"apiVersion": "v1", "kind": "List", "items": items})
    world.until(lambda: len(world.run.workloads()) == 100, within=60)
    return world


def test_a_namespace_with_a_hundred_resources_goes(crowded: World, kubectl: Kubectl) -> None:
    kubectl("delete", "namespace", crowded.namespace, "--wait", "--timeout=90s", timeout=100)
    assert [each for each in crowded.run.workloads() if not each["deleted"]] == []
    assert len(crowded.run.writes(CREATE)) == 100


def stamped_by(owner: str) -> dict[str, Any]:
    """A manifest that another cluster's operator submitted."""
    stamp = {"cluster": "elsewhere", "namespace": "lab", "name": owner, "digest": "0"}
    annotations = {f"{STAMP_PREFIX}{key}": value for key, value in stamp.items()}
    return a_job() | {"metadata": {"annotations": annotations}}


@pytest.mark.parametrize(
    ("made", "words"),
    [
        pytest.param({}, "not made through the V2 API", id="made otherwise"),
        pytest.param({"foreign": False, "manifest": a_job()}, "carries no stamp", id="made through V2"),
        pytest.param(
            {"foreign": False, "manifest": stamped_by("theirs")},
            "RunaiWorkload lab/theirs of cluster elsewhere",
            id="another's",
        ),
    ],
)
def test_a_foreign_workload_of_the_same_name_is_never_touched(
    shared_world: World, name: str, made: dict[str, Any], words: str
) -> None:
    world = shared_world
    foreign = world.run.create_foreign(name, PROJECT, **made)
    world.submit(name)
    world.until_ready(name, "NameConflict")
    message = world.condition("Ready", name)["message"]
    assert words in message
    assert foreign["row"]["id"] in message
    assert "spec.workloadName" in message
    world.polls(2)
    (workload,) = world.workloads(name)
    assert workload["v2"]["rawManifest"] == foreign["v2"]["rawManifest"]
    assert world.written(name) in ([], [CREATE]), "once it may be asked, to be told that the name is taken"

    world.submit(name, workloadName=f"{name}-ours")
    world.until_ready(name)
    assert len(world.workloads(f"{name}-ours")) == 1
    delete(world, name)
    assert world.workloads(f"{name}-ours") == []
    assert [each["row"]["id"] for each in world.workloads(name)] == [foreign["row"]["id"]]


def test_a_deleted_resource_leaves_the_foreign_workload_of_its_name(shared_world: World, name: str) -> None:
    world = shared_world
    world.run.create_foreign(name, PROJECT, foreign=False, manifest=stamped_by("theirs"))
    world.submit(name)
    world.until_ready(name, "NameConflict")
    delete(world, name)
    assert len(world.workloads(name)) == 1
    assert DELETE not in world.written(name)


def test_a_name_that_becomes_free_is_taken(shared_world: World, name: str) -> None:
    world = shared_world
    foreign = world.run.create_foreign(name, PROJECT)
    world.submit(name)
    world.until_ready(name, "NameConflict")
    world.run.act(foreign["row"]["id"], "delete")
    world.until_ready(name)
    (workload,) = world.workloads(name)
    assert workload["row"]["id"] != foreign["row"]["id"]


def refused(**annotations: str) -> dict[str, Any]:
    """A manifest that the simulator is asked to refuse or to fail."""
    prefixed = {f"simulator.runai-operator.io/{key.replace('_', '-')}": value for key, value in annotations.items()}
    return a_job() | {"metadata": {"annotations": prefixed}}


def test_what_runai_refuses_is_told_in_its_words_and_mended_by_an_edit(shared_world: World, name: str) -> None:
    world = shared_world
    world.submit(name, manifest=refused(reject="spec.template.spec.containers[0].image: unknown registry"))
    world.until_ready(name, "Rejected")
    ready = world.condition("Ready", name)
    assert "spec.template.spec.containers[0].image: unknown registry" in ready["message"]
    assert world.condition("Stalled", name)["status"] == "True"
    assert world.workloads(name) == []
    world.submit(name)
    world.until_ready(name)
    assert not world.condition("Stalled", name)


def test_an_update_that_runai_refuses_leaves_the_workload_running(shared_world: World, name: str) -> None:
    world = shared_world
    workload_id = running(world, name)
    world.submit(name, manifest=refused(reject="no such image"))
    world.until_ready(name, "Rejected")
    assert "no such image" in world.condition("Ready", name)["message"]
    assert world.status(name)["phase"] == "Running"
    world.submit(name)
    world.until_ready(name)
    assert world.status(name)["workloadId"] == workload_id


@pytest.fixture(scope="module", autouse=True)
def unappliable(shared_world: World) -> Iterator[tuple[str, Watching]]:
    """A workload that cannot be applied, there from the start, for its grace passes meanwhile: its name, and who
    watches it."""
    with shared_world.watching() as watching:
        shared_world.submit("unappliable", manifest=refused(fail_sync='no matches for kind "Job"'))
        yield "unappliable", watching


def test_what_cannot_be_applied_is_told_in_runais_words_and_stalls_after_its_grace(
    shared_world: World, unappliable: tuple[str, Watching]
) -> None:
    world, (name, watching) = shared_world, unappliable
    world.until(lambda: world.condition("Stalled", name).get("status") == "True", within=60)
    assert 'no matches for kind "Job"' in world.condition("Ready", name)["message"]
    assert world.status(name)["syncInfo"]["status"] == "Failed"
    assert not world.condition("Reconciling", name)
    assert world.written(name) == [CREATE]
    told = [
        {each["type"] for each in version["status"]["conditions"]} & {"Reconciling", "Stalled"}
        for version in world.history(name, watching)
        if version.get("status", {}).get("syncInfo", {}).get("status") == "Failed"
    ]
    assert told[0] == {"Reconciling"}
    assert told[-1] == {"Stalled"}

    world.submit(name)
    world.until_ready(name)
    assert not world.condition("Stalled", name)
    assert len(world.workloads(name)) == 1
