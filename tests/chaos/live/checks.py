"""The invariants, asked of what real processes left behind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
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


def at_any_time(workloads: Sequence[Workload]) -> list[Broken]:
    """What must hold at each look, in the middle of it all."""
    return invariants.never_two_workloads_for_one_resource(workloads)


def never_run_more_often_than_asked(workloads: Sequence[Workload], reruns: Mapping[str, int]) -> list[Broken]:
    """Of all workloads that there ever were: no spec is asked for twice, so each is one run, and one more a rerun."""
    runs = Counter((each.owner, each.digest) for each in workloads if each.owner is not None)
    return [
        Broken("a workload was run more often than asked", f"{whose}: {count} runs of digest {digest}")
        for (whose, digest), count in runs.items()
        if whose is not None and count > 1 + reruns.get(whose.name, 0)
    ]


def never_touched(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> list[Broken]:
    """What others made in Run:ai is as it was: `before` and `after` are entries of /control/workloads."""
    now = {each["row"]["id"]: each for each in after}
    return [
        Broken("a workload of somebody else's was written to", f"{each['row']['id']} ({each['row']['name']})")
        for each in before
        if _told(now.get(each["row"]["id"])) != _told(each)
    ]


def never_asked_to_write(ids: Collection[str], writes: Sequence[Mapping[str, Any]]) -> list[Broken]:
    """No write that Run:ai received names one of these ids."""
    return [
        Broken("a workload of somebody else's was written to", f"{write['method']} {write['path']}")
        for write in writes
        if any(id_ in write["path"] or id_ in str(write["body"]) for id_ in ids)
    ]


def _told(entry: Mapping[str, Any] | None) -> Any:
    """What only a write changes: its phase goes on by itself."""
    return entry and (entry["v2"]["rawManifest"], entry["v2"]["desiredPhase"], entry["deleted"])
