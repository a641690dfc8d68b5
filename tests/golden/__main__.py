"""Records the golden set anew: `python -m tests.golden v4`, into a folder that must not be there yet."""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from runai_simulator import RunningSimulator
from tests.conftest import REPOSITORY
from tests.control_plane import ControlPlane, Kubectl
from tests.golden.stories import STORIES, Story, team_a
from tests.integration.world import World

HERE = Path(__file__).parent
NAMESPACE = "golden"


def main(folder: Path) -> None:
    if folder.exists():
        sys.exit(f"{folder} is there: what a version left behind is not rewritten; name another folder")
    with ExitStack() as stack:
        there = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        world = a_world(stack, there)
        kept = {story.name: record(world, story) for story in STORIES}
        if world.operator.running:
            world.operator.stop()
    folder.mkdir()
    for name, each in kept.items():
        (folder / f"{name}.json").write_text(json.dumps(each, indent=1, sort_keys=True) + "\n")


def a_world(stack: ExitStack, folder: Path) -> World:
    plane = stack.enter_context(ControlPlane(folder / "control-plane", audit=True))
    kubectl = Kubectl(plane.kubectl, plane.kubeconfig)
    applied = kubectl("apply", "--server-side", "-f", str(REPOSITORY / "crds"), "-o", "name").split()
    kubectl("wait", "--for=condition=Established", "--timeout=30s", *applied)
    kubectl("create", "namespace", NAMESPACE)
    kubectl("label", "namespace", NAMESPACE, "runai/queue=team-a")
    world = World(kubectl, plane, stack.enter_context(RunningSimulator()), NAMESPACE, folder)
    world.secret()
    world.connect(polling={"interval": "1s", "fullInterval": "1s"})
    return world


def record(world: World, story: Story) -> dict[str, Any]:
    """Plays the story, and keeps what both sides hold then."""
    print(story.name, flush=True)
    if not world.operator.running:
        world.operator.start(RUNAI_OPERATOR_LEADER_ELECT="false")
    story.play(world, story.name)
    if story.then == "settled" and story.name != "paused":
        come_to_rest(world, story.name)
    resource = world.get(story.name)
    del resource["metadata"]["managedFields"]
    called = resource["spec"].get("workloadName", story.name)
    kept = {
        "then": story.then,
        "clusterId": world.kubectl.json("get", "namespace", "kube-system")["metadata"]["uid"],
        "project": {"id": team_a(world)["id"], "name": "team-a", "clusterId": team_a(world)["cluster_id"]},
        "resource": resource,
        "workloads": world.run.workloads(called),
    }
    world.run.clear_faults()
    return kept


def come_to_rest(world: World, name: str) -> None:
    """Until all that Run:ai lists has been told: the last of it may come after the phase."""
    world.polls()
    world.annotate(name, "runai-operator.io/reconcile-at=recorded")
    world.until(lambda: world.status(name).get("lastHandledReconcileAt") == "recorded")


if __name__ == "__main__":
    main(HERE / sys.argv[1])
