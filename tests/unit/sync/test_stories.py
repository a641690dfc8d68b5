"""Short stories of two or three things that happen together, each told to its end."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from runai_operator.api.reasons import Reason
from runai_operator.runai.errors import Ambiguous, Forbidden, NotFound, Rejected, Throttled, Unavailable
from runai_operator.runai.models import Page, WorkloadType
from runai_operator.sync.ports import Problem, Stale
from tests.unit.sync.builders import LONG_AGO, MANIFEST, AResource, a_resource, a_workload
from tests.unit.sync.fakes import KEY, WINDOW, World

LOST = Ambiguous("no answer")
ONLY_TEAM_A = [{"namespaceSelector": {}, "projects": {"names": ["team-a"]}}]


@pytest.fixture
def world() -> World:
    return World(a_resource())


def replaced(world: World, *, keeping: tuple[str, ...] = (), **spec: Any) -> None:
    """`kubectl replace`: metadata is as the file has it, save what the file keeps."""
    before = world.resource
    metadata = {key: value for key, value in before.metadata.items() if key not in ("annotations", "finalizers")}
    metadata |= {key: before.metadata[key] for key in keeping}
    metadata["generation"] += 1
    world.kubernetes.put(AResource({**before.body, "metadata": metadata}).with_spec(**spec))


def allowing(world: World, access: list[dict[str, Any]]) -> None:
    spec = world.connection.spec.model_dump(by_alias=True, mode="json")
    world.connection.spec = world.connection.spec.model_validate({**spec, "access": access})


class TestWhatMayBeUsed:
    @pytest.mark.parametrize("called", ["team-a", "team-b"])
    def test_a_forged_claim_opens_no_other_project(self, called: str) -> None:
        world = World(a_resource().claimed(project_id="p-2", project_name=called))
        world.runai.projects["p-2"] = "team-b"
        allowing(world, ONLY_TEAM_A)
        world.passes(WINDOW)
        world.reconcile(3)
        assert [each.name for each in world.runai.workloads.values()] == ["trainer"]
        assert (world.claim.project_id, world.claim.project_name) == ("p-1", "team-a")

    def test_a_forged_claim_does_not_move_what_is_recreated(self, world: World) -> None:
        world.runai.projects["p-2"] = "team-b"
        allowing(world, ONLY_TEAM_A)
        first = world.settle()
        world.becomes(first, phase="Completed")
        world.reconcile()
        world.kubernetes.put(world.resource.annotated(claim=replace(world.claim, project_id="p-2").dump()))
        world.change(scheduling={"priority": "high"})
        world.reconcile()
        assert world.claim.project_id == "p-1"

    def test_a_project_that_no_rule_allows_is_not_even_looked_up(self, world: World) -> None:
        allowing(world, [])
        world.reconcile(2)
        assert world.ready["reason"] == "AccessDenied"
        assert world.runai.calls == []
        assert world.kubernetes.patches == ["status"]

    def test_what_lost_its_access_is_kept_and_written_to_no_more_but_can_be_deleted(self, world: World) -> None:
        first = world.settle()
        allowing(world, [])
        world.change(scheduling={"priority": "high"})
        world.forget_what_happened()
        world.reconcile(2)
        assert (world.ready["reason"], world.runai.calls) == ("AccessDenied", [])
        world.kubernetes.put(world.resource.deleting())
        world.reconcile()
        assert world.runai.writes() == [f"delete {first}"]


class TestNamesThatChangeInFlight:
    @pytest.mark.parametrize(
        ("field", "value"), [("workloadName", "other"), ("projectName", "team-b"), ("projectId", "p-2")]
    )
    def test_it_is_told_that_the_workload_stays_where_it_was_submitted(
        self, world: World, field: str, value: str
    ) -> None:
        world.runai.projects["p-2"] = "team-b"
        world.runai.fails("create", LOST, committed=True)
        world.reconcile()
        world.change(**{"projectName": None, field: value} if field == "projectId" else {field: value})
        world.passes(WINDOW)
        world.reconcile(2)
        (workload_id,) = world.runai.live()
        world.becomes(workload_id, sync_status="Synced")
        world.reconcile(2)
        assert world.ready["reason"] == "InvalidSpec"
        assert f"spec.{field} changed" in world.ready["message"]
        assert "trainer in the project team-a" in world.ready["message"]
        assert world.condition("Synced")["status"] == "False"
        assert world.runai.writes() == ["create trainer"]


class TestKubectlReplace:
    def test_in_doubt_the_claim_comes_back_as_it_was(self, world: World) -> None:
        world.runai.fails("create", LOST, committed=True)
        world.reconcile()
        replaced(world, workloadName="other")
        world.reconcile(3)
        assert world.claim.workload_name == "trainer"
        assert world.resource.built.finalized
        assert world.runai.writes() == ["create trainer"]

    @pytest.mark.parametrize("restarted", [False, True])
    def test_a_claim_comes_back_however_long_nobody_could_look(self, world: World, restarted: bool) -> None:
        world.runai.fails("create", LOST, committed=True)
        world.reconcile()
        if restarted:
            world.restart()
            world.runai.fails("list", Unavailable("away"))
            world.reconcile()
        world.passes(10 * WINDOW)
        replaced(world, workloadName="other")
        world.reconcile(3)
        assert world.claim.workload_name == "trainer"
        assert world.runai.writes() == ["create trainer"]

    def test_deleted_in_doubt_without_its_claim_nothing_is_left_behind(self, world: World) -> None:
        world.runai.fails("create", LOST, committed=True)
        world.reconcile()
        replaced(world, keeping=("finalizers",))
        world.kubernetes.put(world.resource.deleting())
        world.reconcile()
        assert world.runai.writes()[-1].startswith("delete ")
        assert KEY in world.kubernetes.objects

    def test_a_finalizer_alone_says_that_there_may_be_a_workload(self, world: World) -> None:
        world.runai.fails("create", LOST, committed=True)
        world.reconcile()
        replaced(world, keeping=("finalizers",))
        world.kubernetes.put(world.resource.deleting())
        world.restart()
        world.reconcile()
        assert world.runai.writes()[-1].startswith("delete ")

    def test_a_finalizer_alone_makes_no_fresh_start(self, world: World) -> None:
        world.runai.fails("create", LOST, committed=True)
        world.reconcile()
        replaced(world, keeping=("finalizers",))
        world.restart()
        world.reconcile()
        assert world.status["workloadId"] == world.runai.live()[0]
        assert world.runai.writes() == ["create trainer"]

    def test_deleted_without_finalizer_but_held_by_anothers_the_workload_is_deleted(self, world: World) -> None:
        first = world.settle()
        replaced(world)
        world.kubernetes.put(world.resource.with_metadata(finalizers=["foregroundDeletion"]).deleting())
        world.forget_what_happened()
        world.reconcile()
        assert world.runai.writes() == [f"delete {first}"]

    def test_deleted_in_doubt_without_finalizer_and_claim_but_held_by_anothers_the_workload_is_deleted(
        self, world: World
    ) -> None:
        world.runai.fails("create", LOST, committed=True)
        world.reconcile()
        replaced(world)
        world.kubernetes.put(world.resource.finalizer_of("foregroundDeletion").deleting())
        world.reconcile()
        (workload_id,) = world.runai.workloads
        assert world.runai.writes() == ["create trainer", f"delete {workload_id}"]
        world.vanishes(workload_id)
        world.passes(WINDOW)
        world.forget_what_happened()
        assert world.reconcile().after is None
        assert world.runai.writes() == []
        assert world.kubernetes.patches == []

    def test_what_was_never_claimed_and_is_being_deleted_is_not_looked_for(self) -> None:
        world = World(a_resource().finalizer_of("foregroundDeletion").deleting())
        world.reconcile()
        assert world.runai.calls == []

    def test_after_we_let_go_nothing_more_is_asked_of_what_others_hold(self, world: World) -> None:
        first = world.settle()
        world.kubernetes.put(world.resource.with_metadata(
            finalizers=[*world.resource.metadata["finalizers"], "other/finalizer"]
        ).deleting())  # fmt: skip
        world.vanishes(first)
        world.reconcile()
        assert world.resource.metadata["finalizers"] == ["other/finalizer"]
        world.forget_what_happened()
        world.reconcile(2)
        assert world.runai.calls == []

    def test_a_finalizer_that_is_lost_in_doubt_comes_back_before_runai_is_asked(self, world: World) -> None:
        world.runai.fails("create", LOST, committed=True)
        world.reconcile()
        replaced(world, keeping=("annotations",))
        world.runai.fails("list", Unavailable("away"))
        world.reconcile()
        assert world.resource.built.finalized

    def test_nothing_is_given_back_to_what_is_paused(self, world: World) -> None:
        world.runai.fails("create", LOST, committed=True)
        world.reconcile()
        replaced(world, keeping=("annotations",))
        world.kubernetes.put(world.resource.paused())
        world.reconcile()
        assert not world.resource.built.finalized

    def test_a_change_of_what_is_fixed_is_not_taken_for_what_it_was_created_with(self, world: World) -> None:
        first = world.settle()
        replaced(world, scheduling={"preemptibility": "non-preemptible"})
        world.becomes(first, metadata={"preemptibility": "preemptible"})
        world.reconcile(3)
        assert world.ready["reason"] == "RecreateRequired"


NOT_READABLE = Problem(Reason.CRD_NOT_READABLE, "give its role the verb get on customresourcedefinitions")


class TestTheCrdIsBeingDeleted:
    def test_its_resources_go_and_runai_is_not_even_asked(self, world: World) -> None:
        world.settle()
        world.kubernetes.crd = False
        world.kubernetes.put(world.resource.deleting())
        world.forget_what_happened()
        world.reconcile()
        assert KEY not in world.kubernetes.objects
        assert world.runai.calls == []

    def test_they_go_though_the_connection_went_before_them(self, world: World) -> None:
        world.settle()
        world.kubernetes.crd = False
        world.problem = Problem(Reason.CONNECTION_NOT_FOUND, "gone")
        world.kubernetes.put(world.resource.deleting())
        world.reconcile()
        assert KEY not in world.kubernetes.objects

    def test_so_does_one_whose_create_is_in_doubt(self, world: World) -> None:
        world.runai.fails("create", LOST, committed=True)
        world.reconcile()
        world.kubernetes.crd = False
        world.kubernetes.put(world.resource.deleting())
        world.reconcile()
        assert KEY not in world.kubernetes.objects
        assert len(world.runai.live()) == 1

    def test_what_was_being_deleted_for_its_own_sake_is_not_asked_of_runai_again(self, world: World) -> None:
        first = world.settle()
        world.kubernetes.put(world.resource.deleting())
        world.reconcile()
        world.kubernetes.crd = False
        world.reconcile()
        assert KEY not in world.kubernetes.objects
        assert world.runai.writes() == ["create trainer", f"delete {first}"]

    def test_nothing_is_deleted_to_be_recreated_either(self) -> None:
        world = World(a_resource().with_spec(updateStrategy="Recreate"))
        first = world.settle()
        world.change(scheduling={"priority": "high"})
        world.kubernetes.crd = False
        world.reconcile(3)
        assert world.runai.live() == [first]
        assert "being deleted" in world.ready["message"]
        world.kubernetes.crd = True
        world.reconcile()
        assert world.runai.writes()[-1] == f"delete {first}"

    def test_one_that_may_not_be_read_is_told_and_nothing_is_deleted(self, world: World) -> None:
        first = world.settle()
        world.kubernetes.crd = NOT_READABLE
        world.kubernetes.put(world.resource.deleting())
        world.reconcile(2)
        assert (world.ready["reason"], world.ready["message"]) == ("CRDNotReadable", NOT_READABLE.message)
        assert world.runai.live() == [first]
        world.kubernetes.crd = True
        world.reconcile()
        assert world.runai.writes()[-1] == f"delete {first}"

    def test_one_that_may_not_be_read_keeps_from_recreating(self) -> None:
        world = World(a_resource().with_spec(updateStrategy="Recreate"))
        first = world.settle()
        world.change(scheduling={"priority": "high"})
        world.kubernetes.crd = NOT_READABLE
        world.reconcile(2)
        assert world.ready["reason"] == "CRDNotReadable"
        assert world.runai.live() == [first]

    @pytest.mark.parametrize("how", [AResource.orphaned, AResource.released])
    def test_what_leaves_its_workload_anyway_does_not_depend_on_it(
        self, world: World, how: Callable[[AResource], AResource]
    ) -> None:
        world.settle()
        world.kubernetes.crd = NOT_READABLE
        world.kubernetes.put(how(world.resource.deleting()))
        world.reconcile()
        assert KEY not in world.kubernetes.objects


class TestWhatIsTold:
    def test_under_inplace_what_finished_before_the_spec_changed_did_not_succeed_for_it(self) -> None:
        world = World(a_resource().with_spec(updateStrategy="InPlace"))
        first = world.settle()
        world.becomes(first, phase="Completed")
        world.reconcile()
        world.change(scheduling={"priority": "high"})
        world.reconcile(2)
        assert world.ready["reason"] == "RecreateRequired"
        assert "rerun-at" in world.ready["message"]
        assert world.condition("Succeeded")["status"] == "Unknown"
        assert world.runai.writes() == ["create trainer"]

    def test_what_finished_while_a_change_was_stuck_did_not_succeed_for_it(self) -> None:
        world = World(a_resource().with_spec(updateStrategy="InPlace"))
        first = world.settle()
        world.change(scheduling={"mnnvl": "Required"})
        world.reconcile()
        world.becomes(first, phase="Completed")
        world.reconcile()
        assert world.condition("Succeeded")["status"] == "Unknown"

    def test_what_vanished_is_in_no_phase_and_nowhere_to_be_reached(self) -> None:
        world = World(a_resource().with_spec(drift={"mode": "Report"}))
        first = world.settle()
        assert world.status["phase"] == "Running"
        world.vanishes(first)
        world.reconcile()
        assert world.ready["reason"] == "Vanished"
        assert "phase" not in world.status

    def test_an_edit_of_what_has_finished_is_told_as_one(self, world: World) -> None:
        first = world.settle()
        world.becomes(first, phase="Completed")
        world.reconcile()
        world.runai.holds(world.runai.workloads[first].edited(parallelism=9))
        world.becomes(first)
        world.reconcile()
        assert world.condition("Synced")["reason"] == "Drifted"

    def test_a_look_that_was_asked_for_is_answered_though_nothing_may_be_done(self, world: World) -> None:
        allowing(world, [])
        world.kubernetes.put(world.resource.annotated(reconcile_at="now"))
        world.reconcile()
        assert world.status["lastHandledReconcileAt"] == "now"

    def test_a_look_that_saw_nothing_answers_nothing(self, world: World) -> None:
        world.settle()
        world.kubernetes.put(world.resource.annotated(reconcile_at="now"))
        world.runai.fails("get", Unavailable("away"))
        world.passes(20)
        world.reconcile()
        assert "lastHandledReconcileAt" not in world.status

    def test_synced_waits_for_the_put_while_it_is_being_stopped(self, world: World) -> None:
        world.settle()
        world.change(suspend=True, manifest={**MANIFEST, "spec": {"parallelism": 2}})
        world.reconcile()
        assert world.runai.writes()[-1].startswith("suspend")
        assert world.condition("Synced")["status"] == "False"
        world.restart()
        world.reconcile(2)
        assert world.runai.writes()[-1].startswith("update")

    def test_what_a_look_saw_is_looked_at_again_until_it_was_told(self) -> None:
        world = World(a_resource().with_spec(drift={"mode": "Report"}))
        first = world.settle()
        write = world.kubernetes.write_status

        async def away(*_: Any) -> None:
            raise Stale

        world.kubernetes.write_status = away  # type: ignore[method-assign]
        world.runai.holds(world.runai.workloads[first].edited(parallelism=9))
        world.becomes(first)
        world.reconcile()
        world.kubernetes.write_status = write  # type: ignore[method-assign]
        world.reconcile()
        assert world.condition("Synced")["reason"] == "Drifted"

    def test_drift_that_could_not_be_undone_is_not_forgotten(self, world: World) -> None:
        first = world.settle()
        world.runai.holds(world.runai.workloads[first].edited(parallelism=9))
        world.becomes(first)
        world.runai.fails("update", Unavailable("away"))
        world.reconcile(2)
        assert world.runai.writes() == ["create trainer", *[f"update {first}"] * 2]

    def test_a_new_spec_has_a_grace_of_its_own(self) -> None:
        world = World(a_resource().with_spec(projectName="nope"))
        world.reconcile()
        world.passes(61)
        world.reconcile()
        assert world.resource.built.condition("Stalled") is not None
        world.change(projectName="nope-either")
        world.reconcile()
        assert world.resource.built.condition("Stalled") is None

    def test_what_somebody_should_mend_is_looked_at_within_a_minute(self) -> None:
        world = World(a_resource().with_spec(projectName="nope"))
        assert world.reconcile().after <= 60
        world.passes(600)
        after = world.reconcile()
        assert (after.retry, after.after) == (True, 60)

    def test_an_edit_between_two_reads_of_one_look_is_noticed_at_the_next(self, world: World) -> None:
        first = world.settle()
        world.change(deletionPolicy="Orphan")
        read = world.runai.read

        async def and_edited(workload_id: str) -> Any:
            world.passes(1)
            at = world.clock.wall().isoformat()
            world.runai.holds(world.runai.workloads[first].edited(parallelism=9).updated(at))
            return await read(workload_id)

        world.runai.read = and_edited  # type: ignore[method-assign]
        world.reconcile()
        world.runai.read = read  # type: ignore[method-assign]
        world.connection.learn(world.runai.workloads[first].row())
        world.reconcile()
        assert world.runai.writes()[-1] == f"update {first}"


class TestGarbage:
    def test_a_status_that_was_wiped_is_found_again(self, world: World) -> None:
        first = world.settle()
        world.kubernetes.put(AResource({**world.resource.body, "status": {}}))
        world.reconcile()
        assert world.status["workloadId"] == first
        assert world.runai.writes() == ["create trainer"]

    def test_an_unstamped_workload_of_another_name_is_not_ours_because_the_status_says_so(self, world: World) -> None:
        world.settle()
        foreign = a_workload().called("theirs").without_stamp()
        world.runai.holds(replace(foreign, name="somebody-elses"))
        world.kubernetes.put(world.resource.with_status(workloadId="theirs"))
        world.change(scheduling={"priority": "high"})
        world.reconcile(2)
        assert world.ready["reason"] == "OwnershipLost"
        world.kubernetes.put(world.resource.deleting())
        world.reconcile(2)
        assert world.runai.writes() == ["create trainer"]

    def test_a_claim_of_a_project_that_was_made_anew_is_made_anew(self, world: World) -> None:
        world.runai.fails("create", Rejected("no such project", status=400))
        world.reconcile()
        world.runai.projects = {"p-9": "team-a"}
        world.reconcile(2)
        assert world.claim.project_id == "p-9"
        assert len(world.runai.live()) == 1

    def test_a_resource_without_room_for_our_claim_says_so(self, world: World) -> None:
        async def full(*_: Any) -> Any:
            raise Problem(Reason.INVALID_SPEC, "metadata.annotations: too long")

        world.kubernetes.claim = full  # type: ignore[method-assign]
        after = world.reconcile()
        assert world.ready["reason"] == "InvalidSpec"
        assert after.retry
        assert world.runai.writes() == []

    def test_a_manifest_that_nests_too_deep_is_refused(self) -> None:
        nested: dict[str, Any] = {}
        for _ in range(5_000):
            nested = {"a": nested}
        world = World(a_resource().with_spec(manifest={**MANIFEST, "spec": nested}))
        world.reconcile()
        assert world.ready["reason"] == "InvalidSpec"
        assert "100 levels" in world.ready["message"]


class TestRunningAgain:
    def test_what_was_told_to_have_finished_is_not_run_again_whatever_its_deleted_row_says(self, world: World) -> None:
        first = world.settle()
        world.becomes(first, phase="Completed")
        world.reconcile()
        world.runai.holds(replace(world.runai.workloads[first], phase="Deleting"))
        world.vanishes(first)
        world.reconcile(3)
        assert world.ready["reason"] == "Vanished"
        assert world.runai.writes() == ["create trainer"]

    def test_a_rerun_that_is_asked_for_before_the_next_run_begins_is_answered_by_it(self, world: World) -> None:
        first = world.settle()
        world.becomes(first, phase="Completed")
        world.reconcile()
        world.change(scheduling={"priority": "high"})
        world.reconcile()
        world.kubernetes.put(world.resource.asked_to_rerun("x"))
        world.vanishes(first)
        world.reconcile()
        (second,) = world.runai.live()
        world.becomes(second, sync_status="Synced", phase="Completed", metadata={"priority": "high"})
        world.reconcile(3)
        assert world.runai.writes() == ["create trainer", f"delete {first}", "create trainer"]

    def test_a_rerun_value_longer_than_the_status_holds_runs_once(self, world: World) -> None:
        first = world.settle()
        world.kubernetes.put(world.resource.asked_to_rerun("x" * 400))
        world.reconcile()
        world.becomes(first, phase="Completed")
        world.reconcile(3)
        assert world.runai.writes() == ["create trainer"]

    def test_what_finished_right_after_an_update_is_run_again_for_the_next_spec(self, world: World) -> None:
        first = world.settle()
        world.change(scheduling={"priority": "high"})
        world.reconcile()
        world.runai.holds(replace(world.runai.workloads[first], phase="Completed"))
        world.change(scheduling={"priority": "low"})
        world.reconcile()
        assert world.claim.replaces == first

    def test_mending_an_update_that_failed_keeps_what_still_runs(self, world: World) -> None:
        first = world.settle()
        world.change(manifest={**MANIFEST, "spec": {"parallelism": -1}})
        world.reconcile()
        world.becomes(first, sync_status="Failed", sync_message="parallelism must not be negative")
        world.reconcile()
        world.change(manifest={**MANIFEST, "spec": {"parallelism": 2}})
        world.reconcile()
        assert world.runai.writes() == ["create trainer", f"update {first}", f"update {first}"]


class TestDrift:
    def edit(self, world: World, workload_id: str) -> None:
        world.runai.holds(world.runai.workloads[workload_id].edited(parallelism=9))
        world.becomes(workload_id)
        world.reconcile()
        world.becomes(workload_id, sync_status="Synced")
        world.reconcile()

    def test_the_same_edit_made_again_is_undone_again(self, world: World) -> None:
        first = world.settle()
        for times in (1, 2):
            self.edit(world, first)
            assert world.runai.writes() == ["create trainer", *[f"update {first}"] * times]
            assert world.condition("Synced")["reason"] == "Synced"

    def test_a_machine_that_edits_on_and_on_is_given_in_to(self, world: World) -> None:
        first = world.settle()
        for _ in range(20):
            self.edit(world, first)
        assert len(world.runai.writes()) < 10
        assert world.condition("Synced")["reason"] == "ServerDiffers"

    def test_a_server_that_writes_another_value_each_time_is_not_fought(self, world: World) -> None:
        world.runai.server_defaults = {"stamped": 0}
        world.reconcile()
        (first,) = world.runai.live()
        for value in range(1, 6):
            world.runai.server_defaults = {"stamped": value}
            world.becomes(first, sync_status="Synced", phase="Running")
            world.reconcile()
        assert world.runai.writes() == ["create trainer", *[f"update {first}"] * 2], "plain, and with nulls"
        assert world.condition("Synced")["reason"] == "ServerDiffers"

    @pytest.mark.parametrize("told", [True, False])
    def test_an_edit_of_what_finished_is_not_undone_before_that_is_known(self, world: World, told: bool) -> None:
        first = world.settle()
        world.becomes(first, phase="Completed")
        if told:
            world.reconcile()
        world.runai.holds(world.runai.workloads[first].edited(parallelism=9).in_sync("Queued"))
        world.restart()
        world.connection.forget(first)
        world.kubernetes.put(world.resource.annotated(reconcile_at="now"))
        world.reconcile()
        assert world.runai.writes() == ["create trainer"]


class TestSuspending:
    def test_it_is_asked_once_while_runai_does_not_show_it_yet(self, world: World) -> None:
        first = world.settle()
        world.change(suspend=True)
        for _ in range(5):
            world.passes(1)
            world.reconcile()
        assert world.runai.writes() == ["create trainer", f"suspend {first}"]
        assert world.kubernetes.events.count("Suspended") == 1
        assert world.ready["reason"] == "Stopping"

    def test_it_is_asked_again_where_nothing_came_of_it(self, world: World) -> None:
        world.settle()
        world.change(suspend=True)
        world.reconcile()
        world.passes(61)
        assert world.reconcile().after is not None
        assert len(world.runai.writes()) == 3

    def test_a_resume_by_hand_soon_after_is_undone_at_once(self, world: World) -> None:
        first = world.settle()
        world.change(suspend=True)
        world.reconcile()
        world.becomes(first, phase="Stopped", desired_phase="Stopped")
        world.reconcile()
        world.becomes(first, phase="Running", desired_phase="Running")
        world.reconcile()
        assert world.runai.writes()[1:] == [f"suspend {first}"] * 2

    def test_a_spec_that_runai_refuses_does_not_keep_it_running(self, world: World) -> None:
        first = world.settle()
        world.runai.fails("update", Rejected("no", status=400))
        world.change(suspend=True, manifest={**MANIFEST, "spec": {"parallelism": -1}})
        world.reconcile(2)
        assert world.runai.writes()[1:] == [f"suspend {first}", f"update {first}"]

    def test_what_an_update_failed_for_is_stopped_all_the_same(self, world: World) -> None:
        first = world.settle()
        world.change(suspend=True)
        world.becomes(first, sync_status="Failed")
        world.reconcile()
        assert world.runai.writes()[-1] == f"suspend {first}"


class TestPacing:
    @pytest.mark.parametrize("verb", ["list", "create", "update"])
    @pytest.mark.parametrize(("said", "waits"), [(0.0, 6.0), (7.0, 7.0), (86_400.0, 300.0)])
    def test_a_retry_after_is_neither_a_loop_nor_days(self, verb: str, said: float, waits: float) -> None:
        world = World(a_resource().claimed() if verb == "list" else a_resource())
        if verb == "update":
            world.settle()
            world.change(scheduling={"priority": "high"})
        world.runai.fails(verb, Throttled("slow down", status=429, retry_after=said))
        assert world.reconcile().after == waits

    def test_an_update_that_runai_takes_and_does_not_show_is_made_seldom(self, world: World) -> None:
        first = world.settle()
        world.change(scheduling={"priority": "high"})
        before = world.runai.workloads[first]
        for _ in range(240):
            world.reconcile()
            world.runai.holds(before)
            world.becomes(first)
            world.passes(14)
        assert len(world.runai.writes()) - 1 <= 6
        assert world.condition("Synced")["status"] == "False"


class TestDeleting:
    def test_a_deletion_asks_only_for_the_workload(self, world: World) -> None:
        first = world.settle()
        world.forget_what_happened()
        world.runai.fails("read", Forbidden("the list is not for you", status=403))
        world.kubernetes.put(world.resource.of_generation(2).deleting())
        world.reconcile()
        assert world.runai.calls == [f"get {first}", f"delete {first}"]

    def test_absence_by_name_is_not_believed_where_the_project_is_out_of_sight(self, world: World) -> None:
        world.runai.fails("create", LOST, committed=True)
        world.reconcile()
        world.runai.projects.clear()

        async def nothing(**_: Any) -> Page:
            return Page(workloads=())

        world.runai.list = nothing  # type: ignore[method-assign]
        world.kubernetes.put(world.resource.deleting())
        world.passes(WINDOW + 1)
        world.reconcile()
        assert KEY in world.kubernetes.objects
        assert "project" in world.ready["message"]


class TestStartingAnew:
    def test_an_unanswered_update_stays_in_doubt_over_a_restart(self, world: World) -> None:
        world.settle()
        world.change(scheduling={"priority": "high"})
        world.runai.fails("update", LOST)
        world.reconcile()
        world.change(scheduling={})
        world.restart()
        world.reconcile()
        assert world.ready["reason"] == "OutcomeUnknown"
        world.passes(WINDOW + 1)
        world.reconcile()
        assert world.condition("Synced")["status"] == "True"


class TestAnUpdateWithoutAnAnswer:
    def unanswered(self, world: World) -> None:
        world.settle()
        world.runai.fails("update", LOST)
        world.change(manifest={**MANIFEST, "spec": {"parallelism": 2}})
        world.reconcile()

    def test_is_waited_out_by_the_next_operator_whatever_was_told_meanwhile(self, world: World) -> None:
        self.unanswered(world)
        world.problem = Problem(Reason.CONNECTION_NOT_READY, "away")
        world.change(manifest={**MANIFEST, "spec": {"parallelism": 3}})
        world.reconcile()
        world.problem = None
        world.restart()
        world.reconcile()
        assert world.runai.updates == []
        assert world.condition("Synced")["reason"] == "OutcomeUnknown"
        world.passes(WINDOW)
        world.reconcile()
        assert len(world.runai.updates) == 1
        assert "unanswered" not in world.status

    def test_is_forgotten_once_its_outcome_is_certain(self, world: World) -> None:
        self.unanswered(world)
        assert world.status["unanswered"] is True
        world.passes(WINDOW)
        world.reconcile()
        assert len(world.runai.updates) == 1
        assert "unanswered" not in world.status

    def test_is_told_apart_from_a_create_without_one(self) -> None:
        world = World(a_resource())
        world.runai.fails("create", LOST, committed=True)
        world.reconcile()
        assert world.condition("Ready")["reason"] == "OutcomeUnknown"
        world.restart()
        world.reconcile(2)
        assert world.condition("Ready")["reason"] == "Applying"


class TestWhatIsTakenOutOfTheSpec:
    def removed(self, world: World) -> str:
        world.reconcile()
        (first,) = world.runai.live()
        world.becomes(first, sync_status="Synced", phase="Running", metadata={"priority": "high"})
        world.reconcile()
        world.change(scheduling=None)
        world.reconcile()
        return first

    def test_what_runai_keeps_though_null_was_sent_is_left_out_then_told(self) -> None:
        world = World(a_resource().with_spec(scheduling={"priority": "high"}))
        first = self.removed(world)
        world.becomes(first, sync_status="Synced")
        world.reconcile()
        assert [body["metadata"] for body in world.runai.updates] == [
            {"priority": None, "category": None},
            {"category": None},
        ]
        world.becomes(first, sync_status="Synced")
        world.reconcile(2)
        assert world.condition("Synced")["reason"] == "ServerDiffers"
        assert world.status["drift"] == [{"path": "/scheduling/priority", "observed": '"high"'}]
        assert len(world.runai.writes()) == 3

    def test_what_is_told_to_be_kept_is_told_over_a_restart(self) -> None:
        world = World(a_resource().with_spec(scheduling={"priority": "high"}))
        first = self.removed(world)
        for _ in range(2):
            world.becomes(first, sync_status="Synced")
            world.reconcile()
        world.restart()
        world.becomes(first)
        for _ in range(3):
            world.reconcile()
            world.becomes(first, sync_status="Synced")
        assert world.condition("Synced")["status"] == "False"

    @pytest.mark.parametrize("mode", ["Correct", "Report", "Ignore"])
    def test_what_was_kept_is_sent_once_it_is_named_again(self, mode: str) -> None:
        world = World(a_resource().with_spec(scheduling={"priority": "high"}, drift={"mode": mode}))
        first = self.removed(world)
        world.becomes(first, sync_status="Synced")
        world.reconcile(2)
        world.becomes(first, sync_status="Synced")
        world.change(scheduling={"priority": "low"})
        world.reconcile()
        assert world.runai.updates[-1]["metadata"]["priority"] == "low"

    @pytest.mark.parametrize("told", [True, False], ids=["the PUT was told", "it was not"])
    def test_what_is_kept_is_told_by_the_next_one_where_the_operator_dies_after_the_put(self, told: bool) -> None:
        world = World(a_resource().with_spec(scheduling={"priority": "high"}))
        world.reconcile()
        (first,) = world.runai.live()
        world.becomes(first, sync_status="Synced", phase="Running", metadata={"priority": "high"})
        world.reconcile()
        before = world.resource.status
        world.change(scheduling=None)
        world.reconcile()
        if not told:
            world.kubernetes.put(world.resource.with_status(**before))
        world.restart()
        world.becomes(first, sync_status="Synced")
        world.reconcile()
        assert world.condition("Synced")["status"] == "False"

    def test_a_value_that_runai_gives_by_default_is_as_the_spec_leaves_it(self) -> None:
        world = World(a_resource().with_spec(scheduling={"priority": "high"}))
        world.runai.kinds = (
            WorkloadType(name="Job", group="elsewhere", priority_name="low"),
            WorkloadType(name="Job", group="batch", priority_name="high"),
        )
        first = self.removed(world)
        world.becomes(first, sync_status="Synced")
        world.reconcile(2)
        assert world.condition("Synced")["status"] == "True"
        assert [body["metadata"] for body in world.runai.updates] == [{"priority": None, "category": None}]
        assert world.runai.calls.count("types Job") == 1

    def test_while_runai_cannot_tell_its_defaults_nothing_is_put_that_takes_a_value_away(self) -> None:
        world = World(a_resource().with_spec(scheduling={"priority": "high"}))
        world.runai.kinds = (WorkloadType(name="Job", group="batch", priority_name="high"),)
        world.runai.fails("types", Unavailable("503"))
        first = self.removed(world)
        assert world.runai.updates == []
        world.reconcile(2)
        world.becomes(first, sync_status="Synced")
        world.reconcile()
        assert len(world.runai.updates) == 1
        assert world.condition("Synced")["status"] == "True"

    def test_an_update_that_nobody_saw_answered_is_judged_when_runai_tells_its_defaults(self, world: World) -> None:
        world.runai.kinds = (WorkloadType(name="Job", group="batch", priority_name="medium"),)
        first = world.settle()
        world.becomes(first, metadata={"priority": "medium"})
        world.reconcile()
        world.runai.fails("update", Ambiguous("cut"), committed=True)
        world.runai.fails("types", Unavailable("503"))
        world.change(manifest={**MANIFEST, "spec": {"parallelism": 2}})
        world.reconcile()
        for _ in range(3):
            world.becomes(first, sync_status="Synced")
            world.reconcile()
            assert world.condition("Synced")["reason"] != "ServerDiffers"
        assert world.runai.calls.count("types Job") == 2
        world.passes(WINDOW)
        world.reconcile()
        assert world.condition("Synced")["status"] == "True"

    def test_what_should_stand_still_does_not_wait_for_runai_to_tell_its_defaults(self, world: World) -> None:
        world.runai.kinds = (WorkloadType(name="Job", group="batch", priority_name="medium"),)
        first = world.settle()
        world.becomes(first, metadata={"priority": "medium"})
        world.reconcile()
        world.runai.fails("update", Ambiguous("cut"), committed=True)
        world.change(manifest={**MANIFEST, "spec": {"parallelism": 2}})
        world.reconcile()
        world.becomes(first, sync_status="Synced")
        world.passes(WINDOW)
        world.restart()
        world.passes(2 * WINDOW)
        world.change(suspend=True)
        for _ in range(3):
            world.runai.fails("types", Unavailable("503"))
            world.reconcile()
            assert world.condition("Synced")["status"] == "Unknown"
        assert f"suspend {first}" in world.runai.calls
        world.reconcile(2)
        assert world.condition("Synced")["status"] == "True"

    def test_where_runai_does_not_tell_its_defaults_an_unchanged_value_is_told(self) -> None:
        world = World(a_resource().with_spec(scheduling={"priority": "high"}))
        for _ in range(2):
            world.runai.fails("types", NotFound("no such route", status=404))
        first = self.removed(world)
        for _ in range(2):
            world.becomes(first, sync_status="Synced")
            world.reconcile()
        assert world.condition("Synced")["reason"] == "ServerDiffers"

    def test_a_default_of_runai_is_nothing_that_was_kept(self, world: World) -> None:
        first = world.settle()
        world.becomes(first, metadata={"priority": "medium"})
        world.reconcile()
        world.change(manifest={**MANIFEST, "spec": {"parallelism": 2}})
        world.reconcile()
        world.becomes(first, sync_status="Synced")
        world.reconcile()
        assert world.condition("Synced")["status"] == "True"
        assert LONG_AGO not in world.status["syncInfo"]["updatedAt"]
