"""Where a workload differs from what the spec asks for; pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress

from runai_operator.api.workload import RunaiWorkloadSpec
from runai_operator.runai.models import WorkloadV2
from runai_operator.sync.compare import Difference, differences, without
from runai_operator.sync.desired import Desired
from runai_operator.sync.policies.following import paths
from runai_operator.sync.resource import Resource
from runai_operator.sync.situation import Observed, Ownership, Present
from runai_operator.sync.stamp import unstamped


def drift_of(
    observed: Observed, desired: Desired, spec: RunaiWorkloadSpec, kept: Mapping[str, str]
) -> tuple[Difference, ...]:
    """The drift of a present workload; none where spec.drift.mode says not to look."""
    if not isinstance(observed, Present) or observed.view is None or spec.drift.mode == "Ignore":
        return ()
    return _differing(observed.view.workload, desired, spec, kept)


def unlike(observed: Observed, desired: Desired, spec: RunaiWorkloadSpec) -> tuple[str, ...]:
    """Where we would change a workload that nobody owns; what spec.drift.ignorePaths leaves to others we would not."""
    if not isinstance(observed, Present) or observed.ownership is not Ownership.UNOWNED or observed.view is None:
        return ()
    found = paths(_differing(observed.view.workload, desired, spec, {}))
    stands = spec.suspend is None or observed.finished or spec.suspend is observed.stopped
    return found if stands else (*found, "/suspend")


def told_as_kept(resource: Resource) -> dict[str, str]:
    """The values that Run:ai was told to hold though nobody wants them any more."""
    kept = {}
    for item in resource.status.get("drift") or ():
        _, _, field = str(item.get("path")).partition("/scheduling/")
        if field in ("priority", "category") and item.get("desired") is None:
            with suppress(ValueError):  # a text that was cut
                kept[field] = json.loads(item.get("observed") or "")
    return kept


def _differing(
    workload: WorkloadV2, desired: Desired, spec: RunaiWorkloadSpec, kept: Mapping[str, str]
) -> tuple[Difference, ...]:
    """A value that the spec leaves to Run:ai cannot differ, unless it was `kept` from when the spec named it."""
    metadata = workload.metadata
    found = [*differences(unstamped(desired.manifest), unstamped(workload.raw_manifest or {}), "/manifest")]
    for field, wish, seen in (
        ("priority", desired.priority, metadata.priority),
        ("category", desired.category, metadata.category),
        ("preemptibility", desired.preemptibility, metadata.preemptibility),
        ("mnnvl", desired.mnnvl, metadata.configuration.mnnvl),
    ):
        if (wish is not None and wish != seen) or (wish is None and seen is not None and kept.get(field) == seen):
            found.append(Difference(f"/scheduling/{field}", wish, seen))
    return without(found, spec.drift.ignore_paths)
