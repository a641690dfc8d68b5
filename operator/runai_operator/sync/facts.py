"""What Run:ai's answers say of a workload, in the words of the status."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from runai_operator.api.workload_status import (
    Endpoint,
    Gpus,
    RunaiWorkloadStatus,
    SchedulingStatus,
    SyncInfo,
)
from runai_operator.runai.models import Metadata, Workload, WorkloadDetailed, WorkloadV2, WorkloadView
from runai_operator.sync.situation import has_finished
from runai_operator.sync.stamp import Stamp


def of_submission(
    status: RunaiWorkloadStatus, workload: WorkloadV2, *, anew: bool, digest: str | None
) -> RunaiWorkloadStatus:
    """After a POST (`anew`: nothing of a workload before it counts) or a PUT: submitted, and not applied yet."""
    if anew:
        status = begun_anew(status)
    changes = {"digest": digest, "sync_info": None, "drift": (), **_identity(workload.metadata)}
    return status.model_copy(update=changes)


def of_adoption(
    status: RunaiWorkloadStatus, workload_id: str, view: WorkloadView | None, *, digest: str | None
) -> RunaiWorkloadStatus:
    """A workload that was found, or taken over; nothing of another before it counts."""
    identity = _identity(view.workload.metadata) if view else {}
    return begun_anew(status).model_copy(update={**identity, "workload_id": workload_id, "digest": digest})


def of_unseen(status: RunaiWorkloadStatus, row: Workload, *, digest: str | None) -> RunaiWorkloadStatus:
    """What ran and went before anybody recorded it. In which phase it ended is not told: by its deleted row nobody can
    tell of which spec that was the end."""
    changes = {
        "workload_id": row.id,
        "workload_name": row.name or None,
        "project_id": row.project_id or None,
        "project_name": row.project_name or None,
        "cluster_id": row.cluster_id or None,
        "tenant_id": row.tenant_id or None,
        "completed_at": _at(row.completed_at or (row.deleted_at if has_finished(row) else None)),
        "digest": digest,
    }
    return begun_anew(status).model_copy(update=changes)


def begun_anew(status: RunaiWorkloadStatus) -> RunaiWorkloadStatus:
    """What outlives a workload: the conditions until they are told anew, and which annotations were answered."""
    return RunaiWorkloadStatus(
        conditions=status.conditions,
        last_handled_reconcile_at=status.last_handled_reconcile_at,
        last_handled_rerun_at=status.last_handled_rerun_at,
    )


def of_view(
    status: RunaiWorkloadStatus,
    view: WorkloadView,
    row: Workload | None,
    *,
    stamp: Stamp | None,
    compared: datetime | None,
) -> RunaiWorkloadStatus:
    """A fresh GET V2, held against the spec just now."""
    metadata, info = view.workload.metadata, view.sync_info
    pools = row.current_node_pools if row else (status.scheduling.node_pools if status.scheduling else ())
    scheduling = SchedulingStatus(
        priority=metadata.priority,
        category=metadata.category,
        preemptibility=metadata.preemptibility,
        mnnvl=metadata.configuration.mnnvl,
        node_pools=pools,
    )
    changes: dict[str, Any] = {
        **_identity(metadata),
        "scheduling": scheduling,
        "sync_info": SyncInfo(
            status=info.status if info else None,
            message=(info.message or None) if info else None,
            updated_at=_at(compared),
        ),
    }
    if stamp is not None:
        changes["digest"] = stamp.digest
    return status.model_copy(update=changes)


def of_row(status: RunaiWorkloadStatus, row: Workload) -> RunaiWorkloadStatus:
    """A row of the list. GPUs move only together with the phase: alone they would make a write for every pod."""
    moved = row.phase != status.phase
    changes: dict[str, Any] = {
        "phase": row.phase or None,
        "phase_message": _phase_message(row) or (None if moved or row.phase != "Pending" else status.phase_message),
        "namespace": row.namespace or status.namespace,
        "completed_at": _at(row.completed_at),
    }
    if moved or "endpoints" in row.model_fields_set:
        changes |= _reach(row)
    if moved or status.gpus is None:
        changes["gpus"] = Gpus(requested=_unsigned(row.requested_gpus), allocated=_unsigned(row.allocated_gpus))
    if row.phase == "Running" and status.started_at is None:
        changes["started_at"] = _at(row.phase_updated_at)
    return status.model_copy(update=changes)


def _unsigned(number: float | None) -> float | None:
    """-0 as 0: the API server would give it back as a text that ours never equals."""
    return None if number is None else number + 0.0


def out_of_reach(status: RunaiWorkloadStatus, *, finished: bool) -> RunaiWorkloadStatus:
    """Of a workload that is gone: it is nowhere to be reached, and in a phase only if it had come to its end."""
    changes: dict[str, Any] = {"url": None, "endpoints": ()}
    return status.model_copy(update=changes if finished else changes | {"phase": None, "phase_message": None})


def _phase_message(row: Workload) -> str | None:
    """Why it waits is told by id only (v1 `pendingSchedulingMessages`); the list keeps silent about it."""
    waits = row.pending_scheduling_messages if isinstance(row, WorkloadDetailed) else ()
    return row.phase_message or "; ".join(each.user_message or each.reason for each in waits) or None


def _reach(row: Workload) -> dict[str, Any]:
    endpoints = tuple(
        Endpoint(
            url=each.url or None,
            host=each.host or None,
            port=each.port,
            path=each.path or None,
            protocol=each.protocol or None,
            tls_enabled=each.tls_enabled,
        )
        for each in row.endpoints
    )
    url = next((each.url for each in row.endpoints if each.url), None) or next(iter(row.urls), None)
    return {"endpoints": endpoints, "url": url}


def _identity(metadata: Metadata) -> dict[str, Any]:
    return {
        "workload_id": metadata.id,
        "workload_name": metadata.name or None,
        "project_id": metadata.project_id or None,
        "project_name": metadata.project_name or None,
        "cluster_id": metadata.cluster_id or None,
        "tenant_id": metadata.tenant_id or None,
        "kind": metadata.gvk.kind or None,
    }


def _at(when: datetime | None) -> str | None:
    """RFC 3339 in UTC; fractions of a second are kept, for the time is compared."""
    return None if when is None else when.astimezone(UTC).isoformat().replace("+00:00", "Z")
