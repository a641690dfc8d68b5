"""Stories in which users take a record away, or change a name, while a create may be on its way."""

from __future__ import annotations

from collections.abc import Callable

from tests.chaos.invariants import condition
from tests.chaos.matrix.stories import anew, claimed, finished, gone, left_alone, once, reach, settled, story
from tests.chaos.world.people import TEAM_A, TRAINER, a_job
from tests.chaos.world.world import World

ROAMER = "roamer"
"""A resource whose name a stranger's workload has, so that its user mends it."""
SOME = 150
"""Stories that differ only in what is taken away are struck at so many of their points; at their creates in all ways:
tests/chaos/test_doubt.py."""
CREATE = "POST /api/v2/workloads"
A_MOMENT = 2.0


def creates(world: World) -> int:
    """So many have gone out; what becomes of the last of them nobody knows yet."""
    return sum(call.name == CREATE for call in world.calls)


def runs_again(world: World, ask: Callable[[], None]) -> None:
    """What finished is asked to run again, and the create of the next run has gone out."""
    before = creates(world)
    ask()
    reach(world, lambda: creates(world) > before, "the create of the next run is sent")


def recreating(world: World) -> None:
    finished(world)
    runs_again(world, lambda: world.users.edit(manifest=a_job(2)))


def refused(world: World) -> str:
    """Created under a name that a stranger has, and told so; the stranger's id."""
    stranger = world.staff.makes(ROAMER, TEAM_A, manifest=a_job(7))
    world.users.create(ROAMER)
    reach(world, lambda: _reason(world) == "NameConflict", "the user is told that the name is taken")
    return stranger


def one_of_both(world: World) -> list[str]:
    """Settled where the spec wants it now; or told that it stays where it was submitted, for it was found there."""
    status, ours = world.status(ROAMER), world.ours(ROAMER)
    before = [each.id for each in ours if (each.name, each.project_id) == (ROAMER, TEAM_A)]
    stays = len(ours) == 1 and before == [status.get("workloadId")] and _reason(world) == "InvalidSpec"
    return [] if stays else world.missing()


def anew_or_left_alone(world: World) -> list[str]:
    """Settled, by the next workload; or, where none was made, told that the one before has vanished."""
    return anew(world) if world.ours() else left_alone(world)


def _reason(world: World, name: str = ROAMER) -> str | None:
    return condition(world.status(name), "Ready").get("reason")


@story(missing=once)
def replace_while_submitting(world: World) -> None:
    claimed(world)
    reach(world, lambda: creates(world) > 0, "a create is sent")
    world.users.replace()


@story(missing=anew, most=SOME)
def replace_amid_recreate(world: World) -> None:
    recreating(world)
    world.users.replace()


@story(missing=anew_or_left_alone)
def replace_amid_rerun(world: World) -> None:
    """The replace takes away what asked for the next run, too."""
    finished(world)
    runs_again(world, lambda: world.users.annotate(rerun_at="once more"))
    world.users.replace()


@story(missing=anew, most=SOME)
def claim_removed_amid_recreate(world: World) -> None:
    recreating(world)
    world.users.annotate(claim=None)


@story(missing=anew)
def claim_of_before_amid_recreate(world: World) -> None:
    """Applied as it was exported before: its claim says nothing of what is being replaced."""
    finished(world)
    before = world.annotations()["claim"]
    runs_again(world, lambda: world.users.edit(manifest=a_job(2)))
    world.users.annotate(claim=before)


@story(missing=gone, most=SOME)
def replace_amid_recreate_and_delete(world: World) -> None:
    recreating(world)
    world.users.replace()
    reach(world, lambda: "claim" in world.annotations(), "claim and finalizer are back")
    world.users.delete()


@story(missing=gone, most=SOME)
def claim_removed_amid_recreate_and_deleted(world: World) -> None:
    recreating(world)
    world.users.annotate(claim=None)
    world.users.delete()


@story(missing=gone, most=SOME)
def claim_of_before_amid_recreate_and_deleted(world: World) -> None:
    finished(world)
    before = world.annotations()["claim"]
    runs_again(world, lambda: world.users.edit(manifest=a_job(2)))
    world.users.annotate(claim=before)
    world.users.delete()


@story(missing=one_of_both)
def renamed_in_doubt(world: World) -> None:
    stranger = refused(world)
    world.users.edit(ROAMER, workloadName="roamer-2")
    world.staff.does("delete", stranger)


@story(missing=one_of_both)
def renamed_while_the_stranger_leaves(world: World) -> None:
    world.staff.does("delete", refused(world))
    world.users.edit(ROAMER, workloadName="roamer-2")


@story(missing=one_of_both)
def moved_in_doubt(world: World) -> None:
    stranger = refused(world)
    world.users.edit(ROAMER, projectName="team-b")
    world.staff.does("delete", stranger)


@story(missing=one_of_both)
def renamed_to_what_may_be_adopted(world: World) -> None:
    stranger = refused(world)
    other = world.staff.makes("roamer-2", TEAM_A, manifest=a_job(5))
    world.users.edit(ROAMER, workloadName="roamer-2", adopt={"workloadId": other})
    world.staff.does("delete", stranger)


@story(missing=gone, most=SOME)
def taken_over_in_doubt_and_deleted(world: World) -> None:
    """A stranger's workload has the name, and is taken over; whatever the create leaves goes with the resource, too."""
    world.staff.makes(TRAINER, TEAM_A, manifest=a_job(7))
    world.users.create()
    reach(world, lambda: _reason(world, TRAINER) == "NameConflict", "the user is told that the name is taken")
    world.users.edit(adopt={"policy": "IfUnowned"})
    reach(world, lambda: world.status().get("workloadId"), "it is taken over")
    world.users.delete()


@story(missing=gone, most=SOME)
def taken_back_in_doubt_and_deleted(world: World) -> None:
    """While it could not be seen another one was sent in its place; seen again it is kept, and then deleted."""
    settled(world, updateStrategy="Recreate")
    before = creates(world)
    world.staff.blinds()
    world.users.edit(manifest=a_job(2))
    reach(world, lambda: creates(world) > before, "another one is sent in its place")
    world.staff.blinds(blind=False)
    reach(world, lambda: "vanished" not in world.annotations()["claim"], "it is kept")
    world.users.delete()


@story(missing=gone, most=SOME)
def restored_with_status_amid_recreate_and_deleted(world: World) -> None:
    """Asked for by rerun-at: what is restored begins at generation 1, and so its status must not tell of a second."""
    finished(world)
    runs_again(world, lambda: world.users.annotate(rerun_at="once more"))
    backup = world.users.lose()
    world.passes(A_MOMENT)
    world.users.restore(backup, status=True)
    world.passes(A_MOMENT)
    world.users.delete()
