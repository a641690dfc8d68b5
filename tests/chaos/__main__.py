"""`python -m tests.chaos`: random stories, and the whole crash matrix; the last line is JSON, of both together."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace

from tests.chaos.matrix.__main__ import same_order_in_every_run
from tests.chaos.matrix.matrix import PROCESSES
from tests.chaos.matrix.run import run

RANDOM_STORIES = "1000"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--sample", type=int, metavar="N", help="only so many points of the matrix, drawn at random")
    options = parser.parse_args(arguments)
    same_order_in_every_run()
    began = time.monotonic()
    with _random_stories() as told:
        figures = run((), options.sample, PROCESSES)
        broken = _broken(told)
    whole = replace(figures, violations=figures.violations + broken, seconds=round(time.monotonic() - began))
    print(json.dumps(whole.line()))
    return 1 if whole.violations else 0


def _random_stories() -> subprocess.Popen[str]:
    """They are told while the matrix runs: alone they would keep one core busy."""
    environment = {"RANDOM_STORIES": RANDOM_STORIES, **os.environ}
    command = [sys.executable, "-m", "pytest", "-q", "tests/chaos/test_random_stories.py", "--timeout", "900"]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def _broken(stories: subprocess.Popen[str]) -> int:
    """How many of them broke a rule: 1 where any did, which is shrunk to the shortest and told."""
    told, _ = stories.communicate()
    print(told, f"{'random stories':40} {os.environ.get('RANDOM_STORIES', RANDOM_STORIES):>6}", sep="", flush=True)
    return int(stories.returncode != 0)


if __name__ == "__main__":
    sys.exit(main())
