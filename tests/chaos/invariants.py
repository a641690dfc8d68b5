"""What must hold, whatever crashes: each rule a function over plain data, that tells how it is broken.

Nothing here knows who asks: the crash matrix, random stories, and tests with real processes all do. Resources are as
the API server stores them, workloads as the simulator's /control/workloads tells them. Nothing of the operator's own
reading is used, so that a mistake in it cannot hide here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

GROUP = "runai-operator.io"
FINISHED = ("Completed", "Failed")
STAMP = {key: f"{GROUP}/{key}" for key in ("cluster", "namespace", "name", "digest")}
RUNAIS_OWN = "run.ai/"
Body = Mapping[str, Any]


class Broken(NamedTuple):
    """A rule, and how it was broken, in words."""

    rule: str
    told: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.told}"


class Owner(NamedTuple):
    """The resource that a workload's stamp names."""

    cluster: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name} of {self.cluster}"


@dataclass(frozen=True)
class Workload:
    """A workload as Run:ai holds it. `live`: neither deleted nor being deleted. `manifest` is without the stamp, and
    without what Run:ai adds."""

    id: str
    name: str
    project_id: str
    owner: Owner | None
    digest: str | None
    manifest: Body
    scheduling: Body
    synced: bool
    live: bool
    finished: bool
    stopped: bool

    def __str__(self) -> str:
        return f"{self.id} ({self.name} in project {self.project_id})"


class Run(NamedTuple):
    """A workload that was created for a resource, and which of the user's wishes it answered: `call` counts them."""

    workload_id: str
    owner: Owner
    call: int
    digest: str | None


def workload(document: Body) -> Workload:
    """Out of an entry of the simulator's /control/workloads."""
    row, v2 = document["row"], document["v2"]
    metadata = v2["metadata"]
    return held(
        id=row["id"],
        name=row["name"],
        project_id=row["projectId"],
        raw=v2["rawManifest"],
        scheduling={
            **{field: metadata.get(field) for field in ("priority", "category", "preemptibility")},
            "mnnvl": (metadata.get("configuration") or {}).get("mnnvl"),
        },
        synced=document["syncInfo"]["status"] == "Synced",
        live=not document["deleted"] and v2.get("desiredPhase") != "Deleted",
        finished=row["phase"] in FINISHED or row["completedAt"] is not None,
        stopped=v2.get("desiredPhase") == "Stopped",
    )


def held(*, raw: Body, **facts: Any) -> Workload:
    """A workload whose manifest, stamp and all, is `raw`."""
    annotations = (raw.get("metadata") or {}).get("annotations") or {}
    stamp = {part: annotations.get(key) for part, key in STAMP.items()}
    owner = Owner(stamp["cluster"], stamp["namespace"], stamp["name"]) if stamp["digest"] else None
    return Workload(owner=owner, digest=stamp["digest"], manifest=_unstamped(raw), **facts)


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


def never_touch_what_is_anothers(before: Workload, what: str, cluster: str, recorded: Collection[str]) -> list[Broken]:
    """A write of `cluster`'s operator, to a workload as it was before; `recorded` are the ids in its statuses."""
    ours = before.owner.cluster == cluster if before.owner else before.id in recorded
    told = f"{what} {before}, which belongs to {before.owner or 'nobody'}"
    return [] if ours else [Broken("a workload of somebody else's was written to", told)]


def never_a_write_by_one_who_does_not_lead(who: str, what: str, leader: str) -> list[Broken]:
    """At the moment at which `who` decides to send; `leader` is whom the Lease names, "" for nobody."""
    told = f"{who} sends {what}, and {leader or 'nobody'} leads"
    return [] if who == leader else [Broken("a write by one who does not lead", told)]


