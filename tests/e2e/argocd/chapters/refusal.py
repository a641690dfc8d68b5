"""What Run:ai refuses is Degraded in its words, and recovers: without a commit once it is no longer refused, and with
one that mends it."""

from __future__ import annotations

from runai_simulator.manifests import REJECT
from tests.e2e.argocd.workloads import workload
from tests.e2e.argocd.world import SETTLED, World

APP, FIRST, SECOND, MISTAKEN = "refusal", "refused-at-first", "after-it", "mistaken"
WORDS = "project team-a may not submit workloads before its budget is renewed"
MISTAKE = "spec.template.spec.containers: at least one is required"
RECOVERED_WITHIN = 240.0
"""Seconds: the operator asks again about once a minute, and Argo CD after pauses of up to a quarter."""


def show(world: World) -> None:
    """The refused one stands in the first of two waves: there it is the sync that fails, and that has to go on."""
    _recovers_by_itself(world)
    _recovers_by_a_commit(world)


def _recovers_by_itself(world: World) -> None:
    check, argo = world.checks, world.argo
    refused = world.runai.add_fault("status", operation="create_workload_v2", status=400, message=WORDS)
    try:
        revision = world.sync(APP, "two waves", {"all.yaml": [workload(FIRST, wave=0), workload(SECOND, wave=1)]})
        _is_refused(world, FIRST, WORDS)
        check.equal("the wave after it is not there", world.names(APP), {FIRST})
    finally:
        world.runai.remove_fault(refused)
    recovered = "the cause gone, both waves are Healthy"
    check.eventually(recovered, lambda: argo.standing(APP), SETTLED, within=RECOVERED_WITHIN)
    check.equal("without a new commit", (world.repository.head, argo.revision(APP)), (revision, revision))
    check.equal("each is one workload, and runs", world.phase(FIRST) + world.phase(SECOND), ["Running"] * 2)


def _recovers_by_a_commit(world: World) -> None:
    """The sync of the old commit does not end by itself, so the new one has to come into it."""
    check, argo = world.checks, world.argo
    mistaken = workload(MISTAKEN, wave=0)
    mistaken["spec"]["manifest"]["metadata"] = {"annotations": {REJECT: MISTAKE}}
    world.sync(APP, "a mistake", {"mistaken.yaml": [mistaken]})
    _is_refused(world, MISTAKEN, MISTAKE)
    mended = world.sync(APP, "no mistake", {"mistaken.yaml": [workload(MISTAKEN, wave=0)]})
    healthy = "mended by a commit, it is Healthy"
    check.eventually(
        healthy, lambda: (argo.revision(APP), argo.standing(APP)), (mended, SETTLED), within=RECOVERED_WITHIN
    )
    check.equal("and runs, once", world.phase(MISTAKEN), ["Running"])


def _is_refused(world: World, name: str, words: str) -> None:
    check, argo = world.checks, world.argo
    check.eventually("a rejected manifest is Degraded", lambda: argo.health_of(APP, name)[0], "Degraded")
    check.eventually("in Run:ai's words", lambda: words in argo.health_of(APP, name)[1])
    check.eventually("so is its application", lambda: argo.health(APP), "Degraded")
    check.eventually("the sync failed, and is tried again", lambda: "Retrying attempt" in argo.sync(APP)[1])
