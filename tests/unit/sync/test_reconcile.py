"""Rounds of the reconciler between both sides: what is sent, and what is written, in which order."""

import pytest

from runai_operator.api.reasons import Reason
from runai_operator.runai.errors import Ambiguous, Forbidden, NotFound, Rejected, Throttled, Unavailable, Unreadable
from runai_operator.sync.ports import Problem
from runai_operator.sync.reconcile import PATIENCE
from runai_operator.sync.stamp import read_stamp
from tests.unit.sync.builders import DESIRED, OWNER, STRANGER, a_resource, a_workload
from tests.unit.sync.fakes import KEY, WINDOW, World

LOST = Ambiguous("the answer was lost")


@pytest.fixture
def world():
    return World(a_resource())


def test_a_submit_takes_one_round_one_post_and_two_patches(world):
    world.reconcile()
    assert world.runai.calls == ["create trainer"]
    assert world.kubernetes.patches == ["claim", "status"]
    assert world.kubernetes.status()["workloadId"] == "new-1"
    assert world.kubernetes.events == ["Submitted"]
    (sent,) = world.runai.manifests
    assert read_stamp(sent).owner == OWNER
    assert read_stamp(sent).digest == DESIRED.digest


def test_a_status_is_not_written_when_nothing_is_worth_telling(world):
    workload_id = world.settle()
    world.forget_what_happened()
    world.reconcile(3)
    assert world.kubernetes.patches == []
    assert world.runai.calls == []
    world.becomes(workload_id)
    world.reconcile(3)
    assert world.kubernetes.patches == []
    assert world.runai.writes() == []


def test_a_workload_that_moved_is_compared_once(world):
    workload_id = world.settle()
    world.becomes(workload_id)
    world.forget_what_happened()
    world.reconcile(3)
    assert world.runai.calls == [f"get {workload_id}"]


def test_what_happens_is_told_once_each(world):
    workload_id = world.settle()
    world.forget_what_happened()
    world.becomes(workload_id, phase="Completed")
    world.reconcile(3)
    assert world.kubernetes.patches == ["status"]
    assert world.condition("Succeeded")["status"] == "True"


def test_labels_and_annotations_cost_no_request(world):
    world.settle()
    world.forget_what_happened()
    world.kubernetes.put(world.resource.with_metadata(labels={"a": "b"}))
    world.reconcile()
    assert (world.runai.calls, world.kubernetes.patches) == ([], [])


def test_what_was_claimed_before_is_looked_up_before_it_is_created(world):
    world.kubernetes.put(a_resource().claimed())
    world.passes(WINDOW)
    world.reconcile()
    looked = ["list name==trainer projectId==p-1", "project p-1", "list deleted"]
    assert world.runai.calls == [*looked, "create trainer"]


def test_what_was_claimed_by_an_earlier_process_is_created_only_after_the_window():
    world = World(a_resource().claimed())
    world.passes(WINDOW - 1)
    world.reconcile(3)
    assert world.runai.writes() == []
    assert world.ready["reason"] == "OutcomeUnknown"
    world.passes(1)
    world.reconcile()
    assert world.runai.writes() == ["create trainer"]


def test_an_ambiguous_create_that_was_committed_is_adopted_and_not_repeated(world):
    world.runai.fails("create", LOST, committed=True)
    world.reconcile()
    assert world.ready["reason"] == "OutcomeUnknown"
    world.reconcile()
    assert world.kubernetes.status()["workloadId"] == "new-1"
    assert world.runai.writes() == ["create trainer"]
    assert world.runai.live() == ["new-1"]


def test_an_ambiguous_create_that_was_not_committed_is_repeated_after_the_window(world):
    world.runai.fails("create", LOST)
    world.reconcile()
    world.passes(WINDOW - 1)
    world.reconcile(3)
    assert world.runai.writes() == ["create trainer"]
    assert world.runai.calls.count("list name==trainer projectId==p-1") == 3
    world.passes(1)
    world.reconcile()
    assert world.runai.writes() == ["create trainer", "create trainer"]
    assert world.runai.live() == ["new-1"]


