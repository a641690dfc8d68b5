import pytest

from runai_operator.api.access import allowed
from runai_operator.api.connection import AccessRule

LABELS = {"runai/queue": "team-a", "tier": "gold", "kubernetes.io/metadata.name": "ml"}


def a_rule(selector: dict | None = None, projects: dict | None = None) -> AccessRule:
    return AccessRule.model_validate(
        {"namespaceSelector": selector or {}, "projects": projects or {"names": ["*"]}},
    )


def expression(key: str, operator: str, *values: str) -> dict:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": values}]}


def is_allowed(*rules: AccessRule, project: str = "team-a") -> bool:
    return allowed(rules, namespace="ml", namespace_labels=LABELS, project_name=project)


def test_no_rule_allows_nobody():
    assert not is_allowed()


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        pytest.param({}, True, id="an empty selector is every namespace"),
        pytest.param({"matchLabels": {"tier": "gold"}}, True, id="label matches"),
        pytest.param({"matchLabels": {"tier": "silver"}}, False, id="label differs"),
        pytest.param({"matchLabels": {"tier": "gold", "zone": "b"}}, False, id="all labels must match"),
        pytest.param({"matchLabels": {"kubernetes.io/metadata.name": "ml"}}, True, id="by name"),
        pytest.param(expression("tier", "In", "silver", "gold"), True, id="In"),
        pytest.param(expression("tier", "In", "silver"), False, id="In, another value"),
        pytest.param(expression("zone", "In", "b"), False, id="In, label missing"),
        pytest.param(expression("tier", "NotIn", "silver"), True, id="NotIn"),
        pytest.param(expression("tier", "NotIn", "gold"), False, id="NotIn, the value"),
        pytest.param(expression("zone", "NotIn", "b"), True, id="NotIn, label missing"),
        pytest.param(expression("tier", "Exists"), True, id="Exists"),
        pytest.param(expression("zone", "Exists"), False, id="Exists, label missing"),
        pytest.param(expression("zone", "DoesNotExist"), True, id="DoesNotExist"),
        pytest.param(expression("tier", "DoesNotExist"), False, id="DoesNotExist, label there"),
        pytest.param(
            {"matchLabels": {"tier": "gold"}} | expression("zone", "Exists"), False, id="labels and expressions"
        ),
    ],
)
def test_namespaces_are_selected_as_kubernetes_selects(selector, expected):
    assert is_allowed(a_rule(selector)) is expected


@pytest.mark.parametrize(
    ("projects", "project", "expected"),
    [
        pytest.param({"names": ["team-a"]}, "team-a", True, id="the name"),
        pytest.param({"names": ["team-a"]}, "team-ab", False, id="a longer name"),
        pytest.param({"names": ["team-*"]}, "team-b", True, id="star"),
        pytest.param({"names": ["team-?"]}, "team-bc", False, id="question mark is one character"),
        pytest.param({"names": ["x", "team-a"]}, "team-a", True, id="one of several"),
        pytest.param({"names": ["TEAM-A"]}, "team-a", False, id="case counts"),
        pytest.param({"from": "NamespaceLabel"}, "team-a", True, id="the label's project"),
        pytest.param({"from": "NamespaceLabel"}, "team-b", False, id="another project than the label's"),
    ],
)
def test_projects_are_admitted_by_pattern_or_by_the_namespaces_label(projects, project, expected):
    assert is_allowed(a_rule(projects=projects), project=project) is expected


def test_a_namespace_without_the_label_is_admitted_to_no_project_by_it():
    rule = a_rule(projects={"from": "NamespaceLabel"})
    assert not allowed([rule], namespace="ml", namespace_labels={}, project_name="team-a")


def test_one_rule_that_allows_is_enough_but_halves_of_two_are_not():
    gold, everyone = {"matchLabels": {"tier": "gold"}}, {}
    assert is_allowed(a_rule(everyone, {"names": ["x"]}), a_rule(gold, {"names": ["team-a"]}))
    assert not is_allowed(
        a_rule(gold, {"names": ["x"]}), a_rule({"matchLabels": {"tier": "no"}}, {"names": ["team-a"]})
    )


def test_a_namespace_cannot_pass_for_another_by_its_labels():
    rule = a_rule({"matchLabels": {"kubernetes.io/metadata.name": "ml"}})
    forged = {"kubernetes.io/metadata.name": "ml"}
    assert not allowed([rule], namespace="other", namespace_labels=forged, project_name="team-a")
