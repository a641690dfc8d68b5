"""Whose a workload is may change past us, and a name may still be held by one that goes: waited for, and told."""

from __future__ import annotations

from typing import Any

import pytest

from runai_operator.api.names import STAMP_PREFIX
from tests.integration.world import World, a_job

CREATE, PUT, DELETE = "create_workload_v2", "update_workload_v2", "delete_workload_v2"


def given_to_another(world: World) -> None:
    """Somebody stamps the workload for a resource of another cluster."""
    (workload,) = world.workloads()
    stamp = {"cluster": "elsewhere", "namespace": "lab", "name": "theirs", "digest": "0"}
    annotations = {f"{STAMP_PREFIX}{key}": value for key, value in stamp.items()}
    manifest = {**a_job(), "metadata": {"name": "trainer", "annotations": annotations}}
    world.run.edit(workload["row"]["id"], manifest=manifest)


def test_what_was_given_to_another_resource_is_never_written_to_again(world: World) -> None:
    world.submit()
    world.until_ready()
    given_to_another(world)
    world.submit(scheduling={"priority": "high"}, updateStrategy="Recreate")
    world.until_ready(reason="OwnershipLost")
    message = world.condition("Ready")["message"]
    assert "lab/theirs of cluster elsewhere" in message
    assert "runai-operator.io/release=true" in message
    world.kubectl("delete", "rwl", "trainer", "--wait=false", namespace=world.namespace)
    world.polls()
    assert "trainer" in world.resources(), "it is not let go of before somebody says so"
    world.annotate("trainer", "runai-operator.io/release=true")
    world.until(lambda: "trainer" not in world.resources())
    assert len(world.workloads()) == 1
    assert world.written("trainer") == [CREATE]


@pytest.mark.parametrize("covers", [True, False], ids=["409 covers what goes", "409 covers what lives"])
@pytest.mark.parametrize("listed", [False, True], ids=["", "deleted ones are listed"])
def test_a_name_that_is_still_held_by_what_goes_is_taken_once_and_for_one_workload(
    world: World, covers: bool, listed: bool
) -> None:
    world.run.switches(conflict_covers_deleting=covers, list_includes_deleted=listed)
    world.run.times(deleting=600)
    project: Any = next(each["id"] for each in world.run.projects() if each["name"] == "team-a")
    before = world.run.create_foreign("trainer", project, foreign=False, manifest=a_job())["row"]["id"]
    world.run.act(before, "delete")
    world.submit()
    if covers:
        world.until_ready(reason="NameBusy")
        world.run.advance(600)
    world.until_ready()
    (ours,) = [each["row"]["id"] for each in world.workloads() if each["row"]["id"] != before]
    assert world.status()["workloadId"] == ours
    assert [each["status"] for each in world.run.writes(CREATE) if each["status"] < 300] == [202]
    assert world.run.writes(DELETE) == []
