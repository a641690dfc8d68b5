"""/api/v1/workloads/...: what there is to read about one workload, and the batch of actions."""

import uuid
from typing import Any

from runai_simulator import views
from runai_simulator.calls import Answer, Call
from runai_simulator.clock import microseconds, rfc3339
from runai_simulator.errors import bad_request
from runai_simulator.lists import fields_of
from runai_simulator.state import State
from runai_simulator.timeline import due
from runai_simulator.workloads import Workload, deleting, refusal_of, resumed, suspended

LARGEST_BATCH = 100
ACTIONS = {"delete": deleting, "suspend": suspended, "resume": resumed}
GROUPS = {
    "ClusterId": "clusterId", "DepartmentId": "departmentId", "ProjectId": "projectId", "Type": "type",
    "CurrentNodepools": "nodepool", "RequestedNodepools": "nodepool", "Phase": "phase", "Category": "category",
}  # fmt: skip
TELEMETRY = ("WORKLOADS_COUNT", "GPU_ALLOCATION", "PENDING_TIME_DISTRIBUTION", "IDLE_ALLOCATED_GPUS")
PHASES = (
    "Creating", "Initializing", "Resuming", "Pending", "Deleting", "Running", "Updating", "Stopped", "Stopping",
    "Degraded", "Failed", "Completed", "Terminating", "Unknown",
)  # fmt: skip
METRICS = (
    "GPU_UTILIZATION", "GPU_MEMORY_USAGE_BYTES", "GPU_MEMORY_REQUEST_BYTES", "CPU_USAGE_CORES", "CPU_REQUEST_CORES",
    "CPU_LIMIT_CORES", "CPU_MEMORY_USAGE_BYTES", "CPU_MEMORY_REQUEST_BYTES", "CPU_MEMORY_LIMIT_BYTES", "POD_COUNT",
    "RUNNING_POD_COUNT", "GPU_ALLOCATION", "NIM_NUM_REQUESTS_RUNNING", "NIM_NUM_REQUESTS_WAITING",
    "NIM_NUM_REQUEST_MAX", "NIM_REQUEST_SUCCESS_TOTAL", "NIM_REQUEST_FAILURE_TOTAL", "NIM_GPU_CACHE_USAGE_PERC",
    "NIM_TIME_TO_FIRST_TOKEN_SECONDS", "NIM_E2E_REQUEST_LATENCY_SECONDS",
    "NIM_TIME_TO_FIRST_TOKEN_SECONDS_PERCENTILES", "NIM_E2E_REQUEST_LATENCY_SECONDS_PERCENTILES",
    "NVLINK_BANDWIDTH_TOTAL",
)  # fmt: skip


def get(call: Call) -> Answer:
    return Answer(200, views.detailed(call.state, _asked_for(call)))


def endpoints(call: Call) -> Answer:
    return Answer(200, {"endpoints": views.endpoints_of(call.state, _asked_for(call))})


def elements(call: Call) -> Answer:
    return call.page("elements", _elements(call.state, _asked_for(call)), lambda element: element)


def count_elements(call: Call) -> Answer:
    count = len(_elements(call.state, _asked_for(call)))
    return Answer(200, {"totalElementsCount": count, "storedElementsCount": count})


def batch(call: Call) -> Answer:
    body = call.object_body()
    ids, action = _ids(body.get("ids")), body.get("action")
    if not isinstance(action, str) or action not in ACTIONS:
        raise bad_request(f"action must be one of {', '.join(ACTIONS)}")
    outcome: dict[str, Any] = {"id": str(uuid.uuid4()), "succeeded": [], "failed": []}
    for id_ in ids:
        refusal = _act(call.state, id_, action)
        if refusal is None:
            outcome["succeeded"].append(id_)
        else:
            outcome["failed"].append({"id": id_, "code": refusal[0], "message": refusal[1]})
    return Answer(200, outcome)


def _ids(ids: Any) -> list[str]:
    if not isinstance(ids, list) or not ids:
        raise bad_request("ids must list at least one workload")
    if len(ids) > LARGEST_BATCH:
        raise bad_request(f"a batch takes at most {LARGEST_BATCH} ids, these are {len(ids)}")
    for id_ in ids:
        try:
            uuid.UUID(id_)
        except (ValueError, TypeError, AttributeError):
            raise bad_request(f"ids: {id_!r} is not a UUID") from None
    return ids


def _act(state: State, id_: str, action: str) -> tuple[int, str] | None:
    now = state.now()
    workload = state.workloads.get(id_)
    if workload is None or workload.is_deleted(now) or not state.shows(workload):
        return 404, f"workload {id_} was not found"
    refusal = refusal_of(workload, action, now)
    if refusal is None:
        state.put(ACTIONS[action](workload, now, state.settings.times))
    return refusal


def events(call: Call) -> Answer:
    found = _events(call.state, _asked_for(call))
    if call.order("desc") == "desc":
        found.reverse()
    return call.page("events", found, lambda event: event)


def history(call: Call) -> Answer:
    workload = _asked_for(call)
    records = [
        {
            "meta": {"creationTimestamp": rfc3339(step.at), "type": "PhaseUpdate"},
            "spec": {"phaseUpdate": {"phase": step.value, "phaseMessage": step.message}},
        }
        for step in due(workload.phases, call.state.now())
    ]
    return call.page("records", records, lambda record: record)


def pods(call: Call) -> Answer:
    workload = _asked_for(call)
    search = call.text("search") or ""
    deleted = call.flag("deleted")
    found = [] if deleted else [pod for pod in _pods(call.state, workload) if search in pod["name"]]
    return call.page("pods", found, lambda pod: pod)


