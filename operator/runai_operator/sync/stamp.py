"""The stamp: annotations on the submitted manifest that say who owns a workload and what it was submitted from.

Run:ai keeps no idempotency key and no labels of ours; the manifest is the one thing that it stores and gives back
as it was (`rawManifest`), so ownership lives there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from runai_operator.api.names import (
    STAMP_CLUSTER,
    STAMP_DIGEST,
    STAMP_NAME,
    STAMP_NAMESPACE,
    STAMP_PREFIX,
    STAMP_SET,
    STAMP_UID,
    STAMP_VERSION,
)

VERSION = "1"
"""Of how a stamp is written, and of how a digest is taken: a workload stamped without one is of the first."""
STAMP_KEYS = frozenset({STAMP_CLUSTER, STAMP_DIGEST, STAMP_NAME, STAMP_NAMESPACE})
"""What makes a stamp; whatever else a version adds to it, these it has."""


@dataclass(frozen=True)
class Owner:
    """The resource that a workload belongs to; the cluster is told apart by its id.

    `uid` is not compared: a restored resource has another, and so has whoever takes back what its namesake left. None
    where an earlier version wrote the stamp.
    """

    cluster: str
    namespace: str
    name: str
    uid: str | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name} of cluster {self.cluster}"


@dataclass(frozen=True)
class Stamp:
    """What a submitted manifest says of its origin.

    `scheduling` names the fields of spec.scheduling that were set then: what is not among them is Run:ai's default.
    """

    owner: Owner
    digest: str
    scheduling: frozenset[str] = frozenset()


def stamped(manifest: Mapping[str, Any], stamp: Stamp) -> dict[str, Any]:
    """The manifest with the stamp among its annotations; the given one stays as it is."""
    metadata = manifest.get("metadata")
    metadata = dict(metadata) if isinstance(metadata, Mapping) else {}  # what is kept of Run:ai's may be anything
    metadata["annotations"] = {
        **_annotations(manifest),
        STAMP_CLUSTER: stamp.owner.cluster,
        STAMP_NAMESPACE: stamp.owner.namespace,
        STAMP_NAME: stamp.owner.name,
        STAMP_DIGEST: stamp.digest,
        STAMP_VERSION: VERSION,
        STAMP_SET: ",".join(sorted(stamp.scheduling)),  # though it be empty: a server that merges would keep the last
        **({STAMP_UID: stamp.owner.uid} if stamp.owner.uid else {}),
    }
    return {**manifest, "metadata": metadata}


def read_stamp(manifest: Mapping[str, Any]) -> Stamp | None:
    """The stamp that a manifest carries; None where one of its keys is missing, or no text."""
    annotations = _annotations(manifest)
    if not all(isinstance(annotations.get(key), str) for key in STAMP_KEYS):
        return None
    uid = str(annotations.get(STAMP_UID) or "") or None
    owner = Owner(annotations[STAMP_CLUSTER], annotations[STAMP_NAMESPACE], annotations[STAMP_NAME], uid)
    scheduling = str(annotations.get(STAMP_SET) or "")
    return Stamp(owner, annotations[STAMP_DIGEST], frozenset(filter(None, scheduling.split(","))))


def unstamped(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest without stamp, a later version's too; annotations that are empty then are left out, as Kubernetes
    reads them."""
    metadata = manifest.get("metadata") or {}
    if not isinstance(metadata, Mapping) or not isinstance(metadata.get("annotations") or {}, Mapping):
        return dict(manifest)  # nothing of ours is in there, and it differs from what anybody would want
    annotations = {key: value for key, value in _annotations(manifest).items() if not key.startswith(STAMP_PREFIX)}
    kept = {key: value for key, value in metadata.items() if key != "annotations"}
    return {**manifest, "metadata": kept | ({"annotations": annotations} if annotations else {})}


def _annotations(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = manifest.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    return annotations if isinstance(annotations, Mapping) else {}
