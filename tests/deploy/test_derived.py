"""What deploy/ derives from models and Lua is fresh."""

from pathlib import Path

import pytest
import yaml

from runai_operator.generate.argocd import argocd
from runai_operator.generate.json_schemas import schemas
from runai_operator.generate.kustomize import kustomize

DEPLOY = Path(__file__).parents[2] / "deploy"
KIT = argocd(DEPLOY / "argocd")


@pytest.mark.parametrize(("name", "text"), KIT.items(), ids=KIT.keys())
def test_the_settings_of_argo_cd_are_what_the_lua_says(name, text):
    assert (DEPLOY / "argocd" / name).read_text(encoding="utf-8") == text, "stale: run `make generate`"


@pytest.mark.parametrize(("name", "text"), schemas().items(), ids=schemas().keys())
def test_the_schemas_are_what_the_models_say(name, text):
    assert (DEPLOY / "schemas" / name).read_text(encoding="utf-8") == text, "stale: run `make generate`"


@pytest.mark.parametrize(("name", "text"), kustomize().items(), ids=kustomize().keys())
def test_what_kustomize_is_told_is_what_the_table_says(name, text):
    assert (DEPLOY / "kustomize" / "component" / name).read_text(encoding="utf-8") == text, "stale: run `make generate`"


def test_there_is_no_other_schema():
    assert {each.name for each in (DEPLOY / "schemas").iterdir()} == schemas().keys()


def test_the_config_map_and_the_helm_values_say_the_same():
    config_map, values = (yaml.safe_load(KIT[name]) for name in ("argocd-cm.yaml", "helm-values.yaml"))
    assert config_map["data"] == values["configs"]["cm"]


def test_health_and_actions_stand_under_the_names_that_argo_cd_looks_for():
    config_map = yaml.safe_load(KIT["argocd-cm.yaml"])
    assert config_map["metadata"] == {"name": "argocd-cm", "labels": {"app.kubernetes.io/part-of": "argocd"}}
    assert config_map["data"].keys() == {
        f"resource.customizations.{what}.runai-operator.io_{kind}"
        for what in ("health", "actions")
        for kind in ("RunaiWorkload", "RunaiConnection")
    }


def test_a_kind_without_health_is_no_kit(tmp_path):
    (tmp_path / "lua" / "RunaiWorkload").mkdir(parents=True)
    with pytest.raises(OSError, match=r"health\.lua"):
        argocd(tmp_path)
