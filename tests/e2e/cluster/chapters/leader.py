"""The leader's process is killed; the other Pod goes on."""

from ..world import CREATE, World, a_workload

NAME, UNANSWERED = "after-the-leader", "created-without-an-answer"
NEVER = 600.0
"""Seconds until Run:ai would answer: longer than the leader waits, and than it lives."""
TAKEN_OVER_WITHIN = 60.0
SETTLED_WITHIN = 120.0
"""Who finds a submission that nobody knows the end of lets some time pass before it looks."""


def leader_killed(world: World) -> None:
    checks, leader, before = world.checks, world.leader(), world.living()
    restarts = world.restarts()
    _create_without_an_answer(world)
    _kill(world, leader)
    world.apply(a_workload(NAME))
    # Not the same Pod's next process: it sees the Lease renewed, and waits for its end, later than who stood by.
    standby = restarts.keys() - {leader}
    checks.eventually("a Pod that stood by leads", lambda: world.leader() in standby, within=TAKEN_OVER_WITHIN)
    checks.eventually("what was applied meanwhile runs", lambda: world.ready(NAME), "True")
    found = "what was created without an answer is found, and runs"
    checks.eventually(found, lambda: world.ready(UNANSWERED), "True", within=SETTLED_WITHIN)
    once_more = restarts | {leader: restarts[leader] + 1}
    checks.eventually("the killed one, and no other, was started again", world.restarts, once_more)
    checks.eventually("it is ready, and stands by", lambda: _ready_pods(world), 2)
    checks.equal("each was created once, nothing else was written", world.writes(), {CREATE: 2})
    checks.equal("the others are untouched", before.keys() - world.living().keys(), set())


def _create_without_an_answer(world: World) -> None:
    """Leaves a submission in flight: Run:ai has the workload, and the leader does not know."""
    world.runai.reset_requests()
    world.runai.add_fault("latency", operation=CREATE, seconds=NEVER, when="after", count=1)
    world.apply(a_workload(UNANSWERED))
    created = "a workload is created, and the leader waits for the answer"
    world.checks.eventually(created, lambda: UNANSWERED in world.living().values())


def _kill(world: World, pod: str) -> None:
    container = world.pods()[pod]["status"]["containerStatuses"][0]["containerID"]
    world.cluster.kill(container.partition("://")[2])


def _ready_pods(world: World) -> int:
    return sum(all(each["ready"] for each in pod["status"]["containerStatuses"]) for pod in world.pods().values())
