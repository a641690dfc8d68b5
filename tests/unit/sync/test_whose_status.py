"""Whose a status is stands in the status: claims are annotations, and whoever may write the resource can write them."""

from __future__ import annotations

import pytest

from runai_operator.sync.resource import NEVER, Key
from tests.unit.sync.builders import NAMESPACE, UID, AResource, a_claim, a_resource, a_workload
from tests.unit.sync.fakes import KEY, WINDOW, World
from tests.unit.sync.test_restore import WITH_AND_WITHOUT_STATUS, restore, restored

SECOND = Key(NAMESPACE, "second")
OF_WHICH_VERSION = pytest.mark.parametrize("earlier", [False, True], ids=["of this version", "of an earlier version"])
ANOTHERS = a_claim(name="somebody", uid="uid-of-somebody", workload_name="somebody").dump()


@pytest.fixture
def world() -> World:
    return World(a_resource())


def copied(world: World, *, status: bool, earlier: bool = False, **spec: object) -> None:
    """Applied under another name, claim and finalizer with it. `earlier`: its status says not of whom it is."""
    copy = restored(world.resource, status=status, name=SECOND.name).with_spec(**spec)
    world.kubernetes.put(without_uid(copy) if earlier else copy)
    world.passes(WINDOW)
    world.forget_what_happened()


def as_an_earlier_version_wrote_it(world: World) -> None:
    world.kubernetes.put(without_uid(world.resource))


def without_uid(resource: AResource) -> AResource:
    body = resource.body
    return AResource({**body, "status": {key: value for key, value in body["status"].items() if key != "uid"}})


class TestWhatIsTold:
    def test_a_status_says_of_whom_it_is(self, world: World) -> None:
        world.settle()
        assert world.status["uid"] == UID

    def test_one_that_does_not_say_so_is_not_written_for_that_alone(self, world: World) -> None:
        first = world.settle()
        as_an_earlier_version_wrote_it(world)
        world.restart()
        world.forget_what_happened()
        world.reconcile(2)
        world.connection.rows.clear()
        world.reconcile(2)
        assert world.kubernetes.patches == []
        world.becomes(first, phase="Completed")
        world.reconcile()
        assert world.status["uid"] == UID

    def test_one_that_came_out_of_a_backup_is_told_anew(self, world: World) -> None:
        world.settle()
        restore(world, status=True)
        world.reconcile(3)
        assert world.status["uid"] == world.resource.built.uid == "uid-restored"
        world.forget_what_happened()
        world.reconcile(3)
        assert world.kubernetes.patches == []


class TestAnotherResourcesClaimWrittenOverOnesOwn:
    @OF_WHICH_VERSION
    @pytest.mark.parametrize("restart", [False, True], ids=["", "and a restart"])
    def test_what_finished_and_went_is_not_run_again(self, world: World, earlier: bool, restart: bool) -> None:
        first = world.settle()
        world.becomes(first, phase="Completed")
        world.reconcile()
        world.vanishes(first)
        world.reconcile()
        if earlier:
            as_an_earlier_version_wrote_it(world)
        world.kubernetes.put(world.resource.annotated(claim=ANOTHERS))
        if restart:
            world.restart()
            world.passes(WINDOW)
        world.reconcile(4)
        assert (world.status["workloadId"], world.ready["reason"]) == (first, "Vanished")
        assert (world.claim.name, world.claim.uid) == (KEY.name, UID)
        assert world.runai.writes() == ["create trainer"]

    def test_after_a_restore_neither(self, world: World) -> None:
        first = world.settle()
        world.becomes(first, phase="Completed")
        world.reconcile()
        world.vanishes(first)
        restore(world, status=True)
        world.reconcile(2)
        world.kubernetes.put(world.resource.annotated(claim=ANOTHERS))
        world.reconcile(4)
        assert (world.ready["reason"], world.runai.writes()) == ("Vanished", [])

    def test_what_was_taken_over_stays_recorded(self) -> None:
        world = World(a_resource().with_spec(adopt={"policy": "IfIdentical"}))
        world.runai.holds(a_workload().without_stamp())
        world.reconcile(4)
        world.kubernetes.put(world.resource.annotated(claim=ANOTHERS))
        world.reconcile(4)
        assert (world.status["workloadId"], world.runai.writes()) == ("w-1", [])

    def test_a_name_that_was_given_in_flight_stays_recorded(self, world: World) -> None:
        first = world.settle()
        world.change(workloadName="called-otherwise")
        world.kubernetes.put(world.resource.annotated(claim=ANOTHERS))
        world.reconcile(4)
        assert (world.status["workloadId"], world.claim.workload_name) == (first, "trainer")
        assert world.runai.writes() == ["create trainer"]


