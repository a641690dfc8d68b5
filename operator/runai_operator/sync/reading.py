"""What an answer of Run:ai says of a workload, and when it need not be asked for; pure."""

from __future__ import annotations

from datetime import UTC, datetime

from runai_operator.api.reasons import Reason
from runai_operator.engine.backoff import FLOOR
from runai_operator.engine.budget import LONGEST_PAUSE
from runai_operator.runai.errors import Forbidden, RunaiError, Throttled
from runai_operator.runai.models import Workload, WorkloadView
from runai_operator.sync.ledger import Ledger
from runai_operator.sync.names import Names
from runai_operator.sync.resource import Resource
from runai_operator.sync.situation import STOPPED, Ownership, Unknown, has_finished
from runai_operator.sync.stamp import Owner, read_stamp

V2 = "WorkloadsV2"
"""The sourceApi of what was made through the API that the operator uses."""


def newest(view: WorkloadView, row: Workload | None) -> datetime | None:
    """The latest updatedAt of both; `row` was read before."""
    known = (view.workload.metadata.updated_at, row.updated_at if row else None)
    return max((at for at in known if at), default=None)


def is_gone(view: WorkloadView) -> bool:
    return view.workload.metadata.deleted_at is not None or _sync_status(view) == "Deleted"


def is_leaving(view: WorkloadView) -> bool:
    return _sync_status(view) == "Deleting" or view.workload.desired_phase == "Deleted"


def owned_by(view: WorkloadView, owner: Owner, names: Names | None = None) -> tuple[Ownership, str]:
    """By the stamp; one whose id and `names` we recorded is ours without a stamp too (adopted, or edited in the UI)."""
    stamp, metadata = read_stamp(view.workload.raw_manifest or {}), view.workload.metadata
    if stamp is None:
        ours = names is not None and (metadata.name, metadata.project_id) == (names.workload, names.project_id)
        return (Ownership.OURS, "") if ours else (Ownership.UNOWNED, "nobody: it carries no stamp")
    return (Ownership.OURS, "") if stamp.owner == owner else (Ownership.ANOTHERS, f"RunaiWorkload {stamp.owner}")


def unknown(error: RunaiError) -> Unknown:
    """A read that failed says nothing about the workload."""
    if isinstance(error, Throttled):
        return Unknown(Reason.THROTTLED, error.message, after=bearable(error.retry_after))
    if isinstance(error, Forbidden):
        return Unknown(Reason.NOT_PERMITTED, error.message)
    return Unknown(Reason.RUNAI_UNAVAILABLE, error.message)


def bearable(retry_after: float | None) -> float | None:
    """A Retry-After in seconds, but neither a loop, as 0 or a skewed clock would make, nor days."""
    return None if retry_after is None else min(max(retry_after, FLOOR), LONGEST_PAUSE)


def at_rest(resource: Resource, ledger: Ledger) -> bool:
    """Whether this very spec was told to be where it should be, and nobody asked for a new look."""
    synced = resource.condition("Synced") or {}
    settled = synced.get("status") == "True" or synced.get("reason") in (Reason.DRIFTED, Reason.SERVER_DIFFERS)
    return (
        settled
        and resource.workload_id is not None
        and resource.claim is not None
        and resource.finalized
        and resource.status.get("observedGeneration") == resource.generation
        and not (resource.restored or resource.just_restored)
        and not (resource.look_asked or resource.deleting or resource.replacing or resource.rerun_asked)
        and not ledger.update_uncertain_for(resource.uid)
    )


def is_compared(resource: Resource, row: Workload, ledger: Ledger) -> bool:
    """Whether this very state of the workload was held against this very spec: then no GET V2 is worth its price."""
    if not at_rest(resource, ledger) or (row.phase == "Pending" and resource.status.get("phase") != "Pending"):
        return False
    if row.updated_at is None or _suspension_differs(resource, row):
        return False
    recorded = instant((resource.status.get("syncInfo") or {}).get("updatedAt"))
    return any(at is not None and row.updated_at <= at for at in (recorded, ledger.entry(resource.uid).compared))


def _suspension_differs(resource: Resource, row: Workload) -> bool:
    """A row may be older than our own suspend: only a fresh view tells what was asked for."""
    suspend = (resource.body.get("spec") or {}).get("suspend")
    return suspend is not None and not has_finished(row) and suspend != (row.phase in STOPPED)


def instant(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def without_manifest(workload_id: str) -> Unknown:
    """Whose it is stands in the manifest: without one nobody can tell, and nothing may be let go of for it."""
    return Unknown(Reason.RUNAI_UNAVAILABLE, f"Run:ai's answer for workload {workload_id} has no rawManifest")


def _sync_status(view: WorkloadView) -> str | None:
    return view.sync_info.status if view.sync_info else None
