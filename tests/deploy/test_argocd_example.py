"""The Argo CD example: in waves, applied server-side, and nothing deleted unasked."""

import os

import pytest
import yaml

from tests.deploy.kit import ARGOCD, SETTINGS

EXAMPLE = ARGOCD / "example"
APPLICATION = yaml.safe_load((EXAMPLE / "application.yaml").read_text(encoding="utf-8"))
RESOURCES = {
    file.name: yaml.safe_load(file.read_text(encoding="utf-8")) for file in sorted((EXAMPLE / "waves").glob("*.yaml"))
}


def annotation(body, name):
    return body["metadata"]["annotations"].get(name)


def test_the_application_takes_what_is_in_the_folder():
    assert APPLICATION["spec"]["source"]["path"] == "waves"
    assert RESOURCES


def test_the_application_is_applied_server_side_and_prunes_only_what_is_confirmed():
    assert {"ServerSideApply=true", "Prune=confirm"} <= {*APPLICATION["spec"]["syncPolicy"]["syncOptions"]}


def test_a_failed_sync_is_tried_again_without_an_end_and_with_the_newest_commit():
    """Without the second, no commit could mend what the first goes on trying."""
    retry = APPLICATION["spec"]["syncPolicy"]["retry"]
    assert (retry["limit"], retry.get("refresh")) == (-1, True)


@pytest.mark.parametrize("name", RESOURCES)
def test_no_resource_is_pruned_unasked_by_an_argo_cd_that_knows_the_option_on_resources_only(name):
    assert annotation(RESOURCES[name], "argocd.argoproj.io/sync-options") == "Prune=confirm"


def test_the_connection_comes_first_then_what_finishes_then_what_runs():
    waves = {
        name: (int(annotation(body, "argocd.argoproj.io/sync-wave")), body["kind"]) for name, body in RESOURCES.items()
    }
    order = [kind for _, kind in sorted(waves.values())]
    assert order == ["Namespace", "RunaiConnection", "RunaiWorkload", "RunaiWorkload"]
    assert len({wave for wave, _ in waves.values()}) == len(waves)
    waits = [annotation(body, "runai-operator.io/healthy-when") for body in RESOURCES.values()]
    assert waits == [None, None, "Finished", "Running"]


def test_an_argo_cd_that_kustomize_installs_takes_the_kit_as_a_component(kustomize, tmp_path):
    own = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "argocd-cm"}, "data": {"url": "https://cd"}}
    (tmp_path / "cm.yaml").write_text(yaml.safe_dump(own), encoding="utf-8")
    whole = {"resources": ["cm.yaml"], "components": [os.path.relpath(ARGOCD, tmp_path)]}
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(whole), encoding="utf-8")
    (config_map,) = kustomize(tmp_path)
    assert config_map["data"] == {**SETTINGS, "url": "https://cd"}
