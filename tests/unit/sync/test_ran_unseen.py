"""What ran and was deleted while nobody looked, told as stories: no look by a recorded id tells of it, and it is not
run again all the same; while whatever calls for a run has one."""

from collections.abc import Callable
from typing import Any

import pytest

from runai_operator.api.reasons import Reason
from runai_operator.runai.errors import Ambiguous, Rejected
from runai_operator.sync.ports import Problem
from tests.unit.sync.builders import LATER, STRANGER, AResource, AWorkload, a_resource, a_workload
from tests.unit.sync.fakes import KEY, WINDOW, World
from tests.unit.sync.test_in_doubt import bare, without_claim
from tests.unit.sync.test_restore import look_in_vain, restore, restored

CHANGED = {"scheduling": {"priority": "high"}}
LATER_ONES = {
    "one made by hand": a_workload().made_through("WorkloadsV1"),
    "a stranger's": a_workload().of(STRANGER),
}


@pytest.fixture
def world() -> World:
    return World(a_resource())


def unseen(world: World, *, phase: str = "Completed", made: AWorkload | None = None) -> str:
    """The create was carried out by an operator that died over it, and what it made ran and is gone; its id."""
    world.runai.fails("create", Ambiguous("no answer"), committed=made is None)
    world.reconcile()
    if made is not None:
        world.runai.holds(made)
    (workload_id,) = world.runai.live()
    world.becomes(workload_id, phase=phase)
    world.vanishes(workload_id)
    world.restart()
    world.passes(WINDOW)
    world.forget_what_happened()
    return workload_id


def again(world: World, first: str, *, phase: str = "Completed") -> str:
    """What took the place of the first ran, and went with its resource; its id."""
    world.vanishes(first)
    world.reconcile(2)
    (second,) = world.runai.live()
    world.becomes(second, sync_status="Synced", phase=phase)
    world.reconcile()
    assert world.status["workloadId"] == second
    world.vanishes(second)
    return second


def calls_for_a_run(world: World, how: str) -> None:
    if how == "rerun-at":
        world.kubernetes.put(world.resource.asked_to_rerun("now"))
    else:
        world.change(**CHANGED)


CALLS = pytest.mark.parametrize("how", ["rerun-at", "a changed spec"])


