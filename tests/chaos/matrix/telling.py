"""Telling one story to its end, and judging how it ended."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.chaos.invariants import Broken, Workload
from tests.chaos.matrix.points import Point
from tests.chaos.matrix.stories import STORIES, Story, Stuck
from tests.chaos.matrix.switches import switched
from tests.chaos.world.line import Call
from tests.chaos.world.people import TEAM_A, TEAM_B, a_job
from tests.chaos.world.world import MOST_ROUNDS, Plan, World

STILL = 45.0
"""Seconds after the end in which nothing may be written to Run:ai any more."""
SEED = 4
STRANGER = {"cluster": "cluster-2", "namespace": "lab", "name": "trainer", "digest": "theirs"}


@dataclass(frozen=True)
class Ending:
    """How a story went: what broke (nothing, if all is well), and the journal to read it in. `calls` are those until
    it had settled."""

    broken: tuple[Broken, ...]
    calls: tuple[Call, ...]
    journal: tuple[tuple[float, str, str], ...]

    def words(self) -> str:
        lines = [f"{at:9.2f} s  {who}: {what}" for at, who, what in self.journal]
        return "\n".join([*lines, *(f"BROKEN: {each}" for each in self.broken)])


def told(point: Point) -> Ending:
    """The story of a point."""
    switches, times = switched(point.switches)
    world = World(Plan(seed=SEED, switches=switches, times=times, strikes=dict(point.strikes)))
    try:
        broken = _told_in(world, STORIES[point.story])
        calls = world.calls[: world.settled_after]
        return Ending(tuple(broken), tuple(calls), tuple(world.journal))
    finally:
        world.close()


@contextmanager
def quietly() -> Iterator[None]:
    """Without the operators' log: the journal tells the story."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def _told_in(world: World, story: Story) -> list[Broken]:
    strangers = _strangers(world)
    world.users.connect()
    if story.led:
        world.cluster.elects()
        world.cluster.start_operator()
    world.cluster.start_operator()
    try:
        story.tell(world)
    except Stuck as stuck:
        return world.witness.broken or [_unfinished(world, str(stuck), story)]
    over = world.until(lambda: world.faults_are_over() and not story.missing(world))
    if world.witness.broken or story.missing(world) or not (over or world.nothing_more_strikes()):
        return world.witness.broken or [_unfinished(world, "did not settle", story)]
    if (most := max(world.rounds.values(), default=0)) > MOST_ROUNDS:
        return [Broken("more than 20 rounds until it settled", f"{most} since the last fault or deed")]
    return [*_moves_on(world, story), *_touched(strangers, world)]


def _unfinished(world: World, what: str, story: Story) -> Broken:
    return Broken("it did not converge", "; ".join([what, *story.missing(world)]))


def _moves_on(world: World, story: Story) -> list[Broken]:
    """Whether it is at rest only for a moment."""
    writes, world.settled_after = world.witness.writes, len(world.calls)
    world.passes(STILL)
    if world.witness.broken:
        return world.witness.broken
    if world.witness.writes != writes:
        return [Broken("it settled, and was written to again", f"{world.witness.writes - writes} writes")]
    return [_unfinished(world, "it had settled, and", story)] if story.missing(world) else []


def _strangers(world: World) -> dict[str, Workload]:
    """Workloads of somebody else's that look like ours."""
    stamp = {f"runai-operator.io/{key}": value for key, value in STRANGER.items()}
    stamped = {**a_job(), "metadata": {"annotations": stamp}}
    made = [
        world.staff.makes("trainer", TEAM_B, manifest=a_job()),
        world.staff.makes("other", TEAM_A, manifest=stamped),
        world.staff.makes("notebook", TEAM_A, foreign=True),
    ]
    return {id_: seen for id_, seen in world.witness.looks().items() if id_ in made}


def _touched(strangers: dict[str, Workload], world: World) -> list[Broken]:
    now = world.witness.looks()
    return [
        Broken("a workload of somebody else's changed", f"{before} is {now.get(id_)}")
        for id_, before in strangers.items()
        if _kept(before) != (_kept(now[id_]) if id_ in now else None)
    ]


def _kept(workload: Workload) -> tuple[object, ...]:
    return workload.manifest, workload.scheduling, workload.owner, workload.live, workload.stopped
