"""What is generated is fresh, and what the API server and `kubectl explain` can use."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from runai_operator.api.crds import connection_crd, workload_crd
from runai_operator.generate.crd_files import chart_crds, crds

REPOSITORY = Path(__file__).parents[3]
CRDS = {crd["spec"]["names"]["kind"]: crd for crd in (workload_crd(), connection_crd())}

every_crd = pytest.mark.parametrize("crd", CRDS.values(), ids=CRDS.keys())


def schemas(crd: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema in spec and status, with its path; not what Kubernetes itself defines."""
    root = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
    for name in ("spec", "status"):
        yield from _within(name, root[name])


def _within(path: str, schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield path, schema
    for name, each in schema.get("properties", {}).items():
        yield from _within(f"{path}.{name}", each)
    for holder in ("items", "additionalProperties"):
        if holder in schema:
            yield from _within(f"{path}[]", schema[holder])


@pytest.mark.parametrize(("name", "text"), crds().items(), ids=crds().keys())
def test_the_crds_are_what_the_models_say(name, text):
    assert (REPOSITORY / "crds" / name).read_text(encoding="utf-8") == text, "stale: run `make generate`"


def test_there_is_no_other_crd():
    assert {each.name for each in (REPOSITORY / "crds").iterdir()} == crds().keys()


CHART_CRDS = REPOSITORY / "deploy" / "helm" / "runai-operator" / "templates" / "crds"


@pytest.mark.parametrize(("name", "text"), chart_crds().items(), ids=chart_crds().keys())
def test_the_crds_of_the_chart_are_what_the_models_say(name, text):
    assert (CHART_CRDS / name).read_text(encoding="utf-8") == text, "stale: run `make generate`"


def test_the_chart_has_no_other_crd():
    assert {each.name for each in CHART_CRDS.iterdir()} == chart_crds().keys()


@pytest.mark.parametrize("text", crds().values(), ids=crds().keys())
def test_a_crd_is_below_256_kib_and_has_no_yaml_aliases(text):
    assert len(text.encode()) < 256 * 1024
    assert not any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text))


@every_crd
def test_every_field_has_a_description(crd):
    assert [path for path, schema in schemas(crd) if not path.endswith("[]") and not schema.get("description")] == []


@every_crd
def test_every_list_text_and_map_is_bounded(crd):
    bound_of = {"array": "maxItems", "string": "maxLength"}
    unbounded = [
        path
        for path, schema in schemas(crd)
        if (bound := "maxProperties" if "additionalProperties" in schema else bound_of.get(schema["type"]))
        and bound not in schema
        and "enum" not in schema
    ]
    assert unbounded == []


@every_crd
def test_every_list_says_how_it_is_merged(crd):
    assert [
        path for path, each in schemas(crd) if each["type"] == "array" and "x-kubernetes-list-type" not in each
    ] == []


@every_crd
def test_schemas_are_structural(crd):
    odd = {"$ref", "$defs", "anyOf", "allOf", "oneOf", "const", "title"}
    assert [(path, odd & each.keys()) for path, each in schemas(crd) if odd & each.keys()] == []


@every_crd
def test_numbers_say_their_format(crd):
    assert [path for path, each in schemas(crd) if each["type"] in ("integer", "number") and "format" not in each] == []


def test_whether_to_suspend_has_no_default():
    spec = CRDS["RunaiWorkload"]["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    assert "default" not in spec["properties"]["suspend"]
