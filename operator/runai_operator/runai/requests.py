"""What is sent to Run:ai. Names are ours and deterministic: `useGivenNameAsPrefix` and `clusterId` are never sent."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class CreateWorkload:
    """A workload to submit. What is None is left to Run:ai's defaults."""

    name: str
    project_id: str
    manifest: Mapping[str, Any]
    priority: str | None = None
    category: str | None = None
    preemptibility: str | None = None
    mnnvl: str | None = None

    def body(self) -> dict[str, Any]:
        """The WorkloadV2CreateRequest of the OpenAPI document."""
        optional = {"priority": self.priority, "category": self.category, "preemptibility": self.preemptibility}
        metadata: dict[str, Any] = {"name": self.name, "projectId": self.project_id}
        metadata |= {key: value for key, value in optional.items() if value is not None}
        if self.mnnvl is not None:
            metadata["configuration"] = {"mnnvl": self.mnnvl}
        return {"metadata": metadata, "manifest": self.manifest}


@dataclass(frozen=True, kw_only=True)
class UpdateWorkload:
    """What a workload is to become. A priority or category of None is sent as null: removed; one that is named in
    `leave_out` is not sent at all."""

    manifest: Mapping[str, Any]
    priority: str | None = None
    category: str | None = None
    leave_out: Collection[str] = ()

    def body(self) -> dict[str, Any]:
        """The WorkloadV2UpdateRequest of the OpenAPI document."""
        metadata = {"priority": self.priority, "category": self.category}
        sent = {field: value for field, value in metadata.items() if field not in self.leave_out}
        return {"metadata": sent, "manifest": self.manifest}
