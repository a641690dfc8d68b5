"""Stories of workloads that were there before their resource, and of many that vanish at once."""

from __future__ import annotations

from tests.chaos.invariants import Workload, condition
from tests.chaos.matrix.stories import gone, reach, settles, story
from tests.chaos.matrix.switches import LAG
from tests.chaos.world.people import TEAM_A, TRAINER, a_job
from tests.chaos.world.world import World

RIVAL = "rival"
"""Another resource that wants the same workload."""
MANY = [f"worker-{number}" for number in range(11)]
"""One more than may vanish without a person being asked."""
ANSWERS = 3
"""So often, at most, a person is asked: an operator that died while it acted on the answer asks again."""
SOME = 20
"""A story of eleven resources is struck at so many of its points: they are alike."""


def theirs(world: World) -> list[Workload]:
    """The live workloads of the name, whosever they are: the one that somebody made."""
    return [each for each in world.workloads() if (each.name, each.project_id, each.live) == (TRAINER, TEAM_A, True)]


def taken_over(world: World) -> list[str]:
    """Settled, by the workload that somebody made; nothing was submitted."""
    return world.missing() + [f"{each} was submitted" for each in world.witness.runs]


def untouched(world: World) -> list[str]:
    """Recorded and Synced, without one write to Run:ai."""
    (workload,) = theirs(world)
    status = world.status()
    missing = [] if status.get("workloadId") == workload.id else ["the status does not tell its id"]
    missing += [] if condition(status, "Synced").get("status") == "True" else ["Synced is not True"]
    return missing + ([f"{world.witness.writes} writes"] if world.witness.writes else [])


def left(world: World) -> list[str]:
    """The resource is gone; a workload that it had not recorded yet is where it was."""
    missing = [] if world.users.get() is None else ["the resource is still there"]
    return missing if len(theirs(world)) == 1 or world.witness.writes else [*missing, "the workload is gone"]


def one_has_it(world: World) -> list[str]:
    """Of two who want it one has it, and the other says that its name is taken."""
    (workload,) = theirs(world)
    statuses = [world.status(TRAINER), world.status(RIVAL)]
    having = [status for status in statuses if status.get("workloadId") == workload.id]
    reasons = {condition(status, "Ready").get("reason") for status in statuses if status not in having}
    missing = [] if len(having) == 1 else [f"{len(having)} have it"]
    missing += [] if reasons <= {"NameConflict"} else [f"who does not have it says {reasons}"]
    return missing + ([f"{world.witness.writes} writes"] if world.witness.writes else [])


def nothing_is_left(world: World) -> list[str]:
    return gone(world) + [f"{each} is left" for each in theirs(world)]


def made_anew(world: World) -> list[str]:
    """All settled, by other workloads than those that vanished."""
    runs = len(world.witness.runs)
    return world.missing() or ([] if runs == 2 * len(MANY) else [f"{runs} workloads were submitted"])


def asked(world: World) -> bool:
    """Whether a person is to say that what is missing is gone."""
    return world.users.connection_reason() == "MassAbsence"


def made(world: World, parallelism: int = 1) -> str:
    """Somebody made a workload of the name that the resource will have, and without a stamp; its id."""
    workload_id = world.staff.makes(TRAINER, TEAM_A, manifest={**a_job(parallelism), "metadata": {"name": TRAINER}})
    world.passes(LAG)  # before it is listed, a POST of its name would be refused
    return workload_id


def adopted(world: World) -> str:
    """One that was taken over as it is; its id."""
    workload_id = made(world)
    world.users.create(adopt={"policy": "IfIdentical"})
    reach(world, lambda: not untouched(world), "it is taken over")
    return workload_id


@story(missing=untouched)
def adopt_what_is_identical(world: World) -> None:
    made(world)
    world.users.create(adopt={"policy": "IfIdentical"})


@story(missing=taken_over)
def adopt_what_nobody_owns(world: World) -> None:
    made(world, parallelism=7)
    world.users.create(adopt={"policy": "IfUnowned"})


@story(missing=taken_over)
def adopt_by_its_id(world: World) -> None:
    world.users.create(adopt={"workloadId": made(world, parallelism=7)})


@story(missing=untouched, led=True)
def another_leads_while_adopting(world: World) -> None:
    made(world)
    world.users.create(adopt={"policy": "IfIdentical"})


@story(missing=one_has_it)
def two_adopt_the_same(world: World) -> None:
    workload_id = made(world)
    world.users.create(adopt={"workloadId": workload_id})
    world.users.create(RIVAL, workloadName=TRAINER, adopt={"workloadId": workload_id})


@story(missing=taken_over)
def edit_what_was_adopted(world: World) -> None:
    adopted(world)
    world.users.edit(manifest=a_job(2))


@story(missing=untouched)
def restore_what_was_adopted(world: World) -> None:
    adopted(world)
    backup = world.users.lose()
    world.passes(3)
    world.users.restore(backup)


@story(missing=nothing_is_left)
def delete_what_was_adopted(world: World) -> None:
    adopted(world)
    world.users.delete()


@story(missing=left)
def delete_while_adopting(world: World) -> None:
    made(world)
    world.users.create(adopt={"policy": "IfUnowned"})
    reach(world, lambda: "adopts" in world.annotations().get("claim", ""), "the claim to take it over")
    world.users.delete()


@story(missing=made_anew, most=SOME)
def many_vanish(world: World) -> None:
    """Nobody believes it until a person says so."""
    for name in MANY[1:]:
        world.users.create(name)
    world.users.create(MANY[0])
    settles(world)
    reach(world, lambda: {world.status(name).get("phase") for name in MANY} == {"Running"}, "all are known to run")
    for workload in [each for each in world.workloads() if each.owner and each.owner.name in MANY]:
        world.staff.does("delete", workload.id)
    reach(world, lambda: asked(world) or not made_anew(world), "a person is asked, or each was seen to go")
    world.passes(2)
    submitted = len(world.witness.runs)
    world.passes(90)
    reach(world, lambda: not asked(world) or len(world.witness.runs) == submitted, "nothing is submitted unasked")
    for answer in range(ANSWERS):
        if asked(world):
            world.users.confirm_absence(str(answer))
            world.passes(90)
