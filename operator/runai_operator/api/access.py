"""Who may use a connection."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from runai_operator.api.connection import AccessRule, LabelRequirement, LabelSelector, ProjectSelector
from runai_operator.api.names import QUEUE_LABEL

NAME_LABEL = "kubernetes.io/metadata.name"


def allowed(
    access_rules: Iterable[AccessRule], *, namespace: str, namespace_labels: Mapping[str, str], project_name: str
) -> bool:
    """Whether one of the rules lets resources of the namespace use the project. No rules: nobody may use anything."""
    labels = {**namespace_labels, NAME_LABEL: namespace}
    return any(
        _selects(rule.namespace_selector, labels) and _admits(rule.projects, labels, project_name)
        for rule in access_rules
    )


def admits(access_rules: Iterable[AccessRule], *, namespace: str, namespace_labels: Mapping[str, str]) -> bool:
    """Whether there is any rule for resources of the namespace, whatever the project."""
    labels = {**namespace_labels, NAME_LABEL: namespace}
    return any(_selects(rule.namespace_selector, labels) for rule in access_rules)


def _selects(selector: LabelSelector, labels: Mapping[str, str]) -> bool:
    return all(labels.get(key) == value for key, value in selector.match_labels.items()) and all(
        _meets(requirement, labels) for requirement in selector.match_expressions
    )


def _meets(requirement: LabelRequirement, labels: Mapping[str, str]) -> bool:
    """As Kubernetes: NotIn and DoesNotExist hold where the label is missing."""
    value = labels.get(requirement.key)
    match requirement.operator:
        case "In":
            return value in requirement.values
        case "NotIn":
            return value not in requirement.values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None


def _admits(projects: ProjectSelector, labels: Mapping[str, str], project_name: str) -> bool:
    if projects.source == "NamespaceLabel":
        return labels.get(QUEUE_LABEL) == project_name
    return any(fnmatchcase(project_name, pattern) for pattern in projects.names or ())
