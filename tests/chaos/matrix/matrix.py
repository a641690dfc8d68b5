"""Which points there are, and judging them on several processes."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import get_context

from tests.chaos.invariants import Broken
from tests.chaos.matrix.points import Point, pair, points_of
from tests.chaos.matrix.stories import STORIES
from tests.chaos.matrix.switches import DEFAULT, every
from tests.chaos.matrix.telling import quietly, told

PROCESSES = 2
CHUNK = 20
"""Points that a process takes at a time."""
SEED = 20261121
PER_SWITCH = 150
"""Of the points under a turned switch, so many; under the default ones, all."""
PAIRS = 2000


@dataclass(frozen=True)
class Failure:
    """A point at which something broke, and its story in words."""

    point: Point
    broken: tuple[Broken, ...]
    story: str


@dataclass(frozen=True)
class Matrix:
    """`single` points, each struck once, and `pairs` of crashes."""

    single: tuple[Point, ...]
    pairs: tuple[Point, ...]

    @property
    def points(self) -> tuple[Point, ...]:
        return *self.single, *self.pairs


def whole_matrix(stories: Sequence[str] = (), *, processes: int = PROCESSES) -> Matrix:
    """Each call of every story in each way it can end; a share of the same under each turned switch; and the pairs."""
    dice, names = random.Random(SEED), [*(stories or STORIES)]
    with get_context("fork").Pool(processes) as pool:
        rehearsed = pool.map(_rehearsed, [Point(name, switches) for switches in every() for name in names])
    single: list[Point] = []
    for switches in every():
        points = [each for found in rehearsed for each in found if each.switches == switches]
        single += points if switches == DEFAULT else dice.sample(points, min(PER_SWITCH, len(points)))
    return Matrix(tuple(single), tuple(pair(first, dice) for first in dice.choices(single, k=PAIRS)))


def small_matrix(sample: int) -> list[Point]:
    """A seeded sample of the points under the default switches, in which every story occurs, and every fate."""
    by_story = [_rehearsed(Point(name, DEFAULT)) for name in STORIES]
    dice = random.Random(SEED)
    each = sample // len(by_story)
    return [chosen for points in by_story for chosen in dice.sample(points, min(each, len(points)))]


def judged(points: Iterable[Point], processes: int) -> Iterator[Failure]:
    """The points at which something breaks, as they are found."""
    with get_context("fork").Pool(processes) as pool:
        for failure in pool.imap_unordered(judge, points, chunksize=CHUNK):
            if failure is not None:
                yield failure


def judge(which: Point) -> Failure | None:
    with quietly():
        ending = told(which)
    return Failure(which, ending.broken, ending.words()) if ending.broken else None


def _rehearsed(bare: Point) -> list[Point]:
    """The points of a story. Raises AssertionError where it fails without any strike: nothing can be learnt then."""
    with quietly():
        rehearsal = told(bare)
    assert not rehearsal.broken, f"{bare} fails without any strike:\n{rehearsal.words()}"
    return points_of(bare.story, bare.switches, rehearsal.calls, led=STORIES[bare.story].led)
