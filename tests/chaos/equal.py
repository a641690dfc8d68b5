"""Where a workload is not what its resource asks for, and what is missing until it is. None of it is the operator's
own reading."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from runai_simulator.catalogue import DEFAULT_PRIORITY, default_category, default_preemptibility
from tests.chaos.held import Body, Owner, Workload, condition


class Difference(NamedTuple):
    """At `path`, a JSON pointer, the spec `wants` one value and Run:ai `holds` another; None is none."""

    path: str
    wants: Any
    holds: Any

    def __str__(self) -> str:
        return f"{self.path} is {self.holds!r}, not {self.wants!r}"


Tolerated = Callable[[Difference], bool]
"""Whether Run:ai itself, as its switches are, causes a difference that no PUT can mend."""


def nothing_is(_: Difference) -> bool:
    return False


def differences(spec: Body, workload: Workload) -> list[Difference]:
    """All of them but those under spec.drift.ignorePaths; none where spec.drift.mode is Ignore.

    A field that the spec does not name is to hold what a new workload would get; where Run:ai does not tell it, any.
    It may hold what a person made of it in Run:ai, for nobody asked for anything else.
    """
    drift = spec.get("drift") or {}
    if drift.get("mode") == "Ignore":
        return []
    wanted = {**spec["manifest"], "metadata": {"name": workload.name, **(spec["manifest"].get("metadata") or {})}}
    found = [*_between(wanted, workload.manifest, "/manifest")]
    named = spec.get("scheduling") or {}
    for field, wish in as_created(wanted["kind"], named, workload.scheduling).items():
        seen = workload.scheduling[field]
        if named.get(field) is None and field in workload.by_hand:
            continue
        if seen != wish and (seen is not None or named.get(field) is not None):
            found.append(Difference(f"/scheduling/{field}", named.get(field), seen))
    ignored = [pointer.rstrip("/") for pointer in drift.get("ignorePaths") or ()]
    return [each for each in found if not any(f"{each.path}/".startswith(f"{pointer}/") for pointer in ignored)]


def as_created(kind: str, wishes: Body, held: Body) -> dict[str, str | None]:
    """The scheduling that a new workload of that kind would get, for which these wishes were named: what is left to
    Run:ai follows from what it `held` of the rest."""
    category = held["category"] or default_category(kind)
    priority = held["priority"] or DEFAULT_PRIORITY[category]
    return {
        "category": wishes.get("category") or default_category(kind),
        "priority": wishes.get("priority") or DEFAULT_PRIORITY[category],
        "preemptibility": wishes.get("preemptibility") or default_preemptibility(priority),
        "mnnvl": wishes.get("mnnvl") or "None",
    }


def differs(spec: Body, workload: Workload) -> list[str]:
    """Where a workload is not what the spec asks for, in words; also where it is not applied."""
    return [*([] if workload.synced else ["it is not applied"]), *map(str, differences(spec, workload))]


def has_converged(
    body: Body, owner: Owner, workloads: Iterable[Workload], *, tolerated: Tolerated = nothing_is
) -> list[str]:
    """What is missing until a resource that is not being deleted is where it should be; empty where nothing is.

    A difference that is `tolerated`, or that spec.drift.mode leaves as it is, has to be told, and nothing else be.
    """
    status, spec = body.get("status") or {}, body["spec"]
    ours = [each for each in workloads if each.owner == owner and each.live]
    if len(ours) != 1:
        return [f"{len(ours)} workloads are live"]
    missing = _misses_of(spec, status, ours[0], tolerated)
    if status.get("workloadId") != ours[0].id:
        missing.append("the status does not tell its id")
    if status.get("observedGeneration") != body["metadata"]["generation"]:
        missing.append("the status is of an earlier generation")
    if (wish := spec.get("suspend")) is not None and not ours[0].finished and ours[0].stopped != wish:
        missing.append(f"stopped is {ours[0].stopped}")
    return missing


def _misses_of(spec: Body, status: Body, workload: Workload, tolerated: Tolerated) -> list[str]:
    """What its equality, and the telling of it, lack."""
    synced, found = condition(status, "Synced"), differences(spec, workload)
    missing = [] if workload.synced else [f"{workload} is not applied"]
    if not found:
        return missing + ([] if synced.get("status") == "True" else [_told(synced)])
    tolerates = all(map(tolerated, found))
    # what has finished is not corrected: a PUT might run it again
    reports = (spec.get("drift") or {}).get("mode") == "Report" or (workload.finished and not tolerates)
    if not reports and not tolerates:
        return [*missing, *map(str, found)]
    expected = "Drifted" if reports else "ServerDiffers"
    paths, told = {each.path for each in found}, {each["path"] for each in status.get("drift") or ()}
    missing += [] if synced.get("reason") == expected else [_told(synced)]
    return missing + ([] if paths == told else [f"status.drift tells {sorted(told)}, and it is {sorted(paths)}"])


def _told(synced: Body) -> str:
    return f"Synced is {synced.get('reason', 'not told')}: {synced.get('message')}"


def _between(wants: Any, holds: Any, path: str) -> Iterator[Difference]:
    """Objects field by field, all else whole; null is the same as absent."""
    if isinstance(wants, Mapping) and isinstance(holds, Mapping):
        for key in [*wants, *(key for key in holds if key not in wants)]:
            step = key.replace("~", "~0").replace("/", "~1")
            yield from _between(wants.get(key), holds.get(key), f"{path}/{step}")
    elif not _same(wants, holds):
        yield Difference(path, wants, holds)


def _same(one: Any, other: Any) -> bool:
    """As JSON is written: 1 is neither true nor 1.0."""
    if type(one) is type(other) and isinstance(one, str | int | None):
        return bool(one == other)
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
