"""An upgrade that replaces every Pod, one after the other, while many workloads are being submitted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from ..world import World, a_workload

CROWD = "crowd"
"""A namespace of its own. Its project is one that the simulator has."""
BEFORE, BESIDE, ENDING = 0.2, 0.6, 0.8
"""The shares of the workloads that are there before the upgrade begins, beside it, and as the old leader ends.

The others come when a new Pod leads.
"""
AT_ONCE = 10
"""How many are applied by one command while the Pods are replaced."""
REPLACED_WITHIN = 200.0
"""As long as Helm waits, and what it takes itself."""
SUBMITTED_WITHIN = 400.0


def upgraded_under_load(world: World) -> None:
    checks, pods = world.checks, {*world.pods()}
    names = [f"crowd-{number:03}" for number in range(world.many)]
    begun, beside, ending = (round(world.many * share) for share in (BEFORE, BESIDE, ENDING))
    world.namespace(CROWD, {"runai/queue": "team-b"})
    _apply(world, names[:begun])
    checks.eventually(f"{begun} of {world.many} are submitted", lambda: _there(world), begun)
    _upgrade(world, names[begun:beside], names[beside:ending])
    checks.say(f"   {_there(world) - begun} were submitted while Helm waited for the new Pods")
    checks.eventually("no Pod of before is left", lambda: pods & {*world.pods()}, set())
    checks.eventually("one of the new leads", lambda: world.leader() in world.pods())
    led_since = datetime.fromisoformat(world.lease()["acquireTime"])
    _apply(world, names[ending:])
    ready = f"all {world.many} are where they should be"
    checks.eventually(ready, lambda: world.how_many_ready(CROWD), world.many, within=SUBMITTED_WITHIN)
    _by_both(world, names[begun:], led_since)
    _each_once(world, names)


def _upgrade(world: World, beside: Sequence[str], ending: Sequence[str]) -> None:
    """Apply the first beside it, and the others once the leader has been told to end."""
    leader = world.leader()
    with ThreadPoolExecutor(1) as helm:
        upgrade = helm.submit(world.install, "upgrade", podAnnotations_upgraded="yes")

        def told_to_end() -> bool:
            if upgrade.done():
                upgrade.result()  # raises what Helm failed with, rather than to wait for what will not come
            pod = world.pods().get(leader)
            return pod is None or "deletionTimestamp" in pod["metadata"]

        for first in range(0, len(beside), AT_ONCE):
            _apply(world, beside[first : first + AT_ONCE])
        world.checks.eventually("the leader is told to end", told_to_end, within=REPLACED_WITHIN)
        _apply(world, ending)
        upgrade.result()


def _by_both(world: World, names: Sequence[str], led_since: datetime) -> None:
    """By the times that Run:ai and the Lease tell: both are of the one node's clock."""
    rows = [each["row"] for each in world.runai.workloads()]
    created = [datetime.fromisoformat(each["createdAt"]) for each in rows if each["name"] in {*names}]
    before = sum(time < led_since for time in created)
    after = len(created) - before
    world.checks.say(f"   of those applied since the upgrade began, {before} came before the new leader's time")
    world.checks.equal("the leader of before submitted some while it was being replaced", before > 0)
    world.checks.equal("the new one the others", after > 0)


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
