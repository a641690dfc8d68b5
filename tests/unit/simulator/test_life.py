"""How a workload lives: by the clock, by batch, by deletion, by hand."""

import pytest

from tests.unit.simulator.conftest import Bench, manifest


@pytest.mark.parametrize(
    ("seconds", "sync", "phase"),
    [
        (0, "Queued", "Creating"),
        (1, "Applying", "Creating"),
        (2, "Synced", "Pending"),
        (4, "Synced", "Running"),
        (34, "Synced", "Completed"),
    ],
)
def test_a_job_lives_by_the_clock(bench: Bench, seconds: float, sync: str, phase: str) -> None:
    id_ = bench.create(kind="Job")
    bench.after(seconds)
    assert (bench.sync(id_)["status"], bench.row(id_)["phase"]) == (sync, phase)


@pytest.mark.parametrize("kind", ["RayCluster", "Deployment", "StatefulSet", "InferenceService"])
def test_what_serves_runs_on(bench: Bench, kind: str) -> None:
    id_ = bench.create(kind=kind)
    assert bench.after(1000).row(id_)["phase"] == "Running"


def test_endpoints_are_there_once_it_runs(bench: Bench) -> None:
    id_ = bench.create(kind="Deployment")
    assert bench.row(id_)["endpoints"] == []
    endpoints = bench.after(5).row(id_)["endpoints"]
    assert [endpoint["url"] for endpoint in endpoints] == bench.row(id_)["urls"]
    assert bench.http.get(f"/api/v1/workloads/{id_}/endpoints").json() == {"endpoints": endpoints}
    assert len(endpoints) == 1


