"""Looking at the workload of a resource, and saying no more than what was seen."""

from __future__ import annotations

from runai_operator.api.reasons import Reason
from runai_operator.runai.errors import NotFound, RunaiError
from runai_operator.runai.models import Workload, WorkloadView
from runai_operator.sync.absence import believed, check_tenant, of_another_tenant
from runai_operator.sync.actions import FOLLOW_UP
from runai_operator.sync.ledger import Ledger
from runai_operator.sync.names import Names, recorded
from runai_operator.sync.permission import MayUse
from runai_operator.sync.ports import Connection
from runai_operator.sync.reading import (
    V2,
    is_compared,
    is_gone,
    is_leaving,
    newest,
    owned_by,
    unknown,
    without_manifest,
)
from runai_operator.sync.remains import Remains, in_place
from runai_operator.sync.resource import Resource
from runai_operator.sync.situation import (
    FINISHED,
    Gone,
    Leaving,
    Observed,
    Ownership,
    Present,
    Unknown,
    is_ours,
)
from runai_operator.sync.stamp import Owner

LEAVING_PHASES = frozenset({"Deleting", "Terminating"})
TAKEN = "Run:ai says that the name is taken, and lists no workload that has it: waiting until one of both changes"
UNANSWERED = "a create got no answer, and may still be carried out: nothing is sent until that is certain"
CONTRADICTED = "Run:ai lists workload {} under the name, and does not find it by its id: looking again until they agree"
CLOUDED = Unknown(Reason.RUNAI_UNAVAILABLE, "what has the claimed name cannot be read now", after=FOLLOW_UP)
MAYBE_REPLACED = (
    "the workload is gone, and a create of another one in its place, by the operator before this one, may still be "
    "carried out: the resource is let go of once that is certain"
)


