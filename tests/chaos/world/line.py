"""The line from a process to the outside: each call on it has a number, and a strike may hit it by that number.

What a strike leaves of the call is its outcome. Where the operator dies of it too, it does so before its next call:
until then nothing that it does could be seen, so it makes no difference when exactly.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, TypeVar

from tests.chaos.world.time import Process

T = TypeVar("T")


class Side(Enum):
    KUBERNETES = "Kubernetes"
    RUNAI = "Run:ai"


@dataclass(frozen=True)
class Call:
    """One request of the operator; `name` says which, as "POST /api/v2/workloads"."""

    side: Side
    name: str
    writes: bool = False

    def __str__(self) -> str:
        return f"{self.side.value}: {self.name}"


class Fate(Enum):
    """What becomes of a call."""

    ANSWERED = "carried out and answered"
    LOST = "carried out, and the answer was lost"
    UNSENT = "never arrived"
    LATE = "given up, and carried out later"
    HELD = "checked and ready to be sent, when its sender is stopped: it goes out when that wakes up"
    CONFLICT = "refused with 409"
    THROTTLED = "refused with 429"
    BROKEN = "answered with 503, and not carried out"
    BROKEN_LATE = "answered with 500, and carried out nevertheless"


@dataclass(frozen=True)
class Strike:
    """A fate, after how many seconds a late call is carried out, and whether the operator dies of it, or for how many
    seconds it is `stopped`."""

    fate: Fate
    after: float = 0.0
    dies: bool = False
    stopped: float = 0.0


class Refuse(Protocol[T]):
    def __call__(self, status: int) -> T:
        """What the caller gets, or is raised, when the other side answers so."""


class Outside(Protocol):
    """The world at the other end of the line."""

    def begin(self, process: Process, call: Call) -> Strike | None:
        """Counts the call; what strikes it."""

    def latency(self) -> float:
        """Seconds that a message is under way."""

    def later(self, seconds: float, call: Call, perform: Callable[[], object]) -> None:
        """The call is still on its way, whatever becomes of who sent it."""

    def dies(self, process: Process) -> None:
        """The process is killed, here and now."""

    def stops(self, process: Process, seconds: float, awake: Callable[[], object]) -> None:
        """The process is stopped, here and now; what happens first when it wakes up."""


class Line:
    """All calls of one process."""

    def __init__(self, process: Process, outside: Outside) -> None:
        self._process = process
        self._outside = outside
        self._doomed = False

    async def call(self, call: Call, perform: Callable[[], T], refuse: Refuse[T]) -> T:
        """Raises ConnectionError where it cannot be sent. Never returns where there is no answer: the caller's own
        patience ends that."""
        if self._doomed and self._process.alive:
            self._outside.dies(self._process)
        if not self._process.alive:
            return await nothing_more()
        strike = self._outside.begin(self._process, call)
        await asyncio.sleep(self._outside.latency())
        if not self._process.alive:
            return await nothing_more()
        if strike is None:
            answer = perform()
            await asyncio.sleep(self._outside.latency())
            return answer
        self._doomed = self._doomed or strike.dies
        return await self._struck(strike, call, perform, refuse)

    async def _struck(self, strike: Strike, call: Call, perform: Callable[[], T], refuse: Refuse[T]) -> T:
        match strike.fate:
            case Fate.ANSWERED:
                answer = perform()
                if strike.stopped:
                    self._outside.stops(self._process, strike.stopped, lambda: None)
                    await asyncio.sleep(self._outside.latency())
                return answer
            case Fate.HELD:
                return await self._held(strike.stopped, perform)
            case Fate.LOST:
                perform()
                return await nothing_more()
            case Fate.UNSENT:
                raise ConnectionRefusedError("connection refused")
            case Fate.LATE:
                self._outside.later(strike.after, call, perform)
                return await nothing_more()
            case Fate.CONFLICT:
                return refuse(409)
            case Fate.THROTTLED:
                return refuse(429)
            case Fate.BROKEN:
                return refuse(503)
            case Fate.BROKEN_LATE:
                perform()
                return refuse(500)

    async def _held(self, seconds: float, perform: Callable[[], T]) -> T:
        answers: list[T | Exception] = []

        def sent() -> None:
            try:
                answers.append(perform())
            except Exception as error:
                answers.append(error)

        self._outside.stops(self._process, seconds, sent)
        await asyncio.sleep(self._outside.latency())
        if isinstance(answers[0], Exception):
            raise answers[0]
        return answers[0]


async def nothing_more() -> T:
    """No answer, ever."""
    return await asyncio.get_running_loop().create_future()
