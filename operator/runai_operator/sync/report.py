"""The status that follows from what was seen and done; pure. It says no more than was observed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeGuard

from runai_operator.api.conditions import Condition, drop_condition, set_condition
from runai_operator.api.reason_table import TABLE
from runai_operator.api.reasons import Reason
from runai_operator.api.rows import Row
from runai_operator.api.wire import to_wire
from runai_operator.api.workload_status import DriftItem, RunaiWorkloadStatus
from runai_operator.runai.models import Workload
from runai_operator.sync.act import Outcome
from runai_operator.sync.facts import of_adoption, of_row, of_submission, of_unseen, of_view, out_of_reach
from runai_operator.sync.policies.following import RESUMING, STOPPING, fixed, fixed_changes, renamed
from runai_operator.sync.resource import Resource
from runai_operator.sync.situation import STOPPED, Gone, Observed, Ownership, Present, Situation, Unknown

PHASES = {
    "Running": Reason.RUNNING,
    "Completed": Reason.COMPLETED,
    "Failed": Reason.FAILED,
    "Pending": Reason.PENDING,
    "Creating": Reason.STARTING,
    "Initializing": Reason.STARTING,
    "Resuming": Reason.STARTING,
    "Updating": Reason.STARTING,
    "Stopping": Reason.STOPPING,
    "Stopped": Reason.STOPPED,
    "Degraded": Reason.DEGRADED,
    "Deleting": Reason.DELETING,
    "Terminating": Reason.DELETING,
}


@dataclass(frozen=True)
class Report:
    """A status to be, why the resource is where it is, and in how many seconds that turns Stalled, if ever."""

    status: RunaiWorkloadStatus
    reason: Reason
    message: str
    stalls_in: float | None = None

    def wire(self) -> dict[str, Any]:
        return to_wire(self.status)


def report(situation: Situation, outcome: Outcome, *, now: datetime, held: float = 0.0) -> Report:
    """`held`: for how many seconds the resource has been in this state."""
    status = _facts(situation, outcome)
    reason, message = _readiness(situation, outcome, status)
    ready = TABLE["Ready", reason]
    stalled, stalls_in = _stalled(situation, ready, held)
    generation, at = situation.resource.generation, now.strftime("%Y-%m-%dT%H:%M:%SZ")
    conditions = status.conditions
    for kind, row, text in _told(situation, status, ready, message):
        new = Condition(
            type=kind,
            status=row.status,
            reason=row.reason,
            message=text,
            observed_generation=generation,
            last_transition_time=at,
        )
        conditions = set_condition(conditions, new, at)
    under_way = ready.kstatus in ("InProgress", "Terminating", "Failed") and reason is not Reason.STOPPED
    for kind, holds in (("Reconciling", under_way and not stalled), ("Stalled", stalled)):
        new = Condition(
            type=kind,
            status="True",
            reason=reason,
            message=message,
            observed_generation=generation,
            last_transition_time=at,
        )
        conditions = set_condition(conditions, new, at) if holds else drop_condition(conditions, kind)
    changes = {
        "conditions": conditions,
        "observed_generation": generation,
        "uid": situation.resource.uid,
        "leaving": _leaves(situation.resource, reason) or None,
        "vanished": _has_vanished(situation.resource, status, reason) or None,
        "unanswered": _is_unanswered(situation, reason) or None,
    }
    return Report(status.model_copy(update=changes), reason, message, stalls_in)


def _leaves(resource: Resource, reason: Reason) -> bool:
    return resource.leaving or (resource.deleting and reason is Reason.DELETING)


def _has_vanished(resource: Resource, status: RunaiWorkloadStatus, reason: Reason) -> bool:
    """It holds whatever is told meanwhile, until it is taken back for a run that is called for, or one begins."""
    if reason is Reason.VANISHED:
        return status.workload_id is None or (resource.replacing and status.workload_id == resource.workload_id)
    return bool(resource.told_to_have_vanished and status.vanished) and reason is not Reason.SUBMITTING


def _is_unanswered(situation: Situation, reason: Reason) -> bool:
    """Of an update: it stands, for the next operator, until somebody looked who knows that its outcome is certain."""
    resource = situation.resource
    if situation.desired is None:
        return resource.told_unanswered
    lives_on = isinstance(situation.observed, Present) and not resource.deleting and not resource.replacing
    return situation.unsettled > 0 or (lives_on and reason is Reason.OUTCOME_UNKNOWN)


def differs(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether there is anything worth telling: when a workload was last compared is not, nor whose a status is that
    an earlier version wrote without saying so."""
    return _worth_telling({"uid": new.get("uid"), **old}) != _worth_telling(new)


def _worth_telling(status: Mapping[str, Any]) -> dict[str, Any]:
    info = {key: value for key, value in (status.get("syncInfo") or {}).items() if key != "updatedAt"}
    conditions = sorted(status.get("conditions") or (), key=lambda each: str(each.get("type")))
    return {**status, "syncInfo": info, "conditions": conditions}


