"""Named checks, each told in a line as it passes or fails."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from tests.control_plane import KubectlFailed

PATIENCE = 60.0
LOOK_EVERY = 0.1
Look = Callable[[], object]


class CheckFailed(Exception):
    """What follows in its chapter builds on it, and is not tried."""


@dataclass
class Checks:
    """Asks, waits, and keeps count. `alive` raises when something that all depends on has ended."""

    say: Callable[[str], None] = print
    alive: Callable[[], None] = lambda: None
    passed: int = 0
    failed: list[str] = field(default_factory=list)

    @contextmanager
    def chapter(self, name: str) -> Iterator[None]:
        """One failed check ends the chapter, not the run: the next one has objects of its own. So does a command that
        fails, and what is looked up and is not there.
        """
        self.say(f"== {name}")
        try:
            yield
        except CheckFailed:
            self.say(f"   the rest of this chapter is left out: {name}")
        except (KubectlFailed, httpx.HTTPError, CommandFailed, subprocess.TimeoutExpired, LookupError) as error:
            self._fail(f"{name}, to its end", f"{type(error).__name__}: {error}")

    def equal(self, what: str, found: object, wanted: object = True) -> None:
        """Now, without waiting."""
        if found != wanted:
            self._end(what, f"found {found!r}, wanted {wanted!r}")
        self._pass(what, "")

    def eventually(self, what: str, look: Look, wanted: object = True, *, within: float = PATIENCE) -> None:
        """Within so many seconds `look` tells what is wanted."""
        began = time.monotonic()
        while (found := look()) != wanted:
            self.alive()
            if time.monotonic() - began > within:
                self._end(what, f"found {found!r}, wanted {wanted!r}, for {within:.0f} s")
            time.sleep(LOOK_EVERY)
        self._pass(what, f"after {time.monotonic() - began:.1f} s")

    def stays(self, what: str, look: Look, wanted: object = True, *, seconds: float, every: float = LOOK_EVERY) -> None:
        """`look` tells what is wanted, and nothing else, for so many seconds; asked `every` so many."""
        began = time.monotonic()
        while (lasted := time.monotonic() - began) < seconds:
            self.alive()
            if (found := look()) != wanted:
                self._end(what, f"found {found!r} after {lasted:.1f} s, wanted {wanted!r} throughout")
            time.sleep(every)
        self._pass(what, f"for {seconds:.0f} s")

    def _pass(self, what: str, how: str) -> None:
        self.passed += 1
        self.say(f"PASS {what}" + (f" ({how})" if how else ""))

    def _fail(self, what: str, why: str) -> None:
        self.failed.append(what)
        self.say(f"FAIL {what}: {why}")

    def _end(self, what: str, why: str) -> None:
        self._fail(what, why)
        raise CheckFailed(what)


class CommandFailed(Exception):
    """A program that was run for a check, such as git or argocd, refused; the text is what it told."""
