"""`python -m runai_operator.api.generate WHAT`: write what follows from models, tables and Lua."""

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from runai_operator.api.argocd import argocd
from runai_operator.api.crds import connection_crd, workload_crd
from runai_operator.api.json_schemas import schemas
from runai_operator.api.kustomize import kustomize
from runai_operator.api.reason_table import ROWS
from runai_operator.api.rows import Row, RowCondition

_HEADINGS: dict[RowCondition, str] = {
    "Ready": "Ready, of a RunaiWorkload",
    "Synced": "Synced, of a RunaiWorkload",
    "Succeeded": "Succeeded, of a RunaiWorkload",
    "Connection Ready": "Ready, of a RunaiConnection",
}

_FOLDERS = {
    "crds": Path("crds"),
    "chart": Path("deploy/helm/runai-operator/templates/crds"),
    "docs": Path("docs/reference"),
    "schemas": Path("deploy/schemas"),
    "argocd": Path("deploy/argocd"),
    "kustomize": Path("deploy/kustomize/component"),
}

_COLUMNS = ("reason", "status", "kstatus", "Argo CD", "Stalled", "retried", "what to do")

_INTRODUCTION = """\
<!-- Generated from operator/runai_operator/api, workload_reasons.py and connection_reasons.py: change those. -->
# Reasons

Every `reason` that a condition can give. *kstatus* is what `kubectl wait`, Flux and others make of the resource,
*Argo CD* its health there. *Stalled* says how long after the reason came up the condition `Stalled` stands beside it,
for nothing will happen until somebody changes something; until then the resource is InProgress and Progressing.
*Retried*: `Backoff`, soon and then less and less often; `Slow`, about once a minute; `Event`, when something that the
operator watches changes.
"""


def crds() -> dict[str, str]:
    """The custom resource definitions, by the names of their files."""
    return {f"{crd['spec']['group']}_{crd['spec']['names']['plural']}.yaml": _yaml(crd) for crd in _all_crds()}


def chart_crds() -> dict[str, str]:
    """The same as templates of the chart, by the names of their files."""
    return {f"{crd['spec']['names']['plural']}.yaml": _template(crd) for crd in _all_crds()}


def docs() -> dict[str, str]:
    """The generated pages of docs/reference, by the names of their files."""
    return {"reasons.md": "\n".join([_INTRODUCTION, *(_section(each, title) for each, title in _HEADINGS.items())])}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m runai_operator.api.generate", description=__doc__)
    parser.add_argument("what", choices=_FOLDERS)
    what = parser.parse_args().what
    folder = _FOLDERS[what]
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in _files(what, folder).items():
        (folder / name).write_text(text, encoding="utf-8")
        print(folder / name)


def _files(what: str, folder: Path) -> dict[str, str]:
    if what == "argocd":
        return argocd(folder)
    return {"crds": crds, "chart": chart_crds, "docs": docs, "schemas": schemas, "kustomize": kustomize}[what]()


def _all_crds() -> tuple[dict[str, Any], ...]:
    return workload_crd(), connection_crd()


class _Plain(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - a part that two fields share is written twice
        return True


def _yaml(crd: dict[str, Any]) -> str:
    text: str = yaml.dump(crd, Dumper=_Plain, sort_keys=False, width=120, allow_unicode=True)
    return "# Generated from operator/runai_operator/api by `make crds`: change the models, not this file.\n" + text


def _template(crd: dict[str, Any]) -> str:
    """Wrapped as text: to have Helm read and write it again would turn its numbers into others (1000000 is 1e+06)."""
    text, name = _yaml(crd), f"  name: {crd['metadata']['name']}\n"
    if "{{" in text or text.count(name) != 1:
        raise ValueError(f"the CRD {crd['metadata']['name']} cannot be made a template as it is")
    return f"{{{{- if .Values.crds.install }}}}\n{text.replace(name, name + _CHART_METADATA)}{{{{- end }}}}\n"


_CHART_METADATA = """\
  labels:
    {{- include "runai-operator.labels" . | nindent 4 }}
  {{- if .Values.crds.keep }}
  annotations:
    helm.sh/resource-policy: keep
  {{- end }}
"""


def _section(condition: RowCondition, title: str) -> str:
    lines = (_line(row) for row in ROWS if row.condition == condition)
    return "\n".join([f"## {title}\n", _table_row(_COLUMNS), _table_row("---" for _ in _COLUMNS), *lines, ""])


def _line(row: Row) -> str:
    stalled = (
        "never" if row.stalled_after is None else "at once" if not row.stalled_after else f"{row.stalled_after:g} s"
    )
    cells = (row.reason, row.status, row.kstatus, row.argo, stalled, row.retry, row.advice)
    return _table_row(cells)


def _table_row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
