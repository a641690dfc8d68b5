"""GET /api/v1/workloads: which rows, in which order."""

from collections.abc import Callable, Mapping
from typing import Any

from runai_simulator import views
from runai_simulator.calls import Answer, Call
from runai_simulator.catalogue import PRIORITIES
from runai_simulator.filters import Condition, Moment, in_order, matching, parse
from runai_simulator.organisation import DEPARTMENT_ID, DEPARTMENT_NAME
from runai_simulator.state import State
from runai_simulator.timeline import current, seconds_in
from runai_simulator.workloads import Workload

Getter = Callable[[Workload], Any]


def list_workloads(call: Call) -> Answer:
    fields = fields_of(call.state)
    found = selected(call, fields)
    ordered = in_order(found, call.choice("sortBy", tuple(fields)), call.order(), fields)
    return call.page("workloads", ordered, lambda workload: views.row(call.state, workload))


def count_workloads(call: Call) -> Answer:
    return Answer(200, {"count": len(selected(call, fields_of(call.state)))})


def selected(call: Call, fields: Mapping[str, Getter]) -> list[Workload]:
    conditions = parse(call.text("filterBy"), fields)
    shown = _shown(call, _candidates(call.state, conditions))
    search = (call.text("search") or "").lower()
    found = [workload for workload in shown if search in workload.name.lower()] if search else shown
    return matching(found, conditions, fields)


def _candidates(state: State, conditions: list[Condition]) -> list[Workload]:
    """A lookup by name reads the index, so that it costs the same among ten thousand."""
    for condition in conditions:
        if condition.field == "name" and condition.operator == "==":
            return state.named(condition.value)
    state.forget_old_deletions()
    return list(state.workloads.values())


def _shown(call: Call, workloads: list[Workload]) -> list[Workload]:
    now = call.state.now()
    deleted = call.flag("deleted")
    if deleted is None and not call.state.settings.switches.list_includes_deleted:
        deleted = False
    return [
        workload
        for workload in workloads
        if workload.visible_at <= now and not workload.is_forgotten(now) and deleted in (None, workload.is_deleted(now))
        if call.state.shows(workload)
    ]


def fields_of(state: State) -> dict[str, Getter]:
    """Every key of the contract's filterBy and sortBy."""
    now = state.now()
    return {
        "type": lambda workload: workload.kind.kind,
        "name": lambda workload: workload.name,
        "clusterId": lambda workload: state.project_of(workload).cluster_id,
        "projectId": lambda workload: workload.project_id,
        "projectName": lambda workload: state.project_of(workload).name,
        "departmentId": lambda _: DEPARTMENT_ID,
        "departmentName": lambda _: DEPARTMENT_NAME,
        "createdAt": lambda workload: _moment(workload.created_at),
        "deletedAt": lambda workload: _moment(workload.deleted_at if workload.is_deleted(now) else None),
        "submittedBy": lambda workload: workload.by,
        "phase": lambda workload: workload.phase(now),
        "completedAt": lambda workload: _moment(workload.completed_at(now)),
        "nodepool": lambda _: "default",
        "distributedFramework": lambda workload: _framework(workload.kind.kind),
        "allocatedGPU": lambda workload: workload.allocated_gpus(now),
        "idleGpus": lambda _: 0,
        "idleAllocatedGpus": lambda _: 0.0,
        "phaseUpdatedAt": lambda workload: _moment(current(workload.phases, now).at),
        "category": lambda workload: workload.category,
        "priority": lambda workload: PRIORITIES[workload.priority],
        "totalPendingTimeSeconds": lambda workload: int(seconds_in(workload.phases, "Pending", now)),
        "totalRunningTimeSeconds": lambda workload: int(seconds_in(workload.phases, "Running", now)),
        "priorityClassName": lambda workload: workload.priority,
        "guaranteedRuntimeEndsAt": lambda _: None,
        "aiApplicationId": lambda _: None,
        "aiApplicationName": lambda _: None,
    }


def _moment(at: float | None) -> Moment | None:
    return None if at is None else Moment(round(at * 1e6))


def _framework(kind: str) -> str | None:
    return kind.removesuffix("Job") if kind in ("PyTorchJob", "TFJob", "MPIJob", "XGBoostJob", "JAXJob") else None
