"""The example of our kit, as it is in deploy/argocd/example but for the addresses of git and of Run:ai."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from tests.demo.stage import read
from tests.e2e.argocd.applications import EXAMPLE, EXAMPLE_APPLICATION, apply
from tests.e2e.argocd.chapters import waves
from tests.e2e.argocd.world import SETTLED, World

APP, CONNECTION, TRAIN, SERVE = "team-a", "default", "finetune", "serve"
PATH = "waves"


def show(world: World) -> None:
    check, argo = world.checks, world.argo
    world.repository.commit("the example of the kit", {f"{PATH}/{name}": each for name, each in _waves(world).items()})
    apply(world.kubectl, _application(world))
    check.eventually("training runs", lambda: world.ready(APP, TRAIN).get("reason"), "Running")
    check.eventually("Argo CD waits for it", lambda: TRAIN in argo.sync(APP)[1])
    check.stays("what serves is not there while it runs", lambda: world.names(APP), {TRAIN}, seconds=waves.HELD)
    world.act(TRAIN, "complete")
    check.eventually("training done, it is, and all is Healthy", lambda: argo.standing(APP), SETTLED)
    check.equal("the end of training came first", _completed(world) <= _created(world))


def _waves(world: World) -> dict[str, list[dict[str, Any]]]:
    files = {path.name: read(path) for path in sorted((EXAMPLE / PATH).glob("*.yaml"))}
    for document in (document for each in files.values() for document in each):
        if document["kind"] == "RunaiConnection":
            document["spec"]["url"] = world.stage.url
    return files


def _application(world: World) -> dict[str, Any]:
    application = deepcopy(EXAMPLE_APPLICATION)
    application["spec"]["source"]["repoURL"] = world.repository.url
    return application


def _completed(world: World) -> str:
    return str(world.resource(APP, TRAIN)["status"]["completedAt"])


def _created(world: World) -> str:
    return str(world.resource(APP, SERVE)["metadata"]["creationTimestamp"])
