"""deploy/schemas: what they accept and refuse, without a cluster."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]
KINDS = {"RunaiWorkload", "RunaiConnection"}
SHIPPED = ("examples", "deploy/argocd", "deploy/flux", "deploy/kustomize")


def validator(kind: str) -> jsonschema_rs.Validator:
    file = REPOSITORY / "deploy" / "schemas" / f"{kind.lower()}_v1alpha1.json"
    return jsonschema_rs.validator_for(json.loads(file.read_text(encoding="utf-8")))


def shipped() -> dict[str, dict[str, Any]]:
    """Every whole resource of ours that we tell people to apply, by file and name; not patches of them."""
    files = sorted(each for folder in SHIPPED for each in (REPOSITORY / folder).rglob("*.yaml"))
    found = {}
    for file in files:
        for body in yaml.safe_load_all(file.read_text(encoding="utf-8")):
            if body and body.get("kind") in KINDS and "patch" not in file.name:
                found[f"{file.relative_to(REPOSITORY)}:{body['metadata']['name']}"] = body
    return found


@pytest.mark.parametrize("body", shipped().values(), ids=shipped().keys())
def test_what_is_shipped_passes(body):
    validator(body["kind"]).validate(body)


def test_resources_of_every_kind_and_folder_are_shipped():
    assert {body["kind"] for body in shipped().values()} == KINDS
    assert {folder for folder in SHIPPED if any(name.startswith(folder) for name in shipped())} == {*SHIPPED}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_schema_is_a_schema(kind):
    file = REPOSITORY / "deploy" / "schemas" / f"{kind.lower()}_v1alpha1.json"
    assert jsonschema_rs.meta.is_valid(json.loads(file.read_text(encoding="utf-8")))


WORKLOAD = yaml.safe_load((REPOSITORY / "examples" / "30-pytorchjob.yaml").read_text(encoding="utf-8"))
CONNECTION = yaml.safe_load((REPOSITORY / "examples" / "connection" / "20-connection.yaml").read_text(encoding="utf-8"))
GONE = object()

BAD = {
    "a misspelt field": (WORKLOAD, "spec.schedulling", {"priority": "high"}, "schedulling"),
    "a misspelt field further down": (WORKLOAD, "spec.scheduling.prio", "high", "prio"),
    "no manifest": (WORKLOAD, "spec.manifest", GONE, "manifest"),
    "no spec": (WORKLOAD, "spec", GONE, "spec"),
    "no metadata": (WORKLOAD, "metadata", GONE, "metadata"),
    "a manifest without a kind": (WORKLOAD, "spec.manifest.kind", GONE, "kind"),
    "no name": (WORKLOAD, "metadata.name", GONE, "name"),
    "a name that is a number": (WORKLOAD, "metadata.name", 7, "string"),
    "an annotation that is no text": (WORKLOAD, "metadata.annotations", {"a": True}, "string"),
    "a manifest of an impossible kind": (WORKLOAD, "spec.manifest.kind", "a.b", "a.b"),
    "a manifest of an address": (WORKLOAD, "spec.manifest.apiVersion", "https://x", "https://x"),
    "a manifest that is a text": (WORKLOAD, "spec.manifest", "kind: Job", "object"),
    "a strategy that there is not": (WORKLOAD, "spec.updateStrategy", "Rollback", "Rollback"),
    "a suspend that is a text": (WORKLOAD, "spec.suspend", "true", "boolean"),
    "a name with capitals": (WORKLOAD, "spec.workloadName", "Trainer", "Trainer"),
    "a name that is too long": (WORKLOAD, "spec.workloadName", "a" * 64, "63"),
    "another version": (WORKLOAD, "apiVersion", "runai-operator.io/v1", "v1alpha1"),
    "another kind": (WORKLOAD, "kind", "RunaiJob", "RunaiWorkload"),
    "no address": (CONNECTION, "spec.url", GONE, "url"),
    "credentials in the open": (CONNECTION, "spec.clientSecret", "secret", "clientSecret"),
    "an interval without a unit": (CONNECTION, "spec.polling", {"interval": "5"}, "5"),
    "projects that are a text": (CONNECTION, "spec.access", [{"namespaceSelector": {}, "projects": "*"}], "object"),
}


def changed(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    new = deepcopy(body)
    *way, last = path.split(".")
    inner = new
    for step in way:
        inner = inner[step]
    if value is GONE:
        del inner[last]
    else:
        inner[last] = value
    return new


@pytest.mark.parametrize(("body", "path", "value", "told"), BAD.values(), ids=BAD.keys())
def test_what_is_wrong_is_named(body, path, value, told):
    (error,) = validator(body["kind"]).iter_errors(changed(body, path, value))
    assert told in error.message


def test_what_only_the_api_server_can_tell_passes():
    """Rules in CEL: docs/gitops.md says so."""
    both = changed(changed(WORKLOAD, "spec.projectName", "team-a"), "spec.projectId", "4501")
    assert validator("RunaiWorkload").is_valid(both)
