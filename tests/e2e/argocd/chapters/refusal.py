"""What Run:ai refuses is Degraded in its words, and recovers without a commit once it is no longer refused."""

from __future__ import annotations

from tests.e2e.argocd.workloads import workload
from tests.e2e.argocd.world import SETTLED, World

APP, FIRST, SECOND = "refusal", "refused-at-first", "after-it"
WORDS = "project team-a may not submit workloads before its budget is renewed"
RECOVERED_WITHIN = 240.0
"""Seconds: the operator asks again about once a minute, and Argo CD after pauses of up to a quarter."""


def show(world: World) -> None:
    """The refused one stands in the first of two waves: there it is the sync that fails, and that has to go on."""
    check, argo = world.checks, world.argo
    refused = world.runai.add_fault("status", operation="create_workload_v2", status=400, message=WORDS)
    try:
        revision = world.sync(APP, "two waves", {"all.yaml": [workload(FIRST, wave=0), workload(SECOND, wave=1)]})
        check.eventually("a rejected manifest is Degraded", lambda: argo.health_of(APP, FIRST)[0], "Degraded")
        check.eventually("in Run:ai's words", lambda: WORDS in argo.health_of(APP, FIRST)[1])
        check.eventually("so is its application", lambda: argo.health(APP), "Degraded")
        check.eventually("the sync failed, and is tried again", lambda: _is_tried_again(world))
        check.equal("the wave after it is not there", world.names(APP), {FIRST})
    finally:
        world.runai.remove_fault(refused)
    recovered = "the cause gone, both waves are Healthy"
    check.eventually(recovered, lambda: argo.standing(APP), SETTLED, within=RECOVERED_WITHIN)
    check.equal("without a new commit", (world.repository.head, argo.revision(APP)), (revision, revision))
    check.equal("each is one workload, and runs", world.phase(FIRST) + world.phase(SECOND), ["Running"] * 2)


def _is_tried_again(world: World) -> bool:
    return "Retrying attempt" in world.argo.sync(APP)[1]
