"""`python -m tests.chaos.matrix`: every point; `--replay POINT` tells one of them in words."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence

from tests.chaos.matrix.matrix import PROCESSES
from tests.chaos.matrix.points import Point, point
from tests.chaos.matrix.run import run
from tests.chaos.matrix.telling import quietly, told


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.matrix", description=__doc__)
    parser.add_argument("--replay", metavar="POINT", help="tell one point, as a failure spells it, in words")
    parser.add_argument("--story", action="append", default=[], help="only this story; may be given several times")
    parser.add_argument("--sample", type=int, metavar="N", help="only so many points, drawn at random")
    parser.add_argument("--processes", type=int, default=PROCESSES)
    options = parser.parse_args(arguments)
    same_order_in_every_run()
    if options.replay:
        return _replay(point(options.replay))
    figures = run(options.story, options.sample, options.processes)
    print(json.dumps(figures.line()))
    return 1 if figures.violations else 0


def same_order_in_every_run() -> None:
    """Python draws the order of sets anew in each process. No story hangs on it, as tests/chaos/test_matrix.py shows of
    some; should one, it is replayed all the same."""
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.execve(sys.executable, [*sys.orig_argv], {**os.environ, "PYTHONHASHSEED": "0"})


def _replay(which: Point) -> int:
    with quietly():
        ending = told(which)
    print(ending.words())
    return 1 if ending.broken else 0


if __name__ == "__main__":
    sys.exit(main())
