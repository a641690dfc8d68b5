"""A role that shows projects, and no workloads: what it hides is not lost, and is what it was when it shows again."""

from __future__ import annotations

import pytest

from runai_operator.runai.errors import Ambiguous
from runai_operator.sync.reconcile import PATIENCE
from tests.unit.sync.builders import a_resource
from tests.unit.sync.fakes import KEY, WINDOW, World

REQUIRED = {"scheduling": {"mnnvl": "Required"}}


@pytest.fixture
def world() -> World:
    return World(a_resource())


def blinded(world: World, *, blind: bool = True) -> None:
    world.runai.blind = blind
    world.connection.rows.clear()
    world.passes(WINDOW)


class TestEditedWhileItCannotBeSeen:
    def test_it_is_neither_deleted_nor_made_anew_but_updated_once_it_is_seen_again(self, world: World) -> None:
        first = world.settle()
        blinded(world)
        world.change(scheduling={"priority": "high"})
        world.reconcile(3)
        assert world.claim.replaces == first
        assert world.ready["reason"] == "NameBusy"
        world.forget_what_happened()
        blinded(world, blind=False)
        world.reconcile(3)
        assert (world.status["workloadId"], world.runai.writes()) == (first, [f"update {first}"])
        assert world.claim.replaces is None

    def test_a_rerun_that_was_asked_for_meanwhile_is_answered_as_ever(self, world: World) -> None:
        first = world.settle()
        world.becomes(first, phase="Completed")
        world.reconcile()
        blinded(world)
        world.kubernetes.put(world.resource.asked_to_rerun("now"))
        world.reconcile(3)
        assert world.claim.replaces == first
        world.forget_what_happened()
        blinded(world, blind=False)
        world.reconcile(3)
        assert world.runai.writes() == [f"delete {first}"], "it has finished, and is to run again"

    def test_what_it_was_created_with_is_known_again(self) -> None:
        """So that a change that only a new workload can take is not told as done."""
        world = World(a_resource().with_spec(**REQUIRED))
        first = world.settle()
        blinded(world)
        world.change(scheduling={})
        world.reconcile(3)
        assert world.claim.fixed == {"preemptibility": None, "mnnvl": None}
        world.forget_what_happened()
        blinded(world, blind=False)
        world.reconcile(4)
        assert (world.claim.replaces, world.claim.fixed) == (None, {"preemptibility": None, "mnnvl": "Required"})
        assert (world.ready["reason"], world.runai.live()) == ("RecreateRequired", [first])

    def test_an_operator_that_starts_in_between_knows_it_too(self, world: World) -> None:
        first = world.settle()
        blinded(world)
        world.change(scheduling={"priority": "high"})
        world.reconcile(3)
        world.restart()
        world.forget_what_happened()
        blinded(world, blind=False)
        world.reconcile(3)
        assert world.runai.writes() == [f"update {first}"]

    def test_a_create_in_doubt_stays_in_doubt(self, world: World) -> None:
        first = world.settle()
        blinded(world)
        world.change(scheduling={"priority": "high"})
        world.runai.fails("create", Ambiguous("no answer"))
        world.reconcile()
        world.runai.blind = False
        world.reconcile(3)
        assert (world.claim.replaces, world.ready["reason"]) == (first, "OutcomeUnknown")
        world.passes(WINDOW)
        world.reconcile(3)
        assert (world.claim.replaces, world.status["workloadId"]) == (None, first)
        assert world.runai.writes()[1:] == ["create trainer", f"update {first}"]

    def test_deleted_then_it_goes_once_the_create_is_certain(self, world: World) -> None:
        first = world.settle()
        blinded(world)
        world.change(scheduling={"priority": "high"})
        world.runai.fails("create", Ambiguous("no answer"))
        world.reconcile()
        world.runai.blind = False
        world.reconcile(3)
        world.restart()
        world.kubernetes.put(world.resource.deleting())
        world.reconcile()
        world.vanishes(first)
        world.reconcile(2)
        assert KEY in world.kubernetes.objects, "the create may still be carried out"
        world.passes(WINDOW)
        world.reconcile()
        assert KEY not in world.kubernetes.objects

    def test_a_claim_of_an_earlier_version_goes_on_as_it_began(self, world: World) -> None:
        """It says nothing of how its workload went: the recreate may have been asked for."""
        first = world.settle()
        world.kubernetes.put(world.resource.replacing(first))
        world.reconcile()
        assert world.runai.writes()[-1] == f"delete {first}"


