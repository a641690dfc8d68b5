"""Under which name, and in which project, a resource submits: what was asked, what was claimed, what is recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from runai_operator.api.names import QUEUE_LABEL
from runai_operator.api.reasons import Reason
from runai_operator.api.workload import RunaiWorkloadSpec
from runai_operator.runai.models import Workload
from runai_operator.sync.claim import Claim
from runai_operator.sync.ports import Connection, Problem
from runai_operator.sync.resource import Resource

LONGEST_NAME = 63


@dataclass(frozen=True)
class Names:
    """A workload's place in Run:ai."""

    workload: str
    project_id: str
    project: str
    cluster: str | None = None


def recorded(resource: Resource) -> Names | None:
    """The names that the status tells of what was submitted, else those that were claimed.

    The status goes first: the claim is an annotation, which whoever may write the resource can write.
    """
    claim, status = resource.claim, resource.status
    if resource.workload_id and status.get("projectId") and status.get("workloadName"):
        cluster = claim.cluster_name if claim else None
        return Names(status["workloadName"], status["projectId"], status.get("projectName") or "", cluster)
    if claim is not None:
        return Names(claim.workload_name, claim.project_id, claim.project_name, claim.cluster_name)
    return None


def called_now(names: Names, row: Workload | None) -> Names:
    """The same place, with the project called as Run:ai lists it: it may have been renamed since that was recorded."""
    listed = row.project_name if row is not None and row.project_id == names.project_id else ""
    return replace(names, project=listed or names.project)


def claim_on(resource: Resource, names: Names) -> Claim:
    """The claim of a resource on a place in Run:ai."""
    return Claim(
        namespace=resource.key.namespace,
        name=resource.key.name,
        uid=resource.uid,
        workload_name=names.workload,
        project_id=names.project_id,
        project_name=names.project,
        cluster_name=names.cluster,
    )


async def confirmed(
    connection: Connection, resource: Resource, spec: RunaiWorkloadSpec, labels: Mapping[str, str]
) -> Names | None:
    """The claimed names, while the spec asks for the same, with the project called as Run:ai calls it: whether it may
    be used hangs on that. None where there are none, or the project is not there. Raises RunaiError."""
    names = recorded(resource)
    if names is None:
        return None
    try:
        project = await connection.project(project_id=names.project_id, name=None, cluster_name=None)
    except Problem:
        return None
    names = replace(names, project=project.name)
    return names if _asks_for(spec, names, resource, labels) else None


async def resolve(
    connection: Connection, resource: Resource, spec: RunaiWorkloadSpec, labels: Mapping[str, str]
) -> Names:
    """Look the project up. Raises Problem where it is not set, not there or ambiguous, or the name is too long."""
    name = wanted_name(resource, spec)
    if len(name) > LONGEST_NAME:
        message = (
            f"metadata.name has {len(name)} characters, and Run:ai takes at most {LONGEST_NAME} in a workload's name: "
            "set spec.workloadName to a shorter one"
        )
        raise Problem(Reason.INVALID_SPEC, message)
    if spec.project_id:
        found = await connection.project(project_id=spec.project_id, name=None, cluster_name=None)
    else:
        asked = wanted_project(spec, labels)
        if not asked:
            message = (
                f"no Run:ai project is named: set spec.projectName, or label the namespace {resource.key.namespace} "
                f"with {QUEUE_LABEL}=<project>"
            )
            raise Problem(Reason.PROJECT_NOT_SET, message)
        found = await connection.project(project_id=None, name=asked, cluster_name=spec.cluster_name)
    return Names(name, found.id, found.name, spec.cluster_name)


def wanted_name(resource: Resource, spec: RunaiWorkloadSpec) -> str:
    return spec.workload_name or resource.key.name


def wanted_project(spec: RunaiWorkloadSpec, labels: Mapping[str, str]) -> str | None:
    return spec.project_name or labels.get(QUEUE_LABEL)


def _asks_for(spec: RunaiWorkloadSpec, names: Names, resource: Resource, labels: Mapping[str, str]) -> bool:
    if wanted_name(resource, spec) != names.workload:
        return False
    if spec.project_id:
        return spec.project_id == names.project_id
    return (wanted_project(spec, labels), spec.cluster_name) == (names.project, names.cluster)