def test_gpus_are_allocated_while_it_runs(bench: Bench) -> None:
    replicas = {"Master": {"replicas": 1, **manifest()["spec"]}, "Worker": {"replicas": 3, **manifest()["spec"]}}
    body = {
        "metadata": {"name": "trainer", "projectId": "4501"},
        "manifest": {"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "spec": {"pytorchReplicaSpecs": replicas}},
    }
    id_ = bench.http.post("/api/v2/workloads", json=body).json()["metadata"]["id"]
    allocated = [bench.row(id_)["allocatedResources"]["gpu"], bench.after(5).row(id_)["allocatedResources"]["gpu"]]
    assert allocated == [0, 8]
    assert bench.row(id_)["workloadRequestedResources"]["gpu"]["request"] == 8
    assert bench.row(id_)["runningPods"] == 4


def test_suspend_and_resume(bench: Bench) -> None:
    id_ = bench.create(kind="Deployment")
    bench.after(5)
    assert bench.batch("suspend", id_).json()["succeeded"] == [id_]
    down = [bench.after(seconds).row(id_)["phase"] for seconds in (0, 2)]
    assert bench.get(id_).json()["workload"]["desiredPhase"] == "Stopped"
    bench.batch("resume", id_)
    up = [bench.after(seconds).row(id_)["phase"] for seconds in (0, 2)]
    assert down + up == ["Stopping", "Stopped", "Resuming", "Running"]
    assert bench.get(id_).json()["workload"]["desiredPhase"] == "Running"


def test_a_batch_tells_what_failed_one_by_one(bench: Bench) -> None:
    job, pod, finished = bench.create("job"), bench.create("pod", kind="Pod"), bench.create("finished")
    bench.control.act(finished, "complete")
    unknown = "00000000-0000-0000-0000-000000000000"
    outcome = bench.batch("suspend", job, pod, finished, unknown).json()
    assert outcome["succeeded"] == [job]
    assert [(item["id"], item["code"]) for item in outcome["failed"]] == [(pod, 400), (finished, 400), (unknown, 404)]


@pytest.mark.parametrize(
    "body",
    [
        {"action": "suspend", "ids": ["00000000-0000-0000-0000-000000000000"] * 101},
        {"action": "suspend", "ids": []},
        {"action": "suspend", "ids": ["no-uuid"]},
        {"action": "explode", "ids": ["00000000-0000-0000-0000-000000000000"]},
    ],
    ids=["101 ids", "no ids", "not a uuid", "unknown action"],
)
def test_a_batch_that_makes_no_sense_is_refused(bench: Bench, body: dict[str, object]) -> None:
    assert bench.http.post("/api/v1/workloads/batch", json=body).status_code == 400


def test_deletion_takes_a_while_and_leaves_a_row_for_fourteen_days(bench: Bench) -> None:
    id_ = bench.create()
    bench.after(5)
    assert bench.delete(id_).json()["desiredPhase"] == "Deleted"
    assert (bench.sync(id_)["status"], bench.row(id_)["phase"], bench.row(id_)["deletedAt"]) == (
        "Deleting",
        "Deleting",
        None,
    )
    bench.after(3)
    assert bench.get(id_).status_code == bench.delete(id_).status_code == bench.put(id_).status_code == 404
    assert bench.listed(deleted="true") == ["trainer"]
    assert bench.listed(deleted="false") == []
    assert bench.row(id_)["deletedAt"] is not None
    bench.after(14 * 86400)
    bench.sign_in()
    assert bench.listed(deleted="true") == []
    assert bench.http.get(f"/api/v1/workloads/{id_}").status_code == 404


def test_a_deleted_row_tells_that_it_had_finished(bench: Bench) -> None:
    id_ = bench.create()
    completed = bench.after(40).row(id_)["completedAt"]
    bench.delete(id_)
    row = bench.after(10).row(id_)
    assert (row["phase"], row["completedAt"]) == ("Completed", completed)


def test_a_put_is_queued_and_applied_anew(bench: Bench) -> None:
    id_ = bench.create()
    before = bench.after(10).row(id_)["updatedAt"]
    assert bench.put(id_, manifest=manifest(suspend=False)).status_code == 202
    seen = [bench.after(seconds).sync(id_)["status"] for seconds in (0, 1, 1)]
    assert seen == ["Queued", "Applying", "Synced"]
    assert bench.row(id_)["updatedAt"] > before
    assert bench.get(id_).json()["workload"]["rawManifest"] == manifest(suspend=False)


def test_a_manifest_can_ask_to_fail_its_sync_and_be_mended(bench: Bench) -> None:
    failing = manifest(annotations={"simulator.runai-operator.io/fail-sync": "no such image"})
    body = {"metadata": {"name": "broken", "projectId": "4501"}, "manifest": failing}
    id_ = bench.http.post("/api/v2/workloads", json=body).json()["metadata"]["id"]
    assert bench.after(5).sync(id_) == {"status": "Failed", "message": "no such image"}
    assert bench.row(id_)["phase"] == "Failed"
    bench.put(id_, manifest=manifest())
    assert bench.after(5).sync(id_)["status"] == "Synced"
    assert bench.row(id_)["phase"] == "Running"


def test_a_manifest_can_ask_to_be_refused(bench: Bench) -> None:
    refused = manifest(annotations={"simulator.runai-operator.io/reject": "policy: no GPUs on Fridays"})
    body = {"metadata": {"name": "refused", "projectId": "4501"}, "manifest": refused}
    answer = bench.http.post("/api/v2/workloads", json=body)
    assert (answer.status_code, answer.json()) == (400, {"code": 400, "message": "policy: no GPUs on Fridays"})


def test_history_and_events_are_what_happened(bench: Bench) -> None:
    id_ = bench.create()
    bench.after(40)
    records = bench.http.get(f"/api/v1/workloads/{id_}/history").json()["records"]
    phases = [record["spec"]["phaseUpdate"]["phase"] for record in records]
    events = bench.http.get(f"/api/v1/workloads/{id_}/events").json()["events"]
    assert phases == ["Creating", "Pending", "Running", "Completed"]
    assert [event["reason"] for event in events] == phases[::-1]


def test_pending_reasons_are_in_the_detailed_view_only(bench: Bench) -> None:
    id_ = bench.create()
    bench.control.act(id_, "phase", phase="Pending", message="over quota")
    assert bench.row(id_)["pendingSchedulingMessages"][0]["reason"] == "over quota"
    assert "pendingSchedulingMessages" not in bench.http.get("/api/v1/workloads").json()["workloads"][0]
