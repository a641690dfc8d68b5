"""`python -m tests.e2e.argocd`: from nothing to nothing, a line for each check. Exits with 1 when one failed."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.control_plane import ControlPlaneError, KubectlFailed, helm_program
from tests.control_plane.binaries import Say, prepare
from tests.e2e.argocd.build import prepare_argocd
from tests.e2e.argocd.chapters import actions, chart, deletion, drift, example, many, pruning, refusal, waves
from tests.e2e.argocd.cluster import KIT
from tests.e2e.argocd.programs import git, redis_server
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
    "deletion": deletion.show,
    "chart": chart.show,
}
BUILDS_ON = {"quiet": ["drift", "many"], "pruning": ["many"], "deletion": ["example", "actions", "many", "pruning"]}
"""Whose applications a chapter looks at."""


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.e2e.argocd", description=__doc__)
    parser.add_argument("--folder", type=Path, help="an empty one for logs and data, kept; by default one that goes")
    parser.add_argument(
        "--only",
        nargs="+",
        metavar="CHAPTER",
        choices=CHAPTERS,
        help=f"of {', '.join(CHAPTERS)}, with those that they build on",
    )
    parser.add_argument("--kit", type=Path, default=KIT, help="the argocd-cm with health checks and actions (ours)")
    asked = parser.parse_args(given)
    if not asked.kit.is_file():
        parser.error(f"--kit {asked.kit} is no file")
    if asked.folder and asked.folder.exists() and any(asked.folder.iterdir()):
        parser.error(f"--folder {asked.folder} is not empty: it may be the one of another run")
    return asked


def main() -> int:
    given = arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell starts in the background ignores it
    try:
        with tempfile.TemporaryDirectory(prefix="e2e-argocd-") as scratch:
            code = run(given.folder or Path(scratch), given.kit, to_play(given.only or CHAPTERS), stopwatch())
    except (ControlPlaneError, KubectlFailed) as error:
        print(f"the run broke off: {error}", file=sys.stderr)
        code = 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return INTERRUPTED
    if code and not given.folder:
        print("its logs are gone: `--folder FOLDER` keeps those of the next run", file=sys.stderr)
    return code


def run(folder: Path, kit: Path, chapters: Sequence[str], say: Say) -> int:
    """The exit code: 0 when every check passed. What has to be built is not in the wall time."""
    git()
    redis_server()
    prepare(say)
    helm = helm_program(4, say)  # as the release of Argo CD has it
    built = prepare_argocd(say)
    began = time.monotonic()
    with world(folder.absolute(), built, helm, kit, say) as there:
        for name in chapters:
            chapter_began = time.monotonic()
            with there.checks.chapter(name):
                CHAPTERS[name](there)
            say(f"   {name} took {time.monotonic() - chapter_began:.0f} s")
    checks = there.checks
    for what in checks.failed:
        say(f"FAILED {what}")
    say(f"{checks.passed} checks passed, {len(checks.failed)} failed, in {time.monotonic() - began:.0f} s of wall time")
    return 1 if checks.failed else 0


def stopwatch() -> Say:
    """Says a line with the seconds since now before it."""
    start = time.monotonic()
    return lambda line: print(f"{time.monotonic() - start:6.1f} s  {line}", flush=True)


def to_play(named: Iterable[str]) -> list[str]:
    """These chapters and those that they build on, in the order of CHAPTERS."""
    wanted = {*named}
    wanted.update(*(BUILDS_ON.get(name, []) for name in [*wanted]))
    return [name for name in CHAPTERS if name in wanted]


if __name__ == "__main__":
    sys.exit(main())
