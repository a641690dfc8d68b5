"""`helm upgrade` restarts every Pod, one after the other, while many workloads are being submitted."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from pathlib import Path

from ..world import World, a_workload

CROWD = "crowd"
"""A namespace of its own. Its project is one that the simulator has."""
BEGUN = 0.2
"""The share of the workloads that is there when the upgrade begins."""
SUBMITTED_WITHIN = 400.0


def upgraded_under_load(world: World) -> None:
    checks = world.checks
    names = [f"crowd-{number:03}" for number in range(world.many)]
    before, led = {*world.pods()}, world.lease()["leaseTransitions"]
    world.namespace(CROWD, {"runai/queue": "team-b"})
    folder = world.cluster.kubeconfig.parent
    submitting = world.kubectl.start(
        "apply", "--server-side", "-f", str(_written(folder, names)), output=folder / "apply.log"
    )
    try:
        begun = round(world.many * BEGUN)
        checks.eventually(f"{begun} of {world.many} workloads run", lambda: _there(world) >= begun, within=120)
        world.install("upgrade", podAnnotations_upgraded="yes")
        checks.equal("all of them are applied", submitting.wait(SUBMITTED_WITHIN), 0)
    finally:
        submitting.kill()
        submitting.wait()
    checks.eventually("no Pod of before is left", lambda: before & {*world.pods()}, set())
    checks.eventually("the lead changed hands", lambda: world.lease()["leaseTransitions"] > led)
    ready = f"all {world.many} are where they should be"
    checks.eventually(ready, lambda: world.how_many_ready(CROWD), world.many, within=SUBMITTED_WITHIN)
    earlier, later = _by_leader(world)
    checks.say(f"   {earlier} were submitted before the last leader took over, {later} by that one")
    checks.equal("both leaders submitted some", min(earlier, later) > 0)
    everything = Counter(each["row"]["name"] for each in world.runai.workloads())
    counts = {name: everything[name] for name in names}
    checks.equal("nothing was lost", [name for name, count in counts.items() if not count], [])
    checks.equal("nothing was submitted twice, nor deleted", {n: c for n, c in counts.items() if c > 1}, {})
    checks.equal("each recorded the workload that there is", _recorded(world), _living_crowd(world))


def _written(folder: Path, names: list[str]) -> Path:
    path = folder / "crowd.json"
    items = [a_workload(name, CROWD) for name in names]
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    return path


def _there(world: World) -> int:
    return len(_living_crowd(world))


def _by_leader(world: World) -> tuple[int, int]:
    """How many were created before the present leader had the lead, and since: the upgrade came in their midst."""
    taken = datetime.fromisoformat(world.lease()["acquireTime"])
    rows = (each["row"] for each in world.runai.workloads() if each["row"]["name"].startswith("crowd-"))
    earlier = Counter(datetime.fromisoformat(row["createdAt"]) < taken for row in rows)
    return earlier[True], earlier[False]


def _living_crowd(world: World) -> dict[str, str]:
    return {id_: name for id_, name in world.living().items() if name.startswith("crowd-")}


def _recorded(world: World) -> dict[str, str]:
    found = world.kubectl.json("get", "rwl", namespace=CROWD)["items"]
    return {each["status"]["workloadId"]: each["metadata"]["name"] for each in found}
