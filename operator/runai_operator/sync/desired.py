"""What the spec asks for, resolved, and the digest that tells one such wish from another."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runai_operator.api.workload import RunaiWorkloadSpec
from runai_operator.runai.models import CreateWorkload, UpdateWorkload
from runai_operator.sync.stamp import Owner, Stamp, stamped

# Fields that Run:ai takes at creation only: WorkloadV2MetadataUpdateParams of the contract has neither.
FIXED = ("preemptibility", "mnnvl")


@dataclass(frozen=True)
class Desired:
    """A workload as the spec wants it: the manifest with its name filled in, without stamp."""

    name: str
    project_id: str
    manifest: Mapping[str, Any]
    priority: str | None
    category: str | None
    preemptibility: str | None
    mnnvl: str | None
    digest: str

    @property
    def fixed(self) -> dict[str, str | None]:
        """What no update can change, only a new workload."""
        return {"preemptibility": self.preemptibility, "mnnvl": self.mnnvl}

    def digest_with(self, fixed: Mapping[str, str | None]) -> str:
        """The digest of the same wish, but for these values of what no update can change."""
        wish = {"manifest": self.manifest, "priority": self.priority, "category": self.category}
        return digest({**wish, **{field: fixed.get(field) for field in FIXED}})

    def creation(self, owner: Owner) -> CreateWorkload:
        return CreateWorkload(
            name=self.name,
            project_id=self.project_id,
            priority=self.priority,
            category=self.category,
            preemptibility=self.preemptibility,
            mnnvl=self.mnnvl,
            manifest=self.stamped(self.manifest, owner),
        )

    def update(self, owner: Owner) -> UpdateWorkload:
        manifest = self.stamped(self.manifest, owner)
        return UpdateWorkload(manifest=manifest, priority=self.priority, category=self.category)

    def stamped(self, manifest: Mapping[str, Any], owner: Owner) -> dict[str, Any]:
        """A manifest that stands for this wish, with the stamp that says so."""
        scheduling = {"priority": self.priority, "category": self.category, **self.fixed}
        named = frozenset(field for field, wish in scheduling.items() if wish is not None)
        return stamped(manifest, Stamp(owner, self.digest, named))


def desire(spec: RunaiWorkloadSpec, *, name: str, project_id: str) -> Desired:
    """Resolve a spec whose workload name and project are known."""
    manifest = named(spec.manifest, name)
    scheduling = spec.scheduling
    wish = {
        "manifest": manifest,
        "priority": scheduling.priority,
        "category": scheduling.category,
        "preemptibility": scheduling.preemptibility,
        "mnnvl": scheduling.mnnvl,
    }
    return Desired(
        name=name,
        project_id=project_id,
        manifest=manifest,
        priority=scheduling.priority,
        category=scheduling.category,
        preemptibility=scheduling.preemptibility,
        mnnvl=scheduling.mnnvl,
        digest=digest(wish),
    )


def named(manifest: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The manifest with metadata.name, which defaults to the workload's name."""
    metadata = dict(manifest.get("metadata") or {})
    metadata.setdefault("name", name)
    return {**manifest, "metadata": metadata}


def digest(wish: Mapping[str, Any]) -> str:
    """SHA-256 over canonical JSON (keys sorted, no white space), in hexadecimal."""
    canonical = json.dumps(wish, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
