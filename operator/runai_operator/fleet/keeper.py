"""One round for one connection: read its resource, make it so, tell how it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from runai_operator.api.conditions import Condition, drop_condition, set_condition
from runai_operator.api.connection import RunaiConnectionStatus
from runai_operator.api.reasons import TABLE, Reason
from runai_operator.api.wire import to_wire
from runai_operator.engine import Clock
from runai_operator.fleet.registry import Registry, Standing
from runai_operator.sync.ports import Stale

LOOK_AGAIN, LOOK_AGAIN_SOON = 30.0, 10.0
"""Seconds between looks at the Secret: a changed one is noticed within a minute, a missing one sooner."""


class Store(Protocol):
    """What the keeper asks of Kubernetes."""

    async def connection(self, name: str) -> Mapping[str, Any] | None:
        """A RunaiConnection; None when there is none."""

    async def write_connection_status(self, body: Mapping[str, Any], status: Mapping[str, Any]) -> None:
        """Replace its status. Raises Stale."""

    async def tell(
        self, body: Mapping[str, Any], namespace: str, reason: str, message: str, *, warning: bool = False
    ) -> None:
        """An event, best effort."""


class Keeper:
    """Keeps the registry and the RunaiConnections equal. `changed` is told a connection whose users must look again."""

    def __init__(
        self,
        store: Store,
        registry: Registry,
        clock: Clock,
        *,
        namespace: str,
        changed: Callable[[str], None],
        owned: Callable[[str], int],
    ) -> None:
        self._store = store
        self._registry = registry
        self._clock = clock
        self._namespace = namespace
        self._changed = changed
        self._owned = owned
        self._since: dict[str, tuple[Reason, float]] = {}
        self._generations: dict[str, tuple[str, int, Reason | None]] = {}

    async def reconcile(self, name: str) -> float | None:
        """One round; the seconds until the next look, None when the connection is gone."""
        body = await self._store.connection(name)
        if body is None or "deletionTimestamp" in body["metadata"]:
            await self._registry.remove(name)
            self._since.pop(name, None)
            if self._generations.pop(name, None) is not None:
                self._changed(name)
            return None
        how = await self._registry.apply(name, body)
        known = (body["metadata"]["uid"], body["metadata"]["generation"], how.reason if how else None)
        if self._generations.get(name) != known:
            self._generations[name] = known
            self._changed(name)
        if how is None:
            return LOOK_AGAIN_SOON
        await self._tell(name, body, how)
        return LOOK_AGAIN if how.reason is Reason.CONNECTED else LOOK_AGAIN_SOON

    async def _tell(self, name: str, body: Mapping[str, Any], how: Standing) -> None:
        old = body.get("status") or {}
        status = to_wire(connection_status(body, how, held=self._held(name, how.reason), workloads=self._owned(name)))
        if old == status:
            return
        try:
            await self._store.write_connection_status(body, status)
        except Stale:
            return
        before: Mapping[str, Any] = next(
            (each for each in old.get("conditions") or () if each.get("type") == "Ready"), {}
        )
        if before.get("reason") != how.reason:
            warning = how.reason is not Reason.CONNECTED
            message = how.message or TABLE["Connection Ready", how.reason].advice
            await self._store.tell(body, self._namespace, how.reason, message, warning=warning)

    def _held(self, name: str, reason: Reason) -> float:
        known = self._since.get(name)
        if known is None or known[0] is not reason:
            self._since[name] = (reason, self._clock.monotonic())
            return 0.0
        return self._clock.monotonic() - known[1]


def connection_status(body: Mapping[str, Any], how: Standing, *, held: float, workloads: int) -> RunaiConnectionStatus:
    """The status of a connection that stands so, for `held` seconds, and on which resources own so many workloads."""
    status = RunaiConnectionStatus.model_validate(body.get("status") or {})
    row, now = TABLE["Connection Ready", how.reason], datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    generation = body["metadata"]["generation"]
    was_stalled = any(each.type == "Stalled" and each.reason == how.reason for each in status.conditions)
    stalled = row.stalled_after is not None and (was_stalled or held >= row.stalled_after)
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
    changes = {"conditions": conditions, "observed_generation": generation, "workloads": workloads}
    return status.model_copy(update=changes)
