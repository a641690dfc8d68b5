"""`helm uninstall` takes the operator away and nothing of what people made; installed again it has nothing to do."""

from __future__ import annotations

from ..world import CRDS, RELEASE, World, a_workload, moved

TOLD_WITHIN = 60.0
"""A connection tells of the number of its workloads every 30 seconds, and nothing comes later than that."""
QUIET = 30.0
"""Seconds in which an operator that wanted to write would have: its sweep comes first, with the start."""


def uninstalled(world: World) -> None:
    checks, living = world.checks, world.living()
    checks.eventually("all there is to tell was told", world.counted, len(living), within=TOLD_WITHIN)
    versions = world.versions()
    world.runai.reset_requests()
    world.helm("uninstall", RELEASE, "--wait", "--timeout=120s")
    checks.eventually("the operator is gone", world.pods, {})
    checks.equal("the CRDs are there", _crds(world), {*CRDS})
    checks.equal("every resource is there, unchanged", moved(versions, world.versions()), [])
    checks.equal("every workload is there", world.living(), living)
    checks.equal("nothing was written to Run:ai", world.writes(), {})


def installed_again(world: World) -> None:
    checks, living, versions = world.checks, world.living(), world.versions()
    world.runai.reset_requests()
    world.install()
    checks.eventually("one of its Pods leads", lambda: world.leader() in world.pods())
    checks.eventually("it has read the fleet", lambda: _listed(world) > 0)
    checks.stays("nothing is written to Run:ai", world.writes, {}, seconds=QUIET)
    checks.equal("nor to any resource", moved(versions, world.versions()), [])
    checks.equal("the workloads are the same", world.living(), living)
    world.apply(a_workload("after-the-return"))
    checks.eventually("a new workload runs", lambda: world.ready("after-the-return"), "True")
    world.kubectl("delete", "rwl", "after-the-return", "--timeout=60s", namespace="team-a")
    checks.equal("and is deleted with its resource", world.living(), living)


def _crds(world: World) -> set[str]:
    return {each["metadata"]["name"] for each in world.kubectl.json("get", "crds")["items"]} & {*CRDS}


def _listed(world: World) -> int:
    return int(world.runai.requests()["byOperation"].get("get_workloads", 0))
