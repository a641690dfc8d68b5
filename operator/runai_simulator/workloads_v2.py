"""/api/v2/workloads: create, read, update, delete."""

import re
import secrets
from dataclasses import fields, replace
from typing import Any

from runai_simulator import views
from runai_simulator.calls import Answer, Call
from runai_simulator.catalogue import CATEGORIES, PRIORITIES
from runai_simulator.clock import rfc3339
from runai_simulator.errors import ApiError, bad_request, not_found
from runai_simulator.manifests import JsonObject, annotated, kind_of, manifest_of, merged
from runai_simulator.organisation import Project
from runai_simulator.state import State
from runai_simulator.workloads import Metadata, Workload, created, deleting, updated

NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
LONGEST_NAME = 63
SUFFIX_BYTES = 3
ALLOWED: dict[str, tuple[str, ...]] = {
    "priority": tuple(PRIORITIES),
    "category": CATEGORIES,
    "preemptibility": ("preemptible", "non-preemptible"),
    "mnnvl": ("Required", "None"),
}


def create(call: Call) -> Answer:
    body = call.object_body()
    given = _metadata_object(body, required=True)
    dry_run = call.flag("dryRun") or False
    manifest = manifest_of(body)
    if manifest is None:
        raise bad_request("one of manifest and manifestBase64Encoded is required")
    metadata = _metadata(given)
    name = _name(given, manifest)
    project = _project(call.state, given, manifest)
    _check_name_is_free(call.state, name, project, dry_run=dry_run)
    workload = created(
        name=name,
        project_id=project.id,
        metadata=metadata,
        manifest=manifest,
        now=call.state.now(),
        rules=call.state.rules() if dry_run else call.state.rules_for(name),
        by=call.state.settings.client_id,
        id_=call.state.new_id(),
    )
    if not dry_run:
        call.state.put(workload)
    return Answer(202, views.v2(call.state, workload))


def get(call: Call) -> Answer:
    workload = _made_here(call)
    if workload.is_deleted(call.state.now()) and call.state.settings.switches.get_deleted == 404:
        raise not_found("workload", workload.id)
    return Answer(200, views.with_sync_info(call.state, workload))


def update(call: Call) -> Answer:
    body = call.object_body()
    given = _metadata_object(body, required=False)
    manifest = manifest_of(body)
    _metadata(given)
    workload = _live(call)
    if workload.deleted_at is not None:
        raise ApiError(409, f"workload {workload.name} is being deleted")
    if manifest is not None and kind_of(manifest) != workload.kind:
        raise bad_request(f"the kind of a workload cannot change: it is {workload.kind.kind}")
    return Answer(202, views.v2(call.state, call.state.put(_after_put(call.state, workload, given, manifest))))


def delete(call: Call) -> Answer:
    workload = deleting(_live(call), call.state.now(), call.state.settings.times)
    return Answer(202, views.v2(call.state, call.state.put(workload)))


def _made_here(call: Call) -> Workload:
    """Workloads that were not made through V2 are unknown to it."""
    workload = call.state.workload(call.path["WorkloadV2Id"])
    if workload.foreign:
        raise not_found("workload", workload.id)
    return workload


def _live(call: Call) -> Workload:
    workload = _made_here(call)
    if workload.is_deleted(call.state.now()):
        raise not_found("workload", workload.id)
    return workload


def _after_put(state: State, workload: Workload, given: JsonObject, manifest: JsonObject | None) -> Workload:
    switches = state.settings.switches
    whole = manifest or workload.manifest
    if manifest is not None and switches.put == "deep-merge":
        whole = merged(workload.manifest, manifest, null_clears=switches.null_clears)
    if switches.notes_writes:
        whole = annotated(whole, "run.ai/written-at", rfc3339(state.now()))
    return updated(
        workload,
        metadata=_metadata_after_put(state, workload.metadata, given),
        manifest=whole,
        now=state.now(),
        rules=state.rules_for(workload.name),
    )


def _metadata_after_put(state: State, old: Metadata, given: JsonObject) -> Metadata:
    """Only priority and category can be changed. An absent one falls back or stays, by switch; so does a null."""
    switches = state.settings.switches
    changes: dict[str, str | None] = {}
    for key in ("priority", "category"):
        value = given.get(key)
        clears = switches.null_clears if key in given else switches.put == "replace"
        if value is not None or clears:
            changes[key] = value
    return replace(old, **changes)


def _metadata_object(body: JsonObject, *, required: bool) -> JsonObject:
    given = body.get("metadata")
    if given is None and not required:
        return {}
    if not isinstance(given, dict):
        raise bad_request("metadata must be an object")
    return given


def _metadata(given: JsonObject) -> Metadata:
    configuration = given.get("configuration", {})
    if not isinstance(configuration, dict):
        raise bad_request("metadata.configuration must be an object")
    values = {**given, "mnnvl": configuration.get("mnnvl")}
    for key, allowed in ALLOWED.items():
        value = values.get(key)
        if value is not None and value not in allowed:
            raise bad_request(f"metadata.{key} {value!r} is unknown: it is one of {', '.join(allowed)}")
    return Metadata(**{field.name: values.get(field.name) for field in fields(Metadata)})


def _name(given: JsonObject, manifest: JsonObject) -> str:
    name = _text(given, "name") or _text(manifest.get("metadata", {}), "name")
    if not name:
        raise bad_request("metadata.name is required, here or in the manifest")
    prefix = given.get("useGivenNameAsPrefix", False)
    if not isinstance(prefix, bool):
        raise bad_request("metadata.useGivenNameAsPrefix must be true or false")
    if prefix:
        name = f"{name}-{secrets.token_hex(SUFFIX_BYTES)}"
    if len(name) > LONGEST_NAME or not NAME.fullmatch(name):
        raise bad_request(f"metadata.name {name[:80]!r} is not a DNS-1123 label of at most {LONGEST_NAME} characters")
    return name


def _text(given: JsonObject, key: str) -> str | None:
    value: Any = given.get(key)
    if value is not None and not isinstance(value, str):
        raise bad_request(f"metadata.{key} must be a string")
    return value


def _project(state: State, given: JsonObject, manifest: JsonObject) -> Project:
    """By id; or, given a cluster, the project whose namespace the manifest names."""
    project_id, cluster_id = _text(given, "projectId"), _text(given, "clusterId")
    if (project_id is None) == (cluster_id is None):
        raise bad_request("exactly one of metadata.projectId and metadata.clusterId is required")
    if project_id is not None:
        if project_id not in state.shown_projects:
            raise bad_request(f"metadata.projectId {project_id!r}: there is no such project")
        return state.projects[project_id]
    namespace = manifest.get("metadata", {}).get("namespace")
    for project in state.shown_projects.values():
        if project.cluster_id == cluster_id and project.namespace == namespace:
            return project
    raise bad_request(f"no project of cluster {cluster_id!r} has the manifest's namespace {namespace!r}")


def _check_name_is_free(state: State, name: str, project: Project, *, dry_run: bool) -> None:
    if dry_run and not state.settings.switches.dry_run_conflict:
        return
    if state.holder_of(name, project.id) is not None:
        raise ApiError(409, f"a workload named {name} already exists in project {project.name}")