class TestBetweenTwoOperators:
    def test_what_finished_is_recorded_and_not_run_again(self, world: World) -> None:
        first = unseen(world)
        world.reconcile(4)
        assert (world.ready["reason"], world.status["workloadId"], world.runai.writes()) == ("Vanished", first, [])
        assert "after it had finished" in world.ready["message"]
        assert "phase" not in world.status, "nobody knows whether that was the end of this very spec"

    def test_so_it_stays_over_a_restart(self, world: World) -> None:
        unseen(world)
        world.reconcile(2)
        world.restart()
        world.forget_what_happened()
        world.reconcile()
        world.passes(WINDOW)
        world.reconcile(3)
        assert (world.kubernetes.patches, world.runai.writes()) == ([], [])

    @pytest.mark.parametrize("lost", [bare, without_claim])
    def test_and_without_its_claim(self, world: World, lost: Callable[[AResource], AResource]) -> None:
        unseen(world)
        world.reconcile(2)
        world.restart()
        world.kubernetes.put(lost(world.resource))
        world.reconcile(2)
        world.passes(WINDOW)
        world.reconcile(3)
        assert (world.ready["reason"], world.runai.writes()) == ("Vanished", [])

    @pytest.mark.parametrize("later", LATER_ONES)
    @pytest.mark.parametrize("shown", [True, False])
    def test_what_else_had_the_name_since_says_nothing_of_it(self, world: World, later: str, shown: bool) -> None:
        first = unseen(world)
        world.runai.shows_deleted = shown or later == "a stranger's"  # else nobody could tell them apart
        world.runai.holds(LATER_ONES[later].called("later").deleted())
        world.reconcile(4)
        assert (world.ready["reason"], world.status["workloadId"], world.runai.writes()) == ("Vanished", first, [])

    def test_amid_a_recreate_whose_claim_is_lost_it_is_the_same(self, world: World) -> None:
        first = world.settle()
        world.becomes(first, phase="Completed")
        world.reconcile()
        world.kubernetes.put(world.resource.asked_to_rerun("once"))
        world.reconcile()
        world.vanishes(first)
        second = unseen(world)
        world.kubernetes.put(without_claim(world.resource))
        world.reconcile(6)
        assert (world.ready["reason"], world.status["workloadId"], world.runai.writes()) == ("Vanished", second, [])

    def test_a_run_before_the_one_that_is_replaced_is_not_taken_for_the_next(self, world: World) -> None:
        """The deleted row of the one that is replaced is not listed."""
        first = world.settle()
        world.becomes(first, phase="Completed")
        world.reconcile()
        world.kubernetes.put(world.resource.asked_to_rerun("one"))
        world.reconcile()
        world.vanishes(first)
        world.reconcile(2)
        (second,) = world.runai.live()
        world.becomes(second, sync_status="Synced", phase="Completed")
        world.reconcile(2)
        world.kubernetes.put(world.resource.asked_to_rerun("two"))
        world.reconcile()
        world.connection.forget(second)
        del world.runai.workloads[second]
        world.restart()
        world.passes(WINDOW)
        world.forget_what_happened()
        world.reconcile(3)
        assert (world.runai.writes(), world.status["lastHandledRerunAt"]) == (["create trainer"], "two")

    @CALLS
    def test_whoever_calls_for_a_run_has_one(self, world: World, how: str) -> None:
        unseen(world)
        world.reconcile(2)
        calls_for_a_run(world, how)
        world.reconcile(3)
        assert world.runai.writes() == ["create trainer"]
        assert world.status["workloadId"] == world.runai.live()[0]

    def test_so_has_who_called_while_nobody_looked(self, world: World) -> None:
        unseen(world)
        world.kubernetes.put(world.resource.asked_to_rerun("now"))
        world.reconcile(4)
        assert (world.runai.writes(), world.status["lastHandledRerunAt"]) == (["create trainer"], "now")

    @pytest.mark.parametrize(("mode", "writes"), [("Correct", ["create trainer"]), ("Report", []), ("Ignore", [])])
    def test_what_had_not_finished_is_made_anew_as_the_drift_mode_says(self, mode: str, writes: list[str]) -> None:
        world = World(a_resource().with_spec(drift={"mode": mode}))
        first = unseen(world, phase="Running")
        world.reconcile(4)
        assert world.runai.writes() == writes
        if not writes:
            assert (world.ready["reason"], world.status["workloadId"]) == ("Vanished", first)

    def test_amid_a_recreate_it_is_the_same(self, world: World) -> None:
        first = world.settle()
        world.becomes(first, phase="Completed")
        world.kubernetes.put(world.resource.asked_to_rerun("once more"))
        world.reconcile()
        world.vanishes(first)
        second = unseen(world)
        world.reconcile(4)
        assert (world.ready["reason"], world.status["workloadId"]) == ("Vanished", second)
        assert (world.status["lastHandledRerunAt"], world.runai.writes()) == ("once more", [])

    def test_what_its_recreate_deleted_is_not_taken_for_what_came_of_it(self, world: World) -> None:
        first = world.settle()
        world.becomes(first, phase="Completed")
        world.kubernetes.put(world.resource.asked_to_rerun("once more"))
        world.reconcile()
        world.vanishes(first)
        world.restart()
        world.passes(WINDOW)
        world.reconcile()
        assert world.runai.writes() == ["create trainer", f"delete {first}", "create trainer"]

    @pytest.mark.parametrize(
        "other",
        [
            AWorkload(created_at="2025-12-31T23:59:59Z"),
            AWorkload(created_at=None),
            a_workload().made_through("WorkloadsV1"),
            a_workload().with_metadata(projectId="p-2"),
        ],
        ids=["a former namesake's", "of no known age", "not made through V2", "in another project"],
    )
    def test_what_is_not_its_own_counts_for_nothing(self, world: World, other: AWorkload) -> None:
        unseen(world, made=other)
        world.reconcile()
        assert world.runai.writes() == ["create trainer"]

    def test_where_the_stamp_can_still_be_read_it_tells(self, world: World) -> None:
        """Whose it was, and of which spec: an edit that was made meanwhile is a call for a run."""
        world.runai.shows_deleted = True
        unseen(world, made=a_workload().of(STRANGER))
        world.reconcile()
        assert world.runai.writes() == ["create trainer"], "a stranger's"
        world = World(a_resource())
        world.runai.shows_deleted = True
        unseen(world)
        world.change(**CHANGED)
        world.reconcile(4)
        assert world.runai.writes() == ["create trainer"], "the edit"

    def test_it_is_asked_for_once(self, world: World) -> None:
        world.kubernetes.put(a_resource().claimed())
        world.passes(WINDOW)
        for _ in range(5):
            world.runai.fails("create", Rejected("no", status=400))
        world.reconcile(5)
        assert world.runai.calls.count("list deleted") == 1

    def test_a_first_apply_never_asks(self, world: World) -> None:
        world.reconcile(2)
        assert "list deleted" not in world.runai.calls