def test_an_ambiguous_create_is_not_forgotten_when_the_resource_is_deleted(world):
    world.runai.fails("create", LOST)
    world.reconcile()
    world.kubernetes.put(world.resource.deleting())
    world.reconcile(2)
    assert world.kubernetes.patches[-1] != "release"
    world.runai.holds(a_workload().called("late"))
    world.reconcile()
    assert world.runai.writes()[-1] == "delete late"
    world.vanishes("late")
    world.passes(WINDOW)
    world.reconcile()
    assert KEY not in world.kubernetes.objects


def test_a_taken_name_is_never_touched(world):
    world.runai.holds(a_workload().of(STRANGER).called("theirs"))
    world.reconcile(3)
    assert world.ready["reason"] == "NameConflict"
    assert "attic/trainer of cluster cluster-2" in world.ready["message"]
    assert world.runai.writes() == ["create trainer"], "the first POST finds the name taken, no other follows"
    world.change(workloadName="mended")
    world.reconcile(2)
    assert world.runai.writes() == ["create trainer", "create mended"]
    assert world.claim.workload_name == "mended"


@pytest.mark.parametrize(
    "error", [Unavailable("no route"), Unreadable("HTML"), LOST], ids=lambda each: type(each).__name__
)
def test_a_failed_look_changes_nothing_and_is_told_only_when_it_lasts(world, error):
    workload_id = world.settle()
    world.forget_what_happened()
    for _ in range(4):
        world.runai.fails("get", error)
    world.becomes(workload_id)
    assert world.reconcile().retry
    assert world.kubernetes.patches == []
    world.passes(PATIENCE + 1)
    world.reconcile(2)
    assert world.kubernetes.patches == ["status"]
    assert world.ready["reason"] == "RunaiUnavailable"
    assert world.runai.writes() == []


def test_a_404_with_the_project_away_is_believed_of_nothing(world):
    workload_id = world.settle()
    world.vanishes(workload_id)
    del world.runai.projects["p-1"]
    world.passes(1000)
    world.reconcile()
    world.passes(PATIENCE + 1)
    world.reconcile()
    assert world.ready["reason"] == "RunaiUnavailable"
    world.kubernetes.put(world.resource.deleting())
    world.reconcile(2)
    assert KEY in world.kubernetes.objects
    assert world.runai.writes() == ["create trainer"]


def test_one_that_vanished_unfinished_is_submitted_anew_once(world):
    workload_id = world.settle()
    world.vanishes(workload_id)
    world.reconcile(3)
    assert world.runai.writes() == ["create trainer", "create trainer"]
    assert world.claim.replaces == workload_id
    assert world.kubernetes.status()["workloadId"] == "new-2"


def test_one_that_vanished_after_it_had_finished_is_not_run_again_until_asked(world):
    workload_id = world.settle()
    world.becomes(workload_id, phase="Completed")
    world.reconcile()
    world.vanishes(workload_id)
    world.reconcile(3)
    assert world.ready["reason"] == "Vanished"
    assert world.runai.writes() == ["create trainer"]
    world.kubernetes.put(world.resource.asked_to_rerun("now"))
    world.reconcile(3)
    assert world.runai.writes() == ["create trainer", "create trainer"]
    assert world.kubernetes.status()["lastHandledRerunAt"] == "now"


def test_a_recreate_is_claimed_then_deleted_then_gone_then_posted(world):
    workload_id = world.settle()
    world.becomes(workload_id, phase="Completed")
    world.reconcile()
    world.forget_what_happened()
    world.change(scheduling={"priority": "high"})
    world.reconcile()
    assert world.kubernetes.patches == ["claim", "status"]
    assert world.claim.replaces == workload_id
    assert world.runai.writes() == [f"delete {workload_id}"]
    world.reconcile(2)
    assert world.ready["reason"] == "Recreating"
    assert world.runai.writes() == [f"delete {workload_id}"]
    world.vanishes(workload_id)
    world.reconcile()
    assert world.runai.writes() == [f"delete {workload_id}", "create trainer"]
    assert world.kubernetes.status()["workloadId"] == "new-2"
    world.becomes("new-2", sync_status="Synced", phase="Completed")
    world.reconcile(3)
    assert len(world.runai.writes()) == 2


