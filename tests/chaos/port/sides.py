"""Both API servers, as a story sees them: what users do, the operator's port, and the watch."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

from kubernetes.aio import client, config
from kubernetes.aio.client.exceptions import ApiException

from runai_operator.api.names import API_VERSION, GROUP, VERSION, WORKLOAD_KIND, WORKLOADS
from runai_operator.kube.api import KubernetesApi
from runai_operator.sync.ports import Kubernetes
from tests.chaos.world.apiserver import ApiServer, Ref
from tests.chaos.world.kubernetes import InMemoryKubernetes
from tests.chaos.world.line import Call, Refuse

T = TypeVar("T")
Body = Mapping[str, Any]
MERGE_PATCH = "application/merge-patch+json"
TOO_MANY_REQUESTS = 429
PATIENCE = 60.0


class Side(Protocol):
    """One namespace of an API server. Whatever is refused is ApiException."""

    namespace: str
    port: Kubernetes

    async def create(self, name: str, body: Body) -> Body: ...

    async def get(self, name: str) -> Body: ...

    async def patch(self, name: str, patch: Body) -> Body: ...

    async def replace(self, name: str, body: Body) -> Body: ...

    async def delete(self, name: str) -> None: ...

    async def seen(self) -> list[tuple[str, Body]]:
        """All that a watch since the beginning told: ADDED, MODIFIED or DELETED, and the object."""


class InMemory:
    """The one that the crash matrix stands on."""

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace
        self._server = ApiServer()
        self._seen: list[tuple[str, Body]] = []
        self._known: set[str] = set()
        self._server.watch(self._watched)
        self.port: Kubernetes = InMemoryKubernetes(self._server, _Straight(), "own", labels=lambda _: None)

    async def create(self, name: str, body: Body) -> Body:
        return self._server.create(self._ref(name), body)

    async def get(self, name: str) -> Body:
        return self._server.get(self._ref(name))

    async def patch(self, name: str, patch: Body) -> Body:
        return self._server.merge_patch(self._ref(name), patch)

    async def replace(self, name: str, body: Body) -> Body:
        return self._server.replace(self._ref(name), body)

    async def delete(self, name: str) -> None:
        self._server.delete(self._ref(name))

    async def seen(self) -> list[tuple[str, Body]]:
        return self._seen

    def _ref(self, name: str) -> Ref:
        return Ref(WORKLOAD_KIND, self.namespace, name)

    def _watched(self, _: str, gone: bool, body: Body) -> None:
        uid = body["metadata"]["uid"]
        self._seen.append(("DELETED" if gone else "MODIFIED" if uid in self._known else "ADDED", body))
        self._known.add(uid)


class _Straight:
    """A line on which nothing happens."""

    async def call(self, _: Call, perform: Callable[[], T], __: Refuse[T]) -> T:
        return perform()


class Real:
    """A namespace of a kube-apiserver."""

    def __init__(self, api: client.ApiClient, namespace: str, since: str) -> None:
        self.namespace = namespace
        self.port: Kubernetes = KubernetesApi(api)
        self._since = since
        self._objects = client.CustomObjectsApi(api)
        self._where = (GROUP, VERSION, namespace, WORKLOADS)

    async def create(self, name: str, body: Body) -> Body:
        whole = {"apiVersion": API_VERSION, "kind": WORKLOAD_KIND, **body}
        whole["metadata"] = {**(body.get("metadata") or {}), "name": name}
        return dict(await self._objects.create_namespaced_custom_object(*self._where, whole))

    async def get(self, name: str) -> Body:
        return dict(await self._objects.get_namespaced_custom_object(*self._where, name))

    async def patch(self, name: str, patch: Body) -> Body:
        patched = self._objects.patch_namespaced_custom_object(*self._where, name, patch, _content_type=MERGE_PATCH)
        return dict(await patched)

    async def replace(self, name: str, body: Body) -> Body:
        version = (await self.get(name))["metadata"]["resourceVersion"]
        metadata = {"resourceVersion": version, **(body.get("metadata") or {}), "name": name}
        whole = {"apiVersion": API_VERSION, "kind": WORKLOAD_KIND, **body, "metadata": metadata}
        return dict(await self._objects.replace_namespaced_custom_object(*self._where, name, whole))

    async def delete(self, name: str) -> None:
        await self._objects.delete_namespaced_custom_object(*self._where, name)

    async def seen(self) -> list[tuple[str, Body]]:
        response = await self._objects.list_namespaced_custom_object_without_preload_content(
            *self._where, watch=True, resource_version=self._since, timeout_seconds=1
        )
        lines = (await response.read()).decode().splitlines()
        return [(event["type"], event["object"]) for event in map(json.loads, lines)]


@asynccontextmanager
async def real(kubeconfig: Path, namespace: str) -> AsyncIterator[Real]:
    configuration = client.Configuration()
    await config.load_kube_config(str(kubeconfig), client_configuration=configuration)
    async with client.ApiClient(configuration) as api:
        yield Real(api, namespace, await _version_of(client.CustomObjectsApi(api), namespace))


async def _version_of(objects: client.CustomObjectsApi, namespace: str) -> str:
    """From which on a watch tells all; waits for an API server that has only just learnt of our CRDs."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                listed = await objects.list_namespaced_custom_object(GROUP, VERSION, namespace, WORKLOADS)
                return str(listed["metadata"]["resourceVersion"])
            except ApiException as error:
                if error.status != TOO_MANY_REQUESTS:
                    raise
                await asyncio.sleep(float(error.headers["Retry-After"]))
