"""Before anything is sent: what forbids it, what must be known, and the claim that says what will be sent."""

from __future__ import annotations

from dataclasses import replace

from runai_operator.api.reasons import Reason
from runai_operator.sync.actions import Action, Claim, Reject, Wait
from runai_operator.sync.claim import Claim as Claimed
from runai_operator.sync.names import recorded
from runai_operator.sync.situation import Gone, Leaving, Observed, Ownership, Present, Situation, Unknown, is_ours

IN_DOUBT = (
    "a create under the name {0.workload_name} in the project {0.project_name} may still be carried out: nothing else "
    "is submitted until that is certain"
)


def claim_again_what_took_its_place(situation: Situation) -> Action | None:
    """A claim to replace the recorded workload was lost, and what it was for has come about: it is written again."""
    lost = situation.in_its_place and not situation.resource.replacing
    return _to_replace_it(situation) if lost else None


def take_back_what_was_replaced(situation: Situation) -> Action | None:
    """What `kubectl replace` took away comes back before all else: without finalizer a deletion would orphan it."""
    resource = situation.resource
    if resource.workload_id is None or (resource.finalized and resource.claim is not None):
        return None
    if resource.claim is not None:
        return _as_it_was(resource.claim)
    return Claim() if situation.names or recorded(resource) else None


def refuse_what_a_person_must_mend(situation: Situation) -> Action | None:
    return Reject(*situation.problem) if situation.problem else None


def wait_while_the_outcome_is_unknown(situation: Situation) -> Action | None:
    observed = situation.observed
    return Wait(observed.reason, observed.message, observed.after) if isinstance(observed, Unknown) else None


def claim_before_the_first_write(situation: Situation) -> Action | None:
    """And anew when what it says was mended before it was submitted, or when what was restored has found its own."""
    resource, claim = situation.resource, situation.resource.claim
    if claim is None and resource.restored:
        return Claim(rerun_at=resource.status.get("lastHandledRerunAt"), restored=True)
    if claim is None:
        return Claim(rerun_at=resource.rerun_asked)
    if not resource.finalized:
        return begun(situation, replace(_as_it_was(claim), rerun_at=_answered_by_the_create(situation)))
    if resource.workload_id is not None:
        found_its_own = resource.restored and is_ours(situation.observed)
        return _as_it_was(claim) if found_its_own or _was_created_otherwise(situation) else None
    if not _nothing_of_ours(situation.observed):
        return None
    if resource.restored and isinstance(situation.observed, Gone) and not situation.observed.barred:
        return None  # whether it may run again comes first: a claim of this uid says yes
    anew = Claim(rerun_at=_answered_by_the_create(situation))
    return begun(situation, anew) if outdated(situation) or anew.rerun_at != claim.rerun_at else None


def outdated(situation: Situation) -> bool:
    """Whether the claim says something else than what a Create would send now."""
    claim, desired = situation.resource.claim, situation.desired
    if claim is None or desired is None:
        return False
    names = (claim.workload_name, claim.project_id)
    renamed = names != (desired.name, desired.project_id)
    return renamed or claim.adopts is not None or claim.fixed != desired.fixed


def begun(situation: Situation, anew: Claim) -> Action:
    """The claim, but none of another run while a create of the one before may still be carried out: it would leave a
    workload that nobody knows of, and that its name is another's, or is being let go of, hinders it only for now."""
    before, names = situation.resource.claim, situation.names
    if before is not None and names is not None and before.run == (names.workload, names.project_id, anew.replaces):
        return anew
    return once_certain(situation, anew)


def once_certain(situation: Situation, anew: Claim) -> Action:
    """The claim, but not while a create by the one before may still be carried out: what is recorded by then hides what
    that one leaves."""
    before = situation.resource.claim
    if situation.in_doubt is None or before is None or situation.names is None:
        return anew
    return Wait(Reason.OUTCOME_UNKNOWN, IN_DOUBT.format(before), after=situation.in_doubt)


def recreating(situation: Situation, *, vanished: bool = False) -> Action:
    """`vanished`: the workload is gone, and nobody here had it deleted."""
    return begun(situation, replace(_to_replace_it(situation), vanished=vanished))


def _to_replace_it(situation: Situation) -> Claim:
    resource = situation.resource
    claimed = resource.claim.rerun_at if resource.claim else None
    return Claim(replaces=resource.workload_id, rerun_at=resource.rerun_at or claimed)


def taking_back(situation: Situation) -> Action:
    """What had vanished is alive, so it is not replaced, once no create in its place can come; what was asked for since
    is for the next look to answer."""
    return once_certain(situation, Claim(rerun_at=situation.resource.status.get("lastHandledRerunAt")))


def _as_it_was(claim: Claimed) -> Claim:
    vanished = claim.vanished is not None
    return Claim(replaces=claim.replaces, adopts=claim.adopts, rerun_at=claim.rerun_at, vanished=vanished)


def _was_created_otherwise(situation: Situation) -> bool:
    """Whether the claim that said what the workload was created with was lost while nobody could see it, and it is not
    what a new one would be created with."""
    observed, desired, claim = situation.observed, situation.desired, situation.resource.claim
    if claim is None or claim.fixed is not None or desired is None or not is_ours(observed):
        return False
    if situation.resource.replacing:
        return False
    pairs = ((desired.fixed[field], seen) for field, seen in observed.fixed.items())
    return any(None not in (wish, seen) and wish != seen for wish, seen in pairs)


def _answered_by_the_create(situation: Situation) -> str | None:
    """The rerun-at that the create to come answers, also one of since it was claimed: that create's own answer may be
    lost, the claim not. While one of before may still be carried out, that answers nothing that was asked since."""
    resource, observed = situation.resource, situation.observed
    claimed = resource.claim.rerun_at if resource.claim else None
    nothing_came = isinstance(observed, Gone) and observed.unseen is None and situation.in_doubt is None
    first = resource.workload_id is None and not resource.restored
    return resource.rerun_asked or claimed if nothing_came and first else claimed


def _nothing_of_ours(observed: Observed) -> bool:
    """Whether the claimed name holds nothing of ours that lives on: it is free, another's, or being deleted."""
    return isinstance(observed, Gone | Leaving) or (
        isinstance(observed, Present) and observed.ownership is not Ownership.OURS
    )
