"""deploy/rbac and the chart: what people may do, and that the operator may do what it does and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.chart.installed.cluster import connect_by
from tests.conftest import REPOSITORY
from tests.control_plane import ControlPlane, Helm, Kubectl
from tests.integration.roles import (
    INSTALLED,
    RBAC,
    Person,
    chart_documents,
    may,
    operator_documents,
    operator_kubeconfig,
    roles_for_people,
)
from tests.integration.world import World

GROUP = "runai-operator.io"
TEAM = "people-at-work"
READ = {
    *((verb, f"runaiworkloads.{GROUP}") for verb in ("get", "list", "watch")),
    ("get", f"runaiworkloads/status.{GROUP}"),
}
WRITE = {(verb, f"runaiworkloads.{GROUP}") for verb in ("create", "update", "patch", "delete", "deletecollection")}
PEOPLE = {"view": READ, "edit": READ | WRITE, "admin": READ | WRITE}
"""What each of the roles that every cluster has comes to allow about what is ours, in the namespace it is bound in."""

ALL = ""
"""The name of what a rule that gives no names is for."""

Right = tuple[str, str]
NamedRight = tuple[str, str, str]


@pytest.fixture(scope="module")
def team(crds: list[str], kubectl: Kubectl) -> Iterator[str]:  # noqa: ARG001 (they have to be there)
    """A namespace in which a person called after each role has it; and one where none has any."""
    roles_for_people(kubectl)
    kubectl("create", "namespace", TEAM)
    for role in PEOPLE:
        may(kubectl, f"person-with-{role}", role, TEAM)
    yield TEAM
    kubectl("delete", "namespace", TEAM, "--wait=false")


def rights(kubectl: Kubectl, person: str, namespace: str) -> set[Right]:
    """What the API server says that somebody may do in a namespace about what is ours."""
    ask = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": namespace}}
    told = json.loads(
        Person(kubectl, person, namespace)("create", "--validate=false", "-f", "-", "-o", "json", input=ask)
    )
    rules = [each for each in told["status"]["resourceRules"] if GROUP in each["apiGroups"]]
    return {right for rule in rules for right in rights_of(rule)}


def rights_of(rule: Mapping[str, Any]) -> Iterator[Right]:
    for verb in rule["verbs"]:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                yield verb, f"{resource}.{group}".rstrip(".")


@pytest.mark.parametrize("role", PEOPLE)
def test_each_role_allows_this_and_no_more(kubectl: Kubectl, team: str, role: str) -> None:
    assert rights(kubectl, f"person-with-{role}", team) == PEOPLE[role]
    assert rights(kubectl, f"person-with-{role}", "default") == set()


@pytest.mark.parametrize("role", PEOPLE)
def test_nobody_but_the_platform_reaches_a_connection(kubectl: Kubectl, team: str, role: str) -> None:
    person = Person(kubectl, f"person-with-{role}", team)
    for verb in ("get", "delete"):
        told = person.fails(verb, "runaiconnections.runai-operator.io", "default")
        assert f'cannot {verb} resource "runaiconnections"' in told
        assert "at the cluster scope" in told


@pytest.mark.parametrize("source", ["deploy/rbac", "the chart"])
def test_the_operator_lives_with_its_role_which_allows_nothing_more(
    bare_world: World, helm: Helm, kubectl: Kubectl, control_plane: ControlPlane, tmp_path: Path, source: str
) -> None:
    """A life in which each of its kinds of request is made; the API server's audit log tells which they are.

    The chart is told other names than those that deploy/rbac is written for, so that no role holds those besides.
    """
    world = bare_world
    credentials, ca = ("east", "east-ca") if source == "the chart" else ("runai-credentials", "runai-ca")
    authority = (REPOSITORY / "tests" / "unit" / "runai" / "authority.pem").read_text()
    world.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": ca}, "data": {"ca.crt": authority}})
    world.secret(credentials)
    spec = world.connection_spec(credentialsSecretRef={"name": credentials}, caBundleRef={"name": ca})
    if source == "the chart":
        roles, file = chart_documents(helm, world.namespace, {"name": world.connection, **spec})
        kubeconfig = operator_kubeconfig(kubectl, control_plane, roles, tmp_path)
        done = connect_by(kubeconfig, file, tmp_path)
        assert done.returncode == 0, done.stderr
        world = world.with_settings(lease_name=world.namespace)
    else:
        roles = [*operator_documents(world.namespace)]
        kubeconfig = operator_kubeconfig(kubectl, control_plane, roles, tmp_path)
        world.connect(**spec)
    live(world, kubeconfig)

    [account] = [each["metadata"]["name"] for each in roles if each["kind"] == "ServiceAccount"]
    asked = requests_of(control_plane, f"system:serviceaccount:{world.namespace}:{account}")
    assert [(each["verb"], each["requestURI"]) for each in asked if refused(each)] == []
    allowed = {right for rule in rules_in(roles) for right in exactly(rule)}
    assert used(asked, allowed) == allowed, "its role and what it does are not the same"


def live(world: World, kubeconfig: Path) -> None:
    """The operator, as this account: it submits, updates, deletes a workload in a project that is its no more, and lets
    go of its connection."""
    world.operator.start(KUBECONFIG=str(kubeconfig))
    world.submit()
    world.until_ready()
    world.submit(scheduling={"priority": "high"})
    world.until_ready()
    world.kubectl("label", "--overwrite", "namespace", world.namespace, "runai/queue=team-b")
    world.kubectl("delete", "rwl", "trainer", "--timeout=30s", namespace=world.namespace)
    world.kubectl("delete", "rcon", world.connection, "--timeout=30s")


def test_all_roles_are_applied_by_one_command(kubectl: Kubectl) -> None:
    """Nothing is kept of it: the namespace that it is written for would be in the way of others."""
    told = kubectl("apply", "--dry-run=client", "-f", str(RBAC), "-o", "name").split()
    wanted = {f"clusterrole.rbac.authorization.k8s.io/runai-operator-{role}" for role in PEOPLE}
    assert wanted | {f"serviceaccount/{INSTALLED}"} <= {*told}


def test_secrets_are_read_by_name_and_in_no_other_namespace(namespace: str) -> None:
    roles = [*operator_documents(namespace)]
    cluster_wide = [each for each in roles if each["kind"] == "ClusterRole"]
    assert "secrets" not in json.dumps(cluster_wide)
    named = [rule for rule in rules_in(roles) if {"secrets", "configmaps"} & {*rule["resources"]}]
    assert named
    assert all(rule["verbs"] == ["get"] and rule["resourceNames"] for rule in named)


def rules_in(roles: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [rule for document in roles for rule in document.get("rules", ())]


def exactly(rule: Mapping[str, Any]) -> Iterator[NamedRight]:
    """Its rights, and for what: each name that it gives, or all."""
    for right in rights_of(rule):
        for name in rule.get("resourceNames", (ALL,)):
            yield *right, name


def used(asked: Iterable[Mapping[str, Any]], allowed: Iterable[NamedRight]) -> set[NamedRight]:
    """The rights that these requests took, with names where some are allowed by name."""
    by_name = {(verb, resource) for verb, resource, name in allowed if name != ALL}
    return {
        (verb, resource, each["objectRef"].get("name", ALL) if (verb, resource) in by_name else ALL)
        for each in asked
        if "objectRef" in each
        for resource in [resource_of(each["objectRef"])]
        for verb in verbs_of(each)
    }


def verbs_of(request: Mapping[str, Any]) -> list[str]:
    """Server-side apply of what is not there yet is a patch that takes the right to create, too."""
    made = request["verb"] == "patch" and request["responseStatus"]["code"] == 201
    return ["patch", "create"] if made else [request["verb"]]


def refused(request: Mapping[str, Any]) -> bool:
    return (
        request["annotations"]["authorization.k8s.io/decision"] != "allow" or request["responseStatus"]["code"] == 403
    )


def requests_of(control_plane: ControlPlane, user: str) -> list[dict[str, Any]]:
    """What a service account asked, as the audit log has it."""
    return [line for line in control_plane.audited(user) if line["user"]["username"] == user]


def resource_of(reference: Mapping[str, str]) -> str:
    """As `rights_of` names it."""
    subresource = f"/{reference['subresource']}" if "subresource" in reference else ""
    return f"{reference['resource']}{subresource}.{reference.get('apiGroup', '')}".rstrip(".")
