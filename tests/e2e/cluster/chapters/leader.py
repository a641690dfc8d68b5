"""The leader's process is killed; the other Pod goes on."""

from ..world import CREATE, World, a_workload

NAME, UNANSWERED = "after-the-leader", "created-without-an-answer"
NEVER = 600.0
"""Seconds until Run:ai would answer: longer than the leader waits, and than it lives."""
TAKEN_OVER_WITHIN = 60.0
BACK_WITHIN = 180.0
"""What ends again and again is started later each time: kubelet waits for 10 s, 20 s, 40 s."""
SETTLED_WITHIN = 120.0
"""Who finds a submission that nobody knows the end of lets some time pass before it looks."""


def leader_killed(world: World) -> None:
    checks, leader, before = world.checks, world.leader(), world.living()
    restarts, dead = world.restarts(), set[str]()
    standby = {name: count for name, count in restarts.items() if name != leader}
    _create_without_an_answer(world)
    _kill_anew(world, leader, dead)
    world.apply(a_workload(NAME))

    def another_leads() -> bool:
        _kill_anew(world, leader, dead)  # it starts within two seconds, and might be the first to see the Lease expire
        return world.leader() in standby

    checks.eventually("a Pod that stood by leads", another_leads, within=TAKEN_OVER_WITHIN)
    checks.eventually("what was applied meanwhile runs", lambda: world.ready(NAME), "True")
    found = "what was created without an answer is found, and runs"
    checks.eventually(found, lambda: world.ready(UNANSWERED), "True", within=SETTLED_WITHIN)
    checks.eventually("the killed one is back, and stands by", lambda: _ready_pods(world), 2, within=BACK_WITHIN)
    now = world.restarts()
    checks.equal("it was started again", now[leader] > restarts[leader])
    checks.equal("and no other", {name: now[name] for name in standby}, standby)
    checks.equal("each was created once, nothing else was written", world.writes(), {CREATE: 2})
    checks.equal("the others are untouched", before.keys() - world.living().keys(), set())


def _create_without_an_answer(world: World) -> None:
    """Leaves a submission in flight: Run:ai has the workload, and the leader does not know."""
    world.runai.reset_requests()
    world.runai.add_fault("latency", operation=CREATE, seconds=NEVER, when="after", count=1)
    world.apply(a_workload(UNANSWERED))
    created = "a workload is created, and the leader waits for the answer"
    world.checks.eventually(created, lambda: UNANSWERED in world.living().values())


def _kill_anew(world: World, pod: str, dead: set[str]) -> None:
    """What runs in it, and was not killed before."""
    (status,) = world.pods()[pod]["status"]["containerStatuses"]
    if "running" in status["state"] and status["containerID"] not in dead:
        world.cluster.kill(status["containerID"].partition("://")[2])
        dead.add(status["containerID"])


def _ready_pods(world: World) -> int:
    return sum(all(each["ready"] for each in pod["status"]["containerStatuses"]) for pod in world.pods().values())
