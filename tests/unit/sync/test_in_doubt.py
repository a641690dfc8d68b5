"""A create without an answer: what is taken away, renamed or deleted before anybody knows what came of it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from runai_operator.api.names import FINALIZER
from runai_operator.runai.errors import Ambiguous
from runai_operator.settings import Settings
from tests.unit.sync.builders import NAME, OWNER, PROJECT, STRANGER, AResource, a_claim, a_resource, a_workload
from tests.unit.sync.fakes import KEY, WINDOW, World

LOST = Ambiguous("no answer")


@pytest.fixture
def world() -> World:
    return World(a_resource())


def recreating(world: World, *, restarted: bool = False) -> str:
    """The first workload finished and is gone, and the create of the next got no answer; the id of the first."""
    first = world.settle()
    world.becomes(first, phase="Completed")
    world.kubernetes.put(world.resource.asked_to_rerun("once more"))
    world.reconcile()
    world.vanishes(first)
    world.runai.fails("create", LOST)
    world.reconcile()
    assert world.claim.replaces == first
    if restarted:
        world.restart()
    return first


def arrives(world: World) -> str:
    """The create is carried out after all; the id of what came of it."""
    world.runai.holds(a_workload().called("late"))
    return "late"


def without_claim(resource: AResource) -> AResource:
    kept = {key: value for key, value in resource.metadata["annotations"].items() if "claim" not in key}
    return resource.with_metadata(annotations=kept)


def bare(resource: AResource) -> AResource:
    """As `kubectl replace` leaves it, with a file that knows nothing of us."""
    kept = {key: value for key, value in resource.metadata.items() if key not in ("annotations", "finalizers")}
    return AResource({**resource.body, "metadata": kept})


def with_the_claim_of_before(resource: AResource) -> AResource:
    return resource.annotated(claim=a_claim().dump())


TAKEN_AWAY: dict[str, Callable[[AResource], AResource]] = {
    "its claim is removed": without_claim,
    "it is replaced": bare,
    "the claim of before is applied": with_the_claim_of_before,
}


@pytest.mark.parametrize("how", TAKEN_AWAY)
@pytest.mark.parametrize("restarted", [False, True])
class TestARecordThatIsTakenAwayAmidARecreate:
    def test_what_came_of_the_create_is_recorded(self, world: World, how: str, restarted: bool) -> None:
        recreating(world, restarted=restarted)
        world.kubernetes.put(TAKEN_AWAY[how](world.resource))
        world.reconcile(2)
        late = arrives(world)
        world.passes(30)
        world.reconcile(4)
        assert world.status["workloadId"] == late
        assert len(world.runai.writes()) == 3, "created, deleted, and created anew: once each"

    def test_nothing_of_it_outlives_the_resource(self, world: World, how: str, restarted: bool) -> None:
        recreating(world, restarted=restarted)
        world.kubernetes.put(TAKEN_AWAY[how](world.resource).finalizer_of(FINALIZER).deleting())
        world.reconcile()
        assert world.ready["reason"] == "OutcomeUnknown"
        late = arrives(world)
        world.passes(WINDOW - 1)
        world.reconcile()
        assert world.runai.writes()[-1] == f"delete {late}"
        world.vanishes(late)
        world.passes(1)
        world.reconcile()
        assert KEY not in world.kubernetes.objects

    def test_where_nothing_came_of_it_the_resource_goes_when_that_is_certain(
        self, world: World, how: str, restarted: bool
    ) -> None:
        recreating(world, restarted=restarted)
        world.kubernetes.put(TAKEN_AWAY[how](world.resource).finalizer_of(FINALIZER).deleting())
        world.passes(WINDOW - 1)
        world.reconcile()
        assert KEY in world.kubernetes.objects
        world.passes(1)
        world.reconcile()
        assert KEY not in world.kubernetes.objects


class TestAfterARestart:
    def test_what_is_seen_live_is_let_go_of_as_soon_as_it_is_gone(self, world: World) -> None:
        first = world.settle()
        world.restart()
        world.kubernetes.put(world.resource.deleting())
        world.reconcile()
        world.vanishes(first)
        world.reconcile()
        assert KEY not in world.kubernetes.objects

    def test_what_is_gone_at_the_first_look_may_have_been_replaced(self, world: World) -> None:
        first = world.settle()
        world.vanishes(first)
        world.restart()
        world.kubernetes.put(world.resource.deleting())
        world.reconcile()
        assert KEY in world.kubernetes.objects
        assert "by the operator before this one" in world.ready["message"]
        world.passes(WINDOW)
        world.reconcile()
        assert KEY not in world.kubernetes.objects

    def test_what_vanished_is_not_made_anew_before_that_is_certain(self, world: World) -> None:
        world.vanishes(world.settle())
        world.restart()
        world.reconcile()
        assert (world.ready["reason"], len(world.runai.writes())) == ("OutcomeUnknown", 1)
        world.passes(WINDOW)
        world.reconcile()
        assert len(world.runai.writes()) == 2

    def test_what_is_told_to_have_vanished_stays_so(self, world: World) -> None:
        first = world.settle()
        world.becomes(first, phase="Completed")
        world.reconcile()
        world.vanishes(first)
        world.reconcile()
        assert world.ready["reason"] == "Vanished"
        world.restart()
        world.forget_what_happened()
        world.reconcile()
        world.passes(WINDOW)
        world.reconcile(5)
        assert world.kubernetes.patches == []
        assert len([call for call in world.runai.calls if call.startswith("list name")]) == 2, "nothing can come later"


MENDED: dict[str, dict[str, Any]] = {
    "another name": {"workloadName": "other"},
    "another project": {"projectName": "team-b"},
    "one of another name to be taken over": {"workloadName": "other", "adopt": {"workloadId": "w-7"}},
}
IN_THE_WAY = {
    "a stranger's": a_workload().of(STRANGER),
    "nobody's": a_workload().without_stamp(),
    "one that is being deleted": a_workload().of(STRANGER).in_sync("Deleting"),
}


@pytest.mark.parametrize("how", MENDED)
@pytest.mark.parametrize("whose", IN_THE_WAY)
@pytest.mark.parametrize("restarted", [False, True])
class TestANameThatIsMendedInDoubt:
    def mended(self, how: str, whose: str, *, restarted: bool) -> World:
        """The create got no answer, another workload is found under its name, and the user mends the name."""
        world = World(a_resource())
        world.runai.projects["p-2"] = "team-b"
        if "adopt" in MENDED[how]:
            taken_over = a_workload().called("w-7").without_stamp().with_metadata(name="other")
            world.runai.holds(taken_over)
        world.runai.fails("create", LOST)
        world.reconcile()
        world.runai.holds(IN_THE_WAY[whose])
        if restarted:
            world.restart()
        world.change(**MENDED[how])
        world.reconcile(2)
        return world

    def test_nothing_else_is_claimed_before_that_is_certain(self, how: str, whose: str, restarted: bool) -> None:
        world = self.mended(how, whose, restarted=restarted)
        assert world.claim.run == a_claim().run
        assert world.ready["reason"] == "OutcomeUnknown"
        assert f"under the name {NAME} in the project {PROJECT}" in world.ready["message"]
        assert world.runai.writes() == ["create trainer"]

    def test_what_came_of_the_create_is_recorded(self, how: str, whose: str, restarted: bool) -> None:
        world = self.mended(how, whose, restarted=restarted)
        world.vanishes("w-1")
        late = arrives(world)
        world.passes(WINDOW - 1)
        world.reconcile()
        assert world.status["workloadId"] == late
        assert world.runai.writes() == ["create trainer"]

    def test_when_nothing_can_come_any_more_the_new_name_is_claimed(
        self, how: str, whose: str, restarted: bool
    ) -> None:
        world = self.mended(how, whose, restarted=restarted)
        world.passes(WINDOW)
        world.reconcile()
        assert world.claim.run != a_claim().run


class TestTheSettleWindow:
    def test_what_is_carried_out_119_seconds_late_does_not_outlive_its_resource(self) -> None:
        world = World(a_resource(), window=Settings().settle_window)
        world.runai.fails("create", LOST)
        world.reconcile()
        world.kubernetes.put(world.resource.deleting())
        world.passes(119)
        world.reconcile()
        assert KEY in world.kubernetes.objects
        late = arrives(world)
        world.passes(10)
        world.reconcile()
        assert world.runai.writes() == ["create trainer", f"delete {late}"]

    @pytest.mark.parametrize("deleted", [False, True])
    def test_the_longer_it_lasts_the_more_rarely_it_is_looked_at(self, deleted: bool) -> None:
        world = World(a_resource(), window=Settings().settle_window)
        world.runai.fails("create", LOST)
        world.reconcile()
        if deleted:
            world.kubernetes.put(world.resource.deleting())
        waits = []
        while (after := world.reconcile()).reason == "OutcomeUnknown":
            assert after.after is not None
            waits.append(after.after)
            world.passes(after.after)
        assert waits == [5, 5, 10, 20, 30, 30, 30]


class TestWhatANamesakeLeftBehind:
    """An orphan of an earlier resource of the name, and the create that this one's operator died over."""

    ORPHAN = "orphan"

    def left_behind(self, world: World) -> None:
        world.runai.fails("create", LOST)
        world.reconcile()
        earlier = replace(OWNER, uid="uid-of-the-namesake")
        world.runai.holds(a_workload().called(self.ORPHAN).of(earlier).in_sync("Synced"))
        world.restart()
        world.reconcile(2)

    def test_it_is_not_recorded_before_the_create_is_certain(self, world: World) -> None:
        self.left_behind(world)
        assert (world.status.get("workloadId"), world.ready["reason"]) == (None, "OutcomeUnknown")
        world.passes(WINDOW)
        world.reconcile(2)
        assert world.status["workloadId"] == self.ORPHAN
        assert world.runai.writes() == ["create trainer"]

    def test_deleted_it_goes_at_once_and_the_resource_once_the_create_is_certain(self, world: World) -> None:
        self.left_behind(world)
        world.kubernetes.put(world.resource.deleting())
        world.reconcile()
        assert world.runai.writes()[-1] == f"delete {self.ORPHAN}"
        world.vanishes(self.ORPHAN)
        world.restart()
        world.reconcile(2)
        assert KEY in world.kubernetes.objects, "the create may still be carried out"
        world.passes(WINDOW)
        world.reconcile()
        assert KEY not in world.kubernetes.objects

    def test_one_whose_stamp_an_earlier_version_wrote_may_be_anybodys(self, world: World) -> None:
        world.runai.fails("create", LOST)
        world.reconcile()
        world.runai.holds(a_workload().called(self.ORPHAN).of(replace(OWNER, uid=None)))
        world.reconcile(2)
        assert "workloadId" not in world.status
        world.passes(WINDOW)
        world.reconcile(2)
        assert world.status["workloadId"] == self.ORPHAN


