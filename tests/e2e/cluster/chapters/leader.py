"""The leader's process is killed; the other Pod goes on."""

from ..world import World, a_workload

NAME = "after-the-leader"
TAKEN_OVER_WITHIN = 60.0


def leader_killed(world: World) -> None:
    checks, lease, before = world.checks, world.lease(), world.living()
    container = world.pods()[world.leader()]["status"]["containerStatuses"][0]["containerID"]
    world.runai.reset_requests()
    world.cluster.kill(container.partition("://")[2])
    world.apply(a_workload(NAME))
    checks.eventually("another leads", lambda: _another(world, lease), within=TAKEN_OVER_WITHIN)
    checks.eventually("what was applied meanwhile runs", lambda: world.ready(NAME), "True")
    checks.eventually("the killed one is back, and stands by", lambda: _ready_pods(world), 2)
    checks.equal("one workload was created, nothing else was written", world.writes(), {"create_workload_v2": 1})
    checks.equal("the others are untouched", before.keys() - world.living().keys(), set())


def _another(world: World, before: dict) -> bool:  # type: ignore[type-arg]
    holder = world.lease().get("holderIdentity")
    return bool(holder) and holder != before["holderIdentity"]


def _ready_pods(world: World) -> int:
    return sum(all(each["ready"] for each in pod["status"]["containerStatuses"]) for pod in world.pods().values())
