"""When a workload stops, finishes or vanishes: what is run again, and what is left alone."""

from typing import Any

import pytest

from tests.integration.world import World, a_job

CREATE, PUT, DELETE, BATCH = "create_workload_v2", "update_workload_v2", "delete_workload_v2", "batch_workloads"


def running(world: World, name: str, **spec: Any) -> str:
    """Submits it; the workload's id once it runs."""
    world.submit(name, **spec)
    world.until_ready(name)
    return the_id(world, name)


def completed(world: World, name: str, **spec: Any) -> str:
    """The same, once it has completed."""
    workload_id = running(world, name, **spec)
    world.run.act(workload_id, "complete")
    world.until_ready(name, "Completed")
    return workload_id


def the_id(world: World, name: str) -> str:
    (workload,) = world.workloads(name)
    return str(workload["row"]["id"])


def phase(world: World, name: str) -> str:
    (workload,) = world.workloads(name)
    return str(workload["row"]["phase"])


def test_a_workload_suspended_from_the_start_stops_until_it_is_let_go(shared_world: World, name: str) -> None:
    world = shared_world
    world.submit(name, suspend=True)
    world.until_ready(name, "Suspended")
    assert phase(world, name) == "Stopped"
    assert world.condition("Synced", name)["status"] == "True"

    world.submit(name, suspend=False)
    world.until_ready(name)
    assert phase(world, name) == "Running"

    world.submit(name, suspend=True)
    world.until_ready(name, "Suspended")
    world.polls()
    assert world.written(name) == [CREATE, BATCH, BATCH, BATCH]


def test_a_stop_by_hand_is_left_alone_where_suspend_is_unset(shared_world: World, name: str) -> None:
    world = shared_world
    workload_id = running(world, name)
    world.run.act(workload_id, "suspend")
    world.until_ready(name, "Stopped")
    world.polls()
    assert world.written(name) == [CREATE]
    world.run.act(workload_id, "resume")
    world.until_ready(name)
    assert world.written(name) == [CREATE]


def test_a_stop_by_hand_is_undone_where_suspend_is_false(shared_world: World, name: str) -> None:
    world = shared_world
    workload_id = running(world, name, suspend=False)
    world.run.act(workload_id, "suspend")
    world.until(lambda: world.written(name) == [CREATE, BATCH])
    world.until(lambda: phase(world, name) == "Running")
    world.until_ready(name)


def test_a_resume_by_hand_is_undone_where_suspend_is_true(shared_world: World, name: str) -> None:
    world = shared_world
    world.submit(name, suspend=True)
    world.until_ready(name, "Suspended")
    world.run.act(the_id(world, name), "resume")
    world.until(lambda: world.written(name) == [CREATE, BATCH, BATCH])
    world.until(lambda: phase(world, name) == "Stopped")
    world.until_ready(name, "Suspended")


@pytest.mark.parametrize("how", ["complete", "fail"])
def test_a_finished_workload_is_run_again_once_when_its_spec_changes(shared_world: World, name: str, how: str) -> None:
    world = shared_world
    first = running(world, name)
    world.run.act(first, how)
    world.until_ready(name, {"complete": "Completed", "fail": "Failed"}[how])
    world.submit(name, scheduling={"priority": "high"})
    world.until_ready(name)
    second = the_id(world, name)
    assert second != first
    assert world.status(name)["workloadId"] == second
    assert world.condition("Succeeded", name)["status"] == "Unknown"
    assert "completedAt" not in world.status(name)
    world.run.act(second, "complete")
    world.until_ready(name, "Completed")
    world.polls()
    assert world.written(name) == [CREATE, DELETE, CREATE]


def test_rerun_at_runs_a_finished_workload_again_once_for_each_value(shared_world: World, name: str) -> None:
    world = shared_world
    completed(world, name)
    for number in ("1", "2"):
        world.annotate(name, f"runai-operator.io/rerun-at={number}")
        world.until_ready(name)
        assert world.status(name)["lastHandledRerunAt"] == number
        world.run.act(the_id(world, name), "complete")
        world.until_ready(name, "Completed")
    world.annotate(name, "runai-operator.io/rerun-at=2")
    world.annotate(name, "runai-operator.io/rerun-at-")
    world.polls()
    assert world.written(name) == [CREATE, *[DELETE, CREATE] * 2]


def test_rerun_at_of_what_still_runs_is_answered_and_runs_nothing(shared_world: World, name: str) -> None:
    world = shared_world
    workload_id = running(world, name)
    world.annotate(name, "runai-operator.io/rerun-at=now")
    world.until(lambda: world.status(name).get("lastHandledRerunAt") == "now")
    world.run.act(workload_id, "complete")
    world.until_ready(name, "Completed")
    world.polls()
    assert world.written(name) == [CREATE]


