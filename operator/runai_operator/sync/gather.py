"""Collecting what a decision looks at: the spec, the names, the connection's word, the workload."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from runai_operator.api.access import admits, allowed
from runai_operator.api.parsing import InvalidSpec, parse_workload_spec
from runai_operator.api.reasons import Reason
from runai_operator.api.workload import Adopt, RunaiWorkloadSpec
from runai_operator.runai.errors import RunaiError
from runai_operator.sync.absence import believed, vanished_with_many
from runai_operator.sync.adoption import named
from runai_operator.sync.defaults import without_defaults
from runai_operator.sync.desired import Desired, desire
from runai_operator.sync.drift import drift_of, told_as_kept, unlike
from runai_operator.sync.holders import Holders
from runai_operator.sync.kept import unnamed, updated_unseen
from runai_operator.sync.ledger import Ledger
from runai_operator.sync.names import Names, called_now, claim_on, confirmed, recorded, resolve
from runai_operator.sync.observe import Observer
from runai_operator.sync.permission import MayUse, as_asked_for, check_what_was_asked, denial, permitted
from runai_operator.sync.policies.following import paths
from runai_operator.sync.ports import Connection, Connections, Kubernetes, NotYet, Problem
from runai_operator.sync.reading import at_rest, unknown
from runai_operator.sync.resource import Resource
from runai_operator.sync.situation import Gone, Observed, Ownership, Present, Situation, Unknown, is_ours
from runai_operator.sync.stamp import Owner

NOT_LOOKED = Unknown(Reason.SUBMITTING, "")


class Gatherer:
    """Gathers situations; `cluster_id` is what the stamps of this cluster's resources say."""

    def __init__(
        self, kubernetes: Kubernetes, connections: Connections, ledger: Ledger, holders: Holders, cluster_id: str
    ) -> None:
        self._kubernetes = kubernetes
        self._holders = holders
        self._connections = connections
        self._ledger = ledger
        self._cluster_id = cluster_id

    def owner(self, resource: Resource) -> Owner:
        return Owner(self._cluster_id, *resource.key, resource.uid)

    async def gather(self, resource: Resource, *, just_claimed: bool = False) -> Situation | None:
        """The situation; None when nothing can be new and no answer of Run:ai is at hand: the first sweep brings it.

        `just_claimed`: this very reconcile wrote the first claim, so that nothing can be there under our stamp.
        """
        try:
            situation = await self._gather(resource, just_claimed=just_claimed)
        except NotYet:
            return None
        return replace(situation, confirmed_gone=True) if situation and self._confirmed_gone(resource) else situation

    def _confirmed_gone(self, resource: Resource) -> bool:
        with suppress(Problem, NotYet):
            connection = self._connections.find(resource.connection_name)
            return resource.workload_id is not None and connection.confirmed(resource.workload_id)
        return False

    async def _gather(self, resource: Resource, *, just_claimed: bool) -> Situation | None:
        if resource.paused:
            return Situation(resource, NOT_LOOKED)
        if resource.deleting:
            return await self._for_deletion(resource)
        try:
            connection = self._connections.find(resource.connection_name)
            if at_rest(resource, self._ledger) and (not connection.swept or vanished_with_many(resource, connection)):
                return None
            spec = parse_workload_spec(resource.body)
            labels = await self._kubernetes.namespace_labels(resource.key.namespace)
            names = await _names(connection, resource, spec, labels)
        except InvalidSpec as error:
            return _stopped_by(resource, Reason.INVALID_SPEC, error.message)
        except Problem as problem:
            return await self._held_up(resource, problem)
        except RunaiError as error:
            return Situation(resource, unknown(error))
        desired = desire(spec, name=names.workload, project_id=names.project_id)
        if not permitted(connection, resource, labels, names.project):
            return _stopped_by(resource, Reason.ACCESS_DENIED, denial(resource, as_asked_for(spec, names.project)))
        try:
            if just_claimed and spec.adopt == Adopt():
                observed = believed(Gone(), resource, connection, login=connection.login)
            else:
                observed = await self._look(connection, resource, spec, names)
            uninstalling = _to_be_replaced(resource, observed) and await self._kubernetes.uninstalling()
        except Problem as problem:
            return await self._held_up(resource, problem)
        unjudged = await self._learn_what_was_kept(connection, resource, observed, desired)
        if connection.leaving and resource.workload_id is None and _would_be_new(observed):
            return _stopped_by(resource, Reason.CONNECTION_NOT_READY, _leaves(resource))
        situation = self._situation(resource, observed, spec, desired, names)
        return replace(situation, uninstalling=uninstalling, unjudged=unjudged)

    async def _learn_what_was_kept(
        self, connection: Connection, resource: Resource, observed: Observed, desired: Desired
    ) -> str | None:
        """Of an update whose answer nobody has seen; why nobody can tell now, None where that is no question."""
        if self._ledger.entry(resource.uid).put == desired.digest or not updated_unseen(resource, observed, desired):
            return None
        try:
            kept = await without_defaults(unnamed(observed, desired), connection.client, desired.manifest)
        except RunaiError as error:
            return error.message
        self._ledger.note(resource.uid, kept=kept)
        return None

    async def _for_deletion(self, resource: Resource) -> Situation:
        if resource.released or resource.orphaned:
            return Situation(resource, NOT_LOOKED)
        let_go = self._ledger.entry(resource.uid).let_go and not resource.finalized
        if let_go or resource.never_claimed:
            return Situation(resource, Gone())
        try:
            if await self._kubernetes.uninstalling():
                return Situation(resource, NOT_LOOKED, uninstalling=True)
        except Problem as problem:
            return Situation(resource, Unknown(problem.reason, problem.message))
        try:
            connection = self._connections.find(resource.connection_name)
            if resource.claim is None and resource.workload_id is None:
                resource = await self._with_the_claim_it_lost(connection, resource)
        except InvalidSpec as error:
            return _deletion_waits(resource, Reason.INVALID_SPEC, f"its claim was lost, and {error.message}")
        except Problem as problem:
            return _deletion_waits(resource, problem.reason, await self._told(resource, problem))
        except RunaiError as error:
            return Situation(resource, unknown(error))
        return Situation(resource, await self._observe(connection, resource))

    async def _look(
        self,
        connection: Connection,
        resource: Resource,
        spec: RunaiWorkloadSpec,
        names: Names,
    ) -> Observed:
        """At what was submitted; and where that was never so, at the workload that spec.adopt names. Raises Problem."""
        wanted = spec.adopt.workload_id if resource.workload_id is None else None
        claim = resource.claim
        if wanted is None or (claim is not None and claim.adopts != wanted):
            observed = await self._observe(connection, resource)
            if wanted is None or isinstance(observed, Unknown) or is_ours(observed):
                return observed

        may_use = self._may_be_used_by(resource, connection)
        return await self._unless_held(await named(connection, wanted, names, self.owner(resource), may_use), resource)

    async def _observe(self, connection: Connection, resource: Resource) -> Observed:
        observer = Observer(connection, self._ledger, self._may_be_used_by(resource, connection))
        return await self._unless_held(await observer.observe(resource, self.owner(resource)), resource)

    def _may_be_used_by(self, resource: Resource, connection: Connection) -> MayUse:
        async def may_use(project_id: str) -> bool:
            with suppress(Problem):
                labels = await self._kubernetes.namespace_labels(resource.key.namespace)
                found = await connection.project(project_id=project_id, name=None, cluster_name=None)
                return permitted(connection, resource, labels, found.name)
            return False

        return may_use

    async def _unless_held(self, observed: Observed, resource: Resource) -> Observed:
        """What carries no stamp is another's where another resource of this cluster has recorded it, or claimed it
        before us."""
        if not isinstance(observed, Present) or observed.view is None or observed.stamp is not None:
            return observed
        project = observed.view.workload.metadata.project_name

        async def may_take(other: Resource) -> bool:
            return await self._may_use(project, other)

        holder = await self._holders.holder(observed.workload_id, resource, may_take)
        if holder in (None, resource.key):
            return observed
        return replace(observed, ownership=Ownership.ANOTHERS, owner=f"RunaiWorkload {holder}")

    async def _may_use(self, project: str, other: Resource) -> bool:
        """Whether another resource may; no, where its connection does not say so now: then it has recorded nothing, and
        will see that we have."""
        try:
            rules = self._connections.find(other.connection_name).spec.access
        except (Problem, NotYet):
            return False
        namespace = other.key.namespace
        labels = await self._kubernetes.namespace_labels(namespace)
        return not project or allowed(rules, namespace=namespace, namespace_labels=labels, project_name=project)

    async def _with_the_claim_it_lost(self, connection: Connection, resource: Resource) -> Resource:
        """Our finalizer says that there was one: of the names that the spec asks for, as far as anybody knows."""
        spec = parse_workload_spec(resource.body)
        labels = await self._kubernetes.namespace_labels(resource.key.namespace)
        check_what_was_asked(connection, resource, spec, labels)
        return resource.claiming(claim_on(resource, await resolve(connection, resource, spec, labels)))

    async def _held_up(self, resource: Resource, problem: Problem) -> Situation | None:
        """A failing connection is told on the connection; what is at rest on it stays as it is."""
        if problem.reason is Reason.CONNECTION_NOT_READY and at_rest(resource, self._ledger):
            return None
        return _stopped_by(resource, problem.reason, await self._told(resource, problem))

    async def _told(self, resource: Resource, problem: Problem) -> str:
        """Why a connection fails tells of its address and credentials: nothing for those who may not use it."""
        if problem.access is None:
            return problem.message
        namespace = resource.key.namespace
        labels = await self._kubernetes.namespace_labels(namespace)
        if admits(problem.access, namespace=namespace, namespace_labels=labels):
            return problem.message
        return f"RunaiConnection {resource.connection_name} cannot be used"

    def _situation(
        self, resource: Resource, observed: Observed, spec: RunaiWorkloadSpec, desired: Desired, names: Names
    ) -> Situation:
        uid, ledger = resource.uid, self._ledger
        kept = {**told_as_kept(resource), **ledger.entry(uid).kept}
        drift = drift_of(observed, desired, spec, kept)
        return Situation(
            resource=resource,
            observed=observed,
            spec=spec,
            desired=desired,
            names=names,
            drift=drift,
            corrected=bool(drift) and not ledger.may_correct(uid, paths(drift)),
            unsettled=ledger.update_uncertain_for(uid, told=resource.told_unanswered),
            in_doubt=ledger.create_looked_up_after(uid),
            asked=ledger.asked_lately(uid),
            kept=kept,
            put_lately=ledger.put_lately(uid, desired.digest),
            unlike=unlike(observed, desired, spec),
        )


