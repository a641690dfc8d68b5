"""What to do next for one resource: pure, a chain of policies of which the first with an opinion wins.

The order is the documentation: what is being deleted first, then what forbids acting, then what must be known, then
what must exist, and only at the end what may be corrected.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence

from runai_operator.api.names import RERUN_AT
from runai_operator.api.reasons import Reason
from runai_operator.api.workload import RunaiWorkloadSpec
from runai_operator.sync.actions import (
    Action,
    Adopt,
    Claim,
    Create,
    Delete,
    Nothing,
    Reject,
    Release,
    Resume,
    Suspend,
    Update,
    Wait,
)
from runai_operator.sync.compare import Difference
from runai_operator.sync.desired import FIXED
from runai_operator.sync.names import recorded
from runai_operator.sync.situation import Gone, Leaving, Observed, Ownership, Present, Situation, Unknown

Policy = Callable[[Situation], Action | None]


def decide(situation: Situation) -> Action:
    """The next action; the first policy with an opinion wins."""
    return next(action for policy in POLICIES if (action := policy(situation)) is not None)


def keep_hands_off_what_is_paused(situation: Situation) -> Action | None:
    return Nothing() if situation.resource.paused else None


def let_go_of_what_leaves_nothing_behind(situation: Situation) -> Action | None:
    resource = situation.resource
    if not resource.deleting:
        return None
    if not resource.finalized:
        return Nothing()
    return Release() if resource.released or resource.orphaned or not resource.submitted else None


def delete_before_letting_go(situation: Situation) -> Action | None:
    resource, observed = situation.resource, situation.observed
    if not resource.deleting:
        return None
    match observed:
        case Gone():
            return Release()
        case Leaving():
            return Wait(Reason.DELETING, "Run:ai is deleting the workload", after=FOLLOW_UP)
        case Present(ownership=Ownership.OURS):
            return Delete(Reason.DELETING)
        case Present(workload_id=found) if found != resource.workload_id:  # found by name: ours is not there
            return Release()
        case Present(owner=owner):
            return Reject(Reason.OWNERSHIP_LOST, f"workload {resource.workload_id} now belongs to {owner}: {LET_GO}")
        case Unknown(reason, message, after):
            return Wait(reason, message, after)


def take_back_what_was_replaced(situation: Situation) -> Action | None:
    """What `kubectl replace` took away comes back before all else: without finalizer a deletion would orphan it."""
    resource = situation.resource
    if resource.workload_id is None or (resource.finalized and resource.claim is not None):
        return None
    if resource.claim is not None:
        return Claim(replaces=resource.claim.replaces, rerun_at=resource.claim.rerun_at)
    return Claim() if situation.names or recorded(resource) else None


def refuse_what_a_person_must_mend(situation: Situation) -> Action | None:
    return Reject(*situation.problem) if situation.problem else None


def wait_while_the_outcome_is_unknown(situation: Situation) -> Action | None:
    observed = situation.observed
    return Wait(observed.reason, observed.message, observed.after) if isinstance(observed, Unknown) else None


def claim_before_the_first_write(situation: Situation) -> Action | None:
    """And anew when what it says was mended before it was submitted."""
    resource, claim = situation.resource, situation.resource.claim
    if claim is None:
        return Claim(rerun_at=resource.rerun_asked)
    if not resource.finalized:
        return Claim(replaces=claim.replaces, rerun_at=claim.rerun_at)
    if resource.workload_id is not None or not _nothing_of_ours(situation.observed):
        return None
    return Claim(rerun_at=claim.rerun_at) if _outdated(situation) else None


def finish_what_is_being_recreated(situation: Situation) -> Action | None:
    """The claim names the workload to replace: it goes first, and only its being gone permits the next."""
    resource, observed = situation.resource, situation.observed
    if not resource.replacing:
        return None
    match observed:
        case Leaving():
            return Wait(Reason.RECREATING, "Run:ai is deleting the workload that is recreated", after=FOLLOW_UP)
        case Gone():
            claim = resource.claim
            stale = claim is not None and _outdated(situation)
            return Claim(replaces=resource.workload_id, rerun_at=claim.rerun_at) if claim and stale else Create()
        case Present(workload_id=found, ownership=Ownership.OURS):
            return Delete(Reason.RECREATING) if found == resource.workload_id else Adopt(found)
    return None


def leave_alone_what_is_anothers(situation: Situation) -> Action | None:
    resource, observed = situation.resource, situation.observed
    if not isinstance(observed, Present) or observed.ownership is Ownership.OURS:
        return None
    if resource.workload_id == observed.workload_id:
        message = f"workload {observed.workload_id} now belongs to {observed.owner}: {LET_GO}"
        return Reject(Reason.OWNERSHIP_LOST, message)
    names = situation.names
    name, project = (names.workload, names.project) if names else (resource.key.name, "?")
    message = (
        f"the name {name} is taken in project {project} by workload {observed.workload_id}, which "
        f"belongs to {observed.owner}: set spec.workloadName to another name, or delete that workload"
    )
    return Reject(Reason.NAME_CONFLICT, message)


def create_what_was_never_there(situation: Situation) -> Action | None:
    if situation.resource.workload_id is not None:
        return None
    match situation.observed:
        case Gone():
            return Create()
        case Present(workload_id=found):
            return Adopt(found)
        case Leaving(workload_id=found):
            return Wait(Reason.NAME_BUSY, f"the name is still held by workload {found}, which is being deleted")
    return None


def recreate_what_vanished(situation: Situation) -> Action | None:
    """A finished workload is never run again because it vanished; asked anew, by spec or rerun-at, it is."""
    resource, observed, spec = situation.resource, situation.observed, situation.spec
    if isinstance(observed, Leaving):
        return Wait(Reason.DELETING, "Run:ai is deleting the workload, nobody here asked for that", after=FOLLOW_UP)
    if not isinstance(observed, Gone) or spec is None:
        return None
    if resource.rerun_asked or (situation.spec_changed and spec.update_strategy != "InPlace"):
        return _recreate(situation)
    if observed.finished is False and spec.drift.mode == "Correct":
        return _recreate(situation)
    how = {True: "after it had finished", False: "before it finished", None: "and nobody can tell whether it finished"}
    message = (
        f"workload {resource.workload_id} was deleted in Run:ai {how[observed.finished]}: to run it again, annotate "
        f"the resource with runai-operator.io/rerun-at=<any new value>, or change the spec"
    )
    return Reject(Reason.VANISHED, message)


def run_again_what_was_asked_to(situation: Situation) -> Action | None:
    observed = situation.observed
    if isinstance(observed, Present) and observed.finished and situation.resource.rerun_asked:
        return _recreate(situation)
    return None


def let_an_unanswered_update_settle(situation: Situation) -> Action | None:
    if situation.unsettled <= 0:
        return None
    message = "an update got no answer from Run:ai: waiting until its outcome is certain"
    return Wait(Reason.OUTCOME_UNKNOWN, message, after=situation.unsettled)


def follow_the_spec(situation: Situation) -> Action | None:
    """What an update cannot change is left for a new workload; what else changed is put."""
    observed, spec = situation.observed, situation.spec
    if not isinstance(observed, Present) or spec is None:
        return None
    stuck = fixed_changes(situation)
    if not situation.spec_changed and not stuck:
        return None
    if spec.update_strategy == "Recreate":
        return _recreate(situation)
    lossless = observed.finished or observed.sync_status == "Failed"
    if spec.update_strategy == "RecreateIfFinished" and lossless:
        return _recreate(situation)
    return Update() if situation.spec_changed and not (stuck and _nothing_to_put(situation, spec)) else None


def correct_what_drifted(situation: Situation) -> Action | None:
    spec = situation.spec
    if not situation.drift or spec is None or spec.drift.mode != "Correct" or situation.corrected:
        return None
    if situation.spec_changed:
        return None  # and an update cannot follow it
    if isinstance(situation.observed, Present) and situation.observed.finished:
        return None  # a PUT might run it again
    if all(fixed(each) for each in situation.drift):
        return None
    return Update(corrects=fingerprint(situation.drift))


def suspend_or_resume(situation: Situation) -> Action | None:
    observed, spec = situation.observed, situation.spec
    if not isinstance(observed, Present) or observed.view is None or observed.finished:
        return None
    if spec is None or spec.suspend is None:
        return None
    if observed.sync_status not in (None, "Synced") or spec.suspend == observed.stopped:
        return None
    if observed.row is not None and observed.row.actions_support.suspend is False:
        message = f"Run:ai cannot suspend or resume a {observed.row.type}: remove spec.suspend"
        return Reject(Reason.REJECTED, message)
    return Suspend() if spec.suspend else Resume()


def tell_what_only_a_new_workload_can_take(situation: Situation) -> Action | None:
    stuck = fixed_changes(situation)
    return Reject(Reason.RECREATE_REQUIRED, _needs_recreating(situation, stuck)) if stuck else None


def settle(situation: Situation) -> Action | None:  # noqa: ARG001 (a policy like the others)
    return Nothing()


POLICIES: tuple[Policy, ...] = (
    keep_hands_off_what_is_paused,
    let_go_of_what_leaves_nothing_behind,
    delete_before_letting_go,
    take_back_what_was_replaced,
    refuse_what_a_person_must_mend,
    wait_while_the_outcome_is_unknown,
    claim_before_the_first_write,
    finish_what_is_being_recreated,
    leave_alone_what_is_anothers,
    create_what_was_never_there,
    recreate_what_vanished,
    run_again_what_was_asked_to,
    let_an_unanswered_update_settle,
    follow_the_spec,
    correct_what_drifted,
    suspend_or_resume,
    tell_what_only_a_new_workload_can_take,
    settle,
)

FOLLOW_UP = 1.0
"""Seconds until a workload on its way out is looked at again."""

KIND = ("apiVersion", "kind")
FIXED_PATHS = frozenset({*(f"/scheduling/{field}" for field in FIXED), *(f"/manifest/{field}" for field in KIND)})

LET_GO = "delete this resource with the annotation runai-operator.io/release=true, or give the workload back"


def fingerprint(drift: Sequence[Difference]) -> str:
    """One drift told from another, in sixteen hexadecimal digits."""
    text = json.dumps([[each.path, each.desired, each.observed] for each in drift], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def fixed(difference: Difference) -> bool:
    """Whether the difference is in a field that no update can change."""
    return difference.path in FIXED_PATHS


def fixed_changes(situation: Situation) -> list[str]:
    """The changed fields, in the spec's spelling, that only a new workload can take.

    While the spec is the one that was submitted, another kind is none of its doing: that is drift.
    """
    desired, claim, observed = situation.desired, situation.resource.claim, situation.observed
    if desired is None or not isinstance(observed, Present) or observed.view is None:
        return []
    before = claim.fixed if claim else None
    changed = [f"scheduling.{field}" for field in FIXED if before and before.get(field) != desired.fixed[field]]
    raw = observed.view.workload.raw_manifest or {}
    if situation.spec_changed:
        changed += [f"manifest.{field}" for field in KIND if raw.get(field) != desired.manifest[field]]
    return changed


def _nothing_to_put(situation: Situation, spec: RunaiWorkloadSpec) -> bool:
    """Whether an update would change nothing, or would have to make another kind of the workload."""
    if spec.drift.mode != "Ignore" and all(fixed(each) for each in situation.drift):
        return True
    return any(f"manifest.{field}" in fixed_changes(situation) for field in KIND)


def _nothing_of_ours(observed: Observed) -> bool:
    """Whether the claimed name holds nothing of ours: it is free, or another's."""
    return isinstance(observed, Gone) or (isinstance(observed, Present) and observed.ownership is not Ownership.OURS)


def _outdated(situation: Situation) -> bool:
    """Whether the claim says something else than what a Create would send now."""
    claim, desired = situation.resource.claim, situation.desired
    if claim is None or desired is None:
        return False
    names = (claim.workload_name, claim.project_id)
    return names != (desired.name, desired.project_id) or claim.fixed != desired.fixed


def _recreate(situation: Situation) -> Claim:
    resource = situation.resource
    claimed = resource.claim.rerun_at if resource.claim else None
    return Claim(replaces=resource.workload_id, rerun_at=resource.annotation(RERUN_AT) or claimed)


def _needs_recreating(situation: Situation, fields: list[str]) -> str:
    spec = situation.spec
    fields_text = " and ".join(f"spec.{field}" for field in fields)
    later = "" if spec is None or spec.update_strategy == "InPlace" else ", or wait until it has finished"
    return (
        f"Run:ai cannot change {fields_text} of a workload that exists: set spec.updateStrategy to Recreate to replace "
        f"it now, or take the change back{later}"
    )
