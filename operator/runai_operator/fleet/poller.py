"""Reading a fleet: a sweep of everything, seldom, and what changed, often."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import timedelta

from runai_operator.engine import Clock, Priority, current_priority
from runai_operator.fleet.snapshot import Snapshot
from runai_operator.runai.client import RunaiClient
from runai_operator.runai.errors import Forbidden, OtherTenant, Retryable, RunaiError, Unavailable
from runai_operator.runai.models import Workload
from runai_operator.runai.pages import pages

log = logging.getLogger(__name__)

OVERLAP = timedelta(seconds=10)
"""How far a delta reaches back behind the newest change: rows may appear a little out of order."""
PAGE = 500
PATIENCE = 2
"""So many failures in a row make a connection that once worked a failing one."""
SHORTEST_RETRY = 5.0
"""Seconds between tries of a failing connection at least: twelve a minute."""
LONGEST_RETRY = 60.0


class Poller:
    """Keeps a snapshot of one connection's fleet.

    `check` sees every row before it is taken in, and raises RunaiError for what is not to be believed; `swept` is told
    what a sweep showed, and then `moved` the ids of which something new was read or which are missing; `state` that
    the connection works (None) or fails (with the error).
    """

    def __init__(
        self,
        client: RunaiClient,
        snapshot: Snapshot,
        clock: Clock,
        *,
        interval: float,
        full_interval: float,
        check: Callable[[Iterable[Workload]], None],
        moved: Callable[[set[str]], None],
        swept: Callable[[set[str]], None],
        state: Callable[[RunaiError | None], None],
    ) -> None:
        self._client = client
        self._snapshot = snapshot
        self._clock = clock
        self._interval = interval
        self._full_interval = full_interval
        self._check = check
        self._moved = moved
        self._swept = swept
        self._state = state
        self._failures = 0
        self._worked = False
        self._next_sweep = 0.0
        self.begun = 0
        """So many sweeps have begun."""

    async def run(self) -> None:
        """Polls until cancelled."""
        current_priority.set(Priority.BACKGROUND)
        while True:
            await self._clock.sleep(await self._once())

    def sweep_within(self, seconds: float) -> None:
        """Everything is read again in so many seconds at the latest, and not before the next reading."""
        self._next_sweep = min(self._next_sweep, self._clock.monotonic() + seconds)

    async def _once(self) -> float:
        """One reading; the seconds to wait after it."""
        try:
            await self._read()
        except RunaiError as error:
            return self._failed(error)
        except Exception as error:  # whatever it is, a fleet that nobody reads would be worse
            log.exception("reading the fleet failed, it is tried again")
            return self._failed(Unavailable(f"reading the fleet failed: {type(error).__name__}"))
        self._failures, self._worked = 0, True
        self._state(None)
        return self._interval

    async def _read(self) -> None:
        if self._clock.monotonic() < self._next_sweep:
            self._moved(await self._delta())
            return
        moved, seen = await self._sweep()
        self._next_sweep = self._clock.monotonic() + self._full_interval
        self._swept(seen)
        self._moved(moved)

    async def _sweep(self) -> tuple[set[str], set[str]]:
        """What is new or missing, and all that is there."""
        self.begun += 1
        self._snapshot.begin_sweep()
        seen: set[str] = set()
        moved: set[str] = set()
        async for page in pages(
            lambda offset: self._client.list(
                deleted=False, sort_by="createdAt", sort_order="asc", offset=offset, limit=PAGE
            )
        ):
            self._check(page.workloads)
            if not self._failures:  # what failed works again when all was read, not when it begins to answer
                self._state(None)
            seen |= {row.id for row in page.workloads}
            moved |= self._snapshot.learn(page.workloads)
        moved |= self._snapshot.end_sweep(seen)
        return moved, seen | self._snapshot.touched

    async def _delta(self) -> set[str]:
        """What changed its phase since the newest change that was seen; by the server's own time."""
        since = self._snapshot.watermark
        filters = () if since is None else (f"phaseUpdatedAt>={(since - OVERLAP).isoformat()}",)
        moved: set[str] = set()
        async for page in pages(
            lambda offset: self._client.list(
                filter_by=filters,
                deleted=False,
                sort_by="phaseUpdatedAt",
                sort_order="desc",
                offset=offset,
                limit=PAGE,
            )
        ):
            self._check(page.workloads)
            moved |= self._snapshot.learn(page.workloads)
        return moved

    def _failed(self, error: RunaiError) -> float:
        """A refusal is told at once, and so is a first contact that fails; else it may be a hiccup."""
        self._failures += 1
        asked = error.retry_after or 0.0 if isinstance(error, Retryable) else 0.0
        if not self._worked or self._failures >= PATIENCE or isinstance(error, Forbidden | OtherTenant):
            self._state(error)
        growing = max(self._interval, SHORTEST_RETRY) * 2 ** min(self._failures - 1, 6)
        return float(max(asked, min(growing, LONGEST_RETRY)))
