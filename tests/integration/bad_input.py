"""What tests of bad input ask, and how they see that it disturbed nobody."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from tests.integration.world import World


def other(world: World) -> str:
    return f"{world.namespace}-other"


def allow_everything(world: World, _: str) -> None:
    world.connect()


def rule(*projects: str, **labels: str) -> dict[str, Any]:
    """That namespaces with these labels may use these projects."""
    return {"namespaceSelector": {"matchLabels": labels}, "projects": {"names": [*projects]}}


def until_told(world: World, name: str, reason: str) -> str:
    """The message with which Ready gives this reason; Synced must give it too."""
    world.until(lambda: world.condition("Ready", name).get("reason") == reason)
    assert world.condition("Ready", name)["status"] == "False"
    assert world.condition("Synced", name)["reason"] == reason
    return str(world.condition("Ready", name)["message"])


def rounds(world: World) -> dict[str, list[datetime]]:
    """When each resource was looked at, by the log."""
    found: dict[str, list[datetime]] = defaultdict(list)
    for line in world.operator.lines():
        if str(line.get("message", "")).startswith("reconciled"):
            found[line["resource"].rpartition("/")[2]].append(datetime.fromisoformat(line["timestamp"]))
    return found


def look_again(world: World, name: str) -> None:
    """A round more."""
    before = len(rounds(world)[name])
    world.annotate(name, f"runai-operator.io/reconcile-at={before}")
    world.until(lambda: len(rounds(world)[name]) > before)


def undisturbed(world: World) -> tuple[str, int]:
    """What must not move of the resource beside."""
    return world.get("beside")["metadata"]["resourceVersion"], len(world.run.workloads("beside"))
