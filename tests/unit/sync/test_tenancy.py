"""What somebody who may not use a project, or a connection, learns of it: nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from runai_operator.api.connection import AccessRule
from runai_operator.api.names import FINALIZER
from runai_operator.api.reasons import Reason
from runai_operator.runai.errors import NotFound
from runai_operator.sync.ports import Problem
from tests.unit.sync.builders import LATER, STRANGER, AWorkload, a_resource, a_workload
from tests.unit.sync.fakes import WINDOW, World

EVERYBODY: dict[str, Any] = {"namespaceSelector": {}, "projects": {"names": ["team-a"]}}
OTHERS: dict[str, Any] = {**EVERYBODY, "namespaceSelector": {"matchLabels": {"team": "b"}}}
SECRET_MISSING = "RunaiConnection default: there is no Secret runai-credentials"


VICTIM = replace(a_workload().called("w-victim").of(STRANGER), name="victim").with_metadata(projectId="p-2")


def allowing(world: World, *access: dict[str, Any]) -> None:
    spec = world.connection.spec.model_dump(by_alias=True, mode="json")
    world.connection.spec = world.connection.spec.model_validate({**spec, "access": access})


def told(world: World) -> str:
    return str(world.status)


@pytest.mark.parametrize("leaving", ["Deleting", "Synced"])
def test_a_forged_claim_is_told_nothing_of_what_leaves_in_anothers_project(leaving: str) -> None:
    """One that is being deleted holds its name, which is worth waiting for; but only for who asks for that name."""
    world = World(a_resource().claimed(project_id="p-2", workload_name="victim"))
    world.runai.projects["p-2"] = "team-b"
    world.runai.holds(VICTIM.in_sync(leaving))
    allowing(world, EVERYBODY)
    world.passes(WINDOW)
    world.reconcile(3)
    assert "w-victim" not in told(world)
    assert (world.claim.project_id, world.claim.workload_name) == ("p-1", "trainer")


VICTIMS = {
    "runs": VICTIM,
    "leaves": VICTIM.in_sync("Deleting"),
    "finished and is gone": replace(VICTIM, phase="Completed", created_at=LATER).deleted(),
}


@pytest.mark.parametrize("uid", ["uid-1", "of a backup"])
@pytest.mark.parametrize("shown", [True, False])
@pytest.mark.parametrize("victim", VICTIMS)
def test_a_forged_claim_is_told_the_same_whatever_there_is_in_anothers_project(
    victim: str, shown: bool, uid: str
) -> None:
    """Neither while a create of it might be in doubt, nor afterwards."""

    def learnt(*workloads: AWorkload) -> list[str]:
        world = World(a_resource().claimed(project_id="p-2", workload_name="victim", uid=uid))
        world.runai.projects["p-2"] = "team-b"
        world.runai.shows_deleted = shown
        for each in workloads:
            world.runai.holds(each)
        allowing(world, EVERYBODY)
        seen = []
        for _ in range(3):
            world.reconcile(2)
            seen.append(told(world))
            world.passes(WINDOW)
        return seen

    assert learnt(VICTIMS[victim]) == learnt()


def test_nor_is_it_told_the_id_of_what_cannot_be_read_there() -> None:
    world = World(a_resource().claimed(project_id="p-2", workload_name="victim"))
    world.runai.projects["p-2"] = "team-b"
    world.runai.holds(VICTIM)
    allowing(world, EVERYBODY)
    world.runai.fails("get", NotFound("it is listed, and not found"))
    world.reconcile()
    assert world.ready["message"] == "what has the claimed name cannot be read now"
    assert "w-victim" not in told(world)


def test_a_project_that_may_not_be_used_keeps_its_name_where_it_is_asked_for_by_id() -> None:
    world = World(a_resource().with_spec(projectId="p-2").claimed(project_id="p-2", project_name="team-a"))
    world.runai.projects["p-2"] = "team-b"
    allowing(world, EVERYBODY)
    world.reconcile()
    assert world.ready["reason"] == "AccessDenied"
    assert "the project with the id p-2" in world.ready["message"]
    assert "team-b" not in told(world)


def test_a_lost_claim_does_not_ask_for_a_project_that_may_not_be_used() -> None:
    world = World(a_resource().with_spec(projectName="team-b").finalizer_of(FINALIZER).deleting())
    allowing(world, EVERYBODY)
    world.reconcile()
    assert world.ready["reason"] == "AccessDenied"
    assert "runai-operator.io/release=true" in world.ready["message"]
    assert world.runai.calls == []


@pytest.mark.parametrize(
    ("namespace", "reason"), [("lab", "NameConflict"), ("mallory", "Applying")], ids=["who may use it", "who may not"]
)
def test_a_forged_claim_keeps_nobody_from_adopting_in_a_project_that_is_not_its_writers(
    namespace: str, reason: str
) -> None:
    world = World(a_resource().with_spec(adopt={"policy": "IfUnowned"}))
    world.runai.holds(a_workload().without_stamp())
    first = a_resource(namespace=namespace, name="first", uid="uid-2")
    world.kubernetes.put(first.claimed(namespace=namespace, name="first", uid="uid-2", adopts="w-1"))
    allowing(world, {**EVERYBODY, "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "lab"}}})
    world.reconcile(2)
    assert world.ready["reason"] == reason
    assert (world.status.get("workloadId") == "w-1") is (reason == "Applying")


@pytest.mark.parametrize("deleting", [False, True])
@pytest.mark.parametrize(
    ("access", "message"),
    [
        pytest.param(EVERYBODY, SECRET_MISSING, id="who may use it"),
        pytest.param(OTHERS, "RunaiConnection default cannot be used", id="who may not"),
    ],
)
def test_why_a_connection_fails_is_for_those_who_may_use_it(
    access: dict[str, Any], message: str, *, deleting: bool
) -> None:
    resource = a_resource().claimed()
    world = World(resource.deleting() if deleting else resource)
    rules = (AccessRule.model_validate(access),)
    world.problem = Problem(Reason.CONNECTION_NOT_READY, SECRET_MISSING, access=rules)
    world.reconcile()
    assert world.ready["reason"] == "ConnectionNotReady"
    assert world.ready["message"].endswith(message)


@pytest.mark.parametrize("recorded", ["team-a", "team-z"])
@pytest.mark.parametrize(("listed", "denied"), [("team-a", False), ("team-z", True)])
def test_the_rules_are_held_against_the_name_that_a_project_has_now(recorded: str, listed: str, denied: bool) -> None:
    """Whatever it was called when that was last told: a project may be renamed, and renamed back."""
    world = World(a_resource().claimed().submitted().with_status(projectName=recorded))
    workload = a_workload().with_metadata(projectName=listed)
    world.runai.holds(workload)
    world.connection.learn(workload.row())
    allowing(world, EVERYBODY)
    world.reconcile()
    assert (world.ready["reason"] == Reason.ACCESS_DENIED) is denied
