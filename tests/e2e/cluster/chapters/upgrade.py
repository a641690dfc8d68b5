"""An upgrade that replaces every Pod, one after the other, while many workloads are being submitted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from ..world import World, a_workload

CROWD = "crowd"
"""A namespace of its own. Its project is one that the simulator has."""
BEFORE, AFTER = 0.2, 0.2
"""The shares of the workloads that are there before the upgrade begins, and that come when Helm says it is through."""
AT_ONCE = 10
"""How many are applied by one command while the Pods are replaced."""
SUBMITTED_WITHIN = 400.0


def upgraded_under_load(world: World) -> None:
    checks, pods, led = world.checks, {*world.pods()}, world.lease()["leaseTransitions"]
    names = [f"crowd-{number:03}" for number in range(world.many)]
    begun, last = round(world.many * BEFORE), round(world.many * (1 - AFTER))
    world.namespace(CROWD, {"runai/queue": "team-b"})
    _apply(world, names[:begun])
    checks.eventually(f"{begun} of {world.many} are submitted", lambda: _there(world), begun)
    with ThreadPoolExecutor(1) as beside:
        upgrade = beside.submit(world.install, "upgrade", podAnnotations_upgraded="yes")
        for first in range(begun, last, AT_ONCE):
            _apply(world, names[first : min(first + AT_ONCE, last)])
        upgrade.result()
    during = _there(world) - begun
    _apply(world, names[last:])  # while the old leader ends
    checks.say(f"   {during} were submitted while Helm waited for the new Pods")
    checks.equal("workloads are submitted while the Pods are replaced", during > 0)
    checks.eventually("no Pod of before is left", lambda: pods & {*world.pods()}, set())
    checks.eventually("the lead changed hands", lambda: world.lease()["leaseTransitions"] > led)
    ready = f"all {world.many} are where they should be"
    checks.eventually(ready, lambda: world.how_many_ready(CROWD), world.many, within=SUBMITTED_WITHIN)
    _each_once(world, names)


def _each_once(world: World, names: Sequence[str]) -> None:
    """Counted in Run:ai, with what was deleted there."""
    everything = Counter(each["row"]["name"] for each in world.runai.workloads())
    counts = {name: everything[name] for name in names}
    world.checks.equal("nothing was lost", [name for name, count in counts.items() if not count], [])
    world.checks.equal("nothing was submitted twice, nor deleted", {n: c for n, c in counts.items() if c > 1}, {})
    world.checks.equal("each recorded the workload that there is", _recorded(world), _living_crowd(world))


def _apply(world: World, names: Sequence[str]) -> None:
    world.apply(*(a_workload(name, CROWD) for name in names))


def _there(world: World) -> int:
    return len(_living_crowd(world))


def _living_crowd(world: World) -> dict[str, str]:
    return {id_: name for id_, name in world.living().items() if name.startswith("crowd-")}


def _recorded(world: World) -> dict[str, str]:
    found = world.kubectl.json("get", "rwl", namespace=CROWD)["items"]
    return {each["status"]["workloadId"]: each["metadata"]["name"] for each in found}
