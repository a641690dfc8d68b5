"""Stories that random ones led to, each as short as it can be told: what broke once is not to break again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chaos.invariants import condition
from tests.chaos.matrix.telling import quietly
from tests.chaos.world.line import Call, Fate, Strike
from tests.chaos.world.people import TEAM_A, TRAINER, a_job
from tests.chaos.world.world import Plan, World

PREEMPTIBLE, NON_PREEMPTIBLE = {"preemptibility": "preemptible"}, {"preemptibility": "non-preemptible"}


@pytest.fixture
def world() -> Iterator[World]:
    with quietly():
        world = World(Plan())
        world.users.connect(polling={"interval": "5s", "fullInterval": "5m"})
        world.cluster.start_operator()
        world.passes(5)
        yield world
        broken = [*world.witness.broken]
        world.close()
    assert not broken


def settle(world: World) -> None:
    assert world.until(lambda: not world.missing()), world.missing()


def reason(world: World, name: str = TRAINER) -> str:
    return str(condition(world.status(name), "Ready").get("reason"))


def runs(world: World) -> int:
    """Of ours, all that there ever were."""
    return len(world.witness.runs)


def is_a_create(call: Call) -> bool:
    return call.name == "POST /api/v2/workloads"


@pytest.mark.parametrize("completes", [True, False], ids=["ran to its end", "was still running"])
def test_what_anothers_workload_was_is_not_told_as_ones_own_once_it_is_deleted(world: World, completes: bool) -> None:
    names = (TRAINER, "second")
    for name in names:
        world.users.create(name, workloadName="shared")
    assert world.until(lambda: {reason(world, each) for each in names} == {"Running", "NameConflict"})
    winner, loser = sorted(names, key=lambda each: reason(world, each), reverse=True)
    world.cluster.kill_operator()
    world.passes(60)
    if completes:
        world.staff.does("complete", world.status(winner)["workloadId"])
        world.passes(30)
    world.users.delete(winner)
    assert world.until(lambda: reason(world, loser) == "Running"), world.status(loser)


@pytest.mark.parametrize("strategy", ["RecreateIfFinished", "Recreate"])
def test_what_had_finished_when_it_was_taken_over_is_not_run_again_for_what_it_lacks(
    world: World, strategy: str
) -> None:
    theirs = world.staff.makes(TRAINER, TEAM_A, manifest={**a_job(1), "metadata": {"name": TRAINER}})
    world.passes(20)
    world.staff.does("complete", theirs)
    world.passes(20)
    world.users.create(adopt={"policy": "IfUnowned"}, updateStrategy=strategy, scheduling=NON_PREEMPTIBLE)
    assert world.until(lambda: reason(world) == "RecreateRequired")
    world.passes(300)
    assert world.status()["workloadId"] == theirs
    world.users.annotate(rerun_at="now")
    assert world.until(lambda: world.status()["workloadId"] != theirs)


@pytest.mark.parametrize("at_once", [True, False], ids=["with another wish", "and another wish later"])
def test_what_a_workload_was_created_with_is_known_again_though_its_claim_was_lost_unseen(
    world: World, at_once: bool
) -> None:
    world.users.create(scheduling=PREEMPTIBLE)
    settle(world)
    world.cut_off = True
    world.passes(60)
    world.users.replace(**({"scheduling": NON_PREEMPTIBLE} if at_once else {}))
    world.passes(60)
    world.cut_off = False
    world.passes(300)
    if not at_once:
        world.users.edit(scheduling=NON_PREEMPTIBLE, manifest=a_job(2))
    assert world.until(lambda: reason(world) == "RecreateRequired"), world.status()
    world.staff.does("complete", world.status()["workloadId"])
    settle(world)
    assert runs(world) == 2


def test_what_was_edited_before_its_resource_came_back_is_not_told_as_in_sync(world: World) -> None:
    world.users.create()
    settle(world)
    world.passes(20)
    (workload,) = world.ours()
    backup = world.users.lose()
    world.passes(30)
    world.staff.edits(workload.id, manifest={**world.raw(workload.id), "spec": {"parallelism": 7}})
    world.passes(0.2)
    world.users.restore(backup, status=True)
    world.passes(2)
    assert not world.witness.broken
    settle(world)


def test_a_wish_of_before_the_create_is_answered_by_it_though_its_answer_is_lost(world: World) -> None:
    world.strikes_next(is_a_create, Strike(Fate.UNSENT))
    world.users.create()
    world.passes(0.2)
    assert "claim" in world.annotations()
    world.cut_off = True
    world.passes(20)
    assert runs(world) == 0
    world.users.annotate(rerun_at="once more")
    world.passes(20)
    world.cut_off = False
    world.strikes_next(is_a_create, Strike(Fate.LOST))
    assert world.until(lambda: bool(world.ours()))
    world.passes(5)
    world.staff.does("complete", world.ours()[0].id)
    world.passes(600)
    assert runs(world) == 1
    assert world.status()["lastHandledRerunAt"] == "once more"
