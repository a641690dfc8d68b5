"""What the API server itself refuses to whom may edit RunaiWorkloads in one namespace: by role, schema, and CEL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

import pytest

from runai_operator.api.names import API_VERSION
from tests.control_plane import Kubectl
from tests.integration.roles import Person, may, roles_for_people
from tests.integration.world import a_job

VICTIM, HOME = "tenancy-victim", "tenancy-home"
FORBIDDEN = 'User "mallory" cannot'


@pytest.fixture(scope="module")
def mallory(crds: list[str], kubectl: Kubectl) -> Iterator[Person]:  # noqa: ARG001 (they have to be there)
    """She has the role edit in one namespace; beside her a victim's, and the operator's own."""
    roles_for_people(kubectl)
    own = f"tenancy-{uuid4().hex[:8]}"
    for namespace in (own, VICTIM, HOME):
        kubectl("create", "namespace", namespace)
    may(kubectl, "mallory", "edit", own)
    kubectl("create", "-f", "-", input=workload("trainer"), namespace=VICTIM)
    kubectl("create", "-f", "-", input=workload("mine"), namespace=own)
    yield Person(kubectl, "mallory", own)
    for namespace in (own, VICTIM, HOME):
        kubectl("delete", "namespace", namespace, "--wait=false")


def workload(name: str = "attack", *, metadata: Mapping[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": API_VERSION,
        "kind": "RunaiWorkload",
        "metadata": {"name": name, **(metadata or {})},
        "spec": {"manifest": a_job(), **spec},
    }


def connection(**spec: Any) -> dict[str, Any]:
    everything = [{"namespaceSelector": {}, "projects": {"names": ["*"]}}]
    whole = {"url": "https://a.test", "credentialsSecretRef": {"name": "runai-credentials"}, "access": everything}
    return {"apiVersion": API_VERSION, "kind": "RunaiConnection", "metadata": {"name": "hers"}, "spec": whole | spec}


APPLY = ("apply", "--server-side", "-f", "-")  # one PATCH: kubectl patch reads first
LEASE = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "runai-operator"}}
NOT_HERS: dict[str, tuple[tuple[str, ...], Mapping[str, Any] | None, str, str]] = {
    "read the victim's workloads": (("get", "rwl"), None, VICTIM, 'list resource "runaiworkloads"'),
    "read one": (("get", "rwl", "trainer"), None, VICTIM, 'get resource "runaiworkloads"'),
    "create one there": (("create", "-f", "-"), workload(), VICTIM, 'create resource "runaiworkloads"'),
    "delete it": (("delete", "rwl", "trainer"), None, VICTIM, 'delete resource "runaiworkloads"'),
    "pause it": (
        ("replace", "--raw", f"/apis/{API_VERSION}/namespaces/{VICTIM}/runaiworkloads/trainer", "-f", "-"),
        workload("trainer", metadata={"annotations": {"runai-operator.io/paused": "true"}}),
        VICTIM,
        'update resource "runaiworkloads"',
    ),
    "have it let go of": (
        APPLY,
        workload("trainer", metadata={"finalizers": []}),
        VICTIM,
        'patch resource "runaiworkloads"',
    ),
    "write a status of her own": (
        ("patch", "rwl", "mine", "--subresource=status", "--type=merge", "-p", '{"status":{"workloadId":"victims"}}'),
        None,
        "",
        'patch resource "runaiworkloads/status"',
    ),
    "make a connection": (("create", "-f", "-"), connection(), "", 'create resource "runaiconnections"'),
    "read a connection": (("get", "rcon"), None, "", 'list resource "runaiconnections"'),
    "open a connection to herself": (
        APPLY,
        connection(),
        "",
        'patch resource "runaiconnections"',
    ),
    "read the credentials": (("get", "secret", "runai-credentials"), None, HOME, 'get resource "secrets"'),
    "put credentials of her own there": (
        ("create", "secret", "generic", "runai-credentials"),
        None,
        HOME,
        'create resource "secrets"',
    ),
    "become the operator": (
        ("create", "token", "runai-operator"),
        None,
        HOME,
        'create resource "serviceaccounts/token"',
    ),
    "take the lease": (("create", "-f", "-"), LEASE, HOME, 'create resource "leases"'),
    "name another project on her namespace": (
        ("patch", "namespace", "{own}", "--type=merge", "-p", '{"metadata":{"labels":{"runai/queue":"team-b"}}}'),
        None,
        "",
        'patch resource "namespaces"',
    ),
    "take over a namespace's name": (("create", "namespace", "team-b"), None, "", 'create resource "namespaces"'),
    "tell the victim something": (
        ("create", "-f", "-"),
        {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": "e"},
            "involvedObject": {"kind": "RunaiWorkload", "namespace": VICTIM, "name": "trainer"},
        },
        VICTIM,
        'create resource "events"',
    ),
    "loosen the schema": (
        ("delete", "crd", "runaiworkloads.runai-operator.io"),
        None,
        "",
        'delete resource "customresourcedefinitions"',
    ),
    "widen her role": (
        ("create", "rolebinding", "more", "--clusterrole=cluster-admin", "--user=mallory"),
        None,
        "",
        'create resource "rolebindings"',
    ),
}
"""What she asks, of which namespace (hers where none is named), and what the API server says that she cannot."""


@pytest.mark.parametrize("what", NOT_HERS)
def test_she_may_not(mallory: Person, what: str) -> None:
    args, document, namespace, cannot = NOT_HERS[what]
    validate = ("--validate=false",) if document and "--raw" not in args else ()
    args = tuple(each.replace("{own}", mallory.namespace) for each in args)
    told = mallory.fails(*args, *validate, input=document, namespace=namespace or None)
    assert f"{FORBIDDEN} {cannot}" in told


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a project by a pattern": (workload(projectName="team-*"), "spec.projectName: Invalid value"),
    "a project by another case": (workload(projectName="Team-B"), "spec.projectName: Invalid value"),
    "a project that looks alike": (workload(projectName="teаm-b"), "spec.projectName: Invalid value"),
    "a project that is a filter": (workload(projectName="team-a,name==team-b"), "spec.projectName: Invalid value"),
    "a project's id that is a path": (workload(projectId="../../../v1/clusters"), "spec.projectId: Invalid value"),
    "one that is an encoded path": (workload(projectId="%2e%2e%2fprojects%2f4502"), "spec.projectId: Invalid value"),
    "one with a query": (workload(projectId="4501?filterBy=name==team-b"), "spec.projectId: Invalid value"),
    "one that is a filter": (workload(projectId="4501,projectId==4502"), "spec.projectId: Invalid value"),
    "an id to adopt that is a path": (
        workload(adopt={"workloadId": "../../v1/org-unit/projects/4502"}),
        "spec.adopt.workloadId: Invalid value",
    ),
    "a name that is a path": (workload(workloadName="../../v1/clusters"), "spec.workloadName: Invalid value"),
    "a name that is a filter": (workload(workloadName="x,projectId==4502"), "spec.workloadName: Invalid value"),
    "a name with a line of log": (workload(workloadName='x\n{"level":"info"}'), "spec.workloadName: Invalid value"),
    "a connection that is a path": (
        workload(connectionRef={"name": "../private"}),
        "spec.connectionRef.name: Invalid value",
    ),
    "both a project and its id": (
        workload(projectName="team-a", projectId="4502"),
        "spec.projectId stands for projectName and clusterName: set either it or them",
    ),
    "a List": (
        workload(manifest={"apiVersion": "v1", "kind": "List", "items": [a_job()]}),
        "spec.manifest must be one object, not a List: write one RunaiWorkload for each of its items",
    ),
    "another name in the manifest": (
        workload(manifest={**a_job(), "metadata": {"name": "trainer"}}),
        "spec.manifest.metadata.name must be left out, or be the workload's name",
    ),
    "a name of the server's choice": (
        workload(manifest={**a_job(), "metadata": {"generateName": "trainer-"}}),
        "spec.manifest.metadata.generateName must be left out",
    ),
    "a namespace that forges a line of log": (
        workload(manifest={**a_job(), "metadata": {"namespace": 'x\n{"level":"info"}\u001b[2J'}}),
        "spec.manifest.metadata.namespace: Invalid value",
    ),
    "drift beyond the spec": (
        workload(drift={"ignorePaths": ["/status/workloadId"]}),
        "each of spec.drift.ignorePaths must begin with /manifest/ or /scheduling/",
    ),
    "an annotation without end": (
        workload(metadata={"annotations": {"runai-operator.io/claim": "x" * 300_000}}),
        "metadata.annotations: Too long: may not be more than 262144 bytes",
    ),
    "a victim's namespace in her own": (
        workload(metadata={"namespace": VICTIM}),
        "the namespace from the provided object",
    ),
}
"""What she writes in her own namespace, and what the API server says to it."""


@pytest.mark.parametrize("what", REFUSED)
def test_it_is_not_taken(mallory: Person, what: str) -> None:
    document, message = REFUSED[what]
    assert message in mallory.fails("create", "-f", "-", input=document)


def test_a_status_that_is_smuggled_in_is_dropped(mallory: Person, kubectl: Kubectl) -> None:
    smuggled = {"workloadId": "victims", "projectId": "4502", "projectName": "team-a", "workloadName": "trainer"}
    for verb in ("create", "replace"):
        mallory(verb, "-f", "-", input={**workload("smuggled"), "status": smuggled})
        found = kubectl.json("get", "rwl", "smuggled", namespace=mallory.namespace)
        assert found["status"] == {"observedGeneration": -1}


SECRETS = {
    "a path": ({"name": "../kube-system/admin"}, "spec.credentialsSecretRef.name: Invalid value"),
    "a name with a namespace": ({"name": "kube-system/admin"}, "spec.credentialsSecretRef.name: Invalid value"),
    "a namespace beside it": (
        {"name": "admin", "namespace": "kube-system"},
        'unknown field "spec.credentialsSecretRef',
    ),
}


@pytest.mark.parametrize("what", SECRETS)
def test_no_connection_names_a_secret_of_another_namespace(kubectl: Kubectl, mallory: Person, what: str) -> None:  # noqa: ARG001
    reference, message = SECRETS[what]
    assert message in kubectl.fails("create", "-f", "-", input=connection(credentialsSecretRef=reference))
