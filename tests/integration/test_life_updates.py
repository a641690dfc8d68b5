"""What a change of the resource comes to in Run:ai, and what it costs."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from tests.integration.world import World, a_job

SYNCS, PHASES = ("Queued", "Applying", "Synced"), ("Creating", "Pending", "Running")


@pytest.fixture
def slow(shared_world: World) -> Iterator[World]:
    """A Run:ai that takes its time, so that every stage can be seen."""
    before = shared_world.run.times()
    shared_world.run.times(queued=1.5, applying=1.5, pending=2.0)
    yield shared_world
    shared_world.run.times(**before)


def a_deployment() -> dict[str, Any]:
    container = {"name": "server", "image": "server:1"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "spec": {"replicas": 1, "template": {"spec": {"containers": [container]}}},
    }


def with_parallelism(number: int | None) -> dict[str, Any]:
    manifest = a_job()
    if number is not None:
        manifest["spec"]["parallelism"] = number
    return manifest


def things_told(status: dict[str, Any]) -> dict[str, Any]:
    """What is worth a PATCH, thing by thing."""
    conditions = {
        each["type"]: (each["status"], each["reason"], each.get("message")) for each in status.get("conditions", [])
    }
    info = status.get("syncInfo", {})
    return {
        "phase": status.get("phase"),
        "sync": (info.get("status"), info.get("message")),
        "endpoints": status.get("endpoints"),
        **conditions,
    }


def changes(versions: list[dict[str, Any]]) -> int:
    """How many things changed, from version to version."""
    told = [{}, *(things_told(each.get("status", {})) for each in versions)]
    return sum(old.get(key) != new.get(key) for old, new in pairwise(told) for key in old.keys() | new.keys())


def test_the_operator_patches_no_more_than_there_is_to_tell(slow: World, name: str) -> None:
    world = slow
    with world.watching() as watching:
        world.submit(name, manifest=a_deployment())
        world.until_ready(name)
        versions, patches = world.history(name, watching), world.operator_patches(name)
    assert world.status(name)["endpoints"]
    assert len(patches) <= 2 + changes(versions)
    # And of what happened in Run:ai nothing is told twice: its three syncs, three phases, one endpoint.
    assert len(patches) <= 2 + len(SYNCS) + len(PHASES) + 1
    phases = [each["status"]["phase"] for each in versions if each.get("status", {}).get("phase")]
    assert sorted(set(phases), key=PHASES.index) == list(dict.fromkeys(phases)), "a phase went backwards"


def test_what_has_settled_is_neither_patched_nor_asked_about(shared_world: World, name: str) -> None:
    world = shared_world
    world.submit(name)
    world.until_ready(name)
    world.polls(2)
    patches, asked = len(world.operator_patches()), world.asked_about(name)
    world.polls()
    assert len(world.operator_patches()) == patches
    assert world.asked_about(name) == asked


@pytest.mark.parametrize(
    ("spec", "field", "value"),
    [
        pytest.param({"scheduling": {"priority": "high"}}, "priority", "high", id="priority"),
        pytest.param({"scheduling": {"category": "Build"}}, "category", "Build", id="category"),
    ],
)
def test_a_change_of_metadata_is_one_put_and_taking_it_back_another(
    shared_world: World, name: str, spec: dict[str, Any], field: str, value: str
) -> None:
    world = shared_world
    world.submit(name)
    world.until_ready(name)
    (before,) = world.workloads(name)

    world.submit(name, **spec)
    world.until_ready(name)
    (now,) = world.workloads(name)
    assert now["v2"]["metadata"][field] == value
    assert world.status(name)["scheduling"][field] == value
    assert now["row"]["id"] == before["row"]["id"]
    assert world.written(name) == ["create_workload_v2", "update_workload_v2"]

    world.submit(name)
    world.until_ready(name)
    (now,) = world.workloads(name)
    assert now["v2"]["metadata"][field] == before["v2"]["metadata"][field]
    world.polls()
    assert world.written(name) == ["create_workload_v2", "update_workload_v2", "update_workload_v2"]


def test_a_change_of_the_manifest_is_one_put_and_a_removed_field_is_removed(shared_world: World, name: str) -> None:
    world = shared_world
    world.submit(name, manifest=with_parallelism(None))
    world.until_ready(name)
    for number in (2, 3, None):
        world.submit(name, manifest=with_parallelism(number))
        world.until_ready(name)
        (workload,) = world.workloads(name)
        assert workload["v2"]["rawManifest"]["spec"].get("parallelism") == number
    world.polls()
    assert world.written(name) == ["create_workload_v2", *["update_workload_v2"] * 3]


@pytest.mark.parametrize(("put", "puts"), [("merge", 1), ("deep-merge", 2)])
def test_a_removed_field_is_removed_where_a_put_merges(shared_world: World, name: str, put: str, puts: int) -> None:
    """That a PUT keeps what it leaves out shows in its answer: only then a second one says null."""
    world = shared_world
    world.run.switches(put=put)
    try:
        world.submit(name, manifest=with_parallelism(2), scheduling={"priority": "high"})
        world.until_ready(name)
        world.submit(name, manifest=with_parallelism(None))
        world.until(lambda: len(world.written(name)) == 1 + puts)
        world.until_ready(name)
    finally:
        world.run.switches(put="replace")
    (workload,) = world.workloads(name)
    assert "parallelism" not in workload["v2"]["rawManifest"]["spec"]
    assert workload["v2"]["metadata"]["priority"] != "high"
    assert world.condition("Synced", name)["reason"] == "Synced", world.status(name)
    world.polls()
    assert world.written(name) == ["create_workload_v2", *["update_workload_v2"] * puts]


def test_labels_annotations_and_nothing_at_all_cost_nothing(shared_world: World, name: str) -> None:
    world = shared_world
    world.submit(name)
    world.until_ready(name)
    world.polls(2)
    patches, asked = len(world.operator_patches(name)), world.asked_about(name)
    world.kubectl("label", "rwl", name, "team=blue", namespace=world.namespace)
    world.annotate(name, "example.com/note=hello")
    world.submit(name)
    world.polls()
    assert world.asked_about(name) == asked
    assert len(world.operator_patches(name)) == patches


@pytest.mark.parametrize(
    ("strategy", "writes"),
    [
        ("InPlace", ["update_workload_v2"]),
        ("RecreateIfFinished", ["update_workload_v2"]),
        ("Recreate", ["delete_workload_v2", "create_workload_v2"]),
    ],
)
def test_a_running_workload_is_updated_or_recreated_as_its_strategy_says(
    shared_world: World, name: str, strategy: str, writes: list[str]
) -> None:
    world = shared_world
    world.submit(name, updateStrategy=strategy)
    world.until_ready(name)
    (before,) = world.workloads(name)
    world.submit(name, updateStrategy=strategy, manifest=with_parallelism(2))
    world.until_ready(name)
    world.polls()
    (workload,) = world.workloads(name)
    assert workload["v2"]["rawManifest"]["spec"]["parallelism"] == 2
    assert (workload["row"]["id"] == before["row"]["id"]) == (strategy != "Recreate")
    assert world.status(name)["workloadId"] == workload["row"]["id"]
    assert world.written(name) == ["create_workload_v2", *writes]


@pytest.mark.parametrize(
    ("strategy", "field", "value"),
    [("InPlace", "preemptibility", "non-preemptible"), ("RecreateIfFinished", "mnnvl", "Required")],
)
def test_what_no_put_can_change_needs_a_strategy_that_recreates(
    shared_world: World, name: str, strategy: str, field: str, value: str
) -> None:
    world = shared_world
    world.submit(name, updateStrategy=strategy)
    world.until_ready(name)
    world.submit(name, updateStrategy=strategy, scheduling={field: value})
    world.until_ready(name, "RecreateRequired")
    ready = world.condition("Ready", name)
    assert f"spec.scheduling.{field}" in ready["message"]
    assert "spec.updateStrategy" in ready["message"]
    assert world.condition("Stalled", name)["status"] == "True"
    assert world.written(name) == ["create_workload_v2"]

    world.submit(name, updateStrategy="Recreate", scheduling={field: value})
    world.until_ready(name)
    (workload,) = world.workloads(name)
    metadata = workload["v2"]["metadata"]
    assert value in (metadata["preemptibility"], metadata["configuration"]["mnnvl"])
    world.polls()
    assert world.written(name) == ["create_workload_v2", "delete_workload_v2", "create_workload_v2"]


@pytest.mark.parametrize("strategy", ["InPlace", "RecreateIfFinished"])
def test_what_a_put_can_change_is_not_kept_back_by_what_none_can(shared_world: World, name: str, strategy: str) -> None:
    world = shared_world
    world.submit(name, updateStrategy=strategy)
    world.until_ready(name)
    world.submit(name, updateStrategy=strategy, scheduling={"priority": "high", "mnnvl": "Required"})
    world.until_ready(name, "RecreateRequired")
    (workload,) = world.workloads(name)
    assert workload["v2"]["metadata"]["priority"] == "high"
    message = world.condition("Ready", name)["message"]
    assert "spec.scheduling.mnnvl" in message
    assert "priority" not in message
    assert world.condition("Synced", name)["status"] == "False"
    world.polls()
    assert world.written(name) == ["create_workload_v2", "update_workload_v2"]


def test_taking_back_what_needs_recreating_leaves_the_workload_as_it_was(shared_world: World, name: str) -> None:
    world = shared_world
    world.submit(name)
    world.until_ready(name)
    world.submit(name, scheduling={"mnnvl": "Required"})
    world.until_ready(name, "RecreateRequired")
    world.submit(name)
    world.until_ready(name)
    assert not world.condition("Stalled", name)
    assert world.written(name) == ["create_workload_v2"]
