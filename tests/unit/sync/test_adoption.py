"""Taking over what exists already, told as stories: what is written, what is told, and whose it is in the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from runai_operator.runai.errors import Ambiguous, Forbidden
from runai_operator.sync.ports import Stale
from runai_operator.sync.resource import Key
from tests.unit.sync.builders import (
    NAMESPACE,
    PROJECT_ID,
    STRANGER,
    AResource,
    AWorkload,
    a_resource,
    a_workload,
    desired_of,
)
from tests.unit.sync.fakes import KEY, WINDOW, World

UNOWNED = {"policy": "IfUnowned"}
IDENTICAL = {"policy": "IfIdentical"}
EXACTLY = {"workloadId": "w-1"}
EACH = pytest.mark.parametrize("adopt", [UNOWNED, IDENTICAL, EXACTLY], ids=["IfUnowned", "IfIdentical", "workloadId"])
EACH_THAT_CHANGES = pytest.mark.parametrize("adopt", [UNOWNED, EXACTLY], ids=["IfUnowned", "workloadId"])
ONLY_TEAM_A = [{"namespaceSelector": {}, "projects": {"names": ["team-a"]}}]
SECOND = Key(NAMESPACE, "second")

FOREIGN = a_workload().without_stamp()
ANOTHER = FOREIGN.edited(parallelism=9)


def a_world(adopt: Mapping[str, Any], *workloads: AWorkload, **spec: Any) -> World:
    world = World(a_resource().with_spec(adopt=adopt, **spec))
    for workload in workloads:
        world.runai.holds(workload)
    return world


def with_a_second(world: World, **spec: Any) -> World:
    """Another resource, that names the same workload."""
    second = a_resource(name="second", uid="uid-2").with_spec(workloadName="trainer", **spec)
    world.kubernetes.put(second)
    return world


def ready_of(world: World, key: Key) -> Mapping[str, Any]:
    condition = AResource(world.kubernetes.objects[key]).built.condition("Ready")
    assert condition is not None
    return condition


class TestTakingOver:
    @EACH
    def test_an_identical_one_is_recorded_and_nothing_is_ever_written(self, adopt: Mapping[str, Any]) -> None:
        world = a_world(adopt, FOREIGN)
        world.reconcile(4)
        world.restart()
        world.passes(WINDOW)
        world.reconcile(2)
        assert (world.status["workloadId"], world.condition("Synced")["status"]) == ("w-1", "True")
        assert world.status["digest"] == desired_of(world.resource.built).digest
        assert (world.status["workloadName"], world.status["projectId"]) == ("trainer", PROJECT_ID)
        assert (world.claim.adopts, world.resource.built.finalized) == ("w-1", True)
        assert world.runai.writes() == []

    @EACH_THAT_CHANGES
    def test_another_one_is_recorded_first_and_then_put_once_with_our_stamp(self, adopt: Mapping[str, Any]) -> None:
        world = a_world(adopt, ANOTHER)
        while "workloadId" not in world.status:
            world.reconcile()
            assert world.runai.writes() == []
        world.reconcile(2)
        assert world.runai.writes() == ["update w-1"]
        assert world.runai.workloads["w-1"].stamp is not None
        world.becomes("w-1", sync_status="Synced")
        world.reconcile(2)
        assert world.condition("Synced")["status"] == "True"
        assert world.runai.writes() == ["update w-1"]

    def test_what_differs_under_ifidentical_is_left_alone_and_told(self) -> None:
        world = a_world(IDENTICAL, ANOTHER)
        world.reconcile(3)
        assert world.ready["reason"] == "NameConflict"
        for word in ("w-1", "IfIdentical", "/manifest/spec/parallelism"):
            assert word in world.ready["message"]
        assert world.runai.writes() == []
        assert "workloadId" not in world.status

    def test_through_a_connection_that_goes_nothing_is_taken_over(self) -> None:
        world = a_world(UNOWNED, FOREIGN)
        world.connection.leaving = True
        world.reconcile(3)
        assert world.ready["reason"] == "ConnectionNotReady"
        assert "workloadId" not in world.status

    def test_what_others_may_change_is_no_difference(self) -> None:
        world = a_world(IDENTICAL, ANOTHER, drift={"ignorePaths": ["/manifest/spec/parallelism"]})
        world.reconcile(3)
        assert world.status["workloadId"] == "w-1"
        assert world.runai.writes() == []

    def test_what_would_have_to_be_stopped_is_not_identical(self) -> None:
        world = a_world(IDENTICAL, FOREIGN, suspend=True)
        world.reconcile(3)
        assert "/suspend" in world.ready["message"]
        assert world.runai.calls != []
        assert world.runai.writes() == []

    def test_what_was_taken_over_is_stopped_as_the_spec_asks(self) -> None:
        world = a_world(UNOWNED, FOREIGN, suspend=True)
        world.reconcile(4)
        assert world.runai.writes()[0] == "suspend w-1"

    @pytest.mark.parametrize("adopt", [UNOWNED, IDENTICAL])
    def test_where_nothing_bears_the_name_a_new_one_is_submitted(self, adopt: Mapping[str, Any]) -> None:
        world = a_world(adopt)
        world.settle()
        assert world.runai.writes() == ["create trainer"]

    def test_by_default_a_taken_name_is_a_conflict_that_says_how_to_take_it_over(self) -> None:
        world = a_world({"policy": "Never"}, FOREIGN)
        world.reconcile(3)
        assert world.ready["reason"] == "NameConflict"
        assert "set spec.adopt.policy to IfUnowned" in world.ready["message"]
        assert world.runai.workloads["w-1"] == FOREIGN

    @EACH
    def test_what_was_not_made_through_v2_cannot_be_taken_over(self, adopt: Mapping[str, Any]) -> None:
        world = a_world(adopt, FOREIGN.made_through("WorkloadsV1"))
        world.reconcile(3)
        assert world.ready["reason"] == "NameConflict"
        assert "not made through the V2 API" in world.ready["message"]
        assert world.runai.writes() == []

    @EACH
    def test_what_another_resource_has_stamped_is_its_own(self, adopt: Mapping[str, Any]) -> None:
        world = a_world(adopt, a_workload().of(STRANGER))
        world.reconcile(3)
        assert world.ready["reason"] == "NameConflict"
        assert str(STRANGER) in world.ready["message"]
        assert world.runai.writes() == []

    @EACH_THAT_CHANGES
    def test_a_finished_one_is_neither_put_nor_run_again(self, adopt: Mapping[str, Any]) -> None:
        world = a_world(adopt, ANOTHER.in_phase("Completed"), updateStrategy="Recreate")
        world.reconcile(4)
        assert (world.ready["reason"], world.condition("Synced")["reason"]) == ("Completed", "Drifted")
        assert world.runai.writes() == []
        world.kubernetes.put(world.resource.asked_to_rerun())
        world.reconcile(2)
        assert world.runai.writes() == ["delete w-1"]

    def test_one_that_finishes_before_it_could_be_put_is_not_run_again(self) -> None:
        world = a_world(UNOWNED, ANOTHER)
        while "workloadId" not in world.status:
            world.reconcile()
        world.becomes("w-1", phase="Completed")
        world.reconcile(2)
        assert world.ready["reason"] == "RecreateRequired"
        assert "rerun-at" in world.ready["message"]
        assert world.runai.writes() == []

    def test_what_no_update_can_change_is_told(self) -> None:
        held = FOREIGN.with_metadata(preemptibility="preemptible")
        world = a_world(UNOWNED, held, scheduling={"preemptibility": "non-preemptible"})
        world.reconcile(4)
        world.becomes("w-1", sync_status="Synced")
        world.reconcile(2)
        assert world.ready["reason"] == "RecreateRequired"
        assert "spec.scheduling.preemptibility" in world.ready["message"]
        assert world.runai.live() == ["w-1"]

    @pytest.mark.parametrize("policy", ["Delete", "Orphan"])
    def test_the_deletion_policy_is_that_of_all(self, policy: str) -> None:
        world = a_world(UNOWNED, FOREIGN, deletionPolicy=policy)
        world.reconcile(3)
        world.kubernetes.put(world.resource.deleting())
        world.reconcile()
        assert world.runai.writes() == (["delete w-1"] if policy == "Delete" else [])

    @pytest.mark.parametrize("step", ["claim", "write_status"])
    def test_wherever_the_operator_dies_the_next_one_goes_on(self, step: str) -> None:
        world = a_world(UNOWNED, ANOTHER)
        write, times = getattr(world.kubernetes, step), []

        async def dies(*given: Any) -> Any:
            times.append(given)
            if step == "claim" and len(times) == 2:
                await write(*given)
            if len(times) == 2 or step == "write_status":
                raise Stale
            return await write(*given)

        setattr(world.kubernetes, step, dies)
        world.reconcile(2)
        setattr(world.kubernetes, step, write)
        assert world.runai.writes() == []
        world.restart()
        world.reconcile(4)
        assert world.status["workloadId"] == "w-1"
        assert world.runai.writes() == ["update w-1"]

    def test_deleted_before_it_was_recorded_it_stays_where_it_was(self) -> None:
        world = a_world(UNOWNED, FOREIGN)

        async def dies(*_: Any) -> None:
            raise Stale

        write, world.kubernetes.write_status = world.kubernetes.write_status, dies  # type: ignore[method-assign]
        world.reconcile(2)
        world.kubernetes.write_status = write  # type: ignore[method-assign]
        assert world.claim.adopts == "w-1"
        world.kubernetes.put(world.resource.deleting())
        world.passes(WINDOW)
        world.reconcile()
        assert KEY not in world.kubernetes.objects
        assert world.runai.writes() == []


class TestTheOneThatIsNamed:
    def reason_and_message(self, world: World) -> tuple[str, str]:
        world.reconcile(3)
        assert world.runai.writes() == []
        assert "workloadId" not in world.status
        return world.ready["reason"], world.ready["message"]

    def test_one_that_is_not_there_is_told(self) -> None:
        reason, message = self.reason_and_message(a_world(EXACTLY))
        assert reason == "InvalidSpec"
        assert "spec.adopt.workloadId: there is no workload w-1" in message

    def test_one_that_was_deleted_is_not_there(self) -> None:
        _, message = self.reason_and_message(a_world(EXACTLY, FOREIGN.deleted()))
        assert "there is no workload w-1" in message

    def test_one_that_is_being_deleted_is_waited_for(self) -> None:
        reason, _ = self.reason_and_message(a_world(EXACTLY, FOREIGN.in_sync("Deleting")))
        assert reason == "NameBusy"

    def test_one_of_another_name_says_what_to_set(self) -> None:
        reason, message = self.reason_and_message(a_world(EXACTLY, replace(FOREIGN, name="theirs")))
        assert reason == "InvalidSpec"
        assert "set spec.workloadName to theirs" in message

    def test_one_of_another_project_says_what_to_set(self) -> None:
        world = a_world(EXACTLY, FOREIGN.with_metadata(projectId="p-2", projectName="team-b"))
        world.runai.projects["p-2"] = "team-b"
        reason, message = self.reason_and_message(world)
        assert reason == "InvalidSpec"
        assert "in the project team-b" in message
        assert "set spec.projectId to p-2" in message

    @pytest.mark.parametrize("called", ["team-b", "team-a"], ids=["honest", "with a row that lies about its name"])
    def test_one_of_a_project_that_may_not_be_used_is_told_of_like_one_that_is_not_there(self, called: str) -> None:
        elsewhere = FOREIGN.with_metadata(projectId="p-2", projectName=called)
        world, empty = a_world(EXACTLY, elsewhere), a_world(EXACTLY)
        for each in (world, empty):
            each.runai.projects["p-2"] = "team-b"
            spec = each.connection.spec.model_dump(by_alias=True, mode="json")
            each.connection.spec = each.connection.spec.model_validate({**spec, "access": ONLY_TEAM_A})
        assert self.reason_and_message(world) == self.reason_and_message(empty)
        assert "get w-1" not in world.runai.calls

    def test_nothing_is_concluded_where_the_project_is_out_of_sight_too(self) -> None:
        world = a_world(EXACTLY)
        del world.runai.projects[PROJECT_ID]
        world.connection.project = known  # type: ignore[method-assign]
        reason, message = self.reason_and_message(world)
        assert reason == "RunaiUnavailable"
        assert "neither workload w-1 nor the project team-a" in message

    def test_nothing_is_concluded_where_runai_does_not_answer(self) -> None:
        world = a_world(EXACTLY, FOREIGN)
        for _ in range(3):
            world.runai.fails("read", Forbidden("no", status=403))
        reason, _ = self.reason_and_message(world)
        assert reason == "NotPermitted"

    def test_what_may_be_on_its_way_from_before_comes_first(self) -> None:
        world = World(a_resource())
        world.runai.fails("create", Ambiguous("no answer"), committed=True)
        world.reconcile()
        (ours,) = world.runai.live()
        world.runai.holds(replace(FOREIGN, name="theirs"))
        world.change(adopt=EXACTLY)
        world.reconcile(2)
        assert world.status["workloadId"] == ours

    def test_it_is_not_named_before_what_was_sent_is_certain(self) -> None:
        world = World(a_resource())
        world.runai.fails("create", Ambiguous("no answer"))
        world.reconcile()
        world.runai.holds(replace(FOREIGN, name="misspelt"))
        world.change(adopt=EXACTLY)
        world.reconcile()
        assert world.ready["reason"] == "OutcomeUnknown"
        world.passes(WINDOW)
        world.runai.holds(FOREIGN)
        world.reconcile(3)
        assert world.status["workloadId"] == "w-1"


async def known(**_: Any) -> Any:
    """A project that was found a moment ago."""
    from runai_operator.runai.models import Project

    return Project(id=PROJECT_ID, name="team-a")


class TestOneResourceForOneWorkload:
    @pytest.mark.parametrize("adopt", [UNOWNED, EXACTLY], ids=["by name", "by id"])
    @pytest.mark.parametrize("workload", [FOREIGN, ANOTHER], ids=["identical", "another"])
    def test_of_two_that_adopt_at_once_one_has_it_and_the_other_says_whose_it_is(
        self, adopt: Mapping[str, Any], workload: AWorkload
    ) -> None:
        world = with_a_second(a_world(adopt, workload), adopt=adopt)
        for _ in range(5):
            world.reconcile_at_once(SECOND, KEY)
        has = [key for key in (KEY, SECOND) if world.kubernetes.status(key).get("workloadId")]
        assert len(has) == 1
        (other,) = {KEY, SECOND} - {*has}
        assert ready_of(world, other)["reason"] == "NameConflict"
        assert f"belongs to RunaiWorkload {has[0]}" in ready_of(world, other)["message"]
        assert len(world.runai.writes()) <= 1

    def test_who_recorded_it_has_it_though_the_other_comes_first_after_a_restart(self) -> None:
        world = with_a_second(a_world(UNOWNED, FOREIGN), adopt=UNOWNED)
        world.reconcile(3)
        world.restart()
        world.passes(WINDOW)
        world.reconcile(3, key=SECOND)
        assert ready_of(world, SECOND)["reason"] == "NameConflict"
        world.reconcile(2)
        assert world.ready["status"] == "True"

    def test_who_claimed_it_and_died_keeps_it(self) -> None:
        world = with_a_second(a_world(UNOWNED, FOREIGN), adopt=UNOWNED)
        world.kubernetes.put(world.resource.claimed(adopts="w-1"))
        world.reconcile(3, key=SECOND)
        assert "belongs to RunaiWorkload lab/trainer" in ready_of(world, SECOND)["message"]
        world.reconcile(3)
        assert world.status["workloadId"] == "w-1"

    def test_once_it_is_let_go_of_the_other_may_have_it(self) -> None:
        world = with_a_second(a_world(UNOWNED, FOREIGN, deletionPolicy="Orphan"), adopt=UNOWNED)
        world.reconcile(3)
        world.reconcile(3, key=SECOND)
        world.kubernetes.put(world.resource.deleting())
        world.reconcile()
        world.reconcile(3, key=SECOND)
        assert world.kubernetes.status(SECOND)["workloadId"] == "w-1"

    def test_a_status_that_names_anothers_workload_gives_no_right_to_it(self) -> None:
        """As a tool may write it that restores a status without its claim."""
        world = with_a_second(a_world(UNOWNED, FOREIGN))
        world.reconcile(3)
        second = AResource(world.kubernetes.objects[SECOND]).submitted().with_metadata(creationTimestamp="2026-12-01")
        world.kubernetes.put(second)
        world.reconcile(3, key=SECOND)
        assert ready_of(world, SECOND)["reason"] == "OwnershipLost"
        world.kubernetes.put(AResource(world.kubernetes.objects[SECOND]).deleting())
        world.reconcile(2, key=SECOND)
        assert world.runai.writes() == []
