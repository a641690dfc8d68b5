"""A connection at work: its client, its fleet, and the tasks that keep reading it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from runai_operator.api.connection import RunaiConnectionSpec
from runai_operator.engine import Clock
from runai_operator.fleet.absence import FEW, Absence, Expected
from runai_operator.fleet.batches import Batches
from runai_operator.fleet.poller import Poller
from runai_operator.fleet.projects import Projects
from runai_operator.fleet.snapshot import Snapshot
from runai_operator.fleet.tenancy import Tenancy
from runai_operator.runai.client import RunaiClient
from runai_operator.runai.errors import RunaiError
from runai_operator.runai.models import Project, Workload

log = logging.getLogger(__name__)

LOOK_AGAIN = 60.0
"""Seconds between sweeps at most while many workloads are missing: they may be listed again."""
SPACING = 30.0
"""Seconds between sweeps at least that show whether what was looked for in vain is listed."""


@dataclass(frozen=True)
class Listeners:
    """Whom a connection tells: ids that moved, that all was read, that something about itself is new; and whom it asks
    what it should find."""

    moved: Callable[[set[str]], None]
    swept: Callable[[], None]
    changed: Callable[[], None]
    expected: Callable[[], Expected] = Expected


class LiveConnection:
    """What sync knows as a Connection. `leaving`: it is being deleted. `told_absent`: when it was last told how it
    stands, many workloads were missing."""

    def __init__(
        self,
        spec: RunaiConnectionSpec,
        client: RunaiClient,
        tenancy: Tenancy,
        clock: Clock,
        listeners: Listeners,
        *,
        told_absent: bool = False,
    ) -> None:
        self.spec = spec
        self.client = client
        self.tenancy = tenancy
        self.answered = False
        self.leaving = False
        self._error: RunaiError | None = None
        self._listeners = listeners
        self._snapshot = Snapshot()
        self._absence = Absence(told=told_absent)
        self._swept = False
        self._clock = clock
        self._seek_from = 0.0
        self._projects = Projects(client, clock)
        self._suspends = Batches(client, "suspend", clock)
        self._resumes = Batches(client, "resume", clock)
        self._poller = Poller(
            client,
            self._snapshot,
            clock,
            interval=spec.polling.interval_seconds,
            full_interval=spec.polling.full_interval_seconds,
            check=tenancy.check,
            moved=listeners.moved,
            swept=self._all_read,
            state=self._state,
        )
        self._task: asyncio.Task[None] | None = None

    @property
    def error(self) -> RunaiError | None:
        """Why nothing may be asked of it."""
        return self.tenancy.foreign or self._error

    @property
    def swept(self) -> bool:
        return self._swept

    @property
    def tenant(self) -> str | None:
        return self.tenancy.tenant

    @property
    def login(self) -> int:
        return self.client.login

    @property
    def absence(self) -> str | None:
        return self._absence.message()

    @property
    def missing(self) -> str:
        """Some ids that are missing."""
        return self._absence.examples()

    def phases(self) -> dict[str, int]:
        return self._snapshot.phases()

    def start(self) -> None:
        self._task = asyncio.create_task(self._poller.run(), name="poller")
        self._task.add_done_callback(_complain)

    @property
    def ended(self) -> bool:
        """Whether its poller ended by itself: a fault of ours that only a restart mends."""
        return self._task is not None and self._task.done() and not self._task.cancelled()

    async def stop_polling(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def aclose(self) -> None:
        await self.stop_polling()
        await self._suspends.aclose()
        await self._resumes.aclose()
        await self.client.aclose()

    def row(self, workload_id: str) -> Workload | None:
        return self._snapshot.row(workload_id)

    def learn(self, row: Workload) -> None:
        self._snapshot.learn([row])

    def forget(self, workload_id: str, *, deleted: bool = False) -> None:
        self._snapshot.forget(workload_id)
        if deleted:
            self._absence.deleted(workload_id)

    def missed(self, workload_id: str) -> bool:
        if self._absence.had_deleted(workload_id):
            return True
        listed = self._snapshot.row(workload_id) is not None  # two answers that contradict each other prove nothing
        if self._absence.missed(workload_id) and not listed:
            return True
        if not (listed or self._absence.seeking) and len(self._listeners.expected().held) <= FEW:
            return True
        self._absence.seek(workload_id, self._poller.begun)
        self._sweep_soon()
        return False

    def confirmed(self, workload_id: str) -> bool:
        return self._absence.confirmed(workload_id) and self._snapshot.row(workload_id) is None

    def _sweep_soon(self) -> None:
        self._poller.sweep_within(max(0.0, self._seek_from - self._clock.monotonic()))

    async def project(self, *, project_id: str | None, name: str | None, cluster_name: str | None) -> Project:
        return await self._projects.find(project_id=project_id, name=name, cluster_name=cluster_name)

    async def suspend(self, workload_id: str) -> str | None:
        return await self._suspends.ask(workload_id)

    async def resume(self, workload_id: str) -> str | None:
        return await self._resumes.ask(workload_id)

    def confirm_absence(self) -> None:
        """A person says that what is missing is gone."""
        confirmed = self._absence.confirm()
        if confirmed:
            self._listeners.changed()
            self._listeners.moved({*confirmed})

    def _all_read(self, seen: set[str]) -> None:
        first, self._swept = not self._swept, True
        before = self._absence.missing
        sought = self._absence.swept(self._listeners.expected(), seen, self._poller.begun)
        if sought:
            self._seek_from = self._clock.monotonic() + SPACING
        if self._absence.seeking:
            self._sweep_soon()
        if first:
            self._listeners.swept()
        if self._absence.massive:
            self._poller.sweep_within(LOOK_AGAIN if before else 0)
        if first or self._absence.massive != bool(before):
            self._listeners.changed()
            self._listeners.moved({*before} - self._absence.missing)
        if sought:
            self._listeners.moved({*sought})

    def _state(self, error: RunaiError | None) -> None:
        was = (self.answered, type(self._error))
        if type(error) is not type(self._error):  # of failures alike the first is told: their texts may count seconds
            self._error = error
        self.answered = self.answered or error is None
        if was != (self.answered, type(self._error)):
            self._listeners.changed()


def same_client(spec: RunaiConnectionSpec, other: RunaiConnectionSpec) -> bool:
    """Whether two specs differ only in what takes effect without a new client: who may use it."""
    return _without_access(spec) == _without_access(other)


def _without_access(spec: RunaiConnectionSpec) -> RunaiConnectionSpec:
    return spec.model_copy(update={"access": ()})


def _complain(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("a poller ended, which it never should", exc_info=error)
