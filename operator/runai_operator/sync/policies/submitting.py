"""What must exist: submitted, submitted anew, or left alone."""

from __future__ import annotations

from runai_operator.api.reasons import Reason
from runai_operator.sync.actions import FOLLOW_UP, Action, Adopt, Claim, Create, Delete, Reject, Wait
from runai_operator.sync.policies.claiming import begun, outdated, recreating, taking_back
from runai_operator.sync.policies.deleting import LET_GO
from runai_operator.sync.situation import Gone, Leaving, Ownership, Present, Situation

RERUN = "to run it again, annotate the resource with runai-operator.io/rerun-at=<any new value>"
RESTORED = "the resource was restored, and Run:ai has no workload of its name any more"
AGAIN = "it vanished, and is about to be submitted anew"
UNINSTALLING = "the CustomResourceDefinition of RunaiWorkloads is being deleted: the workload is left as it is"


def record_what_ran_unseen(situation: Situation) -> Action | None:
    """What came of a create, ran, and was deleted before anybody recorded it is recorded like any other: whether it
    runs again is decided then. That the one recorded so far was replaced by it stands in the claim before."""
    resource, observed = situation.resource, situation.observed
    if not isinstance(observed, Gone) or observed.unseen is None:
        return None
    if resource.workload_id is not None and not resource.replacing:
        claimed = resource.claim.rerun_at if resource.claim else None
        answered = claimed if resource.restored else resource.rerun_asked or claimed  # its own claim was lost: in doubt
        anew = Claim(replaces=resource.workload_id, rerun_at=answered, restored=resource.restored)
        return begun(situation, anew)
    return Wait(Reason.VANISHED, _vanished(f"workload {observed.unseen.id}", observed.finished), after=0)


def finish_what_is_being_recreated(situation: Situation) -> Action | None:
    """The claim names the workload to replace: it goes first, and only its being gone permits the next. One that had
    vanished, and is seen alive, is kept: it was our sight that was lost, and nothing called for deleting it."""
    resource, observed = situation.resource, situation.observed
    if not resource.replacing:
        return None
    match observed:
        case Leaving():
            return Wait(Reason.RECREATING, "Run:ai is deleting the workload that is recreated", after=FOLLOW_UP)
        case Gone(finished=finished) if resource.restored:
            return _again_after_a_restore(situation, finished=finished)
        case Gone():
            claim, vanished = resource.claim, resource.replacing_what_vanished
            if claim is None or not outdated(situation):
                return Create()
            return Claim(replaces=resource.workload_id, rerun_at=claim.rerun_at, vanished=vanished)
        case Present(workload_id=found, ownership=Ownership.OURS):
            if found != resource.workload_id:
                return Adopt(found)
            if resource.replacing_what_vanished:
                return taking_back(situation)
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
    return Reject(Reason.NAME_CONFLICT, message + _how_to_take_it_over(situation, observed))


def _how_to_take_it_over(situation: Situation, observed: Present) -> str:
    if observed.ownership is not Ownership.UNOWNED or observed.view is None or situation.spec is None:
        return ""
    if situation.spec.adopt.policy == "IfIdentical":
        return f". spec.adopt.policy is IfIdentical, and it differs at {', '.join(situation.unlike[:5])}"
    return ". To take it over, set spec.adopt.policy to IfUnowned"


def create_what_was_never_there(situation: Situation) -> Action | None:
    resource = situation.resource
    if resource.workload_id is not None:
        return None
    match situation.observed:
        case Gone(finished=finished) if resource.restored:
            return _again_after_a_restore(situation, finished=finished)
        case Gone():
            return Create()
        case Present(workload_id=found):
            return Adopt(found)
        case Leaving(workload_id=found):
            return Wait(Reason.NAME_BUSY, f"the name is still held by workload {found}, which is being deleted")
    return None


def _again_after_a_restore(situation: Situation, *, finished: bool | None) -> Action:
    """As of any workload that vanished; the claim, of this uid from then on, says that it may be created. Amid a
    recreate `finished` is told only where nothing has taken the place of what was to be replaced: then it goes on.

    That it vanished is taken back before: so while it is told nothing was sent, whatever becomes of the claim."""
    resource, spec, claim = situation.resource, situation.spec, situation.resource.claim
    answered = claim.rerun_at if claim else None
    corrects = finished is False and spec is not None and spec.drift.mode == "Correct"
    if resource.rerun_asked or corrects or (resource.replacing and finished is not None):
        if resource.told_to_have_vanished:
            return Wait(Reason.SUBMITTING, AGAIN, after=0)
        replaces = resource.workload_id if resource.replacing else None
        rerun_at, vanished = resource.rerun_asked or answered, resource.replacing_what_vanished
        return Claim(replaces=replaces, rerun_at=rerun_at, vanished=vanished)
    if finished is None:
        return Reject(Reason.VANISHED, f"{RESTORED}, nor can anybody tell whether it ran: {RERUN}")
    return Reject(Reason.VANISHED, _vanished(f"{RESTORED}: it", finished))


def recreate_what_vanished(situation: Situation) -> Action | None:
    """A finished workload is never run again because it vanished; asked anew, by spec or rerun-at, it is."""
    resource, observed, spec = situation.resource, situation.observed, situation.spec
    if isinstance(observed, Leaving):
        return Wait(Reason.DELETING, "Run:ai is deleting the workload, nobody here asked for that", after=FOLLOW_UP)
    if not isinstance(observed, Gone) or spec is None:
        return None
    if resource.rerun_asked or (situation.spec_changed and spec.update_strategy != "InPlace"):
        return recreating(situation, vanished=True)
    if observed.finished is False and spec.drift.mode == "Correct":
        return recreating(situation, vanished=True)
    message = _vanished(f"workload {resource.workload_id}", observed.finished)
    return Reject(Reason.VANISHED, f"{message}, or change the spec")


def _vanished(what: str, finished: bool | None) -> str:
    how = {True: "after it had finished", False: "before it finished", None: "and nobody can tell whether it finished"}
    return f"{what} was deleted in Run:ai {how[finished]}: {RERUN}"


def run_again_what_was_asked_to(situation: Situation) -> Action | None:
    observed = situation.observed
    if isinstance(observed, Present) and observed.finished and situation.resource.rerun_asked:
        return recreating(situation)
    return None
