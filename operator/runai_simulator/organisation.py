"""The tenant's clusters and projects, and how the API shows them."""

import uuid
from dataclasses import dataclass
from typing import Any

from runai_simulator.clock import rfc3339

NAMES = uuid.UUID("6f1d3c9e-2f0b-4a55-9c9c-1b1f6a0d7e11")
DEPARTMENT_ID = str(uuid.uuid5(NAMES, "department/default"))
DEPARTMENT_NAME = "default"


@dataclass(frozen=True, slots=True)
class Cluster:
    uuid: str
    name: str
    created_at: float


@dataclass(frozen=True, slots=True)
class Project:
    id: str
    name: str
    cluster_id: str
    created_at: float
    updated_at: float

    @property
    def namespace(self) -> str:
        return f"runai-{self.name}"


def cluster_uuid(name: str) -> str:
    """The same name has the same id in every simulator, so that examples can name it."""
    return str(uuid.uuid5(NAMES, f"cluster/{name}"))


def default_clusters(now: float) -> dict[str, Cluster]:
    clusters = [Cluster(cluster_uuid(name), name, now) for name in ("gpu-east", "gpu-west")]
    return {cluster.uuid: cluster for cluster in clusters}


def default_projects(now: float) -> dict[str, Project]:
    east, west = cluster_uuid("gpu-east"), cluster_uuid("gpu-west")
    rows = (("4501", "team-a", east), ("4502", "team-b", east), ("4503", "twin", east), ("4504", "twin", west))
    return {id_: Project(id_, name, cluster, now, now) for id_, name, cluster in rows}


def project_view(project: Project) -> dict[str, Any]:
    zero = {"gpu": 0.0, "cpu": 0.0, "memory": 0.0}
    return {
        "id": project.id,
        "name": project.name,
        "description": "",
        "clusterId": project.cluster_id,
        "parentId": DEPARTMENT_ID,
        "parent": {"id": DEPARTMENT_ID, "name": DEPARTMENT_NAME},
        "requestedNamespace": project.namespace,
        "enforceRunaiScheduler": True,
        "createdAt": rfc3339(project.created_at),
        "updatedAt": rfc3339(project.updated_at),
        "createdBy": "simulator",
        "updatedBy": "simulator",
        "resources": [{"nodePool": {"id": "1", "name": "default"}, "gpu": {"deserved": 64.0}}],
        "totalResources": {"gpuQuota": 64.0, "cpuQuota": None, "memoryQuota": None},
        "defaultNodePools": ["default"],
        "effective": {"defaultNodePools": ["default"]},
        "status": {
            "namespace": project.namespace,
            "phase": "Ready",
            "phaseMessage": "",
            "lastUpdatedTime": rfc3339(project.updated_at),
            "quotaStatus": {"allocated": zero, "allocatedNonPreemptible": zero, "requested": zero},
        },
    }


def cluster_view(cluster: Cluster, tenant: int, now: float, *, full: bool) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "uuid": cluster.uuid,
        "tenantId": tenant,
        "name": cluster.name,
        "createdAt": rfc3339(cluster.created_at),
    }
    if not full:
        return metadata
    return metadata | {
        "domain": f"https://{cluster.name}.example",
        "version": "2.25.0",
        "updatedAt": rfc3339(cluster.created_at),
        "deletedAt": None,
        "deleteRequestedAt": None,
        "lastLiveness": rfc3339(now),
        "status": {"state": "Connected", "platform": {"type": "vanilla", "kubeVersion": "v1.36.0"}},
    }
