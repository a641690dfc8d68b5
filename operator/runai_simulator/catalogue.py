"""Priorities, categories, workload types and node pools: what a fresh tenant comes with."""

import uuid
from typing import Any

from runai_simulator.clock import rfc3339
from runai_simulator.manifests import BUILD_KINDS, SERVING_KINDS
from runai_simulator.organisation import NAMES, Cluster

PRIORITIES = {
    "very-low": 25, "low": 40, "medium-low": 65, "medium": 80, "medium-high": 90, "high": 125, "very-high": 150,
}  # fmt: skip
CATEGORIES = ("Build", "Train", "Deploy")
DEFAULT_PRIORITY = {"Build": "high", "Train": "low", "Deploy": "very-high"}
PREEMPTIBLE_BELOW = 100
TYPES = {
    "Job": "batch", "PyTorchJob": "kubeflow.org", "TFJob": "kubeflow.org", "MPIJob": "kubeflow.org",
    "XGBoostJob": "kubeflow.org", "JAXJob": "kubeflow.org", "RayJob": "ray.io", "RayCluster": "ray.io",
    "RayService": "ray.io", "Deployment": "apps", "StatefulSet": "apps", "InferenceService": "serving.kserve.io",
}  # fmt: skip


def default_category(kind: str) -> str:
    if kind in SERVING_KINDS:
        return "Deploy"
    return "Build" if kind in BUILD_KINDS else "Train"


def default_preemptibility(priority: str) -> str:
    return "preemptible" if PRIORITIES[priority] < PREEMPTIBLE_BELOW else "non-preemptible"


def _id(what: str, name: str) -> str:
    return str(uuid.uuid5(NAMES, f"{what}/{name}"))


def priority_views(since: float) -> list[dict[str, Any]]:
    return [
        {
            "id": _id("priority", name),
            "name": name,
            "value": value,
            "source": "system",
            "createdAt": rfc3339(since),
            "updatedAt": rfc3339(since),
        }
        for name, value in PRIORITIES.items()
    ]


def category_views(since: float) -> list[dict[str, Any]]:
    return [
        {
            "id": _id("category", name),
            "name": name,
            "description": f"{name} workloads",
            "createdAt": rfc3339(since),
            "createdBy": "system",
        }
        for name in CATEGORIES
    ]


def type_views(since: float) -> dict[str, dict[str, Any]]:
    views = [_type_view(kind, group, since) for kind, group in TYPES.items()]
    return {view["id"]: view for view in views}


def _type_view(kind: str, group: str, since: float) -> dict[str, Any]:
    category = default_category(kind)
    priority = DEFAULT_PRIORITY[category]
    return {
        "id": _id("type", kind),
        "name": kind,
        "group": group,
        "categoryId": _id("category", category),
        "categoryName": category,
        "priorityId": _id("priority", priority),
        "priorityName": priority,
        "createdAt": rfc3339(since),
        "createdBy": "system",
        "updatedAt": rfc3339(since),
        "updatedBy": "system",
    }


def node_pool_view(cluster: Cluster, tenant: int) -> dict[str, Any]:
    since = rfc3339(cluster.created_at)
    return {
        "id": _id("node-pool", cluster.uuid),
        "name": "default",
        "tenantId": tenant,
        "clusterId": cluster.uuid,
        "clusterName": cluster.name,
        "labelKey": "runai/node-pool",
        "labelValue": "default",
        "isDefault": True,
        "phase": "Ready",
        "phaseMessage": "",
        "createdAt": since,
        "createdBy": "system",
        "updatedAt": since,
        "updatedBy": "system",
    }
