"""The invariants, asked of what real processes leave behind at each look: resources by name, and all workloads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.chaos import invariants
from tests.chaos.invariants import Broken, Owner, Workload
from tests.chaos.live.stage import CLUSTER_ID, NAMESPACE

Bodies = Mapping[str, Mapping[str, Any]]


def owner(name: str) -> Owner:
    return Owner(CLUSTER_ID, NAMESPACE, name)


def missing(bodies: Bodies, workloads: Sequence[Workload]) -> dict[str, list[str]]:
    """What is missing until all is where it should be, by name; workloads of resources that are gone included."""
    ours: dict[Owner | None, list[Workload]] = {}
    for each in workloads:
        ours.setdefault(each.owner, []).append(each)
    found: dict[str, list[str]] = {}
    for name, body in bodies.items():
        lacks = (
            ["it is being deleted"]
            if "deletionTimestamp" in body["metadata"]
            else invariants.has_converged(body, owner(name), ours.get(owner(name), []))
        )
        if lacks:
            found[name] = lacks
    for broken in left_behind(bodies, workloads):
        found.setdefault(broken.told, [broken.rule])
    return found


def left_behind(bodies: Bodies, workloads: Sequence[Workload]) -> list[Broken]:
    owners = {owner(name) for name in bodies}
    return invariants.never_a_workload_without_its_resource(workloads, owners, {CLUSTER_ID})


def not_as_told(bodies: Bodies, workloads: Sequence[Workload]) -> list[Broken]:
    """Of a time in which nothing moves: at any other, statuses are held against histories."""
    now = {each.id: each for each in workloads}
    return [
        broken
        for body in bodies.values()
        for broken in invariants.synced_means_equal(body["spec"], body.get("status") or {}, [now])
    ]
