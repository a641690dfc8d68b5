"""What a create takes and what it refuses."""

import base64
import json
from typing import Any

import pytest

from tests.unit.simulator.conftest import Bench, manifest

GOOD: dict[str, Any] = {"metadata": {"name": "trainer", "projectId": "4501"}, "manifest": manifest()}


def request(**metadata: Any) -> dict[str, Any]:
    return {**GOOD, "metadata": {**GOOD["metadata"], **metadata}}


def encoded(text: str) -> dict[str, Any]:
    return {"metadata": GOOD["metadata"], "manifestBase64Encoded": base64.b64encode(text.encode()).decode()}


@pytest.mark.parametrize(
    ("body", "word"),
    [
        pytest.param([], "object", id="no object"),
        pytest.param({"manifest": manifest()}, "metadata", id="no metadata"),
        pytest.param({"metadata": GOOD["metadata"]}, "manifest", id="no manifest"),
        pytest.param({**GOOD, **encoded("{}")}, "exclude", id="two manifests"),
        pytest.param(request(projectId=None), "projectId", id="no project"),
        pytest.param(request(clusterId="gpu-east"), "exactly one", id="project and cluster"),
        pytest.param(request(projectId="9999"), "9999", id="unknown project"),
        pytest.param(request(name="Upper"), "DNS-1123", id="name in upper case"),
        pytest.param(request(name="a" * 64), "63", id="name too long"),
        pytest.param(request(name="trainer\n"), "DNS-1123", id="name with a newline"),
        pytest.param(request(priority="urgent"), "very-high", id="unknown priority"),
        pytest.param(request(category="Play"), "Build", id="unknown category"),
        pytest.param(request(preemptibility="maybe"), "preemptible", id="unknown preemptibility"),
        pytest.param(request(configuration={"mnnvl": "Perhaps"}), "mnnvl", id="unknown mnnvl"),
        pytest.param({**GOOD, "manifest": {"kind": "Job"}}, "apiVersion", id="no apiVersion"),
        pytest.param({**GOOD, "manifest": {"apiVersion": "v1"}}, "kind", id="no kind"),
        pytest.param({**GOOD, "manifest": {"apiVersion": "v1", "kind": "List"}}, "list", id="a list"),
        pytest.param({**encoded("{}"), "manifestBase64Encoded": "%%%"}, "base64", id="not base64"),
        pytest.param(encoded("a: [b"), "YAML", id="neither JSON nor YAML"),
    ],
)
def test_bad_input_is_refused_with_a_message_that_helps(bench: Bench, body: Any, word: str) -> None:
    answer = bench.http.post("/api/v2/workloads", json=body)
    assert answer.status_code == 400
    assert word in answer.json()["message"]
    assert bench.listed() == []


@pytest.mark.parametrize("text", [json.dumps(manifest()), "apiVersion: batch/v1\nkind: Job\n"], ids=["JSON", "YAML"])
def test_an_encoded_manifest_is_read(bench: Bench, text: str) -> None:
    answer = bench.http.post("/api/v2/workloads", json=encoded(text))
    assert answer.status_code == 202
    assert answer.json()["rawManifest"]["kind"] == "Job"


@pytest.mark.parametrize("raw", [b'{"a": NaN}', b'{"a": "\\ud800"}', b"{", b"\xff", b"[" * 100_000])
def test_a_body_that_could_not_be_given_back_is_refused(bench: Bench, raw: bytes) -> None:
    assert bench.http.post("/api/v2/workloads", content=raw).status_code == 400


@pytest.mark.parametrize(
    "replicas", [10**400, -1, "three", True, None], ids=["huge", "negative", "text", "bool", "null"]
)
def test_replicas_off_the_scale_are_lived_with(bench: Bench, replicas: Any) -> None:
    body = GOOD | {"manifest": manifest(replicas=replicas)}
    id_ = bench.http.post("/api/v2/workloads", json=body).json()["metadata"]["id"]
    assert 1 <= bench.after(5).row(id_)["runningPods"] <= 1_000_000


def test_yaml_dates_come_back_as_text(bench: Bench) -> None:
    text = "apiVersion: batch/v1\nkind: Job\nspec: {since: 2026-01-01}\n"
    answer = bench.http.post("/api/v2/workloads", json=encoded(text))
    assert answer.json()["rawManifest"]["spec"] == {"since": "2026-01-01"}


def test_the_manifest_comes_back_as_submitted_and_as_applied(bench: Bench) -> None:
    answer = bench.post("trainer").json()
    assert answer["rawManifest"] == manifest()
    assert answer["workloadManifest"]["metadata"]["name"] == "trainer"
    assert answer["workloadManifest"]["metadata"]["namespace"] == "runai-team-a"


def test_the_name_may_be_the_manifests_own(bench: Bench) -> None:
    own = {**manifest(), "metadata": {"name": "from-manifest"}}
    answer = bench.http.post("/api/v2/workloads", json={"metadata": {"projectId": "4501"}, "manifest": own})
    assert answer.json()["metadata"]["name"] == "from-manifest"


def test_a_name_given_as_prefix_is_made_unique(bench: Bench) -> None:
    names = {bench.post("trainer", useGivenNameAsPrefix=True).json()["metadata"]["name"] for _ in range(3)}
    assert len(names) == 3
    assert all(name.startswith("trainer-") for name in names)


def test_a_cluster_finds_the_project_by_the_manifests_namespace(bench: Bench) -> None:
    east = next(cluster["uuid"] for cluster in bench.control.clusters() if cluster["name"] == "gpu-east")
    placed = {**manifest(), "metadata": {"namespace": "runai-team-b"}}
    body = {"metadata": {"name": "trainer", "clusterId": east}, "manifest": placed}
    assert bench.http.post("/api/v2/workloads", json=body).json()["metadata"]["projectId"] == "4502"


def test_names_are_unique_within_a_project_only(bench: Bench) -> None:
    assert [bench.post("a").status_code, bench.post("a").status_code] == [202, 409]
    assert bench.post("a", projectId="4502").status_code == 202


def test_a_dry_run_has_no_effect(bench: Bench) -> None:
    assert bench.post("trainer", dry_run=True).status_code == 202
    assert bench.listed() == []
    assert bench.post("trainer").status_code == 202


def test_defaults_follow_the_kind(bench: Bench) -> None:
    serving = bench.post("a", kind="Deployment").json()["metadata"]
    training = bench.post("b", kind="Job").json()["metadata"]
    assert (serving["category"], serving["priority"], serving["preemptibility"]) == (
        "Deploy",
        "very-high",
        "non-preemptible",
    )
    assert (training["category"], training["priority"], training["preemptibility"]) == ("Train", "low", "preemptible")
