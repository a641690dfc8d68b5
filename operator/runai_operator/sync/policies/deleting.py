"""What is being deleted, and what nobody wants touched."""

from __future__ import annotations

from runai_operator.api.reasons import Reason
from runai_operator.sync.actions import FOLLOW_UP, Action, Delete, Nothing, Reject, Release, Wait
from runai_operator.sync.situation import Gone, Leaving, Ownership, Present, Situation, Unknown

LET_GO = "delete this resource with the annotation runai-operator.io/release=true, or give the workload back"
"""What to do about a workload that is another's by now."""


def keep_hands_off_what_is_paused(situation: Situation) -> Action | None:
    return Nothing() if situation.resource.paused else None


def let_go_of_what_leaves_nothing_behind(situation: Situation) -> Action | None:
    """As asked; and what is not deleted for its own sake, but with all others: with their CRD."""
    resource = situation.resource
    if not resource.deleting:
        return None
    if resource.released or resource.orphaned or situation.uninstalling:
        return Release() if resource.finalized else Nothing()
    known = resource.finalized or resource.claim is not None or resource.workload_id is not None
    return None if known else Nothing()


def delete_before_letting_go(situation: Situation) -> Action | None:
    """Also of what lost our finalizer, as long as another's holds it: it can be deleted, though not waited for."""
    resource, observed = situation.resource, situation.observed
    if not resource.deleting:
        return None
    match observed:
        case Gone():
            return Release() if resource.finalized else Nothing()
        case Leaving():
            return Wait(Reason.DELETING, "Run:ai is deleting the workload", after=FOLLOW_UP)
        case Present(ownership=Ownership.OURS):
            return Delete(Reason.DELETING)
        case Present(workload_id=found) if found != resource.workload_id:  # found by name: ours is not there
            return Release() if resource.finalized else Nothing()
        case Present(owner=owner):
            return Reject(Reason.OWNERSHIP_LOST, f"workload {resource.workload_id} now belongs to {owner}: {LET_GO}")
        case Unknown(reason, message, after):
            return Wait(reason, message, after)
