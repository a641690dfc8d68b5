"""Whoever sees all that happens on both sides, and holds it against the invariants at every write and every status."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import httpx

from runai_operator.api.names import CLAIM, RERUN_AT, WORKLOAD_KIND
from tests.chaos import invariants
from tests.chaos.invariants import Broken, Owner, Run, Workload, owned
from tests.chaos.world.apiserver import Body
from tests.chaos.world.kubernetes import CRD
from tests.chaos.world.runai import Runai

Moment = tuple[float, Mapping[str, Workload]]
MOST_MOMENTS = 300
"""So many looks are remembered: many more than fall into one round."""


class Round(NamedTuple):
    """One round for a resource, and how many wishes for a run it had voiced when the round began."""

    owner: Owner
    call: int


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
        self._wishes: dict[Owner, Wish] = {}
        self._recorded: dict[str, Owner] = {}
        self._answered: dict[str, Run] = {}
        self._asked_at_creation: dict[str, Body] = {}
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

    def round_began(self, owner: Owner) -> Round:
        self._rounds[owner] = self._now()
        self.looks()
        return Round(owner, self._calls.get(owner, 0))

    def looks(self) -> Mapping[str, Workload]:
        """All workloads as they are now, each with its owner: by its stamp, or without one by whose status knows it."""
        workloads = {each.id: each for each in owned(self._runai.workloads(), self._recorded)}
        self._moments.append((self._now(), workloads))
        self._ended |= {each.id for each in workloads.values() if each.finished}
        return workloads

    def resources(self) -> Mapping[Owner, Body]:
        return self._resources

    def had_finished(self, workload_id: str) -> bool:
        """Whether it was ever seen to have."""
        return workload_id in self._ended

    def wrote(
        self, during: Round | None, request: httpx.Request, response: httpx.Response, before: Mapping[str, Workload]
    ) -> None:
        """A request that changes something was carried out; during which round it had been sent."""
        after = self.looks()
        self.writes += 1
        if response.status_code >= 300:
            return
        what, by = f"{request.method} {request.url.path}", during.owner if during else None
        tenants = self._runai.answering, self._runai.home
        self._judge(invariants.never_write_to_another_tenant(what, *tenants))
        if request.url.path.endswith("/batch"):
            self._asked_in_a_batch(what, request, before)
        elif (target := request.url.path.rpartition("/")[2]) in before:
            self._judge(invariants.never_touch_what_is_anothers(before[target], what, by))
            if during is not None and request.method == "PUT":
                self._answers(target, during)
        for each in after.keys() - before.keys():
            self._asked_at_creation[each] = json.loads(request.content)["metadata"]
            self._created(after[each], during, before)
        self._check_all(after)

    def sends(self, who: str, what: str, leader: str) -> None:
        """An operator of several is about to write."""
        self._judge(invariants.never_a_write_by_one_who_does_not_lead(who, what, leader))

    def judges(self, broken: Broken) -> None:
        """Somebody else saw how a rule was broken."""
        self._judge([broken])

    def _asked_in_a_batch(self, what: str, request: httpx.Request, before: Mapping[str, Workload]) -> None:
        """A batch is of several rounds: each of its workloads is to be one of a resource that wants something."""
        for each in json.loads(request.content)["ids"]:
            if each in before:
                owner = before[each].owner
                wants = owner in self._resources and self._resources[owner]["spec"].get("suspend") is not None
                self._judge(invariants.never_touch_what_is_anothers(before[each], what, owner if wants else None))

    def _created(self, new: Workload, during: Round | None, before: Mapping[str, Workload]) -> None:
        if new.owner is None:
            return
        run = Run(new.id, new.owner, during.call if during else 0)
        earlier = [(each, each.workload_id in self._ended) for each in self._answered.values()]
        self._judge(invariants.never_run_again_uncalled(run, earlier))
        self._judge(invariants.never_created_beside_another(new, before.values(), self.let_go))
        self.runs.append(run)
        self._answered[new.id] = run

    def _answers(self, workload_id: str, during: Round) -> None:
        """What a PUT made of it is the answer to what was wished when its round began, or to something later; but not
        where something else was wished than it was created with that no PUT can change."""
        spec = self._resources[during.owner]["spec"] if during.owner in self._resources else {}
        created = self._asked_at_creation.get(workload_id)
        if created is not None and _fixed(spec.get("scheduling") or {}) != _fixed_of(created):
            return
        before = self._answered.get(workload_id, Run(workload_id, *during))
        self._answered[workload_id] = before._replace(call=max(before.call, during.call))

    def _changed(self, owner: Owner, body: Body) -> None:
        before = self._resources.get(owner)
        if before is None:
            self._rounds.pop(owner, None)
        if owner not in self._rounds:  # a status that came with a backup: no operator has told it
            body = {key: value for key, value in body.items() if key != "status"}
        self._resources[owner] = body
        self._count_the_wish(owner, before, body)
        uid = body["metadata"]["uid"]
        self._specs[uid, body["metadata"]["generation"]] = body["spec"]
        replaced = self._replaced.setdefault(uid, set())
        if (claimed := _claim(body).get("replaces")) is not None:
            replaced.add(claimed)
        self.excused.discard(owner)
        if before is not None:
            self._judge(invariants.an_id_changes_only_by_recreating(before, body, replaced))
        self._judge(invariants.nothing_is_told_ahead_of_its_generation(before, body))
        if before is None or before.get("status") != body.get("status"):
            self._told(owner, body)

    def _count_the_wish(self, owner: Owner, before: Body | None, body: Body) -> None:
        """A new resource calls for a run, and so does another spec or value of rerun-at; a backup calls for none."""
        wish, last = _wish(body), self._wishes.get(owner)
        known = before is not None or _is_restored(owner, body)
        asked_again = before is not None and last is not None and wish.rerun_at not in (None, last.rerun_at)
        if not known or last is None or wish.spec != last.spec or asked_again:
            self._calls[owner] = self._calls.get(owner, 0) + 1
        self._wishes[owner] = wish

    def _told(self, owner: Owner, body: Body) -> None:
        status = body.get("status") or {}
        self._records(owner, status.get("workloadId"))
        spec = self._specs.get((body["metadata"]["uid"], status.get("observedGeneration", -1)))
        self.looks()
        of_before = status.get("uid") not in (None, body["metadata"]["uid"])  # a backup's: nobody told that of this one
        if spec is not None and not of_before:
            seen = [*self._seen_in_its_round(owner)]
            self._judge(invariants.synced_means_equal(spec, status, seen))
            self._judge(invariants.an_end_is_told_of_the_run_that_was_asked_for(spec, status, seen))

    def _records(self, owner: Owner, workload_id: str | None) -> None:
        """What a status knows is its resource's: it was submitted, or taken over."""
        if workload_id is None:
            return
        self._recorded[workload_id] = owner
        self.let_go.discard(workload_id)
        self._answered.setdefault(workload_id, Run(workload_id, owner, self._calls[owner]))
        cluster = {other: known for other in self._resources if (known := self._knows(other, owner.cluster))}
        self._judge(invariants.never_one_workload_for_two_resources(cluster))

    def _knows(self, owner: Owner, cluster: str) -> str | None:
        """The id in the status of a resource of that cluster."""
        status = self._resources[owner].get("status") or {}
        return status.get("workloadId") if owner.cluster == cluster else None

    def _seen_in_its_round(self, owner: Owner) -> Iterator[Mapping[str, Workload]]:
        """All workloads at each look since its last round began, and at the one before."""
        since = self._rounds.get(owner, 0.0)
        yield from [seen for at, seen in self._moments if at < since][-1:]
        yield from (seen for at, seen in self._moments if at >= since)

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

    def _judge(self, broken: list[Broken]) -> None:
        for each in broken:
            if each not in self.broken:
                self.broken.append(each)
                self._note(each)