def _facts(situation: Situation, outcome: Outcome) -> RunaiWorkloadStatus:
    """What is known of the workload: what was recorded, with what was seen now over it."""
    resource, observed = situation.resource, situation.observed
    status = RunaiWorkloadStatus.model_validate(resource.status)
    if outcome.submitted is not None:
        anew = outcome.submitted.metadata.id != resource.workload_id
        digest = situation.desired.digest if situation.desired else None
        status = of_submission(status, outcome.submitted, anew=anew, digest=digest)
        status = status.model_copy(update={"drift": _kept_items(outcome.kept)})  # for the next operator, too
        status = _handled(situation, status, begins=anew, submitted=anew)
    elif outcome.adopted is not None:
        view = observed.view if isinstance(observed, Present) else None
        status = of_adoption(status, outcome.adopted, view, digest=outcome.digest)
        status = _handled(situation, status, begins=True)
    elif _is_recorded(observed, resource):
        if observed.view is not None:
            status = of_view(status, observed.view, observed.row, stamp=observed.stamp, compared=observed.compared)
            changes: dict[str, Any] = {"drift": _drift_items(situation)}
            if situation.unjudged:  # so that the next operator judges it, too
                changes["digest"] = resource.status.get("digest")
            status = status.model_copy(update=changes)
        if observed.row is not None:
            status = of_row(status, observed.row)
        status = _handled(situation, status)
    elif isinstance(observed, Gone) and (unseen := _to_be_recorded(observed, resource)) is not None:
        # without its stamp what the spec asks for now counts as submitted: in doubt nothing is run again
        digest = observed.digest or (situation.desired.digest if situation.desired else None)
        status = of_unseen(status, unseen, digest=digest)
        status = _handled(situation, status, begins=True)
    elif isinstance(observed, Gone) and resource.workload_id is not None:
        status = out_of_reach(status, finished=observed.finished is True)
    elif situation.confirmed_gone:  # also where nobody may look: the next operator is not to miss it again
        status = out_of_reach(status, finished=False)
    return _answered_before_the_backup(situation, _looked(situation, status))


def _to_be_recorded(gone: Gone, resource: Resource) -> Workload | None:
    """What ran unseen, once the claim says that it took the place of what was recorded before."""
    return gone.unseen if resource.workload_id is None or resource.replacing else None


def _is_recorded(observed: Observed, resource: Resource) -> TypeGuard[Present]:
    """Whether this is the workload that the status is about; of another's nothing is told but whose it is."""
    if not isinstance(observed, Present) or observed.ownership is not Ownership.OURS:
        return False
    return observed.workload_id == resource.workload_id


def _handled(
    situation: Situation, status: RunaiWorkloadStatus, *, begins: bool = False, submitted: bool = False
) -> RunaiWorkloadStatus:
    """Whether rerun-at was answered: a run began, or one still runs.

    What the claim says counts where the run that it claimed `begins`: later it may be older than the status. One that
    was `submitted` just now began after everything that was asked.
    """
    resource, observed = situation.resource, situation.observed
    claim = resource.claim
    unfinished = isinstance(observed, Present) and observed.row is not None and not observed.finished
    asked_before = situation.resource.rerun_asked if submitted else None
    rerun = resource.rerun_asked if unfinished and not begins else asked_before
    if claim is not None and (begins or (status.last_handled_rerun_at is None and not resource.replacing)):
        rerun = rerun or claim.rerun_at
    return status.model_copy(update={"last_handled_rerun_at": rerun}) if rerun else status


def _answered_before_the_backup(situation: Situation, status: RunaiWorkloadStatus) -> RunaiWorkloadStatus:
    """What rerun-at asked for when the backup was made is no wish of now."""
    resource = situation.resource
    if not resource.just_restored or resource.rerun_at is None:
        return status
    return status.model_copy(update={"last_handled_rerun_at": resource.rerun_at})


def _looked(situation: Situation, status: RunaiWorkloadStatus) -> RunaiWorkloadStatus:
    """Whether reconcile-at was answered: somebody looked, and saw the workload or why nobody may."""
    look = situation.resource.look_at
    blind = isinstance(situation.observed, Unknown) and situation.problem is None
    if look is None or blind or situation.resource.paused:
        return status
    return status.model_copy(update={"last_handled_reconcile_at": look})


def _drift_items(situation: Situation) -> tuple[DriftItem, ...]:
    if situation.spec_changed:
        return ()
    items = (
        DriftItem.model_validate({"path": each.path, "desired": _text(each.desired), "observed": _text(each.observed)})
        for each in situation.drift
    )
    return tuple(items)[:32]


def _kept_items(kept: Mapping[str, str]) -> tuple[DriftItem, ...]:
    return tuple(DriftItem(path=f"/scheduling/{field}", observed=_text(value)) for field, value in kept.items())


