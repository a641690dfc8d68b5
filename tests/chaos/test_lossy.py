"""A third of all requests to Run:ai fail, and half of these were carried out: it takes longer, and ends the same."""

from __future__ import annotations

import random

import pytest

from runai_simulator import Times
from tests.chaos.world.line import Fate, Strike
from tests.chaos.world.people import a_job
from tests.chaos.world.world import Plan, World

NAMES = [f"w{number}" for number in range(6)]
DELETED, KEPT, URGENT = NAMES[::2], NAMES[1::2], NAMES[:3]
FAILING = {
    Strike(Fate.BROKEN_LATE): 0.13,
    Strike(Fate.BROKEN): 0.13,
    Strike(Fate.LOST): 0.03,
    Strike(Fate.LATE, after=45): 0.01,
    Strike(Fate.LATE, after=119): 0.01,
    Strike(Fate.UNSENT): 0.02,
}
AGES = 10_000.0
"""Seconds in which a run of bad luck is over."""


@pytest.mark.parametrize("seed", range(40))
def test_where_a_third_of_all_requests_fail_everything_converges(seed: int) -> None:
    world = World(Plan(seed=seed, times=Times(running=None)))
    users, pause = world.users, random.Random(seed).uniform(0.1, 60.0)
    try:
        world.shares = FAILING
        users.connect()
        world.cluster.start_operator()
        for deed, names in (
            (lambda name: users.create(name, scheduling={"priority": "high"} if name in URGENT else None), NAMES),
            (lambda name: users.edit(name, manifest=a_job(2), scheduling=None), NAMES),
            (users.delete, DELETED),
        ):
            for name in names:
                world.passes(pause)
                deed(name)
        assert world.until(lambda: len(world.witness.resources()) == len(KEPT), within=AGES), world.missing()
        world.shares = {}
        assert world.until(lambda: not world.missing()), world.missing()
        assert sorted(each.name for each in world.workloads() if each.live) == KEPT
        assert not world.witness.broken
    finally:
        world.close()
