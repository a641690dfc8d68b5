"""Stories in which others play a part: whose name it is, what a role shows, a namesake, an uninstallation."""

from __future__ import annotations

from tests.chaos.invariants import condition
from tests.chaos.matrix.stories import claimed, gone, let_go, once, reach, settled, story
from tests.chaos.world.people import TEAM_A
from tests.chaos.world.world import World

TAKEN = "other"
"""The name of a stranger's workload in our project: tests/chaos/matrix/telling.py makes it."""


def left_to_its_owner(world: World) -> list[str]:
    """The name is another's: told, and nothing of ours is there."""
    ready = condition(world.status(TAKEN), "Ready")
    told = [] if ready.get("reason") == "NameConflict" else [f"Ready says {ready.get('reason')}"]
    return told + [f"{each} was submitted" for each in world.ours(TAKEN)]


@story(missing=left_to_its_owner)
def the_name_is_a_strangers(world: World) -> None:
    world.users.create(TAKEN)


@story(missing=once)
def a_role_shrinks_for_a_while(world: World) -> None:
    settled(world)
    world.staff.hides(TEAM_A)
    world.passes(90)
    world.staff.hides()


@story(missing=gone)
def delete_under_a_shrunk_role(world: World) -> None:
    settled(world)
    world.staff.hides(TEAM_A)
    world.users.delete()
    world.passes(30)
    world.staff.hides()


@story(missing=once)
def a_namesake_comes(world: World) -> None:
    """What was refused leaves no finalizer, so that its name is free at once."""
    world.users.create(projectName="nowhere")
    world.users.edit(projectName="nowhere-else")
    reach(world, lambda: any(call.name.startswith("status RunaiWorkload") for call in world.calls), "a status is sent")
    world.users.delete()
    world.users.create()


@story(missing=let_go)
def uninstall(world: World) -> None:
    settled(world)
    world.users.uninstall()


@story(missing=gone)
def delete_and_uninstall(world: World) -> None:
    """Deleted for its own sake before the CRD goes: which of both it was for, nobody can tell by then."""
    claimed(world)
    world.users.delete()
    reach(world, lambda: world.users.get() is None, "the resource is gone")
    world.users.uninstall()