def _text(value: Any) -> str | None:
    return None if value is None else json.dumps(value, sort_keys=True, ensure_ascii=False)


def _readiness(situation: Situation, outcome: Outcome, status: RunaiWorkloadStatus) -> tuple[Reason, str]:
    if outcome.reason is not None:
        return outcome.reason, outcome.message
    if situation.resource.paused:
        return Reason.PAUSED, "the annotation runai-operator.io/paused keeps hands off"
    sync = status.sync_info.status if status.sync_info else None
    if sync == "Failed":
        return Reason.SYNC_FAILED, f"Run:ai could not apply the manifest: {_sync_message(status)}"
    if sync != "Synced":
        return Reason.APPLYING, f"Run:ai says {sync}" if sync else "submitted to Run:ai"
    return _by_phase(situation, status)


def _by_phase(situation: Situation, status: RunaiWorkloadStatus) -> tuple[Reason, str]:
    suspend = situation.spec.suspend if situation.spec else None
    phase, message = status.phase, status.phase_message or ""
    if phase in STOPPED and suspend is False:
        return Reason.STARTING, RESUMING
    if suspend and phase == "Stopped":
        return Reason.SUSPENDED, "stopped, as spec.suspend asks"
    if suspend and phase not in ("Completed", "Failed"):
        return Reason.STOPPING, STOPPING
    if phase is None:
        return Reason.STARTING, "applied, and not listed yet"
    return PHASES.get(phase, Reason.UNKNOWN_PHASE), message or ("" if phase in PHASES else f"phase {phase}")


def _sync_message(status: RunaiWorkloadStatus) -> str:
    return (status.sync_info.message if status.sync_info else None) or "it does not say why"


def _told(situation: Situation, status: RunaiWorkloadStatus, ready: Row, message: str) -> list[tuple[str, Row, str]]:
    synced, text = _syncedness(situation, status, ready, message)
    told = [("Ready", ready, message), ("Succeeded", TABLE["Succeeded", _success(situation, status)], "")]
    return told if synced is None else [*told, ("Synced", synced, text)]


def _success(situation: Situation, status: RunaiWorkloadStatus) -> Reason:
    """How the run ended that this very spec asked for: an earlier one's end would wake who waits for the next."""
    outcomes = {"Completed": Reason.COMPLETED, "Failed": Reason.FAILED}
    if situation.resource.replacing and status.workload_id == situation.resource.workload_id:
        return Reason.NOT_FINISHED
    of_this_spec = not situation.spec_changed and not fixed_changes(situation)
    if situation.desired is None:  # nobody can tell: what was told of this generation holds
        told = situation.resource.condition("Succeeded") or {}
        of_this_spec = told.get("observedGeneration") == situation.resource.generation and told["status"] != "Unknown"
    return outcomes.get(status.phase or "", Reason.NOT_FINISHED) if of_this_spec else Reason.NOT_FINISHED


def _syncedness(situation: Situation, status: RunaiWorkloadStatus, ready: Row, message: str) -> tuple[Row | None, str]:
    """As Ready says where its reason concerns the sync; else by what is held against the spec."""
    row = TABLE.get(("Synced", ready.reason))
    if row is not None:
        return row, message
    if situation.spec_changed or fixed_changes(situation) or renamed(situation):
        return TABLE["Synced", Reason.APPLYING], "Run:ai holds what the spec said before"
    if status.sync_info is None or status.sync_info.status != "Synced":
        return TABLE["Synced", Reason.APPLYING], "submitted to Run:ai"
    if situation.unjudged:
        return TABLE["Synced", Reason.RUNAI_UNAVAILABLE], situation.unjudged
    if not status.drift:
        return TABLE["Synced", Reason.SYNCED], ""
    paths = ", ".join(item.path for item in status.drift[:5])
    if _is_the_servers_own(situation):
        return TABLE["Synced", Reason.SERVER_DIFFERS], f"what Run:ai makes of it differs at {paths}: see status.drift"
    return TABLE["Synced", Reason.DRIFTED], f"edited in Run:ai at {paths}: see status.drift"


def _is_the_servers_own(situation: Situation) -> bool:
    """Whether the differences survived a PUT, or none can undo them; as told before where nobody looked again."""
    if not situation.drift:
        return (situation.resource.condition("Synced") or {}).get("reason") == Reason.SERVER_DIFFERS
    if situation.spec is None or situation.spec.drift.mode != "Correct":
        return False
    return situation.corrected or all(fixed(each) for each in situation.drift)


def _stalled(situation: Situation, ready: Row, held: float) -> tuple[bool, float | None]:
    if ready.stalled_after is None:
        return False, None
    before = situation.resource.condition("Stalled")
    known = ready.reason, situation.resource.generation
    still = before is not None and (before.get("reason"), before.get("observedGeneration")) == known
    remaining = ready.stalled_after - held
    return (True, None) if still or remaining <= 0 else (False, remaining)
