"""Looking for the one workload that spec.adopt.workloadId names: a user's word, so that access comes before answers."""

from __future__ import annotations

from runai_operator.api.reasons import Reason
from runai_operator.runai.errors import NotFound, RunaiError
from runai_operator.runai.models import Workload, WorkloadView
from runai_operator.sync.absence import check_tenant
from runai_operator.sync.names import Names
from runai_operator.sync.permission import MayUse
from runai_operator.sync.ports import Connection, Problem
from runai_operator.sync.reading import V2, is_gone, is_leaving, newest, owned_by, unknown, without_manifest
from runai_operator.sync.situation import Leaving, Observed, Ownership, Present, Unknown
from runai_operator.sync.stamp import Owner

FIELD = "spec.adopt.workloadId"


async def named(connection: Connection, workload_id: str, names: Names, owner: Owner, may_use: MayUse) -> Observed:
    """The workload with this id, which must bear the resource's names. Never raises RunaiError: that is `Unknown`.

    Raises Problem where there is none, or another is meant. Of a project that the namespace may not use nothing is
    told, not even that the workload exists.
    """
    try:
        row = await _listed(connection, workload_id)
        if row is None or not (row.project_id == names.project_id or await may_use(row.project_id)):
            await connection.client.project(names.project_id)
            raise Problem(Reason.INVALID_SPEC, _nothing_there(workload_id))
        _check_names(row, names)
        if row.source_api != V2:
            return Present(row.id, Ownership.UNOWNED, row=row, owner="nobody: it was not made through the V2 API")
        return _seen(check_tenant(await connection.client.get(workload_id), connection), row, owner)
    except NotFound:
        message = f"Run:ai shows neither workload {workload_id} nor the project {names.project}"
        return Unknown(Reason.RUNAI_UNAVAILABLE, message)
    except RunaiError as error:
        return unknown(error)


async def _listed(connection: Connection, workload_id: str) -> Workload | None:
    """Read afresh: whether it has finished hangs on it."""
    try:
        row = await connection.client.read(workload_id)
    except NotFound:
        return None
    return row if row.deleted_at is None and row.id == workload_id else None


def _seen(view: WorkloadView, row: Workload, owner: Owner) -> Observed:
    if is_gone(view):
        raise Problem(Reason.INVALID_SPEC, _nothing_there(row.id))
    if is_leaving(view):
        return Leaving(row.id)
    if view.workload.raw_manifest is None:
        return without_manifest(row.id)
    ownership, text = owned_by(view, owner)
    return Present(row.id, ownership, view, row, text, newest(view, row))


def _check_names(row: Workload, names: Names) -> None:
    if row.project_id != names.project_id:
        message = (
            f"{FIELD}: workload {row.id} is in the project {row.project_name}, not in {names.project}: set "
            f"spec.projectId to {row.project_id}, without spec.projectName and spec.clusterName"
        )
        raise Problem(Reason.INVALID_SPEC, message)
    if row.name != names.workload:
        message = f"{FIELD}: workload {row.id} is named {row.name}: set spec.workloadName to {row.name}"
        raise Problem(Reason.INVALID_SPEC, message)


def _nothing_there(workload_id: str) -> str:
    return (
        f"{FIELD}: there is no workload {workload_id} in a project that this namespace may use: correct the id, or "
        "remove spec.adopt to have a new one submitted"
    )
