"""One round for one connection: read its resource, make it so, tell how it stands."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from runai_operator.api.conditions import Condition, drop_condition, set_condition
from runai_operator.api.connection import RunaiConnectionStatus
from runai_operator.api.names import CONFIRM_ABSENCE, CONNECTION_FINALIZER
from runai_operator.api.reason_table import TABLE
from runai_operator.api.reasons import Reason
from runai_operator.api.wire import SHORT, to_wire
from runai_operator.engine import Clock
from runai_operator.fleet.registry import Registry
from runai_operator.fleet.standing import Standing, waiting_to_go
from runai_operator.sync.ports import Stale
from runai_operator.sync.resource import Resource

LOOK_AGAIN, LOOK_AGAIN_SOON = 30.0, 10.0
"""Seconds between looks at the Secret: a changed one is noticed within a minute, a missing one sooner."""


class Store(Protocol):
    """What the keeper asks of Kubernetes."""

    async def connection(self, name: str) -> Mapping[str, Any] | None:
        """A RunaiConnection; None when there is none."""

    def resources(self, namespaces: Sequence[str] = ()) -> AsyncIterator[Mapping[str, Any]]:
        """All RunaiWorkloads of these namespaces, or of all."""

    async def set_connection_finalizers(self, body: Mapping[str, Any], finalizers: Sequence[str]) -> Mapping[str, Any]:
        """Replace its finalizers, with resourceVersion; as it is then. Raises Stale."""

    async def write_connection_status(self, body: Mapping[str, Any], status: Mapping[str, Any]) -> None:
        """Replace its status. Raises Stale."""

    async def tell(
        self, body: Mapping[str, Any], namespace: str, reason: str, message: str, *, warning: bool = False
    ) -> None:
        """An event, best effort."""


class Keeper:
    """Keeps the registry and the RunaiConnections equal.

    `changed` is told a connection whose users must look again; `owned` counts the resources on it that have a workload,
    `bound` those that need it to stay.
    """

    def __init__(
        self,
        store: Store,
        registry: Registry,
        clock: Clock,
        *,
        namespace: str,
        changed: Callable[[str], None],
        owned: Callable[[str], int],
        bound: Callable[[str], int],
    ) -> None:
        self._store = store
        self._registry = registry
        self._clock = clock
        self._namespace = namespace
        self._changed = changed
        self._owned = owned
        self._bound = bound
        self._since: dict[str, tuple[Reason, float]] = {}
        self._generations: dict[str, tuple[str, int, Reason | None]] = {}

    async def reconcile(self, name: str) -> float | None:
        """One round; the seconds until the next look, None when the connection is gone."""
        body = await self._store.connection(name)
        if body is None:
            self._forget(name)
            return None
        deleting = "deletionTimestamp" in body["metadata"]
        needed = await self._needed(name, deleting=deleting)
        try:
            body = await self._hold(body, deleting=deleting, needed=needed)
        except Stale:
            return LOOK_AGAIN_SOON
        if deleting and not needed:
            self._forget(name)
            return None
        how = await self._registry.apply(name, body)
        if how is not None:
            how = waiting_to_go(how, needed) if deleting else how
            await self._tell(name, body, how)
        known = (body["metadata"]["uid"], body["metadata"]["generation"], how.reason if how else None)
        if self._generations.get(name) != known:
            self._generations[name] = known
            self._changed(name)
        return LOOK_AGAIN if how is not None and how.reason is Reason.CONNECTED else LOOK_AGAIN_SOON

    def _forget(self, name: str) -> None:
        self._registry.remove(name)
        self._since.pop(name, None)
        if self._generations.pop(name, None) is not None:
            self._changed(name)

    async def _needed(self, name: str, *, deleting: bool) -> int:
        """How many resources need it: by the index, and before it goes by the API server, for the index may be late."""
        known = self._bound(name)
        if known or not deleting:
            return known
        every = [Resource(body) async for body in self._store.resources()]
        return sum(each.bound and each.connection_name == name for each in every)

    async def _hold(self, body: Mapping[str, Any], *, deleting: bool, needed: int) -> Mapping[str, Any]:
        """Our finalizer: put on what is needed, and taken off, alone, what is being deleted and needed no more."""
        finalizers = body["metadata"].get("finalizers") or []
        if needed and not deleting and CONNECTION_FINALIZER not in finalizers:
            return await self._store.set_connection_finalizers(body, [*finalizers, CONNECTION_FINALIZER])
        if deleting and not needed and CONNECTION_FINALIZER in finalizers:
            others = [each for each in finalizers if each != CONNECTION_FINALIZER]
            return await self._store.set_connection_finalizers(body, others)
        return body

    async def _tell(self, name: str, body: Mapping[str, Any], how: Standing) -> None:
        old, tenant = body.get("status") or {}, self._registry.tenant(name)
        heeded, before = self._heeded(name, body), _told_reason(old)
        held = self._held(name, how.reason)
        told = Told(how, held=held, workloads=self._owned(name), tenant=tenant, heeded=heeded)
        status = to_wire(connection_status(body, told))
        if old != status:
            try:
                await self._store.write_connection_status(body, status)
            except Stale:
                return
        if self._registry.recorded(name, tenant):
            self._changed(name)
        if heeded is not None and before == Reason.MASS_ABSENCE:
            self._registry.confirm_absence(name)
        if before != how.reason:
            warning = how.reason not in (Reason.CONNECTED, Reason.DELETING)
            message = how.message or TABLE["Connection Ready", how.reason].advice
            await self._store.tell(body, self._namespace, how.reason, message, warning=warning)

    def _heeded(self, name: str, body: Mapping[str, Any]) -> str | None:
        """A new value of the annotation that confirms an absence, once it is known what is absent: one that came before
        anything was told confirms nothing, now or later."""
        asked = SHORT((body["metadata"].get("annotations") or {}).get(CONFIRM_ABSENCE))
        before = (body.get("status") or {}).get("lastHandledConfirmAbsence")
        return asked if asked and asked != before and self._registry.swept(name) else None

    def _held(self, name: str, reason: Reason) -> float:
        known = self._since.get(name)
        if known is None or known[0] is not reason:
            self._since[name] = (reason, self._clock.monotonic())
            return 0.0
        return self._clock.monotonic() - known[1]


@dataclass(frozen=True)
class Told:
    """How a connection stands, and for how many seconds; how many workloads resources own on it; the tenant that it is
    pinned to; the value of the annotation that is heeded with this."""

    how: Standing
    held: float
    workloads: int
    tenant: str | None = None
    heeded: str | None = None


def connection_status(body: Mapping[str, Any], told: Told) -> RunaiConnectionStatus:
    """The status of a connection of which this is to be told."""
    how = told.how
    status = RunaiConnectionStatus.model_validate(body.get("status") or {})
    row, now = TABLE["Connection Ready", how.reason], datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    generation = body["metadata"]["generation"]
    was_stalled = any(each.type == "Stalled" and each.reason == how.reason for each in status.conditions)
    stalled = row.stalled_after is not None and (was_stalled or told.held >= row.stalled_after)
    conditions = status.conditions
    for kind, value, holds in (
        ("Ready", row.status, True),
        ("Reconciling", "True", row.status != "True" and not stalled),
        ("Stalled", "True", stalled),
    ):
        new = Condition.model_validate(
            {
                "type": kind,
                "status": value,
                "reason": how.reason,
                "message": how.message,
                "observedGeneration": generation,
                "lastTransitionTime": now,
            }
        )
        conditions = set_condition(conditions, new, now) if holds else drop_condition(conditions, kind)
    changes = {
        "conditions": conditions,
        "observed_generation": generation,
        "workloads": told.workloads,
        "tenant_id": status.tenant_id or told.tenant,
        "last_handled_confirm_absence": told.heeded or status.last_handled_confirm_absence,
    }
    return status.model_copy(update=changes)


def _told_reason(status: Mapping[str, Any]) -> str | None:
    """Why it stood as it was last told to."""
    return next((each.get("reason") for each in status.get("conditions") or () if each.get("type") == "Ready"), None)