class TestAfterABackup:
    def amid_a_rerun(self, world: World, *, claimed: bool = True) -> tuple[str, AResource]:
        """The first run finished, another one was asked for, and then the backup was made."""
        first = world.settle()
        world.becomes(first, phase="Completed")
        world.reconcile()
        world.kubernetes.put(world.resource.asked_to_rerun("once more"))
        if claimed:
            world.reconcile()
            assert world.claim.replaces == first
            return first, world.resource
        backup = world.resource
        world.reconcile()
        return first, backup

    def comes_back(self, world: World, backup: AResource) -> None:
        world.kubernetes.put(restored(backup, status=True))
        world.restart()
        world.passes(WINDOW)
        world.forget_what_happened()

    @pytest.mark.parametrize("claimed", [True, False], ids=["claimed", "only asked for"])
    @pytest.mark.parametrize("restart", [True, False])
    def test_the_run_that_was_asked_for_before_it_is_not_run_again(
        self, world: World, claimed: bool, restart: bool
    ) -> None:
        first, backup = self.amid_a_rerun(world, claimed=claimed)
        second = again(world, first)
        self.comes_back(world, backup)
        for _ in range(3):
            world.reconcile(3)
            world.passes(WINDOW)
            if restart:
                world.restart()
                world.reconcile()
                world.passes(WINDOW)
        world.reconcile(2)
        assert (world.ready["reason"], world.status["workloadId"], world.runai.writes()) == ("Vanished", second, [])

    def test_what_came_of_it_is_not_recorded_while_another_create_is_in_doubt(self, world: World) -> None:
        first, backup = self.amid_a_rerun(world, claimed=False)
        again(world, first)
        self.comes_back(world, backup)
        world.reconcile(3)
        assert (world.ready["reason"], world.status["workloadId"]) == ("OutcomeUnknown", first)

    @CALLS
    @pytest.mark.parametrize("claimed", [True, False], ids=["claimed", "only asked for"])
    def test_whoever_calls_for_a_run_then_has_one(self, world: World, claimed: bool, how: str) -> None:
        first, backup = self.amid_a_rerun(world, claimed=claimed)
        again(world, first)
        self.comes_back(world, backup)
        world.reconcile(3)
        world.passes(WINDOW)
        world.reconcile(3)
        calls_for_a_run(world, how)
        world.reconcile(2)
        world.passes(WINDOW)
        world.reconcile(3)
        assert world.runai.writes() == ["create trainer"]

    def test_what_took_its_place_unfinished_is_made_anew(self, world: World) -> None:
        first, backup = self.amid_a_rerun(world)
        again(world, first, phase="Running")
        self.comes_back(world, backup)
        world.reconcile(3)
        world.passes(WINDOW)
        world.reconcile(3)
        assert world.runai.writes() == ["create trainer"]

    def test_where_nothing_took_its_place_the_recreate_goes_on(self, world: World) -> None:
        first, backup = self.amid_a_rerun(world)
        world.vanishes(first)
        self.comes_back(world, backup)
        look_in_vain(world)
        world.reconcile(3)
        assert (world.runai.writes(), world.status["lastHandledRerunAt"]) == (["create trainer"], "once more")

    def test_where_nobody_can_tell_it_waits_to_be_called(self, world: World) -> None:
        first, backup = self.amid_a_rerun(world)
        del world.runai.workloads[first]
        self.comes_back(world, backup)
        look_in_vain(world)
        world.reconcile(3)
        assert (world.ready["reason"], world.runai.writes()) == ("Vanished", [])
        world.restart()
        world.forget_what_happened()
        world.reconcile(2)
        assert (world.ready["reason"], world.kubernetes.patches) == ("Vanished", [])
        world.kubernetes.put(world.resource.asked_to_rerun("now"))
        world.reconcile(4)
        world.passes(WINDOW)
        world.reconcile(2)
        assert (world.runai.writes(), world.status["lastHandledRerunAt"]) == (["create trainer"], "now")

    def test_what_was_made_anew_after_it_is_not_run_again(self, world: World) -> None:
        """The backup knows of no recreate: it was made while the first one ran."""
        first = world.settle()
        backup = world.resource
        second = again(world, first)
        self.comes_back(world, backup)
        world.reconcile(2)
        world.passes(WINDOW)
        world.reconcile(4)
        assert (world.ready["reason"], world.status["workloadId"], world.runai.writes()) == ("Vanished", second, [])


