"""Who leads: the algorithm of client-go's leader election, over a narrow port.

An instance trusts no clock but its own: a Lease has expired when its record has not changed for its duration since this
instance saw it change, whatever time stands in it (client-go, tools/leaderelection).
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from runai_operator.engine import Clock

log = logging.getLogger(__name__)

RELEASED = 1.0
"""Seconds that a Lease is said to last whose holder gave it back."""


@dataclass(frozen=True)
class Lease:
    """The record: `holder` is "" when nobody leads, `duration` in seconds, `version` guards the next update."""

    holder: str
    duration: float
    acquired: datetime | None = None
    renewed: datetime | None = None
    transitions: int = 0
    version: str = ""


class Taken(Exception):
    """The Lease is not the one that was read, or it is there already: nothing was written."""


class Hindered(Exception):
    """The Lease cannot be read or written; the text says what to do about it."""


class LeaseLost(Exception):
    """This instance leads no more, and never will again: nothing may be written."""


class Leases(Protocol):
    """The one Lease that is competed for. What fails otherwise than as told may be raised as it is."""

    async def get(self) -> Lease | None:
        """The Lease as it is now; None when there is none."""

    async def create(self, lease: Lease) -> Lease:
        """Make it; what was made. Raises Taken when there is one."""

    async def update(self, lease: Lease) -> Lease:
        """Write it over the one of the same `version`; what was written. Raises Taken when that one is no more."""


@dataclass(frozen=True)
class Timing:
    """In seconds: for how long a Lease is respected, for how long its holder may write, how often it is renewed.

    A write that was permitted has to be over before anybody else may lead: it may take `grace` at most.
    """

    duration: float
    renew_deadline: float
    retry_period: float

    @property
    def grace(self) -> float:
        return self.duration - self.renew_deadline


class Elector:
    """One instance, known to the others by `identity`: it waits until it leads, and then until it does not.

    `clock` has to count the time for which the machine was suspended. One Elector leads once: what was lost stays lost.
    """

    def __init__(self, leases: Leases, identity: str, timing: Timing, clock: Clock) -> None:
        self.identity = identity
        self._leases = leases
        self._timing = timing
        self._clock = clock
        self._seen: Lease | None = None
        self._seen_at = -math.inf
        self._held: Lease | None = None
        self._renewed_at = -math.inf
        self._trouble = ""

    def why_not(self) -> str | None:
        """The check before each write: None while the Lease was renewed within its deadline, else why not."""
        if self._held is None:
            return "this instance does not lead"
        age = self._clock.monotonic() - self._renewed_at
        if age < self._timing.renew_deadline:
            return None
        return (
            f"the Lease was last renewed {age:.1f} s ago, where {self._timing.renew_deadline:g} s are allowed: "
            "another instance may lead"
        )

    async def acquire(self) -> None:
        """Returns once this instance leads; it tries for as long as that takes."""
        while not await self._tried():
            await self._clock.sleep(self._until_next_try())
        log.info("leading as %s", self.identity)

    async def hold(self) -> None:
        """Renews the Lease. Raises LeaseLost, and returns never."""
        while True:
            await self._clock.sleep(self._timing.retry_period)
            self._check()  # before it is renewed: who slept longer than the deadline has no claim to it any more
            await self._renewed()
            self._check()

    async def release(self) -> None:
        """Gives the Lease back, so that another takes it at once; for when nothing of ours is under way any more."""
        held, may = self._held, self.why_not() is None
        self._held = None
        if held is None or not may:
            return
        try:
            await self._give_back(held)
        except Exception as error:
            log.warning("the Lease was not given back, it has to expire: %s", _told(error))

    async def _tried(self) -> bool:
        """Whether this instance leads now."""
        asked_at = self._clock.monotonic()
        try:
            held = await self._take()
        except Taken:
            return False
        except Exception as error:
            self._hindered(error)
            return False
        self._trouble = ""
        if held is not None:
            self._held, self._renewed_at = held, asked_at
        return held is not None

    async def _take(self) -> Lease | None:
        """The Lease as ours; None while it is another's."""
        found = await self._leases.get()
        self._observe(found)
        if found is None:
            return await self._leases.create(self._ours(None))
        if self._expires_in(found) > 0:
            return None
        return await self._leases.update(self._ours(found))

    async def _renewed(self) -> None:
        """One try to renew. Raises LeaseLost where another holds the Lease; what else fails may pass."""
        assert self._held is not None
        asked_at = self._clock.monotonic()
        try:
            self._held = await self._leases.update(replace(self._held, renewed=datetime.now(UTC)))
            self._renewed_at, self._trouble = asked_at, ""
        except Taken:
            await self._look_who_took_it()
        except Exception as error:
            self._hindered(error)

    async def _look_who_took_it(self) -> None:
        """It may have been ourselves, in an update whose answer was lost; it is renewed the next time then."""
        try:
            found = await self._leases.get()
            if found is None:  # somebody deleted it
                found = await self._leases.create(self._ours(None))
        except Exception as error:
            self._hindered(error)
            return
        if found.holder != self.identity:
            self._lose(f"{found.holder or 'nobody'} holds the Lease now")
        self._held = found

    async def _give_back(self, held: Lease) -> None:
        free = {"holder": "", "duration": RELEASED, "renewed": datetime.now(UTC)}
        try:
            await self._leases.update(replace(held, **free))  # type: ignore[arg-type]
        except Taken:  # maybe by a renewal of our own that was cut short
            found = await self._leases.get()
            if found is not None and found.holder == self.identity:
                await self._leases.update(replace(found, **free))  # type: ignore[arg-type]

    def _ours(self, found: Lease | None) -> Lease:
        now = datetime.now(UTC)
        if found is None:
            return Lease(self.identity, self._timing.duration, now, now)
        again = found.holder == self.identity
        return replace(
            found,
            holder=self.identity,
            duration=self._timing.duration,
            acquired=found.acquired if again else now,
            renewed=now,
            transitions=found.transitions + (not again),
        )

    def _observe(self, found: Lease | None) -> None:
        """Notes when the record was seen to change."""
        record = replace(found, version="") if found is not None else None
        if record == self._seen:
            return
        if record is not None and (self._seen is None or self._seen.holder != record.holder):
            log.info("standing by: %s leads", record.holder or "nobody")
        self._seen, self._seen_at = record, self._clock.monotonic()

    def _expires_in(self, lease: Lease) -> float:
        """Seconds for which the Lease, as it was seen, is another's."""
        if lease.holder in ("", self.identity):
            return 0.0
        return self._seen_at + lease.duration - self._clock.monotonic()

    def _until_next_try(self) -> float:
        """The retry period, or less where the Lease expires before."""
        left = self._expires_in(self._seen) if self._seen is not None else 0.0
        return min(self._timing.retry_period, left) if left > 0 else self._timing.retry_period

    def _check(self) -> None:
        why_not = self.why_not()
        if why_not is not None:
            self._lose(f"{why_not} ({self._trouble})" if self._trouble else why_not)

    def _lose(self, why: str) -> None:
        self._held = None
        log.critical("leading no more, this process ends and writes nothing from now on: %s", why)
        raise LeaseLost(why)

    def _hindered(self, error: Exception) -> None:
        """Told once, and not with each try."""
        if self._trouble != _told(error):
            self._trouble = _told(error)
            log.warning("the Lease cannot be had: %s", self._trouble)


def _told(error: Exception) -> str:
    return str(error) or type(error).__name__
