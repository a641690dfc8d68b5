"""What lives follows the spec: changed, corrected, suspended, or told why it cannot be."""

from __future__ import annotations

from collections.abc import Sequence

from runai_operator.api.reasons import Reason
from runai_operator.api.workload import RunaiWorkloadSpec
from runai_operator.sync.actions import FOLLOW_UP, Action, Nothing, Reject, Resume, Suspend, Update, Wait
from runai_operator.sync.compare import Difference
from runai_operator.sync.desired import FIXED
from runai_operator.sync.policies.claiming import recreating
from runai_operator.sync.situation import Present, Situation

KIND = ("apiVersion", "kind")
FIXED_PATHS = frozenset({*(f"/scheduling/{field}" for field in FIXED), *(f"/manifest/{field}" for field in KIND)})
"""Fields that no update can change."""
NOT_STARTED = (None, "", "Creating", "Pending", "Initializing", "Failed")
NOT_SHOWN = "Run:ai took the update, and still gives back the manifest of before"
STOPPING, RESUMING = "asked Run:ai to stop it", "asked Run:ai to resume it"


def let_an_unanswered_update_settle(situation: Situation) -> Action | None:
    if situation.unsettled <= 0:
        return None
    message = "an update got no answer from Run:ai: waiting until its outcome is certain"
    return Wait(Reason.OUTCOME_UNKNOWN, message, after=situation.unsettled)


def suspend_before_all_else(situation: Situation) -> Action | None:
    """Whatever else is to be changed: what should stand still must not wait for a spec that Run:ai refuses."""
    return Suspend() if _is_to_be(situation, suspended=True) and situation.asked is not True else None


def follow_the_spec(situation: Situation) -> Action | None:
    """What an update cannot change is left for a new workload; what else changed is put."""
    observed, spec = situation.observed, situation.spec
    if not isinstance(observed, Present) or spec is None:
        return None
    stuck = fixed_changes(situation)
    if not situation.spec_changed and not stuck:
        return None
    if not _finished_before_it_was_taken_over(situation) and _may_recreate(situation, spec):
        return recreating(situation)
    if observed.finished:
        return Reject(Reason.RECREATE_REQUIRED, _needs_a_new_run(situation))
    if not situation.spec_changed or (stuck and _nothing_to_put(situation, spec)):
        return None
    return Wait(Reason.APPLYING, NOT_SHOWN, after=FOLLOW_UP) if situation.put_lately else Update()


def _finished_before_it_was_taken_over(situation: Situation) -> bool:
    """Whether nothing was ever asked of it from here: what it lacks is no reason to run it again."""
    observed, claim = situation.observed, situation.resource.claim
    if situation.submitted_digest is None:
        return True
    taken_over = claim is not None and claim.adopts is not None and claim.adopts == situation.resource.workload_id
    return taken_over and not situation.spec_changed and isinstance(observed, Present) and observed.finished


def _may_recreate(situation: Situation, spec: RunaiWorkloadSpec) -> bool:
    """What was never submitted from here, but taken over as it was, is put first of all: that loses nothing."""
    if spec.update_strategy == "Recreate":
        return True
    return spec.update_strategy == "RecreateIfFinished" and _loses_nothing(situation)


def correct_what_drifted(situation: Situation) -> Action | None:
    spec = situation.spec
    if not situation.drift or spec is None or spec.drift.mode != "Correct" or situation.corrected:
        return None
    if situation.spec_changed:
        return None  # and an update cannot follow it
    if not isinstance(situation.observed, Present) or situation.observed.row is None or situation.observed.finished:
        return None  # a PUT might run again what has finished
    if all(fixed(each) for each in situation.drift):
        return None
    return Update(corrects=paths(situation.drift))


def resume_what_should_run(situation: Situation) -> Action | None:
    return Resume() if _is_to_be(situation, suspended=False) and situation.asked is not False else None


def wait_until_an_update_can_be_judged(situation: Situation) -> Action | None:
    """What was kept of before shows by Run:ai's defaults, and these could not be read."""
    return Wait(Reason.RUNAI_UNAVAILABLE, situation.unjudged) if situation.unjudged else None


def wait_for_what_was_asked(situation: Situation) -> Action | None:
    """Run:ai agreed, and does not show it yet."""
    if _is_to_be(situation, suspended=True):
        return Wait(Reason.STOPPING, STOPPING, after=FOLLOW_UP)
    return Wait(Reason.STARTING, RESUMING, after=FOLLOW_UP) if _is_to_be(situation, suspended=False) else None


def tell_what_cannot_be_suspended(situation: Situation) -> Action | None:
    observed = situation.observed
    if not _differs_in_suspension(situation) or not isinstance(observed, Present) or observed.row is None:
        return None
    if observed.row.actions_support.suspend is not False:
        return None
    return Reject(Reason.REJECTED, f"Run:ai cannot suspend or resume a {observed.row.type}: remove spec.suspend")


