"""What Run:ai holds and what Kubernetes stores, as plain data: what the invariants are asked of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

GROUP = "runai-operator.io"
FINISHED = ("Completed", "Failed")
STAMP = {key: f"{GROUP}/{key}" for key in ("cluster", "namespace", "name", "digest")}
Body = Mapping[str, Any]


class Owner(NamedTuple):
    """The resource that a workload's stamp names, or whose status recorded it."""

    cluster: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name} of {self.cluster}"


@dataclass(frozen=True)
class Workload:
    """A workload as Run:ai holds it. `leaving`: it is being deleted, or `gone`. `manifest` is without the stamp.
    `by_hand` are fields of the scheduling that a person set in Run:ai, and no update since."""

    id: str
    name: str
    project_id: str
    owner: Owner | None
    digest: str | None
    manifest: Body
    scheduling: Body
    synced: bool
    leaving: bool
    gone: bool
    finished: bool
    stopped: bool
    by_hand: Collection[str] = ()

    @property
    def live(self) -> bool:
        return not self.leaving and not self.gone

    def __str__(self) -> str:
        return f"{self.id} ({self.name} in project {self.project_id})"


class Run(NamedTuple):
    """A workload that came into being for a resource, and which of the user's wishes it answered: `call` counts
    them."""

    workload_id: str
    owner: Owner
    call: int


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
        leaving=v2.get("desiredPhase") == "Deleted",
        gone=document["deleted"],
        finished=row["phase"] in FINISHED or row["completedAt"] is not None,
        stopped=v2.get("desiredPhase") == "Stopped",
        by_hand=frozenset(document.get("byHand") or ()),
    )


def held(*, raw: Body, **facts: Any) -> Workload:
    """A workload whose manifest, stamp and all, is `raw`."""
    annotations = (raw.get("metadata") or {}).get("annotations") or {}
    stamp = {part: annotations.get(key) for part, key in STAMP.items()}
    owner = Owner(stamp["cluster"], stamp["namespace"], stamp["name"]) if stamp["digest"] else None
    return Workload(owner=owner, digest=stamp["digest"], manifest=_unstamped(raw), **facts)


def owned(workloads: Iterable[Workload], recorded: Mapping[str, Owner]) -> list[Workload]:
    """With an owner also for those without a stamp: the resource whose status `recorded` their id."""
    return [
        each if each.owner is not None or each.id not in recorded else replace(each, owner=recorded[each.id])
        for each in workloads
    ]


def condition(status: Body, kind: str) -> Body:
    return next((each for each in status.get("conditions") or () if each["type"] == kind), {})


def _unstamped(manifest: Body) -> dict[str, Any]:
    metadata = dict(manifest.get("metadata") or {})
    annotations = metadata.pop("annotations", None) or {}
    rest = {key: value for key, value in annotations.items() if not key.startswith(f"{GROUP}/")}
    if rest:
        metadata["annotations"] = rest
    return {**manifest, "metadata": metadata}
