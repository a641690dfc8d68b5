"""What is done by hand, and what is counted."""

import time

import pytest

from runai_simulator.workloads import Metadata, Workload, created
from tests.unit.simulator.conftest import START, Bench, manifest


def test_requests_are_counted_by_operation_and_status(bench: Bench) -> None:
    bench.control.reset_requests()
    bench.create("a")
    bench.post("a")
    bench.listed()
    counted = bench.control.requests()
    assert counted["byStatus"] == {"create_workload_v2": {"202": 1, "409": 1}, "get_workloads": {"200": 1}}
    assert (counted["total"], counted["peakInFlight"]) == (3, 1)
    bench.control.reset_requests()
    assert bench.control.requests()["total"] == 0


def test_writes_are_kept_as_they_arrived(bench: Bench) -> None:
    id_ = bench.create("a")
    bench.put(id_, metadata={"priority": None})
    bench.delete(id_)
    writes = bench.control.writes()
    assert [(write["operation"], write["status"]) for write in writes] == [
        ("create_workload_v2", 202),
        ("update_workload_v2", 202),
        ("delete_workload_v2", 202),
    ]
    assert writes[0]["body"]["manifest"] == manifest()
    assert bench.control.writes("update_workload_v2")[0]["body"] == {"metadata": {"priority": None}}


@pytest.mark.parametrize(
    ("action", "phase"),
    [("complete", "Completed"), ("fail", "Failed"), ("suspend", "Stopping"), ("delete", "Deleting")],
)
def test_a_workload_is_moved_by_hand(bench: Bench, action: str, phase: str) -> None:
    id_ = bench.create()
    bench.after(5).control.act(id_, action)
    assert bench.row(id_)["phase"] == phase


def test_an_edit_by_hand_shows_in_v2_and_moves_updated_at(bench: Bench) -> None:
    id_ = bench.create()
    before = bench.after(5).row(id_)["updatedAt"]
    bench.after(1).control.edit(id_, manifest=manifest(parallelism=4), priority="high")
    seen = bench.get(id_).json()["workload"]
    assert seen["rawManifest"] == manifest(parallelism=4)
    assert seen["metadata"]["priority"] == "high"
    assert bench.row(id_)["updatedAt"] > before


def test_every_state_that_a_workload_was_in_can_be_asked_for(bench: Bench) -> None:
    id_ = bench.create()
    bench.after(5).put(id_, metadata={"priority": "high"})
    bench.after(5).delete(id_)
    bench.after(5)
    told = [
        (each["since"] - START, each["syncInfo"]["status"], each["row"]["phase"], each["v2"]["metadata"]["priority"])
        for each in bench.control.history(id_)
    ]
    assert told == [
        (0, "Queued", "Creating", "low"),
        (1, "Applying", "Creating", "low"),
        (2, "Synced", "Pending", "low"),
        (4, "Synced", "Running", "low"),
        (5, "Queued", "Running", "high"),
        (6, "Applying", "Running", "high"),
        (7, "Synced", "Running", "high"),
        (10, "Deleting", "Deleting", "high"),
        (13, "Deleted", "Running", "high"),
    ]
    assert [each["deleted"] for each in bench.control.history(id_)] == [False] * 8 + [True]


def test_sync_fails_by_name_until_that_is_called_off(bench: Bench) -> None:
    bench.control.fail_sync("refused by the cluster", name="b")
    fine, broken = bench.create("a"), bench.create("b")
    bench.after(5)
    assert [bench.sync(fine)["status"], bench.sync(broken)["status"]] == ["Synced", "Failed"]
    bench.control.clear_sync_failures()
    bench.put(broken, manifest=manifest())
    assert bench.after(5).sync(broken)["status"] == "Synced"


def test_a_dry_run_uses_up_no_ordered_failure(bench: Bench) -> None:
    bench.control.fail_sync("no", count=1)
    bench.post("a", dry_run=True)
    id_ = bench.create("a")
    assert bench.after(5).sync(id_)["status"] == "Failed"


def test_a_workload_can_vanish_without_a_trace(bench: Bench) -> None:
    id_ = bench.create()
    bench.control.vanish(id_)
    assert bench.listed(deleted="true") == bench.listed() == []
    assert bench.get(id_).status_code == 404


def test_projects_and_clusters_come_and_go(bench: Bench) -> None:
    cluster = bench.control.add_cluster("gpu-north")
    project = bench.control.add_project("team-n", cluster)
    id_ = bench.create("a", projectId=project)
    bench.control.rename_project(project, "team-north")
    assert bench.row(id_)["projectName"] == "team-north"
    bench.control.remove_project(project)
    assert bench.http.get(f"/api/v1/org-unit/projects/{project}").status_code == 404
    bench.control.remove_cluster(cluster)
    assert cluster not in [known["uuid"] for known in bench.control.clusters()]


def test_reset_leaves_nothing_but_the_tokens(bench: Bench) -> None:
    bench.create()
    bench.control.switches(put="merge")
    bench.control.add_fault("status", status=503)
    bench.control.reset()
    assert bench.listed() == []
    assert bench.control.switches()["put"] == "replace"
    assert bench.control.faults() == {}


def test_ten_thousand_workloads_cost_little(bench: Bench) -> None:
    for index in range(10_000):
        bench.state.put(_another(bench, index))
    bench.after(5)
    began = time.perf_counter()
    assert bench.listed(filterBy="name==job-7") == ["job-7"]
    by_name = time.perf_counter() - began
    began = time.perf_counter()
    assert len(bench.listed(filterBy="phase==Running", sortBy="phaseUpdatedAt", limit=500)) == 500
    sweep = time.perf_counter() - began
    assert by_name < 0.5
    assert sweep < 2


def _another(bench: Bench, index: int) -> Workload:
    return created(
        name=f"job-{index}",
        project_id="4501",
        metadata=Metadata(),
        manifest=manifest(),
        now=bench.clock.now(),
        rules=bench.state.rules(),
        by="test",
    )
