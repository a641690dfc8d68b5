"""The Run:ai client: credentials, transport, workloads, errors. Knows nothing of Kubernetes.

Import from here; the modules are its own business.
"""

from .client import BatchAction, Gate, RunaiClient
from .errors import (
    Ambiguous,
    Conflict,
    Forbidden,
    NotFound,
    OtherTenant,
    Refused,
    Rejected,
    Retryable,
    RunaiError,
    Throttled,
    Unavailable,
    Unreadable,
)
from .models import (
    BatchFailure,
    BatchResult,
    Cluster,
    Endpoint,
    Page,
    PendingSchedulingMessage,
    Project,
    SyncInfo,
    Token,
    Workload,
    WorkloadDetailed,
    WorkloadV2,
    WorkloadView,
)
from .requests import CreateWorkload, UpdateWorkload
from .tokens import Credentials, CredentialsSource
from .wire import Observer, Permit

__all__ = [
    "Ambiguous",
    "BatchAction",
    "BatchFailure",
    "BatchResult",
    "Cluster",
    "Conflict",
    "CreateWorkload",
    "Credentials",
    "CredentialsSource",
    "Endpoint",
    "Forbidden",
    "Gate",
    "NotFound",
    "Observer",
    "OtherTenant",
    "Page",
    "PendingSchedulingMessage",
    "Permit",
    "Project",
    "Refused",
    "Rejected",
    "Retryable",
    "RunaiClient",
    "RunaiError",
    "SyncInfo",
    "Throttled",
    "Token",
    "Unavailable",
    "Unreadable",
    "UpdateWorkload",
    "Workload",
    "WorkloadDetailed",
    "WorkloadV2",
    "WorkloadView",
]
