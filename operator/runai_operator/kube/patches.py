"""The patches that we send, each with its guard; pure, so that whatever plays the API server can apply the same.

Tried on Kubernetes 1.36: resourceVersion guards a merge patch of the main resource, and a finalizer cannot be removed
from the list by itself; of the status a merge patch guards nothing, and a JSON Patch does by its `test`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runai_operator.api.names import CLAIM, FINALIZER
from runai_operator.sync.resource import Resource

MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"


def claim_patch(resource: Resource, annotation: str) -> dict[str, Any]:
    """Merge patch: the claim, and our finalizer beside those that are there."""
    metadata: dict[str, Any] = {
        "resourceVersion": resource.metadata["resourceVersion"],
        "annotations": {CLAIM: annotation},
    }
    if not resource.finalized:
        metadata["finalizers"] = [*(resource.metadata.get("finalizers") or ()), FINALIZER]
    return {"metadata": metadata}


def release_patch(resource: Resource) -> dict[str, Any]:
    """Merge patch: the finalizers without ours."""
    others = [each for each in resource.metadata.get("finalizers") or () if each != FINALIZER]
    return {"metadata": {"resourceVersion": resource.metadata["resourceVersion"], "finalizers": others}}


def status_patch(uid: str, status: Mapping[str, Any]) -> list[dict[str, Any]]:
    """JSON Patch of the status subresource: the whole status, of this very object and no namesake."""
    return [
        {"op": "test", "path": "/metadata/uid", "value": uid},
        {"op": "add", "path": "/status", "value": dict(status)},
    ]