class Died(Exception):
    """The operator, over a request: not even a status tells of it."""


class TestToldToHaveVanishedAndThenTheClaimIsLost:
    @pytest.fixture
    def world(self, world: World) -> World:
        first = world.settle()
        world.becomes(first, phase="Completed")
        world.reconcile()
        world.vanishes(first)
        restore(world)
        look_in_vain(world)
        world.reconcile(2)
        assert world.ready["reason"] == "Vanished"
        world.forget_what_happened()
        return world

    LOST = pytest.mark.parametrize("lost", [bare, without_claim])
    RESTARTED = pytest.mark.parametrize("restarted", [True, False])

    @LOST
    @RESTARTED
    def test_it_is_not_run_again(self, world: World, lost: Callable[[AResource], AResource], restarted: bool) -> None:
        if restarted:
            world.restart()
        world.kubernetes.put(lost(world.resource))
        world.reconcile(3)
        world.passes(WINDOW)
        world.reconcile(3)
        assert (world.ready["reason"], world.runai.writes()) == ("Vanished", [])
        assert world.resource.built.finalized

    @LOST
    @RESTARTED
    @pytest.mark.parametrize("paused", [True, False])
    def test_nor_is_it_where_something_else_was_told_meanwhile(
        self, world: World, lost: Callable[[AResource], AResource], restarted: bool, paused: bool
    ) -> None:
        if paused:
            world.kubernetes.put(world.resource.annotated(paused="true"))
        else:
            world.problem = Problem(Reason.CONNECTION_NOT_READY, "away")
        world.reconcile()
        assert world.ready["reason"] == ("Paused" if paused else "ConnectionNotReady")
        world.problem = None
        if restarted:
            world.restart()
        world.kubernetes.put(lost(world.resource))
        if paused:
            world.kubernetes.put(world.resource.annotated(paused="false"))
        world.reconcile(3)
        world.passes(WINDOW)
        world.reconcile(3)
        assert (world.ready["reason"], world.runai.writes()) == ("Vanished", [])

    @LOST
    @RESTARTED
    def test_asked_to_it_is(self, world: World, lost: Callable[[AResource], AResource], restarted: bool) -> None:
        if restarted:
            world.restart()
        world.kubernetes.put(lost(world.resource).asked_to_rerun("now"))
        world.reconcile(4)
        world.passes(WINDOW)
        world.reconcile(2)
        assert (world.runai.writes(), world.status["lastHandledRerunAt"]) == (["create trainer"], "now")

    def dies_over_a_create(self, world: World) -> None:
        world.runai.fails("create", Died())  # type: ignore[arg-type]
        world.kubernetes.put(world.resource.asked_to_rerun("now"))
        with pytest.raises(Died):
            world.reconcile(2)
        assert world.runai.writes() == ["create trainer"]

    def test_that_it_vanished_is_taken_back_before_anything_is_sent(self, world: World) -> None:
        """So that whoever reads it knows that nothing is on its way, also with the claim of before over the next."""
        old = world.resource.metadata["annotations"]
        self.dies_over_a_create(world)
        assert world.ready["reason"] == "Submitting"
        world.kubernetes.put(world.resource.with_metadata(annotations=old).deleting())
        world.restart()
        world.reconcile()
        assert (world.ready["reason"], KEY in world.kubernetes.objects) == ("OutcomeUnknown", True)

    def test_before_the_next_operator_knows_what_became_of_the_create_nothing_is_sent(self, world: World) -> None:
        self.dies_over_a_create(world)
        world.restart()
        world.kubernetes.put(without_claim(world.resource))
        world.reconcile(3)
        assert (world.ready["reason"], len(world.runai.writes())) == ("OutcomeUnknown", 1)
        world.passes(WINDOW)
        world.reconcile(2)
        assert len(world.runai.writes()) == 2


def test_a_namesake_of_what_finished_unseen_is_created(world: World) -> None:
    """Deleted, and applied again: what ran before was another resource's."""
    unseen(world)
    world.kubernetes.put(a_resource(uid="uid-2").with_metadata(creationTimestamp=LATER))
    world.restart()
    world.reconcile()
    assert world.runai.writes() == ["create trainer"]


def test_a_namesake_that_was_claimed_is_created_too(world: World) -> None:
    unseen(world)
    anew: dict[str, Any] = {"creationTimestamp": LATER}
    world.kubernetes.put(a_resource().claimed().with_metadata(**anew))
    world.reconcile()
    assert world.runai.writes() == ["create trainer"]
