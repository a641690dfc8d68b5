"""What is known of the workload, as the status tells it: what was recorded, with what was seen now over it; pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeGuard

from runai_operator.api.workload_status import DriftItem, RunaiWorkloadStatus
from runai_operator.runai.models import Workload
from runai_operator.sync.act import Outcome
from runai_operator.sync.facts import of_adoption, of_row, of_submission, of_unseen, of_view, out_of_reach
from runai_operator.sync.resource import Resource
from runai_operator.sync.situation import Gone, Observed, Ownership, Present, Situation, Unknown


def what_is_known(situation: Situation, outcome: Outcome) -> RunaiWorkloadStatus:
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
