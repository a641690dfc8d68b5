"""`helm upgrade` restarts every Pod, one after the other, while many workloads are being submitted."""

from __future__ import annotations

import json
from collections import Counter
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
        during = _there(world)
        checks.equal("all of them are applied", submitting.wait(SUBMITTED_WITHIN), 0)
    finally:
        submitting.kill()
        submitting.wait()
    checks.say(f"   {during} of {world.many} were submitted when the upgrade was through")
    checks.eventually("no Pod of before is left", lambda: before & {*world.pods()}, set())
    checks.equal("the lead changed hands", world.lease()["leaseTransitions"] > led)
    ready = f"all {world.many} are where they should be"
    checks.eventually(ready, lambda: world.how_many_ready(CROWD), world.many, within=SUBMITTED_WITHIN)
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


def _living_crowd(world: World) -> dict[str, str]:
    return {id_: name for id_, name in world.living().items() if name.startswith("crowd-")}


def _recorded(world: World) -> dict[str, str]:
    found = world.kubectl.json("get", "rwl", namespace=CROWD)["items"]
    return {each["status"]["workloadId"]: each["metadata"]["name"] for each in found}