def test_a_recreate_goes_on_after_a_restart_at_every_step(world):
    workload_id = world.settle()
    world.change(updateStrategy="Recreate", scheduling={"priority": "high"})
    world.forget_what_happened()
    world.reconcile()
    world.restart()
    world.reconcile()
    world.vanishes(workload_id)
    world.restart()
    world.reconcile()
    assert world.runai.writes() == [f"delete {workload_id}"]
    world.passes(WINDOW)
    world.runai.fails("create", LOST, committed=True)
    world.reconcile()
    world.restart()
    world.reconcile()
    assert world.kubernetes.status()["workloadId"] == "new-2"
    assert world.runai.live() == ["new-2"]


def test_a_changed_spec_is_put_once(world):
    workload_id = world.settle()
    world.forget_what_happened()
    world.change(scheduling={"priority": "high"})
    world.reconcile()
    world.becomes(workload_id, sync_status="Synced", metadata={"priority": "high"})
    world.reconcile(3)
    assert world.runai.writes() == [f"update {workload_id}"]
    assert world.kubernetes.status()["observedGeneration"] == 2
    assert world.ready["status"] == "True"


def test_a_put_without_answer_is_synced_only_after_the_window_and_a_fresh_look(world):
    workload_id = world.settle()
    world.change(scheduling={"priority": "high"})
    world.runai.fails("update", LOST, committed=True)
    world.reconcile()
    world.becomes(workload_id, sync_status="Synced", metadata={"priority": "high"})
    world.reconcile(2)
    assert world.condition("Synced")["reason"] == "OutcomeUnknown"
    world.passes(WINDOW)
    world.forget_what_happened()
    world.reconcile()
    assert world.condition("Synced")["status"] == "True"
    assert world.runai.calls[0] == f"get {workload_id}"
    assert world.runai.writes() == []


def test_an_edit_by_hand_is_undone_with_one_put(world):
    workload_id = world.settle()
    world.forget_what_happened()
    world.runai.holds(world.runai.workloads[workload_id].edited(parallelism=9))
    world.becomes(workload_id)
    world.reconcile()
    world.becomes(workload_id, sync_status="Synced")
    world.reconcile(3)
    assert world.runai.writes() == [f"update {workload_id}"]
    assert "DriftCorrected" in world.kubernetes.events
    assert world.condition("Synced")["status"] == "True"


def test_a_difference_that_survives_one_put_is_told_and_not_fought(world):
    world.runai.server_defaults = {"parallelism": 9}
    world.reconcile()
    (workload_id,) = world.runai.live()
    for _ in range(4):
        world.becomes(workload_id, sync_status="Synced", phase="Running")
        world.reconcile()
    assert world.runai.writes() == ["create trainer", f"update {workload_id}"]
    assert world.condition("Synced")["reason"] == "ServerDiffers"
    assert [item["path"] for item in world.kubernetes.status()["drift"]] == ["/manifest/spec/parallelism"]


def test_an_edit_is_told_and_left_under_report():
    world = World(a_resource().with_spec(drift={"mode": "Report"}))
    workload_id = world.settle()
    world.forget_what_happened()
    world.runai.holds(world.runai.workloads[workload_id].edited(parallelism=9))
    world.becomes(workload_id)
    world.reconcile(3)
    assert world.runai.writes() == []
    assert world.kubernetes.status()["drift"][0]["observed"] == "9"


def test_a_deleted_resource_goes_once_its_workload_is_gone(world):
    workload_id = world.settle()
    world.forget_what_happened()
    world.kubernetes.put(world.resource.deleting())
    world.reconcile(2)
    assert world.runai.writes() == [f"delete {workload_id}"]
    assert KEY in world.kubernetes.objects
    world.vanishes(workload_id)
    world.reconcile()
    assert KEY not in world.kubernetes.objects
    assert world.reconcile().reason == "Gone"


