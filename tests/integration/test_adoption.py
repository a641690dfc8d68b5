"""Taking over what exists already, and coming back from a backup, on a real API server and either kind of Run:ai."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.world import World, a_job

CREATE, PUT, DELETE = "create_workload_v2", "update_workload_v2", "delete_workload_v2"


def held(world: World, name: str, **spec: Any) -> str:
    """A workload that somebody made through V2, without any resource; its id."""
    project = next(each["id"] for each in world.run.projects() if each["name"] == "team-a")
    manifest = {**a_job(), "metadata": {"name": name}}
    made = world.run.create_foreign(
        name, project, foreign=False, manifest={**manifest, "spec": {**manifest["spec"], **spec}}
    )
    return str(made["row"]["id"])


@pytest.mark.parametrize("put", ["replace", "merge", "deep-merge"])
def test_what_nobody_owns_is_made_what_the_spec_says_and_goes_with_its_resource(world: World, put: str) -> None:
    world.run.switches(put=put)
    workload_id = held(world, "trainer", parallelism=7)
    world.submit(adopt={"policy": "IfUnowned"})
    world.until_ready()
    world.until(lambda: world.condition("Synced").get("status") == "True")
    (workload,) = world.workloads()
    assert (workload["row"]["id"], world.status()["workloadId"]) == (workload_id, workload_id)
    assert "parallelism" not in workload["v2"]["rawManifest"]["spec"]
    assert "runai-operator.io/digest" in workload["v2"]["rawManifest"]["metadata"]["annotations"]
    assert {*world.written("trainer")} == {PUT}
    world.kubectl("delete", "rwl", "trainer", "--timeout=60s", namespace=world.namespace)
    assert world.workloads() == []


def test_what_is_identical_stays_as_it_is_and_a_second_resource_is_told_whose_it_is(world: World) -> None:
    workload_id = held(world, "trainer")
    world.submit(adopt={"workloadId": workload_id})
    world.until_ready()
    world.submit("second", workloadName="trainer", adopt={"workloadId": workload_id})
    world.until_ready("second", "NameConflict")
    assert f"RunaiWorkload {world.namespace}/trainer" in world.condition("Ready", "second")["message"]
    world.polls()
    assert (world.condition("Synced")["status"], world.written("trainer")) == ("True", [])


def test_a_workload_of_a_project_that_may_not_be_used_is_told_of_like_one_that_is_not_there(bare_world: World) -> None:
    world = bare_world
    team_b = next(each["id"] for each in world.run.projects() if each["name"] != "team-a")
    theirs = world.run.create_foreign("theirs", team_b, foreign=False, manifest=a_job())["row"]["id"]
    selector = {"matchLabels": {"kubernetes.io/metadata.name": world.namespace}}
    world.secret()
    world.connect(access=[{"namespaceSelector": selector, "projects": {"names": ["team-a"]}}])
    world.operator.start()
    told = []
    for name, workload_id in (("theirs", theirs), ("nobodys", "0000")):
        world.submit(name, adopt={"workloadId": workload_id})
        world.until_ready(name, "InvalidSpec")
        told.append(world.condition("Ready", name)["message"].replace(workload_id, "<id>"))
    assert told[0] == told[1]


@pytest.mark.parametrize("with_status", [False, True])
def test_a_resource_restored_from_a_backup_finds_its_workload(bare_world: World, with_status: bool) -> None:
    world = bare_world.with_settings(leader_elect=False)
    world.secret()
    world.connect()
    world.operator.start()
    world.submit()
    world.until_ready()
    backup = world.get()
    world.operator.kill()
    world.patch("trainer", {"metadata": {"finalizers": None}})
    world.kubectl("delete", "rwl", "trainer", namespace=world.namespace)
    for field in ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields"):
        backup["metadata"].pop(field, None)
    world.kubectl("create", "-f", "-", input=backup, namespace=world.namespace)
    if with_status:
        patch = json.dumps({"status": backup["status"]})
        world.kubectl(
            "patch", "rwl", "trainer", "--subresource=status", "--type=merge", "-p", patch, namespace=world.namespace
        )
    uid = world.get()["metadata"]["uid"]
    world.operator.start()
    world.until(lambda: uid in world.get()["metadata"]["annotations"]["runai-operator.io/claim"])
    world.until_ready()
    assert world.status()["workloadId"] == backup["status"]["workloadId"]
    assert world.written("trainer") == [CREATE]
