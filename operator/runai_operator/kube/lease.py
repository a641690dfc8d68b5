"""The Lease of the API server (coordination.k8s.io/v1), as the election knows it."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from datetime import datetime
from typing import Any

from kubernetes.aio import client
from kubernetes.aio.client.exceptions import ApiException

from runai_operator.kube.answers import CONFLICT, FORBIDDEN, NOT_FOUND
from runai_operator.kube.election import Hindered, Lease, Taken

GROUP, VERSION, LEASES = "coordination.k8s.io", "v1", "leases"


class _Absent(Exception):
    """404: of the Lease, or of its namespace."""


class KubernetesLease:
    """The Lease `name` in `namespace`; a request is given up after `timeout` seconds.

    It needs `get`, `create` and `update` on leases. Labels and annotations that others put on it stay. The client for
    arbitrary objects is used: the typed one (37.0) writes a time on the full second without the six digits that
    the API server wants of it, and so would fail once in a million renewals.
    """

    def __init__(self, api: client.ApiClient, namespace: str, name: str, *, timeout: float) -> None:
        self._objects = client.CustomObjectsApi(api)
        self._namespace = namespace
        self._name = name
        self._where = (GROUP, VERSION, namespace, LEASES)
        self._timeout = timeout
        self._metadata: Mapping[str, Any] = {}

    async def get(self) -> Lease | None:
        try:
            return await self._asked(self._objects.get_namespaced_custom_object, self._name)
        except _Absent:
            return None

    async def create(self, lease: Lease) -> Lease:
        metadata = {"name": self._name, "namespace": self._namespace}
        try:
            return await self._asked(self._objects.create_namespaced_custom_object, _body(metadata, lease))
        except _Absent:
            message = f"there is no namespace {self._namespace}: create it, or name the operator's own by --namespace"
            raise Hindered(message) from None

    async def update(self, lease: Lease) -> Lease:
        metadata = {**self._metadata, "resourceVersion": lease.version}
        body = _body(metadata, lease)
        try:
            return await self._asked(self._objects.replace_namespaced_custom_object, self._name, body)
        except _Absent:
            raise Taken from None

    async def _asked(self, request: Any, *arguments: Any) -> Lease:
        asked: Awaitable[Mapping[str, Any]] = request(*self._where, *arguments, _request_timeout=self._timeout)
        try:
            found = await asked
        except ApiException as error:
            if error.status == CONFLICT:
                raise Taken from None
            if error.status == NOT_FOUND:
                raise _Absent from None
            raise Hindered(self._why(error)) from None
        self._metadata = found["metadata"]
        return _read(found)

    def _why(self, error: ApiException) -> str:
        what = f"the Lease {self._name} in the namespace {self._namespace}"
        if error.status == FORBIDDEN:
            return f"the operator may not use {what}: give its role get, create and update on leases"
        return f"the API server answers {error.status} {error.reason} for {what}"


def _body(metadata: Mapping[str, Any], lease: Lease) -> dict[str, Any]:
    spec = {
        "holderIdentity": lease.holder,
        "leaseDurationSeconds": round(lease.duration),
        "acquireTime": _micro_time(lease.acquired),
        "renewTime": _micro_time(lease.renewed),
        "leaseTransitions": lease.transitions,
    }
    return {"apiVersion": f"{GROUP}/{VERSION}", "kind": "Lease", "metadata": dict(metadata), "spec": spec}


def _read(found: Mapping[str, Any]) -> Lease:
    spec = found.get("spec") or {}
    return Lease(
        holder=spec.get("holderIdentity") or "",
        duration=float(spec.get("leaseDurationSeconds") or 0),
        acquired=_time(spec.get("acquireTime")),
        renewed=_time(spec.get("renewTime")),
        transitions=spec.get("leaseTransitions") or 0,
        version=found["metadata"]["resourceVersion"],
    )


def _micro_time(time: datetime | None) -> str | None:
    """Kubernetes' MicroTime has six digits, always."""
    return time.isoformat(timespec="microseconds") if time is not None else None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
