"""What nobody owns may be taken over, as spec.adopt says: claimed like a create, then recorded; nothing is written."""

from __future__ import annotations

from runai_operator.sync.actions import Action, Adopt, Claim
from runai_operator.sync.policies.claiming import once_certain
from runai_operator.sync.situation import Ownership, Present, Situation


def adopt_what_nobody_owns(situation: Situation) -> Action | None:
    resource, observed, claim = situation.resource, situation.observed, situation.resource.claim
    if resource.workload_id is not None or not isinstance(observed, Present) or not may_be_adopted(situation, observed):
        return None
    if claim is None and not resource.never_claimed:
        return None  # a claim was lost: what it was for comes first
    found = observed.workload_id
    if claim is None or claim.adopts != found or not resource.finalized:
        anew = Claim(adopts=found, rerun_at=claim.rerun_at if claim else resource.rerun_asked)
        return anew if claim and claim.adopts == found else once_certain(situation, anew)
    return Adopt(found, digest=_counts_as(situation, observed))


def may_be_adopted(situation: Situation, observed: Present) -> bool:
    """Whether spec.adopt permits it, or it was adopted before the backup that the resource came out of.

    A workload is never adopted under another name, or from another project, than those that the spec asks for.
    """
    spec, desired = situation.spec, situation.desired
    if observed.ownership is not Ownership.UNOWNED or observed.view is None or spec is None or desired is None:
        return False
    metadata = observed.view.workload.metadata
    if (metadata.name, metadata.project_id) != (desired.name, desired.project_id):
        return False
    if spec.adopt.workload_id is not None:
        return spec.adopt.workload_id == observed.workload_id
    if spec.adopt.policy == "IfIdentical":
        return not situation.unlike or _adopted_before(situation, observed)
    return spec.adopt.policy == "IfUnowned" or _adopted_before(situation, observed)


def _adopted_before(situation: Situation, observed: Present) -> bool:
    resource = situation.resource
    return resource.restored and resource.claim is not None and resource.claim.adopts == observed.workload_id


def _counts_as(situation: Situation, observed: Present) -> str | None:
    """The digest of the spec where no PUT may follow: nothing would change, it has finished, or a PUT was spent on it
    long ago. There a difference is drift, as if it had been edited."""
    settled = not situation.unlike or observed.finished or _adopted_before(situation, observed)
    return situation.desired.digest if settled and situation.desired else None
