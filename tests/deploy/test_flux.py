"""The Flux example: what refers to what, and its health expressions, evaluated as CEL by a real API server."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from runai_operator.api.reason_table import ROWS
from runai_operator.api.reasons import Reason
from runai_operator.api.schema import structural
from runai_operator.api.workload_status import RunaiWorkloadStatus
from tests.control_plane.processes import wait_until
from tests.unit.sync.examples import example

FLUX = Path(__file__).parents[2] / "deploy" / "flux"
KUSTOMIZATIONS = {
    body["metadata"]["name"]: body["spec"]
    for body in yaml.safe_load_all((FLUX / "kustomizations.yaml").read_text(encoding="utf-8"))
}
(EXPRESSIONS,) = KUSTOMIZATIONS["team-a-train"]["healthCheckExprs"]
OF_WORKLOADS = [row for row in ROWS if row.condition != "Connection Ready"]


def test_each_waits_for_the_one_before():
    order = [*KUSTOMIZATIONS]
    waits = [[each["name"] for each in spec.get("dependsOn", [])] for spec in KUSTOMIZATIONS.values()]
    assert waits == [[], order[:1], order[1:2]]


@pytest.mark.parametrize("name", KUSTOMIZATIONS)
def test_its_folder_holds_resources_and_its_source_is_there(name):
    spec = KUSTOMIZATIONS[name]
    source = yaml.safe_load((FLUX / "source.yaml").read_text(encoding="utf-8"))
    assert (source["kind"], source["metadata"]["name"]) == (spec["sourceRef"]["kind"], spec["sourceRef"]["name"])
    assert [*(FLUX / spec["path"]).glob("*.yaml")]


@pytest.mark.parametrize("name", KUSTOMIZATIONS)
def test_something_is_waited_for(name):
    spec = KUSTOMIZATIONS[name]
    bodies = [yaml.safe_load(each.read_text(encoding="utf-8")) for each in (FLUX / spec["path"]).glob("*.yaml")]
    there = [(each["apiVersion"], each["kind"], each["metadata"]["name"]) for each in bodies]
    named = [(each["apiVersion"], each["kind"], each["name"]) for each in spec.get("healthChecks", [])]
    assert spec.get("wait") is True or (named and {*named} <= {*there})


def in_a_crd(expression: str) -> str:
    """Flux has `status` and `metadata` as variables; a rule of a CRD sees what it is about as `self`, and of its
    metadata not the generation."""
    return re.sub(r"\bstatus\.(?=observedGeneration|conditions)", "self.status.", expression).replace(
        "metadata.generation", "self.generation"
    )


RULES = {name: in_a_crd(EXPRESSIONS[name]) for name in ("inProgress", "failed", "current")}
PROBES: dict[str, Any] = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "probes.health.example.com"},
    "spec": {
        "group": "health.example.com",
        "scope": "Namespaced",
        "names": {"kind": "Probe", "listKind": "ProbeList", "plural": "probes", "singular": "probe"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            "generation": {"type": "integer"},
                            "status": structural(RunaiWorkloadStatus) | {"default": {}},
                        },
                        "x-kubernetes-validations": [
                            {"rule": rule, "message": f"not {name}"} for name, rule in RULES.items()
                        ],
                    }
                },
            }
        ],
    },
}


def a_probe(name: str, status: dict[str, Any], generation: int) -> dict[str, Any]:
    return {
        "apiVersion": "health.example.com/v1",
        "kind": "Probe",
        "metadata": {"name": name},
        "generation": generation,
        "status": status,
    }


@pytest.fixture(scope="module")
def verdicts(kubectl):
    """What Flux makes of each probe: the first of inProgress, failed and current that holds, else in progress."""
    kubectl("apply", "--server-side", "-f", "-", input=PROBES)
    kubectl("wait", "--for=condition=Established", "--timeout=30s", "crd/probes.health.example.com")
    wait_until(lambda: "probes" in kubectl("api-resources", "--api-group=health.example.com"), 30, lambda: "no probes")

    def judge(probes: list[dict[str, Any]]) -> dict[str, str]:
        bodies = {"apiVersion": "v1", "kind": "List", "items": probes}
        refusals = kubectl.fails("create", "--dry-run=server", "-n", "default", "-f", "-", input=bodies)
        untrue = {
            found.group(1): {*re.findall(r"not (inProgress|failed|current)", found.group(2))}
            for found in re.finditer(r'Probe\S* "([^"]+)" is invalid:(.*)', refusals)
        }
        assert untrue.keys() == {each["metadata"]["name"] for each in probes}, refusals
        return {name: next((each for each in RULES if each not in false), "") for name, false in untrue.items()}

    yield judge
    kubectl("delete", "crd", "probes.health.example.com")


FINISHED = {("Ready", Reason.COMPLETED), ("Succeeded", Reason.COMPLETED)}


def expected(row) -> str:
    if row.argo == "Degraded":
        return "failed"
    return "current" if (row.condition, row.reason) in FINISHED else ""


def test_a_run_is_waited_for_until_it_succeeded_or_nothing_more_will_happen(verdicts):
    shown = {f"row-{number}": example(row, held=1000.0) for number, row in enumerate(OF_WORKLOADS)}
    told = verdicts(
        [a_probe(name, status, resource.metadata["generation"]) for name, (resource, status) in shown.items()]
    )
    assert told == {f"row-{number}": expected(row) for number, row in enumerate(OF_WORKLOADS)}


def test_a_status_of_an_older_spec_is_in_progress(verdicts):
    shown = {f"row-{number}": example(row, held=1000.0) for number, row in enumerate(OF_WORKLOADS)}
    told = verdicts(
        [a_probe(name, status, resource.metadata["generation"] + 1) for name, (resource, status) in shown.items()]
    )
    assert {*told.values()} == {"inProgress"}


def test_what_nobody_has_looked_at_is_in_progress(verdicts):
    assert verdicts([a_probe("new", {"observedGeneration": -1}, 1), a_probe("bare", {}, 1)]) == {
        "new": "inProgress",
        "bare": "inProgress",
    }
