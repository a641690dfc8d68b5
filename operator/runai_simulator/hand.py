"""What people and clusters do to workloads, projects and clusters behind an API client's back."""

import uuid
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from starlette.requests import Request

from runai_simulator import views
from runai_simulator.errors import bad_request, not_found
from runai_simulator.manifests import footprint_of, kind_of, validated
from runai_simulator.organisation import Cluster, Project, cluster_uuid
from runai_simulator.state import State, SyncFailure
from runai_simulator.timeline import current
from runai_simulator.workloads import (
    Metadata,
    Workload,
    created,
    deleting,
    failed_to_sync,
    put_in_phase,
    resumed,
    suspended,
    synced,
)
from runai_simulator.workloads_v1 import PHASES
from runai_simulator.workloads_v2 import ALLOWED

Body = dict[str, Any]
PERSON = "someone@example.com"


def everything(state: State, workload: Workload) -> Body:
    """Row, V2 document and syncInfo of a workload, foreign and deleted ones too."""
    sync = current(workload.sync, state.now())
    return {
        "row": views.row(state, workload),
        "v2": views.v2(state, workload),
        "syncInfo": {"status": sync.value, "message": sync.message},
        "foreign": workload.foreign,
        "deleted": workload.is_deleted(state.now()),
        "byHand": sorted(workload.by_hand),
    }


def history(state: State, request: Request, _: Body) -> Body:
    """Every state that a workload was in, oldest first: {since, row, v2, syncInfo, ...} each, `since` in seconds since
    the epoch. A write begins one, and so does each change of phase or syncInfo by the clock."""
    versions = [*state.versions[_found(state, request).id]]
    ends = [*(version.written_at for version in versions[1:]), state.now()]
    return {
        "history": [
            {"since": since, **everything(state.at(since), version)}
            for version, until in zip(versions, ends, strict=True)
            for since in version.moments(until)
        ]
    }


def order_sync_failure(state: State, _: Request, body: Body) -> None:
    """{message, name?, count?}: what is applied next fails, by name or the next so many."""
    message = _string(body, "message")
    state.sync_failures.append(SyncFailure(message, body.get("name"), body.get("count")))


def clear_sync_failures(state: State, _: Request, __: Body) -> None:
    state.sync_failures.clear()


def create_foreign(state: State, _: Request, body: Body) -> Body:
    """{name, projectId, manifest?, foreign?, priority?, category?, ...}: made in the UI or CLI; not through V2 unless
    `foreign` is false."""
    name = _string(body, "name")
    project = state.project(_string(body, "projectId"))
    bare = {"apiVersion": "run.ai/v2alpha1", "kind": "TrainingWorkload", "metadata": {"name": name}}
    workload = created(
        name=name,
        project_id=project.id,
        metadata=_metadata(Metadata(), body),
        manifest=validated(body.get("manifest", bare), "manifest"),
        now=state.now(),
        rules=state.rules(),
        by=body.get("by", PERSON),
        foreign=bool(body.get("foreign", True)),
        id_=state.new_id(),
    )
    return everything(state, state.put(workload))


def edit(state: State, request: Request, body: Body) -> Body:
    """{manifest?, priority?, category?, preemptibility?, mnnvl?}: changed at once; its sync is left alone."""
    workload = _found(state, request)
    manifest = validated(body.get("manifest", workload.manifest), "manifest")
    edited = replace(
        workload,
        metadata=_metadata(workload.metadata, body),
        by_hand=workload.by_hand.union(field.name for field in fields(Metadata) if field.name in body),
        manifest=manifest,
        footprint=footprint_of(manifest),
        kind=kind_of(manifest),
        written_at=state.now(),
    )
    return everything(state, state.put(edited))


def remove(state: State, request: Request, _: Body) -> None:
    """Every trace of it vanishes at once, not even a deleted row stays."""
    state.drop([_found(state, request)])


def act(state: State, request: Request, body: Body) -> Body:
    """suspend, resume, delete, complete, fail {message?}, phase {phase, message?}, fail-sync {message}, sync."""
    actions: dict[str, Callable[[Workload], Workload]] = {
        "suspend": lambda workload: suspended(workload, now, times),
        "resume": lambda workload: resumed(workload, now, times),
        "delete": lambda workload: deleting(workload, now, times),
        "complete": lambda workload: put_in_phase(workload, "Completed", "", now),
        "fail": lambda workload: put_in_phase(workload, "Failed", body.get("message", "failed by hand"), now),
        "phase": lambda workload: put_in_phase(workload, _phase(body), body.get("message", ""), now),
        "fail-sync": lambda workload: failed_to_sync(workload, body.get("message", "failed by hand"), now),
        "sync": lambda workload: synced(workload, now),
    }
    now, times = state.now(), state.settings.times
    action = actions.get(request.path_params["action"])
    if action is None:
        raise not_found("action", request.path_params["action"])
    return everything(state, state.put(action(_found(state, request))))


def add_cluster(state: State, _: Request, body: Body) -> Body:
    name = _string(body, "name")
    cluster = Cluster(body.get("uuid") or cluster_uuid(name), name, state.now())
    state.clusters[cluster.uuid] = cluster
    return {"uuid": cluster.uuid, "name": cluster.name}


def rename_cluster(state: State, request: Request, body: Body) -> None:
    cluster = state.clusters.get(request.path_params["id"])
    if cluster is None:
        raise not_found("cluster", request.path_params["id"])
    state.clusters[cluster.uuid] = replace(cluster, name=_string(body, "name"))


def remove_cluster(state: State, request: Request, _: Body) -> None:
    if state.clusters.pop(request.path_params["id"], None) is None:
        raise not_found("cluster", request.path_params["id"])


def add_project(state: State, _: Request, body: Body) -> Body:
    """{name, clusterId, id?}"""
    cluster = _string(body, "clusterId")
    if cluster not in state.clusters:
        raise not_found("cluster", cluster)
    id_ = body.get("id") or str(max((int(known) for known in state.projects if known.isdecimal()), default=4500) + 1)
    state.projects[id_] = Project(id_, _string(body, "name"), cluster, state.now(), state.now())
    return {"id": id_, "name": body["name"], "clusterId": cluster}


def rename_project(state: State, request: Request, body: Body) -> None:
    state.rename_project(request.path_params["id"], _string(body, "name"))


def remove_project(state: State, request: Request, _: Body) -> None:
    """Its workloads stay; they are of a project that is not there any more."""
    del state.projects[state.project(request.path_params["id"]).id]


def _found(state: State, request: Request) -> Workload:
    try:
        return state.workload(str(uuid.UUID(request.path_params["id"])))
    except ValueError:
        raise not_found("workload", request.path_params["id"]) from None


def _string(body: Body, key: str) -> str:
    value = body.get(key)
    if not isinstance(value, str) or not value:
        raise bad_request(f"{key} is required, as a string")
    return value


def _phase(body: Body) -> str:
    phase = _string(body, "phase")
    if phase not in PHASES:
        raise bad_request(f"phase must be one of {', '.join(PHASES)}")
    return phase


def _metadata(old: Metadata, body: Body) -> Metadata:
    changes = {field.name: body[field.name] for field in fields(Metadata) if field.name in body}
    for key, value in changes.items():
        if value is not None and value not in ALLOWED[key]:
            raise bad_request(f"{key} must be one of {', '.join(ALLOWED[key])}")
    return replace(old, **changes)
