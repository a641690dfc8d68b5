"""The custom resources as JSON Schemas, for kubeconform and editors: what a pipeline can check without a cluster.

They are stricter than the API server in one thing, unknown fields, which it drops (and kubectl warns of), and laxer in
what only it can evaluate: the CEL rules, such as what is immutable. What it checks of every resource, and no CRD says,
is said here: the names in the metadata, and what a manifest is (`ValidateObjectMeta` in k8s.io/apimachinery,
`validateEmbeddedResource` in k8s.io/apiextensions-apiserver).
"""

import json
from typing import Any

from runai_operator.api import names
from runai_operator.api.crds import connection_crd, workload_crd
from runai_operator.api.workload import DNS_SUBDOMAIN

Json = dict[str, Any]

_DRAFT = "http://json-schema.org/draft-07/schema#"
_TEXTS: Json = {"type": ["object", "null"], "additionalProperties": {"type": "string"}}
_METADATA: Json = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 253, "pattern": DNS_SUBDOMAIN},
        # it may end in dashes, for something is appended to it; the API server does not count the last of them
        "generateName": {"type": "string", "maxLength": 254, "pattern": DNS_SUBDOMAIN.removesuffix("$") + "-*$"},
        "labels": _TEXTS,
        "annotations": _TEXTS,
    },
    "if": {"not": {"required": ["generateName"]}},
    "then": {"required": ["name"]},
}
_EMBEDDED: Json = {
    "required": ["apiVersion", "kind"],
    "properties": {
        "apiVersion": {"type": "string", "minLength": 1, "pattern": "^[^/]*(/[^/]*)?$"},
        # in lower case a label as of RFC 1035
        "kind": {"type": "string", "maxLength": 63, "pattern": "^[A-Za-z]([-A-Za-z0-9]*[A-Za-z0-9])?$"},
        "metadata": {"type": "object"},
    },
}


def schemas() -> dict[str, str]:
    """The schemas by the names of their files: the kind in lower case, and the version, as kubeconform looks for them.

    (`-schema-location '.../{{.ResourceKind}}_{{.ResourceAPIVersion}}.json'`)
    """
    return {
        f"{crd['spec']['names']['singular']}_{names.VERSION}.json": json.dumps(_schema(crd), indent=1) + "\n"
        for crd in (workload_crd(), connection_crd())
    }


def _schema(crd: Json) -> Json:
    (version,) = crd["spec"]["versions"]
    root = _plain(version["schema"]["openAPIV3Schema"])
    fixed = {"apiVersion": names.API_VERSION, "kind": crd["spec"]["names"]["kind"]}
    for field, value in fixed.items():
        root["properties"][field]["const"] = value
    root["properties"]["metadata"] = _METADATA
    root["required"] = ["apiVersion", "kind", "metadata", "spec"]
    return {"$schema": _DRAFT, **root}


def _plain(schema: Json) -> Json:
    """JSON Schema proper: Kubernetes' own keywords go, and what they mean is said in the common ones."""
    plain = {key: value for key, value in schema.items() if not key.startswith("x-kubernetes-") and key != "format"}
    if schema.get("x-kubernetes-embedded-resource"):
        plain |= _EMBEDDED
    for holder in ("items", "additionalProperties"):
        if holder in plain:
            plain[holder] = _plain(plain[holder])
    if "properties" in schema:
        plain["properties"] = {name: _plain(each) for name, each in schema["properties"].items()}
        plain.setdefault("additionalProperties", False)
    return plain
