"""What must hold, whatever crashes: each rule a function over plain data, that tells how it is broken.

Nothing here knows who asks: the crash matrix, random stories, and tests with real processes all do. Resources are as
the API server stores them, workloads as the simulator's /control/workloads tells them. Nothing of the operator's own
reading is used, so that a mistake in it cannot hide here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from tests.chaos.equal import Difference, differences, differs, has_converged
from tests.chaos.held import FINISHED, GROUP, Body, Owner, Run, Workload, condition, held, owned, workload

__all__ = [
    "FINISHED",
    "GROUP",
    "Body",
    "Broken",
    "Difference",
    "Owner",
    "Run",
    "Workload",
    "condition",
    "differences",
    "differs",
    "has_converged",
    "held",
    "owned",
    "workload",
]

LATE = "a write after the lead was lost"
TOUCHED = "a workload of somebody else's was written to"


class Broken(NamedTuple):
    """A rule, and how it was broken, in words."""

    rule: str
    told: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.told}"


def never_two_workloads_for_one_resource(workloads: Iterable[Workload], let_go: Collection[str] = ()) -> list[Broken]:
    """`let_go`: ids that were left behind on purpose, under Orphan or with the annotation release."""
    by_owner: dict[Owner, list[Workload]] = {}
    for each in workloads:
        if each.live and each.owner is not None and each.id not in let_go:
            by_owner.setdefault(each.owner, []).append(each)
    return [
        Broken("two workloads for one resource", f"{owner} has {' and '.join(map(str, found))}")
        for owner, found in by_owner.items()
        if len(found) > 1
    ]


def never_created_beside_another(
    new: Workload, before: Iterable[Workload], let_go: Collection[str] = ()
) -> list[Broken]:
    """`before` are all workloads at the moment at which the new one came: one that is being deleted runs on."""
    return [
        Broken("a workload beside one that is not gone", f"{new} was created beside {each} of {new.owner}")
        for each in before
        if new.owner is not None and each.owner == new.owner and not each.gone and each.id not in let_go
    ]


def never_a_workload_without_its_resource(
    workloads: Iterable[Workload], owners: Collection[Owner], clusters: Collection[str], let_go: Collection[str] = ()
) -> list[Broken]:
    """`owners` are the resources that exist in `clusters`: of other clusters nobody here can tell."""
    return [
        Broken("a workload whose resource is gone", f"{each} is left of {each.owner}")
        for each in workloads
        if each.live and each.owner and each.owner.cluster in clusters
        if each.owner not in owners and each.id not in let_go
    ]


def never_one_workload_for_two_resources(recorded: Mapping[Owner, str]) -> list[Broken]:
    """`recorded` are the ids in the statuses of one cluster's resources."""
    by_id: dict[str, list[Owner]] = {}
    for owner, id_ in recorded.items():
        by_id.setdefault(id_, []).append(owner)
    return [
        Broken("one workload for two resources", f"{id_} is recorded by {' and '.join(map(str, owners))}")
        for id_, owners in by_id.items()
        if len(owners) > 1
    ]


def never_touch_what_is_anothers(before: Workload, what: str, by: Owner | None) -> list[Broken]:
    """A write to a workload as it was before, in a round for the resource `by`; None where no round asked for it.

    A workload without a stamp belongs to whose status recorded its id: see `owned`.
    """
    told = f"{what} for {by or 'no resource'}: {before}, which belongs to {before.owner or 'nobody'}"
    ours = by is not None and before.owner == by
    return [] if ours else [Broken(TOUCHED, told)]


def never_write_to_another_tenant(what: str, tenant: int, pinned: int) -> list[Broken]:
    """A write that Run:ai carried out, for which of its tenants, and the one that the connection is pinned to."""
    told = f"{what} was carried out in the tenant {tenant}, and the connection is pinned to {pinned}"
    return [] if tenant == pinned else [Broken("another tenant was written to", told)]


def never_a_write_by_one_who_does_not_lead(who: str, what: str, leader: str) -> list[Broken]:
    """At the moment at which `who` decides to send; `leader` is whom the Lease names, "" for nobody."""
    told = f"{who} sends {what}, and {leader or 'nobody'} leads"
    return [] if who == leader else [Broken("a write by one who does not lead", told)]


def never_a_write_after_the_lead_was_lost(who: str, sent: Iterable[str]) -> list[Broken]:
    """`sent` are the requests of `who`, "PUT /api/...", in a time in which he cannot have led. To read, to try for the
    Lease and to log in changes nothing."""
    harmless = re.compile(r"(GET|HEAD|OPTIONS) |(POST|PUT) /apis/coordination\.k8s\.io/|POST /api/v\d/token$")
    return [Broken(LATE, f"{who} sent {each}") for each in sent if not harmless.match(each)]


