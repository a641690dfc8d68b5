"""Workloads as the API shows them: the V1 row, the V2 document, endpoints."""

from typing import Any

from runai_simulator.catalogue import PRIORITIES
from runai_simulator.clock import optional_rfc3339, rfc3339
from runai_simulator.manifests import SERVING_KINDS, with_additions
from runai_simulator.organisation import DEPARTMENT_ID, DEPARTMENT_NAME, Project
from runai_simulator.state import State
from runai_simulator.timeline import Step, current, seconds_in
from runai_simulator.workloads import Workload

POD_PHASES = {
    "Running": "Running", "Resuming": "Pending", "Pending": "Pending", "Completed": "Succeeded", "Failed": "Failed",
}  # fmt: skip


def row(state: State, workload: Workload) -> dict[str, Any]:
    """The workload as GET /api/v1/workloads lists it."""
    now = state.now()
    project = state.project_of(workload)
    phase = current(workload.phases, now)
    endpoints = endpoints_of(state, workload)
    view = {
        "id": workload.id,
        "name": workload.name,
        "type": workload.kind.kind,
        "tenantId": state.settings.tenant_id,
        "source": "Other" if workload.foreign else "Control-plane",
        "submittedBy": workload.by,
        "clusterId": project.cluster_id,
        "projectId": workload.project_id,
        "projectName": project.name,
        "departmentId": DEPARTMENT_ID,
        "departmentName": DEPARTMENT_NAME,
        "namespace": project.namespace,
        "category": workload.category,
        "priority": PRIORITIES[workload.priority],
        "priorityClassName": workload.priority,
        "preemptible": workload.preemptibility == "preemptible",
        "createdAt": rfc3339(workload.created_at),
        "updatedAt": rfc3339(updated_at(state, workload)),
        "deletedAt": optional_rfc3339(workload.deleted_at if workload.is_deleted(now) else None),
        "completedAt": optional_rfc3339(workload.completed_at(now)),
        **_of_phase(phase),
        "conditions": [],
        **_footprint(workload, now, running=phase.value == "Running"),
        "actionsSupport": {"delete": True, "suspend": workload.suspendable},
        "totalPendingTimeSeconds": int(seconds_in(workload.phases, "Pending", now)),
        "totalRunningTimeSeconds": int(seconds_in(workload.phases, "Running", now)),
        "urls": [endpoint["url"] for endpoint in endpoints],
        "endpoints": endpoints,
    }
    return view if workload.foreign else view | {"sourceApi": "WorkloadsV2"}


def _of_phase(phase: Step) -> dict[str, Any]:
    """Where it is, and since when; for its pods in Kubernetes' words."""
    since = rfc3339(phase.at)
    return {
        "phase": phase.value,
        "phaseMessage": phase.message,
        "phaseUpdatedAt": since,
        "k8sPhase": POD_PHASES.get(phase.value, phase.value),
        "k8sPhaseUpdatedAt": since,
    }


def _footprint(workload: Workload, now: float, *, running: bool) -> dict[str, Any]:
    """What it asks for, and what it has of it."""
    asked = workload.footprint
    return {
        "runningPods": asked.pods if running else 0,
        "requestedPods": {"number": asked.pods},
        "requestedNodePools": ["default"],
        "currentNodePools": ["default"] if running else [],
        "images": list(asked.images),
        "workloadRequestedResources": resources(asked.gpus),
        "podsRequestedResources": resources(asked.gpus / asked.pods),
        "allocatedResources": {"gpu": workload.allocated_gpus(now)},
        "idleAllocatedGpus": 0.0,
    }


def detailed(state: State, workload: Workload) -> dict[str, Any]:
    """The row, and why it is pending if it is."""
    phase = current(workload.phases, state.now())
    reasons = []
    if phase.value == "Pending" and phase.message:
        reasons = [
            {"nodePool": "default", "phaseReason": "OverLimit", "reason": phase.message, "userMessage": phase.message}
        ]
    return row(state, workload) | {"pendingSchedulingMessages": reasons}


def resources(gpus: float) -> dict[str, Any]:
    if not gpus:
        return {}
    return {"gpuRequestType": "portion", "gpu": {"limit": gpus, "request": gpus}}


def updated_at(state: State, workload: Workload) -> float:
    return workload.updated_at(state.now(), with_phase=state.settings.switches.updated_at_moves_with_phase)


def endpoints_of(state: State, workload: Workload) -> list[dict[str, Any]]:
    """Where a serving workload can be reached, while it runs."""
    if workload.kind.kind not in SERVING_KINDS or workload.phase(state.now()) != "Running":
        return []
    host = f"{workload.name}-{state.project_of(workload).namespace}.runai.example"
    url = f"https://{host}/"
    return [{"host": host, "port": 443, "path": "/", "tlsEnabled": True, "protocol": "https", "url": url}]


def v2(state: State, workload: Workload) -> dict[str, Any]:
    """The workload as /api/v2/workloads shows it."""
    project = state.project_of(workload)
    manifest = with_additions(
        workload.manifest,
        name=workload.name,
        namespace=project.namespace,
        project=project.name,
        priority=workload.priority,
    )
    return {
        "metadata": _metadata(state, workload, project),
        "desiredPhase": workload.desired,
        "workloadManifest": manifest,
        "rawManifest": workload.manifest,
    }


def with_sync_info(state: State, workload: Workload) -> dict[str, Any]:
    sync = current(workload.sync, state.now())
    return {"workload": v2(state, workload), "syncInfo": {"status": sync.value, "message": sync.message}}


def _metadata(state: State, workload: Workload, project: Project) -> dict[str, Any]:
    deleted = workload.is_deleted(state.now())
    kind = workload.kind
    return {
        "id": workload.id,
        "name": workload.name,
        "gvk": {"group": kind.group, "version": kind.version, "kind": kind.kind},
        "projectId": workload.project_id,
        "projectName": project.name,
        "clusterId": project.cluster_id,
        "tenantId": state.settings.tenant_id,
        "departmentId": DEPARTMENT_ID,
        "departmentName": DEPARTMENT_NAME,
        "priority": workload.priority,
        "category": workload.category,
        "preemptibility": workload.preemptibility,
        "configuration": {"mnnvl": workload.metadata.mnnvl or "None"},
        "createdAt": rfc3339(workload.created_at),
        "createdBy": workload.by,
        "updatedAt": rfc3339(updated_at(state, workload)),
        "updatedBy": workload.by,
        "deletedAt": optional_rfc3339(workload.deleted_at if deleted else None),
        "deletedBy": workload.by if deleted else None,
    }