@pytest.mark.parametrize("restarted", [False, True])
def test_what_is_to_be_taken_over_is_not_recorded_before_the_create_is_certain(world: World, restarted: bool) -> None:
    """Else it would hide what the create leaves: the resource would go with the one, and without the other."""
    world.runai.fails("create", LOST)
    world.reconcile()
    world.runai.holds(a_workload().called("strangers").without_stamp())
    world.change(adopt={"policy": "IfUnowned"})
    if restarted:
        world.restart()
    world.reconcile(3)
    assert (world.status.get("workloadId"), world.ready["reason"]) == (None, "OutcomeUnknown")
    world.passes(WINDOW)
    world.reconcile(3)
    assert world.status["workloadId"] == "strangers"


def test_nor_where_the_claim_was_lost(world: World) -> None:
    world.runai.fails("create", LOST)
    world.reconcile()
    world.restart()
    world.runai.holds(a_workload().called("strangers").without_stamp())
    world.kubernetes.put(without_claim(world.resource).with_spec(adopt={"workloadId": "strangers"}).of_generation(2))
    world.reconcile(3)
    assert (world.status.get("workloadId"), world.ready["reason"]) == (None, "OutcomeUnknown")


def test_what_a_namesake_left_is_not_recorded_either_by_who_was_restored(world: World) -> None:
    world.kubernetes.put(a_resource(uid="restored").claimed())
    world.runai.holds(a_workload().called("orphan").of(replace(OWNER, uid="uid-of-the-namesake")))
    world.reconcile(2)
    assert (world.status.get("workloadId"), world.ready["reason"]) == (None, "OutcomeUnknown")
    world.passes(WINDOW)
    world.reconcile(2)
    assert world.status["workloadId"] == "orphan"


def test_a_rerun_is_answered_by_the_run_and_not_by_its_claim(world: World) -> None:
    """Else it would be lost with the claim."""
    first = world.settle()
    world.becomes(first, phase="Completed")
    world.reconcile()
    world.kubernetes.put(world.resource.asked_to_rerun("once more"))
    world.reconcile()
    assert world.runai.writes()[-1] == f"delete {first}"
    assert "lastHandledRerunAt" not in world.status
