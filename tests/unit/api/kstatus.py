"""What kstatus, and with it Flux and `cli-utils`, makes of a custom resource."""

from collections.abc import Iterable, Mapping
from typing import Any

from runai_operator.api.rows import KStatus


def kstatus(obj: Mapping[str, Any]) -> KStatus:
    """The generic algorithm of kubernetes-sigs/cli-utils, pkg/kstatus/status: `Compute`, where no kind has its own.

    As there, of Reconciling and Stalled the one that comes first in the list decides.
    """
    metadata, status = obj["metadata"], obj.get("status") or {}
    if metadata.get("deletionTimestamp"):
        return "Terminating"
    observed = status.get("observedGeneration")
    if observed is not None and "generation" in metadata and observed != metadata["generation"]:
        return "InProgress"
    conditions = status.get("conditions") or ()
    return _by_standard_conditions(conditions) or _by_ready(conditions)


def _by_standard_conditions(conditions: Iterable[Mapping[str, Any]]) -> KStatus | None:
    meanings: dict[str, KStatus] = {"Reconciling": "InProgress", "Stalled": "Failed"}
    true = (each["type"] for each in conditions if each["status"] == "True")
    return next((meanings[kind] for kind in true if kind in meanings), None)


def _by_ready(conditions: Iterable[Mapping[str, Any]]) -> KStatus:
    ready = next((each["status"] for each in conditions if each["type"] == "Ready"), "True")
    return "Current" if ready == "True" else "InProgress"
