"""The status that follows from what was seen and done; pure. It says no more than was observed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from runai_operator.api.conditions import Condition, drop_condition, set_condition
from runai_operator.api.reason_table import TABLE
from runai_operator.api.reasons import Reason
from runai_operator.api.rows import Row
from runai_operator.api.wire import to_wire
from runai_operator.api.workload_status import RunaiWorkloadStatus
from runai_operator.sync.act import Outcome
from runai_operator.sync.known import what_is_known
from runai_operator.sync.policies.following import RESUMING, STOPPING, fixed, fixed_changes, renamed
from runai_operator.sync.resource import Resource
from runai_operator.sync.situation import STOPPED, Present, Situation

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
    status = what_is_known(situation, outcome)
    reason, message = _readiness(situation, outcome, status)
    ready = TABLE["Ready", reason]
    stalled, stalls_in = _stalled(situation, ready, held)
    generation, at = situation.resource.generation, now.strftime("%Y-%m-%dT%H:%M:%SZ")
    condition = partial(Condition, observed_generation=generation, last_transition_time=at)
    conditions = status.conditions
    for kind, row, text in _told(situation, status, ready, message):
        new = condition(type=kind, status=row.status, reason=row.reason, message=text)
        conditions = set_condition(conditions, new, at)
    under_way = ready.kstatus in ("InProgress", "Terminating", "Failed") and reason is not Reason.STOPPED
    for kind, holds in (("Reconciling", under_way and not stalled), ("Stalled", stalled)):
        new = condition(type=kind, status="True", reason=reason, message=message)
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
