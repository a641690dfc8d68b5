"""What becomes of an edit that somebody makes in Run:ai, past the resource."""

from typing import Any

import pytest

from tests.integration.world import World, a_job

CREATE, PUT = "create_workload_v2", "update_workload_v2"


def edited(world: World, name: str, **spec: Any) -> dict[str, Any]:
    """The workload's manifest after somebody set fields of its spec by hand."""
    (workload,) = world.workloads(name)
    manifest = workload["v2"]["rawManifest"]
    manifest = {**manifest, "spec": {**manifest["spec"], **spec}}
    world.run.edit(workload["row"]["id"], manifest=manifest)
    return manifest


def held(world: World, name: str) -> dict[str, Any]:
    """The manifest that Run:ai holds."""
    (workload,) = world.workloads(name)
    manifest: dict[str, Any] = workload["v2"]["rawManifest"]
    return manifest


def running(world: World, name: str, **spec: Any) -> None:
    world.submit(name, **spec)
    world.until_ready(name)


def synced(world: World, name: str) -> str | None:
    return world.condition("Synced", name).get("reason")


def test_an_edited_manifest_is_corrected_by_one_put(shared_world: World, name: str) -> None:
    world = shared_world
    running(world, name)
    before = held(world, name)
    edited(world, name, parallelism=7)
    world.until(lambda: held(world, name) == before)
    world.until_ready(name)
    world.polls()
    assert world.written(name) == [CREATE, PUT]
    assert synced(world, name) == "Synced"
    assert "drift" not in world.status(name) or world.status(name)["drift"] == []
    events = world.kubectl.json("get", "events", namespace=world.namespace)["items"]
    assert "DriftCorrected" in [each["reason"] for each in events if each["involvedObject"]["name"] == name]


def sweeps(world: World) -> int:
    """How often all workloads were read."""
    return sum(each["operation"] == "get_workloads" and "sortBy=createdAt" in each["query"] for each in world.run.log())


def test_what_is_done_by_hand_is_dealt_with_by_the_next_sweep(bare_world: World) -> None:
    world = bare_world
    world.secret()
    world.connect(polling={"interval": "1s", "fullInterval": "15s"})
    world.operator.start()
    for name in ("edited", "deleted"):
        running(world, name)
    (gone,) = world.workloads("deleted")
    before = sweeps(world)
    world.until(lambda: sweeps(world) > before)
    edited(world, "edited", parallelism=7)
    world.run.act(gone["row"]["id"], "delete")
    world.until(lambda: not [each for each in world.workloads("deleted") if each["row"]["id"] == gone["row"]["id"]])
    before = sweeps(world)
    world.until(lambda: (world.written("edited"), world.written("deleted")) == ([CREATE, PUT], [CREATE, CREATE]))
    assert sweeps(world) <= before + 1


def test_an_edited_priority_is_corrected_where_the_spec_sets_one(shared_world: World, name: str) -> None:
    world = shared_world
    running(world, name, scheduling={"priority": "high"})
    (workload,) = world.workloads(name)
    world.run.edit(workload["row"]["id"], priority="low")
    world.until(lambda: world.workloads(name)[0]["v2"]["metadata"]["priority"] == "high")
    world.polls()
    assert world.written(name) == [CREATE, PUT]


def test_an_edited_priority_that_the_spec_leaves_open_is_left_alone_and_told(shared_world: World, name: str) -> None:
    world = shared_world
    running(world, name)
    (workload,) = world.workloads(name)
    world.run.edit(workload["row"]["id"], priority="very-high")
    world.until(lambda: world.status(name)["scheduling"]["priority"] == "very-high")
    world.polls()
    assert world.written(name) == [CREATE]
    assert synced(world, name) == "Synced"


def test_a_reported_edit_is_told_by_path_desired_and_observed(shared_world: World, name: str) -> None:
    world = shared_world
    manifest = a_job() | {"spec": {**a_job()["spec"], "parallelism": 1}}
    running(world, name, manifest=manifest, drift={"mode": "Report"})
    edited(world, name, parallelism=7, suspend=True)
    world.until(lambda: synced(world, name) == "Drifted")
    assert world.status(name)["drift"] == [
        {"path": "/manifest/spec/parallelism", "desired": "1", "observed": "7"},
        {"path": "/manifest/spec/suspend", "observed": "true"},
    ]
    assert "/manifest/spec/parallelism" in world.condition("Synced", name)["message"]
    assert world.condition("Ready", name)["status"] == "True"
    world.polls()
    assert world.written(name) == [CREATE]

    (workload,) = world.workloads(name)
    back = {**workload["v2"]["rawManifest"], "spec": manifest["spec"]}
    world.run.edit(workload["row"]["id"], manifest=back)
    world.until(lambda: synced(world, name) == "Synced")
    assert not world.status(name).get("drift")


