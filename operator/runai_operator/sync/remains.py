"""What is left of workloads that are gone: their deleted rows, which Run:ai lists for 14 days."""

from __future__ import annotations

from runai_operator.runai.errors import NotFound
from runai_operator.runai.models import Workload
from runai_operator.sync.absence import check_tenant
from runai_operator.sync.ledger import Ledger
from runai_operator.sync.names import Names, recorded
from runai_operator.sync.ports import Connection
from runai_operator.sync.reading import V2, instant
from runai_operator.sync.resource import Resource
from runai_operator.sync.situation import FINISHED, Gone, Observed, has_finished
from runai_operator.sync.stamp import Owner, read_stamp


class Remains:
    """Asked for through one connection, and only where something hangs on the answer. Raises RunaiError."""

    def __init__(self, connection: Connection, ledger: Ledger) -> None:
        self._connection = connection
        self._client = connection.client
        self._ledger = ledger

    async def was_deleted(self, resource: Resource, found: Observed) -> bool:
        """Whether the recorded workload's deleted row is there: who sees that is not blind. Asked only of a resource
        that goes: what is created anew because many vanished waits for a person's word."""
        names = recorded(resource)
        if not resource.deleting or resource.replacing or not isinstance(found, Gone) or names is None:
            return False
        row = await self._deleted_row(names, resource.workload_id)
        return row is not None and row.id == resource.workload_id and row.deleted_at is not None

    async def had_finished(self, resource: Resource, workload_id: str | None) -> bool | None:
        """As we told it, or as its deleted row tells; None where neither does. Asked only where it matters. Where the
        id was lost with the status, the last one of the name is meant."""
        names, status = recorded(resource), resource.status
        if resource.deleting or names is None or (resource.replacing and not resource.restored):
            return None
        if resource.replacing:  # only of the one that was to be replaced: of what came after it the status says nothing
            last = await self._deleted_row(names, None)
            return None if last is None or last.id != resource.workload_id else has_finished(last)
        if status.get("phase") in FINISHED or status.get("completedAt"):
            return True
        row = await self._deleted_row(names, workload_id)
        return None if row is None else has_finished(row)

    async def came_and_went(self, resource: Resource, owner: Owner) -> Gone | None:
        """What came of a create that nobody saw the end of, where it is gone already: it may have run to its end.

        Asked once, and only where such a create may be: an earlier process's, one without an answer, or one that was
        sent after the backup was made that the resource came out of.
        """
        names, uid = recorded(resource), resource.uid
        possible = (resource.restored and resource.workload_id) or self._ledger.may_have_sent(uid)
        if names is None or resource.deleting or not possible or self._ledger.entry(uid).nothing_came:
            return None
        row = await self._deleted_row(names, None)
        if row is not None and _may_be_of(resource, row):
            try:
                view = check_tenant(await self._client.get(row.id), self._connection)
            except NotFound:  # deleted ones may be listed only
                return Gone(has_finished(row), unseen=row)
            stamp = read_stamp(view.workload.raw_manifest or {})
            if stamp is not None and stamp.owner == owner and (resource.restored or stamp.owner.uid in (None, uid)):
                return Gone(has_finished(row), unseen=row, digest=stamp.digest)
        self._ledger.note(uid, nothing_came=not self._ledger.create_uncertain_for(uid))
        return None

    async def _deleted_row(self, names: Names, workload_id: str | None) -> Workload | None:
        """Listed for 14 days; without an id the last one of the name."""
        page = await self._client.list(filter_by=in_place(names), deleted=True, sort_by="deletedAt", sort_order="desc")
        return next((row for row in page.workloads if workload_id in (None, row.id)), None)


def _may_be_of(resource: Resource, row: Workload) -> bool:
    """Whether a deleted workload of the resource's name may be what an unseen create of it made: none of those that are
    known, and none of before the resource, which were a former namesake's. Of a backup's resource nobody knows the age.
    """
    claim, since = resource.claim, instant(resource.metadata.get("creationTimestamp"))
    if row.source_api != V2 or row.id in (resource.workload_id, claim.replaces if claim else None):
        return False
    if resource.restored and resource.workload_id is not None:
        return True
    return row.created_at is not None and since is not None and row.created_at >= since


def in_place(names: Names) -> tuple[str, str]:
    """The filters of a list that shows what has these names."""
    return f"name=={names.workload}", f"projectId=={names.project_id}"