class TestWhatIsGoneIndeed:
    def test_deleted_by_hand_and_edited_it_is_made_anew(self, world: World) -> None:
        first = world.settle()
        world.vanishes(first)
        world.change(scheduling={"priority": "high"})
        world.reconcile(3)
        assert world.runai.writes() == ["create trainer", "create trainer"]
        (second,) = world.runai.live()
        assert world.status["workloadId"] == second
        world.becomes(second, sync_status="Synced", phase="Completed")
        world.change(scheduling={"priority": "low"})
        world.forget_what_happened()
        world.reconcile(1)
        assert world.runai.writes() == [f"delete {second}"], "what is claimed now had not vanished"


class TestWhereManyAreExpected:
    """What no look found is believed gone once a sweep has missed it too; sooner only what we had deleted ourselves."""

    def test_nothing_is_let_go_of_before(self, world: World) -> None:
        first = world.settle()
        blinded(world)
        world.connection.unswept = {first}
        world.kubernetes.put(world.resource.deleting())
        world.forget_what_happened()
        world.reconcile()
        world.passes(PATIENCE)
        world.reconcile(2)
        assert KEY in world.kubernetes.objects
        assert (world.ready["reason"], world.runai.writes()) == ("RunaiUnavailable", [])
        assert "once the whole fleet was read again" in world.ready["message"]
        world.connection.unswept = set()
        world.reconcile()
        assert KEY not in world.kubernetes.objects

    @pytest.mark.parametrize("change", ["a new spec", "a rerun", "nothing"])
    def test_nothing_is_made_anew_before(self, world: World, change: str) -> None:
        first = world.settle()
        world.vanishes(first)
        world.connection.unswept = {first}
        if change == "a new spec":
            world.change(scheduling={"priority": "high"})
        elif change == "a rerun":
            world.kubernetes.put(world.resource.asked_to_rerun())
        world.forget_what_happened()
        world.reconcile(3)
        assert (world.claim.replaces, world.runai.writes()) == (None, [])
        world.connection.unswept = set()
        world.reconcile(3)
        assert world.runai.writes() == ["create trainer"]

    @pytest.mark.parametrize("restarted", [False, True])
    def test_what_we_had_deleted_is_let_go_of_at_once(self, world: World, restarted: bool) -> None:
        first = world.settle()
        world.connection.unswept = {first}
        world.kubernetes.put(world.resource.deleting())
        world.reconcile()
        assert world.status["leaving"] is True
        if restarted:
            world.restart()
        world.vanishes(first)
        world.reconcile()
        assert KEY not in world.kubernetes.objects

    def test_what_we_deleted_to_recreate_it_is_made_anew_at_once(self) -> None:
        world = World(a_resource().with_spec(updateStrategy="Recreate"))
        first = world.settle()
        world.connection.unswept = {first}
        world.change(scheduling={"priority": "high"})
        world.reconcile()
        world.vanishes(first)
        world.reconcile()
        assert world.runai.writes()[1:] == [f"delete {first}", "create trainer"]

    def test_a_deletion_that_got_no_answer_is_not_taken_for_one(self, world: World) -> None:
        world.settle()
        world.kubernetes.put(world.resource.deleting())
        world.runai.fails("delete", Ambiguous("no answer"))
        world.reconcile()
        assert "leaving" not in world.status

    def test_what_left_before_a_backup_was_made_has_not_left_after_it(self, world: World) -> None:
        first = world.settle()
        world.kubernetes.put(world.resource.with_status(leaving=True))
        world.becomes(first, phase="Completed")
        world.reconcile()
        assert "leaving" not in world.status


def test_what_was_restored_after_a_recreate_knows_what_it_was_created_with() -> None:
    world = World(a_resource().with_spec(**REQUIRED))
    first = world.settle()
    world.vanishes(first)
    world.reconcile(3)
    (second,) = world.runai.live()
    world.becomes(second, sync_status="Synced", phase="Running")
    world.change(scheduling={})
    world.reconcile()
    assert world.ready["reason"] == "RecreateRequired"
    world.kubernetes.put(world.resource.with_metadata(uid="uid-restored"))
    world.restart()
    world.passes(WINDOW)
    world.reconcile(4)
    assert (world.claim.uid, world.ready["reason"]) == ("uid-restored", "RecreateRequired")
