"""What leaves git leaves Run:ai: at once, or once it is confirmed where it asks for that."""

from __future__ import annotations

from tests.e2e.argocd.chapters import many
from tests.e2e.argocd.workloads import workload
from tests.e2e.argocd.world import SETTLED, World

APP, PLAIN, PRECIOUS, KEPT, LAST = "pruning", "plain", "precious", "kept", "asks-to-the-last"
HELD = 25.0
"""Seconds in which Argo CD compares anew at least once (programs.RESYNC)."""
GONE_WITHIN = 180.0


def show(world: World) -> None:
    check, argo = world.checks, world.argo
    world.sync(APP, "two that may go just so, and two that may not", _files())
    check.eventually("all run", lambda: argo.standing(APP), SETTLED)
    world.sync(APP, "one less", {"plain.yaml": None})
    check.eventually("pruned from git, it is gone in Run:ai", lambda: world.lives(PLAIN), [])
    check.eventually("and in Kubernetes", lambda: world.names(APP), {PRECIOUS, KEPT, LAST})
    _declined(world)
    _confirmed(world)
    _of_many(world)


def _declined(world: World) -> None:
    """A sync that asks holds up whatever else there is to sync, so who does not confirm it has to end it."""
    check, argo, as_before = world.checks, world.argo, (world.id_of(PRECIOUS), ["Running"])
    world.sync(APP, "one less, and another changed", {"precious.yaml": None, "kept.yaml": [_kept("high")]})
    _asks(world)
    check.stays(
        "until it is answered it runs, and the rest of the commit waits, too",
        lambda: (world.phase(PRECIOUS), world.priority(KEPT)),
        (["Running"], "low"),
        seconds=HELD,
    )
    world.sync(APP, "not less after all", {"precious.yaml": [_asking(PRECIOUS)]})
    argo.terminate(APP)
    check.eventually("put back into git, and the sync terminated, all is settled", lambda: argo.standing(APP), SETTLED)
    check.equal("the workload is the same, and runs", (world.id_of(PRECIOUS), world.phase(PRECIOUS)), as_before)
    check.eventually("and what waited arrives", lambda: world.priority(KEPT), "high")


def _confirmed(world: World) -> None:
    check, argo = world.checks, world.argo
    world.sync(APP, "one less indeed", {"precious.yaml": None})
    _asks(world)
    argo.confirm(APP)
    check.eventually("confirmed, it is gone in Run:ai", lambda: world.lives(PRECIOUS), [])
    check.eventually("and the application is settled", lambda: argo.standing(APP), SETTLED)


def _of_many(world: World) -> None:
    check, argo = world.checks, world.argo
    world.sync(many.APP, "a quarter less", {many.part(3): None})
    left = sorted({*many.NAMES} - {*many.NAMES[3 :: many.FILES]})
    check.eventually("a quarter of the fleet is pruned", lambda: many.living(world), left, within=GONE_WITHIN)
    check.eventually("and the fleet is settled", lambda: argo.standing(many.APP), SETTLED, within=GONE_WITHIN)


def _asks(world: World) -> None:
    asked = f"waiting for pruning confirmation of runai-operator.io/RunaiWorkload/{PRECIOUS}"
    world.checks.eventually("Prune=confirm asks", lambda: world.argo.sync(APP)[1], asked)


def _files() -> dict[str, list[dict[str, object]]]:
    return {
        "plain.yaml": [workload(PLAIN)],
        "kept.yaml": [_kept("low")],
        "precious.yaml": [_asking(PRECIOUS)],
        "last.yaml": [_asking(LAST)],
    }


def _kept(priority: str) -> dict[str, object]:
    return workload(KEPT, scheduling={"priority": priority})


def _asking(name: str) -> dict[str, object]:
    return workload(name, options="Prune=confirm")
