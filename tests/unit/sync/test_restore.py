"""Backups, copies, and two clusters, told as stories: what was submitted is found again, and nothing runs twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from runai_operator.api.reasons import Reason
from runai_operator.runai.errors import Ambiguous
from runai_operator.sync.ports import Problem
from runai_operator.sync.resource import Key
from tests.unit.sync.builders import LATER, NAMESPACE, STRANGER, AResource, a_resource, a_workload
from tests.unit.sync.fakes import KEY, WINDOW, World

WITH_AND_WITHOUT_STATUS = pytest.mark.parametrize("status", [False, True], ids=["without status", "with status"])
NOTHING_TOLD = {"observedGeneration": -1}
COPY = Key("attic", "trainer")
CONNECTION_GONE = Problem(Reason.CONNECTION_NOT_FOUND, "gone")


@pytest.fixture
def world() -> World:
    return World(a_resource())


def restored(backup: AResource, *, status: bool, **metadata: Any) -> AResource:
    """As a tool creates it from its backup: uid and versions are new, and of the status each tool thinks otherwise."""
    body = {**backup.body, "status": backup.status if status else NOTHING_TOLD}
    anew = {"uid": "uid-restored", "resourceVersion": "1", "generation": 1, "creationTimestamp": LATER}
    return AResource(body).with_metadata(**anew, **metadata)


def restore(world: World, *, status: bool = False) -> None:
    """The resource goes without anybody noticing, as with its cluster, and comes back."""
    world.kubernetes.put(restored(world.resource, status=status))
    world.restart()
    world.passes(WINDOW)
    world.forget_what_happened()


def look_in_vain(world: World) -> None:
    """Who made the claim may have sent a create a moment before the restore."""
    world.reconcile()
    assert world.ready["reason"] != "Vanished"
    world.passes(WINDOW)


class TestARestore:
    @WITH_AND_WITHOUT_STATUS
    def test_it_finds_its_workload_and_writes_nothing(self, world: World, status: bool) -> None:
        first = world.settle()
        restore(world, status=status)
        world.reconcile(4)
        assert (world.status["workloadId"], world.ready["status"]) == (first, "True")
        assert world.runai.writes() == []

    @WITH_AND_WITHOUT_STATUS
    def test_so_it_does_within_the_settle_window(self, world: World, status: bool) -> None:
        first = world.settle()
        restore(world, status=status)
        world.restart()
        world.reconcile(4)
        assert (world.status["workloadId"], world.runai.writes()) == (first, [])

    @WITH_AND_WITHOUT_STATUS
    def test_a_finished_one_that_went_meanwhile_is_not_run_again(self, world: World, status: bool) -> None:
        first = world.settle()
        world.becomes(first, phase="Completed")
        world.reconcile()
        world.vanishes(first)
        restore(world, status=status)
        if not status:
            look_in_vain(world)
        world.reconcile(4)
        assert (world.ready["reason"], world.runai.writes()) == ("Vanished", [])
        world.kubernetes.put(world.resource.asked_to_rerun())
        world.reconcile(4)
        world.passes(WINDOW)
        world.reconcile(4)
        assert world.runai.writes() == ["create trainer"]
        assert world.status["lastHandledRerunAt"] == "again"

    @WITH_AND_WITHOUT_STATUS
    def test_an_unfinished_one_that_went_meanwhile_is_submitted_once(self, world: World, status: bool) -> None:
        first = world.settle()
        world.vanishes(first)
        restore(world, status=status)
        look_in_vain(world)
        world.reconcile(6)
        assert world.runai.writes() == ["create trainer"]

    def test_one_that_nobody_can_tell_about_is_not_run_again(self, world: World) -> None:
        first = world.settle()
        del world.runai.workloads[first]
        restore(world)
        look_in_vain(world)
        world.reconcile(4)
        assert world.ready["reason"] == "Vanished"
        assert "nobody" in world.ready["message"] or "nor can anybody tell" in world.ready["message"]
        assert world.runai.writes() == []

    def test_while_nobody_looked_the_claims_maker_may_have_sent_a_create(self, world: World) -> None:
        """Made a moment before, and not listed yet: deleted at once it must not be let go of, however long this
        operator has been running."""
        world.settle()
        world.runai.blind = True
        world.passes(10 * WINDOW)
        world.kubernetes.put(restored(world.resource, status=False).deleting())
        world.reconcile()
        assert (world.ready["reason"], KEY in world.kubernetes.objects) == ("OutcomeUnknown", True)
        world.runai.blind = False
        world.reconcile()
        assert world.runai.writes() == ["create trainer", "delete new-1"]

    def test_told_to_have_vanished_it_stays_so_over_a_restart(self, world: World) -> None:
        first = world.settle()
        world.becomes(first, phase="Completed")
        world.reconcile()
        world.vanishes(first)
        restore(world)
        look_in_vain(world)
        world.reconcile(2)
        world.restart()
        world.forget_what_happened()
        world.reconcile(2)
        assert (world.ready["reason"], world.kubernetes.patches) == ("Vanished", [])

    def test_in_another_runai_nothing_is_run_and_it_says_why(self, world: World) -> None:
        """Its projects have other ids, and it has never heard of any workload of ours."""
        world.settle()
        world.runai.workloads.clear()
        world.runai.projects = {"p-9": "team-a"}
        restore(world)
        look_in_vain(world)
        world.reconcile(4)
        assert (world.ready["reason"], world.runai.writes()) == ("RunaiUnavailable", [])
        assert "neither the workload nor its project p-1" in world.ready["message"]

    def test_what_rerun_at_asked_for_before_the_backup_is_not_done_again(self, world: World) -> None:
        first = world.settle()
        world.kubernetes.put(world.resource.asked_to_rerun("long ago"))
        world.reconcile()
        assert world.status["lastHandledRerunAt"] == "long ago"
        world.becomes(first, phase="Completed")
        world.reconcile()
        restore(world)
        world.reconcile(4)
        assert (world.ready["reason"], world.runai.writes()) == ("Completed", [])
        world.kubernetes.put(world.resource.asked_to_rerun("now"))
        world.reconcile()
        assert world.runai.writes() == [f"delete {first}"]

    def test_nor_is_it_where_the_first_look_saw_nothing(self, world: World) -> None:
        first = world.settle()
        world.kubernetes.put(world.resource.asked_to_rerun("long ago"))
        world.becomes(first, phase="Completed")
        restore(world)
        world.problem = CONNECTION_GONE
        world.reconcile()
        assert world.ready["reason"] == "ConnectionNotFound"
        world.problem = None
        world.reconcile(4)
        assert (world.ready["reason"], world.runai.writes()) == ("Completed", [])

    def test_amid_a_recreate_it_goes_on_with_it(self) -> None:
        world = World(a_resource().with_spec(updateStrategy="Recreate"))
        first = world.settle()
        world.change(scheduling={"priority": "high"})
        world.reconcile()
        assert world.claim.replaces == first
        world.vanishes(first)
        world.reconcile()
        (second,) = world.runai.live()
        restore(world)
        world.reconcile(4)
        assert (world.status["workloadId"], world.runai.writes()) == (second, [])

    def test_what_was_taken_over_as_it_was_is_found_though_nobody_asks_for_it_any_more(self) -> None:
        world = World(a_resource().with_spec(adopt={"policy": "IfIdentical"}))
        world.runai.holds(a_workload().without_stamp())
        world.reconcile(4)
        world.change(adopt=None)
        restore(world)
        world.reconcile(4)
        assert (world.status["workloadId"], world.ready["status"]) == ("w-1", "True")
        assert world.runai.writes() == []

    def test_paused_it_is_not_touched(self, world: World) -> None:
        world.settle()
        world.kubernetes.put(world.resource.paused())
        restore(world)
        world.reconcile(2)
        assert (world.runai.calls, world.kubernetes.patches) == ([], ["status"])

    @pytest.mark.parametrize("policy", ["Delete", "Orphan"])
    def test_deleted_before_anybody_looked_it_takes_its_workload_with_it(self, world: World, policy: str) -> None:
        first = world.settle()
        world.change(deletionPolicy=policy)
        restore(world)
        world.kubernetes.put(world.resource.deleting())
        world.reconcile()
        assert world.runai.writes() == ([f"delete {first}"] if policy == "Delete" else [])


class TestTwoClusters:
    @WITH_AND_WITHOUT_STATUS
    def test_a_new_cluster_that_is_told_the_old_ones_id_goes_on(self, world: World, status: bool) -> None:
        """A new cluster is nothing but a restore, for who is called the same: `--cluster-id`."""
        first = world.settle()
        restore(world, status=status)
        world.restart(cluster="cluster-1")
        world.reconcile(4)
        assert (world.status["workloadId"], world.runai.writes()) == (first, [])

    @pytest.mark.parametrize(("status", "reason"), [(False, "NameConflict"), (True, "OwnershipLost")])
    def test_a_cluster_of_another_id_leaves_it_to_the_old_one(self, world: World, status: bool, reason: str) -> None:
        world.settle()
        restore(world, status=status)
        world.restart(cluster="cluster-2")
        world.passes(WINDOW)
        world.reconcile(4)
        assert world.ready["reason"] == reason
        assert "lab/trainer of cluster cluster-1" in world.ready["message"]
        world.kubernetes.put(world.resource.deleting())
        world.reconcile(4)
        assert world.runai.writes() == []


class TestACopy:
    """The YAML of a resource, under another name or in another namespace: claim, finalizer, even status come along."""

    def copied(self, world: World, *, status: bool) -> Mapping[str, Any]:
        world.kubernetes.put(restored(world.resource, status=status, namespace=COPY.namespace))
        world.forget_what_happened()
        world.passes(WINDOW)
        world.reconcile(4, key=COPY)
        return world.kubernetes.status(COPY)

    @WITH_AND_WITHOUT_STATUS
    def test_it_has_no_right_to_the_workload(self, world: World, status: bool) -> None:
        first = world.settle()
        told = self.copied(world, status=status)
        assert "workloadId" not in told
        ready = AResource(world.kubernetes.objects[COPY]).built.condition("Ready")
        assert ready is not None
        assert ready["reason"] == "NameConflict"
        assert f"{NAMESPACE}/trainer of cluster" in ready["message"]
        world.kubernetes.put(AResource(world.kubernetes.objects[COPY]).deleting())
        world.reconcile(2, key=COPY)
        assert COPY not in world.kubernetes.objects
        assert world.runai.live() == [first]
        assert [each for each in world.runai.writes() if not each.startswith("create")] == []

    @WITH_AND_WITHOUT_STATUS
    def test_once_the_name_is_free_it_has_one_of_its_own(self, world: World, status: bool) -> None:
        first = world.settle()
        world.kubernetes.put(
            restored(world.resource, status=status, namespace=COPY.namespace).with_spec(workloadName="b")
        )
        world.passes(WINDOW)
        world.reconcile(4, key=COPY)
        assert world.kubernetes.status(COPY)["workloadId"] != first
        assert world.runai.writes() == ["create trainer", "create b"]

    def test_its_claim_written_over_ones_own_takes_nothing_away(self, world: World) -> None:
        """Whoever may write the resource may write its claim; it stays the resource that it is."""
        first = world.settle()
        foreign = world.claim.dump().replace('"lab"', '"attic"')
        world.kubernetes.put(world.resource.annotated(claim=foreign))
        world.reconcile(3)
        assert (world.status["workloadId"], world.claim.namespace) == (first, NAMESPACE)
        assert world.runai.writes() == ["create trainer"]


class TestWhatLeavesRunaiAlone:
    """paused keeps hands off, deletion too; release lets go, once it is being deleted, and never deletes."""

    def test_paused_nothing_is_asked_and_nothing_written_but_that_it_is(self, world: World) -> None:
        world.settle()
        world.kubernetes.put(world.resource.paused())
        world.change(scheduling={"priority": "high"})
        world.forget_what_happened()
        world.reconcile(3)
        assert (world.runai.calls, world.kubernetes.patches) == ([], ["status"])
        assert world.ready["reason"] == "Paused"

    def test_paused_its_deletion_waits_release_or_not(self, world: World) -> None:
        world.settle()
        world.kubernetes.put(world.resource.paused().released().deleting())
        world.forget_what_happened()
        world.reconcile(3)
        assert world.runai.calls == []
        assert KEY in world.kubernetes.objects

    def test_unpaused_it_goes_on_where_it_was(self, world: World) -> None:
        first = world.settle()
        world.kubernetes.put(world.resource.paused().deleting())
        world.reconcile()
        world.kubernetes.put(world.resource.annotated(paused="false"))
        world.reconcile()
        assert world.runai.writes()[-1] == f"delete {first}"

    def test_release_means_nothing_before_the_deletion(self, world: World) -> None:
        world.kubernetes.put(world.resource.released())
        first = world.settle()
        world.becomes(first, desired_phase="Running")
        world.reconcile(2)
        assert world.resource.built.finalized
        assert world.runai.live() == [first]

    @pytest.mark.parametrize("when", ["settled", "in doubt", "without a connection", "amid a recreate", "another's"])
    def test_released_it_goes_at_once_and_nothing_is_deleted(self, world: World, when: str) -> None:
        world = World(a_resource().with_spec(updateStrategy="Recreate"))
        if when == "in doubt":
            world.runai.fails("create", Ambiguous("no answer"), committed=True)
            world.reconcile()
        else:
            first = world.settle()
        if when == "without a connection":
            world.problem = CONNECTION_GONE
        elif when == "amid a recreate":
            world.change(scheduling={"priority": "high"})
            world.kubernetes.crd = False  # so that it stops before its DELETE
            world.reconcile()
            assert world.claim.replaces == first
            world.kubernetes.crd = True
        elif when == "another's":
            world.runai.holds(world.runai.workloads[first].of(STRANGER))
        world.forget_what_happened()
        world.kubernetes.put(world.resource.deleting().released())
        world.reconcile()
        assert KEY not in world.kubernetes.objects
        assert world.runai.calls == []
        assert len(world.runai.live()) == 1
