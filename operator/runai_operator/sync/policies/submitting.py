"""What must exist: submitted, submitted anew, or left alone."""

from __future__ import annotations

from runai_operator.api.reasons import Reason
from runai_operator.sync.actions import FOLLOW_UP, Action, Adopt, Claim, Create, Delete, Reject, Wait
from runai_operator.sync.policies.claiming import outdated, recreating
from runai_operator.sync.policies.deleting import LET_GO
from runai_operator.sync.situation import Gone, Leaving, Ownership, Present, Situation

UNINSTALLING = "the CustomResourceDefinition of RunaiWorkloads is being deleted: the workload is left as it is"


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
            stale = claim is not None and outdated(situation)
            return Claim(replaces=resource.workload_id, rerun_at=claim.rerun_at) if claim and stale else Create()
        case Present(workload_id=found, ownership=Ownership.OURS):
            if found != resource.workload_id:
                return Adopt(found)
            return Wait(Reason.RECREATING, UNINSTALLING) if situation.uninstalling else Delete(Reason.RECREATING)
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
        return recreating(situation)
    if observed.finished is False and spec.drift.mode == "Correct":
        return recreating(situation)
    how = {True: "after it had finished", False: "before it finished", None: "and nobody can tell whether it finished"}
    message = (
        f"workload {resource.workload_id} was deleted in Run:ai {how[observed.finished]}: to run it again, annotate "
        f"the resource with runai-operator.io/rerun-at=<any new value>, or change the spec"
    )
    return Reject(Reason.VANISHED, message)


def run_again_what_was_asked_to(situation: Situation) -> Action | None:
    observed = situation.observed
    if isinstance(observed, Present) and observed.finished and situation.resource.rerun_asked:
        return recreating(situation)
    return None
