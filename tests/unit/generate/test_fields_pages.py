"""The reference of a CRD tells every field as its schema has it, and every annotation that a user may set."""

from runai_operator.api import names
from runai_operator.api.crds import connection_crd, workload_crd
from runai_operator.generate.fields_pages import Field, fields, page
from runai_operator.generate.markdown import plain, table

WORKLOAD = workload_crd()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
NOT_FOR_USERS = {names.FINALIZER, names.CONNECTION_FINALIZER, names.CLAIM}


def found(path: str) -> Field:
    (field,) = (each for part in ("spec", "status") for each in fields(part, WORKLOAD[part]) if each.path == path)
    return field


def test_a_field_is_told_with_type_default_and_description() -> None:
    strategy = found("spec.updateStrategy")
    assert strategy.type == "`InPlace` or `RecreateIfFinished` or `Recreate`"
    assert strategy.default == '"RecreateIfFinished"'
    assert not strategy.required
    assert strategy.description.startswith("What to do about a change that Run:ai cannot apply in place.")


def test_what_must_be_there_is_told() -> None:
    assert found("spec.manifest").required
    assert "| `spec.manifest` | object | *required* |" in page(workload_crd())


def test_lists_are_entered() -> None:
    assert found("spec.drift.ignorePaths").type == "list of string"
    assert found("status.endpoints").type == "list of object"
    assert found("status.endpoints[].port").type == "integer"
    assert found("status.conditions[].lastTransitionTime").type == "date-time"


def test_every_rule_is_told_in_its_own_words() -> None:
    assert "- spec.url must be an address such as https://example.run.ai\n" in page(connection_crd())
    assert "- spec.projectId stands for projectName and clusterName: set either it or them\n" in page(workload_crd())


def test_every_annotation_that_a_user_may_set_is_told() -> None:
    known = {value for name, value in vars(names).items() if name.isupper() and f"{names.GROUP}/" in str(value)}
    stamp = {value for name, value in vars(names).items() if name.startswith("STAMP_")}
    told = page(workload_crd()) + page(connection_crd())
    expected = known - stamp - NOT_FOR_USERS - {names.API_VERSION}
    assert expected
    assert [name for name in expected if f"| `{name}` |" not in told] == []


def test_text_is_shown_as_it_is() -> None:
    assert plain("team-* | a_b <id>") == r"team-\* \| a\_b \<id>"
    assert table(("a", "b"), [("1", "2")]) == "| a | b |\n| --- | --- |\n| 1 | 2 |\n"
