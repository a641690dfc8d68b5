"""What leaves git leaves Run:ai: at once, once it is confirmed where it asks for that, and with its application."""

from __future__ import annotations

from tests.e2e.argocd.chapters import actions, many, waves
from tests.e2e.argocd.workloads import CONNECTION, workload
from tests.e2e.argocd.world import API, SETTLED, World

APP, PLAIN, PRECIOUS = "pruning", "plain", "precious"
HELD = 25.0
"""Seconds in which Argo CD compares anew at least once (programs.RESYNC)."""
GONE_WITHIN = 180.0


def show(world: World) -> None:
    check, argo = world.checks, world.argo
    files = {"plain.yaml": [workload(PLAIN)], "precious.yaml": [workload(PRECIOUS, options="Prune=confirm")]}
    world.sync(APP, "one that may go, and one that may not go just so", {**files, "kept.yaml": [workload("kept")]})
    check.eventually("all run", lambda: argo.standing(APP), SETTLED)
    world.sync(APP, "one less", {"plain.yaml": None})
    check.eventually("pruned from git, it is gone in Run:ai", lambda: world.lives(PLAIN), [])
    check.eventually("and in Kubernetes", lambda: world.names(APP), {PRECIOUS, "kept"})
    _confirmed(world)
    world.sync(many.APP, "a quarter less", {many.part(3): None})
    left = sorted({*many.NAMES} - {*many.NAMES[3 :: many.FILES]})
    check.eventually("a quarter of the fleet is pruned", lambda: many.living(world), left, within=GONE_WITHIN)
    check.eventually("and the fleet is settled", lambda: argo.standing(many.APP), SETTLED, within=GONE_WITHIN)


def _confirmed(world: World) -> None:
    check, argo = world.checks, world.argo
    world.sync(APP, "none but one", {"precious.yaml": None})
    check.eventually("Prune=confirm asks", lambda: "pruning confirmation" in argo.sync(APP)[1])
    check.stays("and until it is confirmed it runs", lambda: world.phase(PRECIOUS), ["Running"], seconds=HELD)
    argo.confirm(APP)
    check.eventually("confirmed, it is gone in Run:ai", lambda: world.lives(PRECIOUS), [])
    check.eventually("and the application is settled", lambda: argo.standing(APP), SETTLED)


def all_applications(world: World) -> None:
    """Last of all: nothing is left of anything."""
    check = world.checks
    applications = sorted(world.argo.all())
    check.equal("the applications of all chapters are there", waves.APP in applications and many.APP in applications)
    world.kubectl("delete", "applications", "--all", "--wait=false", namespace="argocd")
    check.eventually("deleted, the applications are gone", world.argo.all, {}, within=GONE_WITHIN)
    check.equal("with all their resources", _resources(world), [])
    check.equal("and all their workloads, but for the one that was let go of", world.live_names(), [actions.STUCK])
    check.equal("the connection that was in git too", _connections(world), [CONNECTION])


def _resources(world: World) -> list[str]:
    found = world.stage.control_plane.read(f"{API}/runaiworkloads")["items"]
    return [each["metadata"]["name"] for each in found]


def _connections(world: World) -> list[str]:
    return [each["metadata"]["name"] for each in world.stage.control_plane.read(f"{API}/runaiconnections")["items"]]
