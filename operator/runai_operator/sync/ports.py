"""The narrow contracts through which sync reaches the world: Kubernetes, and the connections to Run:ai."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Protocol

from runai_operator.api.connection import AccessRule, RunaiConnectionSpec
from runai_operator.api.reasons import Reason
from runai_operator.runai.client import RunaiClient
from runai_operator.runai.models import Project, Workload
from runai_operator.sync.resource import Key, Resource


class Stale(Exception):
    """The object has changed, or is gone, since it was read: nothing was written; read it again."""


class Problem(Exception):
    """Something that a person, or time, has to mend before anything may be asked of Run:ai.

    `access`: the message is about a connection, and only for those who may use it.
    """

    def __init__(self, reason: Reason, message: str, *, access: Sequence[AccessRule] | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.access = access


class NotYet(Exception):
    """Nothing is known of the connection so far: the key comes round again once there is."""


class NotLeading(Exception):
    """This process may not write now: another may lead. Nothing was written."""


class Kubernetes(Protocol):
    """What a reconcile asks of Kubernetes. Every write is guarded: on another object, or a newer one, it is `Stale`.

    A process that may not lead any more writes nothing: each write raises NotLeading, and events are dropped.
    """

    async def fetch(self, key: Key) -> Resource | None:
        """The resource as it is now; None when there is none."""

    async def claim(self, resource: Resource, annotation: str) -> Resource:
        """Add our finalizer and the claim in one PATCH with resourceVersion. Must touch no other finalizer.

        Raises Problem where the resource has no room for them.
        """

    async def release(self, resource: Resource) -> None:
        """Remove our finalizer, and no other, with resourceVersion."""

    async def write_status(self, resource: Resource, status: Mapping[str, Any]) -> None:
        """Replace the status that was read: never a newer one, nor that of a namesake that came later."""

    async def uninstalling(self) -> bool:
        """Whether the CRD of RunaiWorkload is being deleted, or gone, as of now.

        The API server marks it before it deletes the first resource. Raises Problem where our role does not let us
        read it.
        """

    def resources(self, namespaces: Sequence[str] = ()) -> AsyncIterator[Mapping[str, Any]]:
        """The bodies of all resources of these namespaces, or of all. Costs a LIST of them."""

    async def namespace_labels(self, namespace: str) -> Mapping[str, str]:
        """The labels of a namespace; empty when it is gone."""

    async def event(self, resource: Resource, reason: str, message: str, *, warning: bool = False) -> None:
        """Tell a person, best effort: never fails."""


class Connection(Protocol):
    """One Run:ai control plane, as sync sees it."""

    spec: RunaiConnectionSpec
    client: RunaiClient

    @property
    def tenant(self) -> str | None:
        """The tenant that its credentials were proven to be of; None where Run:ai never showed one."""

    @property
    def login(self) -> int:
        """Another number whenever other credentials come into use: two answers with the same one came of the same."""

    @property
    def absence(self) -> str | None:
        """Why nothing may be believed gone, though each look says so: so many workloads vanished at once."""

    @property
    def leaving(self) -> bool:
        """Whether it is being deleted: it serves what it holds, and takes nothing new."""

    @property
    def swept(self) -> bool:
        """Whether the whole fleet was read once: only then is a missing row worth a look."""

    def row(self, workload_id: str) -> Workload | None:
        """The workload as last listed; costs no request."""

    def learn(self, row: Workload) -> None:
        """A row that was read by id."""

    def forget(self, workload_id: str, *, deleted: bool = False) -> None:
        """We wrote to it, or had it deleted: what was listed before says nothing any more."""

    def missed(self, workload_id: str) -> bool:
        """Whether a workload that was looked for in vain may be believed gone as far as the fleet tells: a sweep since
        then has missed it too, or it is not listed anyway and so few workloads are expected that none could show more.
        Else one comes soon."""

    def confirmed(self, workload_id: str) -> bool:
        """Whether a person said that it is gone, when many were missing, and nobody saw it since."""

    async def project(self, *, project_id: str | None, name: str | None, cluster_name: str | None) -> Project:
        """The project that is meant. Raises Problem: none of that name, or several."""

    async def suspend(self, workload_id: str) -> str | None:
        """Stop it, together with others; the message of Run:ai where it refused."""

    async def resume(self, workload_id: str) -> str | None:
        """Let it go on, together with others; the message of Run:ai where it refused."""


class Connections(Protocol):
    def find(self, name: str) -> Connection:
        """The connection of this name. Raises Problem when there is none, or it is not usable; NotYet."""
