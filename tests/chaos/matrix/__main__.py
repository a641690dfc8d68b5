"""`python -m tests.chaos.matrix`: every point; `--replay POINT` tells one of them in words."""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence

from tests.chaos.matrix.matrix import PROCESSES, SEED, Failure, judged, whole_matrix
from tests.chaos.matrix.points import Point, point
from tests.chaos.matrix.telling import quietly, told

MOST_TOLD = 3
"""So many failing points are told in full; of the others the point is enough."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.matrix", description=__doc__)
    parser.add_argument("--replay", metavar="POINT", help="tell one point, as a failure spells it, in words")
    parser.add_argument("--story", action="append", default=[], help="only this story; may be given several times")
    parser.add_argument("--sample", type=int, metavar="N", help="only so many points, drawn at random")
    parser.add_argument("--processes", type=int, default=PROCESSES)
    options = parser.parse_args(arguments)
    _same_order_in_every_run()
    if options.replay:
        return _replay(point(options.replay))
    return _run(options.story, options.sample, options.processes)


def _same_order_in_every_run() -> None:
    """Python draws the order of sets anew in each process: a replay would be another story."""
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.execve(sys.executable, [*sys.orig_argv], {**os.environ, "PYTHONHASHSEED": "0"})


def _replay(which: Point) -> int:
    with quietly():
        ending = told(which)
    print(ending.words())
    return 1 if ending.broken else 0


def _run(stories: Sequence[str], sample: int | None, processes: int) -> int:
    began, matrix = time.monotonic(), whole_matrix(stories, processes=processes)
    points = matrix.points
    if sample is not None:
        points = tuple(random.Random(SEED).sample(points, min(sample, len(points))))
    failures = [*_told(judged(points, processes))]
    single = [each for each in points if len(each.strikes) == 1]
    killing = Counter(each.story for each in single if each.kills)
    for name, count in sorted(killing.items()):
        print(f"{name:40} {count:6} kill points")
    print(f"{'struck, and nobody dies of it':40} {len(single) - killing.total():6}")
    print(f"{'pairs of crashes':40} {len(points) - len(single):6}")
    for rule, count in Counter(each.broken[0].rule for each in failures).items():
        print(f"broken: {rule}: {count} times")
    figures = {
        "kill_points": killing.total(),
        "stories": len(killing),
        "violations": len(failures),
        "seconds": round(time.monotonic() - began),
    }
    print(json.dumps(figures))
    return 1 if failures else 0


def _told(failures: Iterator[Failure]) -> Iterator[Failure]:
    for number, failure in enumerate(failures):
        if number < MOST_TOLD:
            print(failure.story)
        print(f"FAILED: {failure.broken[0]}\n  python -m tests.chaos.matrix --replay '{failure.point}'", flush=True)
        yield failure


if __name__ == "__main__":
    sys.exit(main())
