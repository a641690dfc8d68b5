"""The Argo CD kit's settings, made of its Lua files: what argocd-cm is told, as a ConfigMap and as Helm values."""

from pathlib import Path
from typing import Any

import yaml

from runai_operator.api import names

Settings = dict[str, str]

_HEADER = "# Generated from deploy/argocd/lua by `make generate`: change those files, not this one.\n"
_DISCOVERY = "discovery.lua"


def argocd(kit: Path) -> dict[str, str]:
    """The generated files of the kit in this folder, by their names; its `lua` holds a folder for each kind.

    Raises OSError where a file of Lua is missing.
    """
    settings = {key: text for kind in _kinds(kit) for key, text in _customizations(kit, kind).items()}
    config_map = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        # Argo CD reads only what carries this label
        "metadata": {"name": "argocd-cm", "labels": {"app.kubernetes.io/part-of": "argocd"}},
        "data": settings,
    }
    return {
        "argocd-cm.yaml": _HEADER + _yaml(config_map),
        "helm-values.yaml": _HEADER + _yaml({"configs": {"cm": settings}}),
    }


def _kinds(kit: Path) -> list[str]:
    return sorted(each.name for each in (kit / "lua").iterdir())


def _customizations(kit: Path, kind: str) -> Settings:
    """What Argo CD is told of one kind, by the keys of argocd-cm."""
    folder = kit / "lua" / kind
    return {
        f"resource.customizations.health.{names.GROUP}_{kind}": _lua(folder / "health.lua"),
        f"resource.customizations.actions.{names.GROUP}_{kind}": _yaml(_actions(folder / "actions")),
    }


def _actions(folder: Path) -> dict[str, Any]:
    files = sorted(each for each in folder.glob("*.lua") if each.name != _DISCOVERY)
    definitions = [{"name": each.stem, "action.lua": _lua(each)} for each in files]
    return {_DISCOVERY: _lua(folder / _DISCOVERY), "definitions": definitions}


def _lua(file: Path) -> str:
    return file.read_text(encoding="utf-8")


class _Literal(yaml.SafeDumper):
    """Writes texts of several lines as they are, behind a `|`."""


def _literal(dumper: _Literal, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Literal.add_representer(str, _literal)


def _yaml(data: Any) -> str:
    text: str = yaml.dump(data, Dumper=_Literal, sort_keys=False, width=120)
    return text
