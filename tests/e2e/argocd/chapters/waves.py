"""A wave waits for what `runai-operator.io/healthy-when` says; the connection goes ahead of what uses it."""

from __future__ import annotations

from tests.e2e.argocd.workloads import connection, workload
from tests.e2e.argocd.world import FOREVER, SETTLED, TIMES, World

APP, CONNECTION = "in-waves", "from-git"
PREPARE, RESERVE, TRAIN, SERVE = "prepare", "reserve", "train", "predict"
HELD = 8.0
"""For how many seconds (s) a wave is seen to wait: Argo CD goes on within one once it may."""


def show(world: World) -> None:
    """Nothing starts or ends in Run:ai but when it is told to, so each step is seen to wait for the one before."""
    world.runai.times(pending=FOREVER)
    try:
        world.sync(APP, "a connection, and three waves that use it", {"all.yaml": _all(world)})
        began = _of_the_first_wave(world)
        _of_the_second_wave(world)
        _of_the_last_wave(world, began)
    finally:
        world.runai.times(pending=TIMES["pending"])


def _all(world: World) -> list[dict[str, object]]:
    return [
        connection(CONNECTION, world.stage.url, wave=0),
        workload(PREPARE, wave=1, healthy_when="Finished", connection=CONNECTION),
        workload(RESERVE, wave=1, healthy_when="Submitted", connection=CONNECTION),
        workload(TRAIN, kind="PyTorchJob", wave=2, connection=CONNECTION),
        workload(SERVE, kind="Deployment", wave=3, healthy_when="Running", connection=CONNECTION),
    ]


def _of_the_first_wave(world: World) -> str:
    check, argo = world.checks, world.argo
    check.eventually("the connection of wave 0 is Healthy", lambda: argo.health_of(APP, CONNECTION)[0], "Healthy")
    check.eventually("then wave 1 is there, and it alone", lambda: world.names(APP), {PREPARE, RESERVE})
    began = argo.began(APP)
    check.eventually(
        "its workloads are in Run:ai", lambda: world.phase(PREPARE) + world.phase(RESERVE), ["Pending"] * 2
    )
    check.eventually("what waits for Submitted is Healthy", lambda: argo.health_of(APP, RESERVE)[0], "Healthy")
    world.run(PREPARE)
    check.eventually("the operator saw it run", lambda: world.ready(APP, PREPARE).get("reason"), "Running")
    check.eventually(
        "what waits for Finished is not Healthy yet", lambda: argo.health_of(APP, PREPARE)[0], "Progressing"
    )
    check.eventually("Argo CD says what it waits for", lambda: _waits_for(world, PREPARE))
    check.stays("wave 2 waits while it runs", lambda: world.names(APP), {PREPARE, RESERVE}, seconds=HELD)
    world.act(PREPARE, "complete")
    return began


def _of_the_second_wave(world: World) -> None:
    check, upto = world.checks, {PREPARE, RESERVE, TRAIN}
    check.eventually("it completed, and wave 2 is there", lambda: world.names(APP), upto)
    check.eventually("in Run:ai wave 2 is Pending", lambda: world.phase(TRAIN), ["Pending"])
    check.eventually("Argo CD waits for it", lambda: _waits_for(world, TRAIN))
    check.stays("wave 3 waits while it is Pending", lambda: world.names(APP), upto, seconds=HELD)
    world.run(TRAIN)


def _of_the_last_wave(world: World, began: str) -> None:
    check, argo = world.checks, world.argo
    check.eventually("it runs, and wave 3 is there", lambda: SERVE in world.names(APP))
    check.eventually("in Run:ai wave 3 is Pending", lambda: world.phase(SERVE), ["Pending"])
    world.run(SERVE)
    check.eventually("all waves went: the application is Healthy", lambda: argo.standing(APP), SETTLED)
    check.equal("by the sync that began with the first", argo.succeeded(APP), [began])


def _waits_for(world: World, name: str) -> bool:
    told = world.argo.sync(APP)[1]
    return "waiting for healthy state" in told and name in told
