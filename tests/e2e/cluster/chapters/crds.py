"""Who deletes the CRDs deletes every resource; what runs in Run:ai is not theirs to end."""

from ..world import CRDS, World

QUIET = 20.0
"""Seconds in which an operator that took what is gone for deleted would have written; the deletion itself is before."""


def crds_deleted_on_purpose(world: World) -> None:
    checks, living = world.checks, world.living()
    world.runai.reset_requests()
    for crd in CRDS:
        world.kubectl("delete", "crd", crd, "--timeout=240s", timeout=300)
    checks.equal("no resource keeps a CRD", _there(world), [])
    checks.stays("Run:ai is not written to", world.writes, {}, seconds=QUIET)
    checks.equal("every workload runs on", world.living(), living)


def _there(world: World) -> list[str]:
    found = {each["metadata"]["name"] for each in world.kubectl.json("get", "crds")["items"]}
    return [crd for crd in CRDS if crd in found]
