"""The Argo CD kit, as Argo CD is given it: out of the ConfigMap, not out of the files that it is made of."""

from pathlib import Path
from typing import Any

import yaml

from tests.deploy.lua import run

ARGOCD = Path(__file__).parents[2] / "deploy" / "argocd"
SETTINGS: dict[str, str] = yaml.safe_load((ARGOCD / "argocd-cm.yaml").read_text(encoding="utf-8"))["data"]


def health(body: dict[str, Any]) -> dict[str, str]:
    """Status and message, of a RunaiWorkload or RunaiConnection."""
    return run(SETTINGS[f"resource.customizations.health.runai-operator.io_{body['kind']}"], body)


def actions(kind: str) -> dict[str, Any]:
    """The actions of a kind: `discovery.lua`, and `definitions`, each with `name` and `action.lua`."""
    return yaml.safe_load(SETTINGS[f"resource.customizations.actions.runai-operator.io_{kind}"])


def discovered(body: dict[str, Any]) -> dict[str, dict[str, bool]]:
    """Every action of this object, and whether it is `disabled`: greyed out."""
    return run(actions(body["kind"])["discovery.lua"], body)


def offered(body: dict[str, Any]) -> set[str]:
    """The actions that are not greyed out."""
    return {name for name, each in discovered(body).items() if not each["disabled"]}


def act(name: str, body: dict[str, Any]) -> dict[str, Any]:
    """The object as the action returns it."""
    scripts = {each["name"]: each["action.lua"] for each in actions(body["kind"])["definitions"]}
    return run(scripts[name], body)