def tell_what_only_a_new_workload_can_take(situation: Situation) -> Action | None:
    stuck = fixed_changes(situation)
    return Reject(Reason.RECREATE_REQUIRED, _needs_recreating(situation, stuck)) if stuck else None


def tell_what_was_renamed_too_late(situation: Situation) -> Action | None:
    """While it was being submitted its names could still be changed; what was submitted keeps those of before."""
    claim, fields = situation.resource.claim, renamed(situation)
    if claim is None or not fields:
        return None
    message = (
        f"{' and '.join(fields)} changed while the workload was being submitted: Run:ai holds it as "
        f"{claim.workload_name} in the project {claim.project_name}. To move it, delete this resource, and create it "
        "anew"
    )
    return Reject(Reason.INVALID_SPEC, message)


def settle(situation: Situation) -> Action | None:  # noqa: ARG001 (a policy like the others)
    return Nothing()


def paths(drift: Sequence[Difference]) -> tuple[str, ...]:
    """Where it differs: what tells one drift from another, for a server may write another value each time."""
    return tuple(each.path for each in drift)


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


def renamed(situation: Situation) -> list[str]:
    """The fields that name another place than the one that the workload was submitted to."""
    spec, claim = situation.spec, situation.resource.claim
    if spec is None or claim is None or situation.resource.workload_id is None:
        return []
    asked = {
        "spec.workloadName": (spec.workload_name, claim.workload_name),
        "spec.projectId": (spec.project_id, claim.project_id),
        "spec.projectName": (spec.project_name, claim.project_name),
        "spec.clusterName": (spec.cluster_name, claim.cluster_name),
    }
    return [field for field, (wish, claimed) in asked.items() if wish and claimed and wish != claimed]


def _is_to_be(situation: Situation, *, suspended: bool) -> bool:
    """Whether Run:ai is to be asked for it: it is not so, and can be."""
    observed, spec = situation.observed, situation.spec
    if not _differs_in_suspension(situation) or not isinstance(observed, Present) or spec is None:
        return False
    supported = observed.row is None or observed.row.actions_support.suspend is not False
    runs_on = observed.sync_status == "Failed" and not _never_ran(situation)
    return spec.suspend is suspended and supported and (runs_on or observed.sync_status in (None, "Synced"))


def _differs_in_suspension(situation: Situation) -> bool:
    observed, spec = situation.observed, situation.spec
    if not isinstance(observed, Present) or observed.view is None or observed.finished:
        return False
    return spec is not None and spec.suspend is not None and spec.suspend is not observed.stopped


def _loses_nothing(situation: Situation) -> bool:
    """Whether the workload has finished, or was never applied: of one that an update failed for, the pods still run."""
    observed = situation.observed
    if not isinstance(observed, Present) or observed.finished:
        return True
    return observed.sync_status == "Failed" and _never_ran(situation)


def _never_ran(situation: Situation) -> bool:
    observed = situation.observed
    if not isinstance(observed, Present) or observed.row is None or situation.resource.status.get("startedAt"):
        return False
    return observed.row.phase in NOT_STARTED


def _nothing_to_put(situation: Situation, spec: RunaiWorkloadSpec) -> bool:
    """Whether an update would change nothing, or would have to make another kind of the workload.

    One that brings nothing of the spec would still undo what was edited in Run:ai: only drift.mode Correct wants that.
    """
    if spec.drift.mode != "Ignore" and all(fixed(each) for each in situation.drift):
        return True
    if spec.drift.mode != "Correct" and _only_fixed_changed(situation):
        return True
    return any(f"manifest.{field}" in fixed_changes(situation) for field in KIND)


def _only_fixed_changed(situation: Situation) -> bool:
    """Whether the spec is what was submitted, but for what no update can change."""
    desired, claim = situation.desired, situation.resource.claim
    if desired is None or claim is None or claim.fixed is None:
        return False
    return situation.submitted_digest == desired.digest_with(claim.fixed)


def _needs_a_new_run(situation: Situation) -> str:
    workload = f"workload {situation.resource.workload_id} has finished, and"
    rerun = "annotate the resource with runai-operator.io/rerun-at=<any new value> to run it as the spec is now"
    if _finished_before_it_was_taken_over(situation):
        return f"{workload} what was taken over is not run again uncalled: {rerun}"
    return (
        f"{workload} under spec.updateStrategy InPlace a changed spec does not run it again: {rerun}, or set "
        "spec.updateStrategy to RecreateIfFinished"
    )


def _needs_recreating(situation: Situation, fields: list[str]) -> str:
    spec = situation.spec
    fields_text = " and ".join(f"spec.{field}" for field in fields)
    later = "" if spec is None or spec.update_strategy == "InPlace" else ", or wait until it has finished"
    return (
        f"Run:ai cannot change {fields_text} of a workload that exists: set spec.updateStrategy to Recreate to replace "
        f"it now, or take the change back{later}"
    )
