"""Which projects a resource may use, by the rules of its connection; and what is said where it may not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from runai_operator.api.access import admits, allowed
from runai_operator.api.reasons import Reason
from runai_operator.api.workload import RunaiWorkloadSpec
from runai_operator.sync.names import wanted_project
from runai_operator.sync.ports import Connection, Problem
from runai_operator.sync.resource import Resource

MayUse = Callable[[str], Awaitable[bool]]
"""Whether the resource's namespace may use the project with this id."""


def check_what_was_asked(
    connection: Connection, resource: Resource, spec: RunaiWorkloadSpec, labels: Mapping[str, str]
) -> None:
    """Before Run:ai is asked for a project: a namespace without rights learns nothing, not even what exists.

    Raises Problem. A project that is named by its id has no name yet, so any rule for the namespace will do.
    """
    project = wanted_project(spec, labels)
    namespace = resource.key.namespace
    rules = connection.spec.access
    if spec.project_id:
        if not admits(rules, namespace=namespace, namespace_labels=labels):
            raise Problem(Reason.ACCESS_DENIED, denial(resource, as_asked_for(spec, "")))
    elif project and not allowed(rules, namespace=namespace, namespace_labels=labels, project_name=project):
        raise Problem(Reason.ACCESS_DENIED, denial(resource, project))


def permitted(connection: Connection, resource: Resource, labels: Mapping[str, str], project: str) -> bool:
    return allowed(
        connection.spec.access,
        namespace=resource.key.namespace,
        namespace_labels=labels,
        project_name=project,
    )


def denial(resource: Resource, project: str) -> str:
    return (
        f"no rule in spec.access of RunaiConnection {resource.connection_name} lets the namespace "
        f"{resource.key.namespace} use the project {project}: choose another spec.projectName, or have one added"
    )


def as_asked_for(spec: RunaiWorkloadSpec, project: str) -> str:
    """A project in the user's own words: one that was asked for by its id keeps its name to itself."""
    return f"with the id {spec.project_id}" if spec.project_id else project
