"""An edit past git is reverted on the side where it was made, once, and nobody fights over it."""

from __future__ import annotations

from tests.e2e.argocd.workloads import workload
from tests.e2e.argocd.world import SETTLED, World

APP, NAME = "drift", "steady"


def show(world: World) -> None:
    documents = [workload(NAME, kind="Deployment", scheduling={"priority": "high"})]
    world.sync(APP, "a steady workload", {"all.yaml": documents})
    world.checks.eventually("it is Healthy", lambda: world.argo.standing(APP), SETTLED)
    _edited_in_kubernetes(world)
    _edited_in_runai(world)


def _edited_in_kubernetes(world: World) -> None:
    check, argo = world.checks, world.argo
    _is_settled(world)
    began, generation = argo.began(APP), world.resource(APP, NAME)["metadata"]["generation"]
    world.patch(APP, NAME, {"spec": {"scheduling": {"priority": "low"}, "manifest": {"spec": {"replicas": 5}}}})
    check.eventually("an edited resource is put back by Argo CD", lambda: _asked(world), ("high", 1))
    check.eventually("by a sync of its own", lambda: argo.standing(APP), SETTLED)
    check.equal("which is a new one", argo.began(APP) > began)
    check.equal("that wrote once", world.resource(APP, NAME)["metadata"]["generation"], generation + 2)
    check.eventually("Run:ai holds what git says", lambda: _held(world), ("high", 1))


def _edited_in_runai(world: World) -> None:
    check, argo = world.checks, world.argo
    check.eventually("the operator is done with it", lambda: world.ready(APP, NAME).get("reason"), "Running")
    _is_settled(world)
    began, puts = argo.began(APP), world.puts()
    generation = world.resource(APP, NAME)["metadata"]["generation"]
    held = world.one(NAME)
    raw = held["v2"]["rawManifest"]
    edited = {**raw, "spec": {**raw["spec"], "replicas": 7}}
    world.runai.edit(held["row"]["id"], manifest=edited, priority="very-low")
    check.equal("somebody edits it in Run:ai", _held(world), ("very-low", 7))
    check.eventually("the operator puts it back", lambda: _held(world), ("high", 1))
    check.eventually("and is done with it", lambda: world.ready(APP, NAME).get("reason"), "Running")
    check.equal("by one PUT", world.puts(), puts + 1)
    check.eventually("to Argo CD all is settled", lambda: argo.standing(APP), SETTLED)
    check.equal("without a sync", argo.began(APP), began)
    check.equal("nor a write to the spec", world.resource(APP, NAME)["metadata"]["generation"], generation)


def _is_settled(world: World) -> None:
    world.argo.refresh(APP)
    world.checks.eventually("all is settled", lambda: world.argo.standing(APP), SETTLED)


def _asked(world: World) -> tuple[str, int]:
    spec = world.resource(APP, NAME)["spec"]
    return spec["scheduling"]["priority"], spec["manifest"]["spec"]["replicas"]


def _held(world: World) -> tuple[str, int]:
    held = world.one(NAME)
    return held["v2"]["metadata"]["priority"], held["v2"]["rawManifest"]["spec"]["replicas"]