def telemetry(call: Call) -> Answer:
    kind = call.choice("telemetryType", TELEMETRY)
    if kind is None:
        raise bad_request("telemetryType is required")
    groups = call.many("groupBy", tuple(GROUPS), 2)
    phases = call.many("filterByPhases", PHASES, 10)
    fields = fields_of(call.state)
    wanted = {"clusterId": call.text("clusterId"), "departmentId": call.text("departmentId")}
    wanted |= {"nodepool": call.text("nodepoolName")}
    sums: dict[tuple[str, ...], float] = {}
    for workload in call.state.workloads.values():
        outside = any(want is not None and fields[key](workload) != want for key, want in wanted.items())
        if outside or (phases and fields["phase"](workload) not in phases):
            continue
        key = tuple(str(fields[GROUPS[group]](workload)) for group in groups)
        sums[key] = sums.get(key, 0.0) + _measured(kind, workload, call.state.now())
    return Answer(200, {"type": kind, "timestamp": rfc3339(call.state.now()), "values": _values(sums, groups)})


def _measured(kind: str, workload: Workload, now: float) -> float:
    return {"WORKLOADS_COUNT": 1.0, "GPU_ALLOCATION": workload.allocated_gpus(now)}.get(kind, 0.0)


def _values(sums: dict[tuple[str, ...], float], groups: list[str]) -> list[dict[str, Any]]:
    return [
        {"value": f"{total:g}", "groups": [{"key": g, "value": v} for g, v in zip(groups, key, strict=True)]}
        for key, total in sums.items()
    ]


def metrics(call: Call) -> Answer:
    """Constant curves: what was asked for, between start and end."""
    kinds = call.many("metricType", METRICS, 10)
    if not kinds:
        raise bad_request("metricType is required")
    start, end = _required_moment(call, "start"), _required_moment(call, "end")
    samples = call.integer("numberOfSamples", 20, 0, 1000)
    workload = _asked_for(call)
    if end < start:
        raise bad_request("end is before start")
    moments = [start + (end - start) * index / max(1, samples - 1) for index in range(samples)]
    known = {
        "POD_COUNT": float(workload.footprint.pods),
        "RUNNING_POD_COUNT": float(workload.footprint.pods if workload.phase(call.state.now()) == "Running" else 0),
        "GPU_ALLOCATION": workload.allocated_gpus(call.state.now()),
    }
    measurements = [
        {"type": k, "values": [{"value": f"{known.get(k, 0.0):g}", "timestamp": rfc3339(at)} for at in moments]}
        for k in kinds
    ]
    return Answer(200, {"measurements": measurements})


def _required_moment(call: Call, name: str) -> float:
    try:
        return microseconds(call.query[name]) / 1e6
    except (KeyError, ValueError, OverflowError):
        raise bad_request(f"{name} is required, as a date-time") from None


def _asked_for(call: Call) -> Workload:
    return call.state.workload(call.path["workloadId"])


def _part_id(workload: Workload, what: str) -> str:
    return str(uuid.uuid5(uuid.UUID(workload.id), what))


def _pod_names(workload: Workload) -> list[str]:
    """At most a thousand: a manifest may ask for more replicas than anyone wants to read."""
    return [f"{workload.name}-{index}" for index in range(min(workload.footprint.pods, 1000))]


def _elements(state: State, workload: Workload) -> list[dict[str, Any]]:
    kind = workload.kind
    gvk = {"group": kind.group, "version": kind.version, "kind": kind.kind}
    top = {
        "id": workload.id,
        "name": workload.name,
        "hierarchyLevel": 1,
        "parentId": None,
        "createdAt": rfc3339(workload.created_at),
        "kubernetesRef": {"uid": workload.id, "name": workload.name, "gvk": gvk},
    }
    if workload.phase(state.now()) != "Running":
        return [top]
    level = {"hierarchyLevel": 2, "parentId": workload.id, "createdAt": top["createdAt"]}
    return [top] + [{"id": _part_id(workload, name), "name": name, **level} for name in _pod_names(workload)]


def _events(state: State, workload: Workload) -> list[dict[str, Any]]:
    project = state.project_of(workload)
    involved = {
        "uid": workload.id,
        "kind": workload.kind.kind,
        "name": workload.name,
        "namespace": project.namespace,
    }
    return [
        {
            "id": _part_id(workload, f"event/{index}"),
            "createdAt": rfc3339(step.at),
            "type": "Warning" if step.value == "Failed" else "Normal",
            "clusterId": project.cluster_id,
            "reason": step.value,
            "message": step.message or f"{workload.name} is {step.value}",
            "source": "runai-simulator",
            "involvedObject": involved,
        }
        for index, step in enumerate(due(workload.phases, state.now()))
    ]


def _pods(state: State, workload: Workload) -> list[dict[str, Any]]:
    now = state.now()
    phase = views.POD_PHASES.get(workload.phase(now))
    if phase is None or workload.is_deleted(now):
        return []
    project = state.project_of(workload)
    common = {
        "workloadId": workload.id,
        "workloadName": workload.name,
        "tenantId": state.settings.tenant_id,
        "clusterId": project.cluster_id,
        "projectId": project.id,
        "projectName": project.name,
        "priorityClassName": workload.priority,
        "createdAt": rfc3339(workload.created_at),
        "updatedAt": rfc3339(views.updated_at(state, workload)),
        "k8sPhase": phase,
        "k8sPhaseUpdatedAt": rfc3339(views.updated_at(state, workload)),
        "containers": [{"name": f"container-{i}", "image": name} for i, name in enumerate(workload.footprint.images)],
    }
    return [{"id": _part_id(workload, name), "name": name, **common} for name in _pod_names(workload)]
