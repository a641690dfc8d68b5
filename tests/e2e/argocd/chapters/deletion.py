"""Last of all the applications are deleted: what goes with them, what asks before it goes, and what stays."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.e2e.argocd.chapters import actions, example, pruning
from tests.e2e.argocd.workloads import CONNECTION
from tests.e2e.argocd.world import API, World

GONE_WITHIN = 180.0
STAYS = sorted((example.TRAIN, example.SERVE))
"""The example's application has no finalizer, so nothing goes with it; all others have Argo CD's own."""


def show(world: World) -> None:
    _deleted(world)
    check = world.checks
    check.equal("with all resources, but for those of one without a finalizer", _all(world, "runaiworkloads"), STAYS)
    check.equal("which are as they were", world.phase(example.TRAIN) + world.phase(example.SERVE), _AS_THEY_WERE)
    let_go_of = sorted((*STAYS, actions.STUCK))
    check.equal("and nothing else is left in Run:ai but what was let go of", world.live_names(), let_go_of)
    check.equal("the connection that was in git went, too", _all(world, "runaiconnections"), _CONNECTIONS)


_AS_THEY_WERE = ["Completed", "Running"]
_CONNECTIONS = sorted((example.CONNECTION, CONNECTION))


def _deleted(world: World) -> None:
    check, asking = world.checks, {pruning.APP}
    world.kubectl("delete", "applications", "--all", "--wait=false", namespace="argocd")
    gone = "deleted, the applications are gone, but for one"
    check.eventually(gone, lambda: {*world.argo.all()}, asking, within=GONE_WITHIN)
    check.stays("Prune=confirm asks here, too", lambda: _standing(world), (asking, ["Running"]), seconds=pruning.HELD)
    _confirm(world, pruning.APP)
    check.eventually("confirmed, it is gone", world.argo.all, {}, within=GONE_WITHIN)


def _confirm(world: World, application: str) -> None:
    """As who does not have Argo CD's command line at hand."""
    approved = f"argocd.argoproj.io/deletion-approved={datetime.now(UTC):%FT%TZ}"
    world.kubectl("annotate", "--overwrite", "app", application, approved, namespace="argocd")


def _standing(world: World) -> tuple[set[str], list[str]]:
    """The applications that are there, and the phase of a workload that is not to go unasked."""
    return {*world.argo.all()}, world.phase(pruning.LAST)


def _all(world: World, kind: str) -> list[str]:
    """Names in all namespaces."""
    found = world.stage.control_plane.read(f"{API}/{kind}")["items"]
    return sorted(each["metadata"]["name"] for each in found)
