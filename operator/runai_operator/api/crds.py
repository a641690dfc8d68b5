"""The two custom resource definitions, as what the API server is given."""

from typing import Any

from runai_operator.api import names
from runai_operator.api.connection import RunaiConnectionSpec, RunaiConnectionStatus
from runai_operator.api.schema import structural
from runai_operator.api.wire import Rule, Wire, rules
from runai_operator.api.workload import RunaiWorkloadSpec
from runai_operator.api.workload_status import RunaiWorkloadStatus

Json = dict[str, Any]

_NOT_SUBMITTED = "!has(oldSelf.status) || !has(oldSelf.status.workloadId)"
_WORKLOAD_NAME = "(has(self.spec.workloadName) ? self.spec.workloadName : self.metadata.name)"
_MANIFEST_NAMED = "has(self.spec.manifest.metadata) && has(self.spec.manifest.metadata.name)"


def _immutable_once_submitted(field: str) -> Rule:
    """At the root, where both sides are there even when the field is not: neither adding nor removing slips through."""
    new, old = f"self.spec.{field}", f"oldSelf.spec.{field}"
    return Rule(
        f"{_NOT_SUBMITTED} || (has({new}) == has({old}) && (!has({new}) || {new} == {old}))",
        f"spec.{field} is immutable once the workload is submitted: set it back as it was, or delete the resource and "
        "create another one",
        at=f".spec.{field}",
    )


WORKLOAD_RULES = (
    *(_immutable_once_submitted(field) for field in ("workloadName", "projectName", "clusterName", "projectId")),
    Rule(
        "has(self.spec.workloadName) || (size(self.metadata.name) <= 63 && !self.metadata.name.contains('.'))",
        "metadata.name does not do as the workload's name, which is at most 63 of a-z, 0-9 and -: set "
        "spec.workloadName, or rename the resource",
        at=".spec.workloadName",
    ),
    Rule(
        f"!({_MANIFEST_NAMED}) || self.spec.manifest.metadata.name == {_WORKLOAD_NAME}",
        "spec.manifest.metadata.name must be left out, or be the workload's name: spec.workloadName, or else "
        "metadata.name",
        at=".spec.manifest",
    ),
    Rule(
        "!has(self.spec.manifest.metadata) || !has(self.spec.manifest.metadata.generateName)",
        "spec.manifest.metadata.generateName must be left out: the workload's name is spec.workloadName, or else "
        "metadata.name",
        at=".spec.manifest",
    ),
)


def workload_crd() -> Json:
    return _crd(
        plural=names.WORKLOADS,
        kind=names.WORKLOAD_KIND,
        short="rwl",
        scope="Namespaced",
        description="A workload in Run:ai: a Kubernetes manifest with Run:ai's scheduling metadata, kept equal to what "
        "Run:ai holds, and its state there.",
        spec=RunaiWorkloadSpec,
        status=RunaiWorkloadStatus,
        root_rules=WORKLOAD_RULES,
        columns=[
            _column("Project", ".status.projectName", "Run:ai project"),
            _column("Kind", ".spec.manifest.kind", "Kind of the manifest"),
            _column("Phase", ".status.phase", "Phase in Run:ai"),
            _column("GPUs", ".status.gpus.requested", "GPUs asked for", kind="number"),
            _column("Ready", '.status.conditions[?(@.type=="Ready")].status', "Whether it is as the spec wants it"),
            _AGE,
            _column("Workload-ID", ".status.workloadId", "Id in Run:ai", wide=True),
            _column("Priority", ".status.scheduling.priority", "Priority in Run:ai", wide=True),
            _column("URL", ".status.url", "Where it can be reached", wide=True),
            _MESSAGE,
        ],
    )


def connection_crd() -> Json:
    return _crd(
        plural=names.CONNECTIONS,
        kind=names.CONNECTION_KIND,
        short="rcon",
        scope="Cluster",
        description="A Run:ai control plane: where it is, the credentials to use, and which namespaces may use it for "
        "which projects.",
        spec=RunaiConnectionSpec,
        status=RunaiConnectionStatus,
        root_rules=(),
        columns=[
            _column("URL", ".spec.url", "Address of the control plane"),
            _column("Workloads", ".status.workloads", "Workloads owned through it", kind="integer"),
            _column("Ready", '.status.conditions[?(@.type=="Ready")].status', "Whether it can be used"),
            _AGE,
            _column("Tenant", ".status.tenantId", "Run:ai tenant", wide=True),
            _MESSAGE,
        ],
    )


def _column(name: str, path: str, description: str, *, kind: str = "string", wide: bool = False) -> Json:
    column: Json = {"name": name, "type": kind, "jsonPath": path, "description": description}
    return {**column, "priority": 1} if wide else column


_AGE = _column("Age", ".metadata.creationTimestamp", "Since when the resource exists", kind="date")
_MESSAGE = _column("Message", '.status.conditions[?(@.type=="Ready")].message', "What is to be said of it", wide=True)


def _crd(
    *,
    plural: str,
    kind: str,
    short: str,
    scope: str,
    description: str,
    spec: type[Wire],
    status: type[Wire],
    root_rules: tuple[Rule, ...],
    columns: list[Json],
) -> Json:
    version = {
        "name": names.VERSION,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": columns,
        "schema": {"openAPIV3Schema": _root(description, spec, status, root_rules)},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{names.GROUP}"},
        "spec": {
            "group": names.GROUP,
            "scope": scope,
            "names": {
                "kind": kind,
                "listKind": f"{kind}List",
                "plural": plural,
                "singular": kind.lower(),
                "shortNames": [short],
                "categories": ["runai"],
            },
            "versions": [version],
        },
    }


def _root(description: str, spec: type[Wire], status: type[Wire], root_rules: tuple[Rule, ...]) -> Json:
    observed = structural(status)
    return {
        "description": description,
        "type": "object",
        "required": ["spec"],
        **(rules(*root_rules) if root_rules else {}),
        "properties": {
            "apiVersion": {"description": f"{names.API_VERSION}.", "type": "string"},
            "kind": {"description": "Kind of the resource.", "type": "string"},
            "metadata": {"type": "object"},
            "spec": {"description": "What is wanted.", **structural(spec)},
            "status": {
                "description": "What was last observed; written by the operator alone.",
                **observed,
                "default": {"observedGeneration": -1},
            },
        },
    }
