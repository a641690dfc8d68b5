"""What Run:ai holds on to though the spec does not name it any more; pure."""

from __future__ import annotations

from collections.abc import Mapping

from runai_operator.runai.models import WorkloadV2
from runai_operator.sync.desired import Desired
from runai_operator.sync.resource import Resource
from runai_operator.sync.situation import Observed, Present, Situation


def unwanted(situation: Situation) -> dict[str, str]:
    """The values that Run:ai holds and that are no longer wanted: the spec that it had named them (its stamp says so),
    or they were kept before."""
    desired, observed = situation.desired, situation.observed
    if desired is None or not isinstance(observed, Present):
        return {}
    named = {*situation.kept, *(observed.stamp.scheduling if observed.stamp else ())}
    return {field: value for field, value in unnamed(observed, desired).items() if field in named}


def kept_values(values: Mapping[str, str], updated: WorkloadV2) -> dict[str, str]:
    """Those of the unwanted values that Run:ai still holds after an update."""
    return {field: then for field, then in values.items() if getattr(updated.metadata, field) == then}


def updated_unseen(resource: Resource, observed: Observed, desired: Desired) -> bool:
    """Whether the workload was put to what is desired, by its stamp, and the status is of before."""
    stamp = observed.stamp if isinstance(observed, Present) else None
    told = resource.status.get("digest")
    return told not in (None, desired.digest) and stamp is not None and stamp.digest == desired.digest


def unnamed(observed: Observed, desired: Desired) -> Mapping[str, str]:
    """What the workload holds in the fields priority and category where the spec names nothing."""
    if not isinstance(observed, Present) or observed.view is None:
        return {}
    held = observed.view.workload.metadata
    fields = (("priority", desired.priority, held.priority), ("category", desired.category, held.category))
    return {field: value for field, wish, value in fields if wish is None and value is not None}
