"""Run:ai takes another client secret; the Secret follows, and no Pod is restarted."""

from ..world import World, a_workload

NAME = "after-the-rotation"
NOTICED_WITHIN = 90.0
"""A minute is promised (README.md, docs/operations/secrets.md); the rest is for a machine that does other work."""


def secret_rotated(world: World) -> None:
    checks, restarts, before = world.checks, world.restarts(), world.living()
    world.runai.settings(client_secret="another-secret")
    world.runai.revoke_tokens()
    checks.eventually("the connection tells that it is refused", world.connected, "False", within=NOTICED_WITHIN)
    checks.equal("what runs goes on", before.keys() - world.living().keys(), set())
    world.set_secret("another-secret")
    checks.eventually("the new secret is taken up", world.connected, "True", within=NOTICED_WITHIN)
    world.apply(a_workload(NAME))
    checks.eventually("and used", lambda: world.ready(NAME), "True")
    checks.equal("by the Pods of before, without a restart", world.restarts(), restarts)
