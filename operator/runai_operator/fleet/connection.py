"""A connection at work: its client, its fleet, and the tasks that keep reading it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from runai_operator.api.connection import RunaiConnectionSpec
from runai_operator.engine import Clock
from runai_operator.fleet.batches import Batches
from runai_operator.fleet.poller import Poller
from runai_operator.fleet.projects import Projects
from runai_operator.fleet.snapshot import Snapshot
from runai_operator.runai.client import RunaiClient
from runai_operator.runai.errors import RunaiError
from runai_operator.runai.models import Project, Workload

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Listeners:
    """Whom a connection tells: ids that moved, that all was read, that it began to work or to fail."""

    moved: Callable[[set[str]], None]
    swept: Callable[[], None]
    changed: Callable[[], None]


class LiveConnection:
    """What sync knows as a Connection. `error` is why it fails, `answered` whether it ever worked."""

    def __init__(self, spec: RunaiConnectionSpec, client: RunaiClient, clock: Clock, listeners: Listeners) -> None:
        self.spec = spec
        self.client = client
        self.error: RunaiError | None = None
        self.answered = False
        self._listeners = listeners
        self._snapshot = Snapshot()
        self._swept = False
        self._projects = Projects(client, clock)
        self._suspends = Batches(client, "suspend", clock)
        self._resumes = Batches(client, "resume", clock)
        self._poller = Poller(
            client,
            self._snapshot,
            clock,
            interval=spec.polling.interval_seconds,
            full_interval=spec.polling.full_interval_seconds,
            moved=listeners.moved,
            swept=self._all_read,
            state=self._state,
        )
        self._task: asyncio.Task[None] | None = None

    @property
    def swept(self) -> bool:
        return self._swept

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

    def forget(self, workload_id: str) -> None:
        self._snapshot.forget(workload_id)

    async def project(self, *, project_id: str | None, name: str | None, cluster_name: str | None) -> Project:
        return await self._projects.find(project_id=project_id, name=name, cluster_name=cluster_name)

    async def suspend(self, workload_id: str) -> str | None:
        return await self._suspends.ask(workload_id)

    async def resume(self, workload_id: str) -> str | None:
        return await self._resumes.ask(workload_id)

    def _all_read(self) -> None:
        first, self._swept = not self._swept, True
        if first:
            self._listeners.swept()

    def _state(self, error: RunaiError | None) -> None:
        was = (self.answered, type(self.error))
        if type(error) is not type(self.error):  # of failures alike the first is told: their texts may count seconds
            self.error = error
        self.answered = self.answered or error is None
        if was != (self.answered, type(self.error)):
            self._listeners.changed()


def same_client(spec: RunaiConnectionSpec, other: RunaiConnectionSpec) -> bool:
    """Whether two specs differ only in what takes effect without a new client: who may use it."""
    return _without_access(spec) == _without_access(other)


def _without_access(spec: RunaiConnectionSpec) -> RunaiConnectionSpec:
    return spec.model_copy(update={"access": ()})


def _complain(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("a poller ended, which it never should", exc_info=error)
