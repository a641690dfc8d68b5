"""The tenant that a connection is pinned to, and what shows another one."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from runai_operator.runai.errors import OtherTenant
from runai_operator.runai.models import Workload


class Tenancy:
    """Pinned to the first tenant that is seen; `pinned` is the one that the status of the connection recorded.

    `foreign` is why nothing may be written: credentials of another tenant came. `changed` is told when that begins, and
    when a tenant is pinned.
    """

    def __init__(self, pinned: str | None, changed: Callable[[], None]) -> None:
        self.tenant = pinned
        self.recorded = pinned
        self.foreign: OtherTenant | None = None
        self._changed = changed

    @property
    def settled(self) -> bool:
        """Whether what is pinned stands in the status: before that nothing may be written, for we may die."""
        return self.tenant == self.recorded

    def approve(self, seen: str | None) -> None:
        """New credentials show this tenant, or none. Raises OtherTenant."""
        if self.tenant is not None and seen != self.tenant:
            before, self.foreign = self.foreign, OtherTenant(_other(seen, self.tenant))
            if before is None or before.message != self.foreign.message:
                self._changed()  # once: who is told looks again, and would be told again
            raise self.foreign
        self.foreign = None
        self._pin(seen)

    def check(self, rows: Iterable[Workload]) -> None:
        """Rows of a list. Raises OtherTenant for one of another tenant."""
        for row in rows:
            if row.tenant_id and self.tenant is not None and row.tenant_id != self.tenant:
                raise OtherTenant(_listed(row, self.tenant))
            self._pin(row.tenant_id or None)

    def _pin(self, seen: str | None) -> None:
        if self.tenant is None and seen is not None:
            self.tenant = seen
            self._changed()


def _other(seen: str | None, pinned: str) -> str:
    if seen is None:
        return (
            f"this connection is pinned to the Run:ai tenant {pinned}, and the credentials show neither clusters nor "
            "workloads that would tell their tenant: nothing is written with them. Give the application in Run:ai a "
            "role that may view clusters, or put the credentials of before back into the Secret"
        )
    return (
        f"this connection is pinned to the Run:ai tenant {pinned}, and the credentials in its Secret are of the tenant "
        f"{seen}: nothing is written until credentials of the tenant {pinned} are put back into the Secret. For the "
        f"tenant {seen} create a RunaiConnection of its own"
    )


def _listed(row: Workload, pinned: str) -> str:
    return (
        f"this connection is pinned to the Run:ai tenant {pinned}, and Run:ai lists workload {row.id} of the tenant "
        f"{row.tenant_id}: nothing is written until it lists the tenant {pinned} again. Look at what answers at "
        "spec.url"
    )