async def _names(
    connection: Connection, resource: Resource, spec: RunaiWorkloadSpec, labels: Mapping[str, str]
) -> Names:
    """Where it was recorded to be; else where it is claimed or asked to be, as far as that may be asked.

    Raises Problem and RunaiError.
    """
    if resource.workload_id and (names := recorded(resource)) is not None:
        return called_now(names, connection.row(resource.workload_id))
    check_what_was_asked(connection, resource, spec, labels)
    return await confirmed(connection, resource, spec, labels) or await resolve(connection, resource, spec, labels)


def _would_be_new(observed: Observed) -> bool:
    """Whether it could only be submitted or taken over: what is ours already is neither."""
    return isinstance(observed, Gone) or (isinstance(observed, Present) and observed.ownership is Ownership.UNOWNED)


def _to_be_replaced(resource: Resource, observed: Observed) -> bool:
    """Whether a DELETE may come next, though the resource stays."""
    return resource.replacing and isinstance(observed, Present) and observed.workload_id == resource.workload_id


def _deletion_waits(resource: Resource, reason: Reason, message: str) -> Situation:
    told = f"the deletion waits for the connection {resource.connection_name}: {message}"
    if reason is Reason.ACCESS_DENIED:
        told += "; or let go of whatever it left in Run:ai, with the annotation runai-operator.io/release=true"
    return Situation(resource, Unknown(reason, told))


def _leaves(resource: Resource) -> str:
    return (
        f"RunaiConnection {resource.connection_name} is being deleted, and takes nothing new: name another one in "
        "spec.connectionRef.name, or create it anew once it is gone"
    )


def _stopped_by(resource: Resource, reason: Reason, message: str) -> Situation:
    return Situation(resource, NOT_LOOKED, problem=(reason, message))
