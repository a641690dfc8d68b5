"""What lives follows the spec: changed, corrected, suspended, or told why it cannot be."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from runai_operator.api.reasons import Reason
from runai_operator.api.workload import RunaiWorkloadSpec
from runai_operator.sync.actions import Action, Nothing, Reject, Resume, Suspend, Update, Wait
from runai_operator.sync.compare import Difference
from runai_operator.sync.desired import FIXED
from runai_operator.sync.policies.claiming import recreating
from runai_operator.sync.situation import Present, Situation

KIND = ("apiVersion", "kind")
FIXED_PATHS = frozenset({*(f"/scheduling/{field}" for field in FIXED), *(f"/manifest/{field}" for field in KIND)})
"""Fields that no update can change."""


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
        return recreating(situation)
    lossless = observed.finished or observed.sync_status == "Failed"
    if spec.update_strategy == "RecreateIfFinished" and lossless:
        return recreating(situation)
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


def _needs_recreating(situation: Situation, fields: list[str]) -> str:
    spec = situation.spec
    fields_text = " and ".join(f"spec.{field}" for field in fields)
    later = "" if spec is None or spec.update_strategy == "InPlace" else ", or wait until it has finished"
    return (
        f"Run:ai cannot change {fields_text} of a workload that exists: set spec.updateStrategy to Recreate to replace "
        f"it now, or take the change back{later}"
    )
