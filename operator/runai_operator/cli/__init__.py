"""What a person types. The only room that puts the others together."""

import signal
from typing import NoReturn

__all__ = ["main"]

TERMINATED = 128 + signal.SIGTERM
"""The exit code of who ends by it, as a shell tells."""


def main() -> None:
    """What `runai-operator` runs. SIGTERM ends it from its first moments on.

    A container's first process has no default for a signal: one that comes before there is a handler is lost
    (pid_namespaces(7)), and the Pod would last for all of its grace. So the imports, which take seconds on a machine
    that is busy, come after it; a command that has its own handler sets it later.
    """
    signal.signal(signal.SIGTERM, _end)
    from runai_operator.cli import app

    app.main()


def _end(*_: object) -> NoReturn:
    raise SystemExit(TERMINATED)
