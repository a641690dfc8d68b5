"""As a new user: the README's own five commands, with the simulator that the chart brings along."""

import shlex
import time

from tests.docs.test_site import section
from tests.image.build import REPOSITORY

from ..world import IMAGE_VALUES, OWN, RELEASE, TEAM, World


def trial(world: World) -> None:
    checks, kubectl = world.checks, world.kubectl
    world.helm("uninstall", RELEASE, "--wait", "--timeout=120s")
    kubectl("delete", "namespace", OWN, TEAM, "--timeout=120s", timeout=150)
    typed, began = section(REPOSITORY / "README.md", "Install it"), time.monotonic()
    for command in typed:
        _type(world, shlex.split(command))
    checks.say(f"   {len(typed)} commands took {time.monotonic() - began:.0f} s")
    checks.equal("a workload runs after five commands", (len(typed), world.ready("hello-gpu")), (5, "True"))
    kubectl("delete", "rwl", "hello-gpu", "--timeout=60s", namespace=TEAM)
    world.helm("uninstall", RELEASE, "--wait", "--timeout=120s")
    checks.eventually("and nothing of it stays in the namespace", lambda: _pods(world), [])


def _type(world: World, command: list[str]) -> None:
    """As it stands in the README, but for what a reader puts in: the image, and what says that Run:ai is simulated."""
    program, *words = (str(REPOSITORY / word) if (REPOSITORY / word).exists() else word for word in command)
    if program == "helm":
        values = {**IMAGE_VALUES, "simulator.enabled": "true"}
        world.helm(*(word for word in words if word != "--set" and "=" not in word), values=values)
    else:
        world.kubectl(*words, timeout=660)  # the last one waits for up to ten minutes


def _pods(world: World) -> list[str]:
    return world.kubectl("get", "pods", "-o", "name", namespace=OWN).split()
