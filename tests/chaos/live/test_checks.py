"""What the play holds against what real processes left behind: each check can fail, and says how."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chaos import invariants
from tests.chaos.invariants import Workload
from tests.chaos.live import checks
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
            "metadata": {"priority": None, "category": None, "preemptibility": None},
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


def test_nothing_is_missing_where_each_has_its_workload() -> None:
    assert checks.missing({"trainer": a_body()}, [a_workload("1")]) == {}


@pytest.mark.parametrize(
    ("body", "workloads"),
    [
        pytest.param(a_body(), [], id="no workload"),
        pytest.param(a_body(), [a_workload("1"), a_workload("2")], id="two of them"),
        pytest.param(a_body(image="trainer:2"), [a_workload("1")], id="another image"),
        pytest.param(a_body(workload_id="2"), [a_workload("1")], id="another id is told"),
        pytest.param(a_body(generation=2), [a_workload("1")], id="an older generation is told"),
        pytest.param(a_body(deletionTimestamp="now"), [a_workload("1")], id="it is being deleted"),
    ],
)
def test_what_is_not_yet_where_it_should_be_is_missing(body: Any, workloads: list[Workload]) -> None:
    assert [*checks.missing({"trainer": body}, workloads)] == ["trainer"]


def test_a_workload_of_a_resource_that_is_gone_is_missing_its_end() -> None:
    assert len(checks.missing({}, [a_workload("1")])) == 1
    assert checks.missing({}, [a_workload("1", deleted=True)]) == {}


def test_two_live_workloads_of_one_resource_are_seen_at_any_time() -> None:
    assert checks.at_any_time([a_workload("1"), a_workload("2", deleted=True), a_workload("3", "other")]) == []
    assert len(checks.at_any_time([a_workload("1"), a_workload("2")])) == 1


@pytest.mark.parametrize(("reruns", "broken"), [(0, 1), (1, 0)])
def test_one_spec_is_run_once_and_once_more_a_rerun(reruns: int, broken: int) -> None:
    workloads = [a_workload("1", deleted=True), a_workload("2"), a_workload("3", digest="d2")]
    assert len(checks.never_run_more_often_than_asked(workloads, {"trainer": reruns})) == broken


@pytest.mark.parametrize(
    ("after", "broken"),
    [
        pytest.param([an_entry("1")], 0, id="as it was"),
        pytest.param([an_entry("1", image="trainer:2")], 1, id="edited"),
        pytest.param([an_entry("1", deleted=True)], 1, id="deleted"),
        pytest.param([], 1, id="without a trace"),
    ],
)
def test_what_is_others_stays_as_it_was(after: list[Any], broken: int) -> None:
    assert len(checks.never_touched([an_entry("1")], after)) == broken


@pytest.mark.parametrize(
    ("write", "broken"),
    [
        ({"method": "PUT", "path": "/api/v2/workloads/theirs", "body": {}}, 1),
        ({"method": "POST", "path": "/api/v1/workloads/batch", "body": {"ids": ["ours", "theirs"]}}, 1),
        ({"method": "PUT", "path": "/api/v2/workloads/ours", "body": {}}, 0),
    ],
)
def test_a_write_that_names_what_is_others_is_seen(write: Any, broken: int) -> None:
    assert len(checks.never_asked_to_write({"theirs"}, [write])) == broken
