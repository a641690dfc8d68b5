"""The custom resources on the API server: what may change and when, and what kubectl makes of them."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.control_plane import Kubectl
from tests.unit.api.builders import JOB, a_connection, a_job, a_workload, case

pytestmark = pytest.mark.usefixtures("crds")

EVERYONE = {"namespaceSelector": {}, "projects": {"names": ["*"]}}
WORKLOAD_ID = {"workloadId": "0a1b"}
NOON = "2026-11-21T12:00:00Z"
READY = {"type": "Ready", "status": "True", "reason": "Running", "message": "It runs.", "lastTransitionTime": NOON}
NAMES_OF_WHAT = {
    "workloadName": ("one", "two"),
    "projectName": ("team-a", "team-b"),
    "clusterName": ("east", "west"),
    "projectId": ("41", "42"),
}


@pytest.fixture
def submitted(kubectl: Kubectl, namespace: str) -> Callable[..., None]:
    """A workload that Run:ai knows, with this spec."""

    def create(**spec: Any) -> None:
        kubectl("create", "-f", "-", input=a_workload(**spec), namespace=namespace)
        record(kubectl, namespace, WORKLOAD_ID)

    return create


def record(kubectl: Kubectl, namespace: str, status: dict[str, Any]) -> None:
    patch = json.dumps({"status": status})
    kubectl("patch", "rwl", "trainer", "--subresource=status", "--type=merge", "-p", patch, namespace=namespace)


def change(**spec: Any) -> tuple[str, ...]:
    return ("patch", "rwl", "trainer", "--type=merge", "-p", json.dumps({"spec": spec}))


@pytest.mark.parametrize("field", NAMES_OF_WHAT)
@pytest.mark.parametrize("how", ["changing", "removing", "adding"])
def test_what_names_the_workload_is_immutable_once_submitted(kubectl, namespace, submitted, field, how):
    one, two = NAMES_OF_WHAT[field]
    before, after = {"changing": (one, two), "removing": (one, None), "adding": (None, one)}[how]
    submitted(**({field: before} if before else {}))
    told = kubectl.fails(*change(**{field: after}), namespace=namespace)
    assert f"spec.{field}: Forbidden: spec.{field} is immutable once the workload is submitted: set it back" in told


def test_project_names_cannot_be_exchanged_for_an_id_once_submitted(kubectl, namespace, submitted):
    submitted(projectName="team-a")
    told = kubectl.fails(*change(projectName=None, projectId="42"), namespace=namespace)
    assert "spec.projectName is immutable" in told
    assert "spec.projectId is immutable" in told


@pytest.mark.parametrize("field", NAMES_OF_WHAT)
def test_a_typo_can_be_mended_before_it_is_submitted(kubectl, namespace, field):
    one, two = NAMES_OF_WHAT[field]
    kubectl("create", "-f", "-", input=a_workload(**{field: one}), namespace=namespace)
    record(kubectl, namespace, {"observedGeneration": 1, "phase": "Pending"})
    kubectl(*change(**{field: two}), namespace=namespace)
    assert kubectl.json("get", "rwl", "trainer", namespace=namespace)["spec"][field] == two


@pytest.mark.parametrize(
    "spec",
    [
        case("manifest", {"manifest": JOB | {"spec": {"parallelism": 2}}}),
        case("scheduling", {"scheduling": {"priority": "high", "mnnvl": "Required"}}),
        case("suspend", {"suspend": True}),
        case("strategies", {"updateStrategy": "Recreate", "deletionPolicy": "Orphan", "drift": {"mode": "Report"}}),
    ],
)
def test_what_does_not_name_the_workload_may_change_once_submitted(kubectl, namespace, submitted, spec):
    submitted()
    kubectl(*change(**spec), namespace=namespace)
    assert spec.items() <= kubectl.json("get", "rwl", "trainer", namespace=namespace)["spec"].items()


def test_a_recreated_workload_gets_another_id(kubectl, namespace, submitted):
    submitted(projectName="team-a")
    record(kubectl, namespace, {"workloadId": "2c3d"})
    record(kubectl, namespace, {"workloadId": None})
    assert "workloadId" not in kubectl.json("get", "rwl", "trainer", namespace=namespace)["status"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        case("changing", {"connectionRef": {"name": "east"}}, {"connectionRef": {"name": "west"}}),
        case("removing", {"connectionRef": {"name": "east"}}, {"connectionRef": None}),
        case("adding", {}, {"connectionRef": {"name": "west"}}),
    ],
)
def test_the_connection_of_a_workload_is_immutable(kubectl, namespace, before, after):
    kubectl("create", "-f", "-", input=a_workload(**before), namespace=namespace)
    told = kubectl.fails(*change(**after), namespace=namespace)
    assert "spec.connectionRef.name is immutable: set it back, or delete the resource and create another one" in told


@pytest.fixture
def connection(kubectl: Kubectl) -> Iterator[str]:
    """The name of a connection of this test alone."""
    obj = a_connection()
    kubectl("create", "-f", "-", input=obj)
    yield obj["metadata"]["name"]
    kubectl("delete", "rcon", obj["metadata"]["name"])


def test_the_url_of_a_connection_is_immutable(kubectl, connection):
    told = kubectl.fails("patch", "rcon", connection, "--type=merge", "-p", '{"spec": {"url": "https://other.run.ai"}}')
    assert "spec.url is immutable: set it back, or create another RunaiConnection" in told


def test_the_rest_of_a_connection_may_change(kubectl, connection):
    patch = {"spec": {"paused": True, "access": [EVERYONE], "credentialsSecretRef": {"name": "other"}}}
    kubectl("patch", "rcon", connection, "--type=merge", "-p", json.dumps(patch))
    assert kubectl.json("get", "rcon", connection)["spec"]["access"] == [EVERYONE]


def test_a_change_of_the_spec_raises_the_generation_and_a_status_does_not(kubectl, namespace, submitted):
    submitted()
    assert kubectl.json("get", "rwl", "trainer", namespace=namespace)["metadata"]["generation"] == 1
    kubectl(*change(suspend=True), namespace=namespace)
    assert kubectl.json("get", "rwl", "trainer", namespace=namespace)["metadata"]["generation"] == 2


def test_a_manifest_survives_server_side_apply_as_it_was_written(kubectl, namespace):
    manifest = a_job(name="trainer", labels={"a": "b"}, annotations={"x": "y"}) | {
        "spec": {"nothing": None, "empty": {}, "list": [None, {"deep": None}, []], "one": 1, "half": 0.5, "text": ""},
        "data": None,
    }
    kubectl("apply", "--server-side", "-f", "-", input=a_workload(manifest=manifest), namespace=namespace)
    assert kubectl.json("get", "rwl", "trainer", namespace=namespace)["spec"]["manifest"] == manifest


def test_conditions_are_merged_by_type(kubectl, namespace, submitted):
    submitted()
    told = kubectl.fails(
        "patch",
        "rwl",
        "trainer",
        "--subresource=status",
        "--type=merge",
        "-p",
        json.dumps({"status": {"conditions": [READY, READY]}}),
        namespace=namespace,
    )
    assert 'status.conditions[1]: Duplicate value: {"type":"Ready"}' in told


def test_kubectl_get_shows_what_a_person_looks_for(kubectl, namespace, submitted):
    submitted()
    status = {
        "phase": "Running",
        "projectName": "team-a",
        "gpus": {"requested": 2.5},
        "url": "https://example.com/x",
        "scheduling": {"priority": "high"},
        "conditions": [READY],
    }
    record(kubectl, namespace, status)
    head, row = kubectl("get", "rwl", namespace=namespace).splitlines()
    assert head.split() == ["NAME", "PROJECT", "KIND", "PHASE", "GPUS", "READY", "AGE"]
    assert row.split()[:-1] == ["trainer", "team-a", "Job", "Running", "2.5", "True"]
    head, row = kubectl("get", "runai", "-o", "wide", namespace=namespace).splitlines()
    assert head.split()[7:] == ["WORKLOAD-ID", "PRIORITY", "URL", "MESSAGE"]
    assert row.split()[7:] == ["0a1b", "high", "https://example.com/x", "It", "runs."]


def test_kubectl_wait_waits_for_ready(kubectl, namespace, submitted):
    submitted()
    record(kubectl, namespace, {"observedGeneration": 1, "conditions": [READY | {"observedGeneration": 1}]})
    kubectl("wait", "--for=condition=Ready", "--timeout=10s", "rwl/trainer", namespace=namespace)
    kubectl(*change(suspend=True), namespace=namespace)
    told = kubectl.fails("wait", "--for=condition=Ready", "--timeout=1s", "rwl/trainer", namespace=namespace)
    assert "timed out" in told


@pytest.mark.parametrize(
    ("path", "words"),
    [
        case("the kind", "rwl", "A workload in Run:ai: a Kubernetes manifest"),
        case("an enum", "rwl.spec.updateStrategy", "ENUM: InPlace RecreateIfFinished Recreate"),
        case("a field within", "runaiworkload.spec.scheduling.priority", "very-low, low, medium-low"),
        case("the status", "rwl.status.syncInfo.status", "Queued, Applying, Synced"),
        case("the other kind", "rcon.spec.access.namespaceSelector", "{}: every namespace"),
    ],
)
def test_kubectl_explain_reads_well(kubectl, path, words):
    assert words in " ".join(kubectl("explain", path).split())
