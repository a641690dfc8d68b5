"""Which points there are, and judging them on several processes."""

from __future__ import annotations

import gc
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.pool import Pool

from tests.chaos.invariants import Broken
from tests.chaos.matrix.points import Point, is_for_a_resource, pair, points_of, repeated
from tests.chaos.matrix.stories import STORIES
from tests.chaos.matrix.switches import CONCERNED, DEFAULT, concerned, every
from tests.chaos.matrix.telling import quietly, told
from tests.chaos.world.line import Fate

PROCESSES = 2
CHUNK = 20
"""Points that a process takes at a time."""
SEED = 20261121
BESIDES = 60
"""One in so many: of the deaths at calls that decide nothing for a resource, and of the strikes that nobody dies of."""
SHARED = 1 / 8
"""Where a story begins as an earlier one did under the same switches, such a share of its deaths."""
PER_SWITCH = 1
"""Under a turned switch, so many of each story's deaths besides those at calls that the switch concerns."""
HALF = 1 / 2
"""Under a turned switch, such a share of the deaths at the calls that it concerns."""
EVERY = 3
"""A switch that concerns no write in particular is turned in one story of so many."""
TURNED = 4
"""Of a story of which so many points are enough, one in so many of these under a turned switch."""
SELDOM = 50_000
"""So many objects more make Python look for garbage: a world of many cycles comes and goes at every point."""
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


@dataclass(frozen=True)
class Rehearsed:
    """The `calls` of one story by name, and its points: the deaths at calls that decide something for a resource, of
    these the ones that its switches concern, and all others. `whole`: these are all of them."""

    calls: tuple[str, ...]
    deaths: tuple[Point, ...]
    concerned: tuple[Point, ...]
    besides: tuple[Point, ...]
    whole: bool


def whole_matrix(stories: Sequence[str] = (), *, processes: int = PROCESSES) -> Matrix:
    """Each death at each call that decides something for a resource, in each way that the call can end, where that was
    not struck in another story; the same under each turned switch where it concerns the call, and of the others of each
    story a few; a share of all else; and the pairs."""
    dice, names = random.Random(SEED), [*(stories or STORIES)]
    single: list[Point] = []
    with _workers(processes) as pool:
        for number, switches in enumerate(every()):
            told_before: list[tuple[str, ...]] = []
            told_here = names if switches == DEFAULT or switches in CONCERNED else names[number % EVERY :: EVERY]
            for each in pool.map(rehearse, [Point(name, switches) for name in told_here]):
                single += _chosen(each, told_before, switches, dice)
                if each.whole:
                    told_before.append(each.calls)
    return Matrix(tuple(single), tuple(pair(first, dice) for first in dice.choices(single, k=PAIRS)))


def _chosen(story: Rehearsed, before: Iterable[tuple[str, ...]], switches: str, dice: random.Random) -> Iterator[Point]:
    """Its points that are struck; `before` are the calls of the whole stories that were told before, under the same
    `switches`."""
    shared = max((_alike(story.calls, each) for each in before), default=0)
    if switches == DEFAULT:
        yield from _of_its_own(story.deaths, shared)
        yield from dice.sample(story.besides, len(story.besides) // BESIDES)
        return
    own = _of_its_own(story.concerned, shared)
    yield from dice.sample(own, round(HALF * len(own)))
    touched = {*story.concerned}
    others = [each for each in story.deaths if each not in touched]
    yield from dice.sample(others, min(PER_SWITCH, len(others)))


def _of_its_own(deaths: Iterable[Point], shared: int) -> list[Point]:
    """All from where the story goes another way than each before, and a share of those at its first `shared` calls,
    with which one of these began too, and was struck there in each way."""
    return [each for each in deaths if each.strikes[0][0] >= shared or random.Random(str(each)).random() < SHARED]


def _alike(calls: Sequence[str], others: Sequence[str]) -> int:
    """With how many calls both begin."""
    pairs = enumerate(zip(calls, others, strict=False))
    return next((number for number, (one, other) in pairs if one != other), min(len(calls), len(others)))


def small_matrix(sample: int) -> list[Point]:
    """A seeded sample of the points under the default switches, in which every story occurs, and every fate."""
    rehearsed = [rehearse(Point(name, DEFAULT)) for name in STORIES]
    by_story = [(*each.deaths, *each.besides) for each in rehearsed]
    dice = random.Random(SEED)
    size, chosen = sample // len(by_story), list[Point]()
    for points in by_story:
        chosen += _of_every_fate(points, min(size, len(points)), dice, Counter(map(_fate, chosen)))
    return chosen


def _of_every_fate(points: Sequence[Point], size: int, dice: random.Random, before: Counter[Fate]) -> list[Point]:
    """So many of them: first one of each fate, as far as that goes, those first that were chosen least `before`; and
    then any."""
    shuffled = dice.sample(points, len(points))
    first = {_fate(each): each for each in shuffled}
    chosen = sorted(first.values(), key=lambda each: before[_fate(each)])[:size]
    rest = [each for each in shuffled if each not in {*chosen}]
    return chosen + rest[: size - len(chosen)]


def _fate(which: Point) -> Fate:
    return which.strikes[0][1].fate


def judged(points: Iterable[Point], processes: int) -> Iterator[Failure]:
    """The points at which something breaks, as they are found."""
    with _workers(processes) as pool:
        for failure in pool.imap_unordered(judge, points, chunksize=CHUNK):
            if failure is not None:
                yield failure


def _workers(processes: int) -> Pool:
    return get_context("fork").Pool(processes, initializer=_collect_seldom)


def _collect_seldom() -> None:
    """What was imported lives as long as the process: nobody needs to look through it for garbage, ever."""
    gc.freeze()
    gc.set_threshold(SELDOM)


def judge(which: Point) -> Failure | None:
    with quietly():
        ending = told(which)
    return Failure(which, ending.broken, ending.words()) if ending.broken else None


def rehearse(bare: Point) -> Rehearsed:
    """The points of a story. Raises AssertionError where it fails without any strike: nothing can be learnt then."""
    with quietly():
        rehearsal = told(bare)
    assert not rehearsal.broken, f"{bare} fails without any strike:\n{rehearsal.words()}"
    calls = rehearsal.calls
    led = STORIES[bare.story].led
    points = points_of(bare.story, bare.switches, calls, led=led)
    struck_before = repeated(calls)

    def decides(each: Point) -> bool:
        number, _ = each.strikes[0]
        return each.kills and number not in struck_before and is_for_a_resource(calls[number], led=led)

    deaths = [each for each in points if decides(each)]
    touched = [each for each in deaths if concerned(bare.switches, calls[each.strikes[0][0]])]
    known = {*deaths}
    besides = [each for each in points if each not in known]
    most = STORIES[bare.story].most
    named = tuple(map(str, calls))
    return Rehearsed(
        named,
        _at_most(most, deaths, bare),
        _at_most(most and most // TURNED, touched, bare),
        _at_most(most, besides, bare),
        whole=most is None,
    )


def _at_most(most: int | None, points: Sequence[Point], of: Point) -> tuple[Point, ...]:
    return tuple(points if most is None or len(points) <= most else random.Random(str(of)).sample(points, most))
