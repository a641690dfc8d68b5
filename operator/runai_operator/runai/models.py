"""What Run:ai answers: a lenient reader for each shape of the OpenAPI documents."""

from typing import Annotated, Any, Self

from pydantic import (
    AliasChoices,
    AliasPath,
    BeforeValidator,
    Field,
    RootModel,
    SecretStr,
    model_validator,
)

from .lenient import AN_ID as AN_ID
from .lenient import Amount, Answer, Id, Port, Time
from .requests import CreateWorkload as CreateWorkload
from .requests import UpdateWorkload as UpdateWorkload


class Endpoint(Answer):
    """Where a running workload can be reached."""

    url: str = ""
    host: str = ""
    port: Port | None = None
    path: str = ""
    protocol: str = ""
    tls_enabled: bool | None = None


class ActionsSupport(Answer):
    """Which actions a workload takes; None where Run:ai does not say."""

    suspend: bool | None = None
    delete: bool | None = None


class Workload(Answer):
    """A row of the v1 list. `source_api` is WorkloadsV2 for what V2 made; GET V2 on others is a 404."""

    id: Id
    name: str = ""
    project_id: str = ""
    project_name: str = ""
    cluster_id: str = ""
    tenant_id: str = ""
    namespace: str = ""
    type: str = ""
    phase: str = ""
    phase_message: str = ""
    phase_reason: str | None = None
    created_at: Time = None
    updated_at: Time = None
    phase_updated_at: Time = None
    completed_at: Time = None
    deleted_at: Time = None
    source_api: str | None = None
    actions_support: ActionsSupport = ActionsSupport()
    priority_class_name: str = ""
    category: str = ""
    preemptible: bool | None = None
    submitted_by: str = ""
    running_pods: int | None = None
    requested_node_pools: tuple[str, ...] = ()
    current_node_pools: tuple[str, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    urls: tuple[str, ...] = ()
    allocated_gpus: Amount | None = Field(None, validation_alias=AliasPath("allocatedResources", "gpu"))
    requested_gpus: Amount | None = Field(
        None, validation_alias=AliasPath("workloadRequestedResources", "gpu", "request")
    )


class PendingSchedulingMessage(Answer):
    """Why a workload waits for a node pool."""

    node_pool: str = ""
    phase_reason: str = ""
    reason: str = ""
    org_type: str | None = None
    user_message: str | None = None


class WorkloadDetailed(Workload):
    """One workload read by id in v1: a row, and why it is pending."""

    pending_scheduling_messages: tuple[PendingSchedulingMessage, ...] = ()


class SyncInfo(Answer):
    """How far the cluster is with what was submitted: Queued, Applying, Synced, Failed, Deleting, Deleted."""

    status: str = ""
    message: str = ""


class Gvk(Answer):
    """Group, version and kind of the manifest."""

    group: str = ""
    version: str = ""
    kind: str = ""


class Configuration(Answer):
    """Scheduling configuration of a workload."""

    mnnvl: str | None = None


class Metadata(Answer):
    """The metadata of a V2 workload."""

    id: Id
    name: str = ""
    project_id: str = ""
    project_name: str = ""
    cluster_id: str = ""
    tenant_id: str = ""
    priority: str | None = None
    category: str | None = None
    preemptibility: str | None = None
    configuration: Configuration = Configuration()
    gvk: Gvk = Gvk()
    created_at: Time = None
    updated_at: Time = None
    deleted_at: Time = None


class WorkloadV2(Answer):
    """A V2 workload. A manifest is None where the answer holds none."""

    metadata: Metadata
    desired_phase: str = ""
    workload_manifest: dict[str, Any] | None = None
    raw_manifest: dict[str, Any] | None = None


class WorkloadView(Answer):
    """The answer of GET V2: the workload, and how far the cluster is with it."""

    workload: WorkloadV2
    sync_info: SyncInfo | None = None


def _no_rows(value: object) -> object:
    """A Go server writes an empty list as null."""
    return () if value is None else value


class Page(Answer):
    """A page of the v1 list; `next` is the offset of the one after it, None at the end."""

    workloads: Annotated[tuple[Workload, ...], BeforeValidator(_no_rows)]
    next: int | None = None

    @property
    def count(self) -> int:
        return len(self.workloads)


class Endpoints(Answer):
    """The answer of a workload's endpoints."""

    endpoints: Annotated[tuple[Endpoint, ...], BeforeValidator(_no_rows)]


class BatchFailure(Answer):
    """What a batch could not do to one workload."""

    id: Id
    code: int | None = None
    message: str = ""


class BatchResult(Answer):
    """What a batch did, id by id. An answer that holds none of the three fields is no answer to a batch."""

    id: str = ""
    succeeded: tuple[str, ...] = ()
    failed: tuple[BatchFailure, ...] = ()

    @model_validator(mode="after")
    def _tells_of_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("none of id, succeeded and failed")
        return self


class Project(Answer):
    """A project; `namespace` is where its workloads run, where Run:ai says so."""

    id: Id
    name: str = ""
    cluster_id: str = ""
    parent_id: str = ""
    namespace: str | None = Field(None, validation_alias=AliasPath("status", "namespace"))
    phase: str | None = Field(None, validation_alias=AliasPath("status", "phase"))


class ProjectPage(Answer):
    """A page of projects."""

    projects: Annotated[tuple[Project, ...], BeforeValidator(_no_rows)]
    next: int | None = None

    @property
    def count(self) -> int:
        return len(self.projects)


class Cluster(Answer):
    """A cluster of the tenant."""

    uuid: Id
    name: str = ""
    tenant_id: str = ""


class Clusters(RootModel[tuple[Cluster, ...]]):
    """The answer of the clusters: a bare list."""


class WorkloadType(Answer):
    """A kind of workload that the tenant knows, and what its workloads get where they name nothing else."""

    name: str = ""
    group: str = ""
    category_name: str | None = None
    priority_name: str | None = None


class WorkloadTypes(Answer):
    """The answer of the workload types."""

    types: tuple[WorkloadType, ...]


class Token(Answer):
    """An access token as either token endpoint answers; `expires_in` is in seconds."""

    access_token: SecretStr = Field(validation_alias=AliasChoices("access_token", "accessToken"))
    expires_in: Amount | None = Field(None, validation_alias=AliasChoices("expires_in", "expiresIn"))
