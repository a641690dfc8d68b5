"""The fields of a CRD as a page to read: docs/reference/runaiworkload.md and runaiconnection.md."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from runai_operator.api import names
from runai_operator.api.crds import connection_crd, workload_crd
from runai_operator.generate.markdown import plain, table

Schema = Mapping[str, Any]

_ANNOTATIONS: dict[str, dict[str, str]] = {
    names.WORKLOAD_KIND: {
        names.RECONCILE_AT: "Any new value: the operator looks at the workload again now.",
        names.RERUN_AT: "Any new value: a workload that has finished, or vanished, runs again, once.",
        names.PAUSED: '"true": nothing is sent to Run:ai for this resource, not even its deletion.',
        names.RELEASE: '"true", on a resource that is being deleted: it goes, and its workload stays in Run:ai.',
    },
    names.CONNECTION_KIND: {
        names.CONFIRM_ABSENCE: "Any new value: what vanished from Run:ai, as the condition told, is gone indeed. "
        "It counts once.",
    },
}
"""What a user may set, by the kind of resource."""

_RULES = """\
## Rules

What the API server refuses beyond types and bounds, in its own words:
"""


@dataclass(frozen=True)
class Field:
    """One line of the reference. `path` has [] where a list is entered, `default` is JSON, "" without one."""

    path: str
    type: str
    default: str
    required: bool
    description: str


def fields_pages() -> dict[str, str]:
    """The pages, by the names of their files."""
    return {f"{crd['spec']['names']['singular']}.md": page(crd) for crd in (workload_crd(), connection_crd())}


def page(crd: Schema) -> str:
    """The whole page, as Markdown."""
    told, kind = crd["spec"], crd["spec"]["names"]["kind"]
    root = told["versions"][0]["schema"]["openAPIV3Schema"]
    parts = [
        "<!-- Generated from operator/runai_operator/api: change the models, not this page. -->",
        f"# {kind}\n",
        f"{root['description']}\n",
        f"`{names.API_VERSION}`, {told['scope'].lower().replace('cluster', 'cluster-scoped')}; "
        f"`kubectl get {told['names']['shortNames'][0]}`, and `kubectl explain` shows what stands here.\n",
        *(_section(part, root["properties"][part]) for part in ("spec", "status")),
        _annotations(kind),
        _RULES,
        *(f"- {plain(message)}" for message in _messages(root)),
    ]
    return "\n".join([*parts, ""])


def fields(path: str, schema: Schema) -> Iterator[Field]:
    """Every field below a schema of type object, in its order, depth first."""
    needed = schema.get("required", ())
    for name, each in schema.get("properties", {}).items():
        inner, entered = _entered(f"{path}.{name}", each)
        default = json.dumps(each["default"]) if "default" in each else ""
        yield Field(f"{path}.{name}", _type(each), default, name in needed, each.get("description", ""))
        yield from fields(entered, inner)


def _entered(path: str, schema: Schema) -> tuple[Schema, str]:
    """What is inside a list, or else the schema itself."""
    return (schema["items"], f"{path}[]") if "items" in schema else (schema, path)


def _type(schema: Schema) -> str:
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if "items" in schema:
        return f"list of {_type(schema['items'])}"
    if "additionalProperties" in schema:
        return f"map of {_type(schema['additionalProperties'])}"
    return "date-time" if schema.get("format") == "date-time" else str(schema["type"])


def _section(part: str, schema: Schema) -> str:
    rows = ((f"`{each.path}`", each.type, _default(each), plain(each.description)) for each in fields(part, schema))
    return f"## {part}\n\n{schema['description']}\n\n{table(('field', 'type', 'default', 'description'), rows)}"


def _default(field: Field) -> str:
    return "*required*" if field.required else f"`{field.default}`" if field.default else ""


def _annotations(kind: str) -> str:
    rows = ((f"`{name}`", plain(text)) for name, text in _ANNOTATIONS[kind].items())
    return f"## Annotations\n\nThat a user may set:\n\n{table(('annotation', 'meaning'), rows)}"


def _messages(schema: Schema) -> Iterator[str]:
    """What each rule says when it is broken, outer ones first."""
    for rule in schema.get("x-kubernetes-validations", ()):
        yield rule["message"]
    for each in schema.get("properties", {}).values():
        yield from _messages(each)
    for holder in ("items", "additionalProperties"):
        if holder in schema:
            yield from _messages(schema[holder])
