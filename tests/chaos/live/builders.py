"""What the two sides tell, as tests of the rules need it."""

from __future__ import annotations

from typing import Any

from tests.chaos import invariants
from tests.chaos.invariants import Workload
from tests.chaos.live.stage import CLUSTER_ID, NAMESPACE

GROUP = "runai-operator.io"
MANIFEST = {"apiVersion": "batch/v1", "kind": "Job", "spec": {"image": "trainer:1"}}


def an_entry(id_: str, name: str = "trainer", *, digest: str = "d1", image: str = "trainer:1", **more: Any) -> Any:
    """A workload as /control/workloads tells it, stamped for the resource of its name."""
    stamp = {"cluster": CLUSTER_ID, "namespace": NAMESPACE, "name": name, "digest": digest}
    metadata = {"name": name, "annotations": {f"{GROUP}/{key}": value for key, value in stamp.items()}}
    return {
        "row": {"id": id_, "name": name, "projectId": "4501", "phase": "Running", "completedAt": None},
        "v2": {
            "metadata": {
                "priority": "low",
                "category": "Train",
                "preemptibility": "preemptible",
                "configuration": {"mnnvl": "None"},
            },
            "rawManifest": {**MANIFEST, "spec": {"image": image}, "metadata": metadata},
            "desiredPhase": "Running",
        },
        "syncInfo": {"status": "Synced"},
        "deleted": False,
        **more,
    }


def a_workload(id_: str, name: str = "trainer", **more: Any) -> Workload:
    return invariants.workload(an_entry(id_, name, **more))


def a_body(name: str = "trainer", *, workload_id: str = "1", image: str = "trainer:1", **metadata: Any) -> Any:
    return {
        "metadata": {"name": name, "uid": name, "generation": 1, **metadata},
        "spec": {"manifest": {**MANIFEST, "spec": {"image": image}}},
        "status": {
            "workloadId": workload_id,
            "observedGeneration": 1,
            "conditions": [{"type": "Synced", "status": "True"}],
        },
    }