class Observer:
    """Observes through one connection. `owner` is the stamp of our own resource.

    The claim says where to look, and is an annotation, anybody's to write: where its project is none that the namespace
    `may_use`, only what carries our stamp is seen.
    """

    def __init__(self, connection: Connection, ledger: Ledger, may_use: MayUse) -> None:
        self._connection = connection
        self._client = connection.client
        self._ledger = ledger
        self._may_use = may_use
        self._remains = Remains(connection, ledger, may_use)

    async def observe(self, resource: Resource, owner: Owner) -> Observed:
        """By the recorded id, or else by the names of the claim. Never raises RunaiError: that is `Unknown`."""
        login = self._connection.login
        try:
            found = await self._found(resource, owner)
            told = believed(found, resource, self._connection, login=login)
            return found if told is not found and await self._remains.was_deleted(resource, found) else told
        except RunaiError as error:
            return unknown(error)

    async def _found(self, resource: Resource, owner: Owner) -> Observed:
        if resource.workload_id is None:
            return await self._by_name(resource, owner)
        found = await self._by_id(resource, resource.workload_id, owner)
        if not isinstance(found, Gone):
            return found
        if resource.replacing:
            return await self._by_name(resource, owner)
        found = await self._in_its_place(resource, found, owner)
        if isinstance(found, Gone) and resource.restored:
            return await self._remains.came_and_went(resource, owner) or found
        return found

    async def _in_its_place(self, resource: Resource, gone: Gone, owner: Owner) -> Observed:
        """Of a recorded workload that is gone: what took its place, where the claim that told of it was lost.

        Only an earlier process can have sent such a create unknown to this one, and only where it found the workload
        gone, as this one did at its first look, and not where it saw it leave with its resource. Until that is certain
        a resource may stay, and not go.
        """
        names = recorded(resource)
        if names is None or not self._ledger.may_be_replaced(resource.uid):
            return gone
        found = await self._listed(resource, names, owner)
        if is_ours(found) or isinstance(found, Unknown):
            return found
        after = None if resource.leaving else self._ledger.create_looked_up_after(resource.uid)
        if after is None:
            if (came := await self._remains.came_and_went(resource, owner)) is not None:
                return came
            self._ledger.nothing_replaces(resource.uid)
            return found if resource.deleting and isinstance(found, Leaving) else gone
        return Unknown(Reason.OUTCOME_UNKNOWN, MAYBE_REPLACED, after=after) if resource.deleting else gone

    async def _by_id(self, resource: Resource, workload_id: str, owner: Owner) -> Observed:
        row = self._connection.row(workload_id)
        if row is not None and is_compared(resource, row, self._ledger):
            return Present(workload_id, Ownership.OURS, row=row)
        try:
            view = await self._view(workload_id)
        except NotFound:
            return await self._gone(resource, workload_id)
        if is_gone(view):
            return Gone(finished=await self._remains.had_finished(resource))
        if not resource.replacing:
            self._ledger.nothing_replaces(resource.uid)
        if view.workload.raw_manifest is None:
            return without_manifest(workload_id)
        if is_leaving(view) or (row is not None and row.phase in LEAVING_PHASES):
            return Leaving(workload_id)
        ownership, text = owned_by(view, owner, recorded(resource))
        compared = newest(view, row)
        if not resource.deleting:
            row = await self._with_endpoints(resource, await self._row(resource, view, row))
        return Present(workload_id, ownership, view, row, text, compared)

    async def _view(self, workload_id: str) -> WorkloadView:
        return check_tenant(await self._client.get(workload_id), self._connection)

    async def _row(self, resource: Resource, view: WorkloadView, row: Workload | None) -> Workload | None:
        """The listed row; read afresh where the next decision hangs on whether it has finished, or why it waits."""
        synced = view.sync_info is not None and view.sync_info.status in ("Synced", "Failed")
        spec_moved = resource.status.get("observedGeneration") != resource.generation
        newly_pending = row is not None and row.phase == "Pending" and resource.status.get("phase") != "Pending"
        told_finished = resource.status.get("phase") in FINISHED
        unlisted = row is None and (synced or told_finished)
        if not (spec_moved or resource.rerun_asked or unlisted or (synced and newly_pending)):
            return row
        try:
            read = await self._client.read(view.workload.metadata.id)
        except NotFound:
            return row
        self._connection.learn(read)
        return read

    async def _with_endpoints(self, resource: Resource, row: Workload | None) -> Workload | None:
        """Asked for by id, once when it begins to run, only where the list does not know the field."""
        if row is None or row.phase != "Running" or "endpoints" in row.model_fields_set:
            return row
        if resource.status.get("phase") == "Running":
            return row
        try:
            return row.model_copy(update={"endpoints": await self._client.endpoints(row.id)})
        except NotFound:
            return row

    async def _gone(self, resource: Resource, workload_id: str) -> Observed:
        """A 404 counts only while the connection still answers for the project; else we may have lost our sight."""
        names = recorded(resource)
        if names is None:
            return Unknown(Reason.RUNAI_UNAVAILABLE, f"Run:ai does not know workload {workload_id}, nor we its project")
        doubt = of_another_tenant(resource, self._connection) or await self._out_of_sight(names.project_id)
        return doubt or Gone(finished=await self._remains.had_finished(resource))

    async def _out_of_sight(self, project_id: str) -> Unknown | None:
        """Why nothing may be believed gone from a project: Run:ai does not show it to us."""
        try:
            await self._client.project(project_id)
        except NotFound:
            message = (
                f"Run:ai shows neither the workload nor its project {project_id}: nothing is believed gone until the "
                "connection's credentials see the project again; if it was deleted, delete this resource with the "
                "annotation runai-operator.io/release=true"
            )
            return Unknown(Reason.RUNAI_UNAVAILABLE, message)
        return None

    async def _by_name(self, resource: Resource, owner: Owner) -> Observed:
        names = recorded(resource)
        if names is None:
            return Gone()
        found = await self._listed(resource, names, owner)
        barred = await self._is_barred(resource, names, found)
        if barred:
            found = CLOUDED if isinstance(found, Unknown) else None
        uncertain = self._ledger.create_uncertain_for(resource.uid)
        if uncertain and not _may_be_told(found, resource):
            return Unknown(Reason.OUTCOME_UNKNOWN, UNANSWERED, after=self._ledger.lookup_after(uncertain))
        if found is None and (taken := self._ledger.taken_for(resource.uid)):
            return Unknown(Reason.NAME_BUSY, TAKEN, after=self._ledger.lookup_after(taken))
        if found is None and self._ledger.may_have_sent(resource.uid):
            found = await self._out_of_sight(names.project_id)
        if found is None and barred:
            return Gone(barred=True)
        if found is None:
            found = await self._remains.came_and_went(resource, owner)
        if found is None and resource.restored:
            return Gone(finished=await self._remains.had_finished(resource))
        return found or Gone()

    async def _is_barred(self, resource: Resource, names: Names, found: Observed | None) -> bool:
        """Whether the claim names a project that the namespace may not use: then nothing but our own is told of it, and
        also not that there is nothing. Asked where it makes a difference."""
        if is_ours(found) or (found is None and not resource.restored):
            return False
        return not await self._may_use(names.project_id)

    async def _listed(self, resource: Resource, names: Names, owner: Owner) -> Observed | None:
        """What has these names, but for the recorded workload: ours wherever it is listed, else what comes first, for
        nobody promises that a name is listed only once."""
        page = await self._client.list(filter_by=in_place(names), deleted=False)
        best: Observed | None = None
        for row in page.workloads:
            if row.deleted_at is not None or row.id == resource.workload_id:
                continue
            seen = await self._seen(row, owner)
            if is_ours(seen) or isinstance(seen, Unknown):
                return seen
            if isinstance(seen, Present):
                self._ledger.seen_as_anothers(resource.uid, seen.workload_id)
            best = best or seen
        return best

    async def _seen(self, row: Workload, owner: Owner) -> Observed | None:
        """A listed workload that may be ours; None where it is gone meanwhile."""
        if row.phase in LEAVING_PHASES:
            return Leaving(row.id)
        if row.source_api != V2:
            return Present(row.id, Ownership.UNOWNED, row=row, owner="nobody: it was not made through the V2 API")
        try:
            view = await self._view(row.id)
        except NotFound:  # two answers that contradict each other prove nothing
            return Unknown(Reason.RUNAI_UNAVAILABLE, CONTRADICTED.format(row.id), after=FOLLOW_UP)
        if is_gone(view):
            return None
        if is_leaving(view):
            return Leaving(row.id)
        if view.workload.raw_manifest is None:
            return without_manifest(row.id)
        ownership, text = owned_by(view, owner)
        return Present(row.id, ownership, view, row, text, newest(view, row))


def _may_be_told(found: Observed | None, resource: Resource) -> bool:
    """Whether it says all there is to say while a create is in doubt.

    What a namesake left behind is ours, but not what that create was for: once recorded it would hide what may yet
    come. To what goes it is in the way, and what is another's is no reason to let go.
    """
    if not is_ours(found):
        return found is not None and not resource.deleting
    claimed_by = resource.claim.uid if resource.claim else resource.uid
    return resource.deleting or (found.stamp is not None and found.stamp.owner.uid == claimed_by)
