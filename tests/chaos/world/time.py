"""Virtual time, shared by processes of which each has an event loop of its own.

Nobody ever sleeps: when nobody can go on, time jumps to the next moment at which somebody can. A process that was
killed is never run again, whatever it held in memory; one that was stopped is not run until it is woken, and finds
that time has passed.
"""

from __future__ import annotations

import asyncio
import heapq
import random
import selectors
from collections.abc import Callable, Coroutine
from itertools import count
from typing import Any

NEVER = float("inf")
TOO_SHORT = 1e-9
"""Seconds for which a loop does not wait, as asyncio has it: it calls a timer that is due so soon."""


class VirtualTime:
    """Seconds since the world began, and whoever waits for some moment of them. `dice` decides who goes first."""

    def __init__(self, dice: random.Random) -> None:
        self.now = 0.0
        self._dice = dice
        self._processes: list[Process] = []
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()

    def process(self, name: str) -> Process:
        self._processes.append(process := Process(name, self))
        return process

    def call_later(self, seconds: float, callback: Callable[[], None]) -> None:
        heapq.heappush(self._timers, (self.now + seconds, next(self._order), callback))

    def advance(self, until: Callable[[], bool], *, within: float) -> bool:
        """Lets the world go on until something is so; False where it is not within so many seconds."""
        deadline = self.now + within
        while not until():
            upcoming = self._upcoming()
            if upcoming > deadline:
                self.now = deadline
                return until()
            self.now = max(self.now, upcoming)
            self._run_what_is_due()
        return True

    def close(self) -> None:
        for process in self._processes:
            process.kill()
            process.bury()

    def _upcoming(self) -> float:
        timer = self._timers[0][0] if self._timers else NEVER
        return min([timer, *(process.wakes_at for process in self._processes)])

    def _run_what_is_due(self) -> None:
        while self._timers and self._timers[0][0] <= self.now:
            heapq.heappop(self._timers)[2]()
        due = [process for process in self._processes if process.wakes_at <= self.now]
        self._dice.shuffle(due)
        for process in due:
            process.run_until_idle()


class Process:
    """What a machine runs: tasks on a loop of their own, all of which end at once."""

    def __init__(self, name: str, time: VirtualTime) -> None:
        self.name = name
        self.alive = True
        self.stopped = False
        self._time = time
        self._loop = _Loop(time)
        self._main: asyncio.Task[Any] | None = None

    @property
    def wakes_at(self) -> float:
        """When there is something for it to do."""
        return self._loop.wakes_at if self.alive and not self.stopped else NEVER

    @property
    def running(self) -> bool:
        return self.alive and not self.stopped

    def start(self, main: Coroutine[Any, Any, None]) -> None:
        self._main = self._loop.create_task(main)
        self._loop.wakes_at = self._time.now

    def post(self, callback: Callable[..., object], *values: object) -> None:
        """Something arrives from outside."""
        if self.alive:
            self._loop.call_soon(callback, *values)
            self._loop.wakes_at = min(self._loop.wakes_at, self._time.now)

    def run_until_idle(self) -> None:
        """Raises what ended its main task: nothing but our own mistake does."""
        self._loop.run_forever()
        if self._main is not None and self._main.done() and self.alive:
            self.alive = False
            self._main.result()

    def kill(self) -> None:
        """SIGKILL: from here on none of its tasks does anything that could be seen."""
        self.alive = False
        self._loop.stop()

    def stop(self) -> None:
        """SIGSTOP."""
        self.stopped = True
        self._loop.stop()

    def wake(self) -> None:
        """SIGCONT."""
        self.stopped = False
        self._loop.wakes_at = self._time.now

    def bury(self) -> None:
        """Frees the memory of one that was killed."""
        if self._loop.is_closed():
            return
        self._loop.set_exception_handler(lambda *_: None)
        for _ in range(5):  # a task may start others while it ends
            for task in asyncio.all_tasks(self._loop):
                task.cancel()
            self._loop.run_forever()
        self._loop.close()


class _Loop(asyncio.SelectorEventLoop):
    """Runs until nothing is ready, and notes when the next timer is due."""

    def __init__(self, time: VirtualTime) -> None:
        self.virtual = time
        self.wakes_at = NEVER
        super().__init__(_NoWaiting(self))

    def time(self) -> float:
        return self.virtual.now


class _NoWaiting(selectors.DefaultSelector):
    def __init__(self, loop: _Loop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None or timeout > TOO_SHORT:
            self._loop.wakes_at = NEVER if timeout is None else self._loop.virtual.now + timeout
            self._loop.stop()
        elif timeout > 0:
            self._loop.virtual.now += TOO_SHORT  # else who looks whether it is time yet would look for ever
        return []


class ProcessClock:
    """The clock of the running process, as the operator's engine wants it."""

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float, /) -> None:
        await asyncio.sleep(seconds)
