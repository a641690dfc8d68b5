"""The API server behind sync's port: each write guarded, nothing else decided."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from kubernetes.aio import client
from kubernetes.aio.client.exceptions import ApiException

from runai_operator.api.names import CONNECTIONS, GROUP, VERSION, WORKLOADS, WORKLOADS_CRD
from runai_operator.api.reasons import Reason
from runai_operator.api.wire import readable
from runai_operator.kube.answers import FORBIDDEN, NOT_FOUND, TIMEOUT, guarded, unclaimable
from runai_operator.kube.patches import (
    JSON_PATCH,
    MERGE_PATCH,
    claim_patch,
    finalizers_patch,
    release_patch,
    status_patch,
)
from runai_operator.runai.wire import Permit
from runai_operator.sync.ports import NotLeading, Problem
from runai_operator.sync.resource import Key, Resource

log = logging.getLogger(__name__)

PAGE = 500
"""Resources a page when all of them are listed."""
COMPONENT = "runai-operator"
METADATA_ONLY = {"Accept": "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"}
"""A CRD has hundreds of kilobytes, of which a few lines are wanted."""

CRD_NOT_READABLE = (
    f"the operator may not read the CustomResourceDefinition {WORKLOADS_CRD}, so it cannot tell a deletion from an "
    f"uninstallation, and deletes nothing: give its role the verb get on customresourcedefinitions, resourceNames "
    f"[{WORKLOADS_CRD}]"
)


class KubernetesApi:
    """What the operator asks of Kubernetes.

    `labels` answers for a namespace, if it can; `wrote` counts the writes. `permit` is asked last of all before a
    write, which is given up after `write_timeout` seconds: it must not outlive the permission.
    """

    def __init__(
        self,
        api: client.ApiClient,
        *,
        labels: Callable[[str], Mapping[str, str] | None] = lambda _: None,
        wrote: Callable[[str], None] = lambda _: None,
        permit: Permit = lambda: None,
        write_timeout: float = TIMEOUT,
    ) -> None:
        self._objects = client.CustomObjectsApi(api)
        self._core = client.CoreV1Api(api)
        self._labels = labels
        self._wrote = wrote
        self._permit = permit
        self._write_timeout = write_timeout

    async def fetch(self, key: Key) -> Resource | None:
        try:
            body = await self._objects.get_namespaced_custom_object(
                GROUP, VERSION, key.namespace, WORKLOADS, key.name, _request_timeout=TIMEOUT
            )
        except ApiException as error:
            if error.status == NOT_FOUND:
                return None
            raise
        return Resource(body)

    async def claim(self, resource: Resource, annotation: str) -> Resource:
        try:
            return Resource(await self._patch("claim", resource, claim_patch(resource, annotation)))
        except ApiException as error:
            raise unclaimable(error) from error

    async def release(self, resource: Resource) -> None:
        await self._patch("release", resource, release_patch(resource))

    async def write_status(self, resource: Resource, status: Mapping[str, Any]) -> None:
        self._begin("status")
        await guarded(
            self._objects.patch_namespaced_custom_object_status(
                GROUP,
                VERSION,
                resource.key.namespace,
                WORKLOADS,
                resource.key.name,
                status_patch(resource.body, status),
                _content_type=JSON_PATCH,
                _request_timeout=self._write_timeout,
            )
        )

    async def uninstalling(self) -> bool:
        try:
            found = await self._workloads_crd()
        except ApiException as error:
            if error.status == FORBIDDEN:
                raise Problem(Reason.CRD_NOT_READABLE, CRD_NOT_READABLE) from None
            raise
        return found is None or "deletionTimestamp" in found

    async def _workloads_crd(self) -> Mapping[str, Any] | None:
        """Its metadata; None when it is gone."""
        try:
            found = await self._objects.get_cluster_custom_object(
                "apiextensions.k8s.io",
                "v1",
                "customresourcedefinitions",
                WORKLOADS_CRD,
                _headers=dict(METADATA_ONLY),
                _request_timeout=TIMEOUT,
            )
        except ApiException as error:
            if error.status == NOT_FOUND:
                return None
            raise
        return cast("Mapping[str, Any]", found["metadata"])

    async def namespace_labels(self, namespace: str) -> Mapping[str, str]:
        known = self._labels(namespace)
        if known is not None:
            return known
        try:
            found = await self._core.read_namespace(namespace, _request_timeout=TIMEOUT)
        except ApiException as error:
            if error.status == NOT_FOUND:
                return {}
            raise
        return cast("Mapping[str, str]", found.metadata.labels or {})

    async def event(self, resource: Resource, reason: str, message: str, *, warning: bool = False) -> None:
        await self.tell(resource.body, resource.key.namespace, reason, message, warning=warning)

    async def tell(
        self, body: Mapping[str, Any], namespace: str, reason: str, message: str, *, warning: bool = False
    ) -> None:
        """An event about an object, in the namespace that it is kept in. Best effort: told, or logged at debug."""
        if self._permit() is not None:
            return  # nor is it logged: by then another tells what is so
        metadata, now = body["metadata"], datetime.now(UTC)
        involved = {
            "apiVersion": body.get("apiVersion"),
            "kind": body.get("kind"),
            "name": metadata["name"],
            "namespace": metadata.get("namespace"),
            "uid": metadata["uid"],
            "resourceVersion": metadata.get("resourceVersion"),
        }
        event = {
            "metadata": {"generateName": f"{metadata['name'][:200]}.", "namespace": namespace},
            "involvedObject": involved,
            "type": "Warning" if warning else "Normal",
            "reason": reason,
            "message": readable(message[:1000]),
            "firstTimestamp": now.isoformat(),
            "lastTimestamp": now.isoformat(),
            "count": 1,
            "source": {"component": COMPONENT},
            "reportingComponent": COMPONENT,
        }
        log.log(logging.WARNING if warning else logging.INFO, "%s: %s", reason, message)
        try:
            await self._core.create_namespaced_event(namespace, event, _request_timeout=self._write_timeout)
        except Exception as error:  # a namespace under deletion takes no events, and no work may fail for want of one
            log.debug("an event was not told: %s", error)
        else:
            self._wrote("event")

    async def connection(self, name: str) -> Mapping[str, Any] | None:
        """A RunaiConnection; None when there is none."""
        try:
            found = await self._objects.get_cluster_custom_object(
                GROUP, VERSION, CONNECTIONS, name, _request_timeout=TIMEOUT
            )
        except ApiException as error:
            if error.status == NOT_FOUND:
                return None
            raise
        return cast("Mapping[str, Any]", found)

    async def connections(self) -> list[str]:
        """The names of all RunaiConnections; none where there is no such kind any more, but RunaiWorkloads yet to go.

        Where there is none yet, the API server's 404 is raised: the CRDs are still to come.
        """
        try:
            found = await self._objects.list_cluster_custom_object(
                GROUP, VERSION, CONNECTIONS, _request_timeout=TIMEOUT
            )
        except ApiException as error:
            if error.status == NOT_FOUND and "deletionTimestamp" in (await self._workloads_crd() or {}):
                return []
            raise
        return [each["metadata"]["name"] for each in found["items"]]

    async def resources(self, namespaces: Sequence[str] = ()) -> AsyncIterator[Mapping[str, Any]]:
        """All RunaiWorkloads of these namespaces, or of all, a page at a time; none where there is no such kind."""
        for namespace in namespaces or (None,):
            following: str | None = ""
            while following is not None:
                page = await self._page(namespace, following)
                for body in page["items"]:
                    yield body
                following = page["metadata"].get("continue") or None

    async def _page(self, namespace: str | None, following: str) -> Mapping[str, Any]:
        options = {"limit": PAGE, "_continue": following, "_request_timeout": TIMEOUT}
        objects = self._objects
        try:
            if namespace is None:
                found = await objects.list_cluster_custom_object(GROUP, VERSION, WORKLOADS, **options)
            else:
                found = await objects.list_namespaced_custom_object(GROUP, VERSION, namespace, WORKLOADS, **options)
        except ApiException as error:
            if error.status != NOT_FOUND:
                raise
            found = {"items": (), "metadata": {}}
        return cast("Mapping[str, Any]", found)

    async def set_connection_finalizers(self, body: Mapping[str, Any], finalizers: Sequence[str]) -> Mapping[str, Any]:
        """Replace the finalizers of a RunaiConnection, guarded by resourceVersion; as it is then. Raises Stale."""
        self._begin("connection")
        changed = await guarded(
            self._objects.patch_cluster_custom_object(
                GROUP,
                VERSION,
                CONNECTIONS,
                body["metadata"]["name"],
                finalizers_patch(body, finalizers),
                _content_type=MERGE_PATCH,
                _request_timeout=self._write_timeout,
            )
        )
        return cast("Mapping[str, Any]", changed)

    async def write_connection_status(self, body: Mapping[str, Any], status: Mapping[str, Any]) -> None:
        """Replace the status of a RunaiConnection, guarded by uid. Raises Stale."""
        self._begin("connection")
        await guarded(
            self._objects.patch_cluster_custom_object_status(
                GROUP,
                VERSION,
                CONNECTIONS,
                body["metadata"]["name"],
                status_patch(body, status),
                _content_type=JSON_PATCH,
                _request_timeout=self._write_timeout,
            )
        )

    async def cluster_id(self) -> str:
        """The uid of kube-system, which tells one cluster from another."""
        return str((await self._core.read_namespace("kube-system", _request_timeout=TIMEOUT)).metadata.uid)

    def _begin(self, what: str) -> None:
        """Before a write. Raises NotLeading."""
        if (why_not := self._permit()) is not None:
            raise NotLeading(why_not)
        self._wrote(what)

    async def _patch(self, what: str, resource: Resource, patch: Mapping[str, Any]) -> Mapping[str, Any]:
        self._begin(what)
        body = await guarded(
            self._objects.patch_namespaced_custom_object(
                GROUP,
                VERSION,
                resource.key.namespace,
                WORKLOADS,
                resource.key.name,
                patch,
                _content_type=MERGE_PATCH,
                _request_timeout=self._write_timeout,
            )
        )
        return cast("Mapping[str, Any]", body)