@OF_WHICH_VERSION
class TestACopyWithItsStatus:
    def test_it_gets_a_workload_of_its_own(self, world: World, earlier: bool) -> None:
        first = world.settle()
        copied(world, status=True, earlier=earlier)
        for _ in range(4):
            world.reconcile(key=SECOND)
        assert world.runai.writes() == ["create second"]
        assert world.kubernetes.status(SECOND)["workloadId"] not in (None, first)
        assert world.status["workloadId"] == first

    def test_paused_it_tells_nothing_of_the_others(self, world: World, earlier: bool) -> None:
        world.settle()
        copied(world, status=True, earlier=earlier)
        world.kubernetes.put(AResource(world.kubernetes.objects[SECOND]).paused())
        world.reconcile(2, key=SECOND)
        assert "workloadId" not in world.kubernetes.status(SECOND)

    def test_deleted_it_goes_and_leaves_the_others_workload(self, world: World, earlier: bool) -> None:
        first = world.settle()
        copied(world, status=True, earlier=earlier)
        world.kubernetes.put(AResource(world.kubernetes.objects[SECOND]).deleting())
        for _ in range(4):
            world.reconcile(key=SECOND)
            world.passes(WINDOW)
        assert SECOND not in world.kubernetes.objects
        assert (world.runai.writes(), world.runai.live()) == ([], [first])

    def test_of_what_finished_and_went_nothing_is_told(self, world: World, earlier: bool) -> None:
        first = world.settle()
        world.becomes(first, phase="Completed")
        world.reconcile()
        world.vanishes(first)
        world.reconcile()
        copied(world, status=True, earlier=earlier)
        for _ in range(4):
            world.reconcile(key=SECOND)
        assert world.runai.writes() == ["create second"]


class TestACopyThatIsStoppedBeforeItsClaim:
    @WITH_AND_WITHOUT_STATUS
    def test_it_is_told_once_and_stalls_like_any_other(self, world: World, status: bool) -> None:
        world.settle()
        copied(world, status=status, projectName="nowhere")
        for _ in range(30):
            world.reconcile(key=SECOND)
            world.passes(60)
        told = AResource(world.kubernetes.objects[SECOND]).built
        assert (told.condition("Ready") or {})["reason"] == "ProjectNotFound"
        assert told.condition("Stalled") is not None
        assert told.workload_id is None
        wiped = ["status"] if status else []
        assert world.kubernetes.patches == [*wiped, "status", "status"], "once told, and once stalled"

    @WITH_AND_WITHOUT_STATUS
    def test_paused_and_unpaused_nothing_is_told_of_an_earlier_generation(self, world: World, status: bool) -> None:
        first = world.settle()
        copied(world, status=status)
        world.kubernetes.put(AResource(world.kubernetes.objects[SECOND]).annotated(paused="true"))
        world.reconcile(3, key=SECOND)
        assert world.kubernetes.patches == ["status"]
        assert "workloadId" not in world.kubernetes.status(SECOND)
        generations = [world.kubernetes.status(SECOND)["observedGeneration"]]
        world.kubernetes.put(AResource(world.kubernetes.objects[SECOND]).annotated(paused="false"))
        for _ in range(6):
            world.reconcile(key=SECOND)
            generations.append(world.kubernetes.status(SECOND)["observedGeneration"])
        assert generations == [1] * len(generations), f"{NEVER} would take back what was told"
        assert world.runai.writes() == ["create second"]
        assert world.kubernetes.status(SECOND)["workloadId"] != first


def test_of_a_resource_that_went_unseen_nothing_is_remembered_once_its_namesake_came(world: World) -> None:
    world.settle()
    world.ledger.note(UID, reason="something to remember")
    world.kubernetes.put(a_resource(uid="uid-of-a-namesake").with_spec(projectName="nowhere"))
    world.reconcile()
    assert world.ledger.entry(UID).reason == ""