def test_turning_to_correct_corrects_what_was_only_reported(shared_world: World, name: str) -> None:
    world = shared_world
    running(world, name, drift={"mode": "Report"})
    before = held(world, name)
    edited(world, name, parallelism=7)
    world.until(lambda: synced(world, name) == "Drifted")
    world.submit(name, drift={"mode": "Correct"})
    world.until(lambda: held(world, name) == before)
    world.until(lambda: synced(world, name) == "Synced")
    world.polls()
    assert world.written(name) == [CREATE, PUT]


def test_an_ignored_edit_is_neither_told_nor_corrected(shared_world: World, name: str) -> None:
    world = shared_world
    running(world, name, drift={"mode": "Ignore"})
    manifest = edited(world, name, parallelism=7)
    world.polls()
    assert held(world, name) == manifest
    assert synced(world, name) == "Synced"
    assert not world.status(name).get("drift")
    assert world.written(name) == [CREATE]


def test_an_ignored_path_is_left_alone_and_the_rest_corrected(shared_world: World, name: str) -> None:
    world = shared_world
    ignored = {"ignorePaths": ["/manifest/spec/parallelism"]}
    running(world, name, drift=ignored)
    manifest = edited(world, name, parallelism=7)
    world.polls()
    assert held(world, name) == manifest
    assert synced(world, name) == "Synced"
    edited(world, name, parallelism=7, completions=9)
    world.until(lambda: "completions" not in held(world, name)["spec"])
    world.polls()
    assert world.written(name) == [CREATE, PUT]


def test_an_ignored_path_keeps_its_value_when_the_rest_is_corrected_or_updated(shared_world: World, name: str) -> None:
    """An autoscaler's number must survive, whatever else is written."""
    world = shared_world
    manifest = a_job() | {"spec": {**a_job()["spec"], "parallelism": 1}}
    ignored = {"ignorePaths": ["/manifest/spec/parallelism"]}
    running(world, name, manifest=manifest, drift=ignored)
    edited(world, name, parallelism=7, completions=9)
    world.until(lambda: "completions" not in held(world, name)["spec"])
    assert held(world, name)["spec"]["parallelism"] == 7


def test_what_the_server_writes_itself_is_told_and_not_fought(shared_world: World, name: str) -> None:
    """And be it another value each time: one PUT undoes it, one more says null for it, then it is the server's own."""
    world = shared_world
    running(world, name)
    world.run.switches(notes_writes=True)
    try:
        world.submit(name, scheduling={"priority": "high"})
        world.until(lambda: synced(world, name) == "ServerDiffers")
        (item,) = world.status(name)["drift"]
        assert item["path"] == "/manifest/metadata/annotations"
        assert "run.ai/written-at" in item["observed"]
        assert world.condition("Ready", name)["status"] == "True"
        world.polls()
        puts, patches = world.written(name).count(PUT), len(world.operator_patches(name))
        assert puts <= 3
        world.polls()
        assert (world.written(name).count(PUT), len(world.operator_patches(name))) == (puts, patches)
    finally:
        world.run.switches(notes_writes=False)


def test_the_same_edit_made_again_is_undone_again(shared_world: World, name: str) -> None:
    world = shared_world
    running(world, name)
    before = held(world, name)
    for times in (1, 2):
        edited(world, name, parallelism=7)
        world.until(lambda: held(world, name) == before)
        world.polls()  # an edit before the operator has seen what its PUT made would pass for what Run:ai makes of one
        world.until_ready(name)
        world.until(lambda: synced(world, name) == "Synced")
        assert world.written(name) == [CREATE, *[PUT] * times]


@pytest.mark.parametrize("ignored", ["/manifest/metadata", "/manifest/metadata/annotations"])
def test_ignoring_what_holds_the_stamp_leads_to_one_put(shared_world: World, name: str, ignored: str) -> None:
    world = shared_world
    drift = {"ignorePaths": [ignored]}
    running(world, name, drift=drift)
    world.submit(name, drift=drift, scheduling={"priority": "high"})
    world.until(lambda: world.written(name) == [CREATE, PUT])
    world.until_ready(name)
    world.polls()
    assert world.written(name) == [CREATE, PUT]
    assert synced(world, name) == "Synced"


@pytest.mark.parametrize("mode", ["Correct", "Report"])
def test_a_removed_stamp_is_drift_of_nobody(shared_world: World, name: str, mode: str) -> None:
    """An edit in the UI may lose the annotations; the recorded id still says whose it is."""
    world = shared_world
    running(world, name, drift={"mode": mode})
    (workload,) = world.workloads(name)
    manifest = {**workload["v2"]["rawManifest"], "metadata": {"name": name}}
    world.run.edit(workload["row"]["id"], manifest=manifest)
    world.polls()
    assert world.condition("Ready", name)["reason"] == "Running"
    world.submit(name, drift={"mode": mode}, scheduling={"priority": "high"})
    world.until_ready(name)
    (workload,) = world.workloads(name)
    assert workload["v2"]["metadata"]["priority"] == "high"
    assert "runai-operator.io/digest" in workload["v2"]["rawManifest"]["metadata"]["annotations"]
