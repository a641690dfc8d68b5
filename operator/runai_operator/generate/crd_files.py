"""The custom resource definitions as files: for kubectl, and as templates of the chart."""

from typing import Any

import yaml

from runai_operator.api.crds import connection_crd, workload_crd


def crds() -> dict[str, str]:
    """The custom resource definitions, by the names of their files."""
    return {f"{crd['spec']['group']}_{crd['spec']['names']['plural']}.yaml": _yaml(crd) for crd in _all_crds()}


def chart_crds() -> dict[str, str]:
    """The same as templates of the chart, by the names of their files."""
    return {f"{crd['spec']['names']['plural']}.yaml": _template(crd) for crd in _all_crds()}


def _all_crds() -> tuple[dict[str, Any], ...]:
    return workload_crd(), connection_crd()


class _Plain(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - a part that two fields share is written twice
        return True


def _yaml(crd: dict[str, Any]) -> str:
    text: str = yaml.dump(crd, Dumper=_Plain, sort_keys=False, width=120, allow_unicode=True)
    return "# Generated from operator/runai_operator/api by `make generate`: change the models, not this file.\n" + text


def _template(crd: dict[str, Any]) -> str:
    """Wrapped as text: to have Helm read and write it again would turn its numbers into others (1000000 is 1e+06)."""
    text, name = _yaml(crd), f"  name: {crd['metadata']['name']}\n"
    if "{{" in text or text.count(name) != 1:
        raise ValueError(f"the CRD {crd['metadata']['name']} cannot be made a template as it is")
    return f"{{{{- if .Values.crds.install }}}}\n{text.replace(name, name + _CHART_METADATA)}{{{{- end }}}}\n"


# Argo CD heeds Helm's annotation when an application is deleted, and not when a sync prunes.
_CHART_METADATA = """\
  labels:
    {{- include "runai-operator.labels" . | nindent 4 }}
  {{- if .Values.crds.keep }}
  annotations:
    helm.sh/resource-policy: keep
    argocd.argoproj.io/sync-options: Prune=false
  {{- end }}
"""
