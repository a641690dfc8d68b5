"""The operator's chart by Argo CD and by Flux, as the examples have it: the chart accepts their values, and renders."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.chart.render import CHART, REPOSITORY, documents, manifest, of_kind, operator_container

DEPLOY = REPOSITORY / "deploy"


def bodies(path: Path) -> dict[str, dict[str, Any]]:
    """The documents of a file, by kind."""
    return {body["kind"]: body for body in yaml.safe_load_all(path.read_text(encoding="utf-8"))}


APPLICATION = bodies(DEPLOY / "argocd" / "example" / "operator.yaml")["Application"]
BY_FLUX = bodies(DEPLOY / "flux" / "operator.yaml")
RELEASE = BY_FLUX["HelmRelease"]
SOURCE = APPLICATION["spec"]["source"]
OPTIONS = APPLICATION["spec"]["syncPolicy"]["syncOptions"]
WHERE = {"argocd": (SOURCE["helm"], APPLICATION["spec"]["destination"]["namespace"], SOURCE["helm"]["valuesObject"])}
WHERE["flux"] = (RELEASE["spec"], RELEASE["spec"]["targetNamespace"], RELEASE["spec"]["values"])
by_each = pytest.mark.parametrize("tool", WHERE)


@by_each
def test_the_chart_accepts_its_values_and_renders_what_they_say(helm, tool):
    named, namespace, values = WHERE[tool]
    found = documents(manifest(helm, values, release=named["releaseName"], namespace=namespace))
    assert operator_container(found)["image"].startswith(f"{values['image']['repository']}:")
    (deployment,) = of_kind(found, "Deployment")
    assert values["connection"]["url"] in yaml.safe_dump(deployment), "the Pods make the connection"
    assert len(of_kind(found, "CustomResourceDefinition")) == 2, "so they are upgraded with it"


@by_each
def test_a_value_that_the_chart_does_not_know_is_refused(helm, tool):
    """Or the test above would show little."""
    with pytest.raises(AssertionError, match="conection"):
        manifest(helm, {**WHERE[tool][2], "conection": {}})


def test_both_say_the_same():
    argocd, flux = WHERE.values()
    assert argocd[0]["releaseName"] == flux[0]["releaseName"]
    assert argocd[1:] == flux[1:]


def test_both_take_the_chart_out_of_this_repository_at_a_version():
    flux = RELEASE["spec"]["chart"]["spec"]
    assert (REPOSITORY / SOURCE["path"]).samefile(CHART)
    assert (REPOSITORY / flux["chart"]).samefile(CHART)
    source = BY_FLUX["GitRepository"]
    assert flux["sourceRef"] == {"kind": source["kind"], "name": source["metadata"]["name"]}
    assert source["metadata"]["namespace"] == RELEASE["metadata"]["namespace"]
    assert source["spec"]["url"] == SOURCE["repoURL"]
    assert source["spec"]["ref"]["tag"] == SOURCE["targetRevision"]


def test_argo_cd_applies_it_server_side_into_a_namespace_that_it_makes():
    assert {"ServerSideApply=true", "CreateNamespace=true"} <= {*OPTIONS}


def test_the_namespace_enforces_restricted_pod_security_with_both():
    by_argocd = APPLICATION["spec"]["syncPolicy"]["managedNamespaceMetadata"]["labels"]
    namespace = BY_FLUX["Namespace"]["metadata"]
    assert namespace["labels"] == by_argocd == {"pod-security.kubernetes.io/enforce": "restricted"}
    assert namespace["name"] == RELEASE["spec"]["targetNamespace"]


def test_removing_the_application_removes_nothing():
    assert "finalizers" not in APPLICATION["metadata"]
