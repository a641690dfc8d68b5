"""Carrying an action out: one remote write at most, and what came of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from runai_operator.api.reasons import Reason
from runai_operator.runai.errors import (
    Ambiguous,
    Conflict,
    Forbidden,
    NotFound,
    Rejected,
    RunaiError,
    Throttled,
)
from runai_operator.runai.models import UpdateWorkload, WorkloadV2
from runai_operator.sync import actions
from runai_operator.sync.actions import FOLLOW_UP
from runai_operator.sync.claim import NOBODY
from runai_operator.sync.defaults import without_defaults
from runai_operator.sync.kept import kept_values, unwanted
from runai_operator.sync.ledger import Ledger
from runai_operator.sync.names import claim_on, recorded
from runai_operator.sync.policies.following import RESUMING, STOPPING
from runai_operator.sync.ports import Connections, Kubernetes
from runai_operator.sync.reading import bearable
from runai_operator.sync.resource import Resource
from runai_operator.sync.rewrite import leaves_behind, rewriting
from runai_operator.sync.situation import Gone, Present, Situation
from runai_operator.sync.stamp import Owner

NOT_THERE = "Run:ai was asked to delete workload {}, and does not know it any more: looking whether it is gone"


@dataclass(frozen=True)
class Outcome:
    """What an action came to.

    `reason` and `message` are what the status is to say; None leaves it to what was observed. `submitted` is the
    workload as Run:ai answered it, `adopted` an id that is ours, `digest` what that counts as submitted from. `after`
    asks for another look in so many seconds, `retry` for one as the backoff says. `gone`: the resource is let go of,
    there is no status any more. `kept` are values that Run:ai holds on to though they were taken away. `event` is the
    reason and message of what was done, to be told once the status stands.
    """

    reason: Reason | None = None
    message: str = ""
    submitted: WorkloadV2 | None = None
    adopted: str | None = None
    digest: str | None = None
    after: float | None = None
    retry: bool = False
    gone: bool = False
    event: tuple[str, str] | None = None
    kept: Mapping[str, str] = field(default_factory=dict)


class Actor:
    """Carries out what was decided, and keeps the ledger of what got no answer."""

    def __init__(
        self, kubernetes: Kubernetes, connections: Connections, ledger: Ledger, owner: Callable[[Resource], Owner]
    ) -> None:
        self._kubernetes = kubernetes
        self._connections = connections
        self._ledger = ledger
        self._owner = owner

    async def claim(self, situation: Situation, action: actions.Claim) -> Resource:
        """Writes finalizer and claim; the resource as it is then. Raises Stale."""
        resource, names = situation.resource, situation.names or recorded(situation.resource)
        assert names is not None
        claim = replace(
            claim_on(resource, names),
            fixed=_fixed(situation, action),
            replaces=action.replaces,
            adopts=action.adopts,
            rerun_at=action.rerun_at,
            vanished=(_of_before(resource) or {}) if action.vanished else None,
        )
        if action.restored:
            claim = replace(claim, uid=resource.claim.uid if resource.claim else NOBODY)
        claimed = await self._kubernetes.claim(resource, claim.dump())
        if resource.never_claimed:
            self._ledger.first_claim(resource.uid)
        elif resource.claim and resource.claim.run != claim.run and not _ran_unseen(situation):
            self._ledger.fresh_run(resource.uid)
        return claimed

    async def act(self, situation: Situation, action: actions.Action) -> Outcome:
        """Everything but Claim. Errors of Run:ai become outcomes; Stale of Kubernetes is raised."""
        match action:
            case actions.Create():
                return await self._create(situation)
            case actions.Adopt():
                return _adopted(situation, action)
            case actions.Update(corrects):
                return await self._update(situation, corrects)
            case actions.Suspend() | actions.Resume():
                return await self._suspend_or_resume(situation, action)
            case actions.Delete(reason):
                return await self._delete(situation, reason)
            case actions.Release():
                return await self._release(situation)
            case actions.Wait(reason, message, after):
                return Outcome(reason, message, after=after, retry=after is None)
            case actions.Reject(reason, message):
                return Outcome(reason, message, retry=True)
            case _:
                return Outcome()

    async def _create(self, situation: Situation) -> Outcome:
        resource, desired = situation.resource, situation.desired
        assert desired is not None
        connection = self._connections.find(resource.connection_name)
        try:
            with self._ledger.creating(resource.uid, resource.claim):
                created = await connection.client.create(desired.creation(self._owner(resource)))
        except Ambiguous as error:
            return Outcome(Reason.OUTCOME_UNKNOWN, error.message, retry=True)
        except Conflict as error:
            self._ledger.create_refused(resource.uid)
            self._ledger.name_taken(resource.uid)
            return Outcome(Reason.NAME_BUSY, error.message, retry=True)
        except RunaiError as error:
            self._ledger.create_refused(resource.uid)
            return refused(error)
        self._ledger.begin_anew(resource.uid)
        event = ("Submitted", f"as workload {created.metadata.id} to project {created.metadata.project_name}")
        return Outcome(Reason.APPLYING, "submitted to Run:ai", submitted=created, after=FOLLOW_UP, event=event)

    async def _update(self, situation: Situation, corrects: tuple[str, ...]) -> Outcome:
        resource = situation.resource
        assert resource.workload_id is not None
        workload_id, connection = resource.workload_id, self._connections.find(resource.connection_name)
        merges = self._ledger.entry(resource.uid).merges
        update = rewriting(situation, self._owner(resource), merges=merges)
        try:  # its defaults first: what a PUT left behind can be told only by whoever sees its answer
            values = await without_defaults(unwanted(situation), connection.client, update.manifest)
            updated = await connection.client.update(workload_id, update)
        except Ambiguous as error:
            self._ledger.update_unanswered(resource.uid)
            return Outcome(Reason.OUTCOME_UNKNOWN, error.message, retry=True)
        except RunaiError as error:
            return refused(error)
        connection.forget(workload_id)
        kept = kept_values(values, updated)
        self._learn(situation, update, updated, corrects, kept)
        what = "undoing what was edited in Run:ai" if corrects else "as the spec says"
        event = ("DriftCorrected" if corrects else "Updated", f"workload {workload_id}, {what}")
        message = f"updated in Run:ai, {what}"
        return Outcome(Reason.APPLYING, message, submitted=updated, after=FOLLOW_UP, event=event, kept=kept)

    def _learn(
        self,
        situation: Situation,
        update: UpdateWorkload,
        updated: WorkloadV2,
        corrects: tuple[str, ...],
        kept: Mapping[str, str],
    ) -> None:
        """What the answer to a PUT tells of what Run:ai makes of one."""
        uid, ledger = situation.resource.uid, self._ledger
        if not corrects:
            ledger.begin_anew(uid)
        elif ledger.entry(uid).merges or not leaves_behind(update.manifest, updated.raw_manifest or {}):
            ledger.corrected(uid, corrects)
        ledger.put(uid, situation.desired.digest if situation.desired else "")
        merges = ledger.entry(uid).merges or leaves_behind(update.manifest, updated.raw_manifest or {})
        ledger.note(uid, merges=merges, compared=None, kept=kept)

    async def _suspend_or_resume(self, situation: Situation, action: actions.Suspend | actions.Resume) -> Outcome:
        assert isinstance(situation.observed, Present)
        workload_id = situation.observed.workload_id
        connection = self._connections.find(situation.resource.connection_name)
        suspending = isinstance(action, actions.Suspend)
        ask: Callable[[str], Awaitable[str | None]] = connection.suspend if suspending else connection.resume
        try:
            refusal = await ask(workload_id)
        except RunaiError as error:
            return refused(error)
        if refusal is not None:
            what = "suspend" if suspending else "resume"
            return Outcome(Reason.REJECTED, f"Run:ai refused to {what} it, as spec.suspend asks: {refusal}", retry=True)
        connection.forget(workload_id)
        self._ledger.asked(situation.resource.uid, suspend=suspending)
        event = ("Suspended" if suspending else "Resumed", f"workload {workload_id}")
        reason, message = (Reason.STOPPING, STOPPING) if suspending else (Reason.STARTING, RESUMING)
        return Outcome(reason, message, after=FOLLOW_UP, event=event)

    async def _delete(self, situation: Situation, reason: Reason) -> Outcome:
        assert isinstance(situation.observed, Present)
        workload_id = situation.observed.workload_id
        connection = self._connections.find(situation.resource.connection_name)
        try:
            await connection.client.delete(workload_id)
        except NotFound:  # was it there, or are we blind? The next look tells, as of anything that is absent
            connection.forget(workload_id)
            return Outcome(Reason.OUTCOME_UNKNOWN, NOT_THERE.format(workload_id), after=FOLLOW_UP)
        except RunaiError as error:
            return refused(error)
        connection.forget(workload_id, deleted=True)
        event = ("Deleted" if reason is Reason.DELETING else "Recreating", f"workload {workload_id}")
        return Outcome(reason, f"asked Run:ai to delete workload {workload_id}", after=FOLLOW_UP, event=event)

    async def _release(self, situation: Situation) -> Outcome:
        await self._kubernetes.release(situation.resource)
        self._ledger.forget(situation.resource.uid)
        self._ledger.note(situation.resource.uid, let_go=True)
        return Outcome(gone=True)


def _adopted(situation: Situation, action: actions.Adopt) -> Outcome:
    stamp = situation.observed.stamp if isinstance(situation.observed, Present) else None
    if stamp is None:
        how, message = "which nobody owned, as spec.adopt says", "took over a workload that nobody owned"
    else:
        how, message = "which carries this resource's stamp", "found the workload that was submitted"
    return Outcome(
        Reason.APPLYING,
        message,
        adopted=action.workload_id,
        digest=stamp.digest if stamp else action.digest,
        after=0,
        event=("Adopted", f"workload {action.workload_id}, {how}"),
    )


def refused(error: RunaiError) -> Outcome:
    """What an error that changed nothing says about the resource."""
    if isinstance(error, Throttled):
        after = bearable(error.retry_after)
        return Outcome(Reason.THROTTLED, error.message, after=after, retry=after is None)
    reasons: dict[type[RunaiError], Reason] = {
        Rejected: Reason.TOO_LARGE if error.status == 413 else Reason.REJECTED,
        Conflict: Reason.REJECTED,
        Forbidden: Reason.NOT_PERMITTED,
        NotFound: Reason.RUNAI_UNAVAILABLE,
        Ambiguous: Reason.OUTCOME_UNKNOWN,
    }
    reason = next((told for kind, told in reasons.items() if isinstance(error, kind)), Reason.RUNAI_UNAVAILABLE)
    return Outcome(reason, error.message, retry=True)


def _ran_unseen(situation: Situation) -> bool:
    """Whether the claim is for a run that is over: nothing is sent for it, and it is looked for again."""
    return isinstance(situation.observed, Gone) and situation.observed.unseen is not None


def _fixed(situation: Situation, action: actions.Claim) -> dict[str, Any] | None:
    """What the workload is created with: of now for a new one, of before for one that lives on; None: not known."""
    resource, desired = situation.resource, situation.desired
    if desired is None:
        return dict(resource.claim.fixed) if resource.claim and resource.claim.fixed else None
    if action.adopts is None and not situation.in_its_place:
        if resource.workload_id in (None, action.replaces):
            return desired.fixed
        if (before := _of_before(resource)) is not None:
            return before
    seen = situation.observed.fixed if isinstance(situation.observed, Present) else {}
    if not seen:
        return _of_before(resource)
    return {field: wish if wish is None else seen.get(field, wish) for field, wish in desired.fixed.items()}


def _of_before(resource: Resource) -> dict[str, Any] | None:
    """What the recorded workload was created with; None: not known."""
    claim = resource.claim
    if claim is None:
        return None
    before = claim.vanished if resource.replacing_what_vanished else claim.fixed
    return dict(before) if before else None
