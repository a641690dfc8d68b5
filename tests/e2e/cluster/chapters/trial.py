"""As a new user: five commands, with the simulator that the chart brings along."""

import time

from ..world import CHART, EXAMPLES, IMAGE_VALUES, OWN, RELEASE, SECRET, TEAM, World


def trial(world: World) -> None:
    checks, kubectl = world.checks, world.kubectl
    world.helm("uninstall", RELEASE, "--wait", "--timeout=120s")
    kubectl("delete", "secret", SECRET, namespace=OWN)
    began = time.monotonic()
    login = ("--from-literal=clientId=demo", "--from-literal=clientSecret=demo-secret")
    kubectl("create", "secret", "generic", SECRET, *login, namespace=OWN)
    values = {**IMAGE_VALUES, "simulator.enabled": "true"}
    world.helm("install", RELEASE, str(CHART), "--wait", "--timeout=180s", values=values)
    kubectl("label", "namespace", TEAM, f"runai/queue={TEAM}", "--overwrite")
    kubectl("apply", "--server-side", "-f", str(EXAMPLES / "10-shortest.yaml"))
    kubectl("wait", "--for=condition=Ready", "--timeout=60s", "rwl/hello-gpu", namespace=TEAM, timeout=90)
    checks.say(f"   five commands took {time.monotonic() - began:.0f} s")
    checks.equal("a workload runs after five commands", world.ready("hello-gpu"), "True")
    kubectl("delete", "rwl", "hello-gpu", "--timeout=60s", namespace=TEAM)
    world.helm("uninstall", RELEASE, "--wait", "--timeout=120s")
    checks.eventually("and nothing of it stays in the namespace", lambda: _pods(world), [])


def _pods(world: World) -> list[str]:
    return world.kubectl("get", "pods", "-o", "name", namespace=OWN).split()
