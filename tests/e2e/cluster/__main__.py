"""`python -m tests.e2e.cluster [--cluster kind|processes] [--workloads N]`."""

import argparse
import os
import signal
import sys

from tests.control_plane import ControlPlaneError
from tests.control_plane.__main__ import stopwatch
from tests.image import BuildFailed

from .play import perform

MANY = 500
INTERRUPTED = 130


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.cluster", description=__doc__)
    parser.add_argument("--cluster", choices=("auto", "kind", "processes"), default="auto")
    parser.add_argument(
        "--workloads",
        type=int,
        default=MANY,
        metavar="N",
        help="how many are submitted during the upgrade (%(default)s)",
    )
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    say = stopwatch()
    try:
        failed = perform(arguments.cluster, arguments.workloads, say, dict(os.environ))
    except KeyboardInterrupt:
        say("stopped")
        return INTERRUPTED
    except (ControlPlaneError, BuildFailed) as error:
        print(f"FAIL {error}", file=sys.stderr)
        return 1
    for what in failed:
        print(f"FAIL {what}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
