"""Time, as a thing that is handed in: tests hand in one that they turn themselves."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Seconds that only go forward; their zero means nothing."""

    def monotonic(self) -> float: ...

    async def sleep(self, seconds: float, /) -> None: ...


class SystemClock:
    """The machine's own clock."""

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float, /) -> None:
        await asyncio.sleep(seconds)


class BootClock(SystemClock):
    """The machine's own clock, which goes on while the machine is suspended (CLOCK_BOOTTIME, clock_gettime(2)).

    Where there is none (not Linux) it is the monotonic one.
    """

    def monotonic(self) -> float:
        return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
