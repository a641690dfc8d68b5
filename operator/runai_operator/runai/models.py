"""What Run:ai answers: lenient readers, one for each shape of the OpenAPI documents.

Unknown fields are ignored, enums are open strings, and what is missing, null or of another type than documented takes
its default. Only what nothing could be concluded without is required: ids, lists, and a `deletedAt` that can be read.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    AliasChoices,
    AliasPath,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    RootModel,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel

from .requests import CreateWorkload as CreateWorkload
from .requests import UpdateWorkload as UpdateWorkload

LATEST = datetime(2200, 1, 1, tzinfo=UTC)


def _unset(value: object) -> object:
    """None for the ways in which a Go server writes "no time": an empty string, or the year 1.

    A number is no time: pydantic would read a 0 as 1970, and a workload with that `deletedAt` as deleted.
    """
    if value is None or isinstance(value, datetime):
        return value
    if not isinstance(value, str) or (value and value[4:5] != "-"):
        raise ValueError("not a time as RFC 3339 writes it")
    return None if value == "" or value.startswith("0001-01-01") else value


def _in_utc(value: datetime | None) -> datetime | None:
    """In UTC; without an offset it is meant so.

    What is said to have happened after LATEST did not: believed, one `updatedAt` there would make all later ones old.
    """
    if value is None:
        return None
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    if aware > LATEST:
        raise ValueError("after the year 2199")
    return aware.astimezone(UTC)


def _no_fraction(value: object) -> object:
    """Ids may be numbers, but whole ones."""
    if isinstance(value, float | bool):
        raise ValueError("not an id")  # noqa: TRY004 (pydantic makes a ValidationError of it)
    return value


AN_ID = r"[A-Za-z0-9_-][A-Za-z0-9._:-]*"
"""What may be an id: a part of a path that leads nowhere else, and that a status can hold."""

Time = Annotated[datetime | None, BeforeValidator(_unset), AfterValidator(_in_utc)]
Id = Annotated[str, BeforeValidator(_no_fraction), Field(min_length=1, max_length=253, pattern=f"^{AN_ID}$")]
Port = Annotated[int, Field(ge=0, le=65535)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
"""A number that JSON can hold: Python reads NaN and 1e400, and the API server takes neither."""
STRICT = frozenset({"deleted_at"})


class Answer(BaseModel):
    """The base of all that is read: frozen, camelCase on the wire, lenient."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="ignore",
        frozen=True,
        coerce_numbers_to_str=True,
        hide_input_in_errors=True,
    )

    @field_validator("*", mode="wrap")
    @classmethod
    def _default_for_what_is_odd(cls, value: Any, handler: Callable[[Any], Any], info: ValidationInfo) -> Any:
        field = cls.model_fields[info.field_name or ""]
        if field.is_required() or info.field_name in STRICT:
            return handler(value)
        try:
            return handler(value)
        except ValidationError:
            return field.get_default(call_default_factory=True)


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
