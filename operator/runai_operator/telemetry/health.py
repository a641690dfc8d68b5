"""Whether this process lives and is ready, as a list of named checks."""

import time
from collections.abc import Callable
from dataclasses import dataclass

Check = Callable[[], str | None]
"""Answers None, or in a sentence why not."""


@dataclass(frozen=True, slots=True)
class Report:
    """What the checks of one probe said."""

    answers: dict[str, str | None]

    @property
    def ok(self) -> bool:
        return not any(self.answers.values())

    def text(self) -> str:
        """One line a check, as the probes of Kubernetes itself have it."""
        lines = [f"[-] {name}: {why_not}" if why_not else f"[+] {name}: ok" for name, why_not in self.answers.items()]
        return "\n".join([*lines, "ok" if self.ok else "failed", ""])


class Health:
    """The checks behind `/livez` (else: restart me) and `/readyz` (else: do not count on me yet)."""

    def __init__(self) -> None:
        self._live: dict[str, Check] = {}
        self._ready: dict[str, Check] = {"shutdown": lambda: "shutting down" if self._shutting_down else None}
        self._shutting_down = False

    def live(self, name: str, check: Check) -> None:
        self._live[name] = check

    def ready(self, name: str, check: Check) -> None:
        self._ready[name] = check

    def shut_down(self) -> None:
        """From now on this process is not ready; it lives until it has stopped."""
        self._shutting_down = True

    def livez(self) -> Report:
        return _run(self._live)

    def readyz(self) -> Report:
        return _run(self._ready)


class Heartbeat:
    """A check that fails when the last `beat` is more than `within` seconds ago, by the monotonic clock."""

    def __init__(self, *, within: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._within = within
        self._monotonic = monotonic
        self._last = monotonic()

    def beat(self) -> None:
        self._last = self._monotonic()

    def __call__(self) -> str | None:
        age = self._monotonic() - self._last
        return f"no sign of life for {age:.0f} s, expected every {self._within:.0f} s" if age > self._within else None


def at_most(seconds: float, measure: Callable[[], float], *, what: str) -> Check:
    """A check that fails while `measure()` is above `seconds`, such as for the longest running handler."""

    def check() -> str | None:
        measured = measure()
        return f"{what} for {measured:.0f} s, at most {seconds:.0f} s are normal" if measured > seconds else None

    return check


def _run(checks: dict[str, Check]) -> Report:
    return Report({name: _answer(check) for name, check in checks.items()})


def _answer(check: Check) -> str | None:
    try:
        return check()
    except Exception as error:  # a broken check is a failed one, and must not hide the others
        return f"the check itself failed: {type(error).__name__}"
