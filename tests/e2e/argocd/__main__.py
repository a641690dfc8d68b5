"""`python -m tests.e2e.argocd`: from nothing to nothing, a line for each check. Exits with 1 when one failed."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.control_plane import ControlPlaneError, KubectlFailed
from tests.control_plane.binaries import Say, prepare
from tests.e2e.argocd.build import prepare_argocd
from tests.e2e.argocd.chapters import actions, drift, example, many, pruning, refusal, waves
from tests.e2e.argocd.cluster import KIT
from tests.e2e.argocd.programs import redis_server
from tests.e2e.argocd.world import world

INTERRUPTED = 130
CHAPTERS = {
    "waves": waves.show,
    "example": example.show,
    "refusal": refusal.show,
    "drift": drift.show,
    "actions": actions.show,
    "many": many.show,
    "quiet": many.quiet,
    "pruning": pruning.show,
    "deletion": pruning.all_applications,
}
"""In this order: from `quiet` on they look at the applications of those before."""


def options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m tests.e2e.argocd", description=__doc__)
    parser.add_argument("--folder", type=Path, help="an empty one for logs and data, kept; by default one that goes")
    parser.add_argument("--only", nargs="+", metavar="CHAPTER", choices=CHAPTERS, help=f"of {', '.join(CHAPTERS)}")
    parser.add_argument("--kit", type=Path, default=KIT, help="the argocd-cm with health checks and actions (ours)")
    return parser


def main() -> int:
    given = options().parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell starts in the background ignores it
    try:
        with tempfile.TemporaryDirectory(prefix="e2e-argocd-") as scratch:
            return run(given.folder or Path(scratch), given.kit, given.only or list(CHAPTERS), stopwatch())
    except (ControlPlaneError, KubectlFailed) as error:
        print(f"the run broke off: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return INTERRUPTED


def run(folder: Path, kit: Path, chapters: Sequence[str], say: Say) -> int:
    """The exit code: 0 when every check passed. What has to be built is not in the wall time."""
    redis_server()
    prepare(say)
    built = prepare_argocd(say)
    began = time.monotonic()
    with world(folder.absolute(), built, kit, say) as there:
        for name in chapters:
            with there.checks.chapter(name):
                CHAPTERS[name](there)
    checks = there.checks
    for what in checks.failed:
        say(f"FAILED {what}")
    say(f"{checks.passed} checks passed, {len(checks.failed)} failed, in {time.monotonic() - began:.0f} s of wall time")
    return 1 if checks.failed else 0


def stopwatch() -> Say:
    """Says a line with the seconds since now before it."""
    start = time.monotonic()
    return lambda line: print(f"{time.monotonic() - start:6.1f} s  {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
