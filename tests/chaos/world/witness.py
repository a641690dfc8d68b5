"""Whoever sees all that happens on both sides, and holds it against the invariants at every write and every status."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from runai_operator.api.names import CLAIM, RERUN_AT, WORKLOAD_KIND
from tests.chaos import invariants
from tests.chaos.invariants import Broken, Owner, Run, Workload
from tests.chaos.world.apiserver import Body
from tests.chaos.world.kubernetes import CRD
from tests.chaos.world.runai import Runai

Moment = tuple[float, Mapping[str, Workload]]
MOST_MOMENTS = 300
"""So many looks are remembered: many more than fall into one round."""


class Witness:
    """Of one Run:ai, and of the clusters whose API servers it `watches`. `broken` is what it saw."""

    def __init__(self, runai: Runai, now: Callable[[], float], note: Callable[[Broken], None]) -> None:
        self._runai = runai
        self._now = now
        self._note = note
        self._moments: deque[Moment] = deque(maxlen=MOST_MOMENTS)
        self._ended: set[str] = set()
        self._resources: dict[Owner, Body] = {}
        self._specs: dict[tuple[str, int], Body] = {}
        self._replaced: dict[str, set[str]] = {}
        self._calls: dict[Owner, int] = {}
        self.runs: list[Run] = []
        self._rounds: dict[Owner, float] = {}
        self._clusters: set[str] = set()
        self._uninstalling: set[str] = set()
        self.let_go: set[str] = set()
        self.excused: set[Owner] = set()
        self.broken: list[Broken] = []
        self.writes = 0

    def watches(self, cluster: str) -> Callable[[str, bool, Body], None]:
        """Who is told of every change in a cluster."""
        self._clusters.add(cluster)

        def watcher(kind: str, gone: bool, body: Body) -> None:
            if kind == CRD and "deletionTimestamp" in body["metadata"]:
                self._uninstalling.add(cluster)
            if kind == WORKLOAD_KIND:
                owner = Owner(cluster, body["metadata"]["namespace"], body["metadata"]["name"])
                self._vanished(owner, body) if gone else self._changed(owner, body)

        return watcher

    def round_began(self, owner: Owner) -> None:
        self._rounds[owner] = self._now()
        self.looks()

    def looks(self) -> Mapping[str, Workload]:
        """All workloads as they are now."""
        workloads = {each.id: each for each in self._runai.workloads()}
        self._moments.append((self._now(), workloads))
        self._ended |= {each.id for each in workloads.values() if each.finished}
        return workloads

    def resources(self) -> Mapping[Owner, Body]:
        return self._resources

    def wrote(
        self, cluster: str, request: httpx.Request, response: httpx.Response, before: Mapping[str, Workload]
    ) -> None:
        """A request that changes something was carried out for the operator of a cluster."""
        after = self.looks()
        self.writes += 1
        if response.status_code >= 300:
            return
        for each in _targets(request):
            if each in before:
                what = f"{request.method} {request.url.path}"
                self._judge(
                    invariants.never_touch_what_is_anothers(before[each], what, cluster, self._recorded(cluster))
                )
        for each in after.keys() - before.keys():
            self._created(after[each])
        self._check_all(after)

    def sends(self, who: str, what: str, leader: str) -> None:
        """An operator of several is about to write."""
        self._judge(invariants.never_a_write_by_one_who_does_not_lead(who, what, leader))

    def _created(self, new: Workload) -> None:
        if new.owner is None:
            return
        run = Run(new.id, new.owner, self._calls.get(new.owner, 0), new.digest)
        earlier = [(each, each.workload_id in self._ended) for each in self.runs]
        self._judge(invariants.never_run_again_uncalled(run, earlier))
        self.runs.append(run)

    def _changed(self, owner: Owner, body: Body) -> None:
        before = self._resources.get(owner)
        self._resources[owner] = body
        if before is None or _wish(before) != _wish(body):
            self._calls[owner] = self._calls.get(owner, 0) + 1
        uid = body["metadata"]["uid"]
        self._specs[uid, body["metadata"]["generation"]] = body["spec"]
        replaced = self._replaced.setdefault(uid, set())
        if (claimed := _replaces(body)) is not None:
            replaced.add(claimed)
        self.excused.discard(owner)
        if before is not None:
            self._judge(invariants.an_id_changes_only_by_recreating(before, body, replaced))
        self._judge(invariants.nothing_is_told_ahead_of_its_generation(before, body))
        if before is None or before.get("status") != body.get("status"):
            self._told(owner, body)

    def _told(self, owner: Owner, body: Body) -> None:
        status = body.get("status") or {}
        spec = self._specs.get((body["metadata"]["uid"], status.get("observedGeneration", -1)))
        self.looks()
        since = self._rounds.get(owner, 0.0)
        earlier = [seen for at, seen in self._moments if at < since][-1:]
        seen = [*earlier, *(seen for at, seen in self._moments if at >= since)]
        if spec is not None:
            self._judge(invariants.synced_means_equal(spec, status, seen))

    def _vanished(self, owner: Owner, body: Body) -> None:
        del self._resources[owner]
        now = self.looks()
        if owner.cluster in self._uninstalling or _is_let_go(body):
            self.let_go |= {each.id for each in now.values() if each.owner == owner}
        self._check_all(now)

    def _check_all(self, workloads: Mapping[str, Workload]) -> None:
        self._judge(invariants.never_two_workloads_for_one_resource(workloads.values(), self.let_go))
        owners = {*self._resources, *self.excused}
        found = invariants.never_a_workload_without_its_resource(
            workloads.values(), owners, self._clusters, self.let_go
        )
        self._judge(found)

    def _recorded(self, cluster: str) -> set[str]:
        """The ids in the statuses of a cluster's resources."""
        ids = (
            (body.get("status") or {}).get("workloadId")
            for owner, body in self._resources.items()
            if owner.cluster == cluster
        )
        return {each for each in ids if each}

    def _judge(self, broken: list[Broken]) -> None:
        for each in broken:
            if each not in self.broken:
                self.broken.append(each)
                self._note(each)


def _is_let_go(body: Body) -> bool:
    """Whether a user wants the workload to outlive the resource."""
    annotations = body["metadata"].get("annotations") or {}
    return body["spec"].get("deletionPolicy") == "Orphan" or annotations.get(f"{invariants.GROUP}/release") == "true"


def _targets(request: httpx.Request) -> list[str]:
    """The workloads that a request names."""
    if request.url.path.endswith("/batch"):
        return list(json.loads(request.content)["ids"])
    return [request.url.path.rpartition("/")[2]]


def _wish(body: Body) -> Any:
    """What of a resource calls for another run."""
    spec = body["spec"]
    named = [spec.get(field) for field in ("manifest", "scheduling", "workloadName", "projectName", "projectId")]
    return body["metadata"]["uid"], named, (body["metadata"].get("annotations") or {}).get(RERUN_AT)


def _replaces(body: Body) -> str | None:
    try:
        claim = json.loads((body["metadata"].get("annotations") or {}).get(CLAIM) or "{}")
    except ValueError:
        return None
    return claim.get("replaces")
