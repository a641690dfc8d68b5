"""A look at all workloads, many of which are remembered from the look before, sees what Run:ai tells."""

from collections.abc import Callable

import pytest

from tests.chaos.invariants import workload
from tests.chaos.world.people import TEAM_A, a_job
from tests.chaos.world.world import Plan, World

MOMENTS = 120
"""So many half seconds: each step of a life is done by then."""
HANDS: dict[str, Callable[[World, str], None]] = {
    "is left alone": lambda _, __: None,
    "is stopped": lambda world, id_: world.staff.does("suspend", id_),
    "completes": lambda world, id_: world.staff.does("complete", id_),
    "is deleted": lambda world, id_: world.staff.does("delete", id_),
    "fails to sync": lambda world, id_: world.staff.does("fail-sync", id_),
    "is edited": lambda world, id_: world.staff.edits(id_, manifest=a_job(2), priority="high"),
}


@pytest.mark.parametrize("happens", HANDS.values(), ids=HANDS.keys())
def test_a_look_sees_at_each_moment_what_run_ai_tells(happens: Callable[[World, str], None]) -> None:
    world = World(Plan())
    try:
        made = world.staff.makes("trainer", TEAM_A, manifest=a_job())
        for moment in range(MOMENTS):
            if moment == MOMENTS // 2:
                happens(world, made)
            told = [workload(each) for each in world.runai.control("GET", "/workloads")["workloads"]]
            assert [each for each in world.workloads() if each.id == made] == told
            world.passes(0.5)
    finally:
        world.close()
