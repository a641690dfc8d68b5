"""What kustomize has to be told of our resources, so that it reaches into `spec.manifest` as into a Deployment."""

import json
from collections.abc import Iterable
from typing import Any

import yaml

from runai_operator.api import names
from runai_operator.generate.pod_specs import MERGED, POD_SPECS, REFERENCES, Keys

Json = dict[str, Any]
Step = tuple[str, str | None]
"""A field, and the key of its items where it is a list."""
Steps = list[Step]

_HEADER = "# Generated from runai_operator/generate/pod_specs.py by `make generate`: change that, not this file.\n"
_BUILT_IN = {
    "Pod": ("", "spec"),
    "ReplicationController": ("", "spec/template/spec"),
    "Deployment": ("apps", "spec/template/spec"),
    "StatefulSet": ("apps", "spec/template/spec"),
    "DaemonSet": ("apps", "spec/template/spec"),
    "ReplicaSet": ("apps", "spec/template/spec"),
    "Job": ("batch", "spec/template/spec"),
    "CronJob": ("batch", "spec/jobTemplate/spec/template/spec"),
}


def kustomize() -> dict[str, str]:
    """The files by their names: for `configurations`, and for `openapi.path`, of a kustomization."""
    return {
        "configuration.yaml": _HEADER + yaml.safe_dump(_configuration(), sort_keys=False),
        "schema.json": json.dumps(_schema(), indent=1) + "\n",
    }


def _configuration() -> Json:
    """`images` alone finds every list named containers or initContainers: only images of volumes need a word."""
    volumes = [{"path": f"{path}/volumes[]/image/reference", **_OURS} for path in _paths()]
    references = [{"kind": kind, "version": "v1", "fieldSpecs": _field_specs(kind)} for kind in REFERENCES]
    connections = {"kind": names.CONNECTION_KIND, "fieldSpecs": [{"path": "spec/connectionRef/name", **_OURS}]}
    return {"images": volumes, "nameReference": [*references, connections]}


_OURS = {"group": names.GROUP, "kind": names.WORKLOAD_KIND}
_OF_CONNECTIONS = {
    "Secret": ("spec/credentialsSecretRef/name", "spec/caBundleRef/name"),
    "ConfigMap": ("spec/caBundleRef/name",),
}


def _field_specs(kind: str) -> list[Json]:
    connection = {"group": names.GROUP, "kind": names.CONNECTION_KIND}
    return [
        *({"path": f"{path}/{reference}", **_OURS} for path in _paths() for reference in REFERENCES[kind]),
        *({"path": path, **connection} for path in _OF_CONNECTIONS.get(kind, ())),
    ]


def _paths() -> list[str]:
    """Of Pod specs, from the root of a RunaiWorkload; kustomize walks through lists unasked."""
    bare = ("/".join(name for name, _ in _steps(path)) for path in POD_SPECS)
    return [f"spec/manifest/{path}" for path in bare]


def _steps(path: str) -> Steps:
    parts = (part.partition("[") for part in path.split("/"))
    return [(name, key.rstrip("]") or None) for name, _, key in parts]


def _schema() -> Json:
    """Which lists a strategic merge patch merges. kustomize then forgets all that it knew itself, so what it knew of
    Pods in Kubernetes' own kinds is said again; and which of our kinds have no namespace."""
    workload = _object({"spec": _object({"manifest": _tree([_steps(path) for path in POD_SPECS])})})
    return {
        "definitions": {
            "PodSpec": _object(_pod_fields()),
            names.WORKLOAD_KIND: _named(workload, names.GROUP, names.VERSION, names.WORKLOAD_KIND),
            names.CONNECTION_KIND: _named(_object({}), names.GROUP, names.VERSION, names.CONNECTION_KIND),
            **{kind: _named(_tree([_steps(path)]), group, "v1", kind) for kind, (group, path) in _BUILT_IN.items()},
            "Service": _named(
                _object({"spec": _object({"ports": _list(("port", "protocol"), {})})}), "", "v1", "Service"
            ),
        },
        "paths": {
            _path(f"namespaces/{{namespace}}/{names.WORKLOADS}"): _get(names.WORKLOAD_KIND),
            _path(names.CONNECTIONS): _get(names.CONNECTION_KIND),
        },
    }


def _tree(paths: Iterable[Steps]) -> Json:
    """The schema of an object in which these paths lead to Pod specs; one may be the beginning of another."""
    below: dict[Step, list[Steps]] = {}
    for first, *rest in paths:
        below.setdefault(first, []).append(rest)
    return _object({name: _field(rests, key) for (name, key), rests in below.items()})


def _field(rests: list[Steps], key: str | None) -> Json:
    longer = [rest for rest in rests if rest]
    whole: Json = _tree(longer) if longer else {"$ref": "#/definitions/PodSpec"}
    if longer and len(longer) < len(rests):
        whole = _object({**_pod_fields(), **whole["properties"]})
    return whole if key is None else _merged(whole, (key,))


def _pod_fields() -> Json:
    return {name: _list(keys, inner) for name, (keys, inner) in MERGED.items()}


def _object(fields: Json) -> Json:
    return {"type": "object", "properties": fields}


def _list(keys: Keys, inner: dict[str, Keys]) -> Json:
    return _merged(_object({name: _list(each, {}) for name, each in inner.items()}), keys)


def _merged(items: Json, keys: Keys) -> Json:
    """kustomize goes by the map keys where there are any, and by the one merge key else: two ports of the same number,
    one TCP and one UDP, need both of their keys."""
    by_keys: Json = {"x-kubernetes-patch-strategy": "merge", "x-kubernetes-patch-merge-key": keys[0]}
    if len(keys) > 1:
        by_keys["x-kubernetes-list-map-keys"] = [*keys]
    return {"type": "array", "items": items, **by_keys}


def _named(schema: Json, group: str, version: str, kind: str) -> Json:
    return {**schema, "x-kubernetes-group-version-kind": [{"group": group, "version": version, "kind": kind}]}


def _path(plural: str) -> str:
    return f"/apis/{names.API_VERSION}/{plural}/{{name}}"


def _get(kind: str) -> Json:
    gvk = {"group": names.GROUP, "version": names.VERSION, "kind": kind}
    return {"get": {"x-kubernetes-action": "get", "x-kubernetes-group-version-kind": gvk}}
