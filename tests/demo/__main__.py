"""`python -m tests.demo [--picture FILE]`."""

import argparse
import signal
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from rich.console import Console

from tests.control_plane import ControlPlaneError, KubectlFailed
from tests.control_plane.binaries import prepare
from tests.demo.picture import save_picture
from tests.demo.play import SETTLED_WITHIN, TIMES, NotThere, perform, stay
from tests.demo.stage import Stage

INTERRUPTED = 130
PLAIN_WIDTH = 140


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.demo", description="Watch the examples go to Running.")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="write the final table there, as SVG, and end")
    parser.add_argument(
        "--within",
        type=float,
        default=SETTLED_WITHIN,
        metavar="SECONDS",
        help="fail after so long (%(default)g)",
    )
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console = Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH)
    try:
        with tempfile.TemporaryDirectory(prefix="runai-operator-demo-") as folder:
            return run(Path(folder), console, arguments.picture, within=arguments.within)
    except KeyboardInterrupt:
        console.print("stopped")
        return INTERRUPTED
    except ControlPlaneError as error:
        return _failed(str(error))


def run(folder: Path, console: Console, picture: Path | None, *, within: float) -> int:
    """The exit code: 0 once all are where they should be, 1 when they are not within so many seconds."""
    say = _stopwatch(console)
    prepare(say)
    with Stage(folder, say=say, times=TIMES) as stage:
        try:
            found = perform(stage, console, within=within)
        except (NotThere, KubectlFailed) as error:
            return _failed(f"{error}\n{stage.operator.last_words(30)}")
        if picture is not None:
            save_picture(picture, found)
        elif console.is_terminal:
            with suppress(KeyboardInterrupt):  # how a success that stays is ended
                stay(stage, console)
    return 0


def _failed(why: str) -> int:
    print(f"the demo did not get where it should:\n{why}", file=sys.stderr)
    return 1


def _stopwatch(console: Console):  # type: ignore[no-untyped-def]
    start = time.monotonic()
    return lambda line: console.print(
        f"{time.monotonic() - start:6.1f} s  {line}", highlight=False, markup=False, soft_wrap=True
    )


if __name__ == "__main__":
    sys.exit(main())