def test_an_orphaned_one_goes_without_a_request(world):
    world.settle()
    world.forget_what_happened()
    world.kubernetes.put(world.resource.orphaned().deleting())
    world.reconcile()
    assert (world.runai.calls, world.kubernetes.patches) == ([], ["release"])


def test_only_our_own_finalizer_is_removed(world):
    world.settle()
    world.kubernetes.put(world.resource.orphaned().deleting().finalizer_of("theirs/x", "runai-operator.io/workload"))
    world.reconcile(2)
    assert world.resource.metadata["finalizers"] == ["theirs/x"]


def test_a_deletion_waits_for_its_connection_and_says_so(world):
    world.settle()
    world.problem = Problem(Reason.CONNECTION_NOT_FOUND, "there is no RunaiConnection default")
    world.kubernetes.put(world.resource.deleting())
    world.reconcile()
    assert KEY in world.kubernetes.objects
    assert "the deletion waits for the connection default" in world.ready["message"]


def test_a_stale_cache_fails_before_any_side_effect(world):
    behind = world.kubernetes.objects[KEY]
    world.kubernetes.put(world.resource.with_metadata(resourceVersion="7"))
    fetch = world.kubernetes.fetch

    async def stale(key):
        found = await fetch(key)
        return type(found)(behind)

    world.kubernetes.fetch = stale
    assert world.reconcile().reason == "Stale"
    assert (world.runai.calls, world.kubernetes.patches) == ([], [])


REFUSALS = {
    "Rejected": (Rejected("no such field", status=422), "Rejected"),
    "too large": (Rejected("too large", status=413), "TooLarge"),
    "Forbidden": (Forbidden("no role", status=403), "NotPermitted"),
    "Throttled": (Throttled("slow down", status=429, retry_after=7), "Throttled"),
    "Unavailable": (Unavailable("never sent"), "RunaiUnavailable"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refused_create_is_told_and_may_be_repeated_after_a_lookup(world, name):
    error, reason = REFUSALS[name]
    world.runai.fails("create", error)
    then = world.reconcile()
    assert world.ready["reason"] == reason
    assert then.retry or then.after == 7
    world.reconcile()
    assert world.runai.calls == ["create trainer", "list name==trainer projectId==p-1", "create trainer"]
    assert world.runai.live() == ["new-1"]


def test_suspend_is_asked_once_for_what_runs_and_told_when_it_stands(world):
    workload_id = world.settle()
    world.forget_what_happened()
    world.change(suspend=True)
    world.reconcile()
    assert world.ready["reason"] == "Stopping"
    world.becomes(workload_id, phase="Stopped", desired_phase="Stopped")
    world.reconcile(3)
    assert world.runai.writes() == [f"suspend {workload_id}"]
    assert (world.ready["status"], world.ready["reason"]) == ("True", "Suspended")


def test_a_refused_suspend_says_why(world):
    world.settle()
    world.connection.refusal = "this kind cannot be suspended"
    world.change(suspend=True)
    assert world.reconcile().retry
    assert world.ready["reason"] == "Rejected"
    assert "this kind cannot be suspended" in world.ready["message"]


def test_a_delete_that_finds_nothing_is_done_once_a_look_finds_nothing(world):
    workload_id = world.settle()
    world.kubernetes.put(world.resource.deleting())
    world.runai.fails("delete", NotFound("no such workload", status=404))
    assert world.reconcile().after == 1
    assert world.ready["reason"] == "OutcomeUnknown"
    assert "leaving" not in world.status
    assert "Deleted" not in world.kubernetes.events, "somebody else did it, or our role shrank in between"
    world.vanishes(workload_id)
    world.reconcile()
    assert KEY not in world.kubernetes.objects


def test_after_a_restart_what_is_settled_costs_nothing_before_the_first_sweep(world):
    world.settle()
    world.forget_what_happened()
    world.restart()
    world.connection.swept = False
    world.connection.rows.clear()
    assert world.reconcile().reason == "AtRest"
    assert (world.runai.calls, world.kubernetes.patches) == ([], [])
