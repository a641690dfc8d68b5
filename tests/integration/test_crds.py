"""The custom resources on the API server: what it takes, what it refuses, and what the user reads then."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.control_plane import Kubectl
from tests.unit.api.builders import JOB, a_connection, a_job, a_workload, case

pytestmark = pytest.mark.usefixtures("crds")

CREATE = ("create", "--dry-run=server", "-f", "-", "--namespace", "default")
LONG_NAME = "trainer-" + "x" * 63
EVERYONE = {"namespaceSelector": {}, "projects": {"names": ["*"]}}


def access(selector: Any = None, projects: Any = None) -> dict[str, Any]:
    return {"access": [{"namespaceSelector": selector or {}, "projects": projects or {"names": ["*"]}}]}


def expression(operator: str, *values: str) -> dict[str, Any]:
    return {"matchExpressions": [{"key": "tier", "operator": operator} | ({"values": list(values)} if values else {})]}


def contains(whole: Any, part: Any) -> bool:
    """Whether all that is in the part is in the whole; the API server adds defaults at any depth."""
    if isinstance(part, dict):
        return all(key in whole and contains(whole[key], value) for key, value in part.items())
    return bool(whole == part)


@pytest.fixture
def is_taken(kubectl: Kubectl) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """The object as the API server would store it."""

    def create(obj: dict[str, Any]) -> dict[str, Any]:
        return json.loads(kubectl(*CREATE, "-o", "json", input=obj))

    return create


@pytest.fixture
def is_refused(kubectl: Kubectl) -> Callable[[dict[str, Any]], str]:
    """What the user reads."""
    return lambda obj: kubectl.fails(*CREATE, input=obj)


@pytest.mark.parametrize(
    "workload",
    [
        case("the shortest one", a_workload()),
        case("a name for the workload", a_workload(workloadName="other")),
        case("project and cluster by name", a_workload(projectName="team-a", clusterName="gpu-east")),
        case("a cluster beside the namespace's label", a_workload(clusterName="gpu-east")),
        case("project by id", a_workload(projectId="42")),
        case("a priority of one's own", a_workload(scheduling={"priority": "urgent", "category": "Mine"})),
        case("all scheduling", a_workload(scheduling={"preemptibility": "non-preemptible", "mnnvl": "None"})),
        case("manifest named as the resource", a_workload(manifest=a_job(name="trainer"))),
        case("manifest named as workloadName", a_workload(workloadName="x", manifest=a_job(name="x"))),
        case("a kind that ends in List", a_workload(manifest=JOB | {"kind": "AllowList"})),
        case("a long name with workloadName", a_workload(LONG_NAME, workloadName="trainer")),
        case("a dotted name with workloadName", a_workload("team.trainer", workloadName="trainer")),
        case("a name of 63 characters", a_workload("x" * 63)),
        case("paths to ignore", a_workload(drift={"ignorePaths": ["/manifest/spec/replicas", "/scheduling/priority"]})),
        case("adoption by policy", a_workload(adopt={"policy": "IfIdentical"})),
        case("adoption by id", a_workload(adopt={"workloadId": "0a1b"})),
    ],
)
def test_a_workload_is_taken(is_taken, workload):
    assert contains(is_taken(workload), workload)


def test_a_workload_is_stored_with_its_defaults_and_no_others(is_taken):
    stored = is_taken(a_workload())
    assert stored["spec"] == {
        "connectionRef": {"name": "default"},
        "deletionPolicy": "Delete",
        "manifest": JOB,
        "updateStrategy": "RecreateIfFinished",
    }
    assert stored["status"] == {"observedGeneration": -1}


@pytest.mark.parametrize(
    ("workload", "message"),
    [
        case("no manifest", a_workload(manifest=None), "spec.manifest: Required value"),
        case("an empty manifest", a_workload(manifest={}), "spec.manifest.kind: Required value"),
        case(
            "a manifest without kind", a_workload(manifest={"apiVersion": "v1"}), "spec.manifest.kind: Required value"
        ),
        case(
            "a List",
            a_workload(manifest={"apiVersion": "v1", "kind": "List", "items": []}),
            "spec.manifest must be one object, not a List: write one RunaiWorkload for each of its items",
        ),
        case(
            "a manifest of another name",
            a_workload(manifest=a_job(name="other")),
            "spec.manifest.metadata.name must be left out, or be the workload's name: spec.workloadName, or else "
            "metadata.name",
        ),
        case(
            "a manifest named as the resource, beside workloadName",
            a_workload(workloadName="other", manifest=a_job(name="trainer")),
            "spec.manifest.metadata.name must be left out, or be the workload's name",
        ),
        case(
            "a manifest with generateName",
            a_workload(manifest=a_job(generateName="trainer-")),
            "spec.manifest.metadata.generateName must be left out",
        ),
        case(
            "unknown metadata in the manifest",
            a_workload(manifest=a_job(owner="me")),
            'unknown field "spec.manifest.metadata.owner"',
        ),
        case(
            "metadata of the wrong type in the manifest",
            a_workload(manifest=a_job(annotations={"replicas": 1})),
            "spec.manifest.metadata: Invalid value",
        ),
        case(
            "a name too long for a workload",
            a_workload(LONG_NAME),
            "metadata.name does not do as the workload's name, which is at most 63 of a-z, 0-9 and -: set "
            "spec.workloadName, or rename the resource",
        ),
        case(
            "a name with a dot", a_workload("team.trainer"), "spec.workloadName: Forbidden: metadata.name does not do"
        ),
        case("a workloadName too long", a_workload(workloadName="x" * 64), "spec.workloadName: Too long"),
        case("a bad workloadName", a_workload(workloadName="Big_One"), 'spec.workloadName: Invalid value: "Big_One"'),
        case("an empty projectName", a_workload(projectName=""), "spec.projectName in body should be at least 1 chars"),
        case(
            "a project by name and id",
            a_workload(projectId="42", projectName="team-a"),
            "spec.projectId stands for projectName and clusterName: set either it or them",
        ),
        case(
            "a project by id, and a cluster",
            a_workload(projectId="42", clusterName="gpu-east"),
            "spec.projectId stands for projectName and clusterName: set either it or them",
        ),
        case(
            "adoption by id and policy",
            a_workload(adopt={"workloadId": "0a1b", "policy": "IfUnowned"}),
            "spec.adopt.policy: Forbidden: spec.adopt.workloadId names the one workload to take over: remove "
            "spec.adopt.policy beside it",
        ),
        case("an unknown adoption", a_workload(adopt={"policy": "Always"}), '"Never", "IfUnowned", "IfIdentical"'),
        case("an unknown strategy", a_workload(updateStrategy="No"), '"InPlace", "RecreateIfFinished", "Recreate"'),
        case("an unknown deletionPolicy", a_workload(deletionPolicy="Keep"), 'supported values: "Delete", "Orphan"'),
        case("an unknown drift mode", a_workload(drift={"mode": "Fix"}), '"Correct", "Report", "Ignore"'),
        case("an unknown mnnvl", a_workload(scheduling={"mnnvl": "Maybe"}), 'supported values: "Required", "None"'),
        case(
            "an unknown preemptibility",
            a_workload(scheduling={"preemptibility": "maybe"}),
            'supported values: "preemptible", "non-preemptible"',
        ),
        case(
            "a path to ignore that leads nowhere",
            a_workload(drift={"ignorePaths": ["/spec/replicas"]}),
            "spec.drift.ignorePaths[0]: Forbidden: each of spec.drift.ignorePaths must begin with /manifest/ or "
            "/scheduling/, such as /manifest/spec/replicas",
        ),
        case("suspend as a text", a_workload(suspend="yes"), 'spec.suspend in body must be of type boolean: "string"'),
        case("a misspelt field", a_workload(sheduling={}), 'unknown field "spec.sheduling"'),
    ],
)
def test_a_workload_is_refused(is_refused, workload, message):
    assert message in is_refused(workload)


@pytest.mark.parametrize(
    "connection",
    [
        case("the shortest one", a_connection()),
        case("a port and a prefix", a_connection(url="https://example.run.ai:8443/runai/")),
        case("a trial on localhost", a_connection(url="http://localhost:8080")),
        case("a trial on 127.0.0.1", a_connection(url="http://127.0.0.1:8080/")),
        case("a trial on ::1", a_connection(url="http://[::1]:8080")),
        case("a trial in the cluster", a_connection(url="http://simulator.runai.svc:8080")),
        case("a trial in the cluster, in full", a_connection(url="http://simulator.runai.svc.cluster.local")),
        case("a CA from a ConfigMap", a_connection(caBundleRef={"kind": "ConfigMap", "name": "ca", "key": "ca.crt"})),
        case("everyone, every project", a_connection(**access())),
        case("the label's project", a_connection(**access(projects={"from": "NamespaceLabel"}))),
        case("labels", a_connection(**access({"matchLabels": {"tier": "gold"}}))),
        case("In", a_connection(**access(expression("In", "gold")))),
        case("Exists", a_connection(**access(expression("Exists")))),
        case("limits and polling", a_connection(limits={"maxConcurrent": 1}, polling={"interval": "1m"})),
        case("polling as often as reading all", a_connection(polling={"interval": "60s", "fullInterval": "1m"})),
    ],
)
def test_a_connection_is_taken(is_taken, connection):
    assert contains(is_taken(connection), connection)


IN_THE_CLEAR = "spec.url must begin with https://, or the client's secret would be sent in the clear"
NO_ADDRESS = "spec.url must be an address such as https://example.run.ai"
CREDENTIALS_IN_URL = "spec.url must hold no user, query or fragment: credentials belong into the Secret"
EITHER_NAMES_OR_FROM = "spec.access[0].projects: Forbidden: projects needs either names or from: set one, and only one"
VALUES = "matchExpressions: In and NotIn need values, Exists and DoesNotExist must have none"


@pytest.mark.parametrize(
    ("connection", "message"),
    [
        case("no url", a_connection(url=None), "spec.url: Required value"),
        case("no scheme", a_connection(url="example.run.ai"), NO_ADDRESS),
        case("no host", a_connection(url="https://"), NO_ADDRESS),
        case("another scheme", a_connection(url="ftp://example.run.ai"), NO_ADDRESS),
        case("in the clear", a_connection(url="http://example.run.ai"), IN_THE_CLEAR),
        case("in the clear, in capitals", a_connection(url="HTTP://example.run.ai"), IN_THE_CLEAR),
        case("in the clear, like localhost", a_connection(url="http://localhost.example.com"), IN_THE_CLEAR),
        case("in the clear, like a service", a_connection(url="http://x.svc.example.com"), IN_THE_CLEAR),
        case("in the clear, path like a service", a_connection(url="http://example.com/x.svc"), IN_THE_CLEAR),
        case("a password", a_connection(url="https://me:secret@example.run.ai"), CREDENTIALS_IN_URL),
        case("a query", a_connection(url="https://example.run.ai?token=x"), CREDENTIALS_IN_URL),
        case("a fragment", a_connection(url="https://example.run.ai#x"), CREDENTIALS_IN_URL),
        case("no credentials", a_connection(credentialsSecretRef=None), "spec.credentialsSecretRef: Required value"),
        case(
            "no name of the Secret", a_connection(credentialsSecretRef={}), "credentialsSecretRef.name: Required value"
        ),
        case("a CA from elsewhere", a_connection(caBundleRef={"kind": "File", "name": "x"}), '"ConfigMap", "Secret"'),
        case(
            "access for no namespace",
            a_connection(access=[{"projects": {"names": ["*"]}}]),
            "spec.access[0].namespaceSelector: Required value",
        ),
        case(
            "access to no project",
            a_connection(access=[{"namespaceSelector": {}}]),
            "spec.access[0].projects: Required value",
        ),
        case("neither names nor from", a_connection(access=[EVERYONE | {"projects": {}}]), EITHER_NAMES_OR_FROM),
        case(
            "names and from",
            a_connection(**access(projects={"names": ["x"], "from": "NamespaceLabel"})),
            EITHER_NAMES_OR_FROM,
        ),
        case("no names", a_connection(**access(projects={"names": []})), "should have at least 1 items"),
        case("In without values", a_connection(**access(expression("In"))), VALUES),
        case("Exists with values", a_connection(**access(expression("Exists", "gold"))), VALUES),
        case("an unknown operator", a_connection(**access(expression("Like", "gold"))), '"In", "NotIn", "Exists"'),
        case("no limit", a_connection(limits={"maxConcurrent": 0}), "should be greater than or equal to 1"),
        case(
            "an interval without unit", a_connection(polling={"interval": "5"}), 'polling.interval: Invalid value: "5"'
        ),
        case(
            "polling rarer than reading all",
            a_connection(polling={"interval": "10m"}),
            "spec.polling.fullInterval must not be shorter than interval",
        ),
    ],
)
def test_a_connection_is_refused(is_refused, connection, message):
    assert message in is_refused(connection)
