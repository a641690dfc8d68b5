"""The actions of our kit, run through argocd-server, and what self-heal makes of them."""

from __future__ import annotations

from tests.e2e.argocd.workloads import workload
from tests.e2e.argocd.world import SETTLED, World

APP = "actions"
SWITCHED, NAMED, BATCH, STUCK = "switched", "named-in-git", "batch", "stuck"
REFUSED_DELETE = "this application may not delete workloads"
HELD = 25.0
"""Seconds in which Argo CD compares anew at least once (programs.RESYNC), and would heal."""


def show(world: World) -> None:
    files = {
        "switched.yaml": [workload(SWITCHED, scheduling={"priority": "low"})],
        "others.yaml": [workload(NAMED, suspend=False), workload(BATCH)],
        "stuck.yaml": [workload(STUCK)],
    }
    world.sync(APP, "things to act upon", files)
    world.checks.eventually("all run", lambda: world.argo.standing(APP), SETTLED)
    _suspend_and_resume(world)
    _named_in_git(world)
    _resync(world)
    _rerun(world)
    _release(world)


def _suspend_and_resume(world: World) -> None:
    check, argo = world.checks, world.argo
    check.equal("what runs can be suspended, not resumed", _offers(world, SWITCHED), {"suspend"})
    argo.act(APP, "suspend", SWITCHED)
    check.eventually("suspend stops the workload", lambda: world.phase(SWITCHED), ["Stopped"])
    check.eventually("the resource is Suspended", lambda: argo.health_of(APP, SWITCHED)[0], "Suspended")
    argo.refresh(APP)
    check.stays("self-heal leaves it so", lambda: _suspended(world), (True, "Synced", ["Stopped"]), seconds=HELD)
    changed = {"switched.yaml": [workload(SWITCHED, scheduling={"priority": "high"})]}
    synced = (world.sync(APP, "another priority", changed), "Synced")
    check.eventually("a commit that changes it arrives in Run:ai", lambda: world.priority(SWITCHED), "high")
    check.eventually("and is synced", lambda: (argo.revision(APP), argo.standing(APP)[1]), synced)
    check.equal("which leaves it so", _suspended(world), (True, "Synced", ["Stopped"]))
    check.equal("it can be resumed now", _offers(world, SWITCHED), {"resume"})
    argo.act(APP, "resume", SWITCHED)
    check.eventually("resume runs it again", lambda: world.phase(SWITCHED), ["Running"])
    check.eventually("the resource is Healthy", lambda: argo.health_of(APP, SWITCHED)[0], "Healthy")


def _named_in_git(world: World) -> None:
    check, argo = world.checks, world.argo
    before = world.resource(APP, NAMED)["metadata"]["generation"]
    argo.act(APP, "suspend", NAMED)
    undone = "where git names spec.suspend, self-heal undoes it"
    check.eventually(undone, lambda: _suspend_and_generation(world, NAMED), (False, before + 2))
    check.eventually("and it runs", lambda: world.ready(APP, NAMED).get("reason"), "Running")


def _resync(world: World) -> None:
    check, argo = world.checks, world.argo
    path = f"/api/v2/workloads/{world.id_of(SWITCHED)}"
    looks = _looks(world, path)
    argo.act(APP, "resync", SWITCHED)
    check.eventually("resync has the operator look again", lambda: _looks(world, path) > looks)
    handled = "and say so in the status"
    check.eventually(handled, lambda: bool(world.resource(APP, SWITCHED)["status"].get("lastHandledReconcileAt")))


def _rerun(world: World) -> None:
    check, argo = world.checks, world.argo
    world.act(BATCH, "complete")
    check.eventually("a job completed", lambda: world.ready(APP, BATCH).get("reason"), "Completed")
    before = world.id_of(BATCH)
    argo.act(APP, "rerun", BATCH)
    check.eventually("rerun runs it again", lambda: world.phase(BATCH), ["Running"])
    check.equal("as another workload", world.id_of(BATCH) != before)
    argo.refresh(APP)
    check.eventually("which is no drift", lambda: argo.standing(APP), SETTLED)


def _release(world: World) -> None:
    check, argo = world.checks, world.argo
    kept = world.id_of(STUCK)
    refused = world.runai.add_fault("status", operation="delete_workload_v2", status=403, message=REFUSED_DELETE)
    try:
        world.sync(APP, "one less", {"stuck.yaml": None})
        deleting = "what Run:ai does not delete stays, and says why"
        check.eventually(deleting, lambda: REFUSED_DELETE in world.ready(APP, STUCK).get("message", ""))
        argo.act(APP, "release", STUCK)
        check.eventually("release lets it go", lambda: STUCK in world.names(APP), False)
    finally:
        world.runai.remove_fault(refused)
    check.equal("without deleting in Run:ai", world.id_of(STUCK), kept)
    check.eventually("the application is settled", lambda: argo.standing(APP), SETTLED)


def _offers(world: World, name: str) -> set[str]:
    offered = world.argo.actions(APP, name)
    return {action for action in ("suspend", "resume") if offered.get(action)}


def _suspended(world: World) -> tuple[bool | None, str, list[str]]:
    suspend = world.resource(APP, SWITCHED)["spec"].get("suspend")
    return suspend, world.argo.standing(APP)[1], world.phase(SWITCHED)


def _suspend_and_generation(world: World, name: str) -> tuple[bool | None, int]:
    found = world.resource(APP, name)
    return found["spec"].get("suspend"), found["metadata"]["generation"]


def _looks(world: World, path: str) -> int:
    return sum(each["path"] == path for each in world.runai.log())
