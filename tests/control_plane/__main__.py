"""`python -m tests.control_plane build|helm|run`."""

import argparse
import shlex
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from .binaries import Say, prepare
from .control_plane import ControlPlane
from .errors import ControlPlaneError
from .helm import helm_program
from .versions import HELM

LOOK_EVERY = 0.5


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.control_plane", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("build", help="find or build the programs, and print where they are")
    commands.add_parser("helm", help="the same for Helm 3 and 4")
    run = commands.add_parser("run", help="run a control plane until Ctrl-C")
    run.add_argument("--folder", type=Path, help="for data and logs, kept afterwards (default: a temporary one)")
    arguments = parser.parse_args()
    try:
        if arguments.command == "run":
            run_in_foreground(arguments.folder, stopwatch())
        else:
            {"build": build, "helm": helms}[arguments.command](stopwatch())
    except ControlPlaneError as error:
        print(f"control plane: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def build(say: Say) -> None:
    """Print each program's name and place, a line each."""
    for path in asdict(prepare(say)).values():
        print(f"{path.name:24} {path}")


def helms(say: Say) -> None:
    """Print each Helm's version and place, a line each."""
    for major, version in HELM.items():
        print(f"helm {version:19} {helm_program(major, say)}")


def run_in_foreground(folder: Path | None, say: Say) -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with _a_folder(folder) as chosen, ControlPlane(chosen, say=say) as plane:
        say(f"ready: logs in {plane.folder}, kubectl is {plane.kubectl}; Ctrl-C stops it")
        print(f"export KUBECONFIG={shlex.quote(str(plane.kubeconfig))}", flush=True)
        while True:
            time.sleep(LOOK_EVERY)
            plane.check()


def stopwatch() -> Say:
    """Says a line with the seconds since now before it."""
    start = time.monotonic()
    return lambda line: print(f"{time.monotonic() - start:6.1f} s  {line}", file=sys.stderr, flush=True)


@contextmanager
def _a_folder(chosen: Path | None) -> Iterator[Path]:
    if chosen:
        yield chosen
        return
    with tempfile.TemporaryDirectory(prefix="control-plane-") as made:
        yield Path(made)


if __name__ == "__main__":
    sys.exit(main())