def test_nothing_else_runs_a_finished_workload_again(shared_world: World, name: str) -> None:
    world = shared_world
    workload_id = completed(world, name)
    world.kubectl("label", "rwl", name, "a=b", namespace=world.namespace)
    world.annotate(name, "runai-operator.io/reconcile-at=now")
    world.until(lambda: world.status(name).get("lastHandledReconcileAt") == "now")
    (workload,) = world.workloads(name)
    manifest = workload["v2"]["rawManifest"]
    world.run.edit(workload_id, manifest={**manifest, "spec": {**manifest["spec"], "parallelism": 7}})
    world.until(lambda: world.condition("Synced", name)["status"] == "False")
    world.submit(name, suspend=False)
    world.polls()
    assert world.written(name) == [CREATE]
    assert world.condition("Ready", name)["reason"] == "Completed"


@pytest.mark.parametrize("trace", ["deleted", "no trace"])
def test_a_finished_workload_that_vanishes_is_not_run_again(shared_world: World, name: str, trace: str) -> None:
    world = shared_world
    workload_id = completed(world, name)
    if trace == "deleted":
        world.run.act(workload_id, "delete")
    else:
        world.run.vanish(workload_id)
    world.until_ready(name, "Vanished")
    assert "rerun-at" in world.condition("Ready", name)["message"]
    world.polls()
    assert world.written(name) == [CREATE]
    assert world.condition("Stalled", name)["status"] == "True"

    world.annotate(name, "runai-operator.io/rerun-at=again")
    world.until_ready(name)
    assert world.written(name) == [CREATE, CREATE]


def test_an_unfinished_workload_deleted_by_hand_is_recreated_under_correct(shared_world: World, name: str) -> None:
    world = shared_world
    first = running(world, name)
    world.run.act(first, "delete")
    world.until(lambda: world.workloads(name) and the_id(world, name) != first)
    world.until_ready(name)
    world.polls()
    assert world.written(name) == [CREATE, CREATE]
    assert world.status(name)["workloadId"] == the_id(world, name)


@pytest.mark.parametrize("mode", ["Report", "Ignore"])
def test_an_unfinished_workload_deleted_by_hand_is_vanished_otherwise(
    shared_world: World, name: str, mode: str
) -> None:
    world = shared_world
    world.run.act(running(world, name, drift={"mode": mode}), "delete")
    world.until_ready(name, "Vanished")
    world.polls()
    assert world.written(name) == [CREATE]


def test_what_nobody_can_tell_about_is_vanished(shared_world: World, name: str) -> None:
    world = shared_world
    world.run.vanish(running(world, name))
    world.until_ready(name, "Vanished")
    assert "nobody can tell" in world.condition("Ready", name)["message"]
    assert world.written(name) == [CREATE]


def test_reconcile_at_is_handled_and_recorded(shared_world: World, name: str) -> None:
    world = shared_world
    running(world, name)
    world.polls(2)
    patches, asked = len(world.operator_patches(name)), world.asked_about(name)
    world.annotate(name, "runai-operator.io/reconcile-at=2026-01-01T00:00:00Z")
    world.until(lambda: world.status(name).get("lastHandledReconcileAt") == "2026-01-01T00:00:00Z")
    world.polls()
    assert len(world.operator_patches(name)) == patches + 1
    assert world.asked_about(name)[len(asked) :] == ["get_workload_v2_by_id"]


def test_a_workload_that_fails_says_so(shared_world: World, name: str) -> None:
    world = shared_world
    world.run.act(running(world, name), "fail", message="OOMKilled")
    world.until_ready(name, "Failed")
    assert world.condition("Succeeded", name)["status"] == "False"
    assert world.condition("Ready", name)["status"] == "False"
    assert world.condition("Ready", name)["message"] == "OOMKilled"
    assert world.condition("Stalled", name)["status"] == "True"
    assert world.status(name)["completedAt"]


def test_kubectl_wait_waits_for_ready_and_succeeded_of_the_newest_generation(shared_world: World, name: str) -> None:
    world = shared_world

    def wait(condition: str) -> str:
        return world.kubectl(
            "wait", f"--for=condition={condition}", "--timeout=30s", f"rwl/{name}", namespace=world.namespace
        )

    with world.watching() as watching:
        world.submit(name)
        wait("Ready")
        assert phase(world, name) == "Running"
        first = the_id(world, name)
        world.run.act(first, "complete")
        wait("Succeeded")
        assert phase(world, name) == "Completed"
        # A change of a finished workload runs it again: the waiting must outlast the old success.
        world.submit(name, manifest=a_job(args=["--again"]))
        wait("Ready")
        assert the_id(world, name) != first or world.status(name)["observedGeneration"] == 2
        world.until_ready(name)
        world.run.act(the_id(world, name), "complete")
        wait("Succeeded")
        versions = world.history(name, watching)
    for version in versions:
        status, generation = version.get("status", {}), version["metadata"]["generation"]
        for condition in status.get("conditions", []):
            assert condition["observedGeneration"] <= status["observedGeneration"] <= generation
        if generation == 2 and status["observedGeneration"] == 2 and status.get("workloadId") == first:
            told = {each["type"]: each["status"] for each in status["conditions"]}
            assert told["Ready"] != "True", "says that the old run is what the new spec asks for"
            assert told["Succeeded"] != "True", "says that the old run is what the new spec asks for"
