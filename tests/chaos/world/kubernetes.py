"""The operator's port to Kubernetes, in memory: its own patches and its own reading of refusals, on an `ApiServer`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, TypeVar

from runai_operator.api.names import CONNECTION_KIND, WORKLOAD_KIND, WORKLOADS_CRD
from runai_operator.kube.answers import NOT_FOUND, TIMEOUT, guarded, unclaimable
from runai_operator.kube.patches import claim_patch, finalizers_patch, release_patch, status_patch
from runai_operator.runai import Permit
from runai_operator.sync.ports import NotLeading
from runai_operator.sync.resource import Key, Resource
from tests.chaos.world.apiserver import ApiException, ApiServer, Body, Ref, refusal
from tests.chaos.world.line import Call, Line, Side

T = TypeVar("T")
SECRET, CONFIG_MAP, NAMESPACE = "Secret", "ConfigMap", "Namespace"
CRD = "CustomResourceDefinition"


def of(key: Key) -> Ref:
    return Ref(WORKLOAD_KIND, key.namespace, key.name)


class InMemoryKubernetes:
    """What `cli.assembly.ApiServer` asks, and the vault."""

    def __init__(
        self,
        server: ApiServer,
        line: Line,
        namespace: str,
        *,
        labels: Callable[[str], Mapping[str, str] | None],
        permit: Permit = lambda: None,
    ) -> None:
        self._server = server
        self._line = line
        self._namespace = namespace
        self._labels = labels
        self._permit = permit

    async def fetch(self, key: Key) -> Resource | None:
        body = await self._read(of(key))
        return None if body is None else Resource(body)

    async def claim(self, resource: Resource, annotation: str) -> Resource:
        ref, patch = of(resource.key), claim_patch(resource, annotation)
        try:
            written = self._write(f"claim {ref}", lambda: self._server.merge_patch(ref, patch))
            return Resource(await guarded(written))
        except ApiException as error:
            raise unclaimable(error) from error

    async def release(self, resource: Resource) -> None:
        ref, patch = of(resource.key), release_patch(resource)
        await guarded(self._write(f"release {ref}", lambda: self._server.merge_patch(ref, patch)))

    async def write_status(self, resource: Resource, status: Mapping[str, Any]) -> None:
        await self._write_status(of(resource.key), resource.body, status)

    async def namespace_labels(self, namespace: str) -> Mapping[str, str]:
        known = self._labels(namespace)
        if known is not None:
            return known
        found = await self._read(Ref(NAMESPACE, "", namespace))
        return {} if found is None else found["metadata"].get("labels") or {}

    async def event(self, resource: Resource, reason: str, message: str, *, warning: bool = False) -> None:
        await self.tell(resource.body, resource.key.namespace, reason, message, warning=warning)

    async def tell(self, body: Body, namespace: str, reason: str, message: str, *, warning: bool = False) -> None:  # noqa: ARG002
        """Best effort, as the port says."""
        if self._permit() is not None:
            return
        try:
            await self._ask(f"event {reason}", lambda: None, writes=False)
        except Exception:
            return

    async def uninstalling(self) -> bool:
        found = await self._read(Ref(CRD, "", WORKLOADS_CRD))
        return found is None or "deletionTimestamp" in found["metadata"]

    async def resources(self, namespaces: Sequence[str] = ()) -> AsyncIterator[Body]:
        for body in await self._list(WORKLOAD_KIND):
            if not namespaces or body["metadata"]["namespace"] in namespaces:
                yield body

    async def set_connection_finalizers(self, body: Body, finalizers: Sequence[str]) -> Body:
        ref, patch = Ref(CONNECTION_KIND, "", body["metadata"]["name"]), finalizers_patch(body, finalizers)
        return await guarded(self._write(f"finalizers of {ref}", lambda: self._server.merge_patch(ref, patch)))

    async def connections(self) -> list[str]:
        return [body["metadata"]["name"] for body in await self._list(CONNECTION_KIND)]

    async def connection(self, name: str) -> Body | None:
        return await self._read(Ref(CONNECTION_KIND, "", name))

    async def write_connection_status(self, body: Body, status: Mapping[str, Any]) -> None:
        await self._write_status(Ref(CONNECTION_KIND, "", body["metadata"]["name"]), body, status)

    async def secret(self, name: str) -> Mapping[str, str] | None:
        return await self._data(Ref(SECRET, self._namespace, name))

    async def config_map(self, name: str) -> Mapping[str, str] | None:
        return await self._data(Ref(CONFIG_MAP, self._namespace, name))

    async def _data(self, ref: Ref) -> Mapping[str, str] | None:
        found = await self._read(ref)
        return None if found is None else found.get("data") or {}

    async def _write_status(self, ref: Ref, body: Body, status: Mapping[str, Any]) -> None:
        patch = status_patch(body, status)
        await guarded(self._write(f"status {ref}", lambda: self._server.patch_status(ref, patch)))

    async def _list(self, kind: str) -> list[Body]:
        def listed() -> list[Body]:
            return [body for ref, body in self._server.objects.items() if ref.kind == kind]

        return await self._ask(f"list {kind}", listed, writes=False)

    async def _read(self, ref: Ref) -> Body | None:
        try:
            return await self._ask(f"get {ref}", lambda: self._server.get(ref), writes=False)
        except ApiException as error:
            if error.status == NOT_FOUND:
                return None
            raise

    async def _write(self, name: str, perform: Callable[[], T]) -> T:
        if (why_not := self._permit()) is not None:
            raise NotLeading(why_not)
        return await self._ask(name, perform, writes=True)

    async def _ask(self, name: str, perform: Callable[[], T], *, writes: bool) -> T:
        async with asyncio.timeout(TIMEOUT):
            return await self._line.call(Call(Side.KUBERNETES, name, writes), perform, _refuse)


def _refuse(status: int) -> Any:
    raise refusal(status, f"the API server answered with {status}")
