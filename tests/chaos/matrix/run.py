"""Running the matrix, or a part of it, and the figures that come of it."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from tests.chaos.matrix.matrix import SEED, Failure, judged, whole_matrix
from tests.chaos.matrix.points import Point

MOST_TOLD = 3
"""So many failing points are told in full; of the others the point is enough."""


@dataclass(frozen=True)
class Figures:
    """Of a run. `kill_points`: deaths that differ in the story, in the call, or in what becomes of that; the switches,
    and by how much a late call is late, make no other one of it."""

    kill_points: int
    stories: int
    violations: int
    seconds: int

    def line(self) -> dict[str, int]:
        return asdict(self)


def run(stories: Sequence[str], sample: int | None, processes: int) -> Figures:
    """Prints what failed, with the command that replays it, and how much was struck."""
    began, points = time.monotonic(), whole_matrix(stories, processes=processes).points
    if sample is not None:
        points = tuple(random.Random(SEED).sample(points, min(sample, len(points))))
    failures = [*_told(judged(points, processes))]
    single = [each for each in points if len(each.strikes) == 1]
    kills = [each for each in single if each.kills]
    _count(points, single, kills)
    for rule, count in Counter(each.broken[0].rule for each in failures).items():
        print(f"broken: {rule}: {count} times")
    return Figures(
        kill_points=len({each.outcome for each in kills}),
        stories=len({each.story for each in points}),
        violations=len(failures),
        seconds=round(time.monotonic() - began),
    )


def _count(points: Sequence[Point], single: Sequence[Point], kills: Sequence[Point]) -> None:
    distinct = Counter(story for story, *_ in {each.outcome for each in kills})
    for name, count in sorted(distinct.items()):
        print(f"{name:40} {count:6} kill points (story, call, outcome)")
    rows = {
        "distinct kill points": distinct.total(),
        "deaths, by switches and delays too": len(kills),
        "struck, and nobody dies of it": len(single) - len(kills),
        "pairs of crashes": len(points) - len(single),
        "points in all": len(points),
    }
    for what, count in rows.items():
        print(f"{what:40} {count:6}")


def _told(failures: Iterator[Failure]) -> Iterator[Failure]:
    for number, failure in enumerate(failures):
        if number < MOST_TOLD:
            print(failure.story)
        print(f"FAILED: {failure.broken[0]}\n  python -m tests.chaos.matrix --replay '{failure.point}'", flush=True)
        yield failure