class Wish(NamedTuple):
    """What of a resource calls for another run."""

    spec: tuple[Any, ...]
    rerun_at: str | None


def _fixed(scheduling: Body) -> tuple[Any, Any]:
    """What a spec asks for that only a new workload can take."""
    return scheduling.get("preemptibility"), scheduling.get("mnnvl")


def _fixed_of(created: Body) -> tuple[Any, Any]:
    """The same of the metadata in a POST."""
    return created.get("preemptibility"), (created.get("configuration") or {}).get("mnnvl")


def _wish(body: Body) -> Wish:
    named = ("manifest", "scheduling", "workloadName", "projectName", "projectId")
    rerun_at = (body["metadata"].get("annotations") or {}).get(RERUN_AT)
    return Wish(tuple(body["spec"].get(field) for field in named), rerun_at)


def _is_let_go(body: Body) -> bool:
    """Whether a user wants the workload to outlive the resource."""
    annotations = body["metadata"].get("annotations") or {}
    return body["spec"].get("deletionPolicy") == "Orphan" or annotations.get(f"{invariants.GROUP}/release") == "true"


def _is_restored(owner: Owner, body: Body) -> bool:
    """Whether a new resource came with a claim of its names: out of a backup."""
    claim = _claim(body)
    return (claim.get("namespace"), claim.get("name")) == (owner.namespace, owner.name)


def _claim(body: Body) -> Mapping[str, Any]:
    try:
        claim = json.loads((body["metadata"].get("annotations") or {}).get(CLAIM) or "{}")
    except ValueError:
        return {}
    return claim if isinstance(claim, dict) else {}
