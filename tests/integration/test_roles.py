"""deploy/rbac: what people may do, and that the operator may do what it does and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REPOSITORY
from tests.control_plane import ControlPlane, Kubectl
from tests.integration.roles import (
    INSTALLED,
    RBAC,
    Person,
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

Right = tuple[str, str]


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


def test_the_operator_lives_with_its_role_which_allows_nothing_more(
    bare_world: World, kubectl: Kubectl, control_plane: ControlPlane, tmp_path: Path
) -> None:
    """A life in which each of its kinds of request is made; the API server's audit log tells which they are."""
    world = bare_world
    kubeconfig = operator_kubeconfig(kubectl, control_plane, world.namespace, tmp_path)
    authority = (REPOSITORY / "tests" / "unit" / "runai" / "authority.pem").read_text()
    world.apply(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "runai-ca"}, "data": {"ca.crt": authority}}
    )
    world.secret()
    world.connect(caBundleRef={"name": "runai-ca"})
    world.operator.start(KUBECONFIG=str(kubeconfig))
    world.submit()
    world.until_ready()
    world.submit(scheduling={"priority": "high"})
    world.until_ready()
    world.kubectl("label", "--overwrite", "namespace", world.namespace, "runai/queue=team-b")
    world.kubectl("delete", "rwl", "trainer", "--timeout=30s", namespace=world.namespace)
    world.kubectl("delete", "rcon", world.connection, "--timeout=30s")

    asked = requests_of(control_plane, f"system:serviceaccount:{world.namespace}:{INSTALLED}")
    refused = [each for each in asked if each["annotations"]["authorization.k8s.io/decision"] != "allow"]
    assert [(each["verb"], each["requestURI"]) for each in refused] == []
    allowed = {right for rule in operator_rules(world.namespace) for right in rights_of(rule)}
    used = {(each["verb"], resource_of(each["objectRef"])) for each in asked if "objectRef" in each}
    assert used == allowed, "its role and what it does are not the same"


def test_all_roles_are_applied_by_one_command(kubectl: Kubectl) -> None:
    """Nothing is kept of it: the namespace that it is written for would be in the way of others."""
    told = kubectl("apply", "--dry-run=client", "-f", str(RBAC), "-o", "name").split()
    wanted = {f"clusterrole.rbac.authorization.k8s.io/runai-operator-{role}" for role in PEOPLE}
    assert wanted | {f"serviceaccount/{INSTALLED}"} <= {*told}


def test_secrets_are_read_by_name_and_in_no_other_namespace(namespace: str) -> None:
    cluster_wide = [each for each in operator_documents(namespace) if each["kind"] == "ClusterRole"]
    assert "secrets" not in json.dumps(cluster_wide)
    named = [rule for rule in operator_rules(namespace) if {"secrets", "configmaps"} & {*rule["resources"]}]
    assert all(rule["verbs"] == ["get"] and rule["resourceNames"] for rule in named)


def operator_rules(namespace: str) -> list[dict[str, Any]]:
    return [rule for document in operator_documents(namespace) for rule in document.get("rules", ())]


def requests_of(control_plane: ControlPlane, user: str) -> list[dict[str, Any]]:
    """What a service account asked, as the audit log has it."""
    return [line for line in control_plane.audited(user) if line["user"]["username"] == user]


def resource_of(reference: Mapping[str, str]) -> str:
    """As `rights_of` names it."""
    subresource = f"/{reference['subresource']}" if "subresource" in reference else ""
    return f"{reference['resource']}{subresource}.{reference.get('apiGroup', '')}".rstrip(".")
