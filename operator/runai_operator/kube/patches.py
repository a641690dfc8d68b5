"""The patches that we send, each with its guard; pure, so that whatever plays the API server can apply the same.

Tried on Kubernetes 1.36: resourceVersion guards a merge patch of the main resource, and a finalizer cannot be removed
from the list by itself; of the status a merge patch guards nothing, and a JSON Patch does by its `test`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from runai_operator.api.names import CLAIM, FINALIZER
from runai_operator.sync.resource import Resource

MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
PLAIN = re.compile(r"[\n\r\t -%'-;=?-~]*")
"""Text that Go and Python write alike in JSON: printable ASCII without &, < and >, and white space."""
SMALLEST, LARGEST = 1e-4, 1e15
"""Numbers between these, and 0, are written alike."""


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


def finalizers_patch(body: Mapping[str, Any], finalizers: Sequence[str]) -> dict[str, Any]:
    """Merge patch of any object: these finalizers."""
    return {"metadata": {"resourceVersion": body["metadata"]["resourceVersion"], "finalizers": [*finalizers]}}


def status_patch(body: Mapping[str, Any], status: Mapping[str, Any]) -> list[dict[str, Any]]:
    """JSON Patch of the status subresource: the whole status, of this very object and no namesake, over the status
    that was read and no newer one: a leader that slept tells nothing over the head of its successor.

    The API server compares text with text, as each side happened to spell it: where two spellings are possible, the
    resourceVersion stands for the status.
    """
    metadata, before = body["metadata"], body.get("status")
    unchanged = (
        ("/status", before)
        if before and spelt_alike(before)
        else ("/metadata/resourceVersion", metadata["resourceVersion"])
    )
    tests = (("/metadata/uid", metadata["uid"]), unchanged)
    return [
        *({"op": "test", "path": path, "value": value} for path, value in tests),
        {"op": "add", "path": "/status", "value": dict(status)},
    ]


def spelt_alike(value: Any) -> bool:
    """Whether Go and Python write this JSON value with the same characters: Go escapes <, > and &, Python what is
    not ASCII, and neither writes very large or small numbers as the other does."""
    match value:
        case str():
            return PLAIN.fullmatch(value) is not None
        case Mapping():
            return all(spelt_alike(key) and spelt_alike(each) for key, each in value.items())
        case list():
            return all(map(spelt_alike, value))
        case float():
            return not value or SMALLEST <= abs(value) < LARGEST
        case int():
            return abs(value) < LARGEST
    return value is None