def never_run_again_uncalled(run: Run, earlier: Iterable[tuple[Run, bool]]) -> list[Broken]:
    """`earlier` are the runs before, and whether each has finished."""
    return [
        Broken("a finished workload was run again uncalled", f"{run.workload_id} after {before.workload_id}")
        for before, finished in earlier
        if finished and (before.owner, before.call, before.digest) == (run.owner, run.call, run.digest)
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
    """What is told is of a generation that there was, and never of an earlier one than was told before."""
    told, generation = _status(after).get("observedGeneration", -1), after["metadata"]["generation"]
    broken = []
    if told > generation:
        broken.append(Broken("observedGeneration is ahead", f"{told} of a resource of generation {generation}"))
    same = before is not None and before["metadata"]["uid"] == after["metadata"]["uid"]
    earlier = _status(before).get("observedGeneration", -1) if before is not None and same else -1
    if told < earlier:
        broken.append(Broken("observedGeneration went back", f"from {earlier} to {told}"))
    return broken


def synced_means_equal(spec: Body, status: Body, seen: Iterable[Mapping[str, Workload]]) -> list[Broken]:
    """`spec` is of the generation that is told, `seen` all workloads at the moments of the round that told it."""
    if condition(status, "Synced").get("status") != "True":
        return []
    workload_id, differences = status.get("workloadId"), ["it is not there"]
    for moment in seen:
        if workload_id in moment:
            differences = differs(spec, moment[workload_id])
            if not differences:
                return []
    return [Broken("Synced=True of a workload that differs", f"{workload_id}: {', '.join(differences)}")]


def differs(spec: Body, workload: Workload) -> list[str]:
    """Where a workload is not what the spec asks for."""
    found = [] if workload.synced else ["it is not applied"]
    wanted = {**spec["manifest"], "metadata": {"name": workload.name, **(spec["manifest"].get("metadata") or {})}}
    mode, ignored = (spec.get("drift") or {}).get("mode", "Correct"), (spec.get("drift") or {}).get("ignorePaths")
    if mode == "Correct" and not ignored:
        found += [f"manifest {workload.manifest}"] * (workload.manifest != wanted)
        wishes = {field: wish for field, wish in (spec.get("scheduling") or {}).items() if wish is not None}
        held = workload.scheduling
        found += [f"{field} {held[field]}" for field, wish in wishes.items() if held[field] != wish]
    return found


def has_converged(
    body: Body, owner: Owner, workloads: Iterable[Workload], *, server_differs: bool = False
) -> list[str]:
    """What is missing until a resource that is not being deleted is where it should be; empty where nothing is.

    `server_differs`: Run:ai makes something else of what it is given, which may be told instead of Synced.
    """
    status, spec = _status(body), body["spec"]
    ours = [each for each in workloads if each.owner == owner and each.live]
    if len(ours) != 1:
        return [f"{len(ours)} workloads are live"]
    synced = condition(status, "Synced")
    told = server_differs and synced.get("reason") == "ServerDiffers" and bool(status.get("drift"))
    missing = [] if told else [f"differs: {each}" for each in differs(spec, ours[0])]
    if status.get("workloadId") != ours[0].id:
        missing.append("the status does not tell its id")
    if status.get("observedGeneration") != body["metadata"]["generation"]:
        missing.append("the status is of an earlier generation")
    if synced.get("status") != "True" and not told:
        missing.append(f"Synced is {synced.get('reason', 'not told')}: {synced.get('message')}")
    if (wish := spec.get("suspend")) is not None and not ours[0].finished and ours[0].stopped != wish:
        missing.append(f"stopped is {ours[0].stopped}")
    return missing


def condition(status: Body, kind: str) -> Body:
    return next((each for each in status.get("conditions") or () if each["type"] == kind), {})


def _status(body: Body) -> Body:
    return body.get("status") or {}


def _unstamped(manifest: Body) -> dict[str, Any]:
    metadata = dict(manifest.get("metadata") or {})
    annotations = metadata.pop("annotations", None) or {}
    rest = {key: value for key, value in annotations.items() if not key.startswith((f"{GROUP}/", RUNAIS_OWN))}
    if rest:
        metadata["annotations"] = rest
    return {**manifest, "metadata": metadata}
