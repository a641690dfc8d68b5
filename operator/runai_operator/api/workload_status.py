"""The status of a RunaiWorkload: what is told about it."""

from typing import Annotated

from pydantic import Field

from runai_operator.api.conditions import Condition, Timestamp
from runai_operator.api.wire import Cut, LongText, Text, Wire


class SyncInfo(Wire):
    status: Text | None = Field(
        default=None, description="Run:ai's own word: Queued, Applying, Synced, Failed, Deleting or Deleted."
    )
    message: LongText | None = Field(default=None, description="What Run:ai says about it.")
    updated_at: Timestamp | None = Field(
        default=None, description="When the workload had last changed in Run:ai, as it was last compared."
    )


class Endpoint(Wire):
    url: Annotated[str, Cut(2048)] | None = Field(default=None, description="Where it answers.")
    host: Text | None = Field(default=None, description="Host name of the address.")
    port: int | None = Field(default=None, description="Port of the address.")
    path: LongText | None = Field(default=None, description="Path of the address.")
    protocol: Text | None = Field(default=None, description="Protocol, such as http.")
    tls_enabled: bool | None = Field(default=None, description="Whether it is served over TLS.")


class Gpus(Wire):
    requested: float | None = Field(default=None, description="GPUs asked for; fractions are possible.")
    allocated: float | None = Field(default=None, description="GPUs held; fractions are possible.")


class SchedulingStatus(Wire):
    priority: Text | None = Field(default=None, description="Priority.")
    category: Text | None = Field(default=None, description="Category.")
    preemptibility: Text | None = Field(default=None, description="Preemptibility.")
    mnnvl: Text | None = Field(default=None, description="Multi-node NVLink.")
    node_pools: Annotated[tuple[Text, ...], Cut(64)] = Field(
        default=(),
        description="Node pools that the workload runs in.",
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
    )


class DriftItem(Wire):
    path: LongText = Field(description="JSON pointer into spec, such as /manifest/spec/replicas.")
    desired: LongText | None = Field(default=None, description="What the spec says, as JSON. Absent: nothing.")
    observed: LongText | None = Field(default=None, description="What Run:ai holds, as JSON. Absent: nothing.")


class RunaiWorkloadStatus(Wire):
    observed_generation: int | None = Field(
        default=None, description="metadata.generation that the status speaks of; -1 before the first look."
    )
    uid: Text | None = Field(
        default=None,
        description="metadata.uid of the resource that the status tells of. Another uid than the resource's own: the "
        "status came with a backup, or with a copy. Absent: an earlier version wrote it, of this very resource.",
    )
    workload_id: Text | None = Field(default=None, description="Id of the workload in Run:ai, once submitted.")
    workload_name: Text | None = Field(default=None, description="Name of the workload in Run:ai.")
    project_id: Text | None = Field(default=None, description="Id of the Run:ai project.")
    project_name: Text | None = Field(default=None, description="Name of the Run:ai project.")
    cluster_id: Text | None = Field(default=None, description="Id of the Run:ai cluster.")
    namespace: Text | None = Field(default=None, description="Namespace of the workload in its cluster.")
    tenant_id: Text | None = Field(default=None, description="Id of the Run:ai tenant.")
    kind: Text | None = Field(default=None, description="Kind of the submitted manifest.")
    phase: Text | None = Field(default=None, description="Phase in Run:ai, such as Pending, Running or Completed.")
    phase_message: LongText | None = Field(default=None, description="What Run:ai says about the phase.")
    sync_info: SyncInfo | None = Field(default=None, description="Whether Run:ai has applied the manifest.")
    url: Annotated[str, Cut(2048)] | None = Field(default=None, description="The first of the endpoints.")
    endpoints: Annotated[tuple[Endpoint, ...], Cut(64)] = Field(
        default=(),
        description="Where the workload can be reached.",
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
    )
    gpus: Gpus | None = Field(default=None, description="GPUs, as of the last change of phase.")
    scheduling: SchedulingStatus | None = Field(default=None, description="How Run:ai says that it schedules it.")
    drift: Annotated[tuple[DriftItem, ...], Cut(32)] = Field(
        default=(),
        description="Where the workload in Run:ai differs from the spec.",
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
    )
    digest: Text | None = Field(
        default=None, description="SHA-256 of what the workload was last submitted from: tells a changed spec."
    )
    leaving: bool | None = Field(
        default=None,
        description="true once this resource is being deleted, and Run:ai was asked to delete the workload, or is "
        "doing so: from then on its absence is no wonder.",
    )
    vanished: bool | None = Field(
        default=None,
        description="true once it was told that the workload is gone, though none is recorded: this resource was "
        "restored from a backup. It stands until a run is called for, whatever is told meanwhile.",
    )
    unanswered: bool | None = Field(
        default=None,
        description="true while an update that got no answer may still be carried out, whatever is told meanwhile.",
    )
    started_at: Timestamp | None = Field(default=None, description="When the workload started.")
    completed_at: Timestamp | None = Field(default=None, description="When the workload completed or failed.")
    last_handled_reconcile_at: Text | None = Field(
        default=None, description="The last value of the annotation runai-operator.io/reconcile-at that was heeded."
    )
    last_handled_rerun_at: Text | None = Field(
        default=None, description="The last value of the annotation runai-operator.io/rerun-at that was heeded."
    )
    conditions: Annotated[tuple[Condition, ...], Field(max_length=16)] = Field(
        default=(),
        description="Ready, Synced, Succeeded; Reconciling and Stalled while they are true.",
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]},
    )
