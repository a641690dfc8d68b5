"""What is left of workloads that are gone: their deleted rows, which Run:ai lists for 14 days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile

from runai_operator.runai.errors import NotFound
from runai_operator.runai.models import Workload
from runai_operator.sync.absence import check_tenant
from runai_operator.sync.ledger import Ledger
from runai_operator.sync.names import Names, recorded
from runai_operator.sync.permission import MayUse
from runai_operator.sync.ports import Connection
from runai_operator.sync.reading import V2, instant
from runai_operator.sync.resource import Resource
from runai_operator.sync.situation import FINISHED, Gone, Observed, has_finished
from runai_operator.sync.stamp import Owner, read_stamp


class Remains:
    """Asked for through one connection, and only where something hangs on the answer. Raises RunaiError."""

    def __init__(self, connection: Connection, ledger: Ledger, may_use: MayUse) -> None:
        self._connection = connection
        self._client = connection.client
        self._ledger = ledger
        self._may_use = may_use

    async def was_deleted(self, resource: Resource, found: Observed) -> bool:
        """Whether the recorded workload's deleted row is there: who sees that is not blind. Asked only of a resource
        that goes: what is created anew because many vanished waits for a person's word."""
        names = recorded(resource)
        if not resource.deleting or resource.replacing or not isinstance(found, Gone) or names is None:
            return False
        return any(row.id == resource.workload_id and row.deleted_at is not None for row in await self._rows(names))

    async def had_finished(self, resource: Resource) -> bool | None:
        """As we told it, or as its deleted row tells; None where neither does. Asked only where it matters. Where the
        id was lost with the status, the last one of the name is meant, if the namespace may use its project."""
        names, status = recorded(resource), resource.status
        if resource.deleting or names is None or (resource.replacing and not resource.restored):
            return None
        told = status.get("phase") in FINISHED or status.get("completedAt")
        if told and not resource.replacing:  # else: of what came after it the status says nothing
            return True
        rows = await self._rows(names)
        if resource.replacing:
            last = next(iter(rows), None)
            return has_finished(last) if last is not None and last.id == resource.workload_id else None
        if resource.workload_id is None and not await self._may_use(names.project_id):
            return None
        row = next((row for row in rows if resource.workload_id in (None, row.id)), None)
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
        uncertain = self._ledger.create_uncertain_for(uid)
        if await self._may_use(names.project_id):
            for row in _since(resource, await self._rows(names)):
                if (came := await self._if_ours(resource, row, owner)) is not None:
                    return came
        self._ledger.note(uid, nothing_came=not uncertain)
        return None

    async def _if_ours(self, resource: Resource, row: Workload, owner: Owner) -> Gone | None:
        try:
            view = check_tenant(await self._client.get(row.id), self._connection)
        except NotFound:  # deleted ones may be listed only
            anothers = row.id in self._ledger.entry(resource.uid).others
            return None if anothers else Gone(has_finished(row), unseen=row)
        stamp = read_stamp(view.workload.raw_manifest or {})
        if stamp is None or stamp.owner != owner:
            return None
        of_it = resource.restored or stamp.owner.uid in (None, resource.uid)
        return Gone(has_finished(row), unseen=row, digest=stamp.digest) if of_it else None

    async def _rows(self, names: Names) -> tuple[Workload, ...]:
        """The last one first; only what was made through the operator's API can be one of ours."""
        page = await self._client.list(filter_by=in_place(names), deleted=True, sort_by="deletedAt", sort_order="desc")
        return tuple(row for row in page.workloads if row.source_api == V2)


def _since(resource: Resource, rows: Sequence[Workload]) -> Iterator[Workload]:
    """Those of the resource's name that an unseen create of it may have made: none of before what is known, nor any
    where that is not among them, and none of before the resource, which were a former namesake's. Of a backup's
    resource nobody knows the age."""
    known = {resource.workload_id, resource.claim.replaces if resource.claim else None} - {None}
    if known and not any(row.id in known for row in rows):
        return
    since = instant(resource.metadata.get("creationTimestamp"))
    for row in takewhile(lambda each: each.id not in known, rows):
        later = row.created_at is not None and since is not None and row.created_at >= since
        if later or (resource.restored and resource.workload_id is not None):
            yield row


def in_place(names: Names) -> tuple[str, str]:
    """The filters of a list that shows what has these names."""
    return f"name=={names.workload}", f"projectId=={names.project_id}"
