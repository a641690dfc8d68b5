"""Run:ai takes another client secret; the Secret follows, and no Pod is restarted."""

from ..world import World, a_workload

NAME = "after-the-rotation"
NOTICED_WITHIN = 120.0
"""A changed Secret is read within a minute (docs/security.md); a connection is looked at again at its own pace."""


def secret_rotated(world: World) -> None:
    checks, pods, before = world.checks, {*world.pods()}, world.living()
    world.runai.settings(client_secret="another-secret")
    world.runai.revoke_tokens()
    checks.eventually("the connection tells that it is refused", world.connected, "False", within=NOTICED_WITHIN)
    checks.equal("what runs goes on", before.keys() - world.living().keys(), set())
    world.set_secret("another-secret")
    checks.eventually("the new secret is taken up", world.connected, "True", within=NOTICED_WITHIN)
    world.apply(a_workload(NAME))
    checks.eventually("and used", lambda: world.ready(NAME), "True")
    checks.equal("by the Pods of before", {*world.pods()}, pods)