def never_run_again_uncalled(run: Run, earlier: Iterable[tuple[Run, bool]]) -> list[Broken]:
    """`earlier` are the runs before, each with the last wish that it answered, and whether it has finished."""
    return [
        Broken("a finished workload was run again uncalled", f"{run.workload_id} after {before.workload_id}")
        for before, finished in earlier
        if finished and before.owner == run.owner and before.call >= run.call
    ]


def never_run_more_often_than_asked(workloads: Iterable[Workload], reruns: Mapping[Owner, int]) -> list[Broken]:
    """Of all workloads that there ever were, where no spec is asked for twice: each is one run, and each rerun one."""
    runs = Counter((each.owner, each.digest) for each in workloads)
    return [
        Broken("a workload was run more often than asked", f"{owner}: {count} runs of digest {digest}")
        for (owner, digest), count in runs.items()
        if owner is not None and count > 1 + reruns.get(owner, 0)
    ]


def what_is_anothers_stays_as_it_was(before: Iterable[Body], after: Iterable[Body]) -> list[Broken]:
    """What only a write changes, for phases go on by themselves; both are entries of /control/workloads."""
    now = {each["row"]["id"]: _written(each) for each in after}
    return [
        Broken(TOUCHED, f"{each['row']['id']} ({each['row']['name']})")
        for each in before
        if now.get(each["row"]["id"]) != _written(each)
    ]


def never_asked_to_write_what_is_anothers(ids: Collection[str], writes: Iterable[Body]) -> list[Broken]:
    """`ids` are others' workloads, `writes` entries of /control/writes: none names one of them."""
    return [
        Broken(TOUCHED, f"{write['method']} {write['path']}")
        for write in writes
        if any(each in write["path"] or each in str(write["body"]) for each in ids)
    ]


def an_id_changes_only_by_recreating(before: Body, after: Body, replaced: Collection[str]) -> list[Broken]:
    """Two versions of one resource; `replaced` are the ids that its claims ever named to be replaced."""
    if before["metadata"]["uid"] != after["metadata"]["uid"]:
        return []
    old, new = _status(before).get("workloadId"), _status(after).get("workloadId")
    if old in (None, new) or (new is not None and old in replaced):
        return []
    return [Broken("a recorded workloadId changed without recreating", f"{old} became {new}")]


def nothing_is_told_ahead_of_its_generation(before: Body | None, after: Body) -> list[Broken]:
    """What is told is of a generation that there was, never of an earlier one than was told before, and no condition
    is of a later one than the status."""
    status, generation = _status(after), after["metadata"]["generation"]
    told = status.get("observedGeneration", -1)
    broken = []
    if told > generation:
        broken.append(Broken("observedGeneration is ahead", f"{told} of a resource of generation {generation}"))
    broken += [
        Broken("observedGeneration is ahead", f"{each['type']} is of {of}, the status of {told}")
        for each in status.get("conditions") or ()
        if (of := each.get("observedGeneration", -1)) > told
    ]
    same = before is not None and before["metadata"]["uid"] == after["metadata"]["uid"]
    earlier = _status(before).get("observedGeneration", -1) if before is not None and same else -1
    if told < earlier:
        broken.append(Broken("observedGeneration went back", f"from {earlier} to {told}"))
    return broken


def synced_means_equal(spec: Body, status: Body, seen: Iterable[Mapping[str, Workload]]) -> list[Broken]:
    """`spec` is of the generation that is told, `seen` all workloads at the moments of the round that told it."""
    if condition(status, "Synced").get("status") != "True":
        return []
    workload_id, lacks = status.get("workloadId"), ["it is not there"]
    for moment in seen:
        if workload_id in moment:
            lacks = differs(spec, moment[workload_id])
            if not lacks:
                return []
    return [Broken("Synced=True of a workload that differs", f"{workload_id}: {', '.join(lacks)}")]


def an_end_is_told_of_the_run_that_was_asked_for(
    spec: Body, status: Body, seen: Iterable[Mapping[str, Workload]]
) -> list[Broken]:
    """Ready=True, and Succeeded whichever way, are of a workload that holds the spec, but for what is told as drift;
    arguments as above."""
    succeeded = condition(status, "Succeeded").get("status", "Unknown") != "Unknown"
    ready = condition(status, "Ready").get("status") == "True"
    if not succeeded and not ready:
        return []
    workload_id, lacks = status.get("workloadId"), ["it is not there"]
    told = {each["path"] for each in status.get("drift") or ()}
    for moment in seen:
        if workload_id in moment:
            unfinished = succeeded and not moment[workload_id].finished
            beside = [each for each in differences(spec, moment[workload_id]) if each.path not in told]
            lacks = ["it has not finished"] * unfinished + [*map(str, beside)]
            if not lacks:
                return []
    what = "Succeeded" if succeeded else "Ready"
    return [Broken(f"{what} is told of another run than was asked for", f"{workload_id}: {', '.join(lacks)}")]


def _written(entry: Body) -> Any:
    return entry["v2"]["rawManifest"], entry["v2"]["desiredPhase"], entry["deleted"]


def _status(body: Body) -> Body:
    return body.get("status") or {}
