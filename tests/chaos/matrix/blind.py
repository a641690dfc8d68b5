"""Stories of a role that loses sight of workloads and keeps that of projects, so that all seem to be gone."""

from __future__ import annotations

from tests.chaos.invariants import condition
from tests.chaos.matrix.adopting import ANSWERS, MANY, asked
from tests.chaos.matrix.stories import anew, finished, gone, once, reach, settled, settles, story
from tests.chaos.world.people import TRAINER, a_job
from tests.chaos.world.world import World

A_WHILE = 90.0
"""Seconds for which it sees nothing: longer than from one sweep to the next."""
BETWEEN_SWEEPS = 2.0
"""Seconds in which users delete what the last sweep still showed."""
ALL_TOLD = 100.0
"""Seconds in which what was deleted meanwhile would have been let go of."""
A_FEW = 20
"""A story of eleven resources and minutes is struck at so many of its points: each costs seconds."""


def all_gone(world: World) -> list[str]:
    """Neither resources nor workloads are left."""
    left = [f"{name} is still there" for name in MANY if world.users.get(name) is not None]
    return left + [f"{each} is left" for name in MANY for each in world.ours(name)]


def asked_once(world: World) -> list[str]:
    """What a person said of those that are paused holds for the next operator too, and whatever comes is served."""
    missing = [f"{name} was made anew" for name in MANY if world.ours(name)]
    missing += ["a person is asked again"] if asked(world) else []
    return missing + world.missing_of(TRAINER)


def many(world: World) -> None:
    """More than may vanish unasked; all are known to run."""
    for name in MANY:
        world.users.create(name)
    settles(world)
    reach(world, lambda: {world.status(name).get("phase") for name in MANY} == {"Running"}, "all are known to run")


@story(missing=once)
def blind_for_a_while(world: World) -> None:
    settled(world)
    world.staff.blinds()
    world.passes(A_WHILE)
    world.staff.blinds(blind=False)


@story(missing=once)
def edit_under_a_blind_role(world: World) -> None:
    """It seems to have vanished, so that the edit calls for a new one; once it is seen again a PUT is enough."""
    settled(world)
    world.staff.blinds()
    world.users.edit(manifest=a_job(2))
    world.passes(A_WHILE)
    world.staff.blinds(blind=False)


@story(missing=anew)
def rerun_under_a_blind_role(world: World) -> None:
    finished(world)
    world.staff.blinds()
    world.users.annotate(rerun_at="once more")
    world.passes(A_WHILE)
    world.staff.blinds(blind=False)


@story(missing=all_gone, most=A_FEW)
def delete_many_under_a_blind_role(world: World) -> None:
    """Nothing is let go of before all are seen again, though all are deleted before the next sweep."""
    many(world)
    world.staff.blinds()
    for name in MANY[:6]:
        world.users.delete(name)
    world.passes(BETWEEN_SWEEPS)
    for name in MANY[6:]:
        world.users.delete(name)
    world.passes(ALL_TOLD)
    world.staff.blinds(blind=False)


@story(missing=gone)
def delete_what_is_listed_and_not_found(world: World) -> None:
    """A list and a GET that contradict each other prove nothing."""
    workload_id = settled(world)
    world.deed("Run:ai", f"lists {workload_id}, and does not find it")
    world.runai.not_found.add(workload_id)
    world.users.delete()
    world.passes(A_WHILE)
    world.deed("Run:ai", f"finds {workload_id} again")
    world.runai.not_found.clear()


@story(missing=once)
def edit_what_is_listed_and_not_found(world: World) -> None:
    workload_id = settled(world)
    world.deed("Run:ai", f"lists {workload_id}, and does not find it")
    world.runai.not_found.add(workload_id)
    world.users.edit(manifest=a_job(2))
    world.passes(A_WHILE)
    world.deed("Run:ai", f"finds {workload_id} again")
    world.runai.not_found.clear()


@story(missing=asked_once, most=A_FEW)
def paused_many_vanish(world: World) -> None:
    """Nobody looks at what is paused: that a person said it is gone has to be kept all the same."""
    many(world)
    for name in MANY:
        world.users.annotate(name, paused="true")
    reach(world, lambda: {_ready(world, name) for name in MANY} == {"Paused"}, "all are paused")
    for name in MANY:
        world.staff.does("delete", world.ours(name)[0].id)
    reach(world, lambda: asked(world), "a person is asked")
    for answer in range(ANSWERS):
        if asked(world):
            world.users.confirm_absence(str(answer))
            world.passes(A_WHILE)
    world.cluster.kill_operator()
    world.passes(A_WHILE)
    world.users.create()


def _ready(world: World, name: str) -> str | None:
    return condition(world.status(name), "Ready").get("reason")
